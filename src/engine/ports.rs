//! The ports: everything that the engine asks of the world. The cluster, one machine and the simulated world
//! implement them; engine, decisions, status and words are the same in all three.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::overview::{CoverageView, SourceView};
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::ledger::{Job, Launch, Ledger};
use crate::domain::mark::TableMark;
use crate::domain::policy::{Key, Table};
use crate::domain::probe::{Answer, DateColumn, Probe, ScheduleQuestion, ScheduleReading};
use crate::domain::source::Record;
use crate::domain::state::Cause;
use crate::domain::verdict::Unknown;

/// Where time enters.
pub trait Clock: Send + Sync + 'static {
    /// What the wall clock shows. It may jump.
    fn now(&self) -> Timestamp;
    /// What a clock shows that never jumps, since some instant in the past.
    fn steady(&self) -> Duration;
    /// Returns when so much time has passed on the steady clock, or later.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// Where the data is. Every answer is whole or nothing; a failed read is an [`Unknown`], never an empty answer. `reader` is
/// the namespace that a read is for: its own limits hold, whoever else reads the same table.
pub trait Warehouse: Send + Sync + 'static {
    /// The table's mark: a cheap check that nothing has changed.
    fn mark(
        &self,
        reader: &Arc<str>,
        table: &Table,
        date: &DateColumn,
    ) -> impl Future<Output = Result<TableMark, Unknown>> + Send;
    /// Answers all probes by one pass over the table, of which the look before saw this mark. The mark of the answer was taken
    /// before the read: a change that it shows was read.
    fn probe(
        &self,
        reader: &Arc<str>,
        table: &Table,
        seen: Arc<TableMark>,
        probes: Arc<Vec<Probe>>,
    ) -> impl Future<Output = Result<Answer, Unknown>> + Send;
    /// Reads a schedule, whole.
    fn schedule(
        &self,
        reader: &Arc<str>,
        table: &Table,
        question: Arc<ScheduleQuestion>,
    ) -> impl Future<Output = Result<ScheduleReading, Unknown>> + Send;
}

/// What guards a ledger against two writers: the resourceVersion, or the journal's count.
pub type Version = u64;

/// A stored ledger.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Whose.
    pub coverage: Key,
    /// Its object's uid: a ledger of another object of the same name is not taken over.
    pub uid: Arc<str>,
    pub ledger: Ledger,
    /// Whether all of it could be read: of one that could not only the number of launches is left.
    pub is_whole: bool,
    /// What people see of the coverage beside it: states with their dates. Empty where that is not kept.
    pub reported: Vec<(Cause, DateSet)>,
    pub version: Version,
}

/// What is stored of a source.
#[derive(Clone, Debug)]
pub struct StoredSource {
    pub source: Key,
    /// Its object's uid: what was stored of another object of the same name is not taken over.
    pub uid: Arc<str>,
    pub record: Record,
    pub version: Version,
}

/// Everything that is stored.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    pub ledgers: Vec<Stored>,
    pub sources: Vec<StoredSource>,
}

/// Why a ledger was not saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveFault {
    /// Another writer was first: read and decide again.
    Conflict,
    /// The object is gone.
    Gone,
    /// Not allowed, with the store's own sentence.
    Denied(String),
    /// The store did not answer, or not clearly: it may or may not have been saved.
    Unclear(String),
}

/// Keeps the ledgers. An acknowledged save survives a crash.
pub trait Store: Send + Sync + 'static {
    /// Everything there is.
    fn load(&self) -> impl Future<Output = Result<Loaded, String>> + Send;
    /// Saves a ledger whose last known version is `at` (0: none yet), and in the same write what people see of the
    /// coverage. Without a view, what they saw stays. What is equal to what is stored is not written again.
    fn save(
        &self,
        coverage: &Key,
        uid: &Arc<str>,
        at: Version,
        ledger: &Ledger,
        view: Option<&CoverageView>,
    ) -> impl Future<Output = Result<Recorded, SaveFault>> + Send;
    /// Saves what is known of a source whose last known version is `at`, with what people see of it. Gives its new version.
    fn save_source(
        &self,
        source: &SourceView,
        at: Version,
        record: &Record,
    ) -> impl Future<Output = Result<Version, SaveFault>> + Send;
}

/// Proof that a ledger was saved: only a store can make one, so create-before-record does not compile.
#[derive(Clone, Debug)]
pub struct Recorded {
    version: Version,
    full: bool,
}

impl Recorded {
    /// The ledger's new version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Whether the store has hardly room left for more of this ledger: then nothing more is launched.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// For stores only: says that the save was acknowledged.
    pub fn acknowledged(version: Version) -> Self {
        Self { version, full: false }
    }

    /// For stores only: acknowledged, and hardly room left.
    pub fn nearly_full(version: Version) -> Self {
        Self { version, full: true }
    }
}

/// What came of a create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// The Job is new.
    New(Arc<str>),
    /// The Job was there already, and it is the one of this launch.
    Ours(Arc<str>),
    /// A Job of this name exists that gapless did not make.
    Foreign,
    /// Refused, with the server's own sentence. Permanent: the same create can never succeed.
    Refused {
        /// Whether the same create can never succeed.
        permanent: bool,
        /// Why.
        why: String,
    },
    /// No clear answer: it may or may not exist.
    Unclear(String),
}

/// The Jobs that there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobList {
    /// Every Job of gapless, live or ended.
    pub jobs: Vec<Job>,
    /// CronJobs, by namespace and name, whose own run is live.
    pub daily_runs: BTreeSet<(Arc<str>, Arc<str>)>,
}

impl FromIterator<Self> for JobList {
    /// All of them, in the order of their names.
    fn from_iter<I: IntoIterator<Item = Self>>(lists: I) -> Self {
        let mut all = Self::default();
        for Self { jobs, daily_runs } in lists {
            all.jobs.extend(jobs);
            all.daily_runs.extend(daily_runs);
        }
        all.jobs.sort_by(|a, b| (&a.name, &a.uid).cmp(&(&b.name, &b.uid)));
        all
    }
}

/// Starts Jobs and sees them.
pub trait Launcher: Send + Sync + 'static {
    /// Every Job there is: authoritative, not a cache.
    fn live(&self) -> impl Future<Output = Result<JobList, String>> + Send;
    /// Creates the Job of a launch. The same launch twice makes one Job.
    fn create(&self, launch: &Launch, proof: &Recorded) -> impl Future<Output = Created> + Send;
    /// Removes an ended Job whose attempt is settled.
    fn remove(&self, job: &Job) -> impl Future<Output = Result<(), String>> + Send;
}
