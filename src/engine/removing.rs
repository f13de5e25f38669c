//! Finished Jobs are kept for a while, then removed.

use std::sync::Arc;

use super::call::Call;
use super::coverage::CoverageState;
use super::look::later;
use super::world::World;
use crate::domain::dates::Timestamp;
use crate::domain::ledger::{End, Job};

/// Finished Jobs that are kept, per coverage.
const KEPT_SUCCESSES: usize = 3;
const KEPT_FAILURES: usize = 5;
/// Finished Jobs are kept at least this long after their outcome is known.
const KEPT_MILLIS: i64 = 10 * 60 * 1000;
/// A removal that failed is tried again after this time.
const REMOVE_AGAIN_MILLIS: i64 = 60 * 1000;

impl World {
    /// Finished Jobs beyond the history limits whose attempts are settled, in the store too: another process that still
    /// finds such an attempt would find its Job lost.
    pub(super) fn removals(&mut self, now: Timestamp) -> Vec<Call> {
        let mut calls = Vec::new();
        if self.jobs.all().is_empty() {
            return Vec::new();
        }
        for state in self.coverages.values() {
            let settled_at = |job: &Job| state.settled_job(job.launch);
            let own = self.jobs.of(&state.coverage.uid).filter(|job| settled_at(job).is_some());
            let (mut done, live): (Vec<&Job>, Vec<&Job>) = own.partition(|job| job.ended.is_some());
            done.sort_by_key(|j| std::cmp::Reverse(j.launch));
            let (good, bad): (Vec<&Job>, Vec<&Job>) =
                done.into_iter().partition(|j| matches!(j.ended, Some((_, End::Succeeded))));
            // A settled launch has no running Job: one that is there was created by a process that did not know.
            let live = live.into_iter().filter(|j| settled_at(j).flatten().is_some());
            let beyond = good.into_iter().skip(KEPT_SUCCESSES).chain(bad.into_iter().skip(KEPT_FAILURES));
            let over = |j: &Job, at: Timestamp| settled_at(j).flatten().map_or(at, |settled| at.max(settled));
            let old = |j: &&Job| j.ended.is_some_and(|(at, _)| later(over(j, at), KEPT_MILLIS) <= now);
            let free = |j: &&Job| self.jobs.removing.get(&j.name).is_none_or(|again| *again <= now);
            calls.extend(live.chain(beyond.filter(old)).filter(free).cloned());
        }
        self.jobs.removing.extend(calls.iter().map(|j| (j.name.clone(), Timestamp::MAX)));
        calls.into_iter().map(Call::Remove).collect()
    }

    /// A removal was answered. One that was accepted is not asked for again, however long a foreign finalizer
    /// holds the Job: until no list shows it, it is there.
    pub(super) fn removed(&mut self, name: Arc<str>, accepted: bool, now: Timestamp) {
        let again = if accepted { Timestamp::MAX } else { later(now, REMOVE_AGAIN_MILLIS) };
        self.jobs.removing.insert(name, again);
    }
}

impl CoverageState {
    /// When a launch was settled, in the store too, where that is known; `None` where it is not settled.
    fn settled_job(&self, launch: u64) -> Option<Option<Timestamp>> {
        let is_open = self.ledger.attempt(launch).is_some() || self.saved.ledger().attempt(launch).is_some();
        let settled = || self.ledger.settled(launch).map(|settled| settled.at);
        (!is_open).then(settled)
    }
}
