//! What lists and watches of Jobs say of attempts. Only a list that was asked for later than a create can say that its Job
//! is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::call::Call;
use super::coverage::CoverageState;
use super::known_jobs::Jobs;
use super::look::later;
use super::overview::Event;
use super::ports::JobList;
use super::world::{Loading, World};
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::ledger::{Attempt, End, Job, Stage};
use crate::domain::policy::Table;

/// A recorded attempt without a Job is created within this time, or it counts as never started.
const NEVER_STARTED_MILLIS: i64 = 10 * 60 * 1000;
/// A pod whose Job is gone is listed again this soon: no watch shows its end.
const LEFT_OVER_MILLIS: i64 = 2_000;

impl World {
    /// A list of Jobs came in. It is authoritative for everything that was created before it was asked for.
    pub(super) fn listed(&mut self, list: Result<JobList, String>, asked_at: Timestamp, now: Timestamp) {
        self.jobs.listing = false;
        self.jobs.next_list = later(now, i64::try_from(self.limits.job_poll.as_millis()).unwrap_or(1000).max(10));
        let Ok(mut list) = list else { return };
        self.jobs.date_ends(&mut list.jobs, now);
        let is_left_over =
            |j: &Job| j.ended.is_none() && self.jobs.watched.as_ref().is_some_and(|w| !w.contains(&j.name));
        if list.jobs.iter().any(is_left_over) {
            self.jobs.next_list = self.jobs.next_list.min(later(now, LEFT_OVER_MILLIS));
        }
        self.jobs.listed_at = Some(asked_at);
        self.jobs.forget_orphans(asked_at);
        self.take_jobs(list, Some(asked_at), now);
    }

    /// What a watch sees. Before the first list nothing follows from it; what it lacks is asked for by a list.
    pub fn seen(&mut self, mut list: JobList, now: Timestamp) {
        let there: BTreeSet<Arc<str>> = list.jobs.iter().map(|j| j.name.clone()).collect();
        self.jobs.watched = Some(there.clone());
        if self.jobs.listed_at.is_none() {
            return;
        }
        self.jobs.date_ends(&mut list.jobs, now);
        // A list knows ends from the Jobs' pods, and a known end does not change.
        let ends: BTreeMap<&Arc<str>, &Job> =
            self.jobs.all().iter().filter(|j| j.ended.is_some()).map(|j| (&j.uid, j)).collect();
        for job in list.jobs.iter_mut().filter(|j| j.ended.is_none()) {
            ends.get(&job.uid).into_iter().for_each(|ended| *job = (*ended).clone());
        }
        let unseen = |j: &&Job| !there.contains(&j.name);
        let missing: Vec<Job> = self.jobs.live().filter(unseen).cloned().collect();
        if !missing.is_empty() {
            self.jobs.next_list = now;
            list.jobs.extend(missing);
            list.jobs.sort_by(|a, b| a.name.cmp(&b.name));
        }
        self.take_jobs(list, None, now);
    }

    fn take_jobs(&mut self, list: JobList, listed_at: Option<Timestamp>, now: Timestamp) {
        let JobList { jobs: mut list, daily_runs } = list;
        self.disown(&mut list);
        self.jobs.removing.retain(|name, _| list.iter().any(|j| j.name == *name));
        self.jobs.daily_runs.set(daily_runs);
        let has_changed = self.jobs.replace(list);
        let mut ended = Vec::new();
        for state in self.coverages.values_mut() {
            let (events, has_ended) = state.take_jobs(&self.jobs, listed_at, now);
            self.events.extend(events);
            ended.extend(has_ended.then(|| state.coverage.table.clone()));
        }
        if has_changed {
            self.recognize(now);
            let unread = self.coverages.values().filter(|s| self.unread(s).next().is_some());
            ended.extend(unread.map(|s| s.coverage.table.clone()));
        }
        for table in ended {
            self.look_when_settled(&table);
        }
    }

    /// The table of an ended Job is looked at as soon as its data must be visible, in a mark that may lag.
    fn look_when_settled(&mut self, table: &Table) {
        let own = self.coverages.values().filter(|s| s.coverage.table == *table);
        let attempts = |s: &CoverageState| s.ledger.attempts.iter().filter_map(|a| s.settled_at(a)).min();
        let settled = own.filter_map(|s| attempts(s).into_iter().chain(self.unread(s).map(|(at, _)| at)).min()).min();
        let watches = self.watches.iter_mut().filter(|(id, _)| id.table == *table);
        watches.for_each(|(_, w)| settled.into_iter().for_each(|at| w.look.no_later_than(w.lag.elapsed_after(at))));
    }

    /// Ended Jobs of a coverage's table with dates whose data it has not read yet, and when that must be visible. Beside
    /// those of its attempts: Jobs whose owner is gone, or whose record was wiped. What was read before does not count
    /// for their dates.
    pub(super) fn unread<'a>(&'a self, state: &'a CoverageState) -> impl Iterator<Item = (Timestamp, &'a Job)> {
        // Older ends lie before what was confirmed last, too.
        let may_be = state.all_names().flat_map(|table| {
            let due = self.jobs.ended(table).map(|(at, job)| (state.visible_at(at), job));
            due.take_while(|(at, _)| state.facts.book().all_confirmed_at().is_none_or(|all| all < *at))
        });
        // An outcome of its own was decided by a read, however long its `settle` is now.
        let is_decided = |job: &Job| job.coverage == state.coverage.uid && state.ledger.settled(job.launch).is_some();
        may_be.filter(move |(at, job)| {
            state.is_filled_by(job) && !is_decided(job) && state.facts.book().is_behind(&job.dates, *at)
        })
    }

    /// Their dates. Another coverage of the table may have read them already, and need not wait for this one's `settle`.
    pub(super) fn unread_dates(&self, state: &CoverageState) -> DateSet {
        self.unread(state).flat_map(|(at, job)| state.facts.book().behind(&job.dates, at)).collect()
    }

    /// Lists Jobs when something depends on it: at the start, and while an attempt has a live Job.
    pub(super) fn list_jobs(&mut self, now: Timestamp) -> Option<Call> {
        // Jobs mean something only beside the ledgers that launched them.
        let is_due = self.next_list().is_some_and(|at| at <= now);
        if self.loading != Loading::Done || self.jobs.listing || !is_due {
            return None;
        }
        self.jobs.listing = true;
        Some(Call::ListJobs)
    }

    /// When Jobs are to be listed; `None` while nothing depends on it.
    pub(super) fn next_list(&self) -> Option<Timestamp> {
        let is_needed =
            self.jobs.listed_at.is_none() || !self.jobs.orphans().is_empty() || self.jobs.live().next().is_some();
        let needed_at = |s: &CoverageState| s.list_needed_at(self.jobs.listed_at);
        let at = match is_needed {
            true => Timestamp::MIN,
            false => self.coverages.values().filter_map(needed_at).min()?,
        };
        Some(self.jobs.next_list.max(at))
    }
}

impl CoverageState {
    /// When a list of Jobs is needed for its attempts, given when the last one was asked for.
    fn list_needed_at(&self, listed_at: Option<Timestamp>) -> Option<Timestamp> {
        let needed_at = |attempt: &Attempt| match attempt.stage {
            Stage::Ended { .. } => None,
            Stage::Created { .. } => Some(Timestamp::MIN),
            Stage::Recorded => {
                let unclear = self.creates.unclear().filter(|unclear| listed_at.is_none_or(|at| at <= unclear.at));
                let given_up = later(attempt.recorded_at, NEVER_STARTED_MILLIS);
                Some(unclear.map_or(given_up, |unclear| unclear.until.min(given_up)))
            }
        };
        self.ledger.attempts.iter().filter_map(needed_at).min()
    }

    /// What Jobs say of its attempts, and whether one has ended. Only a list can say that a Job is not there.
    fn take_jobs(&mut self, jobs: &Jobs, listed_at: Option<Timestamp>, now: Timestamp) -> (Vec<Event>, bool) {
        self.rebuild(jobs, listed_at);
        let (mut events, mut ended) = (Vec::new(), false);
        for attempt in self.ledger.attempts.clone() {
            // Another Job of the same name is not the one that was created: the attempt's own is gone.
            let own = |j: &&Job| match &attempt.stage {
                Stage::Created { uid } => *uid == j.uid,
                Stage::Recorded | Stage::Ended { .. } => j.dates == attempt.dates,
            };
            let job = jobs.of(&self.coverage.uid).find(|j| j.launch == attempt.launch).filter(own);
            let launch = attempt.launch;
            match (job.map(|j| (j, j.ended)), &attempt.stage) {
                (_, Stage::Ended { .. }) => {}
                (Some((job, end)), _) => {
                    events.extend(self.exists(launch, &job.uid, now));
                    if let Some((at, end)) = end {
                        self.ledger.ended(launch, at, end, job.message.clone());
                        ended = true;
                    }
                }
                (None, _) if listed_at.is_none_or(|at| self.creates.is_younger(launch, at)) => {}
                (None, Stage::Created { .. }) => {
                    self.ledger.ended(launch, now, End::Lost, "the Job is gone".into());
                    ended = true;
                }
                (None, Stage::Recorded) if later(attempt.recorded_at, NEVER_STARTED_MILLIS) <= now => {
                    self.ledger.ended(launch, now, End::NeverStarted, "the Job never came to be".into());
                    ended = true;
                }
                (None, Stage::Recorded) => {}
            }
        }
        (events, ended)
    }
}
