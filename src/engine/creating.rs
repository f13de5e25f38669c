//! Step 2 of every launch: recorded attempts are created, and what follows from the answers. What is recorded alone says
//! which step is next, so a crash between any two steps changes nothing.

use std::sync::Arc;

use super::call::Call;
use super::coverage::CoverageState;
use super::overview::Event;
use super::ports::Created;
use super::world::World;
use crate::domain::dates::Timestamp;
use crate::domain::ledger::{Attempt, Launch, Stage, job_name};
use crate::domain::policy::{Coverage, Mode};

impl World {
    /// Recorded attempts without a Job are created, under the same name each time. Whatever holds launches now holds these,
    /// too: a pause holds at whatever point it comes.
    pub(super) fn creates(&mut self, now: Timestamp) -> Vec<Call> {
        let Some(listed_at) = self.jobs.listed_at.filter(|_| self.limits.launches && !self.is_holding) else {
            return Vec::new();
        };
        let mut calls = Vec::new();
        for state in self.coverages.values_mut().filter(|s| !s.saved.is_under_way() && *s.ledger == *s.saved.ledger()) {
            let Some(proof) = state.saved.proof().cloned() else { continue };
            let is_suspended = self.seasons.get(&state.coverage.season).is_none_or(|s| s.season.suspend);
            let is_off = self.launches_off.contains(&state.coverage.key.namespace);
            if state.is_paused(is_suspended, is_off) {
                continue;
            }
            for launch in state.launches(listed_at, now) {
                state.creates.begin(launch.launch);
                calls.push(Call::Create(Box::new(launch), proof.clone()));
            }
        }
        calls
    }

    /// A create was answered.
    pub(super) fn created(&mut self, launch: &Launch, created: Created, now: Timestamp) {
        self.jobs.orphan_created(launch, now);
        let Some(state) = self.coverages.get_mut(&launch.coverage).filter(|s| s.coverage.uid == launch.uid) else {
            return;
        };
        let is_refused = matches!(created, Created::Refused { .. } | Created::Foreign);
        let was_recorded = state.ledger.attempt(launch.launch).is_some();
        self.events.extend(state.take_created(launch, created, now));
        // Only a list shows what became of it, and nothing depends on that before the next try.
        if let Some(unclear) = state.creates.unclear().filter(|unclear| unclear.at == now) {
            let next = self.jobs.next_list;
            self.jobs.next_list = if next > now { next.min(unclear.until) } else { unclear.until };
        }
        if let Some(draw) = launch.draw.as_ref().filter(|_| is_refused && was_recorded) {
            self.refund(&launch.coverage.namespace, &launch.uid, draw);
        }
    }
}

impl CoverageState {
    /// Whether nothing is to be created though it is recorded.
    fn is_paused(&self, is_suspended: bool, is_off: bool) -> bool {
        self.coverage.suspend
            || self.verdicts.stalled().is_some()
            || is_suspended
            || is_off
            || self.verdicts.doubt().is_some()
            || self.coverage.fill.mode == Mode::Observe
    }

    /// What follows from the answer to a create.
    fn take_created(&mut self, launch: &Launch, created: Created, now: Timestamp) -> Vec<Event> {
        self.creates.answered(launch.launch);
        let (lasts, why) = match created {
            Created::New(uid) | Created::Ours(uid) => {
                self.creates.exists(launch.launch, now);
                return self.exists(launch.launch, &uid, now);
            }
            Created::Unclear(_) => {
                self.creates.not_answered(now);
                return Vec::new();
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
        let event = super::events::refused(launch, &why, now);
        self.creates.refuse(why, lasts, now).then_some(event).into_iter().collect()
    }

    /// The Job of a launch exists. The first time, that is an event.
    pub(super) fn exists(&mut self, launch: u64, uid: &Arc<str>, now: Timestamp) -> Vec<Event> {
        let recorded = self.ledger.attempt(launch).filter(|a| a.stage == Stage::Recorded);
        let Some(attempt) = recorded else { return Vec::new() };
        let first = attempt.dates.first();
        let reason = first.and_then(|date| self.verdicts.judgement(date)).map(|j| j.judgement.verdict.reason());
        let event = super::events::launched(&self.coverage.key, attempt, reason.unwrap_or_default(), now);
        self.ledger.created(launch, uid);
        vec![event]
    }

    /// What is to be created now, given a list of Jobs that was asked for at that instant.
    fn launches(&self, listed_at: Timestamp, now: Timestamp) -> Vec<Launch> {
        let most = self.creates.most(listed_at, now);
        let recorded = self.ledger.attempts.iter().filter(|a| a.stage == Stage::Recorded);
        let next = recorded.filter(|a| !self.creates.is_under_way(a.launch) && a.recorded_at.max(listed_at) <= now);
        next.filter_map(|attempt| launch(&self.coverage, attempt, self)).take(most).collect()
    }
}

/// What the launcher needs, from a recorded attempt; `None` where its rung is gone: then it never starts.
fn launch(coverage: &Coverage, attempt: &Attempt, state: &CoverageState) -> Option<Launch> {
    let rung = coverage.fill.ladder.iter().find(|r| r.name == attempt.rung)?;
    let judged = |date| state.verdicts.judgement(date).map(|judged| &judged.judgement);
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
        draw: attempt.draw.clone(),
    })
}
