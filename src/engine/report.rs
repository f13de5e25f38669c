//! Report: the world as people see it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::coverage::CoverageState;
use super::overview::{CoverageView, Held, Overview, Planned, SeasonView, Unexpected};
use super::season::SeasonState;
use super::sources::{SourceState, source_key};
use super::world::World;
use crate::domain::admit::{Limit, Refusal, Refused};
use crate::domain::assess::{Unspent, Wait, Want};
use crate::domain::breaker::Breaker;
use crate::domain::dates::{Date, DateSet, Timestamp};
use crate::domain::policy::{Key, Rung, Stalled};
use crate::domain::probe::Undated;
use crate::domain::state::{Cause, Cell, Hold, State};

/// No window pays for a date: waiting does not help.
const NEVER_PAID: &str = "the date costs more than its source pays for in a whole window, less the reserve if the date is before \
                          yesterday: raise the credits (Source, spec.budget) or lower the cost of the rung";

impl World {
    /// Everything at an instant.
    pub fn overview(&self, now: Timestamp) -> Overview {
        let valid = self.coverages.values().filter(|state| !state.verdicts.is_refused());
        let mut coverages: Vec<CoverageView> = valid.map(|state| self.view(state)).collect();
        coverages.extend(self.stalled.iter().map(stalled));
        coverages.sort_by(|a, b| (&a.season, &a.key.name, &a.key.kind).cmp(&(&b.season, &b.key.name, &b.key.kind)));
        let launches = self.planned();
        let held = coverages.iter().flat_map(|c| held(c, &launches, self.decided.refused(&c.key))).collect();
        let seasons = self.seasons.iter().filter(|(_, s)| !s.is_kept()).map(|(key, s)| season(key, s)).collect();
        Overview { now, seasons, coverages, sources: self.source_views(), launches, held }
    }

    fn planned(&self) -> Vec<Planned> {
        let plan = |a: &crate::domain::admit::Admission| Planned {
            coverage: a.coverage.clone(),
            rung: a.admitted.rung.clone(),
            dates: a.admitted.dates.clone(),
            attempt: a.admitted.number,
            reason: a.reason,
            draw: a.admitted.draw.clone(),
            lost_at: a.lost_at,
        };
        self.decided.launches().iter().map(plan).collect()
    }

    pub(super) fn view(&self, state: &CoverageState) -> CoverageView {
        let coverage = &state.coverage;
        let season = self.seasons.get(&coverage.season);
        CoverageView {
            generation: coverage.generation,
            suspended: coverage.suspend || season.is_some_and(|s| s.season.suspend),
            today: season.map_or(Date::MIN, |s| s.calendar().today),
            launches: state.ledger.launches,
            zone: season.map_or(jiff::tz::TimeZone::UTC, |s| s.season.zone.clone()),
            deadlines: Some((coverage.due, coverage.late)),
            pressing: pressing(state.verdicts.wants()),
            key: coverage.key.clone(),
            uid: coverage.uid.clone(),
            season: coverage.season.clone(),
            table: coverage.table.clone(),
            mode: coverage.fill.mode,
            stalled: state.verdicts.stalled().map(str::to_string).or_else(|| state.lasting_refusal()),
            cells: state.verdicts.cells().iter().map(|c| self.with_hold(state, c)).collect(),
            attempts: state.ledger.attempts.clone(),
            tallies: state.ledger.tallies.iter().map(|((r, d), t)| (r.clone(), *d, *t)).collect(),
            breakers: self.breakers(state),
            limits: coverage.fill.ladder.iter().map(|r| (r.name.clone(), r.attempts)).collect(),
            recent: state.ledger.recent.iter().cloned().collect(),
            tokens: state.ledger.tokens.iter().map(|(d, t)| (*d, t.clone())).collect(),
            earlier_tokens: state.ledger.earlier_tokens().collect(),
            reruns: state.verdicts.reruns().iter().map(|r| self.with_refusal(state, r)).collect(),
            undated: Some(Undated::sum(state.facts.book().undated.values())),
            unexpected: Unexpected::of(state.verdicts.cells()),
            confirmed_at: state.facts.book().confirmed_at,
            failure: state.facts.book().failure.as_ref().map(|failure| failure.text.clone()),
            bytes_read: state.bytes_read,
        }
    }

    fn refusal(&self, state: &CoverageState, date: Date) -> Option<Refusal> {
        self.decided.refused(&state.coverage.key)?.get(date)
    }

    /// A rerun waits for a hold that only the whole operator knows, too, whatever the state of its date.
    fn with_refusal(&self, state: &CoverageState, rerun: &Unspent) -> Unspent {
        let mut shown = rerun.clone();
        let hold = self.refusal(state, rerun.date).and_then(Refusal::hold);
        if let Some(hold) = hold.filter(|_| rerun.waits.is_empty()) {
            shown.waits.push(Wait::Hold(hold));
        }
        shown
    }

    /// A hold that only the whole operator knows shows in the cell.
    fn with_hold(&self, state: &CoverageState, cell: &Cell) -> Cell {
        let refused = self.refusal(state, cell.date);
        let mut shown = cell.clone();
        if let Some((refused, hold)) = refused.filter(|_| lacks_a_slot(cell)).and_then(|r| Some((r, r.hold()?))) {
            shown.cause = Cause::Blocked(hold);
            shown.next = refused.until().or(shown.next);
            let is_never_paid = hold == Hold::Budget && refused.until().is_none();
            let why = if is_never_paid { NEVER_PAID } else { hold.sentence() };
            shown.message = format!("{}; {why}", cell.judgement.message).into();
        }
        if state.verdicts.stalled().is_some() && is_to_be_launched(&shown) {
            shown.message =
                format!("{}; nothing is launched while the coverage is stalled", cell.judgement.message).into();
        }
        if let (Cause::Blocked(Hold::LaunchRefused), Some(refusal)) = (shown.cause, state.creates.refused()) {
            shown.message = format!("{}: {}", shown.message, refusal.why).into();
        }
        if let Some(because) = self.because(state, shown.cause, cell) {
            shown.message = format!("{} ({because})", shown.message).into();
        }
        shown
    }

    /// What opened the breaker of a cell's rung, or the source that holds it.
    fn because(&self, state: &CoverageState, cause: Cause, cell: &Cell) -> Option<String> {
        let rung = state.coverage.fill.ladder.get(usize::from(cell.rung?))?;
        let source = || rung.source.as_ref().map(|source| format!("source {source}"));
        match cause {
            Cause::Blocked(Hold::BreakerOpen) => {
                let breaker = self.breaker(state, rung)?;
                Some(source().into_iter().chain([breaker.opened.as_ref()?.last_words()]).collect::<Vec<_>>().join(", "))
            }
            Cause::Blocked(Hold::Budget | Hold::SourceSuspended) => source(),
            _ => None,
        }
    }

    /// The breaker of a rung: its own, or that of its source.
    fn breaker<'a>(&'a self, state: &'a CoverageState, rung: &Rung) -> Option<&'a Breaker> {
        match &rung.source {
            Some(source) => {
                self.sources.get(&source_key(&state.coverage.key.namespace, source)).map(SourceState::breaker)
            }
            None => state.ledger.breakers.get(&rung.name),
        }
    }

    /// The breakers of a coverage's rungs that are not closed.
    fn breakers(&self, state: &CoverageState) -> Vec<(Arc<str>, Breaker)> {
        let of = |rung: &Rung| {
            let breaker = self.breaker(state, rung).filter(|breaker| **breaker != Breaker::default())?;
            Some((rung.name.clone(), breaker.clone()))
        };
        state.coverage.fill.ladder.iter().filter_map(of).collect()
    }
}

/// Dates that are lost for good soon, in date order.
fn pressing(wants: &[Want]) -> Vec<(Date, Timestamp)> {
    let mut pressing: Vec<(Date, Timestamp)> =
        wants.iter().filter_map(|want| Some((want.date, want.lost_at?))).collect();
    pressing.sort_unstable();
    pressing
}

fn season(key: &Key, state: &SeasonState) -> SeasonView {
    SeasonView {
        key: key.clone(),
        generation: state.season.generation,
        creates_game_dates: state.season.creates_game_dates,
        suspended: state.season.suspend,
        zone: state.season.zone.clone(),
        today: state.calendar().today,
        failure: state.failure().cloned(),
        doubted: state.doubted().map(|doubted| doubted.dates.clone()),
        is_known: state.is_known(),
        watches_from: state.season.dates.cut(&state.calendar().days, state.calendar().today),
        calendar: state.calendar().clone(),
    }
}

/// A cell that is launched now or later.
fn is_to_be_launched(cell: &Cell) -> bool {
    matches!(cell.state(), State::Partial | State::Missing | State::Blocked | State::Waiting)
}

/// A cell that would run if it were let through.
fn lacks_a_slot(cell: &Cell) -> bool {
    matches!(cell.state(), State::Partial | State::Missing)
}

/// Open cells that are neither launched now nor under way, those of one state, reason and sentence together; of those that lack a slot, which
/// limit is reached.
fn held(view: &CoverageView, launches: &[Planned], refused: Option<&Refused>) -> Vec<Held> {
    let mut launched = DateSet::new();
    launches.iter().filter(|l| l.coverage == view.key).for_each(|l| launched.extend(&l.dates));
    let mut groups: BTreeMap<(State, &'static str, &str, Option<Limit>), DateSet> = BTreeMap::new();
    let limit = |cell: &Cell| match refused?.get(cell.date)? {
        Refusal::Slot(limit) if lacks_a_slot(cell) => Some(limit),
        _ => None,
    };
    let waits = |c: &&Cell| c.state().is_open() && !matches!(c.state(), State::Running | State::Verifying);
    for cell in view.cells.iter().filter(waits).filter(|c| !launched.contains(c.date)) {
        groups.entry((cell.state(), cell.cause.reason(), &cell.message, limit(cell))).or_default().insert(cell.date);
    }
    let held = |((state, reason, message, limit), dates): ((State, &'static str, &str, Option<Limit>), DateSet)| Held {
        coverage: view.key.clone(),
        dates,
        state,
        reason,
        message: limit.map_or_else(|| message.to_string(), |limit| format!("{message}: {}", limit.sentence())),
    };
    groups.into_iter().map(held).collect()
}

fn stalled(Stalled { key, uid: _, season, why }: &Stalled) -> CoverageView {
    CoverageView {
        key: key.clone(),
        uid: "".into(),
        season: season.clone().unwrap_or_else(|| Key { name: "".into(), kind: "Season".into(), ..key.clone() }),
        table: crate::domain::policy::Table { place: "".into(), name: "".into() },
        generation: 0,
        suspended: false,
        today: Date::MIN,
        launches: 0,
        zone: jiff::tz::TimeZone::UTC,
        deadlines: None,
        pressing: Vec::new(),
        mode: crate::domain::policy::Mode::Observe,
        stalled: Some(why.clone()),
        cells: Vec::new(),
        attempts: Vec::new(),
        tallies: Vec::new(),
        breakers: Vec::new(),
        limits: Vec::new(),
        recent: Vec::new(),
        tokens: Vec::new(),
        earlier_tokens: Vec::new(),
        reruns: Vec::new(),
        undated: None,
        unexpected: Unexpected::default(),
        confirmed_at: None,
        failure: None,
        bytes_read: None,
    }
}
