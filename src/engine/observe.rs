//! Observe: which tables are looked at when, what is asked of them, and what the answers change.
//! Fingerprints first; one probe per table for all coverages that read it.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::book::basis;
use super::call::{Call, WatchId};
use super::look::later;
use super::world::{CoverageState, Doubted, SeasonState, World};
use crate::domain::bind::Binding;
use crate::domain::dates::{Date, DateSet, Timestamp, days_between, shift};
use crate::domain::mark::{DateMarks, TableMark};
use crate::domain::policy::Key;
use crate::domain::probe::{Answer, Probe, Reading, ScheduleReading};
use crate::domain::schedule::{Calendar, Day, Expected, ScheduleFacts, fold};
use crate::domain::span::Span;
use crate::domain::suspicion::{Doubt, suspect_dates};
use crate::domain::verdict::Unknown;

/// Dates further ahead than this are not read, unless they are due earlier still.
const AHEAD: i32 = 2;
const DAY_SECONDS: i64 = 86_400;
/// A part may still be written: look again so many milliseconds later.
const UNSETTLED_MILLIS: i64 = 2_000;
/// Clocks of others may be ahead by so much.
const SKEW_MILLIS: i64 = 10 * 60 * 1000;

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
        let watch = self.watches.get(id)?;
        for key in &watch.coverages {
            self.coverages.get_mut(key).into_iter().for_each(|s| s.book.asked_at = Some(asked_at));
        }
        let marks = mark.dates();
        let wanted = watch.coverages.iter().filter_map(|k| Some((k.clone(), self.probe_for(k, &marks)?)));
        let (keys, probes): (Vec<Key>, Vec<Probe>) = wanted.unzip();
        if keys.is_empty() {
            self.look_ended(id, &Looked { asked_at, in_part: false, is_young: mark.unsettled }, now);
            return None;
        }
        let mark = Arc::new(mark);
        self.watches.get_mut(id)?.asked = Some((asked_at, mark.clone()));
        Some(Call::Probe(id.clone(), keys, mark, Arc::new(probes)))
    }

    /// What a coverage has to ask, given the table's mark.
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
            if entry.is_some_and(|e| e.is_known(binding.rests_on(marks.of(date)), basis(state.criteria, day))) {
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
                self.bytes_read += answer.bytes;
                (answer.readings, Arc::new(answer.mark))
            }
            // The same read would fail again: that is what is known of the dates that it asked for.
            Err(unknown) if unknown.lasts => (probes.iter().map(|_| Err(unknown.clone())).collect(), seen),
            Err(unknown) => return self.look_failed(id, &unknown, now),
        };
        self.found(id, &mark, now);
        let marks = mark.dates();
        for ((key, probe), reading) in keys.iter().zip(probes).zip(readings) {
            if let Some(state) = self.coverages.get_mut(key).filter(|s| s.coverage.question == probe.question) {
                state.take_reading(probe, reading, &mark, &marks, read_at);
            }
        }
        // What could not be read this time, or has changed since, is still wanted.
        let in_part = keys.iter().any(|key| self.probe_for(key, &marks).is_some());
        self.look_ended(id, &Looked { asked_at, in_part, is_young: mark.unsettled }, now);
    }

    /// A look ended: whatever rests on its mark is as it was when the look was asked for.
    fn look_ended(&mut self, id: &WatchId, looked: &Looked, now: Timestamp) {
        let Some(keys) = self.watches.get(id).map(|w| w.coverages.clone()) else { return };
        let asked_at = looked.asked_at;
        self.looks_ended += 1;
        // Dates of Jobs that are nobody's attempt are free once they were read.
        self.undecided |= keys.iter().filter_map(|k| self.coverages.get(k)).any(|s| self.unread(s).next().is_some());
        let cadence = self.cadence(&keys);
        for key in &keys {
            let Some(state) = self.coverages.get_mut(key) else { continue };
            // What came while the look was under way is asked for by the next one.
            if state.book.asked_at.take() == Some(asked_at) {
                state.look_ended(asked_at, cadence);
            }
        }
        let next = cadence.after(now, &jiff::tz::TimeZone::UTC);
        let young = looked.is_young.then(|| later(now, UNSETTLED_MILLIS));
        let next = self.settling_after(&keys, asked_at).into_iter().chain(young).fold(next, Timestamp::min);
        let Some(watch) = self.watches.get_mut(id) else { return };
        if looked.in_part {
            watch.look.ended_in_part(asked_at, next, now);
        } else {
            watch.look.ended(asked_at, next);
        }
    }

    /// When the next attempt of these coverages must be visible in the data: the look for an earlier one says nothing of it.
    fn settling_after(&self, keys: &[Key], asked_at: Timestamp) -> Option<Timestamp> {
        let attempts = |s: &CoverageState| {
            let unsettled = s.ledger.attempts.iter().filter_map(|a| Some((s.settled_at(a)?, a)));
            let is_behind = |date, at| s.book.confirmed_at(date).is_none_or(|confirmed| confirmed < at);
            let behind = unsettled.filter(|(at, a)| a.dates.iter().any(|date| is_behind(date, *at)));
            behind.map(|(at, _)| at).collect::<Vec<_>>()
        };
        let own = keys.iter().filter_map(|key| self.coverages.get(key));
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
        asked_at: Timestamp,
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
            state.look_ended(asked_at, cadence, &mark, now);
            return None;
        }
        let schedule = state.season.schedule.as_ref()?;
        Some(Call::ReadSchedule(key.clone(), schedule.table.clone(), schedule.question.clone()))
    }

    /// A schedule was read. One that loses units on many dates is doubted until two more reads agree.
    pub(super) fn schedule_read(
        &mut self,
        key: &Key,
        reading: Result<ScheduleReading, Unknown>,
        asked_at: Timestamp,
        now: Timestamp,
    ) {
        let cadence = self.limits.cadence.hot;
        let Some(state) = self.seasons.get_mut(key) else { return };
        let reading = match reading {
            Ok(reading) => without_stamps_ahead(reading, now),
            Err(unknown) => return state.look_failed(unknown, now),
        };
        self.bytes_read += reading.bytes;
        let was_doubted = state.doubted.is_some();
        state.take_schedule(Arc::new(fold(&reading)), reading.mark.whole(), asked_at, cadence);
        if let Some(doubted) = state.doubted.as_ref().filter(|_| !was_doubted) {
            self.events.push(super::events::suspect_schedule(key, &doubted.dates, now));
        }
        state.look_ended(asked_at, cadence, &reading.mark, now);
    }
}

/// How a look ended that saw a table's mark.
struct Looked {
    /// When the mark was asked for.
    asked_at: Timestamp,
    /// Something is still to be read.
    in_part: bool,
    /// A part may still be written.
    is_young: bool,
}

/// A stamp of the future says nothing of when a schedule was updated: it was mistyped, or written by a clock that is wrong.
fn without_stamps_ahead(mut reading: ScheduleReading, now: Timestamp) -> ScheduleReading {
    let latest = later(now, SKEW_MILLIS);
    let is_ahead = |at: &mut Timestamp| *at > latest;
    for row in &mut reading.rows {
        row.updated.take_if(is_ahead);
    }
    reading.modified.take_if(is_ahead);
    reading
}

impl SeasonState {
    /// The facts, with the mark that they rest on: of a doubted schedule both are those from before, so that it is read
    /// again whatever happens meanwhile.
    fn take_schedule(&mut self, facts: Arc<ScheduleFacts>, mark: u64, asked_at: Timestamp, cadence: Span) {
        let standing = self.facts.as_ref().zip(self.span.as_ref());
        let suspect = standing.and_then(|(old, span)| suspect_dates(old, &facts, span));
        let doubted = suspect.and_then(|dates| {
            let doubt = match &self.doubted {
                None => Some(Doubt::new(asked_at)),
                Some(doubted) => doubted.doubt.after(asked_at, cadence),
            };
            Some(Doubted { doubt: doubt?, dates })
        });
        self.dirty |= self.doubted.is_some() || doubted.is_some();
        self.doubted = doubted;
        if self.doubted.is_none() {
            self.dirty |= self.facts.as_ref() != Some(&facts);
            (self.facts, self.mark) = (Some(facts), Some(mark));
        }
    }

    fn look_ended(&mut self, asked_at: Timestamp, cadence: Span, mark: &TableMark, now: Timestamp) {
        let next = cadence.after(now, &jiff::tz::TimeZone::UTC);
        self.look.ended(asked_at, if mark.unsettled { next.min(later(now, UNSETTLED_MILLIS)) } else { next });
        self.confirm(asked_at, cadence);
    }

    fn look_failed(&mut self, unknown: Unknown, now: Timestamp) {
        self.look.failed(now);
        self.dirty |= self.failure.as_ref() != Some(&unknown);
        self.failure = Some(unknown);
    }
}

impl CoverageState {
    /// Facts rest on what was asked. What a probe cannot be answered is unknown for the dates that it asked for.
    fn take_reading(
        &mut self,
        probe: &Probe,
        reading: Result<Reading, Unknown>,
        mark: &TableMark,
        marks: &DateMarks,
        read_at: Timestamp,
    ) {
        let mut take =
            |date, facts| self.book.take(date, facts, &Binding::of_probe(probe, date), marks.of(date), read_at);
        match reading {
            Ok(Reading { dates, undated }) => {
                let mut share = Shared::default();
                dates.into_iter().for_each(|(date, facts)| take(date, facts.map_err(|unknown| share.of(unknown))));
                self.book.take_undated(undated, mark);
            }
            Err(unknown) => {
                let unknown = Arc::new(unknown);
                probe.dates.iter().for_each(|date| take(date, Err(unknown.clone())));
            }
        }
        self.dirty = true;
    }

    /// A look that asked for this coverage has ended.
    fn look_ended(&mut self, asked_at: Timestamp, cadence: Span) {
        let was_failing = self.book.failure.take().is_some();
        self.dirty |= was_failing || self.waits_for_looks() || !self.book.was_looked_at || self.overdue;
        self.looked = Some(asked_at);
        self.cadence = cadence;
        self.book.confirm(asked_at, cadence);
    }

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

/// Dates that fail for one reason share it: one broken part can hold thousands.
#[derive(Default)]
struct Shared(Option<Arc<Unknown>>);

impl Shared {
    fn of(&mut self, unknown: Unknown) -> Arc<Unknown> {
        match &self.0 {
            Some(last) if **last == unknown => last.clone(),
            _ => self.0.insert(Arc::new(unknown)).clone(),
        }
    }
}

/// What a day expects, if it does.
pub(super) fn expected(day: Option<&Day>) -> Option<&Expected> {
    if let Some(Day::On(expected)) = day { Some(expected) } else { None }
}
