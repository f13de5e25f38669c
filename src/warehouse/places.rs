//! The engine's Warehouse port: opens a place by its scheme, and reads it in blocking tasks, a few at a time, each with a
//! deadline. So far the only scheme is `files:`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::budget::{Budget, Spent};
use super::files::{Files, Learnt};
use crate::domain::dates::Timestamp;
use crate::domain::mark::TableMark;
use crate::domain::policy::{ReadLimits, Reader, Table};
use crate::domain::probe::{Answer, DateColumn, Probe, ScheduleQuestion, ScheduleReading};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::engine::ports::Warehouse;

/// What is stored of a place between two processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What is known of its files and folders.
    pub learnt: Learnt,
    /// The bytes that each namespace has read of it, by day.
    pub spent: BTreeMap<Arc<str>, Spent>,
}

/// Every place that may be read. All namespaces share what is known of a place. Limits, permits and bytes belong to one
/// namespace.
#[derive(Clone, Debug)]
pub struct Warehouses {
    opened: Arc<Mutex<Opened>>,
    kept: Arc<BTreeMap<String, Kept>>,
    bounds: Arc<[PathBuf]>,
    /// Asked when a read begins. A read may wait for its permit: by then the time of the call is too old to tell which files
    /// are still being written.
    now: fn() -> Timestamp,
}

#[derive(Debug, Default)]
struct Opened {
    files: BTreeMap<Arc<str>, Files>,
    places: BTreeMap<Reader, Place>,
}

/// A place with the limits of one namespace.
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

    /// The same place with new limits. The bytes already read today still count.
    fn limited(&self, limits: ReadLimits) -> Self {
        let budget = self.budget.with_limits(limits.bytes_per_query, limits.bytes_per_day);
        Self::new(self.files.clone(), limits, budget)
    }
}

impl Opened {
    /// Opens a place by its name, with what was stored of it. `None`: no engine of this build has the scheme.
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
    /// Opens no place yet: what was stored of one is used once a Warehouse names it. If a place is named below one of
    /// `bounds`, its files must really be inside that folder, wherever links point.
    pub fn new(kept: BTreeMap<String, Kept>, bounds: Vec<PathBuf>, now: fn() -> Timestamp) -> Self {
        Self { opened: Arc::default(), kept: Arc::new(kept), bounds: bounds.into(), now }
    }

    /// Sets the limits of each namespace. A running read keeps the limits that it began with.
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

    /// What the next process needs.
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

    /// One read, within its deadline. The deadline counts from the call, so waiting behind a read that hangs takes no longer
    /// than the hanging read itself. A read whose caller is gone is cancelled, which releases its permit.
    async fn read<T: Send + 'static>(
        &self,
        reader: &Arc<str>,
        table: &Table,
        read: impl FnOnce(Files, &str, Timestamp) -> Result<T, Unknown> + Send + 'static,
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
        let (given_up, now) = (GivenUp::default(), self.now);
        let (files, name) = (files.cancelled_by(given_up.0.clone()), table.name.clone());
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            read(files, &name, now())
        });
        match timeout_at(deadline, task).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(failed("internal error while reading; please report it")),
            Err(_) => Err(failed(&format!(
                "the read took more than {} s, the Warehouse's limits.queryTimeout; raise it, narrow spec.dates or compact the table",
                timeout.as_secs()
            ))),
        }
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

impl Warehouse for Warehouses {
    async fn mark(&self, reader: &Arc<str>, table: &Table, date: &DateColumn) -> Result<TableMark, Unknown> {
        let date = date.clone();
        self.read(reader, table, move |files, name, now| files.mark(name, &date, now)).await
    }

    async fn probe(
        &self,
        reader: &Arc<str>,
        table: &Table,
        seen: Arc<TableMark>,
        probes: Arc<Vec<Probe>>,
    ) -> Result<Answer, Unknown> {
        self.read(reader, table, move |files, name, now| files.probe(name, Some(&seen), &probes, now)).await
    }

    async fn schedule(
        &self,
        reader: &Arc<str>,
        table: &Table,
        question: Arc<ScheduleQuestion>,
    ) -> Result<ScheduleReading, Unknown> {
        self.read(reader, table, move |files, name, now| files.schedule(name, &question, now)).await
    }
}

#[cfg(test)]
mod tests;
