//! The Warehouse port with a watch in hand: how long each read took, how much it read, and that it failed.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::mark::TableMark;
use crate::domain::policy::Table;
use crate::domain::probe::{Answer, DateColumn, Probe, ScheduleQuestion, ScheduleReading};
use crate::domain::verdict::Unknown;
use crate::engine::ports::Warehouse;
use crate::view::metrics::Metrics;

/// A warehouse whose reads are counted.
#[derive(Clone)]
pub struct Counted<W> {
    warehouse: W,
    metrics: Metrics,
}

impl<W> Counted<W> {
    /// Counts the reads of a warehouse.
    pub fn new(warehouse: W, metrics: Metrics) -> Self {
        Self { warehouse, metrics }
    }

    fn count<T>(&self, took: Duration, result: &Result<T, Unknown>, bytes: impl Fn(&T) -> u64) {
        let read = result.as_ref().map_or(0, bytes);
        self.metrics.probe(took.as_secs_f64(), read, result.as_ref().err().map(|u| u.reason));
    }
}

impl<W: Warehouse> Warehouse for Counted<W> {
    async fn mark(&self, table: &Table, date: &DateColumn) -> Result<TableMark, Unknown> {
        let mark = self.warehouse.mark(table, date).await;
        self.metrics.mark(mark.as_ref().err().map(|u| u.reason));
        mark
    }

    async fn probe(&self, table: &Table, probes: Arc<Vec<Probe>>) -> Result<Answer, Unknown> {
        let started = Instant::now();
        let answer = self.warehouse.probe(table, probes).await;
        self.count(started.elapsed(), &answer, |a| a.bytes);
        answer
    }

    async fn schedule(&self, table: &Table, question: Arc<ScheduleQuestion>) -> Result<ScheduleReading, Unknown> {
        let started = Instant::now();
        let reading = self.warehouse.schedule(table, question).await;
        self.count(started.elapsed(), &reading, |r| r.bytes);
        reading
    }
}
