//! The Jobs that are known, found by coverage and by table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::claims::Orphan;
use crate::domain::dates::Timestamp;
use crate::domain::ledger::Job;
use crate::domain::policy::Table;

/// What is known of Jobs.
#[derive(Debug)]
pub(super) struct Jobs {
    all: Vec<Job>,
    by_coverage: BTreeMap<Arc<str>, Vec<usize>>,
    /// Those that have ended, by each name of their table, the newest end first.
    ended: BTreeMap<Table, Vec<usize>>,
    live: Vec<usize>,
    /// When the list that stands was asked for; nothing: never.
    pub listed_at: Option<Timestamp>,
    pub listing: bool,
    pub next_list: Timestamp,
    /// Jobs whose removal was asked for, and from when on it may be asked for again.
    pub removing: BTreeMap<Arc<str>, Timestamp>,
    /// The Jobs that the watch saw last; nothing: there is none, or it said nothing yet.
    pub watched: Option<BTreeSet<Arc<str>>>,
    /// Live Jobs that keep their dates, by uid.
    pub known: BTreeSet<Arc<str>>,
    /// Launches of coverages that are gone, until a list shows what became of them.
    pub orphans: Vec<Orphan>,
    /// CronJobs whose own run is live.
    pub daily_runs: BTreeSet<(Arc<str>, Arc<str>)>,
}

impl Jobs {
    pub fn new(now: Timestamp) -> Self {
        Self {
            all: Vec::new(),
            by_coverage: BTreeMap::new(),
            ended: BTreeMap::new(),
            live: Vec::new(),
            listed_at: None,
            listing: false,
            next_list: now,
            removing: BTreeMap::new(),
            watched: None,
            known: BTreeSet::new(),
            orphans: Vec::new(),
            daily_runs: BTreeSet::new(),
        }
    }

    pub fn all(&self) -> &[Job] {
        &self.all
    }

    pub fn live(&self) -> impl Iterator<Item = &Job> {
        self.live.iter().map(|at| &self.all[*at])
    }

    /// The Jobs of a coverage, by its uid.
    pub fn of(&self, coverage: &str) -> impl DoubleEndedIterator<Item = &Job> + Clone {
        self.by_coverage.get(coverage).into_iter().flatten().map(|at| &self.all[*at])
    }

    /// Ended Jobs that filled a table, and when each ended: the newest end first.
    pub fn ended(&self, table: &Table) -> impl Iterator<Item = (Timestamp, &Job)> {
        let ended = self.ended.get(table).into_iter().flatten().map(|at| &self.all[*at]);
        ended.filter_map(|job| Some((job.ended?.0, job)))
    }

    /// Takes the Jobs as they are now; the uids of coverages whose Jobs are others than before.
    pub fn replace(&mut self, list: Vec<Job>) -> BTreeSet<Arc<str>> {
        if list == self.all {
            return BTreeSet::new();
        }
        let old = std::mem::replace(&mut self.all, list);
        let were = std::mem::take(&mut self.by_coverage);
        (self.ended, self.live) = (BTreeMap::new(), Vec::new());
        for (at, job) in self.all.iter().enumerate() {
            self.by_coverage.entry(job.coverage.clone()).or_default().push(at);
            match job.ended {
                None => self.live.push(at),
                Some(_) => job.names().for_each(|name| self.ended.entry(name.clone()).or_default().push(at)),
            }
        }
        for ended in self.ended.values_mut() {
            ended.sort_by_key(|at| std::cmp::Reverse(self.all[*at].ended.map(|(ended, _)| ended)));
        }
        let changed = |uid: &&Arc<str>| {
            let before = were.get(*uid).into_iter().flatten().map(|at| &old[*at]);
            !before.eq(self.of(uid))
        };
        were.keys().chain(self.by_coverage.keys()).filter(changed).cloned().collect()
    }

    /// The ends of Jobs on the engine's own time: other clocks may be wrong by hours. A Job that was not known to have ended
    /// ended after the list before was asked for. An end that is known stands.
    pub fn date_ends(&self, list: &mut [Job], now: Timestamp) {
        let known: BTreeMap<&str, Timestamp> = self.all.iter().filter_map(|j| Some((&*j.uid, j.ended?.0))).collect();
        let earliest = self.listed_at.unwrap_or(Timestamp::MIN).min(now);
        for job in list {
            let Some((at, _)) = &mut job.ended else { continue };
            *at = known.get(&*job.uid).copied().unwrap_or_else(|| (*at).clamp(earliest, now));
        }
    }

    /// The clock was set.
    pub fn clock_moved(&mut self, moved: impl Fn(&mut Timestamp)) {
        self.all.iter_mut().filter_map(|job| job.ended.as_mut()).for_each(|(at, _)| moved(at));
        self.listed_at.iter_mut().for_each(&moved);
        moved(&mut self.next_list);
        self.removing.values_mut().for_each(&moved);
        self.orphans.iter_mut().filter_map(|orphan| orphan.shown_from.as_mut()).for_each(&moved);
    }
}
