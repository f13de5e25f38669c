//! Observe: which tables are looked at when, what is asked of them, and what the answers change.
//! Fingerprints first; one probe per table for all coverages that read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::call::{Call, WatchId};
use super::world::{Book, CoverageState, Entry, SeasonState, World, later, look_again};
use crate::domain::bind::Binding;
use crate::domain::dates::{Date, DateSet, Timestamp, days_between, shift};
use crate::domain::mark::TableMark;
use crate::domain::policy::Key;
use crate::domain::probe::{Answer, Probe, Reading, ScheduleReading};
use crate::domain::schedule::{Day, Expected, fold};
use crate::domain::span::Span;
use crate::domain::suspicion::{AGREEING_READS, is_schedule_suspect};
use crate::domain::verdict::Unknown;

/// Dates further ahead than this are not read.
const AHEAD: i32 = 2;
/// A part may still be written: look again so many milliseconds later.
const UNSETTLED_MILLIS: i64 = 2_000;

impl World {
    /// Every look that is due.
    pub(super) fn looks(&mut self, now: Timestamp) -> Vec<Call> {
        let mut calls = Vec::new();
        for (key, state) in &mut self.seasons {
            let Some(schedule) = state.season.schedule.as_ref().filter(|_| state.look.is_due(now)) else { continue };
            state.look.busy = true;
            calls.push(Call::MarkSchedule(key.clone(), schedule.table.clone(), schedule.question.date.clone()));
        }
        for (id, watch) in &mut self.watches {
            if watch.look.is_due(now) {
                watch.look.busy = true;
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
        let wanted: Vec<(Key, Probe)> =
            watch.coverages.iter().filter_map(|k| Some((k.clone(), self.probe_for(k, &mark)?))).collect();
        if wanted.is_empty() {
            self.look_ended(id, &mark, asked_at, now);
            return None;
        }
        Some(Call::Probe(id.clone(), wanted))
    }

    /// What a coverage must ask anew, given the table's mark.
    fn probe_for(&self, key: &Key, mark: &TableMark) -> Option<Probe> {
        let state = self.coverages.get(key)?;
        let mut probe = Probe {
            question: state.coverage.question.clone(),
            dates: DateSet::new(),
            starts: BTreeMap::new(),
            caps: BTreeMap::new(),
        };
        for date in self.asked_dates(state) {
            let binding = self.binding(state, date);
            if state.book.is_good(date, binding.rests_on(mark.of(date))) {
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
    fn asked_dates(&self, state: &CoverageState) -> Vec<Date> {
        let Some(season) = self.seasons.get(&state.coverage.season) else { return Vec::new() };
        let last = shift(season.calendar.today, AHEAD);
        state.dates(season).filter(|d| *d <= last).collect()
    }

    fn binding(&self, state: &CoverageState, date: Date) -> Binding {
        let day = self.seasons.get(&state.coverage.season).and_then(|s| s.calendar.days.get(&date));
        Binding::new(&state.coverage, expected(day))
    }

    /// A table was read.
    pub(super) fn probed(
        &mut self,
        id: &WatchId,
        keys: &[Key],
        answer: Result<Answer, Unknown>,
        asked_at: Timestamp,
        now: Timestamp,
    ) {
        let answer = match answer {
            Ok(answer) => answer,
            Err(unknown) => return self.look_failed(id, &unknown, now),
        };
        self.bytes_read += answer.bytes;
        for (key, reading) in keys.iter().zip(answer.readings) {
            self.take_reading(key, reading, &answer.mark, asked_at);
        }
        self.look_ended(id, &answer.mark, asked_at, now);
    }

    fn take_reading(&mut self, key: &Key, reading: Reading, mark: &TableMark, read_at: Timestamp) {
        let Some(state) = self.coverages.get(key) else { return };
        let rests: BTreeMap<Date, u64> =
            reading.dates.keys().map(|d| (*d, self.binding(state, *d).rests_on(mark.of(*d)))).collect();
        let Some(state) = self.coverages.get_mut(key) else { return };
        state.book.null_dates = reading.null_dates;
        for (date, facts) in reading.dates {
            let rests_on = rests.get(&date).copied().unwrap_or_default();
            state.book.take(date, facts, rests_on, read_at);
        }
        state.dirty = true;
    }

    /// A look ended well: whatever rests on this mark is as it was when the look was asked for.
    fn look_ended(&mut self, id: &WatchId, mark: &TableMark, asked_at: Timestamp, now: Timestamp) {
        let Some(keys) = self.watches.get(id).map(|w| w.coverages.clone()) else { return };
        for key in &keys {
            let stale = self.probe_for(key, mark).is_some();
            let Some(state) = self.coverages.get_mut(key) else { continue };
            state.dirty |= state.book.failure.take().is_some() || !state.looked;
            state.looked = true;
            if !stale {
                state.book.confirmed_at = Some(asked_at);
            }
        }
        let cadence = self.cadence(&keys);
        let Some(watch) = self.watches.get_mut(id) else { return };
        watch.look.busy = false;
        watch.look.failures = 0;
        watch.look.last = Some(asked_at);
        watch.look.next = cadence.after(now, &jiff::tz::TimeZone::UTC);
        if mark.unsettled {
            watch.look.next = watch.look.next.min(later(now, UNSETTLED_MILLIS));
        }
        watch.mark = Some(mark.clone());
    }

    fn look_failed(&mut self, id: &WatchId, unknown: &Unknown, now: Timestamp) {
        let Some(watch) = self.watches.get_mut(id) else { return };
        watch.look.busy = false;
        watch.look.failures += 1;
        watch.look.next = look_again(now, watch.look.failures);
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
            let on = |d: &Date| matches!(season.calendar.days.get(d), Some(Day::On(_) | Day::Unknown(_)));
            let newest = state.dates(season).filter(|d| *d <= shift(season.calendar.today, AHEAD) && on(d)).last()?;
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
        state.take_schedule(Arc::new(fold(&reading)));
        state.mark = Some(reading.mark.whole());
        state.look_ended(cadence.after(now, &jiff::tz::TimeZone::UTC), &reading.mark, now);
    }
}

impl SeasonState {
    fn take_schedule(&mut self, new: Arc<crate::domain::schedule::ScheduleFacts>) {
        let suspect = self.facts.as_ref().is_some_and(|old| is_schedule_suspect(old, &new));
        let agreed = self.doubted.take().map_or(0, |(doubted, n)| if doubted == new { n + 1 } else { 0 });
        if suspect && agreed < AGREEING_READS {
            self.doubted = Some((new, agreed));
            return;
        }
        self.dirty |= self.facts.as_ref() != Some(&new);
        self.facts = Some(new);
    }

    fn look_ended(&mut self, next: Timestamp, mark: &TableMark, now: Timestamp) {
        self.look.busy = false;
        self.look.failures = 0;
        self.look.last = Some(now);
        self.look.next = if mark.unsettled { next.min(later(now, UNSETTLED_MILLIS)) } else { next };
        self.dirty |= self.failure.take().is_some();
    }

    fn look_failed(&mut self, unknown: Unknown, now: Timestamp) {
        self.look.busy = false;
        self.look.failures += 1;
        self.look.next = look_again(now, self.look.failures);
        self.dirty |= self.failure.as_ref() != Some(&unknown);
        self.failure = Some(unknown);
    }
}

impl CoverageState {
    /// The coverage's own dates of its season, in order.
    pub(super) fn dates<'a>(&'a self, season: &'a SeasonState) -> impl Iterator<Item = Date> + 'a {
        let (from, through) = (self.coverage.from.unwrap_or(Date::MIN), self.coverage.through.unwrap_or(Date::MAX));
        season.calendar.days.keys().copied().filter(move |d| from <= *d && *d <= through)
    }
}

impl Book {
    fn is_good(&self, date: Date, rests_on: u64) -> bool {
        self.dates.get(&date).is_some_and(|e| e.rests_on == rests_on && e.facts.is_some() && e.failure.is_none())
    }

    fn take(
        &mut self,
        date: Date,
        facts: Result<crate::domain::probe::DateFacts, Unknown>,
        rests_on: u64,
        read_at: Timestamp,
    ) {
        match facts {
            Ok(facts) => {
                self.dates.insert(date, Entry { facts: Some(facts), rests_on, read_at, failure: None });
            }
            Err(unknown) => {
                let entry = self.dates.entry(date).or_insert(Entry { facts: None, rests_on, read_at, failure: None });
                entry.failure = Some(unknown);
            }
        }
    }
}

/// What a day expects, if it does.
pub(super) fn expected(day: Option<&Day>) -> Option<&Expected> {
    if let Some(Day::On(expected)) = day { Some(expected) } else { None }
}
