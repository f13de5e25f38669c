//! The rows of the grid: the status of each GameDate of a season, kept where nothing changed.

use std::collections::BTreeMap;

use super::conditions::{Standing, conditions};
use super::lint;
use super::reasons::Reason;
use super::text::{MAX_SENTENCE, cut};
use crate::api::kinds::{DateCoverage, GameDateStatus};
use crate::api::schema::{KindText, NameText, TokenText};
use crate::domain::dates::{Date, Timestamp, shift};
use crate::domain::judge::MAX_SHOWN;
use crate::domain::mark::{mix, stable_hash};
use crate::domain::schedule::{Day, Expected};
use crate::domain::state::{Cell, State};
use crate::domain::verdict::{UnknownReason, Verdict};
use crate::engine::overview::{CoverageView, SeasonView};

/// Dates so many days after today have a row.
const AHEAD: i32 = 2;
/// Spent tokens that are kept.
const MAX_TOKENS: usize = 8;
/// Coverages that a row holds.
const MAX_COVERAGES: usize = 256;

/// A date of a season with what its coverages say of it: what its row is made from, once it is needed. Thousands of rows
/// at once would take many times what is held.
pub struct Row<'a> {
    pub date: Date,
    expected: Option<&'a Expected>,
    /// `None` if unknown: a stale schedule does not prove that there are no games.
    games: Option<usize>,
    cells: Vec<(&'a CoverageView, &'a Cell)>,
}

/// The dates of a season through two days after today.
pub fn rows<'a>(season: &'a SeasonView, coverages: &[&'a CoverageView]) -> impl Iterator<Item = Row<'a>> + use<'a> {
    let mut cells: BTreeMap<Date, Vec<(&CoverageView, &Cell)>> = BTreeMap::new();
    for view in coverages {
        for cell in view.cells.iter().filter(|c| c.state() != State::NotExpected) {
            cells.entry(cell.date).or_default().push((view, cell));
        }
    }
    season.calendar.days.range(..=shift(season.today, AHEAD)).map(move |(date, day)| {
        let (expected, games) = match day {
            Day::On(expected) => (Some(expected), expected.games()),
            Day::Off(_) | Day::Break(_) => (None, Some(0)),
            Day::Unscheduled | Day::Unknown(_) => (None, None),
        };
        let mut cells = cells.remove(date).unwrap_or_default();
        cells.truncate(MAX_COVERAGES);
        Row { date: *date, expected, games, cells }
    })
}

/// Whether a row would report a date of a coverage that was not read since the start. Dates further ahead have no row,
/// and are not read.
pub fn is_unread(season: &SeasonView, coverage: &CoverageView) -> bool {
    let last = shift(season.today, AHEAD);
    let unread = Verdict::Unknown(UnknownReason::NotProbed);
    coverage.cells.iter().take_while(|c| c.date <= last).any(|c| c.judgement.verdict == unread)
}

impl Row<'_> {
    /// A date that left its season: no coverage expects data on it.
    pub fn gone(date: Date) -> Self {
        Self { date, expected: None, games: None, cells: Vec::new() }
    }

    /// Changes whenever what the row tells does, over the same status.
    pub fn mark(&self) -> u64 {
        let day = stable_hash(&(self.date, self.expected.map(|e| e.mark), self.games));
        self.cells.iter().fold(day, |mark, (view, cell)| {
            let tokens: Vec<&str> = spent(view, self.date).collect();
            mix(mark, stable_hash(&(&*view.key.kind, &*view.key.name, cell, tokens)))
        })
    }

    /// The status of an object of this generation over the one that is stored; `None` where the date expects nothing and
    /// has no row.
    pub fn status(&self, old: Option<&GameDateStatus>, generation: i64, now: Timestamp) -> Option<GameDateStatus> {
        let wanted = self.expected.is_some() || old.is_some();
        wanted.then(|| status(self, old.unwrap_or(&GameDateStatus::default()), generation, now))
    }
}

/// The status of a GameDate with a request: whether its spec is valid. A valid one has no conditions, because they would
/// take more room than its row, thousands of times.
pub fn game_date_answer(old: &GameDateStatus, generation: i64, why: Option<&str>, now: Timestamp) -> GameDateStatus {
    let told = |why: &str| conditions(&old.conditions, &Standing::stalled(why), generation, now);
    let conditions = why.map(told).unwrap_or_default();
    lint::expect(&why.map(|_| lint::conditions(&conditions, generation, generation)).unwrap_or_default());
    GameDateStatus { observed_generation: generation, conditions, ..old.clone() }
}

fn status(row: &Row<'_>, old: &GameDateStatus, generation: i64, now: Timestamp) -> GameDateStatus {
    let Row { date, expected, games, cells } = row;
    let was_undone = old.coverages.iter().any(is_undone);
    let count = |is: &dyn Fn(&Cell) -> bool| cells.iter().filter(|(_, c)| is(c)).count();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let open = count(&|c| c.state().is_open());
    let undone = count(&|c| !c.state().is_done());
    let (first, last) = expected.map(starts).unwrap_or_default();
    // If a date was complete at its first read, the time at which it became complete is unknown.
    let completed_at = match &old.completed_at {
        _ if undone > 0 || cells.is_empty() => None,
        None if was_undone => Some(now.to_string()),
        known => known.clone(),
    };
    let done: Option<Timestamp> = completed_at.as_ref().and_then(|at| at.parse().ok());
    let completed_at = completed_at.filter(|_| done.is_some());
    let status = GameDateStatus {
        // Conditions speak of the generation that they were made for.
        observed_generation: if old.conditions.is_empty() { generation } else { old.observed_generation },
        conditions: old.conditions.clone(),
        games: games.map(number),
        first_start: first.map(|at| at.to_string()),
        last_start: last.map(|at| at.to_string()),
        complete: format!("{}/{}", count(&|c| c.state() == State::Complete), cells.len()),
        open: number(open),
        late: number(count(&|c| c.late)),
        worst: worst(cells),
        took: done.zip(last).map(|(done, last)| elapsed(last, done)),
        completed_at,
        coverages: cells.iter().map(|(view, cell)| entry(view, cell, old)).collect(),
        tokens: tokens(*date, cells, old),
    };
    lint::expect(&lint::game_date(&status));
    status
}

/// Whether a coverage was seen to lack something. Unknown does not tell: a date that was complete all along is Unknown
/// until it is read.
fn is_undone(coverage: &DateCoverage) -> bool {
    let rest = [State::Complete, State::Waived, State::NotExpected, State::Unknown];
    rest.iter().all(|state| coverage.state != state.word())
}

/// When its first and its last unit start, where every start is known.
fn starts(expected: &Expected) -> (Option<Timestamp>, Option<Timestamp>) {
    let starts: Option<Vec<Timestamp>> = expected.units.iter().map(|u| u.start).collect();
    let starts = starts.unwrap_or_default();
    (starts.iter().min().copied(), starts.iter().max().copied())
}

/// The worst open coverage, with state and reason.
fn worst(cells: &[(&CoverageView, &Cell)]) -> String {
    let open = cells.iter().filter(|(_, c)| c.state().is_open());
    let worst = open.max_by_key(|(_, c)| Reason::of(c.cause));
    worst.map_or_else(String::new, |(v, c)| format!("{} {}/{}", v.key.name, c.state().word(), c.cause.reason()))
}

/// `7h12m`; hours are not cut into days.
fn elapsed(from: Timestamp, to: Timestamp) -> String {
    let minutes = to.duration_since(from).as_mins().max(0);
    if minutes < 60 { format!("{minutes}m") } else { format!("{}h{}m", minutes / 60, minutes % 60) }
}

fn entry(view: &CoverageView, cell: &Cell, old: &GameDateStatus) -> DateCoverage {
    let (state, reason) = (cell.state().word(), cell.cause.reason());
    let same = |c: &&DateCoverage| *c.name.0 == *view.key.name && *c.kind.0 == *view.key.kind;
    let known = old.coverages.iter().find(same).filter(|c| c.state == state && c.reason == reason);
    DateCoverage {
        kind: KindText(view.key.kind.to_string()),
        name: NameText(view.key.name.to_string()),
        state: state.into(),
        reason: reason.into(),
        covered: cell.judgement.covered,
        expected: cell.judgement.expected,
        missing: cell.judgement.missing.iter().take(MAX_SHOWN).map(|unit| cut(unit, 256)).collect(),
        unexpected_rows: cell.judgement.unexpected_rows,
        since: known.map_or_else(|| cell.since.to_string(), |c| c.since.clone()),
        late: cell.late,
        attempts: cell.attempts,
        message: cut(&cell.message, MAX_SENTENCE),
        next: cell.next.map(|at| at.to_string()),
    }
}

/// The tokens that were spent on the date, the newest last.
fn tokens(date: Date, cells: &[(&CoverageView, &Cell)], old: &GameDateStatus) -> Vec<TokenText> {
    let mut tokens = old.tokens.clone();
    for token in cells.iter().flat_map(|(view, _)| spent(view, date)) {
        if tokens.iter().all(|known| *known.0 != *token) {
            tokens.push(TokenText(token.to_string()));
        }
    }
    tokens.split_off(tokens.len().saturating_sub(MAX_TOKENS))
}

/// The tokens that a coverage has spent on a date.
fn spent(view: &CoverageView, date: Date) -> impl Iterator<Item = &str> {
    view.tokens.iter().filter(move |(d, _)| *d == date).map(|(_, token)| &**token)
}
