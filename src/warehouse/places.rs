//! The engine's Warehouse port: opens a place by its scheme, and reads its tables, a few at a time, each read with a
//! deadline. Another kind of warehouse is a folder beside `files` and a line in [`open`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::budget::{Budget, Spent};
use super::files::Learnt;
pub use super::tables::Roots;
use super::tables::{Call, Tables};
use super::usage::Used;
use super::{bigquery, files, postgres};
use crate::domain::dates::Timestamp;
use crate::domain::mark::TableMark;
use crate::domain::policy::{ReadLimits, Reader, Table};
use crate::domain::probe::{Answer, DateColumn, Probe, ScheduleQuestion, ScheduleReading};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::engine::ports::Warehouse;

/// Opens a place. `None`: no kind of warehouse has this scheme.
fn open(place: &str, roots: &Roots, learnt: Option<Learnt>) -> Option<Arc<dyn Tables>> {
    let (scheme, name) = place.split_once(':')?;
    Some(match scheme {
        "files" => files::tables::open(name, roots, learnt),
        "bigquery" => bigquery::open(name, roots),
        "postgres" => postgres::open(name, roots),
        _ => return None,
    })
}

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
    roots: Roots,
    /// Asked when a read begins. A read may wait for its permit: by then the time of the engine's call is too old to tell which
    /// files are still being written.
    now: fn() -> Timestamp,
}

#[derive(Debug, Default)]
struct Opened {
    tables: BTreeMap<Arc<str>, Arc<dyn Tables>>,
    places: BTreeMap<Reader, Place>,
}

/// A place with the limits of one namespace.
#[derive(Clone, Debug)]
struct Place {
    tables: Arc<dyn Tables>,
    limits: ReadLimits,
    permits: Arc<Semaphore>,
    budget: Arc<Budget>,
}

impl Place {
    fn new(tables: Arc<dyn Tables>, limits: ReadLimits, budget: Budget) -> Self {
        let permits = Arc::new(Semaphore::new(limits.concurrent.max(1) as usize));
        Self { tables, limits, permits, budget: Arc::new(budget) }
    }

    /// The same place with new limits. The bytes already read today still count.
    fn limited(&self, limits: ReadLimits) -> Self {
        let budget = self.budget.with_limits(limits.bytes_per_query, limits.bytes_per_day);
        Self::new(self.tables.clone(), limits, budget)
    }
}

impl Opened {
    /// Opens a place by its name, with what was stored of it. `None`: no kind of warehouse has its scheme.
    fn open(&mut self, reader: &Reader, limits: ReadLimits, kept: Option<&Kept>, roots: &Roots) -> Option<Place> {
        let tables = match self.tables.get(&reader.place) {
            Some(tables) => tables.clone(),
            None => {
                let tables = open(&reader.place, roots, kept.map(|kept| kept.learnt.clone()))?;
                self.tables.insert(reader.place.clone(), tables.clone());
                tables
            }
        };
        let spent = kept.and_then(|kept| kept.spent.get(&reader.namespace)).cloned().unwrap_or_default();
        let budget = Budget::after(spent, limits.bytes_per_query, limits.bytes_per_day);
        Some(Place::new(tables, limits, budget))
    }
}

impl Warehouses {
    /// Opens no place yet: what was stored of one is used once a Warehouse names it.
    pub fn new(kept: BTreeMap<String, Kept>, roots: Roots, now: fn() -> Timestamp) -> Self {
        Self { opened: Arc::default(), kept: Arc::new(kept), roots, now }
    }

    /// Sets the limits of each namespace. A running read keeps the limits that it began with.
    pub fn limit(&self, limits: &BTreeMap<Reader, ReadLimits>) {
        let Ok(mut opened) = self.opened.lock() else { return };
        for (reader, limits) in limits {
            let place = match opened.places.get(reader) {
                Some(place) if place.limits == *limits => continue,
                Some(place) => Some(place.limited(limits.clone())),
                None => opened.open(reader, limits.clone(), self.kept.get(&*reader.place), &self.roots),
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
        let kept = |(place, tables): (&Arc<str>, &Arc<dyn Tables>)| {
            (place.to_string(), Kept { learnt: tables.learnt(), spent: spent(place) })
        };
        opened.tables.iter().map(kept).collect()
    }

    /// What each namespace has asked of each place since this process started.
    pub fn used(&self) -> BTreeMap<Reader, Used> {
        let Ok(opened) = self.opened.lock() else { return BTreeMap::new() };
        opened.places.iter().map(|(reader, place)| (reader.clone(), place.budget.usage().used())).collect()
    }

    fn place(&self, reader: &Arc<str>, table: &Table) -> Result<Place, Unknown> {
        let refused = || {
            let text = format!("this version cannot read `{}`, where table `{}` is", table.place, table.name);
            Unknown::new(UnknownReason::ProbeFailed, text)
        };
        let opened = self.opened.lock().map_err(|_| refused())?;
        let reader = Reader { namespace: reader.clone(), place: table.place.clone() };
        opened.places.get(&reader).cloned().ok_or_else(refused)
    }

    /// One read, within its deadline. The deadline counts from the call, so waiting behind a read that hangs takes no longer
    /// than the hanging read itself. A read whose caller is gone is cancelled, which releases its permit.
    async fn read<T, F: Future<Output = Result<T, Unknown>>>(
        &self,
        reader: &Arc<str>,
        table: &Table,
        read: impl FnOnce(Arc<dyn Tables>, Call) -> F,
    ) -> Result<T, Unknown> {
        let Place { tables, limits, permits, budget } = self.place(reader, table)?;
        let failed = |why: &str| Unknown::new(UnknownReason::ProbeFailed, format!("table `{}`: {why}", table.name));
        let timeout = Duration::from_secs(limits.timeout.as_seconds().unsigned_abs());
        let deadline = Instant::now() + timeout;
        let Ok(permit) = timeout_at(deadline, permits.acquire_owned()).await else {
            return Err(failed(&format!(
                "the read waited {} s, the Warehouse's limits.queryTimeout, behind others that have not ended; see what \
                 slows the warehouse down, or raise limits.maxConcurrentQueries",
                timeout.as_secs()
            )));
        };
        let Ok(permit) = permit else { return Err(failed("gapless is stopping")) };
        let (advice, now) = (tables.advice(), (self.now)());
        let call = Call { now, deadline, limits, budget, permit: Some(Arc::new(permit)) };
        match timeout_at(deadline, read(tables, call)).await {
            Ok(result) => result,
            Err(_) => Err(failed(&format!(
                "the read took more than {} s, the Warehouse's limits.queryTimeout; raise it, or {advice}",
                timeout.as_secs()
            ))),
        }
    }
}

impl Warehouse for Warehouses {
    async fn mark(&self, reader: &Arc<str>, table: &Table, date: &DateColumn) -> Result<TableMark, Unknown> {
        let check = |tables: Arc<dyn Tables>, call: Call| async move {
            call.budget.usage().check();
            tables.mark(call, &table.name, date).await
        };
        self.read(reader, table, check).await
    }

    async fn probe(
        &self,
        reader: &Arc<str>,
        table: &Table,
        seen: Arc<TableMark>,
        probes: Arc<Vec<Probe>>,
    ) -> Result<Answer, Unknown> {
        self.read(reader, table, |tables, call| async move { tables.probe(call, &table.name, seen, probes).await })
            .await
    }

    async fn schedule(
        &self,
        reader: &Arc<str>,
        table: &Table,
        question: Arc<ScheduleQuestion>,
    ) -> Result<ScheduleReading, Unknown> {
        self.read(reader, table, |tables, call| async move { tables.schedule(call, &table.name, question).await }).await
    }
}

#[cfg(test)]
mod tests;
