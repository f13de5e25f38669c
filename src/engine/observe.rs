//! Observe: which tables are looked at when, what is asked of them, and what the answers change.
//! Fingerprints first; one probe per table for all coverages that read it.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::book::basis;
use super::call::{Call, WatchId};
use super::world::{CoverageState, Doubted, SeasonState, World, later};
use crate::domain::bind::Binding;
use crate::domain::dates::{Date, DateSet, Timestamp, days_between, shift};
use crate::domain::mark::{DateMarks, TableMark};
use crate::domain::policy::Key;
use crate::domain::probe::{Answer, Probe, Reading, ScheduleReading};
use crate::domain::schedule::{Calendar, Day, Expected, ScheduleFacts, fold};
use crate::domain::span::Span;
use crate::domain::suspicion::{AGREEING_READS, suspect_dates};
use crate::domain::verdict::Unknown;

/// Dates further ahead than this are not read, unless they are due earlier still.
const AHEAD: i32 = 2;
const DAY_SECONDS: i64 = 86_400;
/// A part may still be written: look again so many milliseconds later.
const UNSETTLED_MILLIS: i64 = 2_000;

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
        let watch = self.watches.get(id)?;
        let marks = mark.dates();
        let wanted = watch.coverages.iter().filter_map(|k| Some((k.clone(), self.probe_for(k, &marks)?)));
        let (keys, probes): (Vec<Key>, Vec<Probe>) = wanted.unzip();
        if keys.is_empty() {
            self.look_ended(id, &mark, &[], asked_at, now);
            return None;
        }
        Some(Call::Probe(id.clone(), keys, Arc::new(mark), Arc::new(probes)))
    }

    /// What a coverage must ask anew, given the table's mark.
    fn probe_for(&self, key: &Key, marks: &DateMarks) -> Option<Probe> {
        let state = self.coverages.get(key)?;
        let mut probe = Probe {
            question: state.coverage.question.clone(),
            dates: DateSet::new(),
            starts: BTreeMap::new(),
            caps: BTreeMap::new(),
        };
        let mut entries = state.book.dates.iter().peekable();
        for (date, day) in self.asked_days(state) {
            let binding = Binding::new(&state.coverage, expected(Some(day)));
            while entries.next_if(|(d, _)| **d < date).is_some() {}
            let entry = entries.next_if(|(d, _)| **d == date).map(|(_, entry)| entry);
            if entry.is_some_and(|e| e.is_good(binding.rests_on(marks.of(date)), basis(state.criteria, day))) {
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

    /// The dates of a coverage that are read: all of its own that are not too far ahead.
    fn asked_days<'a>(&'a self, state: &'a CoverageState) -> impl Iterator<Item = (Date, &'a Day)> {
        let season = self.seasons.get(&state.coverage.season);
        season.into_iter().flat_map(|season| {
            let last = shift(season.calendar.today, state.ahead());
            state.days(&season.calendar).take_while(move |(date, _)| *date <= last)
        })
    }

    /// A table was read.
    pub(super) fn probed(
        &mut self,
        id: &WatchId,
        keys: &[Key],
        probes: &[Probe],
        answer: Result<Answer, Unknown>,
        asked_at: Timestamp,
        now: Timestamp,
    ) {
        let answer = match answer {
            Ok(answer) => answer,
            Err(unknown) => return self.look_failed(id, &unknown, now),
        };
        self.bytes_read += answer.bytes;
        let marks = answer.mark.dates();
        for ((key, probe), reading) in keys.iter().zip(probes).zip(answer.readings) {
            let Ok(reading) = reading else { continue };
            self.take_reading(key, probe, reading, &answer.mark, &marks, asked_at);
        }
        // What changed while the table was read is wanted again, and keeps the rest from being confirmed.
        let stale: Vec<Key> = keys.iter().filter(|key| self.probe_for(key, &marks).is_some()).cloned().collect();
        self.look_ended(id, &answer.mark, &stale, asked_at, now);
    }

    /// Facts rest on what was asked, which may no longer be what would be asked now.
    fn take_reading(
        &mut self,
        key: &Key,
        probe: &Probe,
        reading: Reading,
        mark: &TableMark,
        marks: &DateMarks,
        read_at: Timestamp,
    ) {
        let Some(state) = self.coverages.get_mut(key).filter(|s| s.coverage.question == probe.question) else { return };
        state.book.take_undated(reading.undated, mark);
        for (date, facts) in reading.dates {
            state.book.take(date, facts, &Binding::of_probe(probe, date), marks.of(date), read_at);
        }
        state.dirty = true;
    }

    /// A look ended well: whatever rests on this mark is as it was when the look was asked for.
    fn look_ended(&mut self, id: &WatchId, mark: &TableMark, stale: &[Key], asked_at: Timestamp, now: Timestamp) {
        let Some(keys) = self.watches.get(id).map(|w| w.coverages.clone()) else { return };
        self.looks_ended += 1;
        // Dates of Jobs that are nobody's attempt are free once they were read.
        self.undecided |= keys.iter().filter_map(|k| self.coverages.get(k)).any(|s| self.unread(s).next().is_some());
        for key in &keys {
            let Some(state) = self.coverages.get_mut(key) else { continue };
            state.dirty |= state.book.failure.take().is_some() || state.waits_for_looks() || !state.book.was_looked_at;
            state.looked = true;
            state.book.was_looked_at = true;
            if !stale.contains(key) {
                state.book.confirmed_at = Some(asked_at);
            }
        }
        let cadence = self.cadence(&keys).after(now, &jiff::tz::TimeZone::UTC);
        let settling = self.settling_after(&keys, asked_at);
        let Some(watch) = self.watches.get_mut(id) else { return };
        let next = settling.map_or(cadence, |at| cadence.min(at));
        watch.look.ended(asked_at, if mark.unsettled { next.min(later(now, UNSETTLED_MILLIS)) } else { next });
        watch.mark = Some(mark.clone());
    }

    /// When the next attempt of these coverages must be visible in the data: the look for an earlier one says nothing of it.
    fn settling_after(&self, keys: &[Key], asked_at: Timestamp) -> Option<Timestamp> {
        let own = keys.iter().filter_map(|key| self.coverages.get(key));
        let attempts = |s: &CoverageState| s.ledger.attempts.iter().filter_map(|a| s.settled_at(a)).collect::<Vec<_>>();
        let settled = own.flat_map(|s| self.unread(s).map(|(at, _)| at).chain(attempts(s)));
        settled.filter(|at| *at > asked_at).min()
    }

    fn look_failed(&mut self, id: &WatchId, unknown: &Unknown, now: Timestamp) {
        let Some(watch) = self.watches.get_mut(id) else { return };
        watch.look.failed(now);
        for key in &watch.coverages {
            if let Some(state) = self.coverages.get_mut(key) {
                state.dirty |= state.book.failure.as_ref() != Some(unknown);
                state.book.failure = Some(unknown.clone());
            }
        }
    }

    /// How often a table is looked at: as often as the youngest date of its coverages asks for.
    fn cadence(&self, keys: &[Key]) -> Span {
        let cadence = self.limits.cadence;
        let ages = keys.iter().filter_map(|k| {
            let state = self.coverages.get(k)?;
            let season = self.seasons.get(&state.coverage.season)?;
            let last = shift(season.calendar.today, AHEAD);
            let mut days = state.days(&season.calendar).rev().skip_while(|(date, _)| *date > last);
            let (newest, _) = days.find(|(_, day)| matches!(day, Day::On(_) | Day::Unknown(_)))?;
            Some(days_between(newest, season.calendar.today))
        });
        match ages.min() {
            Some(age) if age <= 3 => cadence.hot,
            Some(age) if age <= 30 => cadence.warm,
            _ => cadence.cold,
        }
    }

    /// A schedule's mark came in.
    pub(super) fn schedule_marked(
        &mut self,
        key: &Key,
        mark: Result<TableMark, Unknown>,
        now: Timestamp,
    ) -> Option<Call> {
        let cadence = self.limits.cadence.hot;
        let state = self.seasons.get_mut(key)?;
        let mark = match mark {
            Ok(mark) => mark,
            Err(unknown) => {
                state.look_failed(unknown, now);
                return None;
            }
        };
        if state.mark == Some(mark.whole()) && state.doubted.is_none() {
            state.look_ended(cadence.after(now, &jiff::tz::TimeZone::UTC), &mark, now);
            return None;
        }
        let schedule = state.season.schedule.as_ref()?;
        Some(Call::ReadSchedule(key.clone(), schedule.table.clone(), schedule.question.clone()))
    }

    /// A schedule was read. One that loses units on many dates is doubted until two more reads agree.
    pub(super) fn schedule_read(&mut self, key: &Key, reading: Result<ScheduleReading, Unknown>, now: Timestamp) {
        let cadence = self.limits.cadence.hot;
        let Some(state) = self.seasons.get_mut(key) else { return };
        let reading = match reading {
            Ok(reading) => reading,
            Err(unknown) => return state.look_failed(unknown, now),
        };
        self.bytes_read += reading.bytes;
        let was_doubted = state.doubted.is_some();
        state.take_schedule(Arc::new(fold(&reading)));
        if let Some(doubted) = state.doubted.as_ref().filter(|_| !was_doubted) {
            self.events.push(super::events::suspect_schedule(key, &doubted.dates, now));
        }
        state.mark = Some(reading.mark.whole());
        state.look_ended(cadence.after(now, &jiff::tz::TimeZone::UTC), &reading.mark, now);
    }
}

impl SeasonState {
    fn take_schedule(&mut self, facts: Arc<ScheduleFacts>) {
        self.dirty |= self.doubted.is_some();
        let suspect = self.facts.as_ref().and_then(|old| suspect_dates(old, &facts));
        let agreed =
            self.doubted.take().map_or(0, |doubted| if doubted.facts == facts { doubted.agreed + 1 } else { 0 });
        if let Some(dates) = suspect.filter(|_| agreed < AGREEING_READS) {
            self.doubted = Some(Doubted { facts, agreed, dates });
            self.dirty = true;
            return;
        }
        self.dirty |= self.facts.as_ref() != Some(&facts);
        self.facts = Some(facts);
    }

    fn look_ended(&mut self, next: Timestamp, mark: &TableMark, now: Timestamp) {
        self.look.ended(now, if mark.unsettled { next.min(later(now, UNSETTLED_MILLIS)) } else { next });
        self.dirty |= self.failure.take().is_some();
    }

    fn look_failed(&mut self, unknown: Unknown, now: Timestamp) {
        self.look.failed(now);
        self.dirty |= self.failure.as_ref() != Some(&unknown);
        self.failure = Some(unknown);
    }
}

impl CoverageState {
    /// How many days ahead of today a date can be due.
    fn ahead(&self) -> i32 {
        let before = self.coverage.due.offset.as_seconds().min(0).unsigned_abs().div_ceil(DAY_SECONDS.unsigned_abs());
        AHEAD.max(i32::try_from(before).unwrap_or(i32::MAX))
    }

    /// The coverage's own dates of its season, in order.
    pub(super) fn days<'a>(
        &self,
        calendar: &'a Calendar,
    ) -> impl DoubleEndedIterator<Item = (Date, &'a Day)> + use<'a> {
        let (from, through) = (self.coverage.from.unwrap_or(Date::MIN), self.coverage.through.unwrap_or(Date::MAX));
        let end = if from <= through { Bound::Included(through) } else { Bound::Excluded(from) };
        calendar.days.range((Bound::Included(from), end)).map(|(date, day)| (*date, day))
    }

    /// A look that finds nothing new still changes something: an attempt settles, a doubt ends, a charge is cleared.
    fn waits_for_looks(&self) -> bool {
        self.judged.is_empty()
            || self.doubt.is_some()
            || !self.ledger.attempts.is_empty()
            || self.ledger.tallies.values().any(|tally| tally.complete_reads > 0)
    }
}

/// What a day expects, if it does.
pub(super) fn expected(day: Option<&Day>) -> Option<&Expected> {
    if let Some(Day::On(expected)) = day { Some(expected) } else { None }
}
