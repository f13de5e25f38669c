//! Turns a season and its schedule into one [`Day`] per date. The first rule that holds wins.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::silence::{ambiguous, never_final, unsaid};
use super::{Day, Expected, ScheduleFacts, Scheduled, Unit};
use crate::domain::anchors::{Anchors, midnight};
use crate::domain::dates::{Date, DateRange, Timestamp, next_day, previous_day, shift};
use crate::domain::policy::{Dates, Schedule, Season, local_date};
use crate::domain::probe::WHOLE_DATE;
use crate::domain::verdict::{Off, Unknown, UnknownReason};

/// The maximum number of dates in a coverage. An open range keeps the newest.
pub const MAX_DATES: i32 = 3_660;
/// An open range ends this many days after today.
const AHEAD: i32 = 2;
/// A schedule updated this long after a date's end is never stale for that date.
const SETTLED_HOURS: i64 = 48;
/// A unit that is not final in a schedule updated this long after the date's end was not played.
const NOT_PLAYED_HOURS: i64 = 12;

/// Every date of a season.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    /// The season's zone.
    pub zone: TimeZone,
    /// Today, in that zone.
    pub today: Date,
    /// One for every date of the season.
    pub days: BTreeMap<Date, Day>,
    /// The same facts lead to the same calendar until then.
    pub valid_until: Timestamp,
}

/// The calendar of a season at an instant. `Err` means that the schedule could not be read.
pub fn calendar(season: &Season, facts: Result<&ScheduleFacts, &Unknown>, now: Timestamp) -> Calendar {
    let today = local_date(now, &season.zone);
    let range = span(season.dates, today);
    let scheduled = range.and_then(|range| scheduled_hull(facts, season.dates.start(), range));
    let any_final = facts.is_ok_and(|f| f.units.values().flatten().any(|u| u.is_final));
    let ctx = Context { season, facts, today, now, scheduled, updated: updated(facts, now), any_final };
    let mut days: BTreeMap<Date, Day> = range.map(|range| ctx.days(range)).unwrap_or_default();
    ctx.mark_warm_up(&mut days);
    Calendar { zone: season.zone.clone(), today, days, valid_until: ctx.valid_until() }
}

/// The dates of a season on a day.
fn span(dates: Dates, today: Date) -> Option<DateRange> {
    let newest = |from: Date, through: Date| DateRange::new(from.max(shift(through, 1 - MAX_DATES)), through);
    match dates {
        Dates::Closed(range) => newest(range.from(), range.through()),
        Dates::Open(from) => newest(from, shift(today, AHEAD)),
        Dates::Last(days) => newest(shift(today, 1 - days.min(MAX_DATES as u32) as i32), shift(today, AHEAD)),
    }
}

/// The first scheduled date of the season, regardless of its window, and the last date of the schedule. A game after
/// the season's end proves that the schedule covers the dates before it.
fn scheduled_hull(facts: Result<&ScheduleFacts, &Unknown>, start: Option<Date>, range: DateRange) -> Option<DateRange> {
    let facts = facts.ok()?;
    let start = start.filter(|start| *start <= range.through()).unwrap_or(Date::MIN);
    let first = *facts.units.range(start..=range.through()).next()?.0;
    DateRange::new(first, *facts.units.last_key_value()?.0)
}

/// When the schedule was last updated. A stamp in the future is a wrong clock or a typo, and settles no date before the
/// date's end.
fn updated(facts: Result<&ScheduleFacts, &Unknown>, now: Timestamp) -> Option<Timestamp> {
    facts.ok()?.updated.map(|at| at.min(now))
}

/// A date with its first instant and that of the next date.
struct Bounds {
    date: Date,
    start: Timestamp,
    end: Timestamp,
}

impl Bounds {
    /// Whether the schedule was updated at least this long after the date's end.
    fn ended_before(&self, updated: Option<Timestamp>, hours: i64) -> bool {
        let limit = self.end.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX);
        updated.is_some_and(|at| at >= limit)
    }
}

struct Context<'a> {
    season: &'a Season,
    facts: Result<&'a ScheduleFacts, &'a Unknown>,
    /// When the schedule was last updated. Never in the future.
    updated: Option<Timestamp>,
    today: Date,
    now: Timestamp,
    scheduled: Option<DateRange>,
    /// Whether any unit of the schedule is final.
    any_final: bool,
}

impl Context<'_> {
    /// Marks the warm-up: the first dates with units after each start, including those that have left the window.
    fn mark_warm_up(&self, days: &mut BTreeMap<Date, Day>) {
        let Some(first) = days.keys().next().copied().filter(|_| self.season.warm_up_game_days > 0) else { return };
        let most = self.season.warm_up_game_days as usize;
        let own: Vec<Date> = self.season.dates.start().into_iter().collect();
        let starts = if self.season.warm_up_starts.is_empty() { &own } else { &self.season.warm_up_starts };
        for start in starts {
            let gone = DateRange::new(*start, previous_day(first));
            let played = gone.map_or(0, |gone| gone.iter().filter(|date| self.has_units(*date)).take(most).count());
            let on = days.range_mut(*start..).filter_map(|(_, d)| if let Day::On(e) = d { Some(e) } else { None });
            on.take(most - played).for_each(|e| e.warm_up());
        }
    }

    fn has_units(&self, date: Date) -> bool {
        let zone = &self.season.zone;
        let bounds = Bounds { date, start: midnight(date, zone), end: midnight(next_day(date), zone) };
        matches!(self.day(&bounds), Day::On(_))
    }

    /// The end of a date is the start of the next, so each is computed once.
    fn days(&self, range: DateRange) -> BTreeMap<Date, Day> {
        let mut start = midnight(range.from(), &self.season.zone);
        let day = |date| {
            let end = midnight(next_day(date), &self.season.zone);
            let start = core::mem::replace(&mut start, end);
            (date, self.day(&Bounds { date, start, end }))
        };
        range.iter().map(day).collect()
    }

    fn day(&self, bounds: &Bounds) -> Day {
        let date = bounds.date;
        if !self.season.week_days.is_empty() && !self.season.week_days.contains(&date.weekday()) {
            return Day::Off(Off::OffDay);
        }
        match &self.season.schedule {
            None => self
                .pause(date)
                .unwrap_or_else(|| Day::On(self.expected(bounds, Vec::from([whole_date()]), Vec::new()))),
            Some(schedule) => match self.facts {
                Err(unknown) => Day::Unknown(unknown.clone()),
                Ok(facts) => self.scheduled_day(bounds, schedule, facts),
            },
        }
    }

    fn scheduled_day(&self, bounds: &Bounds, schedule: &Schedule, facts: &ScheduleFacts) -> Day {
        if let Some(unknown) = self.stale(bounds, schedule) {
            return Day::Unknown(unknown);
        }
        let date = bounds.date;
        if let Some(clash) = facts.clashes.get(&date) {
            return Day::Unknown(ambiguous(clash));
        }
        let listed = facts.units.get(&date).map(Vec::as_slice).unwrap_or_default();
        if listed.is_empty() {
            return self.empty_day(bounds);
        }
        let judged = schedule.question.is_final.is_some();
        let over = bounds.ended_before(self.updated, NOT_PLAYED_HOURS);
        if judged && over && !self.any_final {
            return Day::Unknown(never_final());
        }
        let (played, dropped): (Vec<&Scheduled>, _) = listed.iter().partition(|u| !judged || !over || u.is_final);
        if played.is_empty() {
            return self.pause(date).unwrap_or(Day::Off(Off::OffDay));
        }
        let units = |scheduled: Vec<&Scheduled>| scheduled.into_iter().map(|u| unit(u, judged)).collect();
        Day::On(self.expected(bounds, units(played), units(dropped)))
    }

    /// A date without units is an off day only if the schedule covers the dates around it.
    fn empty_day(&self, bounds: &Bounds) -> Day {
        let date = bounds.date;
        if let Some(pause) = self.pause(date) {
            return pause;
        }
        let between = self.scheduled.is_some_and(|r| r.contains(date));
        let after = self.scheduled.is_some_and(|r| r.through() < date) && bounds.ended_before(self.updated, 0);
        if between || after {
            Day::Off(Off::OffDay)
        } else if date > self.today {
            Day::Unscheduled
        } else {
            Day::Unknown(unsaid(self.scheduled, date, self.today, self.updated.is_some()))
        }
    }

    /// A schedule that is too old says nothing about an unsettled date.
    fn stale(&self, bounds: &Bounds, schedule: &Schedule) -> Option<Unknown> {
        let limit = schedule.max_age?;
        if bounds.ended_before(self.updated, SETTLED_HOURS) {
            return None;
        }
        let table = &schedule.table.name;
        let Some(updated) = self.updated else {
            let text = format!(
                "schedule `{table}` does not say when it was updated; name the column that does in spec.schedule.updatedAt"
            );
            return Some(Unknown::new(UnknownReason::ScheduleStale, text));
        };
        (limit.after(updated, &self.season.zone) < self.now).then(|| {
            let text =
                format!("schedule `{table}` was last updated at {updated}, longer ago than maxAge {limit}; refresh it");
            Unknown::new(UnknownReason::ScheduleStale, text)
        })
    }

    fn expected(&self, bounds: &Bounds, units: Vec<Unit>, dropped: Vec<Unit>) -> Expected {
        let whole = self.season.schedule.is_none();
        let starts = units.iter().map(|u| u.start).filter(|_| !whole);
        let anchors = Anchors::between(bounds.start, bounds.end, starts);
        Expected { anchors, units, dropped, warm_up: false, mark: 0 }.marked()
    }

    fn pause(&self, date: Date) -> Option<Day> {
        self.season.breaks.iter().find(|b| b.dates.contains(date)).map(|b| Day::Break(b.reason.clone()))
    }

    /// Without new facts, a calendar changes only at midnight, when the schedule becomes stale, or while its stamp is
    /// in the future.
    fn valid_until(&self) -> Timestamp {
        let midnight = midnight(next_day(self.today), &self.season.zone);
        let stale = self.season.schedule.as_ref().and_then(|s| s.max_age).zip(self.updated);
        let stale = stale.map(|(age, at)| age.after(at, &self.season.zone)).filter(|at| *at >= self.now);
        let just_after = |at: Timestamp| at.saturating_add(SignedDuration::from_nanos(1)).unwrap_or(at);
        let ends = [stale.map(just_after), self.next_settled()];
        ends.into_iter().flatten().fold(midnight, Timestamp::min)
    }

    /// While the stamp is in the future, the schedule counts as updated now, so dates settle as time passes.
    fn next_settled(&self) -> Option<Timestamp> {
        self.facts.ok()?.updated.filter(|at| *at > self.now)?;
        let ends = (0..=2).map(|days| midnight(shift(self.today, -days), &self.season.zone));
        let settled = ends.flat_map(|end| {
            let after = |hours| end.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX);
            [NOT_PLAYED_HOURS, SETTLED_HOURS].map(after)
        });
        settled.filter(|at| *at > self.now).min()
    }
}

fn whole_date() -> Unit {
    Unit { key: WHOLE_DATE.into(), values: Arc::from([WHOLE_DATE.into()]), start: None, is_final: true }
}

fn unit(scheduled: &Scheduled, judged: bool) -> Unit {
    Unit {
        key: scheduled.key.clone(),
        values: scheduled.values.clone(),
        start: scheduled.start,
        is_final: scheduled.is_final || !judged,
    }
}
