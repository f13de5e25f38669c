//! What stands in for a kind of warehouse that this build does not have: every read says which feature is missing.

use std::sync::Arc;

use super::tables::{Answering, Call, Tables};
use crate::domain::mark::TableMark;
use crate::domain::probe::{Answer, DateColumn, Probe, ScheduleQuestion, ScheduleReading};
use crate::domain::verdict::{Unknown, UnknownReason};

/// A kind of warehouse, by the feature that would bring it.
#[derive(Debug)]
pub(super) struct Absent(pub &'static str);

impl Absent {
    fn refuse<'a, T: Send + 'a>(&self, table: &str) -> Answering<'a, T> {
        let feature = self.0;
        let text = format!(
            "table `{table}`: this build of gapless has no `{feature}`; install a default build, or build it with the feature `{feature}`"
        );
        Box::pin(std::future::ready(Err(Unknown::new(UnknownReason::ProbeFailed, text).lasting())))
    }
}

impl Tables for Absent {
    fn mark<'a>(&'a self, _: Call, table: &'a str, _: &'a DateColumn) -> Answering<'a, TableMark> {
        self.refuse(table)
    }

    fn probe<'a>(&'a self, _: Call, table: &'a str, _: Arc<TableMark>, _: Arc<Vec<Probe>>) -> Answering<'a, Answer> {
        self.refuse(table)
    }

    fn schedule<'a>(&'a self, _: Call, table: &'a str, _: Arc<ScheduleQuestion>) -> Answering<'a, ScheduleReading> {
        self.refuse(table)
    }
}
