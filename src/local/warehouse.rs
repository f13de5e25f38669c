//! The Warehouse port on one machine: folders, read by blocking tasks, a few at a time, each with a deadline.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::clock::SystemClock;
use crate::domain::mark::TableMark;
use crate::domain::policy::Table;
use crate::domain::probe::{Answer, DateColumn, Probe, ScheduleQuestion, ScheduleReading};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::engine::ports::{Clock, Warehouse};
use crate::warehouse::files::{Files, PartRanges};

/// Reads at the same time.
const CONCURRENT: usize = 4;
/// One read takes at most so long.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Every warehouse of one machine, by its resolved place.
#[derive(Clone, Debug)]
pub struct Warehouses {
    places: Arc<Mutex<BTreeMap<Arc<str>, Files>>>,
    permits: Arc<Semaphore>,
}

impl Warehouses {
    /// No place yet; what was kept of parts is used when its place is asked for.
    pub fn new(kept: BTreeMap<String, PartRanges>) -> Self {
        let open = |(place, ranges): (String, PartRanges)| {
            let files = open(&place)?;
            files.restore(ranges);
            Some((place.into(), files))
        };
        let places = kept.into_iter().filter_map(open).collect();
        Self { places: Arc::new(Mutex::new(places)), permits: Arc::new(Semaphore::new(CONCURRENT)) }
    }

    /// What is known of parts, to be kept between two runs.
    pub fn ranges(&self) -> BTreeMap<String, PartRanges> {
        let Ok(places) = self.places.lock() else { return BTreeMap::new() };
        places.iter().map(|(place, files)| (place.to_string(), files.ranges())).collect()
    }

    fn files(&self, table: &Table) -> Result<Files, Unknown> {
        let refused = || {
            let text = format!("this build reads folders only, and table `{}` is in `{}`", table.name, table.place);
            Unknown::new(UnknownReason::ProbeFailed, text)
        };
        let mut places = self.places.lock().map_err(|_| refused())?;
        if let Some(files) = places.get(&table.place) {
            return Ok(files.clone());
        }
        let files = open(&table.place).ok_or_else(refused)?;
        places.insert(table.place.clone(), files.clone());
        Ok(files)
    }

    async fn read<T: Send + 'static>(
        &self,
        table: &Table,
        read: impl FnOnce(Files, &str) -> Result<T, Unknown> + Send + 'static,
    ) -> Result<T, Unknown> {
        let files = self.files(table)?;
        let failed = |why: &str| Unknown::new(UnknownReason::ProbeFailed, format!("table `{}`: {why}", table.name));
        let Ok(permit) = self.permits.clone().acquire_owned().await else { return Err(failed("gapless is stopping")) };
        let name = table.name.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            read(files, &name)
        });
        match tokio::time::timeout(TIMEOUT, task).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(failed("gapless itself failed on this read; please report it")),
            Err(_) => Err(failed("the read took more than 120 s; narrow spec.dates or compact the table")),
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
