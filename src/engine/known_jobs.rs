//! The Jobs that are known, found by coverage and by table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::claims::Orphan;
use super::tracked::{Revision, Tracked};
use crate::domain::dates::Timestamp;
use crate::domain::ledger::{Job, Launch};
use crate::domain::policy::Table;

/// What is known of Jobs.
#[derive(Debug)]
pub(super) struct Jobs {
    all: Vec<Job>,
    by_coverage: BTreeMap<Arc<str>, Vec<usize>>,
    /// Those that have ended, by each name of their table, the newest end first.
    ended: BTreeMap<Table, Vec<usize>>,
    live: Vec<usize>,
    /// Rises with every change of the Jobs.
    list: Revision,
    /// The revision at which the Jobs of a coverage changed last, by its uid.
    changed: BTreeMap<Arc<str>, Revision>,
    /// When the last list was asked for; `None` before the first one.
    pub listed_at: Option<Timestamp>,
    pub listing: bool,
    pub next_list: Timestamp,
    /// Jobs whose removal was asked for, and from when on it may be asked for again.
    pub removing: BTreeMap<Arc<str>, Timestamp>,
    /// The Jobs that the watch saw last; `None` where there is no watch, or before its first event.
    pub watched: Option<BTreeSet<Arc<str>>>,
    /// Live Jobs that keep their dates, by uid.
    pub known: Tracked<BTreeSet<Arc<str>>>,
    /// Launches of coverages that are gone, until a list shows what became of them.
    orphans: Tracked<Vec<Orphan>>,
    /// CronJobs whose own run is live.
    pub daily_runs: Tracked<BTreeSet<(Arc<str>, Arc<str>)>>,
}

impl Jobs {
    pub fn new(now: Timestamp) -> Self {
        Self {
            all: Vec::new(),
            by_coverage: BTreeMap::new(),
            ended: BTreeMap::new(),
            live: Vec::new(),
            list: Revision::default(),
            changed: BTreeMap::new(),
            listed_at: None,
            listing: false,
            next_list: now,
            removing: BTreeMap::new(),
            watched: None,
            known: Tracked::default(),
            orphans: Tracked::default(),
            daily_runs: Tracked::default(),
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

    /// Rises with every change of the Jobs.
    pub fn list(&self) -> Revision {
        self.list
    }

    /// Rises with every change of the Jobs of one coverage.
    pub fn changed(&self, coverage: &str) -> Revision {
        self.changed.get(coverage).copied().unwrap_or_default()
    }

    /// Rises with every change on which a decision rests.
    pub fn revision(&self) -> Revision {
        self.list + self.known.revision() + self.orphans.revision() + self.daily_runs.revision()
    }

    pub fn orphans(&self) -> &[Orphan] {
        &self.orphans
    }

    pub fn add_orphans(&mut self, new: impl Iterator<Item = Orphan>) {
        let mut new = new.peekable();
        if new.peek().is_some() {
            self.orphans.extend(new);
        }
    }

    /// The create of an orphan was answered: a list that is asked for from now on shows its Job.
    pub fn orphan_created(&mut self, launch: &Launch, now: Timestamp) {
        let is_it = |o: &Orphan| o.coverage == launch.uid && o.launch == launch.launch;
        if let Some(at) = self.orphans.iter().position(is_it) {
            (self.orphans[at].shown_from, self.next_list) = (Some(now), now);
        }
    }

    /// A list that was asked for at this instant shows what became of the launches before.
    pub fn forget_orphans(&mut self, asked_at: Timestamp) {
        let waits = |orphan: &Orphan| orphan.shown_from.is_none_or(|from| from > asked_at);
        if !self.orphans.iter().all(waits) {
            self.orphans.retain(waits);
        }
    }

    /// Forgets what is kept for coverages that are gone.
    pub fn forget_coverages(&mut self, is_there: impl Fn(&str) -> bool) {
        self.changed.retain(|uid, _| is_there(uid));
    }

    /// Takes the Jobs as they are now; `true` if they differ from those before.
    pub fn replace(&mut self, list: Vec<Job>) -> bool {
        if list == self.all {
            return false;
        }
        self.list.raise();
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
        let changed: Vec<Arc<str>> = were.keys().chain(self.by_coverage.keys()).filter(changed).cloned().collect();
        self.changed.extend(changed.into_iter().map(|uid| (uid, self.list)));
        true
    }

    /// The ends of Jobs on the engine's own time: other clocks may be wrong by hours. A Job that was not known to have ended
    /// ended after the list before was asked for. A known end is kept.
    pub fn date_ends(&self, list: &mut [Job], now: Timestamp) {
        let known: BTreeMap<&str, Timestamp> = self.all.iter().filter_map(|j| Some((&*j.uid, j.ended?.0))).collect();
        let earliest = self.listed_at.unwrap_or(Timestamp::MIN).min(now);
        for job in list {
            let Some((at, _)) = &mut job.ended else { continue };
            *at = known.get(&*job.uid).copied().unwrap_or_else(|| (*at).clamp(earliest, now));
        }
    }

    pub fn clock_moved(&mut self, moved: impl Fn(&mut Timestamp)) {
        self.all.iter_mut().filter_map(|job| job.ended.as_mut()).for_each(|(at, _)| moved(at));
        self.list.raise();
        self.listed_at.iter_mut().for_each(&moved);
        moved(&mut self.next_list);
        self.removing.values_mut().for_each(&moved);
        self.orphans.iter_mut().filter_map(|orphan| orphan.shown_from.as_mut()).for_each(&moved);
    }
}
