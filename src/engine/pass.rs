//! One pass: sync, total, from the world to the calls that follow. Each pass takes the one next step of each attempt.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::call::{Answered, Call, Reply};
use super::world::{CoverageState, Loading, SeasonState, World};
use crate::domain::admit::{Decision, Pools, Wanting, admit};
use crate::domain::assess::{Situation, assess};
use crate::domain::dates::{DateRange, Timestamp};
use crate::domain::policy::Key;
use crate::domain::schedule::{Calendar, calendar};
use crate::domain::verdict::{Unknown, UnknownReason};

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
            Reply::ScheduleMarked(key, mark) => return self.schedule_marked(&key, mark, asked_at, now),
            Reply::ScheduleRead(key, reading) => self.schedule_read(&key, reading, asked_at, now),
            Reply::Saved(key, ledger, result) => self.saved(&key, &ledger, result, now),
            Reply::Created(launch, created) => self.created(&launch, created, now),
            Reply::Removed(name, result) => self.removed(name, result.is_ok(), now),
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
        if self.seasons.values().all(SeasonState::is_known) {
            return self.looks(now);
        }
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
        let cadence = self.limits.cadence.hot;
        for (key, state) in &mut self.seasons {
            if !state.dirty && now < state.calendar.valid_until && state.is_stale(now) == state.stale.is_some() {
                continue;
            }
            let unread = Unknown::new(UnknownReason::NotProbed, "the schedule was not read yet");
            let facts = state.facts.as_deref().ok_or(state.failure.as_ref().unwrap_or(&unread));
            let new = calendar(&state.season, facts, now);
            // What a season is told of itself can change without its dates: a failure, a doubt.
            self.revision += u64::from(std::mem::take(&mut state.dirty));
            let new_day = new.today != state.calendar.today;
            let changed = new.days != state.calendar.days || new_day;
            state.span = span(&new);
            let old = std::mem::replace(&mut state.calendar, Arc::new(new));
            let stale = state.staleness(cadence, now);
            let turned = stale != std::mem::replace(&mut state.stale, stale.clone());
            if changed {
                let told = super::events::of_schedule(key, &old, &state.calendar, state.facts.as_deref(), now);
                self.events.extend(told);
            }
            self.revision += u64::from(changed || turned);
            if changed || turned {
                let own = self.coverages.values_mut().filter(|c| c.coverage.season == *key);
                // A date that has come can matter now though its state is what it was.
                own.for_each(|c| (c.dirty, c.untold) = (true, c.untold || new_day));
            }
            if changed {
                let is_own = |k: &Key| self.coverages.get(k).is_some_and(|c| c.coverage.season == *key);
                let own = self.watches.values_mut().filter(|watch| watch.coverages.iter().any(is_own));
                own.for_each(|watch| watch.look.no_later_than(now));
            }
        }
    }

    /// Judges and assesses what changed, or whose time is up. Who only looks waits until a table was looked at: nobody is
    /// told what was thought of it before.
    fn assess_all(&mut self, now: Timestamp) {
        let unseen: BTreeSet<&Key> = self
            .watches
            .values()
            .filter(|watch| self.read_only && !watch.look.is_seen())
            .flat_map(|watch| &watch.coverages)
            .collect();
        let keys: Vec<Key> = self
            .coverages
            .iter()
            .filter(|(_, s)| {
                let is_over = s.assessment.valid_until.is_some_and(|at| at <= now);
                s.dirty || is_over || s.overdue != s.book.is_overdue(now)
            })
            .filter(|(key, s)| !unseen.contains(key) && !self.is_early(s))
            .map(|(k, _)| k.clone())
            .collect();
        keys.iter().for_each(|key| self.survive(key, |world, state| world.assess_one(key, state, now)));
        self.undecided |= !keys.is_empty();
    }

    /// Who only looks waits for the schedule, too: what is remembered of it says nothing.
    fn is_early(&self, state: &CoverageState) -> bool {
        self.read_only && self.seasons.get(&state.coverage.season).is_some_and(|season| !season.is_looked_at())
    }

    /// A panic stalls the one coverage that caused it.
    pub(super) fn survive(&mut self, key: &Key, work: impl FnOnce(&mut Self, &mut CoverageState)) {
        let Some(mut state) = self.coverages.remove(key) else { return };
        if catch_unwind(AssertUnwindSafe(|| work(self, &mut state))).is_err() {
            state.stalled = Some("gapless itself failed on this object; please report it with its spec".into());
            state.assessment.valid_until = None;
            state.untold = true;
            self.revision += 1;
        }
        state.dirty = false;
        self.coverages.insert(key.clone(), state);
    }

    fn assess_one(&mut self, key: &Key, state: &mut CoverageState, now: Timestamp) {
        if let Some(season) = self.seasons.get(&state.coverage.season) {
            let calendar = season.calendar.clone();
            state.judge(&calendar, season.stale.as_deref(), now);
            state.judged.first().into_iter().for_each(|(first, _)| state.ledger.forget_before(*first));
            state.note_look(now);
            let mut events = state.settle(season, now);
            if std::mem::take(&mut state.rebuilt) {
                events.push(super::events::rebuilt(key, state.ledger.launches, now));
            }
            let own: Vec<_> = self.jobs.of(&state.coverage.uid).cloned().collect();
            let mut assessment = assess(&Situation {
                coverage: &state.coverage,
                calendar: &calendar,
                judged: &state.judged,
                ledger: &state.ledger,
                jobs: &own,
                orders: Some(&season.orders),
                hold: state.hold(season.season.suspend, self.launches_off.contains(&key.namespace), now),
                now,
            });
            // A refusal holds launches for a while only.
            let refused = state.refused.as_ref().map(|refusal| refusal.until).filter(|until| *until > now);
            assessment.valid_until = assessment.valid_until.into_iter().chain(refused).min();
            let before = std::mem::replace(&mut state.assessment, assessment);
            let (told, moved) = state.note_changes(&before.cells, now);
            events.extend(told);
            let changed = moved || state.ledger != *state.saved;
            state.untold |= changed;
            // Who asks for a date sees what a rerun waits for; nothing that is stored tells it.
            let reruns_moved = before.reruns != state.assessment.reruns;
            self.revision += u64::from(changed || reruns_moved);
            self.events.extend(events);
        }
    }

    /// One decision over all coverages, when something changed or slow start lets more through.
    fn decide(&mut self, now: Timestamp) {
        if !std::mem::take(&mut self.undecided) && self.ramp.allowance(now) == self.ramp.allowance(self.decided_at) {
            return;
        }
        self.decided_at = now;
        let ready = self.jobs.listed_at.is_some();
        let wanting = self.coverages.values().filter(|s| ready && s.may_launch());
        let wanting: Vec<Wanting<'_>> = wanting.map(|s| s.wanting(self.unread_dates(s))).collect();
        if wanting.iter().all(|w| w.wants.is_empty()) {
            return self.take_decision(Decision::default());
        }
        let claims = self.claims();
        let pools = Pools {
            max_jobs: self.limits.max_jobs,
            live_jobs: claims.jobs,
            taken: claims.dates,
            daily_runs: self.jobs.daily_runs.clone(),
            launches_off: !self.limits.launches,
            ramp: self.ramp,
            lanes: self.lanes.clone(),
            turn: self.turn.clone(),
        };
        let decision = admit(&wanting, &pools, now);
        self.take_decision(decision);
    }

    /// A hold that only the whole operator knows is part of what people see.
    fn take_decision(&mut self, decision: Decision) {
        let (mut old, mut new) = (self.decision.refused.iter().peekable(), decision.refused.iter().peekable());
        for (key, state) in &mut self.coverages {
            let changed = next_of(&mut old, key) != next_of(&mut new, key);
            state.untold |= changed;
            self.revision += u64::from(changed);
        }
        self.decision = decision;
    }

    /// Step 1 of every admitted launch.
    fn record(&mut self, now: Timestamp) {
        for admission in std::mem::take(&mut self.decision.launches) {
            let Some(state) = self.coverages.get_mut(&admission.coverage) else { continue };
            let Some(season) = self.seasons.get(&state.coverage.season) else { continue };
            let before = state.before(&season.calendar, &admission.admitted.dates);
            state.ledger.launches = super::strangers::last_taken(state, self.jobs.all());
            state.ledger = state.ledger.record(&admission.admitted, before, now);
            state.dirty = true;
            self.ramp.launched = self.ramp.launched.saturating_add(1);
            self.lanes.push(admission.lane);
            self.turn = Some(admission.coverage.clone());
        }
        let keep = self.lanes.len().saturating_sub(3);
        self.lanes.drain(..keep);
    }
}

/// From the first date of a season through its last.
fn span(calendar: &Calendar) -> Option<DateRange> {
    DateRange::new(*calendar.days.first_key_value()?.0, *calendar.days.last_key_value()?.0)
}

/// What stands under a key, of what is asked for in the order of its keys.
fn next_of<'a, V>(of: &mut Peekable<impl Iterator<Item = (&'a Key, V)>>, key: &Key) -> Option<V> {
    while of.next_if(|(k, _)| *k < key).is_some() {}
    of.next_if(|(k, _)| *k == key).map(|(_, value)| value)
}
