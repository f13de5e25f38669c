//! What a kind of warehouse brings: the tables of one place, and how they are read.

use std::fmt::Debug;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::budget::Budget;
use super::files::Learnt;
use crate::domain::dates::Timestamp;
use crate::domain::mark::TableMark;
use crate::domain::policy::ReadLimits;
use crate::domain::probe::{Answer, DateColumn, Probe, ScheduleQuestion, ScheduleReading};
use crate::domain::verdict::Unknown;

/// One read of a table on behalf of a namespace.
#[derive(Debug)]
pub(crate) struct Call {
    /// When the read began. The time of the engine's call can be older: the read may have waited for its permit.
    pub now: Timestamp,
    /// When the caller stops waiting. What an engine started on a server must end then.
    pub deadline: Instant,
    /// The limits of the namespace.
    pub limits: ReadLimits,
    /// The bytes of the namespace.
    pub budget: Arc<Budget>,
    /// One of `limits.concurrent`; free again when the last copy is dropped. What outlives the call on a server keeps one.
    pub permit: Option<Arc<OwnedSemaphorePermit>>,
}

/// An answer, whole or not at all.
pub(crate) type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unknown>> + Send + 'a>>;

/// The tables of one place. All namespaces share it, with what it remembers.
pub(crate) trait Tables: Debug + Send + Sync {
    /// A cheap check that nothing has changed.
    fn mark<'a>(&'a self, call: Call, table: &'a str, date: &'a DateColumn) -> Answering<'a, TableMark>;

    /// Answers all probes. `seen` is the mark of the look before.
    fn probe<'a>(
        &'a self,
        call: Call,
        table: &'a str,
        seen: Arc<TableMark>,
        probes: Arc<Vec<Probe>>,
    ) -> Answering<'a, Answer>;

    /// Reads a whole schedule.
    fn schedule<'a>(
        &'a self,
        call: Call,
        table: &'a str,
        question: Arc<ScheduleQuestion>,
    ) -> Answering<'a, ScheduleReading>;

    /// What makes a read shorter, for the message of one that took too long.
    fn advice(&self) -> &'static str {
        "narrow spec.dates"
    }

    /// What the next process needs to know of its files and folders.
    fn learnt(&self) -> Learnt {
        Learnt::default()
    }
}

/// What every place is opened with.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// If a place of files is named below one of these, its files must really be inside that folder, wherever links point.
    pub bounds: Arc<[PathBuf]>,
    /// The folder that has a folder for each connection to a server; `None` if none was given.
    pub connections: Option<Arc<Path>>,
}
