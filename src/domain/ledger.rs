//! What was tried: the one kind of state that cannot be read again (design §6, §9). Record → create → settle;
//! each step is told by what is recorded alone.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::dates::{Date, DateSet, Timestamp};
use super::fingerprint::Fingerprints;
use super::policy::{Key, Rung, Table};

mod backoff;
mod recent;
mod record;
mod settle;
mod template;

pub use template::{Template, Trial};

pub use record::Admitted;
pub use settle::{After, Read, outcome};

/// The ledger of one coverage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Launches so far; the number of the last one. Only rises, is never used again.
    pub launches: u64,
    /// Attempts that are not settled, by launch.
    pub attempts: Vec<Attempt>,
    /// What was charged, per rung and date.
    pub tallies: BTreeMap<(Arc<str>, Date), Tally>,
    /// The last settled attempts, newest last: [`MAX_RECENT`], and before them the last one of each date that is still open,
    /// as far as [`MAX_OLD_BYTES`] hold them.
    pub recent: VecDeque<Settled>,
    /// The fill fingerprints that the tallies and `complete` belong to.
    pub fingerprints: Fingerprints,
    /// What the Jobs of each rung were made from when it was last looked at.
    pub templates: BTreeMap<Arc<str>, Template>,
    /// The rerun token spent last, per date.
    pub tokens: BTreeMap<Date, Arc<str>>,
    /// Tokens that were spent before the last one, per date, the oldest first: an old token that comes back is not a new one.
    pub earlier: BTreeMap<Date, Vec<Arc<str>>>,
    /// Launch numbers whose create was refused. No Job ever had them; the next launches take them.
    pub spare: Vec<u64>,
    /// Dates that were Complete at their last read (what `Regressed`, `Revoked` and suspicion compare with). Shared, so
    /// that a ledger and what is stored of it are compared at once while no date moves.
    pub complete: Arc<DateSet>,
}

/// Settled attempts that are kept to be shown.
pub const MAX_RECENT: usize = 20;
/// Spent tokens that are kept per date, the last one included (design §2.6).
const MAX_TOKENS: usize = 8;
/// What older attempts may take that are kept because a date is open of which nothing was tried since. They share a status
/// with all that cannot be read again, and that has a limit.
pub const MAX_OLD_BYTES: usize = 32 << 10;
/// And how many these are at most, with the others: what the schema of a status allows.
pub const MAX_KEPT: usize = 200;
/// Unsettled attempts of one coverage (design §9).
pub const MAX_UNSETTLED: usize = 100;
/// Uncharged outcomes in a row, of Jobs that ran, before a rung is used up for a date all the same (design §6).
pub const MAX_FREE: u8 = 10;

/// One Job for an explicit list of dates on one rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its launch number.
    pub launch: u64,
    /// Its rung.
    pub rung: Arc<str>,
    /// The table that it fills, as it was resolved when this was recorded: what single flight protects, whatever becomes of
    /// the spec.
    pub target: Table,
    /// Other names of that table then: as it was declared, and as its file system knows it. A folder can move while a Job
    /// runs. Nothing in records of older versions.
    pub aliases: Vec<Table>,
    /// Its dates.
    pub dates: DateSet,
    /// What each date held before.
    pub before: BTreeMap<Date, Before>,
    /// The largest charged + 1 of its dates: `GAPLESS_ATTEMPT`.
    pub number: u32,
    /// The rerun token that it spends, per date.
    pub tokens: BTreeMap<Date, Arc<str>>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// How far it is.
    pub stage: Stage,
}

impl Attempt {
    /// Every name that its table had when this was recorded.
    pub fn names(&self) -> impl Iterator<Item = &Table> {
        core::iter::once(&self.target).chain(&self.aliases)
    }
}

/// What a date held before an attempt, to judge the outcome by, also after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// What the date expected and what complete meant, as a mark: units are compared only where that is still the same.
    pub mark: u64,
    /// Filtered rows.
    pub rows: u64,
    /// Units covered.
    pub covered: u32,
    /// Sum of the units' counts: what `Improved` and `Regressed` compare when units stay equal.
    pub values: u64,
    /// Nothing was lacking: it runs because a rerun was requested.
    pub complete: bool,
}

/// How far an attempt is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Recorded; its Job may or may not exist.
    Recorded,
    /// Its Job exists.
    Created {
        /// The Job's uid.
        uid: Arc<str>,
    },
    /// Its Job has ended, or never will exist.
    Ended {
        /// When.
        at: Timestamp,
        /// How.
        end: End,
        /// The termination message, cut and cleaned.
        message: String,
    },
}

/// How a Job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// Exit 0.
    Succeeded,
    /// Exit with another code.
    Exit(i32),
    /// Killed at its deadline.
    Deadline,
    /// Killed by a signal, or ended in a way that says nothing.
    Killed,
    /// Evicted, preempted, its node lost.
    Disrupted,
    /// It vanished.
    Lost,
    /// It was recorded and never came to be.
    NeverStarted,
}

/// What became of an attempt, for one date. In the order in which they are decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The cell is now Complete and was not, whatever the row count.
    Filled,
    /// It succeeded on a date that was Complete and still is.
    Rebuilt,
    /// Covered units fell, or values fell with units unchanged.
    Regressed,
    /// More units or values than before.
    Improved,
    /// Evicted, preempted, node lost.
    Disrupted,
    /// Exit 75.
    RateLimited,
    /// Exit 69.
    SourceDown,
    /// Exit 77.
    CredentialsRefused,
    /// Exit 65: the rung is used up for the date.
    Permanent,
    /// Any other failure.
    Failed,
    /// The Job vanished.
    Lost,
    /// The Job never came to be.
    NeverStarted,
    /// It succeeded, and nothing changed.
    Ineffective,
}

impl Outcome {
    /// Every outcome, in order.
    pub const ALL: [Self; 13] = [
        Self::Filled,
        Self::Rebuilt,
        Self::Regressed,
        Self::Improved,
        Self::Disrupted,
        Self::RateLimited,
        Self::SourceDown,
        Self::CredentialsRefused,
        Self::Permanent,
        Self::Failed,
        Self::Lost,
        Self::NeverStarted,
        Self::Ineffective,
    ];

    /// The outcome's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Filled => "Filled",
            Self::Rebuilt => "Rebuilt",
            Self::Regressed => "Regressed",
            Self::Improved => "Improved",
            Self::Disrupted => "Disrupted",
            Self::RateLimited => "RateLimited",
            Self::SourceDown => "SourceDown",
            Self::CredentialsRefused => "CredentialsRefused",
            Self::Permanent => "Permanent",
            Self::Failed => "Failed",
            Self::Lost => "Lost",
            Self::NeverStarted => "NeverStarted",
            Self::Ineffective => "Ineffective",
        }
    }

    /// It left the date complete by what its Job did.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Filled | Self::Rebuilt)
    }

    /// Whether it counts against the rung's attempts.
    pub fn is_charged(self) -> bool {
        matches!(self, Self::Ineffective | Self::Regressed | Self::Failed | Self::Lost)
    }
}

/// What was charged to one date on one rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Charged failures.
    pub charged: u8,
    /// Uncharged outcomes in a row.
    pub free: u8,
    /// The last outcome.
    pub last: Outcome,
    /// Not before this instant again; drawn once, at settle.
    pub retry_at: Timestamp,
    /// Its last Job of several dates ended with exit 65: it runs alone next time.
    pub alone: bool,
    /// Reads in a row that found it Complete; two clear the tally.
    pub complete_reads: u8,
}

impl Tally {
    /// Whether nothing more is tried on this rung.
    pub fn uses_up(&self, rung: &Rung) -> bool {
        // What never ran tells nothing of the rung: it runs when there is room, or an image, again.
        let tried_in_vain = self.free >= MAX_FREE && self.last != Outcome::NeverStarted;
        self.charged >= rung.attempts || tried_in_vain || (self.last == Outcome::Permanent && !self.alone)
    }
}

/// A settled attempt, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its launch number.
    pub launch: u64,
    /// Its rung.
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
    /// Its namespace; empty on one machine, where there are none.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its uid.
    pub uid: Arc<str>,
    /// The uid of its coverage.
    pub coverage: Arc<str>,
    /// Its launch number.
    pub launch: u64,
    /// Its dates.
    pub dates: DateSet,
    /// The table that it fills: what single flight protects, whoever owns the Job.
    pub target: Table,
    /// Other names of that table when it was made.
    pub aliases: Vec<Table>,
    /// When it ended and how; nothing while it lives.
    pub ended: Option<(Timestamp, End)>,
    /// Its termination message, cut and cleaned.
    pub message: String,
    /// Why it has not started, when it waits.
    pub pending: Option<Pending>,
}

impl Job {
    /// Every name that its table had when it was made.
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

/// What the launcher needs to create a Job. Made from a recorded attempt alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The coverage.
    pub coverage: Key,
    /// Its uid.
    pub uid: Arc<str>,
    /// The Job's name: fixed by coverage, uid and launch.
    pub name: Arc<str>,
    /// The launch number.
    pub launch: u64,
    /// The rung's name.
    pub rung: Arc<str>,
    /// The CronJob whose template makes the Job.
    pub cron_job: Arc<str>,
    /// The container that fills; nothing: the only one.
    pub container: Option<Arc<str>>,
    /// The dates.
    pub dates: DateSet,
    /// The rerun token that it spends, per date.
    pub tokens: BTreeMap<Date, Arc<str>>,
    /// `GAPLESS_ATTEMPT`.
    pub number: u32,
    /// `GAPLESS_REASON`: the verdict's reason of the first date.
    pub reason: &'static str,
    /// `GAPLESS_MISSING_UNITS`, where known.
    pub missing: BTreeMap<Date, Vec<super::probe::UnitKey>>,
    /// How long it may run, in seconds.
    pub deadline_seconds: i64,
    /// What single flight protects.
    pub target: Table,
    /// Its other names.
    pub aliases: Vec<Table>,
}

/// The Job's name: at most 40 characters of the coverage's name, `-`, 8 hex digits of its uid, `-l` and the launch.
pub fn job_name(coverage: &str, uid: &str, launch: u64) -> Arc<str> {
    let head: String = coverage.chars().take(40).collect();
    let hash = super::mark::stable_hash(uid) & 0xffff_ffff;
    alloc::format!("{}-{hash:08x}-l{launch}", head.trim_end_matches(['-', '.'])).into()
}

#[cfg(test)]
mod tests;
