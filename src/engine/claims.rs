//! Which dates of which table are taken, and by how many Jobs: the one place that says that a date is free. A date
//! is taken by every live Job that may keep its dates, whoever owns it; by every attempt that is unsettled here or in the store, where another process
//! would find it; and by what was launched for coverages that are gone until a list shows what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::call::WatchId;
use super::coverage::CoverageState;
use super::world::World;
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::ledger::{Attempt, Job, Stage};
use crate::domain::mark::TableMark;
use crate::domain::policy::Table;
use crate::domain::source::Draw;

/// Everything that is taken.
#[derive(Debug, Default)]
pub(super) struct Claims {
    /// Dates, per name of a table: a table can have several.
    pub dates: BTreeMap<Table, DateSet>,
    /// Jobs that live, or will.
    pub jobs: u32,
}

/// A launch whose coverage is gone, or fills another table now.
#[derive(Clone, Debug)]
pub(super) struct Orphan {
    pub coverage: Arc<str>,
    pub launch: u64,
    /// Every name of its table.
    pub names: Vec<Table>,
    pub dates: DateSet,
    /// What it draws from a source, with the namespace of that.
    pub draw: Option<(Arc<str>, Draw)>,
    /// A list that was asked for then, or later, shows its Job; `None` while its create is not answered.
    pub shown_from: Option<Timestamp>,
}

impl World {
    /// What is taken now.
    pub(super) fn claims(&self) -> Claims {
        let mut claims = Claims::default();
        let mut jobs: BTreeSet<(&str, u64)> = BTreeSet::new();
        for state in self.coverages.values() {
            for attempt in state.unsettled() {
                if !matches!(attempt.stage, Stage::Ended { .. }) {
                    jobs.insert((&state.coverage.uid, attempt.launch));
                }
                claims.take_all(state.names_of(attempt), &attempt.dates);
            }
        }
        for orphan in self.jobs.orphans() {
            jobs.insert((&orphan.coverage, orphan.launch));
            claims.take_all(&orphan.names, &orphan.dates);
        }
        let known = || self.jobs.live().filter(|job| self.jobs.known.contains(&job.uid));
        for (job, states) in self.tables_of(known().filter(|job| !jobs.contains(&(&*job.coverage, job.launch)))) {
            claims.take_all(states.into_iter().flat_map(CoverageState::names), &job.dates);
        }
        for job in known() {
            claims.take_all([&job.target], &job.dates);
            jobs.insert((&job.coverage, job.launch));
        }
        claims.jobs = u32::try_from(jobs.len()).unwrap_or(u32::MAX);
        claims
    }

    /// Jobs that no record holds, with the coverages of their tables. The own coverage of such a Job fills its table, too.
    fn tables_of<'a>(&'a self, jobs: impl Iterator<Item = &'a Job>) -> Vec<(&'a Job, Vec<&'a CoverageState>)> {
        let jobs: Vec<&Job> = jobs.collect();
        if jobs.is_empty() {
            return Vec::new();
        }
        let mut by_name: BTreeMap<&Table, Vec<&CoverageState>> = BTreeMap::new();
        for state in self.coverages.values() {
            state.all_names().for_each(|name| by_name.entry(name).or_default().push(state));
        }
        let own = |job: &Job| self.coverages.values().find(|state| state.coverage.uid == job.coverage);
        let named = |job: &'a Job| job.names().filter_map(|name| by_name.get(name)).flatten().copied();
        let of = |job| named(job).filter(|state| state.is_filled_by(job)).chain(own(job)).collect();
        jobs.into_iter().map(|job| (job, of(job))).collect()
    }

    /// Where a table was found. Links can lead elsewhere than at the look before.
    pub(super) fn found(&mut self, id: &WatchId, mark: &TableMark, now: Timestamp) {
        let mut moved = false;
        for key in self.watches.get(id).map(|watch| watch.coverages.as_slice()).unwrap_or_default() {
            let Some(state) = self.coverages.get_mut(key) else { continue };
            moved |= state.facts.found_as(&mark.names, &state.coverage.table);
        }
        if moved {
            self.recognize(now);
        }
    }
}

impl Claims {
    fn take_all<'a>(&mut self, names: impl IntoIterator<Item = &'a Table>, dates: &DateSet) {
        for name in names {
            match self.dates.get_mut(name) {
                Some(taken) => taken.extend(dates),
                None => _ = self.dates.insert(name.clone(), dates.clone()),
            }
        }
    }
}

impl CoverageState {
    /// Its table, resolved: two tables that are declared in two ways can be one. Nothing is launched before it was looked at,
    /// so until then its declared name misleads no one.
    pub(super) fn target(&self) -> &Table {
        self.facts.names().first().unwrap_or(&self.coverage.table)
    }

    /// Every name of its table, the declared one first.
    pub(super) fn names(&self) -> impl Iterator<Item = &Table> {
        let declared = &self.coverage.table;
        std::iter::once(declared).chain(self.facts.names().iter().filter(move |name| *name != declared))
    }

    /// The same, with those that it had before.
    pub(super) fn all_names(&self) -> impl Iterator<Item = &Table> {
        self.names().chain(self.facts.former_names())
    }

    /// Whether a Job says that it fills this table. Whoever may create Jobs can write any alias: it counts in their own
    /// namespace alone.
    pub(super) fn is_filled_by(&self, job: &Job) -> bool {
        let is_near = job.namespace.is_empty() || job.namespace == self.coverage.key.namespace;
        self.all_names().any(|name| *name == job.target || is_near && job.aliases.contains(name))
    }

    /// What an attempt fills: what it was recorded with, whatever became of the spec and the links since.
    pub(super) fn target_of<'a>(&'a self, attempt: &'a Attempt) -> &'a Table {
        if attempt.target.place.is_empty() { self.target() } else { &attempt.target }
    }

    /// Every name of the table that an attempt fills: those that it had when that was recorded, and those that it has now,
    /// unless the coverage names another table since. A folder that moves takes the rows of its Jobs along.
    fn names_of<'a>(&'a self, attempt: &'a Attempt) -> impl Iterator<Item = &'a Table> {
        let stays = attempt.aliases.is_empty() || attempt.names().any(|name| *name == self.coverage.table);
        attempt.names().filter(|name| !name.place.is_empty()).chain(self.names().filter(move |_| stays))
    }

    /// Attempts that are not settled, or of which the store does not know it yet.
    pub(super) fn unsettled(&self) -> impl Iterator<Item = &Attempt> {
        let stored = self.saved.ledger().attempts.iter().filter(|old| self.ledger.attempt(old.launch).is_none());
        self.ledger.attempts.iter().chain(stored)
    }

    /// What may still come of its launches when the coverage goes, or fills another table.
    pub(super) fn orphans(&self, now: Timestamp) -> impl Iterator<Item = Orphan> {
        let open = self.unsettled().filter(|attempt| !matches!(attempt.stage, Stage::Ended { .. }));
        open.map(move |attempt| Orphan {
            coverage: self.coverage.uid.clone(),
            launch: attempt.launch,
            names: self.names_of(attempt).cloned().collect(),
            dates: attempt.dates.clone(),
            draw: attempt.draw.clone().map(|draw| (self.coverage.key.namespace.clone(), draw)),
            shown_from: (!self.creates.is_under_way(attempt.launch)).then_some(now),
        })
    }
}
