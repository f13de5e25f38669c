//! The Warehouse port on one machine: folders, read by blocking tasks, a few at a time, each with a deadline.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::clock::SystemClock;
use crate::domain::mark::TableMark;
use crate::domain::policy::{ReadLimits, Table};
use crate::domain::probe::{Answer, DateColumn, Probe, ScheduleQuestion, ScheduleReading};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::engine::ports::{Clock, Warehouse};
use crate::warehouse::budget::{Budget, Spent};
use crate::warehouse::files::{Files, Learnt};

/// What is kept of a place between two processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What was learnt of its parts and folders.
    pub learnt: Learnt,
    /// What was read of the day's bytes.
    pub spent: Spent,
}

/// Every warehouse of one machine, by its resolved place.
#[derive(Clone, Debug)]
pub struct Warehouses {
    places: Arc<Mutex<BTreeMap<Arc<str>, Place>>>,
    kept: Arc<BTreeMap<String, Kept>>,
    bounds: Arc<[PathBuf]>,
}

/// A place with its limits.
#[derive(Clone, Debug)]
struct Place {
    files: Files,
    limits: ReadLimits,
    permits: Arc<Semaphore>,
    budget: Arc<Budget>,
}

impl Place {
    /// A place by its name, with what was kept of it; nothing where its engine is none of ours.
    fn open(name: &str, limits: ReadLimits, kept: Option<&Kept>, bounds: &Arc<[PathBuf]>) -> Option<Self> {
        let files = Files::new(PathBuf::from(name.strip_prefix("files:")?)).bounded(bounds.clone());
        let mut budget = Budget::new(limits.bytes_per_query, limits.bytes_per_day);
        if let Some(Kept { learnt, spent }) = kept {
            files.restore(learnt.clone());
            budget = Budget::after(spent.clone(), limits.bytes_per_query, limits.bytes_per_day);
        }
        Some(Self::new(files, limits, budget))
    }

    fn new(files: Files, limits: ReadLimits, budget: Budget) -> Self {
        let permits = Arc::new(Semaphore::new(limits.concurrent.max(1) as usize));
        let budget = Arc::new(budget);
        Self { files: files.within(budget.clone()).latin1(limits.latin1), limits, permits, budget }
    }

    /// Under other limits; what was read today stays read.
    fn limited(&self, limits: ReadLimits) -> Self {
        let budget = self.budget.with_limits(limits.bytes_per_query, limits.bytes_per_day);
        Self::new(self.files.clone(), limits, budget)
    }

    fn kept(&self) -> Kept {
        Kept { learnt: self.files.learnt(), spent: self.budget.spent() }
    }
}

impl Warehouses {
    /// No place yet; what was kept of one is used when a Warehouse names it. A place lies in each of the bounds that it is
    /// named below, wherever links lead.
    pub fn new(kept: BTreeMap<String, Kept>, bounds: Vec<PathBuf>) -> Self {
        Self { places: Arc::default(), kept: Arc::new(kept), bounds: bounds.into() }
    }

    /// From now on these places are read, within these limits; reads under way end under those that they began with.
    pub fn limit(&self, limits: &BTreeMap<Arc<str>, ReadLimits>) {
        let Ok(mut places) = self.places.lock() else { return };
        for (name, limits) in limits {
            let place = match places.get(name) {
                Some(place) if place.limits == *limits => continue,
                Some(place) => Some(place.limited(*limits)),
                None => Place::open(name, *limits, self.kept.get(&**name), &self.bounds),
            };
            places.extend(place.map(|place| (name.clone(), place)));
        }
    }

    /// What is worth keeping for the next process.
    pub fn kept(&self) -> BTreeMap<String, Kept> {
        let Ok(places) = self.places.lock() else { return BTreeMap::new() };
        places.iter().map(|(name, place)| (name.to_string(), place.kept())).collect()
    }

    fn place(&self, table: &Table) -> Result<Place, Unknown> {
        let refused = || {
            let text = format!("this build reads folders only, and table `{}` is in `{}`", table.name, table.place);
            Unknown::new(UnknownReason::ProbeFailed, text)
        };
        let places = self.places.lock().map_err(|_| refused())?;
        places.get(&table.place).cloned().ok_or_else(refused)
    }

    /// One read, within its deadline, which counts from the call: who waits behind reads that hang does not wait longer than
    /// who hangs. A read that nobody waits for any more is told to stop, so that its permit is free again.
    async fn read<T: Send + 'static>(
        &self,
        table: &Table,
        read: impl FnOnce(Files, &str) -> Result<T, Unknown> + Send + 'static,
    ) -> Result<T, Unknown> {
        let Place { files, limits, permits, .. } = self.place(table)?;
        let failed = |why: &str| Unknown::new(UnknownReason::ProbeFailed, format!("table `{}`: {why}", table.name));
        let timeout = Duration::from_secs(limits.timeout.as_seconds().unsigned_abs());
        let deadline = Instant::now() + timeout;
        let Ok(permit) = timeout_at(deadline, permits.acquire_owned()).await else {
            return Err(failed(&format!(
                "the read waited {} s, the Warehouse's limits.queryTimeout, behind others that have not ended; see what \
                 slows the folder down, or raise limits.maxConcurrentQueries",
                timeout.as_secs()
            )));
        };
        let Ok(permit) = permit else { return Err(failed("gapless is stopping")) };
        let given_up = GivenUp::default();
        let (files, name) = (files.cancelled_by(given_up.0.clone()), table.name.clone());
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            read(files, &name)
        });
        match timeout_at(deadline, task).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(failed("gapless itself failed on this read; please report it")),
            Err(_) => Err(failed(&format!(
                "the read took more than {} s, the Warehouse's limits.queryTimeout; raise it, narrow spec.dates or compact the table",
                timeout.as_secs()
            ))),
        }
    }
}

/// Tells a blocking read, when it is dropped, that nobody waits for its answer any more.
#[derive(Default)]
struct GivenUp(Arc<AtomicBool>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Warehouse for Warehouses {
    async fn mark(&self, table: &Table, date: &DateColumn) -> Result<TableMark, Unknown> {
        let date = date.clone();
        self.read(table, move |files, name| files.mark(name, &date, SystemClock.now())).await
    }

    async fn probe(&self, table: &Table, seen: Arc<TableMark>, probes: Arc<Vec<Probe>>) -> Result<Answer, Unknown> {
        self.read(table, move |files, name| files.probe(name, Some(&seen), &probes, SystemClock.now())).await
    }

    async fn schedule(&self, table: &Table, question: Arc<ScheduleQuestion>) -> Result<ScheduleReading, Unknown> {
        self.read(table, move |files, name| files.schedule(name, &question, SystemClock.now())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::span::Span;

    const LIMITS: ReadLimits = ReadLimits {
        timeout: Span::seconds(30),
        concurrent: 4,
        bytes_per_query: 100,
        bytes_per_day: 100,
        latin1: false,
    };

    fn table(folder: &std::path::Path) -> Table {
        Table { place: format!("files:{}", folder.display()).into(), name: "t".into() }
    }

    #[tokio::test]
    async fn a_read_that_takes_longer_than_its_warehouse_allows_is_unknown_and_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let table = table(folder.path());
        let slow = |_: Files, _: &str| {
            std::thread::sleep(Duration::from_millis(300));
            Ok(())
        };
        let warehouses = Warehouses::new(BTreeMap::new(), Vec::new());
        let limit = |limits| warehouses.limit(&BTreeMap::from([(table.place.clone(), limits)]));
        limit(LIMITS);
        assert!(warehouses.read(&table, slow).await.is_ok());
        limit(ReadLimits { timeout: Span::seconds(0), ..LIMITS });
        let why = warehouses.read(&table, slow).await.unwrap_err();
        assert_eq!(why.reason, UnknownReason::ProbeFailed);
        assert!(why.text.contains("limits.queryTimeout"), "{}", why.text);
    }

    /// Two reads of a network file system that does not answer hold both permits: the third has its deadline all the same,
    /// and the first two are told to stop.
    #[tokio::test]
    async fn a_read_that_waits_behind_reads_that_hang_has_a_deadline_and_these_are_told_to_stop() {
        let folder = tempfile::tempdir().unwrap();
        let table = table(folder.path());
        let warehouses = Warehouses::new(BTreeMap::new(), Vec::new());
        let limits = ReadLimits { timeout: Span::seconds(1), concurrent: 2, ..LIMITS };
        warehouses.limit(&BTreeMap::from([(table.place.clone(), limits)]));
        let (told, stopped) = std::sync::mpsc::channel();
        let hung = || {
            let told = told.clone();
            warehouses.read(&table, move |files, _| {
                while !files.is_cancelled() {
                    std::thread::sleep(Duration::from_millis(10));
                }
                std::thread::sleep(Duration::from_secs(2));
                let _ = told.send(());
                Ok(())
            })
        };
        let (first, second) = tokio::join!(hung(), hung());
        assert!(first.is_err() && second.is_err(), "their own deadline holds");
        let third = warehouses.read(&table, |_, _| Ok(())).await.unwrap_err();
        assert!(third.text.contains("limits.maxConcurrentQueries"), "{}", third.text);
        tokio::task::spawn_blocking(move || (stopped.recv().unwrap(), stopped.recv().unwrap())).await.unwrap();
        assert!(warehouses.read(&table, |_, _| Ok(())).await.is_ok(), "their permits are free again");
    }

    #[test]
    fn what_was_read_of_a_day_is_spent_in_the_next_process_too() {
        let folder = tempfile::tempdir().unwrap();
        let table = table(folder.path());
        let now = "2025-11-14T10:00:00Z".parse().unwrap();
        let mut kept = BTreeMap::new();
        for left in [100, 40] {
            let warehouses = Warehouses::new(kept, Vec::new());
            warehouses.limit(&BTreeMap::from([(table.place.clone(), LIMITS)]));
            let budget = warehouses.place(&table).unwrap().budget;
            assert!(budget.take("t", left + 1, now).is_err(), "{left} bytes are left");
            budget.take("t", 60.min(left), now).unwrap();
            kept = warehouses.kept();
        }
    }
}
