//! Which dates of which table are taken, and by how many Jobs: the one place that says that a date is free (design §12.2).
//! Told by every live Job that may keep its dates, whoever owns it; by every attempt that is unsettled here or in the store, where another process
//! would find it; and by what was launched for coverages that are gone until a list shows what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::call::WatchId;
use super::world::{CoverageState, World};
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::ledger::{Attempt, Stage};
use crate::domain::mark::TableMark;
use crate::domain::policy::Table;

/// Everything that is taken.
#[derive(Debug, Default)]
pub(super) struct Claims {
    /// Dates, per target.
    pub dates: BTreeMap<Table, DateSet>,
    /// Jobs that live, or will.
    pub jobs: u32,
}

/// A launch whose coverage is gone, or fills another table now.
#[derive(Clone, Debug)]
pub(super) struct Orphan {
    pub coverage: Arc<str>,
    pub launch: u64,
    pub target: Table,
    pub dates: DateSet,
    /// A list that was asked for then, or later, shows its Job; `None` while its create is not answered.
    pub shown_from: Option<Timestamp>,
}

impl World {
    /// What is taken now.
    pub(super) fn claims(&self) -> Claims {
        let mut claims = Claims::default();
        let mut jobs: BTreeSet<(&str, u64)> = BTreeSet::new();
        // A Job that was made before its table was resolved names it as it is declared.
        let homes: BTreeMap<&Table, &Table> =
            self.coverages.values().filter_map(|s| Some((&s.coverage.table, s.home.as_ref()?))).collect();
        for job in self.jobs.live().filter(|job| self.jobs.known.contains(&job.uid)) {
            jobs.insert((&job.coverage, job.launch));
            claims.take(&job.target, &job.dates);
            homes.get(&job.target).into_iter().for_each(|home| claims.take(home, &job.dates));
        }
        for orphan in &self.jobs.orphans {
            jobs.insert((&orphan.coverage, orphan.launch));
            claims.take(&orphan.target, &orphan.dates);
        }
        for state in self.coverages.values() {
            for attempt in state.unsettled() {
                if !matches!(attempt.stage, Stage::Ended { .. }) {
                    jobs.insert((&state.coverage.uid, attempt.launch));
                }
                claims.take(state.target_of(attempt), &attempt.dates);
            }
        }
        claims.jobs = u32::try_from(jobs.len()).unwrap_or(u32::MAX);
        claims
    }
}

impl World {
    /// Where a table was found. Links can lead elsewhere than at the look before.
    pub(super) fn found(&mut self, id: &WatchId, mark: &TableMark, now: Timestamp) {
        let mut moved = false;
        for key in self.watches.get(id).map(|watch| watch.coverages.as_slice()).unwrap_or_default() {
            let Some(state) = self.coverages.get_mut(key).filter(|state| state.home != mark.home) else { continue };
            state.home.clone_from(&mark.home);
            moved = true;
        }
        if moved {
            self.undecided = true;
            self.recognize(now);
        }
    }
}

impl Claims {
    fn take(&mut self, target: &Table, dates: &DateSet) {
        match self.dates.get_mut(target) {
            Some(taken) => taken.extend(dates),
            None => _ = self.dates.insert(target.clone(), dates.clone()),
        }
    }
}

impl CoverageState {
    /// Its table, resolved: two tables that are declared in two ways can be one. Nothing is launched before it was looked at,
    /// so until then nobody is misled by its declared name.
    pub(super) fn target(&self) -> &Table {
        self.home.as_ref().unwrap_or(&self.coverage.table)
    }

    /// What an attempt fills: what it was recorded with, whatever became of the spec and the links since.
    pub(super) fn target_of<'a>(&'a self, attempt: &'a Attempt) -> &'a Table {
        if attempt.target.place.is_empty() { self.target() } else { &attempt.target }
    }

    /// Attempts that are not settled, or of which the store does not know it yet.
    fn unsettled(&self) -> impl Iterator<Item = &Attempt> {
        let stored = self.saved.attempts.iter().filter(|old| self.ledger.attempt(old.launch).is_none());
        self.ledger.attempts.iter().chain(stored)
    }

    /// What may still come of its launches when the coverage goes, or fills another table.
    pub(super) fn orphans(&self, now: Timestamp) -> impl Iterator<Item = Orphan> {
        let open = self.unsettled().filter(|attempt| !matches!(attempt.stage, Stage::Ended { .. }));
        open.map(move |attempt| Orphan {
            coverage: self.coverage.uid.clone(),
            launch: attempt.launch,
            target: self.target_of(attempt).clone(),
            dates: attempt.dates.clone(),
            shown_from: (!self.creating.contains(&attempt.launch)).then_some(now),
        })
    }
}
