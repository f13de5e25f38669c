//! Everything that the engine knows, in one value. Answers bring values in; a pass turns it into calls.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;

use super::book::{Book, criteria_mark};
use super::call::WatchId;
use super::overview::Event;
use super::ports::Recorded;
use super::spec::{Limits, Spec};
use super::told::Told;
use crate::domain::admit::{Decision, Lane, Ramp};
use crate::domain::assess::Assessment;
use crate::domain::dates::{Date, DateSet, Timestamp};
use crate::domain::judge::Judged;
use crate::domain::ledger::{Job, Ledger};
use crate::domain::mark::TableMark;
use crate::domain::policy::{Coverage, DateOrders, Key, Season};
use crate::domain::probe::DateColumn;
use crate::domain::schedule::{Calendar, ScheduleFacts};
use crate::domain::verdict::Unknown;

/// The world.
pub struct World {
    pub(super) limits: Limits,
    /// Nothing is recorded or created: what would be launched is only told.
    pub(super) read_only: bool,
    pub(super) stalled: Vec<(Key, Option<Key>, String)>,
    pub(super) launches_off: BTreeSet<Arc<str>>,
    pub(super) seasons: BTreeMap<Key, SeasonState>,
    pub(super) coverages: BTreeMap<Key, CoverageState>,
    pub(super) watches: BTreeMap<WatchId, Watch>,
    pub(super) jobs: Jobs,
    pub(super) loading: Loading,
    pub(super) ramp: Ramp,
    pub(super) lanes: Vec<Lane>,
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

/// What is known of Jobs.
#[derive(Debug)]
pub(super) struct Jobs {
    pub all: Vec<Job>,
    /// When the list that stands was asked for; nothing: never.
    pub listed_at: Option<Timestamp>,
    pub listing: bool,
    pub next_list: Timestamp,
    /// Jobs whose removal was asked for, and from when on it may be asked for again.
    pub removing: BTreeMap<Arc<str>, Timestamp>,
    /// The Jobs that the watch saw last; nothing: there is none, or it said nothing yet.
    pub watched: Option<BTreeSet<Arc<str>>>,
    /// CronJobs whose own run is live.
    pub daily_runs: BTreeSet<(Arc<str>, Arc<str>)>,
}

/// A season with its schedule.
pub(super) struct SeasonState {
    pub season: Season,
    pub orders: DateOrders,
    pub facts: Option<Arc<ScheduleFacts>>,
    pub failure: Option<Unknown>,
    pub mark: Option<u64>,
    pub look: Look,
    /// A schedule that lost so much that it is not believed yet.
    pub doubted: Option<Doubted>,
    pub calendar: Arc<Calendar>,
    pub dirty: bool,
}

/// A schedule that is not believed yet: the one before it stands.
pub(super) struct Doubted {
    pub facts: Arc<ScheduleFacts>,
    /// Reads that agreed with it.
    pub agreed: u8,
    /// The dates on which it lost units.
    pub dates: DateSet,
}

/// A coverage with all that is known of it.
pub(super) struct CoverageState {
    pub coverage: Coverage,
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
    /// When a create was answered unclearly: nothing is created before a list that is younger.
    pub unclear: Option<Timestamp>,
    /// Creates that are sent and not answered, by launch.
    pub creating: BTreeSet<u64>,
    /// When this process saw the Job of a launch created: an older list knows nothing of it.
    pub created_at: BTreeMap<u64, Timestamp>,
    /// A create was refused for now: until when, how often in a row, and the server's own sentence.
    pub refused: Option<(Timestamp, u32, Arc<str>)>,
    pub stalled: Option<String>,
    pub doubt: Option<u8>,
    /// Its launch numbers were told by its Jobs: the ledger had been lost.
    pub rebuilt: bool,
    /// A look has ended since the last pass: its dates are to be noted.
    pub looked: bool,
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
    pub mark: Option<TableMark>,
}

/// When something is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub next: Timestamp,
    pub busy: bool,
    pub failures: u32,
    /// When the last look that succeeded was asked for.
    pub last: Option<Timestamp>,
}

impl Look {
    pub fn new(now: Timestamp) -> Self {
        Self { next: now, busy: false, failures: 0, last: None }
    }

    pub fn is_due(&self, now: Timestamp) -> bool {
        !self.busy && self.next <= now
    }

    /// Its table was looked at, be it in vain.
    pub fn is_seen(&self) -> bool {
        !self.busy && (self.last.is_some() || self.failures > 0)
    }

    /// A look is sent.
    pub fn begin(&mut self) {
        self.busy = true;
        self.next = Timestamp::MAX;
    }

    /// A look ended well; the next is due then, or earlier when that was wished for meanwhile.
    pub fn ended(&mut self, asked_at: Timestamp, next: Timestamp) {
        *self = Self { next: self.next.min(next), busy: false, failures: 0, last: Some(asked_at) };
    }

    /// A look failed.
    pub fn failed(&mut self, now: Timestamp) {
        self.busy = false;
        self.failures += 1;
        self.next = look_again(now, self.failures);
    }

    /// Looks again at an instant, or earlier when that was planned already.
    pub fn no_later_than(&mut self, at: Timestamp) {
        self.next = self.next.min(at);
    }
}

/// After a failed look: 2 s, 4 s … up to five minutes.
pub(super) fn look_again(now: Timestamp, failures: u32) -> Timestamp {
    later(now, (1_i64 << failures.min(8)).min(300) * 1000)
}

pub(super) fn later(at: Timestamp, millis: i64) -> Timestamp {
    at.checked_add(jiff::SignedDuration::from_millis(millis)).unwrap_or(Timestamp::MAX)
}

impl SeasonState {
    /// Whether its dates are known, or known to be unreadable.
    pub(super) fn is_known(&self) -> bool {
        self.season.schedule.is_none() || self.facts.is_some() || self.failure.is_some()
    }

    fn new(season: Season, orders: DateOrders, old: Option<Self>, now: Timestamp) -> Self {
        let same = old.filter(|o| o.season.schedule == season.schedule);
        let look = same.as_ref().map_or_else(|| Look::new(now), |o| Look { next: now, ..o.look });
        let (facts, mark) = same.map_or((None, None), |o| (o.facts, o.mark));
        let empty = Calendar { zone: season.zone.clone(), today: Date::MIN, days: BTreeMap::new(), valid_until: now };
        let calendar = Arc::new(empty);
        Self { season, orders, facts, failure: None, mark, look, doubted: None, calendar, dirty: true }
    }
}

impl CoverageState {
    fn new(coverage: Coverage, old: Option<Self>) -> Self {
        let mut old = old;
        let same_question = old
            .as_ref()
            .is_some_and(|o| o.coverage.question == coverage.question && o.coverage.table == coverage.table);
        let book = old.as_mut().filter(|_| same_question).map(|o| std::mem::take(&mut o.book)).unwrap_or_default();
        let blank = || Self {
            coverage: coverage.clone(),
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
            creating: BTreeSet::new(),
            created_at: BTreeMap::new(),
            refused: None,
            stalled: None,
            doubt: None,
            rebuilt: false,
            looked: false,
            judged: Vec::new(),
            assessment: Assessment::default(),
            criteria: 0,
            dirty: true,
        };
        let mut state =
            Self { book, refused: None, stalled: None, dirty: true, untold: true, ..old.unwrap_or_else(blank) };
        state.ledger.rebase(&coverage);
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
            jobs: Jobs {
                all: Vec::new(),
                listed_at: None,
                listing: false,
                next_list: now,
                removing: BTreeMap::new(),
                watched: None,
                daily_runs: BTreeSet::new(),
            },
            loading: Loading::Wanted { not_before: now },
            ramp: Ramp { started_at: now, step: limits.slow_start, launched: 0 },
            lanes: Vec::new(),
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

    /// Takes a new spec; what is known of objects that stay is kept.
    pub fn respec(&mut self, spec: Spec, now: Timestamp) {
        let Spec { seasons, coverages, mut orders, stalled, launches_off } = spec;
        self.stalled = stalled;
        self.revision += 1;
        self.launches_off = launches_off;
        self.undecided = true;
        let mut old = std::mem::take(&mut self.seasons);
        for season in seasons {
            let orders = orders.remove(&season.key).unwrap_or_default();
            let known = old.remove(&season.key);
            self.seasons.insert(season.key.clone(), SeasonState::new(season, orders, known, now));
        }
        let mut old = std::mem::take(&mut self.coverages);
        for coverage in coverages {
            let known = old.remove(&coverage.key).filter(|o| o.coverage.uid == coverage.uid);
            // The ledger of an object that is new here may be old: nothing is decided before it is read.
            if known.is_none() && self.loading != Loading::Sent {
                self.loading = Loading::Wanted { not_before: now };
            }
            let state = CoverageState::new(coverage.clone(), known);
            self.coverages.insert(coverage.key, state);
        }
        self.rewatch(now);
    }

    fn rewatch(&mut self, now: Timestamp) {
        let mut old = std::mem::take(&mut self.watches);
        for (key, state) in &self.coverages {
            let date = &state.coverage.question.date;
            let id = WatchId { table: state.coverage.table.clone(), date: format!("{date:?}") };
            let watch = self.watches.entry(id.clone()).or_insert_with(|| {
                let look = old.remove(&id).map_or_else(|| Look::new(now), |w| Look { next: now, ..w.look });
                Watch { date: date.clone(), coverages: Vec::new(), look, mark: None }
            });
            watch.coverages.push(key.clone());
        }
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
