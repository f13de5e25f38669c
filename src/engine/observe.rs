//! Observe: which tables are looked at when, what is asked of them, and what the answers change.
//! Marks first; one probe per table for all coverages that read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::book::{Proof, basis};
use super::call::{Call, WatchId};
use super::coverage::CoverageState;
use super::entry::Entry;
use super::facts::Answered;
use super::look::next_look;
use super::world::World;
use crate::domain::bind::Binding;
use crate::domain::dates::{Date, DateSet, Timestamp, days_between, shift};
use crate::domain::mark::{Blind, DateMarks, TableMark};
use crate::domain::policy::Key;
use crate::domain::probe::{Answer, Probe};
use crate::domain::reread;
use crate::domain::schedule::{Day, Expected};
use crate::domain::span::Span;
use crate::domain::verdict::{Unknown, Verdict};

/// Dates further ahead than this are not read, unless they are due earlier still.
const AHEAD: i32 = 2;
const DAY_SECONDS: i64 = 86_400;

impl World {
    /// Every look that is due.
    pub(super) fn looks(&mut self, now: Timestamp) -> Vec<Call> {
        let mut calls = Vec::new();
        for (key, state) in &mut self.seasons {
            let Some(schedule) = state.season.schedule.as_ref().filter(|_| state.look.is_due(now)) else { continue };
            state.look.begin();
            calls.push(Call::MarkSchedule(key.clone(), schedule.table.clone(), schedule.question.date.clone()));
        }
        for (id, watch) in &mut self.watches {
            if watch.look.is_due(now) {
                watch.look.begin();
                calls.push(Call::Mark(id.clone(), watch.date.clone()));
            }
        }
        calls
    }

    /// A table's mark came in: everything is confirmed, or what changed is read.
    pub(super) fn marked(
        &mut self,
        id: &WatchId,
        mark: Result<TableMark, Unknown>,
        asked_at: Timestamp,
        now: Timestamp,
    ) -> Option<Call> {
        let mark = match mark {
            Ok(mark) => mark,
            Err(unknown) => {
                self.look_failed(id, &unknown, now);
                return None;
            }
        };
        self.found(id, &mark, now);
        let watch = self.watches.get_mut(id)?;
        watch.look.heed(mark.again, now);
        let watch = self.watches.get(id)?;
        for key in &watch.coverages {
            self.coverages.get_mut(key).into_iter().for_each(|s| s.facts.asked(asked_at));
        }
        let sight = Sight::of(&mark, asked_at);
        let wanted = watch.coverages.iter().filter_map(|k| Some((k.clone(), self.probe_for(k, &sight)?)));
        let (keys, probes): (Vec<Key>, Vec<Probe>) = wanted.unzip();
        if keys.is_empty() {
            self.look_ended(id, &Looked { asked_at, in_part: false, mark: &mark }, now);
            return None;
        }
        let mark = Arc::new(mark);
        self.watches.get_mut(id)?.asked = Some((asked_at, mark.clone()));
        Some(Call::Probe(id.clone(), keys, mark, Arc::new(probes)))
    }

    /// What a coverage has to ask, given the table's mark.
    fn probe_for(&self, key: &Key, sight: &Sight) -> Option<Probe> {
        let state = self.coverages.get(key)?;
        let mut probe = Probe {
            question: state.coverage.question.clone(),
            dates: DateSet::new(),
            starts: BTreeMap::new(),
            caps: BTreeMap::new(),
        };
        let awaited = self.awaited(state, sight);
        let mut entries = state.facts.book().dates.iter().peekable();
        for (date, day) in self.asked_days(state) {
            let binding = Binding::new(&state.coverage, expected(Some(day)));
            while entries.next_if(|(d, _)| **d < date).is_some() {}
            let entry = entries.next_if(|(d, _)| **d == date).map(|(_, entry)| entry);
            let (rests_on, basis) = (binding.rests_on(sight.marks.of(date)), basis(state.verdicts.criteria(), day));
            let is_known = |e: &&Entry| e.is_known(rests_on, basis) && !self.is_due_again(state, sight, date, e);
            if entry.filter(is_known).is_some() && !awaited.contains(date) {
                continue;
            }
            probe.dates.insert(date);
            if !binding.starts.is_empty() {
                probe.starts.insert(date, binding.starts);
            }
            probe.caps.extend(binding.cap.map(|at| (date, at)));
        }
        (!probe.dates.is_empty()).then_some(probe)
    }

    /// Whether a date is to be read again because a change of it may leave no trace.
    fn is_due_again(&self, state: &CoverageState, sight: &Sight, date: Date, entry: &Entry) -> bool {
        let days = || Some(days_between(date, self.seasons.get(&state.coverage.season)?.calendar().today));
        let every = (sight.blind != Blind::No).then(days).flatten().and_then(|days| sight.blind.reread_every(days));
        every.is_some_and(|every| reread::is_due_again(every, entry.tried_at(), sight.proves))
    }

    /// Dates for which something waits that a blind mark does not answer: an ended Job whose data must be visible by now, or a
    /// doubt whether their data is gone.
    fn awaited(&self, state: &CoverageState, sight: &Sight) -> DateSet {
        if sight.blind == Blind::No {
            return DateSet::new();
        }
        let attempts = state.ledger.attempts.iter().filter_map(|a| Some((state.settled_at(a)?, &a.dates)));
        let jobs = self.unread(state).map(|(at, job)| (at, &job.dates));
        let ended = attempts.chain(jobs).filter(|(at, _)| *at <= sight.proves);
        let ended = ended.flat_map(|(at, dates)| state.facts.book().behind(dates, at));
        ended.chain(state.doubted_dates()).collect()
    }

    /// The dates of a coverage that are read: all of its own that are not too far ahead.
    fn asked_days<'a>(&'a self, state: &'a CoverageState) -> impl Iterator<Item = (Date, &'a Day)> {
        let season = self.seasons.get(&state.coverage.season);
        season.into_iter().flat_map(|season| {
            let last = shift(season.calendar().today, state.ahead());
            state.days(season.calendar()).take_while(move |(date, _)| *date <= last)
        })
    }

    /// A table was read. What the mark before it proves unchanged was so when that was asked for; what was read, later.
    pub(super) fn probed(
        &mut self,
        id: &WatchId,
        keys: &[Key],
        probes: &[Probe],
        answer: Result<Answer, Unknown>,
        read_at: Timestamp,
        now: Timestamp,
    ) {
        let Some((asked_at, seen)) = self.watches.get_mut(id).and_then(|watch| watch.asked.take()) else { return };
        let (readings, mark) = match answer {
            Ok(answer) => {
                self.counts.bytes_read += answer.bytes;
                self.of_coverages(keys, |state| state.bytes_read = Some(answer.bytes));
                (answer.readings, Arc::new(answer.mark))
            }
            // The same read would fail again: that is what is known of the dates that it asked for.
            Err(unknown) if unknown.lasts => (probes.iter().map(|_| Err(unknown.clone())).collect(), seen),
            Err(unknown) => return self.look_failed(id, &unknown, now),
        };
        self.found(id, &mark, now);
        let (sight, read_at) = (Sight::of(&mark, asked_at), mark.proves(read_at));
        for ((key, probe), reading) in keys.iter().zip(probes).zip(readings) {
            if let Some(state) = self.coverages.get_mut(key).filter(|s| s.coverage.question == probe.question) {
                state.facts.take(Answered { probe, reading, mark: &mark, marks: &sight.marks, read_at });
            }
        }
        // What could not be read this time, or has changed since, is still wanted.
        let in_part = keys.iter().any(|key| self.probe_for(key, &sight).is_some());
        self.look_ended(id, &Looked { asked_at, in_part, mark: &mark }, now);
    }

    fn of_coverages(&mut self, keys: &[Key], change: impl Fn(&mut CoverageState)) {
        keys.iter().for_each(|key| self.coverages.get_mut(key).into_iter().for_each(&change));
    }

    /// A look ended: whatever rests on its mark is as the look proves it.
    fn look_ended(&mut self, id: &WatchId, looked: &Looked<'_>, now: Timestamp) {
        let Some(keys) = self.watches.get(id).map(|w| w.coverages.clone()) else { return };
        let Looked { asked_at, mark, .. } = *looked;
        self.counts.looks_ended += 1;
        let cadence = self.cadence(&keys);
        let proof = Proof { at: mark.proves(asked_at), blind: mark.blind, cadence };
        for key in &keys {
            self.coverages.get_mut(key).into_iter().for_each(|state| state.facts.look_ended(asked_at, proof));
        }
        let next = next_look(mark.again, cadence, now);
        let settling = self.settling_after(&keys, proof.at).map(|at| mark.lag.elapsed_after(at));
        let next = settling.into_iter().fold(next, Timestamp::min);
        let Some(watch) = self.watches.get_mut(id) else { return };
        watch.look.heed(mark.again, now);
        watch.lag = mark.lag;
        if looked.in_part {
            watch.look.ended_in_part(asked_at, next, now);
        } else {
            watch.look.ended(asked_at, next);
        }
    }

    /// When the next attempt of these coverages must be visible in the data: a look that proves less does not show it.
    fn settling_after(&self, keys: &[Key], proven: Timestamp) -> Option<Timestamp> {
        let attempts = |s: &CoverageState| {
            let unsettled = s.ledger.attempts.iter().filter_map(|a| Some((s.settled_at(a)?, a)));
            let is_behind = |date, at| s.facts.book().confirmed_at(date).is_none_or(|confirmed| confirmed < at);
            let behind = unsettled.filter(|(at, a)| a.dates.iter().any(|date| is_behind(date, *at)));
            behind.map(|(at, _)| at).collect::<Vec<_>>()
        };
        let own = keys.iter().filter_map(|key| self.coverages.get(key));
        let settled = own.flat_map(|s| self.unread(s).map(|(at, _)| at).chain(attempts(s)));
        settled.filter(|at| *at > proven).min()
    }

    fn look_failed(&mut self, id: &WatchId, unknown: &Unknown, now: Timestamp) {
        let Some(watch) = self.watches.get_mut(id) else { return };
        watch.look.failed(now);
        for key in &watch.coverages {
            self.coverages.get_mut(key).into_iter().for_each(|state| state.facts.look_failed(unknown));
        }
    }

    /// How often a table is looked at: as often as the youngest date of its coverages asks for.
    fn cadence(&self, keys: &[Key]) -> Span {
        let cadence = self.limits.cadence;
        let ages = keys.iter().filter_map(|k| {
            let state = self.coverages.get(k)?;
            let season = self.seasons.get(&state.coverage.season)?;
            let last = shift(season.calendar().today, AHEAD);
            let mut days = state.days(season.calendar()).rev().skip_while(|(date, _)| *date > last);
            let (newest, _) = days.find(|(_, day)| matches!(day, Day::On(_) | Day::Unknown(_)))?;
            Some(days_between(newest, season.calendar().today))
        });
        match ages.min() {
            Some(days) if days <= reread::RECENT_DAYS => cadence.hot,
            Some(days) if days <= reread::OPEN_DAYS => cadence.warm,
            _ => cadence.cold,
        }
    }
}

/// How a look ended that saw a table's mark.
struct Looked<'a> {
    /// When the mark was asked for.
    asked_at: Timestamp,
    /// Something is still to be read.
    in_part: bool,
    mark: &'a TableMark,
}

/// What a look saw of a table.
struct Sight {
    marks: DateMarks,
    blind: Blind,
    /// What was committed until then shows.
    proves: Timestamp,
}

impl Sight {
    fn of(mark: &TableMark, asked_at: Timestamp) -> Self {
        Self { marks: mark.dates(), blind: mark.blind, proves: mark.proves(asked_at) }
    }
}

impl CoverageState {
    /// While a loss of data is doubted: the dates that were complete and no longer are.
    fn doubted_dates(&self) -> impl Iterator<Item = Date> {
        let judged = self.verdicts.judged().iter().filter(|_| self.verdicts.doubt().is_some());
        let open = judged.filter(|(_, judged)| judged.judgement.verdict != Verdict::Complete);
        open.map(|(date, _)| *date).filter(|date| self.ledger.complete.contains(*date))
    }

    /// How many days ahead of today a date can be due.
    fn ahead(&self) -> i32 {
        let before = self.coverage.due.offset.as_seconds().min(0).unsigned_abs().div_ceil(DAY_SECONDS.unsigned_abs());
        AHEAD.max(i32::try_from(before).unwrap_or(i32::MAX))
    }
}

/// What a day expects, if it does.
pub(super) fn expected(day: Option<&Day>) -> Option<&Expected> {
    if let Some(Day::On(expected)) = day { Some(expected) } else { None }
}
