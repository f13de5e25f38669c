//! Effects as data: every call that the engine makes on the world, and every answer that comes back to the inbox.

use std::sync::Arc;

use super::overview::{CoverageView, SourceView};
use super::ports::{Created, JobList, Loaded, Recorded, SaveFault, Version};
use crate::domain::dates::Timestamp;
use crate::domain::ledger::{Job, Launch, Ledger};
use crate::domain::mark::TableMark;
use crate::domain::policy::{Coverage, Key, Table};
use crate::domain::probe::{Answer, DateColumn, Probe, ScheduleQuestion, ScheduleReading};
use crate::domain::source::Record;
use crate::domain::verdict::Unknown;

/// What is looked at together: a table, dated by one column, for the coverages of one namespace. What others ask of the
/// same table, and within which limits, changes nothing for them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WatchId {
    pub table: Table,
    /// The namespace.
    pub reader: Arc<str>,
    /// The date column, as it is read.
    pub date: String,
}

impl WatchId {
    /// Where a coverage is looked at.
    pub(super) fn of(coverage: &Coverage) -> Self {
        Self {
            table: coverage.table.clone(),
            reader: coverage.key.namespace.clone(),
            date: format!("{:?}", coverage.question.date),
        }
    }
}

/// A call on a port.
#[derive(Clone, Debug)]
pub enum Call {
    /// Load every ledger.
    Load,
    /// List every Job.
    ListJobs,
    /// Ask whether a table changed.
    Mark(WatchId, DateColumn),
    /// Read a table that was seen to have this mark, for these coverages in this order.
    Probe(WatchId, Vec<Key>, Arc<TableMark>, Arc<Vec<Probe>>),
    /// Ask whether a schedule changed.
    MarkSchedule(Key, Table, DateColumn),
    /// Read a schedule.
    ReadSchedule(Key, Table, Arc<ScheduleQuestion>),
    /// Save a ledger.
    Save {
        /// Whose.
        coverage: Key,
        uid: Arc<str>,
        /// The version it is based on.
        at: Version,
        ledger: Arc<Ledger>,
        /// What people see of it, where they look and it was looked at.
        view: Option<Box<CoverageView>>,
    },
    /// Save what is known of a source.
    SaveSource {
        source: Box<SourceView>,
        /// The version it is based on.
        at: Version,
        record: Arc<Record>,
    },
    /// Create a Job whose attempt is recorded.
    Create(Box<Launch>, Recorded),
    /// Remove an ended Job whose attempt is settled.
    Remove(Job),
}

/// An answer, with the instant at which the call was sent.
#[derive(Clone, Debug)]
pub struct Answered {
    /// When the call was sent: what the answer says was true at that instant or later.
    pub asked_at: Timestamp,
    /// What came back.
    pub reply: Reply,
}

/// What came back.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Of [`Call::Load`].
    Loaded(Result<Loaded, String>),
    /// Of [`Call::ListJobs`].
    Jobs(Result<JobList, String>),
    /// Of [`Call::Mark`].
    Marked(WatchId, Result<TableMark, Unknown>),
    /// Of [`Call::Probe`], with the coverages and what was asked in the order of the readings.
    Probed(WatchId, Vec<Key>, Arc<Vec<Probe>>, Result<Answer, Unknown>),
    /// Of [`Call::MarkSchedule`].
    ScheduleMarked(Key, Result<TableMark, Unknown>),
    /// Of [`Call::ReadSchedule`].
    ScheduleRead(Key, Result<ScheduleReading, Unknown>),
    /// Of [`Call::Save`].
    Saved(Key, Arc<Ledger>, Result<Recorded, SaveFault>),
    /// Of [`Call::SaveSource`].
    SavedSource(Key, Result<Version, SaveFault>),
    /// Of [`Call::Create`].
    Created(Box<Launch>, Created),
    /// Of [`Call::Remove`].
    Removed(Arc<str>, Result<(), String>),
}
