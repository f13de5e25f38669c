//! What was tried: the only state that cannot be rebuilt from elsewhere. An attempt is recorded, created, then settled,
//! and each step needs only what is recorded.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::breaker::Breaker;
use super::dates::{Date, DateSet, Timestamp};
use super::policy::{Fingerprints, Key, Rung, Table};
use super::source::{Draw, Spent};

mod backoff;
mod breakers;
mod recent;
mod record;
mod settle;
mod spent;
mod template;

pub use super::outcome::{End, Outcome};
pub use breakers::Gates;
pub use template::{Template, Trial};

pub use record::Admitted;
pub use settle::{After, Read, Settlement, outcome};

/// The ledger of one coverage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The number of the last launch. It only rises, and no number is used twice.
    pub launches: u64,
    /// Unsettled attempts, by launch.
    pub attempts: Vec<Attempt>,
    /// The charges, per rung and date.
    pub tallies: BTreeMap<(Arc<str>, Date), Tally>,
    /// The last settled attempts, newest last: [`MAX_RECENT`] of them, preceded by the last one of each date that is
    /// still open, up to [`MAX_OLD_BYTES`].
    pub recent: VecDeque<Settled>,
    /// The fill fingerprints that the tallies and `complete` belong to.
    pub fingerprints: Fingerprints,
    /// The breakers of rungs whose last attempts brought nothing. The others are closed.
    pub breakers: BTreeMap<Arc<str>, Breaker>,
    /// What was spent, by source: in the last window in which something was recorded.
    pub spent: BTreeMap<Arc<str>, Spent>,
    /// The template of each rung when gapless last looked.
    pub templates: BTreeMap<Arc<str>, Template>,
    /// The last spent rerun token, per date.
    pub tokens: BTreeMap<Date, Arc<str>>,
    /// Tokens spent before the last one, per date, the oldest first: an old token that returns is not a new request.
    pub earlier: BTreeMap<Date, Vec<Arc<str>>>,
    /// Launch numbers whose create was refused. No Job has them, so the next launches take them.
    pub spare: Vec<u64>,
    /// Dates that were Complete at their last read. `Regressed`, `Revoked` and suspicion compare with it. Shared, so
    /// that comparing a ledger with its stored copy is cheap while no date changes.
    pub complete: Arc<DateSet>,
}

/// The number of settled attempts that are kept for display.
pub const MAX_RECENT: usize = 20;
/// The number of spent tokens that are kept per date, including the last one.
const MAX_TOKENS: usize = 8;
/// The space for older attempts that are kept because their date is still open. They share the status, whose size is
/// limited, with state that cannot be rebuilt.
pub const MAX_OLD_BYTES: usize = 32 << 10;
/// The maximum number of kept attempts: the limit in the schema of the status.
pub const MAX_KEPT: usize = 200;
/// The maximum number of unsettled attempts of one coverage.
pub const MAX_UNSETTLED: usize = 100;
/// The number of uncharged outcomes in a row, of Jobs that ran, that uses up a rung for a date.
pub const MAX_FREE: u8 = 10;

/// One Job for an explicit list of dates on one rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub launch: u64,
    pub rung: Arc<str>,
    /// The table that it fills, as resolved when this was recorded. Single flight protects it even if the spec changes.
    pub target: Table,
    /// Other names of that table at that time: as declared, and as known to its file system. A folder can move while a
    /// Job runs. Empty in records of older versions.
    pub aliases: Vec<Table>,
    pub dates: DateSet,
    /// What each date held before.
    pub before: BTreeMap<Date, Before>,
    /// `GAPLESS_ATTEMPT`: the highest number of charged failures among its dates, plus one.
    pub number: u32,
    /// The rerun token that it spends, per date.
    pub tokens: BTreeMap<Date, Arc<str>>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What its Job draws from a source.
    pub draw: Option<Draw>,
    /// How far it has come.
    pub stage: Stage,
}

impl Attempt {
    /// Every name that its table had when this was recorded.
    pub fn names(&self) -> impl Iterator<Item = &Table> {
        core::iter::once(&self.target).chain(&self.aliases)
    }
}

/// What a date held before an attempt. The outcome is decided by comparing with it, even after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// A mark of what the date expected and what complete meant. Units are compared only if it is unchanged.
    pub mark: u64,
    /// Filtered rows.
    pub rows: u64,
    /// Units covered.
    pub covered: u32,
    /// The sum of the units' counts. `Improved` and `Regressed` compare it when the number of units is equal.
    pub values: u64,
    /// Whether it was complete, and runs because a rerun was requested.
    pub complete: bool,
}

/// How far an attempt has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Recorded; its Job may or may not exist.
    Recorded,
    /// Its Job exists.
    Created {
        /// The Job's uid.
        uid: Arc<str>,
    },
    /// Its Job has ended, or will never exist.
    Ended {
        at: Timestamp,
        end: End,
        /// The termination message, cut and cleaned.
        message: String,
    },
}

/// The charges of one date on one rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Charged failures.
    pub charged: u8,
    /// Uncharged outcomes in a row.
    pub free: u8,
    /// The last outcome.
    pub last: Outcome,
    /// No retry before this instant. Drawn once, at settle.
    pub retry_at: Timestamp,
    /// Whether it runs alone next time, because its last Job of several dates ended with exit 65.
    pub alone: bool,
    /// The number of reads in a row that found it Complete. Two clear the tally.
    pub complete_reads: u8,
}

impl Tally {
    /// Whether nothing more is tried on this rung.
    pub fn uses_up(&self, rung: &Rung) -> bool {
        // A Job that never ran says nothing about the rung: it will run once there is capacity, or an image.
        let too_many_uncharged = self.free >= MAX_FREE && self.last != Outcome::NeverStarted;
        self.charged >= rung.attempts || too_many_uncharged || (self.last == Outcome::Permanent && !self.alone)
    }
}

/// A settled attempt, kept for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub launch: u64,
    pub rung: Arc<str>,
    /// When it was settled.
    pub at: Timestamp,
    /// The outcome per date.
    pub outcomes: BTreeMap<Date, Outcome>,
    /// The Job's termination message, cut and cleaned.
    pub message: String,
}

/// A Job of gapless as the launcher sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its namespace. Empty on one machine, which has none.
    pub namespace: Arc<str>,
    pub name: Arc<str>,
    pub uid: Arc<str>,
    /// The uid of its coverage.
    pub coverage: Arc<str>,
    pub launch: u64,
    pub dates: DateSet,
    /// The table that it fills. Single flight protects it, regardless of the Job's owner.
    pub target: Table,
    /// Other names of that table when it was created.
    pub aliases: Vec<Table>,
    /// What it draws from a source while it lives.
    pub draw: Option<Draw>,
    /// When and how it ended; `None` while it is live.
    pub ended: Option<(Timestamp, End)>,
    /// Its termination message, cut and cleaned.
    pub message: String,
    /// Why it has not started, if it is waiting.
    pub pending: Option<Pending>,
}

impl Job {
    /// Every name that its table had when it was created.
    pub fn names(&self) -> impl Iterator<Item = &Table> {
        core::iter::once(&self.target).chain(&self.aliases)
    }
}

/// Why a Job has not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pending {
    /// It is suspended, for example by a queue.
    Queued,
    /// Its pod cannot start, with the pod's own reason.
    Pod(String),
}

/// What the launcher needs to create a Job. Derived from a recorded attempt alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    pub coverage: Key,
    pub uid: Arc<str>,
    /// The Job's name: fixed by coverage, uid and launch.
    pub name: Arc<str>,
    pub launch: u64,
    pub rung: Arc<str>,
    /// The CronJob whose template makes the Job.
    pub cron_job: Arc<str>,
    /// The container that fills; `None` if there is only one.
    pub container: Option<Arc<str>>,
    pub dates: DateSet,
    /// The rerun token that it spends, per date.
    pub tokens: BTreeMap<Date, Arc<str>>,
    /// `GAPLESS_ATTEMPT`.
    pub number: u32,
    /// `GAPLESS_REASON`: the verdict's reason for the first date.
    pub reason: &'static str,
    /// `GAPLESS_MISSING_UNITS`, where known.
    pub missing: BTreeMap<Date, Vec<super::probe::UnitKey>>,
    /// How long it may run, in seconds.
    pub deadline_seconds: i64,
    /// The table that single flight protects.
    pub target: Table,
    /// Its other names.
    pub aliases: Vec<Table>,
    /// What it draws from a source.
    pub draw: Option<Draw>,
}

/// The Job's name: at most 40 characters of the coverage's name, `-`, 8 hex digits of its uid, `-l` and the launch.
pub fn job_name(coverage: &str, uid: &str, launch: u64) -> Arc<str> {
    let head: String = coverage.chars().take(40).collect();
    let hash = super::mark::stable_hash(uid) & 0xffff_ffff;
    alloc::format!("{}-{hash:08x}-l{launch}", head.trim_end_matches(['-', '.'])).into()
}

#[cfg(test)]
mod tests;
