//! Wraps ports for tracing and metrics: each call runs in a span, and reads are counted. Answers pass through unchanged.

use std::future::Future;
use std::sync::Arc;

use tokio::time::Instant;
use tracing::{Instrument, debug_span};

use super::heard::{Asked, Heard};
use crate::domain::ledger::{Job, Launch, Ledger};
use crate::domain::mark::TableMark;
use crate::domain::policy::{Key, Table};
use crate::domain::probe::{Answer, DateColumn, Probe, ScheduleQuestion, ScheduleReading};
use crate::domain::source::Record;
use crate::domain::verdict::Unknown;
use crate::engine::overview::{CoverageView, SourceView};
use crate::engine::ports::{Created, JobList, Launcher, Loaded, Recorded, SaveFault, Store, Version, Warehouse};
use crate::view::metrics::Metrics;

/// A port whose calls are seen.
#[derive(Clone, Debug)]
pub struct Observed<P> {
    port: P,
    metrics: Metrics,
    heard: Heard,
}

impl<P> Observed<P> {
    /// Wraps a port.
    pub fn new(port: P, metrics: Metrics) -> Self {
        Self { port, metrics, heard: Heard::default() }
    }

    /// Wraps a port whose answers are heard.
    pub fn heard(port: P, metrics: Metrics, heard: Heard) -> Self {
        Self { port, metrics, heard }
    }

    /// Counts a read, with its time and its bytes.
    async fn read<T>(
        &self,
        read: impl Future<Output = Result<T, Unknown>>,
        bytes: impl Fn(&T) -> u64,
    ) -> Result<T, Unknown> {
        let begun = Instant::now();
        let result = read.await;
        let seconds = begun.elapsed().as_secs_f64();
        self.metrics.probe(seconds, result.as_ref().map_or(0, bytes), result.as_ref().err().map(|u| u.reason));
        result
    }
}

impl<W: Warehouse> Warehouse for Observed<W> {
    async fn mark(&self, reader: &Arc<str>, table: &Table, date: &DateColumn) -> Result<TableMark, Unknown> {
        let span = debug_span!("port", call = "mark", table = %table.name);
        let result = self.port.mark(reader, table, date).instrument(span).await;
        self.metrics.mark(result.as_ref().err().map(|u| u.reason));
        self.heard.hear(reader, table, Asked::Check, result.as_ref().err());
        result
    }

    async fn probe(
        &self,
        reader: &Arc<str>,
        table: &Table,
        seen: Arc<TableMark>,
        probes: Arc<Vec<Probe>>,
    ) -> Result<Answer, Unknown> {
        let span = debug_span!("port", call = "probe", table = %table.name, probes = probes.len());
        let probe = self.port.probe(reader, table, seen, probes).instrument(span);
        let result = self.read(probe, |answer| answer.bytes).await;
        self.heard.hear(reader, table, Asked::Read, result.as_ref().map_or_else(Some, unread));
        result
    }

    async fn schedule(
        &self,
        reader: &Arc<str>,
        table: &Table,
        question: Arc<ScheduleQuestion>,
    ) -> Result<ScheduleReading, Unknown> {
        let span = debug_span!("port", call = "schedule", table = %table.name);
        let schedule = self.port.schedule(reader, table, question).instrument(span);
        let result = self.read(schedule, |reading| reading.bytes).await;
        self.heard.hear(reader, table, Asked::Read, result.as_ref().err());
        result
    }
}

/// Why an answer has no reading at all.
fn unread(answer: &Answer) -> Option<&Unknown> {
    let all_failed = answer.readings.iter().all(Result::is_err);
    answer.readings.iter().find_map(|reading| reading.as_ref().err()).filter(|_| all_failed)
}

impl<S: Store> Store for Observed<S> {
    async fn load(&self) -> Result<Loaded, String> {
        self.port.load().instrument(debug_span!("port", call = "load")).await
    }

    async fn save(
        &self,
        coverage: &Key,
        uid: &Arc<str>,
        at: Version,
        ledger: &Ledger,
        view: Option<&CoverageView>,
    ) -> Result<Recorded, SaveFault> {
        let span = debug_span!("port", call = "save", namespace = %coverage.namespace, %coverage);
        self.port.save(coverage, uid, at, ledger, view).instrument(span).await
    }

    async fn save_source(&self, source: &SourceView, at: Version, record: &Record) -> Result<Version, SaveFault> {
        let key = &source.source.key;
        let span = debug_span!("port", call = "save", namespace = %key.namespace, source = %key.name);
        self.port.save_source(source, at, record).instrument(span).await
    }
}

impl<L: Launcher> Launcher for Observed<L> {
    async fn live(&self) -> Result<JobList, String> {
        self.port.live().instrument(debug_span!("port", call = "live")).await
    }

    async fn create(&self, launch: &Launch, proof: &Recorded) -> Created {
        let coverage = &launch.coverage;
        let span = debug_span!("port", call = "create", namespace = %coverage.namespace, %coverage, job = %launch.name);
        self.port.create(launch, proof).instrument(span).await
    }

    async fn remove(&self, job: &Job) -> Result<(), String> {
        self.port.remove(job).instrument(debug_span!("port", call = "remove", job = %job.name)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dates::Timestamp;
    use crate::domain::probe::DateReading;
    use crate::domain::verdict::UnknownReason;
    use crate::kubernetes::serving::logs::{Format, tests::logged};
    use crate::view::metrics::Pulse;

    /// A warehouse that says when it is asked.
    struct Fake;

    impl Warehouse for Fake {
        async fn mark(&self, _: &Arc<str>, _: &Table, _: &DateColumn) -> Result<TableMark, Unknown> {
            tracing::info!("asked");
            Err(Unknown::new(UnknownReason::Unauthorized, "no"))
        }

        async fn probe(
            &self,
            _: &Arc<str>,
            _: &Table,
            _: Arc<TableMark>,
            _: Arc<Vec<Probe>>,
        ) -> Result<Answer, Unknown> {
            Ok(Answer { bytes: 5, ..Answer::default() })
        }

        async fn schedule(
            &self,
            _: &Arc<str>,
            _: &Table,
            _: Arc<ScheduleQuestion>,
        ) -> Result<ScheduleReading, Unknown> {
            Ok(ScheduleReading { bytes: 2, ..ScheduleReading::default() })
        }
    }

    fn question() -> Arc<ScheduleQuestion> {
        let date = DateColumn::new("d", DateReading::Plain);
        let (unit, filters, void) = (vec![], vec![], vec![]);
        let (starts_at, is_final, latest_by, updated_at) = (None, None, None, None);
        let aliases = Arc::default();
        ScheduleQuestion { date, unit, aliases, starts_at, filters, void, is_final, latest_by, updated_at }.into()
    }

    #[test]
    fn each_call_runs_in_its_span_and_each_read_is_counted() {
        let metrics = Metrics::default();
        let seen = Observed::new(Fake, metrics.clone());
        let (reader, table) = ("n".into(), Table { place: "files:/data".into(), name: "raw.props".into() });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let lines = logged(Format::Json, "debug", || {
            runtime.block_on(async {
                assert!(
                    seen.mark(&reader, &table, &question().date).await.is_err(),
                    "what the port says passes through"
                );
                assert_eq!(seen.probe(&reader, &table, Arc::default(), Arc::default()).await.map(|a| a.bytes), Ok(5));
                assert!(seen.schedule(&reader, &table, question()).await.is_ok());
            });
        });
        assert!(lines.contains(r#""spans":[{"call":"mark","table":"raw.props","name":"port"}]"#), "{lines}");
        let text = metrics.render(Timestamp::UNIX_EPOCH, Pulse::default());
        let wanted = [
            "gapless_marks_total{result=\"Unauthorized\"} 1\n",
            "gapless_probe_bytes_total 7\n",
            "gapless_probe_duration_seconds_count{result=\"Read\"} 2\n",
        ];
        wanted.iter().for_each(|sample| assert!(text.contains(sample), "{sample} in {text}"));
    }
}
