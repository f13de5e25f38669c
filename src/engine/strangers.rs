//! Jobs that say of themselves what no record knows. Whoever may create Jobs can write that: it moves no counter, and it keeps
//! dates only of tables that its own namespace looks at. Dates that gapless once saw taken stay taken until the Job ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::coverage::CoverageState;
use super::known_jobs::Jobs;
use super::world::World;
use crate::domain::dates::Timestamp;
use crate::domain::ledger::{Job, job_name};

/// A lost ledger continues above its Jobs if these claim no more launches than this: one a minute takes two years for it.
const MOST_LOST: u64 = 1_000_000;

/// Whether the ledger of a coverage was lost: then its Jobs say how many launches there were.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// The ledger that was read had no launch in it, and no list of Jobs came in since.
    awaits_list: bool,
    /// Launch numbers continue above those of its Jobs, and that is not reported yet.
    is_news: bool,
}

impl Lost {
    pub fn is_lost(&self) -> bool {
        self.awaits_list
    }

    /// A ledger was read, or is not stored at all.
    pub fn found(&mut self, is_lost: bool) {
        self.awaits_list = is_lost;
    }

    pub fn rebuilt(&mut self) {
        self.is_news = true;
    }

    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.is_news)
    }
}

impl CoverageState {
    /// The largest launch number that a Job of this coverage can have.
    pub(super) fn most_launches(&self) -> u64 {
        let known = self.ledger.launches.max(self.saved.ledger().launches);
        let is_unsure = self.saved.proof().is_none() || self.lost.is_lost();
        if is_unsure { known.saturating_add(MOST_LOST) } else { known }
    }

    /// After the ledger was lost, launch numbers continue above those of its Jobs.
    pub(super) fn rebuild(&mut self, jobs: &Jobs, listed_at: Option<Timestamp>) {
        // Before the ledger was read it is not known to be lost.
        if !self.lost.is_lost() {
            return;
        }
        let highest = jobs.of(&self.coverage.uid).map(|j| j.launch).max().unwrap_or(0);
        if highest > self.ledger.launches {
            self.ledger.launches = highest;
            self.lost.rebuilt();
        }
        self.lost.found(listed_at.is_none());
    }
}

impl World {
    /// A Job that claims a launch that there was not belongs to no coverage.
    pub(super) fn disown(&self, jobs: &mut [Job]) {
        let most: BTreeMap<&str, u64> =
            self.coverages.values().map(|state| (&*state.coverage.uid, state.most_launches())).collect();
        let forged = |job: &&mut Job| most.get(&*job.coverage).is_some_and(|most| job.launch > *most);
        jobs.iter_mut().filter(forged).for_each(|job| job.coverage = Arc::from(""));
    }

    /// Which live Jobs keep their dates: those of a coverage that is here, those of a table that a coverage of their own
    /// namespace looks at, and those that did so before.
    pub(super) fn recognize(&mut self, now: Timestamp) {
        let uids: BTreeSet<&str> = self.coverages.values().map(|s| &*s.coverage.uid).collect();
        let is_near = |job: &Job, state: &CoverageState| {
            job.namespace.is_empty() || job.namespace == state.coverage.key.namespace
        };
        let mut known = BTreeSet::new();
        for job in self.jobs.live() {
            let was_known = self.jobs.known.contains(&job.uid);
            let filled = || self.coverages.values().find(|state| is_near(job, state) && state.is_filled_by(job));
            let by_table = if was_known || uids.contains(&*job.coverage) { None } else { filled() };
            if let Some(state) = by_table.filter(|_| job.coverage.is_empty()) {
                self.events.push(super::events::stray(&state.coverage.key, job, now));
            }
            if was_known || uids.contains(&*job.coverage) || by_table.is_some() {
                known.insert(job.uid.clone());
            }
        }
        self.jobs.known.set(known);
    }
}

/// The last launch number that is taken: by the ledger, or by Jobs that have the names of the next launches.
pub(super) fn last_taken(state: &CoverageState, jobs: &[Job]) -> u64 {
    let coverage = &state.coverage;
    let is_taken = |launch: &u64| {
        let name = job_name(&coverage.key.name, &coverage.uid, *launch);
        jobs.iter().any(|job| job.name == name)
    };
    let after = state.ledger.launches + 1;
    after + (after..).take_while(is_taken).count() as u64 - 1
}
