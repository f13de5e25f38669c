//! What the list of Jobs says of attempts, and which calls on Jobs follow. What is recorded alone says which step is
//! next, so a crash between any two steps changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::call::Call;
use super::claims::Orphan;
use super::known_jobs::Jobs;
use super::look::later;
use super::overview::Event;
use super::ports::{Created, JobList};
use super::refusal::{Refusal, Unclear};
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
        let Ok(mut list) = list else { return };
        self.jobs.date_ends(&mut list.jobs, now);
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
        self.jobs.date_ends(&mut list.jobs, now);
        // What a list told with the Jobs' pods: an end does not change any more.
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
        self.undecided |= self.jobs.daily_runs != daily_runs;
        self.jobs.daily_runs = daily_runs;
        let changed = self.jobs.replace(list);
        let mut ended = Vec::new();
        for state in self.coverages.values_mut() {
            let (events, has_ended) = state.take_jobs(&self.jobs, listed_at, now);
            self.events.extend(events);
            state.dirty |= changed.contains(&state.coverage.uid);
            ended.extend(has_ended.then(|| state.coverage.table.clone()));
        }
        if !changed.is_empty() {
            self.undecided = true;
            self.recognize(now);
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
        // Older ends lie before what was confirmed last, too.
        let may_be = state.all_names().flat_map(|table| {
            let due = self.jobs.ended(table).map(|(at, job)| (state.visible_at(at), job));
            due.take_while(|(at, _)| state.book.confirmed_at.is_none_or(|all| all < *at))
        });
        may_be.filter(|(at, job)| state.is_filled_by(job) && state.book.is_behind(&job.dates, *at))
    }

    /// Their dates. Another coverage of the table may have read them already, and need not wait for this one's `settle`.
    pub(super) fn unread_dates(&self, state: &CoverageState) -> DateSet {
        self.unread(state).flat_map(|(at, job)| state.book.behind(&job.dates, at)).collect()
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

    /// When Jobs are to be listed; nothing while nothing depends on it.
    pub(super) fn next_list(&self) -> Option<Timestamp> {
        let is_needed =
            self.jobs.listed_at.is_none() || !self.jobs.orphans.is_empty() || self.jobs.live().next().is_some();
        let needed_at = |s: &CoverageState| s.list_needed_at(self.jobs.listed_at);
        let at = match is_needed {
            true => Timestamp::MIN,
            false => self.coverages.values().filter_map(needed_at).min()?,
        };
        Some(self.jobs.next_list.max(at))
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
        let own = |o: &&mut Orphan| o.coverage == launch.uid && o.launch == launch.launch;
        if let Some(orphan) = self.jobs.orphans.iter_mut().find(own) {
            (orphan.shown_from, self.jobs.next_list) = (Some(now), now);
        }
        let Some(state) = self.coverages.get_mut(&launch.coverage).filter(|s| s.coverage.uid == launch.uid) else {
            return;
        };
        self.events.extend(state.take_created(launch, created, now));
        // Only a list tells what became of it, and nothing depends on that before the next try.
        if let Some(unclear) = state.unclear.as_ref().filter(|unclear| unclear.at == now) {
            let next = self.jobs.next_list;
            self.jobs.next_list = if next > now { next.min(unclear.until) } else { unclear.until };
        }
    }

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
            // Of a launch that is settled nothing may go on: it was created by a process that did not know.
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
            || self.stalled.is_some()
            || is_suspended
            || is_off
            || self.doubt.is_some()
            || self.coverage.fill.mode == Mode::Observe
    }

    /// What follows from the answer to a create.
    fn take_created(&mut self, launch: &Launch, created: Created, now: Timestamp) -> Option<Event> {
        self.creating.remove(&launch.launch);
        self.dirty = true;
        let (lasts, why) = match created {
            Created::New(uid) | Created::Ours(uid) => {
                (self.refused, self.unclear) = (None, None);
                self.created_at.insert(launch.launch, now);
                return self.exists(launch.launch, &uid, now);
            }
            Created::Unclear(_) => {
                self.unclear = Some(Unclear::new(self.unclear.as_ref(), now));
                return None;
            }
            Created::Refused { permanent, why } => {
                self.ledger.refused(launch.launch);
                (permanent, why)
            }
            // It may be ours, with a forged identity: another name would make a second Job.
            Created::Foreign => {
                self.ledger.refused(launch.launch);
                let name = &launch.name;
                (
                    true,
                    format!(
                        "NameTaken: a Job `{name}` that gapless did not make has the name of the launch; remove it"
                    ),
                )
            }
        };
        let is_news = self.refused.as_ref().is_none_or(|old| *old.why != why);
        let event = is_news.then(|| super::events::refused(launch, &why, now));
        self.refused = Some(Refusal::new(self.refused.as_ref(), why.into(), lasts, now));
        event
    }

    /// The Job of a launch exists; tells that it was launched, the first time.
    fn exists(&mut self, launch: u64, uid: &Arc<str>, now: Timestamp) -> Option<Event> {
        let attempt = self.ledger.attempt(launch).filter(|a| a.stage == Stage::Recorded)?;
        let reason = attempt.dates.first().and_then(|date| self.judgement(date)).map(|j| j.judgement.verdict.reason());
        let event = super::events::launched(&self.coverage.key, attempt, reason.unwrap_or_default(), now);
        self.ledger.created(launch, uid);
        Some(event)
    }

    /// What is to be created now, given a list of Jobs that was asked for at that instant.
    fn launches(&self, listed_at: Timestamp, now: Timestamp) -> Vec<Launch> {
        let unclear = self.unclear.as_ref().is_some_and(|unclear| unclear.holds(listed_at, now));
        if unclear || self.refused.as_ref().is_some_and(|refusal| refusal.holds(now)) {
            return Vec::new();
        }
        // After a create that went wrong one tells whether all is well again: the others would go wrong with it.
        let is_well = self.refused.is_none() && self.unclear.is_none();
        let most = if is_well { usize::MAX } else { usize::from(self.creating.is_empty()) };
        let recorded = self.ledger.attempts.iter().filter(|a| a.stage == Stage::Recorded);
        let next = recorded.filter(|a| !self.creating.contains(&a.launch) && a.recorded_at.max(listed_at) <= now);
        next.filter_map(|attempt| launch(&self.coverage, attempt, self)).take(most).collect()
    }

    /// When a launch was settled, in the store too, where that is known; nothing where it is not settled.
    fn settled_job(&self, launch: u64) -> Option<Option<Timestamp>> {
        let is_open = self.ledger.attempt(launch).is_some() || self.saved.attempt(launch).is_some();
        let settled = || self.ledger.recent.iter().rev().find(|s| s.launch == launch).map(|settled| settled.at);
        (!is_open).then(settled)
    }

    /// When a list of Jobs is needed for its attempts, given when the last one was asked for.
    fn list_needed_at(&self, listed_at: Option<Timestamp>) -> Option<Timestamp> {
        let needed_at = |attempt: &Attempt| match attempt.stage {
            Stage::Ended { .. } => None,
            Stage::Created { .. } => Some(Timestamp::MIN),
            Stage::Recorded => {
                let unclear = self.unclear.as_ref().filter(|unclear| listed_at.is_none_or(|at| at <= unclear.at));
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
                (None, _) if listed_at.is_none_or(|at| self.was_created_since(launch, at)) => {}
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
        self.dirty |= ended || !events.is_empty();
        (events, ended)
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
        aliases: attempt.aliases.clone(),
    })
}
