//! Everything that the engine knows, in one value. Answers bring values in; a pass turns it into calls.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;

use super::book::{Book, criteria_mark};
use super::call::WatchId;
use super::known_jobs::Jobs;
use super::look::Look;
use super::overview::Event;
use super::ports::Recorded;
use super::refusal::{Refusal, Unclear};
use super::spec::{Limits, Spec};
use super::stale::StaleSchedule;
use super::told::Told;
use crate::domain::admit::{Decision, Lane, Ramp};
use crate::domain::assess::Assessment;
use crate::domain::dates::{Date, DateRange, DateSet, Timestamp};
use crate::domain::judge::Judged;
use crate::domain::ledger::Ledger;
use crate::domain::mark::TableMark;
use crate::domain::policy::{Coverage, DateOrders, Key, Season, Stalled, Table};
use crate::domain::probe::DateColumn;
use crate::domain::schedule::{Calendar, ScheduleFacts};
use crate::domain::span::Span;
use crate::domain::suspicion::Doubt;
use crate::domain::verdict::Unknown;

/// The world.
pub struct World {
    pub(super) limits: Limits,
    /// Nothing is recorded or created: what would be launched is only told.
    pub(super) read_only: bool,
    pub(super) stalled: Vec<Stalled>,
    pub(super) launches_off: BTreeSet<Arc<str>>,
    pub(super) seasons: BTreeMap<Key, SeasonState>,
    pub(super) coverages: BTreeMap<Key, CoverageState>,
    pub(super) watches: BTreeMap<WatchId, Watch>,
    pub(super) jobs: Jobs,
    pub(super) loading: Loading,
    pub(super) ramp: Ramp,
    pub(super) lanes: Vec<Lane>,
    /// The coverage that was launched for last: the turn goes on behind it.
    pub(super) turn: Option<Key>,
    pub(super) decision: Decision,
    /// Something that a decision depends on has changed since the last one.
    pub(super) undecided: bool,
    pub(super) decided_at: Timestamp,
    pub(super) events: Vec<Event>,
    /// Calls that are not answered yet.
    pub(super) in_flight: usize,
    pub(super) bytes_read: u64,
    /// Rises with every change that people can see.
    pub(super) revision: u64,
    /// Rises with every look that ended well.
    pub(super) looks_ended: u64,
    /// How long the last pass took.
    pub(super) pass_took: SignedDuration,
}

/// Whether the ledgers are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loading {
    Wanted { not_before: Timestamp },
    Sent,
    Done,
}

/// A season with its schedule.
pub(super) struct SeasonState {
    pub season: Season,
    pub orders: DateOrders,
    pub facts: Option<Arc<ScheduleFacts>>,
    pub failure: Option<Unknown>,
    /// The mark that the facts rest on.
    pub mark: Option<u64>,
    pub look: Look,
    /// Until when the facts stand without another look that ends well; `None` before the first one since the start.
    pub good_until: Option<Timestamp>,
    /// A schedule that lost so much that it is doubted.
    pub doubted: Option<Doubted>,
    pub calendar: Arc<Calendar>,
    /// From the season's first date through its last.
    pub span: Option<DateRange>,
    /// Why the calendar says nothing for certain of what is open: its schedule was not looked at for too long.
    pub stale: Option<Arc<StaleSchedule>>,
    /// It is gone or refused, and stays for a coverage that settles by it.
    pub is_kept: bool,
    pub dirty: bool,
}

/// A schedule that is doubted: the one before it stands.
pub(super) struct Doubted {
    pub doubt: Doubt,
    /// The dates on which it lost units.
    pub dates: DateSet,
}

/// A coverage with all that is known of it.
pub(super) struct CoverageState {
    pub coverage: Coverage,
    /// The names that its table has however it is declared, since it was looked at; the one of its place first.
    pub names: Vec<Table>,
    /// Names that it had before: Jobs that were made then have them.
    pub former: Vec<Table>,
    pub book: Book,
    pub ledger: Ledger,
    pub saved: Arc<Ledger>,
    pub proof: Option<Recorded>,
    pub saving: bool,
    /// Saves that failed in a row, and when the next is due.
    pub save_faults: u32,
    pub save_after: Timestamp,
    /// What people see is older than what is known.
    pub untold: bool,
    pub told_at: Timestamp,
    /// What people were told by the process before.
    pub told: Told,
    /// A create was answered unclearly.
    pub unclear: Option<Unclear>,
    /// The ledger that was read had no launch in it: its Jobs tell how many there were.
    pub is_lost: bool,
    /// Creates that are sent and not answered, by launch.
    pub creating: BTreeSet<u64>,
    /// When this process saw the Job of a launch created: an older list knows nothing of it.
    pub created_at: BTreeMap<u64, Timestamp>,
    /// The last create was refused.
    pub refused: Option<Refusal>,
    pub stalled: Option<String>,
    /// Its spec is refused now: what it tried is settled by the last one that was valid.
    pub is_refused: bool,
    pub doubt: Option<Doubt>,
    /// Its launch numbers were told by its Jobs: the ledger had been lost.
    pub rebuilt: bool,
    /// When the look was asked for that has ended since the last pass: its dates are to be noted.
    pub looked: Option<Timestamp>,
    /// How often its table is looked at.
    pub cadence: Span,
    /// It was judged on facts that were not confirmed for too long.
    pub overdue: bool,
    pub judged: Vec<(Date, Judged)>,
    pub assessment: Assessment,
    /// The mark of its criteria.
    pub criteria: u64,
    pub dirty: bool,
}

/// A table that is looked at.
pub(super) struct Watch {
    pub date: DateColumn,
    pub coverages: Vec<Key>,
    pub look: Look,
    /// When the mark was asked for whose changes are being read, and the mark.
    pub asked: Option<(Timestamp, Arc<TableMark>)>,
}

impl SeasonState {
    /// Whether its dates are known, or known to be unreadable.
    pub(super) fn is_known(&self) -> bool {
        self.season.schedule.is_none() || self.facts.is_some() || self.failure.is_some()
    }

    /// Whether its schedule was looked at since the start, even if that failed.
    pub(super) fn is_looked_at(&self) -> bool {
        self.season.schedule.is_none() || self.good_until.is_some() || self.failure.is_some()
    }

    pub(super) fn new(season: Season, orders: DateOrders, old: Option<Self>, now: Timestamp) -> Self {
        let zone = season.zone.clone();
        let empty = Calendar { zone, today: Date::MIN, days: BTreeMap::new(), valid_until: now };
        let new = |season, orders| Self {
            season,
            orders,
            facts: None,
            failure: None,
            mark: None,
            look: Look::new(now),
            good_until: None,
            doubted: None,
            calendar: Arc::new(empty.clone()),
            span: None,
            stale: None,
            is_kept: false,
            dirty: true,
        };
        match old.filter(|o| o.season.schedule == season.schedule) {
            // One that failed may do better under limits or grants that changed.
            Some(old) if old.season == season && old.look.failures == 0 => {
                Self { orders, is_kept: false, dirty: true, ..old }
            }
            Some(old) => {
                let (look, calendar) = (Look { next: now, ..old.look }, Arc::new(empty));
                Self { season, orders, look, calendar, is_kept: false, dirty: true, ..old }
            }
            None => new(season, orders),
        }
    }
}

impl CoverageState {
    pub(super) fn new(coverage: Coverage, old: Option<Self>) -> Self {
        let mut old = old;
        let same_question = old
            .as_ref()
            .is_some_and(|o| o.coverage.question == coverage.question && o.coverage.table == coverage.table);
        let book = old.as_mut().filter(|_| same_question).map(|o| std::mem::take(&mut o.book)).unwrap_or_default();
        // An edit of other objects changes nothing about a refusal.
        let refused = old.as_mut().filter(|o| o.coverage == coverage).and_then(|o| o.refused.take());
        let (names, former) = old
            .as_mut()
            .filter(|o| o.coverage.table == coverage.table)
            .map(|o| (std::mem::take(&mut o.names), std::mem::take(&mut o.former)))
            .unwrap_or_default();
        let blank = || Self {
            coverage: coverage.clone(),
            names: Vec::new(),
            former: Vec::new(),
            book: Book::default(),
            ledger: Ledger::default(),
            saved: Arc::default(),
            proof: None,
            saving: false,
            save_faults: 0,
            save_after: Timestamp::MIN,
            untold: true,
            told_at: Timestamp::MIN,
            told: Told::default(),
            unclear: None,
            is_lost: false,
            creating: BTreeSet::new(),
            created_at: BTreeMap::new(),
            refused: None,
            stalled: None,
            is_refused: false,
            doubt: None,
            rebuilt: false,
            looked: None,
            cadence: Span::default(),
            overdue: false,
            judged: Vec::new(),
            assessment: Assessment::default(),
            criteria: 0,
            dirty: true,
        };
        let mut state = Self {
            names,
            former,
            book,
            refused,
            stalled: None,
            is_refused: false,
            dirty: true,
            untold: true,
            ..old.unwrap_or_else(blank)
        };
        let complete = state.ledger.complete.clone();
        state.ledger.rebase(&coverage);
        // Data that is gone is still gone after an edit: what is doubted goes on to be.
        state.doubt = state.doubt.filter(|_| same_question);
        if state.doubt.is_some() {
            state.ledger.complete = complete;
        }
        state.criteria = criteria_mark(&coverage);
        state.coverage = coverage;
        state
    }
}

impl World {
    /// A world that knows nothing yet but what it is told.
    pub fn new(spec: Spec, limits: Limits, read_only: bool, now: Timestamp) -> Self {
        let mut world = Self {
            limits,
            read_only,
            stalled: Vec::new(),
            seasons: BTreeMap::new(),
            coverages: BTreeMap::new(),
            watches: BTreeMap::new(),
            launches_off: BTreeSet::new(),
            jobs: Jobs::new(now),
            loading: Loading::Wanted { not_before: now },
            ramp: Ramp { started_at: now, step: limits.slow_start, launched: 0 },
            lanes: Vec::new(),
            turn: None,
            decision: Decision::default(),
            undecided: true,
            decided_at: now,
            events: Vec::new(),
            in_flight: 0,
            bytes_read: 0,
            revision: 0,
            looks_ended: 0,
            pass_took: SignedDuration::ZERO,
        };
        world.respec(spec, now);
        world
    }

    /// A stored ledger was changed by somebody else: what it says now counts.
    pub fn reload(&mut self, now: Timestamp) {
        self.loading = Loading::Wanted { not_before: now };
    }

    /// What happened since it was last asked.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Rises with every change that people can see.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// When each coverage's table was last read or proved unchanged. That moves at rest too, and is no change.
    pub fn confirmed(&self) -> impl Iterator<Item = (&Key, Timestamp)> {
        self.coverages.iter().filter_map(|(key, state)| Some((key, state.book.confirmed_at?)))
    }

    /// Rises with every look that ended well.
    pub fn looks_ended(&self) -> u64 {
        self.looks_ended
    }

    /// How long the last pass took.
    pub fn pass_took(&self) -> SignedDuration {
        self.pass_took
    }

    /// Whether data was read since the start: then there is something new to remember.
    pub fn has_read(&self) -> bool {
        self.bytes_read > 0
    }

    /// Bytes of data read since the start.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }
}
