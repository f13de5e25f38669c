//! The Warehouse port on one machine: folders, read by blocking tasks, a few at a time, each with a deadline.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::clock::SystemClock;
use crate::domain::mark::TableMark;
use crate::domain::policy::{ReadLimits, Table};
use crate::domain::probe::{Answer, DateColumn, Probe, ScheduleQuestion, ScheduleReading};
use crate::domain::span::Span;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::engine::ports::{Clock, Warehouse};
use crate::warehouse::budget::Budget;
use crate::warehouse::files::{Files, PartRanges};

/// Of a place that no Warehouse limits any more: what a Warehouse has by default.
const DEFAULT: ReadLimits =
    ReadLimits { timeout: Span::seconds(30), concurrent: 4, bytes_per_query: 2 << 30, bytes_per_day: 50 << 30 };

/// Every warehouse of one machine, by its resolved place.
#[derive(Clone, Debug)]
pub struct Warehouses {
    places: Arc<Mutex<BTreeMap<Arc<str>, Place>>>,
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
    fn new(files: Files, limits: ReadLimits) -> Self {
        Self::spending(files, limits, Budget::new(limits.bytes_per_query, limits.bytes_per_day))
    }

    fn spending(files: Files, limits: ReadLimits, budget: Budget) -> Self {
        let permits = Arc::new(Semaphore::new(limits.concurrent.max(1) as usize));
        let budget = Arc::new(budget);
        Self { files: files.within(budget.clone()), limits, permits, budget }
    }

    /// Under other limits; what was read today stays read.
    fn limited(&self, limits: ReadLimits) -> Self {
        let budget = self.budget.with_limits(limits.bytes_per_query, limits.bytes_per_day);
        Self::spending(self.files.clone(), limits, budget)
    }
}

impl Warehouses {
    /// No place yet; what was kept of parts is used when its place is asked for.
    pub fn new(kept: BTreeMap<String, PartRanges>) -> Self {
        let open = |(place, ranges): (String, PartRanges)| {
            let files = open(&place)?;
            files.restore(ranges);
            Some((place.into(), Place::new(files, DEFAULT)))
        };
        let places = kept.into_iter().filter_map(open).collect();
        Self { places: Arc::new(Mutex::new(places)) }
    }

    /// From now on these limits hold; reads under way end under those that they began with.
    pub fn limit(&self, limits: &BTreeMap<Arc<str>, ReadLimits>) {
        let Ok(mut places) = self.places.lock() else { return };
        for (name, limits) in limits {
            match places.get_mut(name) {
                Some(place) if place.limits == *limits => {}
                Some(place) => *place = place.limited(*limits),
                None => _ = open(name).map(|files| places.insert(name.clone(), Place::new(files, *limits))),
            }
        }
    }

    /// What is known of parts, to be kept between two runs.
    pub fn ranges(&self) -> BTreeMap<String, PartRanges> {
        let Ok(places) = self.places.lock() else { return BTreeMap::new() };
        places.iter().map(|(name, place)| (name.to_string(), place.files.ranges())).collect()
    }

    fn place(&self, table: &Table) -> Result<Place, Unknown> {
        let refused = || {
            let text = format!("this build reads folders only, and table `{}` is in `{}`", table.name, table.place);
            Unknown::new(UnknownReason::ProbeFailed, text)
        };
        let mut places = self.places.lock().map_err(|_| refused())?;
        if let Some(place) = places.get(&table.place) {
            return Ok(place.clone());
        }
        let place = Place::new(open(&table.place).ok_or_else(refused)?, DEFAULT);
        places.insert(table.place.clone(), place.clone());
        Ok(place)
    }

    async fn read<T: Send + 'static>(
        &self,
        table: &Table,
        read: impl FnOnce(Files, &str) -> Result<T, Unknown> + Send + 'static,
    ) -> Result<T, Unknown> {
        let Place { files, limits, permits, .. } = self.place(table)?;
        let failed = |why: &str| Unknown::new(UnknownReason::ProbeFailed, format!("table `{}`: {why}", table.name));
        let Ok(permit) = permits.acquire_owned().await else { return Err(failed("gapless is stopping")) };
        let name = table.name.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            read(files, &name)
        });
        let timeout = Duration::from_secs(limits.timeout.as_seconds().unsigned_abs());
        match tokio::time::timeout(timeout, task).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(failed("gapless itself failed on this read; please report it")),
            Err(_) => Err(failed(&format!(
                "the read took more than {} s, the Warehouse's limits.queryTimeout; raise it, narrow spec.dates or compact the table",
                timeout.as_secs()
            ))),
        }
    }
}

fn open(place: &str) -> Option<Files> {
    place.strip_prefix("files:").map(|folder| Files::new(PathBuf::from(folder)))
}

impl Warehouse for Warehouses {
    async fn mark(&self, table: &Table, date: &DateColumn) -> Result<TableMark, Unknown> {
        let date = date.clone();
        self.read(table, move |files, name| files.mark(name, &date, SystemClock.now())).await
    }

    async fn probe(&self, table: &Table, probes: Arc<Vec<Probe>>) -> Result<Answer, Unknown> {
        self.read(table, move |files, name| files.probe(name, &probes, SystemClock.now())).await
    }

    async fn schedule(&self, table: &Table, question: Arc<ScheduleQuestion>) -> Result<ScheduleReading, Unknown> {
        self.read(table, move |files, name| files.schedule(name, &question, SystemClock.now())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_read_that_takes_longer_than_its_warehouse_allows_is_unknown_and_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let place: Arc<str> = format!("files:{}", folder.path().display()).into();
        let table = Table { place: place.clone(), name: "t".into() };
        let slow = |_: Files, _: &str| {
            std::thread::sleep(Duration::from_millis(300));
            Ok(())
        };
        let warehouses = Warehouses::new(BTreeMap::new());
        assert!(warehouses.read(&table, slow).await.is_ok());
        let none = ReadLimits { timeout: Span::seconds(0), ..DEFAULT };
        warehouses.limit(&BTreeMap::from([(place, none)]));
        let why = warehouses.read(&table, slow).await.unwrap_err();
        assert_eq!(why.reason, UnknownReason::ProbeFailed);
        assert!(why.text.contains("limits.queryTimeout"), "{}", why.text);
    }
}
