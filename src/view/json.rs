//! What scripts may rely on (docs/json.md): one object; fields are only added. Dates are ISO, instants RFC 3339 in UTC, absent
//! is null, cells are in date order and every date has one. It is streamed: no tree of it is held in memory.

mod attempts;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::rc::Rc;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use attempts::{attempt, settled};

use super::deadlines::{self, Deadlines};
use super::names::counts;
use crate::domain::assess::Unspent;
use crate::domain::breaker::{Breaker, Opened};
use crate::domain::dates::{Date, DateSet, Timestamp};
use crate::domain::ledger::Tally;
use crate::domain::policy::Mode;
use crate::domain::state::{Cell, State};
use crate::engine::overview::{CoverageView, Held, Overview, Planned};

/// The Ready condition of a coverage, its status and its reason.
pub type Ready<'a> = dyn Fn(&CoverageView) -> (String, String) + 'a;

/// The object of `plan`.
pub fn plan<'a>(overview: &'a Overview, ready: &'a Ready<'_>) -> impl Serialize + use<'a> {
    PlanObject {
        now: Shown(overview.now),
        coverages: List(overview.coverages.iter().map(|view| coverage(view, overview, ready))),
        sources: List(overview.sources.iter().map(super::sources::object)),
        launches: List(overview.launches.iter().map(launch)),
        held: List(overview.held.iter().map(held)),
    }
}

/// The object of `calendar`, `status` and `explain`.
pub fn calendar<'a>(overview: &'a Overview, ready: &'a Ready<'_>) -> impl Serialize + use<'a> {
    CalendarObject {
        now: Shown(overview.now),
        coverages: List(overview.coverages.iter().map(|view| coverage(view, overview, ready))),
        sources: List(overview.sources.iter().map(super::sources::object)),
    }
}

/// A value as it shows itself.
struct Shown<T>(T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

/// A list whose items are made one after the other, each when it is written.
struct List<I>(I);

impl<I: Iterator<Item: Serialize> + Clone> Serialize for List<I> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.clone())
    }
}

/// The cells of each state.
struct Counts<'a>(&'a CoverageView);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(State::ALL.iter().map(|state| (state.word(), self.0.count(*state))))
    }
}

#[derive(Serialize)]
struct PlanObject<C, S, L, H> {
    now: Shown<Timestamp>,
    coverages: C,
    sources: S,
    launches: L,
    held: H,
}

#[derive(Serialize)]
struct CalendarObject<C, S> {
    now: Shown<Timestamp>,
    coverages: C,
    sources: S,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CoverageObject<'a, B, R, A, S, C> {
    namespace: &'a str,
    kind: &'a str,
    name: &'a str,
    season: &'a str,
    table: &'a str,
    mode: &'static str,
    suspended: bool,
    ready: String,
    ready_reason: String,
    summary: SummaryObject,
    next_look: Option<Shown<Timestamp>>,
    stalled: Option<&'a str>,
    undated: Option<UndatedObject>,
    unexpected_rows: u64,
    unexpected_dates: u32,
    bytes_read: Option<u64>,
    counts: Counts<'a>,
    breakers: B,
    reruns: R,
    attempts: A,
    settled: S,
    cells: C,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UndatedObject {
    nulls: u64,
    out_of_range: u64,
}

#[derive(Serialize)]
struct BreakerObject<'a> {
    rung: &'a str,
    state: &'static str,
    since: Shown<Timestamp>,
    until: Shown<Timestamp>,
    trials: u8,
    launch: u64,
    outcome: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
struct RerunObject<'a> {
    date: Shown<Date>,
    token: &'a str,
    waits: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CellObject<'a, M, H> {
    date: Shown<Date>,
    state: &'static str,
    reason: Option<&'static str>,
    verdict: &'static str,
    message: &'a str,
    expected: u32,
    covered: u32,
    missing: M,
    rows: Option<u64>,
    unexpected_rows: u64,
    due_at: Option<Shown<Timestamp>>,
    late_at: Option<Shown<Timestamp>>,
    late: bool,
    attempts: u32,
    rung: Option<&'a str>,
    charges: H,
    next_look: Option<Shown<Timestamp>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChargeObject<'a> {
    rung: &'a str,
    charged: u8,
    free: u8,
    last: &'static str,
    retry_at: Shown<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LaunchObject<'a, D> {
    coverage: String,
    rung: &'a str,
    dates: D,
    attempt: u32,
    reason: &'static str,
    source: Option<&'a str>,
    credits: Option<u64>,
    lost_at: Option<Shown<Timestamp>>,
}

#[derive(Serialize)]
struct HeldObject<'a, D> {
    coverage: String,
    dates: D,
    state: &'static str,
    reason: Option<&'static str>,
    message: &'a str,
}

fn coverage<'a>(view: &'a CoverageView, overview: &'a Overview, ready: &Ready<'_>) -> impl Serialize + use<'a> {
    let now = overview.now;
    let (ready, ready_reason) = ready(view);
    let charges = Rc::new(charges(view));
    CoverageObject {
        namespace: &view.key.namespace,
        kind: &view.key.kind,
        name: &view.key.name,
        season: &view.season.name,
        table: &view.table.name,
        mode: if view.mode == Mode::Fill { "Fill" } else { "Observe" },
        suspended: view.suspended,
        ready,
        ready_reason,
        summary: SummaryObject::of(view),
        next_look: view.cells.iter().filter_map(|c| c.next).filter(|at| *at > now).min().map(Shown),
        stalled: view.stalled.as_deref(),
        undated: view.undated.map(|u| UndatedObject { nulls: u.nulls, out_of_range: u.out_of_range }),
        unexpected_rows: view.unexpected.rows,
        unexpected_dates: view.unexpected.dates,
        bytes_read: view.bytes_read,
        counts: Counts(view),
        breakers: List(view.opened().map(move |of| breaker(of, now))),
        reruns: List(view.reruns.iter().map(rerun)),
        attempts: List(view.attempts.iter().map(move |a| attempt(view, a))),
        settled: List(view.recent.iter().map(move |s| settled(view, s))),
        cells: List(view.cells.iter().map(move |c| {
            cell(c, deadlines::of(view, c.date, overview), charges.get(&c.date).map_or(&[], Vec::as_slice))
        })),
    }
}

type Charge<'a> = (&'a str, &'a Tally);

/// What was charged to each date, in the order of the ladder.
fn charges(view: &CoverageView) -> BTreeMap<Date, Vec<Charge<'_>>> {
    let place = |rung: &str| view.limits.iter().position(|(name, _)| **name == *rung);
    let mut out: BTreeMap<Date, Vec<Charge<'_>>> = BTreeMap::new();
    view.tallies.iter().for_each(|(rung, date, tally)| out.entry(*date).or_default().push((rung, tally)));
    out.values_mut().for_each(|of_date| of_date.sort_by_key(|(rung, _)| place(rung)));
    out
}

fn charge<'a>((rung, tally): &Charge<'a>) -> ChargeObject<'a> {
    let Tally { charged, free, last, retry_at, .. } = **tally;
    ChargeObject { rung, charged, free, last: last.word(), retry_at: Shown(retry_at) }
}

fn breaker<'a>((rung, own, opened): (&'a Arc<str>, &Breaker, &'a Opened), now: Timestamp) -> BreakerObject<'a> {
    let Opened { since, until, trials, launch, outcome, message } = opened;
    BreakerObject {
        rung,
        state: own.state(now).word(),
        since: Shown(*since),
        until: Shown(*until),
        trials: *trials,
        launch: *launch,
        outcome: outcome.word(),
        message,
    }
}

fn rerun(rerun: &Unspent) -> impl Serialize {
    RerunObject { date: Shown(rerun.date), token: &rerun.token, waits: rerun.waits_for() }
}

fn cell<'a>(cell: &'a Cell, deadlines: Option<Deadlines>, charges: &[Charge<'a>]) -> impl Serialize + use<'a> {
    let judgement = &cell.judgement;
    CellObject {
        date: Shown(cell.date),
        state: cell.state().word(),
        reason: absent(cell.cause.reason()),
        verdict: judgement.verdict.word(),
        message: &cell.message,
        expected: judgement.expected,
        covered: judgement.covered,
        missing: List(judgement.missing.iter().map(|unit| &**unit)),
        rows: judgement.rows,
        unexpected_rows: judgement.unexpected_rows,
        due_at: deadlines.map(|d| Shown(d.due)),
        late_at: deadlines.map(|d| Shown(d.late)),
        late: cell.late,
        attempts: cell.attempts,
        rung: charges.last().map(|(rung, _)| *rung),
        charges: charges.iter().map(charge).collect::<Vec<_>>(),
        next_look: cell.next.map(Shown),
    }
}

/// What `status` shows as figures.
#[derive(Serialize)]
struct SummaryObject {
    expected: usize,
    due: usize,
    complete: usize,
    open: usize,
    late: usize,
}

impl SummaryObject {
    fn of(view: &CoverageView) -> Self {
        let counts = counts(view);
        Self {
            expected: counts.expected,
            due: counts.due,
            complete: counts.complete,
            open: counts.open,
            late: counts.late,
        }
    }
}

fn launch(launch: &Planned) -> impl Serialize {
    LaunchObject {
        coverage: launch.coverage.to_string(),
        rung: &launch.rung,
        dates: dates(&launch.dates),
        attempt: launch.attempt,
        reason: launch.reason,
        source: launch.draw.as_ref().map(|draw| &*draw.source),
        credits: launch.draw.as_ref().map(|draw| draw.credits),
        lost_at: launch.lost_at.map(Shown),
    }
}

fn held(held: &Held) -> impl Serialize {
    HeldObject {
        coverage: held.coverage.to_string(),
        dates: dates(&held.dates),
        state: held.state.word(),
        reason: absent(held.reason),
        message: &held.message,
    }
}

fn dates(set: &DateSet) -> impl Serialize {
    List(set.iter().map(Shown))
}

fn absent(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests;
