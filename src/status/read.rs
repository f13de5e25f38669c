//! From the objects of a cluster back to the engine's overview, so that the same views draw the same pictures. Nothing
//! but the objects is asked. What they do not hold is absent here: rows of a table, when it was read last, flaws beyond
//! the first, what the data says apart from the state's sentence, and, of a date without a GameDate, its units and its
//! own sentence.

mod fields;
mod reruns;
mod seasons;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::ledger::ledger;
use super::misread::Misread;
use super::reasons::{ConditionType, Reason};
use super::text::{cause, own_verdict, parse_named_dates, verdict};
use crate::api::kinds::{CoverageStatus, DateCoverage, GameDateStatus, StateStatus, SummaryStatus};
use crate::domain::dates::{Date, DateSet, Timestamp};
use crate::domain::judge::ALL_THERE;
use crate::domain::ledger::{Ledger, Stage, Tally};
use crate::domain::policy::{Key, Mode, Table};
use crate::domain::span::Span;
use crate::domain::state::{Cause, Cell, Hold, State};
use crate::domain::verdict::{Judgement, Off, UnknownReason, Verdict};
use crate::engine::overview::{CoverageView, Overview, Unexpected};
use fields::{key, text};
use reruns::Reruns;
use seasons::{Seasons, is_suspended};

pub use reruns::waits_of;

/// Objects as the API server gives them. One that cannot be read spoils itself alone.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// TableCoverages and PropCoverages, each with its `kind`.
    pub coverages: Vec<Value>,
    pub seasons: Vec<Value>,
    pub game_dates: Vec<Value>,
}

/// The overview of a cluster, from its objects alone.
#[derive(Clone, Debug)]
pub struct ClusterOverview {
    /// As the engine tells it.
    pub overview: Overview,
    /// The Ready condition of each coverage as it is stored: its status and its reason.
    pub ready: BTreeMap<Key, (String, String)>,
}

/// The overview that the objects tell.
pub fn overview(objects: &Objects, now: Timestamp) -> ClusterOverview {
    let (details, seasons) = (Details::of(&objects.game_dates), Seasons::of(&objects.seasons));
    let reruns = Reruns::of(&objects.game_dates);
    let mut ready = BTreeMap::new();
    let mut coverages = Vec::new();
    for object in &objects.coverages {
        let Some((mut view, told)) = coverage(object, &details, &seasons, now) else { continue };
        view.reruns = reruns.of_coverage(&view);
        ready.insert(view.key.clone(), told);
        coverages.push(view);
    }
    coverages.sort_by(|a, b| (&a.season, &a.key.name, &a.key.kind).cmp(&(&b.season, &b.key.name, &b.key.kind)));
    ClusterOverview {
        overview: Overview {
            now,
            seasons: Vec::new(),
            coverages,
            sources: Vec::new(),
            launches: Vec::new(),
            held: Vec::new(),
        },
        ready,
    }
}

fn coverage(
    object: &Value,
    details: &Details,
    seasons: &Seasons<'_>,
    now: Timestamp,
) -> Option<(CoverageView, (String, String))> {
    let (kind, name) = (text(object, "/kind"), text(object, "/metadata/name"));
    if kind.is_empty() || name.is_empty() {
        return None;
    }
    let (status, ledger, why) = match stored(object) {
        Ok((status, ledger)) => (status, ledger, None),
        Err(why) => (CoverageStatus::default(), Ledger::default(), Some(format!("its status cannot be read: {why}"))),
    };
    let stalled = why.or_else(|| refusal(&status));
    let season = key(object, "Season", text(object, "/spec/season"));
    let settled = settled(&ledger, text(object, "/spec/fill/settle"));
    let limits = object.pointer("/spec/fill/ladder").and_then(Value::as_array).into_iter().flatten();
    let limit = |rung: &Value| {
        let most = rung.pointer("/attempts/max").and_then(Value::as_u64).and_then(|n| u8::try_from(n).ok());
        (Arc::from(text(rung, "/name")), most.unwrap_or_default())
    };
    let limits: Vec<(Arc<str>, u8)> = limits.map(limit).collect();
    let charges = Charges::of(&ledger, &limits);
    let opened = ledger.breakers.values().filter_map(|breaker| breaker.opened.as_ref());
    let next_trial = opened.map(|opened| opened.until).filter(|until| *until > now).min();
    let of =
        CellReader { key: key(object, kind, name), season: &season.name, details, charges, settled, next_trial, now };
    let cells = if stalled.is_some() { Vec::new() } else { of.cells(&status.states) };
    let view = CoverageView {
        table: Table { place: "".into(), name: text(object, "/spec/table").into() },
        generation: object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default(),
        mode: if text(object, "/spec/fill/mode") == "Fill" { Mode::Fill } else { Mode::Observe },
        suspended: is_suspended(object) || seasons.suspends(&season),
        today: seasons.today(&season, now),
        zone: seasons.zone(&season),
        deadlines: None,
        stalled,
        cells,
        tallies: ledger.tallies.iter().map(|((rung, date), tally)| (rung.clone(), *date, *tally)).collect(),
        pressing: Vec::new(),
        breakers: ledger.breakers.iter().map(|(rung, breaker)| (rung.clone(), breaker.clone())).collect(),
        limits,
        recent: ledger.recent.iter().cloned().collect(),
        tokens: ledger.tokens.iter().map(|(date, token)| (*date, token.clone())).collect(),
        earlier_tokens: ledger.earlier_tokens().collect(),
        reruns: Vec::new(),
        undated: None,
        unexpected: unexpected(&status.summary),
        confirmed_at: None,
        failure: None,
        bytes_read: None,
        launches: ledger.launches,
        attempts: ledger.attempts.clone(),
        key: of.key,
        uid: text(object, "/metadata/uid").into(),
        season,
    };
    Some((view, ready(&status)))
}

/// The status of a coverage and the ledger in it.
fn stored(object: &Value) -> Result<(CoverageStatus, Ledger), Misread> {
    let status = object.get("status").filter(|s| !s.is_null()).cloned();
    let status: CoverageStatus = status
        .map_or_else(|| Ok(CoverageStatus::default()), serde_json::from_value)
        .map_err(|e| Misread::Json(e.to_string()))?;
    let ledger = ledger(&status)?;
    Ok((status, ledger))
}

/// The states that a status tells, with their dates; what this version does not know is left out.
pub fn reported(status: &CoverageStatus) -> Vec<(Cause, DateSet)> {
    let known = |s: &StateStatus| Some((cause(&s.state, &s.reason)?, parse_named_dates(&s.dates).ok()?));
    status.states.iter().filter_map(known).collect()
}

/// The Ready condition as it is stored.
fn ready(status: &CoverageStatus) -> (String, String) {
    let found = status.conditions.iter().find(|c| c.type_ == ConditionType::Ready.word());
    found.map_or_else(|| ("Unknown".into(), Reason::NotProbed.word().into()), |c| (c.status.clone(), c.reason.clone()))
}

/// Rows that belong to no expected unit; a text of dates that cannot be read names none.
fn unexpected(summary: &SummaryStatus) -> Unexpected {
    let named = parse_named_dates(&summary.unexpected_on).unwrap_or_default();
    Unexpected { rows: summary.unexpected_rows, dates: summary.unexpected_dates, named }
}

/// Why the spec is invalid. A coverage that is Stalled because no attempt is left has a valid spec.
fn refusal(status: &CoverageStatus) -> Option<String> {
    let stalled = status.conditions.iter().find(|c| c.type_ == ConditionType::Stalled.word() && c.status == "True")?;
    let of_spec = Reason::REFUSALS.iter().any(|r| r.word() == stalled.reason);
    of_spec.then(|| stalled.message.clone())
}

/// What GameDates say of single dates.
struct Details {
    rows: HashMap<(String, String, Date), Vec<DateCoverage>>,
}

impl Details {
    fn of(objects: &[Value]) -> Self {
        let row = |object: &Value| {
            let date = text(object, "/spec/date").parse().ok()?;
            let status: GameDateStatus = serde_json::from_value(object.get("status")?.clone()).ok()?;
            let (namespace, season) = (text(object, "/metadata/namespace"), text(object, "/spec/season"));
            Some(((namespace.to_string(), season.to_string(), date), status.coverages))
        };
        Self { rows: objects.iter().filter_map(row).collect() }
    }
}

/// What was charged to each date, on every rung, in the order of the ladder.
struct Charges(BTreeMap<Date, Vec<Tally>>);

impl Charges {
    fn of(ledger: &Ledger, ladder: &[(Arc<str>, u8)]) -> Self {
        let place = |rung: &Arc<str>| ladder.iter().position(|(name, _)| name == rung);
        let mut tallies: Vec<_> = ledger.tallies.iter().collect();
        tallies.sort_by_key(|((rung, _), _)| place(rung));
        let mut by_date: BTreeMap<Date, Vec<Tally>> = BTreeMap::new();
        tallies.into_iter().for_each(|((_, date), tally)| by_date.entry(*date).or_default().push(*tally));
        Self(by_date)
    }

    /// The one that a state speaks of: of the rungs with its outcome, if it names one, the last on the ladder.
    fn behind(&self, date: Date, cause: Cause) -> Option<&Tally> {
        let of_date = self.0.get(&date)?;
        let named = match cause {
            Cause::Waiting(outcome) | Cause::Exhausted(outcome) => of_date.iter().rfind(|t| t.last == outcome),
            _ => None,
        };
        named.or_else(|| of_date.last())
    }
}

/// Makes the cells of one coverage again.
struct CellReader<'a> {
    key: Key,
    season: &'a str,
    details: &'a Details,
    charges: Charges,
    /// When the data of an ended Job must be visible.
    settled: BTreeMap<Date, Timestamp>,
    /// When the first open breaker lets a trial through.
    next_trial: Option<Timestamp>,
    now: Timestamp,
}

impl CellReader<'_> {
    fn cells(&self, states: &[StateStatus]) -> Vec<Cell> {
        let mut cells: Vec<Cell> = states.iter().flat_map(|state| self.of_state(state)).collect();
        cells.sort_by_key(|c| c.date);
        cells.dedup_by_key(|c| c.date);
        cells
    }

    /// A state that this version does not know is Unknown, with its own words.
    fn of_state(&self, state: &StateStatus) -> Vec<Cell> {
        let dates = parse_named_dates(&state.dates).unwrap_or_default();
        let known = cause(&state.state, &state.reason);
        let cause = known.unwrap_or(Cause::Unknown(UnknownReason::NotProbed));
        let first = dates.first();
        let cell = |date| {
            let mut cell = self.cell(date, cause, state);
            if known.is_none() {
                cell.message = format!("{}/{}: {}", state.state, state.reason, state.message).into();
            } else if first != Some(date) && self.detail(date, state).is_none() {
                cell.message = like(cause, state, first).into();
            }
            cell
        };
        dates.iter().map(cell).collect()
    }

    /// What the date's GameDate says of this coverage, if it speaks of the same state: it is written apart.
    fn detail(&self, date: Date, state: &StateStatus) -> Option<&DateCoverage> {
        let row = (self.key.namespace.to_string(), self.season.to_string(), date);
        let mut entries = self.details.rows.get(&row)?.iter();
        let entry = entries.find(|e| *e.kind.0 == *self.key.kind && *e.name.0 == *self.key.name)?;
        ((&entry.state, &entry.reason) == (&state.state, &state.reason)).then_some(entry)
    }

    fn cell(&self, date: Date, cause: Cause, state: &StateStatus) -> Cell {
        let detail = self.detail(date, state);
        let tally = self.charges.behind(date, cause);
        let told = verdict(&state.verdict).or_else(|| own_verdict(cause));
        let message = detail.map_or_else(|| state.message.clone(), |d| d.message.clone());
        let judgement = Judgement {
            verdict: told.unwrap_or(Verdict::Unknown(UnknownReason::NotProbed)),
            flaws: Vec::new(),
            covered: detail.map_or(0, |d| d.covered),
            expected: detail.map_or(0, |d| d.expected),
            missing: detail.map(|d| d.missing.iter().map(|u| u.as_str().into()).collect()).unwrap_or_default(),
            rows: None,
            unexpected_rows: detail.map_or(0, |d| d.unexpected_rows),
            // The verdict is only part of the state's message; it is not stored separately.
            message: "".into(),
        };
        let waits = match cause.state() {
            State::Waiting => tally.map(|t| t.retry_at),
            State::Verifying => self.settled.get(&date).copied(),
            State::Blocked if cause == Cause::Blocked(Hold::BreakerOpen) => self.next_trial,
            _ => None,
        };
        Cell {
            date,
            cause,
            judgement: judgement.into(),
            since: detail.and_then(|d| d.since.parse().ok()).unwrap_or(self.now),
            next: detail.map_or(waits, |d| d.next.as_ref().and_then(|at| at.parse().ok())),
            late: state.late,
            attempts: detail.map_or_else(|| tally.map_or(0, |t| u32::from(t.charged)), |d| d.attempts),
            // Nothing stored says it of a date.
            rung: None,
            message: message.into(),
        }
    }
}

/// When the data of the dates whose Job has ended must be visible.
fn settled(ledger: &Ledger, settle: &str) -> BTreeMap<Date, Timestamp> {
    let settle: Span = settle.parse().unwrap_or_default();
    let ended = ledger
        .attempts
        .iter()
        .filter_map(|a| if let Stage::Ended { at, .. } = a.stage { Some((a, settle.elapsed_after(at))) } else { None });
    ended.flat_map(|(attempt, at)| attempt.dates.iter().map(move |date| (date, at))).collect()
}

/// The sentence of a date whose own is not held: what is said of every date of its state, or of the first one.
fn like(cause: Cause, state: &StateStatus, first: Option<Date>) -> String {
    match (cause.state(), first) {
        (State::Complete, _) => ALL_THERE.into(),
        // Each break has a reason of its own.
        (State::NotExpected, Some(first)) if cause == Cause::NotExpected(Off::Break) => {
            format!("as {first}: {}", state.message)
        }
        (State::NotExpected | State::NotDue | State::Verifying, _) | (_, None) => state.message.clone(),
        (_, Some(first)) => format!("as {first}: {}", state.message),
    }
}
