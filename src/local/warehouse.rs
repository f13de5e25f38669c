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
use crate::domain::policy::{ReadLimits, Reader, Table};
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
    /// What each namespace has read of its bytes of a day.
    pub spent: BTreeMap<Arc<str>, Spent>,
}

/// Every warehouse of one machine. What was learnt of a place is shared by all who read it; limits, permits and bytes are
/// those of one namespace.
#[derive(Clone, Debug)]
pub struct Warehouses {
    opened: Arc<Mutex<Opened>>,
    kept: Arc<BTreeMap<String, Kept>>,
    bounds: Arc<[PathBuf]>,
}

#[derive(Debug, Default)]
struct Opened {
    files: BTreeMap<Arc<str>, Files>,
    places: BTreeMap<Reader, Place>,
}

/// A place as one namespace may read it.
#[derive(Clone, Debug)]
struct Place {
    files: Files,
    limits: ReadLimits,
    permits: Arc<Semaphore>,
    budget: Arc<Budget>,
}

impl Place {
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
}

impl Opened {
    /// A place by its name, with what was kept of it; nothing where its engine is none of ours.
    fn open(
        &mut self,
        reader: &Reader,
        limits: ReadLimits,
        kept: Option<&Kept>,
        bounds: &Arc<[PathBuf]>,
    ) -> Option<Place> {
        let files = match self.files.get(&reader.place) {
            Some(files) => files.clone(),
            None => {
                let files = Files::new(PathBuf::from(reader.place.strip_prefix("files:")?)).bounded(bounds.clone());
                kept.into_iter().for_each(|kept| files.restore(kept.learnt.clone()));
                self.files.insert(reader.place.clone(), files.clone());
                files
            }
        };
        let spent = kept.and_then(|kept| kept.spent.get(&reader.namespace)).cloned().unwrap_or_default();
        Some(Place::new(files, limits, Budget::after(spent, limits.bytes_per_query, limits.bytes_per_day)))
    }
}

impl Warehouses {
    /// No place yet; what was kept of one is used when a Warehouse names it. A place lies in each of the bounds that it is
    /// named below, wherever links lead.
    pub fn new(kept: BTreeMap<String, Kept>, bounds: Vec<PathBuf>) -> Self {
        Self { opened: Arc::default(), kept: Arc::new(kept), bounds: bounds.into() }
    }

    /// From now on these places are read, each namespace within its own limits; reads under way end under those that they
    /// began with.
    pub fn limit(&self, limits: &BTreeMap<Reader, ReadLimits>) {
        let Ok(mut opened) = self.opened.lock() else { return };
        for (reader, limits) in limits {
            let place = match opened.places.get(reader) {
                Some(place) if place.limits == *limits => continue,
                Some(place) => Some(place.limited(*limits)),
                None => opened.open(reader, *limits, self.kept.get(&*reader.place), &self.bounds),
            };
            opened.places.extend(place.map(|place| (reader.clone(), place)));
        }
    }

    /// What is worth keeping for the next process.
    pub fn kept(&self) -> BTreeMap<String, Kept> {
        let Ok(opened) = self.opened.lock() else { return BTreeMap::new() };
        let spent = |place: &Arc<str>| {
            let own = opened.places.iter().filter(|(reader, _)| reader.place == *place);
            own.map(|(reader, place)| (reader.namespace.clone(), place.budget.spent())).collect()
        };
        let kept = |(place, files): (&Arc<str>, &Files)| {
            (place.to_string(), Kept { learnt: files.learnt(), spent: spent(place) })
        };
        opened.files.iter().map(kept).collect()
    }

    fn place(&self, reader: &Arc<str>, table: &Table) -> Result<Place, Unknown> {
        let refused = || {
            let text = format!("this build reads folders only, and table `{}` is in `{}`", table.name, table.place);
            Unknown::new(UnknownReason::ProbeFailed, text)
        };
        let opened = self.opened.lock().map_err(|_| refused())?;
        let reader = Reader { namespace: reader.clone(), place: table.place.clone() };
        opened.places.get(&reader).cloned().ok_or_else(refused)
    }

    /// One read, within its deadline, which counts from the call: who waits behind reads that hang does not wait longer than
    /// who hangs. A read that nobody waits for any more is told to stop, so that its permit is free again.
    async fn read<T: Send + 'static>(
        &self,
        reader: &Arc<str>,
        table: &Table,
        read: impl FnOnce(Files, &str) -> Result<T, Unknown> + Send + 'static,
    ) -> Result<T, Unknown> {
        let Place { files, limits, permits, .. } = self.place(reader, table)?;
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
    async fn mark(&self, reader: &Arc<str>, table: &Table, date: &DateColumn) -> Result<TableMark, Unknown> {
        let date = date.clone();
        self.read(reader, table, move |files, name| files.mark(name, &date, SystemClock.now())).await
    }

    async fn probe(
        &self,
        reader: &Arc<str>,
        table: &Table,
        seen: Arc<TableMark>,
        probes: Arc<Vec<Probe>>,
    ) -> Result<Answer, Unknown> {
        self.read(reader, table, move |files, name| files.probe(name, Some(&seen), &probes, SystemClock.now())).await
    }

    async fn schedule(
        &self,
        reader: &Arc<str>,
        table: &Table,
        question: Arc<ScheduleQuestion>,
    ) -> Result<ScheduleReading, Unknown> {
        self.read(reader, table, move |files, name| files.schedule(name, &question, SystemClock.now())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dates::Timestamp;
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

    fn reader() -> Arc<str> {
        "a".into()
    }

    /// Limits of one reader of a table.
    fn of(table: &Table, limits: ReadLimits) -> BTreeMap<Reader, ReadLimits> {
        BTreeMap::from([(Reader { namespace: reader(), place: table.place.clone() }, limits)])
    }

    /// Two namespaces read one folder, and the Warehouse of one allows it next to nothing.
    #[tokio::test]
    async fn limits_of_one_namespace_bind_and_charge_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (table, tight) = (table(folder.path()), ReadLimits { concurrent: 1, bytes_per_day: 1, ..LIMITS });
        let reader = |namespace: &str| Reader { namespace: namespace.into(), place: table.place.clone() };
        let warehouses = Warehouses::new(BTreeMap::new(), Vec::new());
        warehouses.limit(&BTreeMap::from([(reader("a"), LIMITS), (reader("b"), tight)]));
        let place = |namespace: &str| warehouses.place(&namespace.into(), &table).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        assert!(place("b").budget.take("t", 2, now).is_err());
        place("a").budget.take("t", 90, now).unwrap();
        place("b").budget.take("t", 1, now).unwrap();
        let _held = place("b").permits.try_acquire_owned().unwrap();
        assert_eq!((place("a").permits.available_permits(), place("b").permits.available_permits()), (4, 0));
        let spent = warehouses.kept().remove(&*table.place).unwrap().spent;
        assert_eq!(
            spent.into_iter().map(|(who, spent)| (who.to_string(), spent.days()[0].1)).collect::<Vec<_>>(),
            [("a".to_string(), 90), ("b".to_string(), 1)]
        );
        assert!(warehouses.place(&"c".into(), &table).is_err(), "who names no Warehouse there reads nothing");
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
        let limit = |limits| warehouses.limit(&of(&table, limits));
        limit(LIMITS);
        assert!(warehouses.read(&reader(), &table, slow).await.is_ok());
        limit(ReadLimits { timeout: Span::seconds(0), ..LIMITS });
        let why = warehouses.read(&reader(), &table, slow).await.unwrap_err();
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
        warehouses.limit(&of(&table, limits));
        let (own, (told, stopped)) = (reader(), std::sync::mpsc::channel());
        let hung = || {
            let told = told.clone();
            warehouses.read(&own, &table, move |files, _| {
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
        let third = warehouses.read(&reader(), &table, |_, _| Ok(())).await.unwrap_err();
        assert!(third.text.contains("limits.maxConcurrentQueries"), "{}", third.text);
        tokio::task::spawn_blocking(move || (stopped.recv().unwrap(), stopped.recv().unwrap())).await.unwrap();
        assert!(warehouses.read(&reader(), &table, |_, _| Ok(())).await.is_ok(), "their permits are free again");
    }

    #[test]
    fn what_was_read_of_a_day_is_spent_in_the_next_process_too() {
        let folder = tempfile::tempdir().unwrap();
        let table = table(folder.path());
        let now = "2025-11-14T10:00:00Z".parse().unwrap();
        let mut kept = BTreeMap::new();
        for left in [100, 40] {
            let warehouses = Warehouses::new(kept, Vec::new());
            warehouses.limit(&of(&table, LIMITS));
            let budget = warehouses.place(&reader(), &table).unwrap().budget;
            assert!(budget.take("t", left + 1, now).is_err(), "{left} bytes are left");
            budget.take("t", 60.min(left), now).unwrap();
            kept = warehouses.kept();
        }
    }
}
