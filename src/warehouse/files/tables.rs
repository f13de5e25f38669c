//! Folders as the tables of a place: each read is a blocking task, which is cancelled when its caller stops waiting.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Files, Learnt};
use crate::domain::mark::TableMark;
use crate::domain::probe::{Answer, DateColumn, Probe, ScheduleQuestion, ScheduleReading};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::tables::{Answering, Call, Roots, Tables};

/// Opens the folder of a place, with what an earlier process knew of it.
pub(crate) fn open(folder: &str, roots: &Roots, learnt: Option<Learnt>) -> Arc<dyn Tables> {
    let files = Files::new(PathBuf::from(folder)).bounded(roots.bounds.clone());
    learnt.into_iter().for_each(|learnt| files.restore(learnt));
    Arc::new(files)
}

impl Files {
    fn blocking<'a, T: Send + 'static>(
        &self,
        call: Call,
        table: &'a str,
        read: impl FnOnce(Self, &str, &Call) -> Result<T, Unknown> + Send + 'static,
    ) -> Answering<'a, T> {
        let given_up = GivenUp::default();
        let files =
            self.clone().within(call.budget.clone()).latin1(call.limits.latin1).cancelled_by(given_up.0.clone());
        Box::pin(async move {
            let (_given_up, name) = (given_up, table.to_string());
            // The permit belongs to the read: one that hangs keeps it.
            match tokio::task::spawn_blocking(move || read(files, &name, &call)).await {
                Ok(result) => result,
                Err(_) => {
                    let text = format!("table `{table}`: internal error while reading; please report it");
                    Err(Unknown::new(UnknownReason::ProbeFailed, text))
                }
            }
        })
    }
}

impl Tables for Files {
    fn mark<'a>(&'a self, call: Call, table: &'a str, date: &'a DateColumn) -> Answering<'a, TableMark> {
        let date = date.clone();
        self.blocking(call, table, move |files, name, call| files.mark(name, &date, call.now))
    }

    fn probe<'a>(
        &'a self,
        call: Call,
        table: &'a str,
        seen: Arc<TableMark>,
        probes: Arc<Vec<Probe>>,
    ) -> Answering<'a, Answer> {
        self.blocking(call, table, move |files, name, call| files.probe(name, Some(&seen), &probes, call.now))
    }

    fn schedule<'a>(
        &'a self,
        call: Call,
        table: &'a str,
        question: Arc<ScheduleQuestion>,
    ) -> Answering<'a, ScheduleReading> {
        self.blocking(call, table, move |files, name, call| files.schedule(name, &question, call.now))
    }

    fn advice(&self) -> &'static str {
        "narrow spec.dates or compact the table"
    }

    fn learnt(&self) -> Learnt {
        Files::learnt(self)
    }
}

/// Cancels a blocking read when its caller stops waiting.
#[derive(Default)]
struct GivenUp(Arc<AtomicBool>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::dates::Timestamp;
    use crate::domain::policy::ReadLimits;
    use crate::domain::span::Span;
    use crate::warehouse::budget::Budget;

    #[tokio::test]
    async fn a_read_is_cancelled_when_its_caller_stops_waiting_and_keeps_its_permit_until_then() {
        let permits = Arc::new(tokio::sync::Semaphore::new(1));
        let limits = ReadLimits {
            timeout: Span::seconds(1),
            concurrent: 1,
            bytes_per_query: 1,
            bytes_per_day: 1,
            latin1: false,
            bill_to: None,
            location: None,
        };
        let call = Call {
            now: Timestamp::UNIX_EPOCH,
            deadline: tokio::time::Instant::now(),
            limits,
            budget: Arc::new(Budget::new(1, 1)),
            permit: permits.clone().try_acquire_owned().ok().map(Arc::new),
        };
        let folder = tempfile::tempdir().unwrap();
        let read = Files::new(folder.path().into()).blocking(call, "t", |files, _, _| {
            while !files.is_cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        });
        assert!(tokio::time::timeout(Duration::from_millis(20), read).await.is_err());
        let free = tokio::time::timeout(Duration::from_secs(20), permits.acquire()).await;
        assert!(free.is_ok(), "the read has ended");
    }
}
