//! What the list of Jobs says of attempts, and which calls on Jobs follow. What is recorded alone says which step is
//! next, so a crash between any two steps changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::call::Call;
use super::claims::Orphan;
use super::look::{later, look_again};
use super::ports::{Created, JobList};
use super::world::{CoverageState, Loading, World};
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::ledger::{Attempt, End, Job, Launch, Stage, job_name};
use crate::domain::policy::{Coverage, Mode, Table};

/// A recorded attempt without a Job is created within this time, later it never started (design §6).
const NEVER_STARTED_MILLIS: i64 = 10 * 60 * 1000;
/// A pod whose Job is gone is looked at again so soon: no watch tells its end.
const LEFT_OVER_MILLIS: i64 = 2_000;
/// Finished Jobs that are kept, per coverage.
const KEPT_SUCCESSES: usize = 3;
const KEPT_FAILURES: usize = 5;
/// Finished Jobs are kept at least so long after their outcome is known.
const KEPT_MILLIS: i64 = 10 * 60 * 1000;
/// A removal that failed is tried again after this time.
const REMOVE_AGAIN_MILLIS: i64 = 60 * 1000;

impl World {
    /// A list of Jobs came in. It is authoritative for everything that was created before it was asked for.
    pub(super) fn listed(&mut self, list: Result<JobList, String>, asked_at: Timestamp, now: Timestamp) {
        self.jobs.listing = false;
        self.jobs.next_list = later(now, i64::try_from(self.limits.job_poll.as_millis()).unwrap_or(1000).max(10));
        let Ok(list) = list else { return };
        let is_left_over =
            |j: &Job| j.ended.is_none() && self.jobs.watched.as_ref().is_some_and(|w| !w.contains(&j.name));
        if list.jobs.iter().any(is_left_over) {
            self.jobs.next_list = self.jobs.next_list.min(later(now, LEFT_OVER_MILLIS));
        }
        self.jobs.listed_at = Some(asked_at);
        self.jobs.orphans.retain(|orphan| orphan.shown_from.is_none_or(|from| from > asked_at));
        self.take_jobs(list, Some(asked_at), now);
    }

    /// What a watch sees. Before the first list nothing follows from it; what it lacks is asked for by a list.
    pub fn seen(&mut self, mut list: JobList, now: Timestamp) {
        let there: BTreeSet<Arc<str>> = list.jobs.iter().map(|j| j.name.clone()).collect();
        self.jobs.watched = Some(there.clone());
        if self.jobs.listed_at.is_none() {
            return;
        }
        // What a list told with the Jobs' pods: an end does not change any more.
        let ends: BTreeMap<&Arc<str>, &Job> =
            self.jobs.all.iter().filter(|j| j.ended.is_some()).map(|j| (&j.uid, j)).collect();
        for job in list.jobs.iter_mut().filter(|j| j.ended.is_none()) {
            ends.get(&job.uid).into_iter().for_each(|ended| *job = (*ended).clone());
        }
        let unseen = |j: &&Job| j.ended.is_none() && !there.contains(&j.name);
        let missing: Vec<Job> = self.jobs.all.iter().filter(unseen).cloned().collect();
        if !missing.is_empty() {
            self.jobs.next_list = now;
            list.jobs.extend(missing);
            list.jobs.sort_by(|a, b| a.name.cmp(&b.name));
        }
        self.take_jobs(list, None, now);
    }

    fn take_jobs(&mut self, list: JobList, listed_at: Option<Timestamp>, now: Timestamp) {
        let JobList { jobs: mut list, daily_runs } = list;
        ended_by(now, &mut list, &self.jobs.all);
        self.jobs.removing.retain(|name, _| list.iter().any(|j| j.name == *name));
        self.undecided |= self.jobs.daily_runs != daily_runs;
        self.jobs.daily_runs = daily_runs;
        let mut by_uid: BTreeMap<&str, Vec<&Job>> = BTreeMap::new();
        list.iter().for_each(|j| by_uid.entry(&j.coverage).or_default().push(j));
        let mut ended = Vec::new();
        for state in self.coverages.values_mut() {
            let jobs = by_uid.get(&*state.coverage.uid).map(Vec::as_slice).unwrap_or_default();
            if state.take_jobs(jobs, listed_at, now) {
                ended.push(state.coverage.table.clone());
            }
        }
        if list != self.jobs.all {
            self.undecided = true;
            self.coverages.values_mut().for_each(|s| s.dirty = true);
            self.jobs.all = list;
            let unread = self.coverages.values().filter(|s| self.unread(s).next().is_some());
            ended.extend(unread.map(|s| s.coverage.table.clone()));
        }
        for table in ended {
            self.look_when_settled(&table);
        }
    }

    /// The table of an ended Job is looked at as soon as its data must be visible.
    fn look_when_settled(&mut self, table: &Table) {
        let own = self.coverages.values().filter(|s| s.coverage.table == *table);
        let attempts = |s: &CoverageState| s.ledger.attempts.iter().filter_map(|a| s.settled_at(a)).min();
        let settled = own.filter_map(|s| attempts(s).into_iter().chain(self.unread(s).map(|(at, _)| at)).min()).min();
        let watches = self.watches.iter_mut().filter(|(id, _)| id.table == *table);
        watches.for_each(|(_, w)| settled.into_iter().for_each(|at| w.look.no_later_than(at)));
    }

    /// Ended Jobs of a coverage's table with dates whose data it has not read yet, and when that must be visible. Beside
    /// those of its attempts: Jobs whose owner is gone, or whose record was wiped. What was read before says nothing of
    /// their dates.
    pub(super) fn unread<'a>(&'a self, state: &'a CoverageState) -> impl Iterator<Item = (Timestamp, &'a Job)> {
        let own = self.jobs.all.iter().filter(|j| state.is_filled_by(j));
        let due = |j: &'a Job| j.ended.map(|(at, _)| (state.visible_at(at), j));
        own.filter_map(due).filter(|(at, job)| state.book.is_behind(&job.dates, *at))
    }

    /// Their dates. Another coverage of the table may have read them already, and need not wait for this one's `settle`.
    pub(super) fn unread_dates(&self, state: &CoverageState) -> DateSet {
        self.unread(state).flat_map(|(at, job)| state.book.behind(&job.dates, at)).collect()
    }

    /// Lists Jobs when something depends on it: at the start, and while an attempt has a live Job.
    pub(super) fn list_jobs(&mut self, now: Timestamp) -> Option<Call> {
        let unsettled = |s: &CoverageState| s.ledger.attempts.iter().any(|a| !matches!(a.stage, Stage::Ended { .. }));
        let needed = self.jobs.listed_at.is_none()
            || !self.jobs.orphans.is_empty()
            || self.jobs.all.iter().any(|j| j.ended.is_none())
            || self.coverages.values().any(unsettled);
        // Jobs mean something only beside the ledgers that launched them.
        if self.loading != Loading::Done || self.jobs.listing || !needed || self.jobs.next_list > now {
            return None;
        }
        self.jobs.listing = true;
        Some(Call::ListJobs)
    }

    /// Recorded attempts without a Job are created, under the same name each time. Whatever holds launches now holds these,
    /// too: a pause holds at whatever point it comes.
    pub(super) fn creates(&mut self, now: Timestamp) -> Vec<Call> {
        let Some(listed_at) = self.jobs.listed_at.filter(|_| self.limits.launches) else { return Vec::new() };
        let mut calls = Vec::new();
        for state in self.coverages.values_mut().filter(|s| !s.saving && s.ledger == *s.saved) {
            let Some(proof) = state.proof.clone() else { continue };
            let is_suspended = self.seasons.get(&state.coverage.season).is_none_or(|s| s.season.suspend);
            let is_off = self.launches_off.contains(&state.coverage.key.namespace);
            if state.is_paused(is_suspended, is_off) {
                continue;
            }
            for launch in state.launches(listed_at, now) {
                state.creating.insert(launch.launch);
                calls.push(Call::Create(Box::new(launch), proof.clone()));
            }
        }
        calls
    }

    /// A create was answered.
    pub(super) fn created(&mut self, launch: &Launch, created: Created, now: Timestamp) {
        if matches!(created, Created::Unclear(_)) {
            self.jobs.next_list = now;
        }
        let own = |o: &&mut Orphan| o.coverage == launch.uid && o.launch == launch.launch;
        if let Some(orphan) = self.jobs.orphans.iter_mut().find(own) {
            (orphan.shown_from, self.jobs.next_list) = (Some(now), now);
        }
        let Some(state) = self.coverages.get_mut(&launch.coverage).filter(|s| s.coverage.uid == launch.uid) else {
            return;
        };
        state.creating.remove(&launch.launch);
        state.dirty = true;
        let (permanent, why) = match created {
            Created::New(uid) | Created::Ours(uid) => {
                state.refused = None;
                state.created_at.insert(launch.launch, now);
                return state.ledger.created(launch.launch, &uid);
            }
            Created::Unclear(_) => return state.unclear = Some(now),
            Created::Refused { permanent, why } => (permanent, why),
            Created::Foreign => {
                (true, format!("NameTaken: a Job `{}` of somebody else is there; remove it", launch.name))
            }
        };
        self.events.push(super::events::refused(launch, &why, now));
        state.ledger.forget(launch.launch);
        if permanent {
            return state.stalled = Some(why);
        }
        // Creates that were under way together are refused together: that counts once.
        let times = state.refused.as_ref().map_or(1, |(until, n, _)| n + u32::from(*until <= now));
        state.refused = Some((look_again(now, times), times, why.into()));
    }

    /// Finished Jobs beyond the history limits whose attempts are settled, in the store too: another process that still
    /// finds such an attempt would find its Job lost.
    pub(super) fn removals(&mut self, now: Timestamp) -> Vec<Call> {
        let mut calls = Vec::new();
        for state in self.coverages.values() {
            let is_settled = |launch| state.ledger.attempt(launch).is_none() && state.saved.attempt(launch).is_none();
            let settled = |j: &&Job| j.coverage == state.coverage.uid && is_settled(j.launch);
            let mut done: Vec<&Job> = self.jobs.all.iter().filter(settled).filter(|j| j.ended.is_some()).collect();
            done.sort_by_key(|j| std::cmp::Reverse(j.launch));
            let (good, bad): (Vec<&Job>, Vec<&Job>) =
                done.into_iter().partition(|j| matches!(j.ended, Some((_, End::Succeeded))));
            // Of a launch that is settled nothing may go on: it was created by somebody who did not know.
            let known = |launch: u64| state.ledger.recent.iter().find(|s| s.launch == launch);
            let live = self.jobs.all.iter().filter(settled).filter(|j| j.ended.is_none() && known(j.launch).is_some());
            let beyond = good.into_iter().skip(KEPT_SUCCESSES).chain(bad.into_iter().skip(KEPT_FAILURES));
            let over = |j: &Job, at: Timestamp| known(j.launch).map_or(at, |settled| at.max(settled.at));
            let old = |j: &&Job| j.ended.is_some_and(|(at, _)| later(over(j, at), KEPT_MILLIS) <= now);
            let free = |j: &&Job| self.jobs.removing.get(&j.name).is_none_or(|again| *again <= now);
            calls.extend(live.chain(beyond.filter(old)).filter(free).cloned());
        }
        self.jobs.removing.extend(calls.iter().map(|j| (j.name.clone(), Timestamp::MAX)));
        calls.into_iter().map(Call::Remove).collect()
    }

    /// A removal was answered. One that was accepted is not asked for again, however long a finalizer of somebody else
    /// holds the Job: until no list shows it, it is there.
    pub(super) fn removed(&mut self, name: Arc<str>, accepted: bool, now: Timestamp) {
        let again = if accepted { Timestamp::MAX } else { later(now, REMOVE_AGAIN_MILLIS) };
        self.jobs.removing.insert(name, again);
    }
}

impl CoverageState {
    /// Whether nothing is to be created though it is recorded.
    fn is_paused(&self, is_suspended: bool, is_off: bool) -> bool {
        self.coverage.suspend
            || is_suspended
            || is_off
            || self.doubt.is_some()
            || self.coverage.fill.mode == Mode::Observe
    }

    /// What is to be created now, given a list of Jobs that was asked for at that instant.
    fn launches(&self, listed_at: Timestamp, now: Timestamp) -> Vec<Launch> {
        // After an unclear answer only a list that is younger tells whether the Job is there.
        let unclear = self.unclear.is_some_and(|at| listed_at <= at);
        if unclear || self.refused.as_ref().is_some_and(|(until, _, _)| *until > now) {
            return Vec::new();
        }
        // After a refusal one create tells whether there is room again: the others would be refused with it.
        let most = if self.refused.is_none() { usize::MAX } else { usize::from(self.creating.is_empty()) };
        let recorded = self.ledger.attempts.iter().filter(|a| a.stage == Stage::Recorded);
        let next = recorded.filter(|a| !self.creating.contains(&a.launch) && a.recorded_at.max(listed_at) <= now);
        next.filter_map(|attempt| launch(&self.coverage, attempt, self)).take(most).collect()
    }

    /// Whether an attempt ended. Only a list can say that a Job is not there.
    fn take_jobs(&mut self, jobs: &[&Job], listed_at: Option<Timestamp>, now: Timestamp) -> bool {
        let highest = jobs.iter().map(|j| j.launch).max().unwrap_or(0);
        // Before the ledger was read nothing is known to be lost.
        self.rebuilt |= self.proof.is_some() && highest > self.ledger.launches;
        self.ledger.launches = self.ledger.launches.max(highest);
        let mut ended = false;
        for attempt in self.ledger.attempts.clone() {
            // Another Job of the same name is not the one that was created: the attempt's own is gone.
            let own = |j: &&&Job| !matches!(&attempt.stage, Stage::Created { uid } if *uid != j.uid);
            let job = jobs.iter().find(|j| j.launch == attempt.launch).filter(own);
            match (job.map(|j| (j, j.ended)), &attempt.stage) {
                (_, Stage::Ended { .. }) => {}
                (Some((job, Some((at, end)))), _) => {
                    self.ledger.ended(attempt.launch, at, end, job.message.clone());
                    ended = true;
                }
                (Some((job, None)), _) => self.ledger.created(attempt.launch, &job.uid),
                (None, _) if listed_at.is_none_or(|at| self.was_created_since(attempt.launch, at)) => {}
                (None, Stage::Created { .. }) => {
                    self.ledger.ended(attempt.launch, now, End::Lost, "the Job is gone".into());
                    ended = true;
                }
                (None, Stage::Recorded) if later(attempt.recorded_at, NEVER_STARTED_MILLIS) <= now => {
                    self.ledger.ended(attempt.launch, now, End::NeverStarted, "the Job never came to be".into());
                    ended = true;
                }
                (None, Stage::Recorded) => {}
            }
        }
        self.dirty |= ended;
        ended
    }

    fn was_created_since(&self, launch: u64, asked_at: Timestamp) -> bool {
        self.creating.contains(&launch) || self.created_at.get(&launch).is_some_and(|at| *at >= asked_at)
    }

    /// When the data of an ended attempt must be visible.
    pub(super) fn settled_at(&self, attempt: &Attempt) -> Option<Timestamp> {
        let Stage::Ended { at, .. } = attempt.stage else { return None };
        Some(self.visible_at(at))
    }

    /// When the data of a Job must be visible.
    fn visible_at(&self, ended: Timestamp) -> Timestamp {
        self.coverage.fill.settle.after(ended, &jiff::tz::TimeZone::UTC)
    }
}

/// What has ended has ended by now. A clock that was ahead then says otherwise, and what follows an end would wait as long:
/// such a Job ended when that was seen first.
fn ended_by(now: Timestamp, jobs: &mut [Job], known: &[Job]) {
    for job in jobs {
        let Some((at, end)) = job.ended.filter(|(at, _)| *at > now) else { continue };
        let seen = known.iter().find(|k| k.uid == job.uid).and_then(|k| k.ended).map_or(now, |(at, _)| at);
        job.ended = Some((at.min(seen), end));
    }
}

/// What the launcher needs, from a recorded attempt; `None` where its rung is gone: then it never starts.
fn launch(coverage: &Coverage, attempt: &Attempt, state: &CoverageState) -> Option<Launch> {
    let rung = coverage.fill.ladder.iter().find(|r| r.name == attempt.rung)?;
    let judged =
        |d| state.judged.binary_search_by_key(&d, |(date, _)| *date).ok().map(|at| &state.judged[at].1.judgement);
    let missing = attempt.dates.iter().filter_map(|d| Some((d, judged(d)?.missing.clone()))).collect();
    let first = attempt.dates.first().and_then(judged);
    Some(Launch {
        coverage: coverage.key.clone(),
        uid: coverage.uid.clone(),
        name: job_name(&coverage.key.name, &coverage.uid, attempt.launch),
        launch: attempt.launch,
        rung: attempt.rung.clone(),
        cron_job: rung.cron_job.clone(),
        container: rung.container.clone(),
        dates: attempt.dates.clone(),
        tokens: attempt.tokens.clone(),
        number: attempt.number,
        reason: first.map_or("", |j| j.verdict.reason()),
        missing,
        deadline_seconds: coverage.fill.deadline.as_seconds(),
        target: state.target_of(attempt).clone(),
    })
}
