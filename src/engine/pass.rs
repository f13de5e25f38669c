//! One pass: sync, total, from the world to the calls that follow. Each pass takes the one next step of each attempt.

use super::call::{Answered, Call, Reply};
use super::season::SeasonState;
use super::world::{Loading, World};
use crate::domain::dates::Timestamp;
use crate::domain::policy::Key;

impl World {
    /// Takes one answer in; some lead to a call at once.
    pub fn receive(&mut self, answered: Answered, now: Timestamp) -> Option<Call> {
        let asked_at = answered.asked_at;
        self.counts.in_flight = self.counts.in_flight.saturating_sub(1);
        match answered.reply {
            Reply::Loaded(stored) => self.loaded(stored, now),
            Reply::Jobs(list) => self.listed(list, asked_at, now),
            Reply::Marked(id, mark) => return self.marked(&id, mark, asked_at, now),
            Reply::Probed(id, keys, probes, answer) => self.probed(&id, &keys, &probes, answer, asked_at, now),
            Reply::ScheduleMarked(key, mark) => return self.schedule_marked(&key, mark, asked_at, now),
            Reply::ScheduleRead(key, reading) => self.schedule_read(&key, reading, asked_at, now),
            Reply::Saved(key, ledger, result) => self.saved(&key, &ledger, result, now),
            Reply::SavedSource(key, result) => self.saved_source(&key, result, now),
            Reply::Created(launch, created) => self.created(&launch, created, now),
            Reply::Removed(name, result) => self.removed(name, result.is_ok(), now),
        }
        None
    }

    /// What is to be called now. An unchanged world costs nothing and gives nothing: each step does its work where what its
    /// last result rests on has changed, or where time alone changes the result.
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
            self.refresh_sources(now);
            self.assess_all(now);
            self.decide(now);
            if !self.read_only {
                if !self.is_holding {
                    self.record(now);
                }
                calls.extend(self.saves(now));
                calls.extend(self.source_saves(now));
                calls.extend(self.creates(now));
                calls.extend(self.removals(now));
            }
        }
        calls
    }

    /// Tables are looked at once their seasons know their dates: before, it is not known what to ask.
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
            let Some(turned) = state.refresh(cadence, now) else { continue };
            // A date that has come can matter now though its state is what it was.
            if turned.new_day {
                let own = self.coverages.values_mut().filter(|c| c.coverage.season == *key);
                own.for_each(|c| c.shown.changed());
            }
            if let Some(before) = turned.before {
                let facts = state.facts().map(|facts| &**facts);
                self.events.extend(super::events::of_schedule(key, &before, state.calendar(), facts, now));
                let is_own = |k: &Key| self.coverages.get(k).is_some_and(|c| c.coverage.season == *key);
                let own = self.watches.values_mut().filter(|watch| watch.coverages.iter().any(is_own));
                own.for_each(|watch| watch.look.no_later_than(now));
            }
        }
    }
}
