//! What the engine shows people: values that the views draw and scripts read. Everything here is derived.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::assess::Unspent;
use crate::domain::breaker::{Breaker, BreakerState, Opened};
use crate::domain::dates::{Date, DateRange, DateSet, Timestamp};
use crate::domain::ledger::{Attempt, Settled, Tally, job_name};
use crate::domain::policy::{Key, Mode, Moment, Source, Table};
use crate::domain::probe::Undated;
use crate::domain::schedule::Calendar;
use crate::domain::source::{Draw, Window};
use crate::domain::state::{Cell, State};
use crate::domain::verdict::Unknown;

/// One source.
#[derive(Clone, Debug)]
pub struct SourceView {
    /// What its spec says.
    pub source: Source,
    /// What is used of its budget, and of which window; `None` without a budget.
    pub used: Option<(Window, u64)>,
    pub breaker: Breaker,
    /// What the breaker is at the instant of the view.
    pub state: BreakerState,
    /// The live Jobs that draw on it.
    pub live: u32,
    /// The coverages with a rung that draws on it.
    pub coverages: Vec<Key>,
    /// What one unit of a date costs at least, on any of these rungs.
    pub cheapest: u64,
}

impl SourceView {
    /// When the window ends of a budget that pays for no more date of history.
    pub fn spent_until(&self) -> Option<Timestamp> {
        let (window, used) = self.used?;
        let budget = self.source.budget.as_ref()?;
        (budget.left(used, false) < self.cheapest).then_some(window.end)
    }

    /// The credits that are left for yesterday and later only.
    pub fn reserved(&self) -> Option<u64> {
        let left = self.source.budget.as_ref()?.left(self.used?.1, true);
        (left > 0).then_some(left)
    }
}

/// Everything at one instant.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The instant.
    pub now: Timestamp,
    /// Every season, by name.
    pub seasons: Vec<SeasonView>,
    /// Every coverage, by season, then in the order of its name.
    pub coverages: Vec<CoverageView>,
    /// Every source, by name.
    pub sources: Vec<SourceView>,
    /// What would be launched now, in order.
    pub launches: Vec<Planned>,
    /// Open cells that are not launched, and why: cells of one coverage, state and reason together.
    pub held: Vec<Held>,
}

/// One coverage.
#[derive(Clone, Debug)]
pub struct CoverageView {
    /// Its name.
    pub key: Key,
    /// Its object's uid.
    pub uid: Arc<str>,
    /// Its season's name.
    pub season: Key,
    pub table: Table,
    /// The generation of its object that this speaks of.
    pub generation: i64,
    /// The zone of its season.
    pub zone: jiff::tz::TimeZone,
    /// When its dates are due and late; `None` where only its status is known.
    pub deadlines: Option<(Moment, Moment)>,
    /// Report only, or launch.
    pub mode: Mode,
    /// It or its season is suspended.
    pub suspended: bool,
    /// Today in its season's zone.
    pub today: Date,
    /// Why its spec is invalid; such a coverage has no cells.
    pub stalled: Option<String>,
    /// One for every date, in date order.
    pub cells: Vec<Cell>,
    /// Attempts that are not settled.
    pub attempts: Vec<Attempt>,
    /// What was charged, per rung and date.
    pub tallies: Vec<(Arc<str>, Date, Tally)>,
    /// The breakers of rungs whose last attempts brought nothing.
    pub breakers: Vec<(Arc<str>, Breaker)>,
    /// Charged failures that use a rung up, per rung, in the order of the ladder.
    pub limits: Vec<(Arc<str>, u8)>,
    /// The last settled attempts, newest last.
    pub recent: Vec<Settled>,
    /// The rerun token spent last, per date.
    pub tokens: Vec<(Date, Arc<str>)>,
    /// Rerun tokens that were spent before those.
    pub earlier_tokens: Vec<(Date, Arc<str>)>,
    /// Rerun tokens that are not spent yet, in date order.
    pub reruns: Vec<Unspent>,
    /// Rows that count for no date: they cover nothing. `None` where that is not known.
    pub undated: Option<Undated>,
    /// Rows of its dates that belong to no expected unit.
    pub unexpected: Unexpected,
    /// When its table was last read or proved unchanged.
    pub confirmed_at: Option<Timestamp>,
    /// Why the last look at its table failed. What was known before holds for a while.
    pub failure: Option<String>,
    /// The bytes of the last read of its table for it, as the warehouse counts them. `None` where that is not known.
    pub bytes_read: Option<u64>,
    /// Launches so far.
    pub launches: u64,
    /// Dates that are lost for good soon, unless they are filled, and when.
    pub pressing: Vec<(Date, Timestamp)>,
}

/// Rows of a coverage that belong to no expected unit, on dates that expect something and on dates off: a warning, never a
/// gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unexpected {
    /// How many.
    pub rows: u64,
    /// How many dates have some.
    pub dates: u32,
    /// Those dates, as far as they are known by name.
    pub named: DateSet,
}

impl Unexpected {
    /// Of these cells.
    pub fn of<'a>(cells: impl IntoIterator<Item = &'a Cell>) -> Self {
        let mut out = Self::default();
        for cell in cells.into_iter().filter(|c| c.judgement.unexpected_rows > 0) {
            out.rows += cell.judgement.unexpected_rows;
            out.dates += 1;
            out.named.insert(cell.date);
        }
        out
    }
}

/// One season.
#[derive(Clone, Debug)]
pub struct SeasonView {
    /// Its name.
    pub key: Key,
    /// The generation of its object that this speaks of.
    pub generation: i64,
    /// Whether each date that expects something gets a separate object.
    pub creates_game_dates: bool,
    /// Nothing is launched.
    pub suspended: bool,
    pub zone: jiff::tz::TimeZone,
    /// Today in its zone.
    pub today: Date,
    /// Why its schedule cannot be read.
    pub failure: Option<Unknown>,
    /// The dates on which its schedule lost units, so many at once that it is distrusted for now.
    pub doubted: Option<DateSet>,
    /// Its schedule was read, or it has none.
    pub is_known: bool,
    /// Every date, and what the season says of it.
    pub calendar: Arc<Calendar>,
    /// The first date that is watched, where its spec asks for earlier ones.
    pub watches_from: Option<Date>,
}

impl Overview {
    /// Keeps these dates alone, and what is shown of them.
    pub fn narrow(&mut self, dates: DateRange) {
        for view in &mut self.coverages {
            let all = view.cells.len();
            view.cells.retain(|cell| dates.contains(cell.date));
            if view.cells.len() < all {
                view.unexpected = Unexpected::of(&view.cells);
            }
            view.reruns.retain(|rerun| dates.contains(rerun.date));
            view.attempts.retain(|attempt| attempt.dates.iter().any(|date| dates.contains(date)));
            view.recent.retain(|settled| settled.outcomes.keys().any(|date| dates.contains(*date)));
        }
    }
}

impl Overview {
    /// Nothing of a coverage can be launched, for a reason that the engine does not know.
    pub fn hold(&mut self, coverage: &Key, why: &str) {
        let would_run = |state| matches!(state, State::Partial | State::Missing);
        self.launches.retain(|launch| launch.coverage != *coverage);
        self.held.retain(|held| held.coverage != *coverage || !would_run(held.state));
        let mut groups: BTreeMap<(State, &'static str, String), DateSet> = BTreeMap::new();
        for view in self.coverages.iter_mut().filter(|view| view.key == *coverage) {
            for cell in view.cells.iter_mut().filter(|cell| would_run(cell.state())) {
                cell.message = format!("{}; {why}", cell.judgement.message).into();
                let group = (cell.state(), cell.cause.reason(), cell.message.to_string());
                groups.entry(group).or_default().insert(cell.date);
            }
        }
        let held =
            |((state, reason, message), dates)| Held { coverage: coverage.clone(), dates, state, reason, message };
        self.held.extend(groups.into_iter().map(held));
    }
}

impl CoverageView {
    /// How many cells are in a state.
    pub fn count(&self, state: State) -> usize {
        self.cells.iter().filter(|c| c.state() == state).count()
    }

    /// The name of a launch's Job.
    pub fn job(&self, launch: u64) -> Arc<str> {
        job_name(&self.key.name, &self.uid, launch)
    }

    /// The rungs whose breakers are open or half-open.
    pub fn opened(&self) -> impl Iterator<Item = (&Arc<str>, &Breaker, &Opened)> + Clone {
        self.breakers.iter().filter_map(|(rung, breaker)| Some((rung, breaker, breaker.opened.as_ref()?)))
    }

    /// The token of a date that is not spent yet.
    pub fn rerun(&self, date: Date) -> Option<&Unspent> {
        self.reruns.iter().find(|rerun| rerun.date == date)
    }
}

/// A launch that is admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub coverage: Key,
    pub rung: Arc<str>,
    pub dates: DateSet,
    /// Which attempt it is: the largest charged + 1.
    pub attempt: u32,
    /// The reason of the first date.
    pub reason: &'static str,
    /// What it draws from a source.
    pub draw: Option<Draw>,
    /// When its first date is lost for good, if that is soon.
    pub lost_at: Option<Timestamp>,
}

/// Open cells that are not launched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub coverage: Key,
    pub dates: DateSet,
    pub state: State,
    pub reason: &'static str,
    /// What happens next.
    pub message: String,
}

/// What happened: one line for a log, one Event for a cluster. One per cause, not per date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// To whom.
    pub coverage: Key,
    /// What: `GapFound`, `JobLaunched`, `Filled`, `Ineffective`, `Regressed`, `Exhausted`, `ScheduleChanged`, …
    pub reason: &'static str,
    /// Which dates.
    pub dates: DateSet,
    /// One sentence.
    pub message: String,
}
