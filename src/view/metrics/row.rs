//! What the metrics know of one coverage: figures of the last overview, and what was counted since the process started.
//! A coverage that is gone takes its series with it.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use prometheus_client::metrics::histogram::Histogram;

use crate::domain::anchors::midnight;
use crate::domain::breaker::BreakerState;
use crate::domain::dates::{Date, DateSet, Timestamp, next_day};
use crate::domain::ledger::{Outcome, Stage};
use crate::domain::policy::Anchor;
use crate::domain::schedule::Day;
use crate::domain::state::{Cause, Cell, State};
use crate::domain::verdict::Verdict;
use crate::engine::overview::{CoverageView, Event, SeasonView, SourceView};

/// A date of history that is filled says nothing of how soon tonight is complete.
const HISTORY: SignedDuration = SignedDuration::from_hours(30 * 24);
/// From ten minutes to two weeks after the last start.
const COMPLETION_HOURS: [f64; 14] =
    [1.0 / 6.0, 0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 48.0, 96.0, 168.0, 336.0];

/// One coverage.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) cells: [u32; State::ALL.len()],
    pub(super) blocked: BTreeMap<&'static str, u32>,
    pub(super) late: u32,
    pub(super) stalled: bool,
    pub(super) suspended: bool,
    pub(super) open_breakers: u32,
    pub(super) pressing: u32,
    pub(super) live_jobs: u32,
    pub(super) launches: u64,
    /// The last start of the oldest gap.
    pub(super) oldest_gap: Option<Timestamp>,
    pub(super) confirmed_at: Option<Timestamp>,
    pub(super) outcomes: BTreeMap<&'static str, u64>,
    pub(super) charged: u64,
    /// Nothing before the first date.
    pub(super) completion: Option<Histogram>,
    /// Dates that the last overview knew to be incomplete.
    incomplete: DateSet,
}

impl Row {
    /// Takes over what an overview says of the coverage.
    pub(super) fn observe(&mut self, view: &CoverageView, season: Option<&SeasonView>, now: Timestamp) {
        self.completed(view, season, now);
        self.cells = State::ALL.map(|state| count(view, |c| c.state() == state));
        self.late = count(view, |c| c.late);
        self.blocked.clear();
        for cell in view.cells.iter().filter(|c| matches!(c.cause, Cause::Blocked(_))) {
            *self.blocked.entry(cell.cause.reason()).or_default() += 1;
        }
        self.stalled = view.stalled.is_some();
        self.suspended = view.suspended;
        self.open_breakers = view.opened().count() as u32;
        self.pressing = view.pressing.len() as u32;
        self.live_jobs = view.attempts.iter().filter(|a| !matches!(a.stage, Stage::Ended { .. })).count() as u32;
        self.launches = view.launches;
        let gaps = view.cells.iter().filter(|c| c.state().is_open() && is_incomplete(c));
        self.oldest_gap = gaps.map(|c| last_start(c.date, season)).min();
        self.confirmed_at = view.confirmed_at;
    }

    /// Dates that were incomplete at the last look and are complete now.
    fn completed(&mut self, view: &CoverageView, season: Option<&SeasonView>, now: Timestamp) {
        let is_news = |c: &&Cell| c.judgement.verdict == Verdict::Complete && self.incomplete.contains(c.date);
        for cell in view.cells.iter().filter(is_news) {
            let took = now.duration_since(last_start(cell.date, season));
            if took <= HISTORY {
                let histogram = self.completion.get_or_insert_with(completion);
                histogram.observe(took.as_secs_f64().max(0.0));
            }
        }
        self.incomplete = DateSet::new();
        view.cells.iter().filter(|c| is_incomplete(c)).for_each(|c| self.incomplete.insert(c.date));
    }

    /// Counts what happened to the coverage.
    pub(super) fn event(&mut self, event: &Event) {
        let dates = u64::from(event.dates.len());
        let Some(outcome) = Outcome::ALL.into_iter().find(|o| o.word() == event.reason) else { return };
        *self.outcomes.entry(outcome.word()).or_default() += dates;
        self.charged += if outcome.is_charged() { dates } else { 0 };
    }
}

/// One source.
#[derive(Clone, Copy, Debug)]
pub(super) struct SourceRow {
    /// The credits of a window and those that are used; `None` without a budget.
    pub(super) credits: Option<(u64, u64)>,
    pub(super) is_open: bool,
    pub(super) live_jobs: u32,
}

impl SourceRow {
    pub(super) fn of(view: &SourceView) -> Self {
        let credits = view.source.budget.as_ref().zip(view.used).map(|(budget, (_, used))| (budget.credits, used));
        Self { credits, is_open: view.state != BreakerState::Closed, live_jobs: view.live }
    }
}

fn completion() -> Histogram {
    Histogram::new(COMPLETION_HOURS.map(|hours| hours * 3600.0))
}

/// Whether a read said that something is missing. Unknown says nothing.
fn is_incomplete(cell: &Cell) -> bool {
    matches!(cell.judgement.verdict, Verdict::Partial(_) | Verdict::Missing)
}

fn count(view: &CoverageView, holds: impl Fn(&Cell) -> bool) -> u32 {
    view.cells.iter().filter(|c| holds(c)).count() as u32
}

/// When the last unit of a date starts, as the season knows it; else when the date ends.
fn last_start(date: Date, season: Option<&SeasonView>) -> Timestamp {
    match season.and_then(|s| s.calendar.days.get(&date)) {
        Some(Day::On(expected)) => expected.anchors.at(Anchor::LastStart),
        _ => midnight(next_day(date), season.map_or(&TimeZone::UTC, |s| &s.zone)),
    }
}
