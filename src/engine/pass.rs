//! One pass: sync, total, from the world to the calls that follow. Each pass takes the one next step of each attempt.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::SignedDuration;

use super::book::Terms;
use super::call::{Answered, Call, Reply};
use super::overview::Event;
use super::ports::{Recorded, SaveFault, Stored};
use super::world::{CoverageState, Loading, World, later, look_again};
use crate::domain::admit::{Admission, Decision, Pools, Wanting, admit};
use crate::domain::assess::{Situation, assess};
use crate::domain::dates::{Date, Timestamp, shift};
use crate::domain::judge::Judged;
use crate::domain::ledger::{After, Attempt, Before, Ledger, Stage};
use crate::domain::policy::Key;
use crate::domain::schedule::{Calendar, calendar};
use crate::domain::state::{Cell, Hold};
use crate::domain::suspicion::{AGREEING_READS, is_suspect};
use crate::domain::verdict::{Unknown, UnknownReason, Verdict};

/// Last good facts say nothing any more after three cadences, but stand at least an hour (design §3).
const TOO_OLD_MILLIS: i64 = 60 * 60 * 1000;
/// A complete date this old is settled: its units are forgotten (design §13).
const SETTLED_DAYS: i32 = 30;

impl World {
    /// Takes one answer in; some lead to a call at once.
    pub fn receive(&mut self, answered: Answered, now: Timestamp) -> Option<Call> {
        let asked_at = answered.asked_at;
        self.in_flight = self.in_flight.saturating_sub(1);
        self.undecided |= !matches!(answered.reply, Reply::Marked(..) | Reply::ScheduleMarked(..));
        match answered.reply {
            Reply::Loaded(stored) => self.loaded(stored, now),
            Reply::Jobs(list) => self.listed(list, asked_at, now),
            Reply::Marked(id, mark) => return self.marked(&id, mark, asked_at, now),
            Reply::Probed(id, keys, probes, answer) => self.probed(&id, &keys, &probes, answer, asked_at, now),
            Reply::ScheduleMarked(key, mark) => return self.schedule_marked(&key, mark, now),
            Reply::ScheduleRead(key, reading) => self.schedule_read(&key, reading, now),
            Reply::Saved(key, ledger, result) => self.saved(&key, &ledger, result, now),
            Reply::Created(launch, created) => self.created(&launch, created, now),
            Reply::Removed(name, result) => {
                self.jobs.removing.remove(&name);
                if result.is_ok() {
                    self.jobs.all.retain(|j| j.name != name);
                }
            }
        }
        None
    }

    /// What is to be called now. An unchanged world costs nothing and gives nothing.
    pub fn pass(&mut self, now: Timestamp) -> Vec<Call> {
        let mut calls = Vec::new();
        if let Loading::Wanted { not_before } = self.loading
            && not_before <= now
        {
            self.loading = Loading::Sent;
            calls.push(Call::Load);
        }
        calls.extend(self.list_jobs(now));
        self.refresh_calendars(now);
        calls.extend(self.looks_when_scheduled(now));
        if self.loading == Loading::Done {
            self.assess_all(now);
            self.decide(now);
            if !self.read_only {
                self.record(now);
                calls.extend(self.saves(now));
                calls.extend(self.creates(now));
                calls.extend(self.removals(now));
            }
        }
        calls
    }

    /// Tables are looked at once their seasons know their dates: before, nobody knows what to ask.
    fn looks_when_scheduled(&mut self, now: Timestamp) -> Vec<Call> {
        let waiting = |k: &Key| self.seasons.get(k).is_some_and(|s| !s.is_known());
        let early: Vec<_> = self
            .watches
            .iter()
            .filter(|(_, w)| {
                w.coverages.iter().any(|k| self.coverages.get(k).is_some_and(|c| waiting(&c.coverage.season)))
            })
            .map(|(id, _)| id.clone())
            .collect();
        let mut calls = self.looks(now);
        calls.retain(|call| match call {
            Call::Mark(id, _) if early.contains(id) => {
                if let Some(watch) = self.watches.get_mut(id) {
                    (watch.look.busy, watch.look.next) = (false, now);
                }
                false
            }
            _ => true,
        });
        calls
    }

    fn refresh_calendars(&mut self, now: Timestamp) {
        for (key, state) in &mut self.seasons {
            if !state.dirty && now < state.calendar.valid_until {
                continue;
            }
            let unread = Unknown::new(UnknownReason::NotProbed, "the schedule was not read yet");
            let facts = state.facts.as_deref().ok_or(state.failure.as_ref().unwrap_or(&unread));
            let new = calendar(&state.season, facts, now);
            state.dirty = false;
            let changed = new.days != state.calendar.days || new.today != state.calendar.today;
            state.calendar = Arc::new(new);
            self.revision += u64::from(changed);
            if changed {
                let mut own = self.coverages.values_mut().filter(|c| c.coverage.season == *key);
                own.by_ref().for_each(|c| c.dirty = true);
                self.watches.values_mut().for_each(|w| w.look.no_later_than(now));
            }
        }
    }

    /// Judges and assesses what changed, or whose time is up. A panic stalls the one coverage that caused it.
    fn assess_all(&mut self, now: Timestamp) {
        let keys: Vec<Key> = self
            .coverages
            .iter()
            .filter(|(_, s)| s.dirty || s.assessment.valid_until.is_some_and(|at| at <= now))
            .map(|(k, _)| k.clone())
            .collect();
        for key in keys {
            let assessed = catch_unwind(AssertUnwindSafe(|| self.assess_one(&key, now)));
            if assessed.is_err()
                && let Some(state) = self.coverages.get_mut(&key)
            {
                state.dirty = false;
                state.stalled = Some("gapless itself failed on this object; please report it with its spec".into());
            }
        }
    }

    fn assess_one(&mut self, key: &Key, now: Timestamp) {
        let Some(mut state) = self.coverages.remove(key) else { return };
        if let Some(season) = self.seasons.get(&state.coverage.season) {
            let calendar = season.calendar.clone();
            state.judge(&calendar, now);
            state.note_look();
            let mut events = state.settle(now);
            if std::mem::take(&mut state.rebuilt) {
                events.push(super::events::rebuilt(key, state.ledger.launches, now));
            }
            let own: Vec<_> = self.jobs.all.iter().filter(|j| j.coverage == state.coverage.uid).cloned().collect();
            let assessment = assess(&Situation {
                coverage: &state.coverage,
                calendar: &calendar,
                judged: &state.judged,
                ledger: &state.ledger,
                jobs: &own,
                orders: Some(&season.orders),
                hold: state.hold(season.season.suspend, self.launches_off.contains(&key.namespace), now),
                now,
            });
            let before = std::mem::replace(&mut state.assessment, assessment);
            events.extend(state.note_changes(&before.cells, now));
            let changed = state.assessment.cells != before.cells || state.ledger != *state.saved;
            state.untold |= changed;
            self.revision += u64::from(changed);
            self.events.extend(events);
        }
        state.dirty = false;
        self.undecided = true;
        self.coverages.insert(key.clone(), state);
    }

    /// One decision over all coverages, when something changed or slow start lets more through.
    fn decide(&mut self, now: Timestamp) {
        if !std::mem::take(&mut self.undecided) && self.ramp.allowance(now) == self.ramp.allowance(self.decided_at) {
            return;
        }
        self.decided_at = now;
        let ready = self.jobs.listed_at.is_some();
        let wanting: Vec<Wanting<'_>> =
            self.coverages.values().filter(|s| ready && s.may_launch()).map(CoverageState::wanting).collect();
        if wanting.iter().all(|w| w.wants.is_empty()) {
            return self.take_decision(Decision::default());
        }
        let pools = Pools {
            max_jobs: self.limits.max_jobs,
            live_jobs: self.coverages.values().map(CoverageState::live).sum(),
            taken: self.taken(),
            daily_runs: self.jobs.daily_runs.clone(),
            launches_off: !self.limits.launches,
            ramp: self.ramp,
            lanes: self.lanes.clone(),
        };
        let decision = admit(&wanting, &pools, now);
        self.take_decision(decision);
    }

    /// A hold that only the whole operator knows is part of what people see.
    fn take_decision(&mut self, decision: Decision) {
        for (key, state) in &mut self.coverages {
            let changed = self.decision.refused.get(key) != decision.refused.get(key);
            state.untold |= changed;
            self.revision += u64::from(changed);
        }
        self.decision = decision;
    }

    /// Step 1 of every admitted launch.
    fn record(&mut self, now: Timestamp) {
        for admission in std::mem::take(&mut self.decision.launches) {
            let Some(state) = self.coverages.get_mut(&admission.coverage) else { continue };
            let before = state.before(&admission);
            state.ledger = state.ledger.record(&admission.admitted, before, now);
            state.dirty = true;
            self.ramp.launched = self.ramp.launched.saturating_add(1);
            self.lanes.push(admission.lane);
            let event = super::events::launched(&admission, state.ledger.launches, now);
            self.events.push(event);
        }
        let keep = self.lanes.len().saturating_sub(3);
        self.lanes.drain(..keep);
    }

    /// Every ledger that differs from what is saved, and every view that differs from what people see; one write
    /// carries both.
    fn saves(&mut self, now: Timestamp) -> Vec<Call> {
        let every = self.limits.report_every;
        let due = |s: &CoverageState| !s.saving && s.save_at(every).is_some_and(|at| at <= now);
        let keys: Vec<Key> = self.coverages.iter().filter(|(_, s)| due(s)).map(|(k, _)| k.clone()).collect();
        let mut calls = Vec::new();
        for key in keys {
            let view = self.coverages.get(&key).filter(|s| every.is_some() && s.was_seen()).map(|s| self.view(s));
            let Some(state) = self.coverages.get_mut(&key) else { continue };
            state.saving = true;
            state.told_at = now;
            state.untold &= view.is_none();
            calls.push(Call::Save {
                coverage: key,
                uid: state.coverage.uid.clone(),
                at: state.proof.as_ref().map_or(0, |p| p.version()),
                ledger: Arc::new(state.ledger.clone()),
                view: view.map(Box::new),
            });
        }
        calls
    }

    fn saved(&mut self, key: &Key, ledger: &Arc<Ledger>, result: Result<Recorded, SaveFault>, now: Timestamp) {
        let Some(state) = self.coverages.get_mut(key) else { return };
        state.saving = false;
        state.dirty = true;
        match result {
            Ok(proof) => {
                state.saved = ledger.clone();
                state.proof = Some(proof);
                state.save_faults = 0;
            }
            // Whatever was decided on a ledger that is not the stored one is decided again.
            Err(_) => {
                state.save_faults += 1;
                state.save_after = look_again(now, state.save_faults - 1);
                state.untold = true;
                self.loading = Loading::Wanted { not_before: state.save_after };
            }
        }
    }

    fn loaded(&mut self, stored: Result<Vec<Stored>, String>, now: Timestamp) {
        let Ok(stored) = stored else {
            self.loading = Loading::Wanted { not_before: later(now, 2000) };
            return;
        };
        self.loading = Loading::Done;
        for Stored { coverage, uid, ledger, version } in stored {
            let Some(state) = self.coverages.get_mut(&coverage).filter(|s| s.coverage.uid == uid) else { continue };
            // A save that is under way, or younger than this read, knows better.
            if state.saving || state.proof.as_ref().is_some_and(|p| p.version() >= version) {
                continue;
            }
            let launches = state.ledger.launches;
            state.saved = Arc::new(ledger.clone());
            state.ledger = ledger;
            state.ledger.launches = state.ledger.launches.max(launches);
            state.ledger.rebase(state.coverage.fill_fingerprint);
            state.proof = Some(Recorded::acknowledged(version));
            state.dirty = true;
        }
    }
}

impl CoverageState {
    /// Judges every date.
    fn judge(&mut self, calendar: &Calendar, now: Timestamp) {
        let days: Vec<_> = self.days(calendar).collect();
        let terms = Terms {
            coverage: &self.coverage,
            zone: &calendar.zone,
            criteria: self.criteria,
            now,
            too_old: later(now, -TOO_OLD_MILLIS),
            settled: shift(calendar.today, -SETTLED_DAYS),
        };
        self.judged = days.into_iter().map(|(date, day)| (date, self.book.judge(&terms, date, day))).collect();
    }

    fn judgement(&self, date: Date) -> Option<&Judged> {
        self.judged.binary_search_by_key(&date, |(d, _)| *d).ok().map(|at| &self.judged[at].1)
    }

    /// After a look: suspicion first, then what the look found is noted in the ledger.
    fn note_look(&mut self) {
        if !std::mem::take(&mut self.looked) {
            return;
        }
        if is_suspect(&self.ledger.complete, &self.judged) {
            let agreeing = self.doubt.map_or(0, |n| n.saturating_add(1));
            self.doubt = Some(agreeing).filter(|n| *n < AGREEING_READS);
            if self.doubt.is_some() {
                return;
            }
        }
        self.doubt = None;
        for (date, judged) in &self.judged {
            match judged.judgement.verdict {
                Verdict::Complete => self.ledger.note_read(*date, true),
                Verdict::Partial(_) | Verdict::Missing => self.ledger.note_read(*date, false),
                Verdict::NotExpected(_) | Verdict::Unknown(_) => {}
            }
        }
    }

    /// Step 3 of every attempt whose dates were all read after its end + `settle`.
    fn settle(&mut self, now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        for attempt in self.ledger.attempts.clone() {
            let Some(settled_at) = self.settled_at(&attempt) else { continue };
            let read = self.book.confirmed_at.is_some_and(|at| at >= settled_at) && self.book.failure.is_none();
            let own: Vec<(Date, &Judged)> =
                attempt.dates.iter().filter_map(|d| Some((d, self.judgement(d)?))).collect();
            if !read || own.iter().any(|(_, j)| is_unread(j)) {
                continue;
            }
            let after: BTreeMap<Date, After> = own.into_iter().map(|(d, j)| (d, self.after(d, j))).collect();
            self.ledger = self.ledger.settle(&self.coverage, attempt.launch, &after, now);
            if let Some(settled) = self.ledger.recent.back() {
                events.extend(super::events::settled(&self.coverage.key, settled, now));
            }
        }
        events
    }

    /// Whether the coverage can want anything at all.
    pub(super) fn may_want(&self) -> bool {
        self.stalled.is_none() && self.hold(false, false, Timestamp::MIN) != Some(Hold::Suspended)
    }

    fn after(&self, date: Date, judged: &Judged) -> After {
        let verdict = judged.judgement.verdict;
        let complete = matches!(verdict, Verdict::Complete | Verdict::NotExpected(_));
        After { complete, covered: judged.judgement.covered, values: self.book.content(&self.coverage, date).2 }
    }

    fn before(&self, admission: &Admission) -> BTreeMap<Date, Before> {
        let before = |date| {
            let (mark, rows, values) = self.book.content(&self.coverage, date);
            Before { mark, rows, covered: self.judgement(date).map_or(0, |j| j.judgement.covered), values }
        };
        admission.admitted.dates.iter().map(|d| (d, before(d))).collect()
    }

    /// What holds all launches of the coverage.
    fn hold(&self, season_suspended: bool, launches_off: bool, now: Timestamp) -> Option<Hold> {
        let holds = [
            (self.coverage.suspend || season_suspended, Hold::Suspended),
            (launches_off, Hold::LaunchesOff),
            (self.doubt.is_some(), Hold::SuspectProbe),
            (self.refused.as_ref().is_some_and(|(until, _, _)| *until > now), Hold::Quota),
            (self.proof.as_ref().is_some_and(Recorded::is_full), Hold::StatusFull),
        ];
        holds.into_iter().find_map(|(holds, hold)| holds.then_some(hold))
    }

    /// Whether it was looked at since the start: before, what people see is left as it stands.
    fn was_seen(&self) -> bool {
        self.book.confirmed_at.is_some() || self.book.failure.is_some() || self.stalled.is_some()
    }

    /// When the ledger, or what people see, is to be saved. A record is urgent, for a Job waits for it; the rest may
    /// wait for more of its kind, so that many changes are one write.
    pub(super) fn save_at(&self, every: Option<SignedDuration>) -> Option<Timestamp> {
        let differs = self.ledger != *self.saved;
        let urgent = differs && (every.is_none() || self.has_new_record());
        let wait = every.map_or(0, |every| i64::try_from(every.as_millis()).unwrap_or(i64::MAX));
        let tells = every.is_some() && self.untold && self.was_seen();
        let at = if urgent { self.save_after } else { self.save_after.max(later(self.told_at, wait)) };
        (differs || tells).then_some(at)
    }

    fn has_new_record(&self) -> bool {
        let is_new = |a: &&Attempt| a.stage == Stage::Recorded && self.saved.attempt(a.launch).is_none();
        self.ledger.attempts.iter().any(|a| is_new(&a))
    }

    /// Nothing is admitted on top of a record that is not acknowledged.
    fn may_launch(&self) -> bool {
        !self.saving && self.stalled.is_none() && self.ledger.attempts == self.saved.attempts
    }

    fn live(&self) -> u32 {
        self.ledger.attempts.iter().filter(|a| !matches!(a.stage, Stage::Ended { .. })).count() as u32
    }

    fn wanting(&self) -> Wanting<'_> {
        Wanting {
            coverage: &self.coverage,
            wants: &self.assessment.wants,
            live: self.live(),
            unsettled: self.ledger.attempts.len() as u32,
        }
    }

    /// Keeps since when each cell is in its state; tells what changed.
    fn note_changes(&mut self, before: &[Cell], now: Timestamp) -> Vec<Event> {
        let mut changed = Vec::new();
        let mut before = before.iter().peekable();
        for cell in &mut self.assessment.cells {
            while before.next_if(|old| old.date < cell.date).is_some() {}
            let old = before.next_if(|old| old.date == cell.date);
            cell.since = old.filter(|old| old.cause == cell.cause).map_or(now, |old| old.since);
            if old.map(|old| old.cause) != Some(cell.cause) {
                changed.push((cell.date, old.map(|old| old.cause), cell.cause));
            }
        }
        super::events::of_changes(&self.coverage.key, &changed, &self.assessment.cells, now)
    }
}

/// A date whose facts are not known cannot settle anything.
fn is_unread(judged: &Judged) -> bool {
    use UnknownReason::{NotProbed, ProbeBudget, ProbeFailed, SchemaMismatch, Unauthorized};
    let unread = [NotProbed, ProbeBudget, ProbeFailed, SchemaMismatch, Unauthorized];
    matches!(judged.judgement.verdict, Verdict::Unknown(reason) if unread.contains(&reason))
}
