//! What is worth a line in a log: transitions, grouped by cause, never one per date.

use std::collections::BTreeMap;

use super::coverage::CoverageState;
use super::overview::Event;
use super::sources::{SourceState, source_key};
use crate::domain::admit::Admission;
use crate::domain::assess::Want;
use crate::domain::breaker::Breaker;
use crate::domain::dates::{Date, DateSet, Timestamp};
use crate::domain::ledger::{Attempt, Job, Launch, Outcome, Settled};
use crate::domain::policy::{Key, Rung};
use crate::domain::probe::UnitKey;
use crate::domain::schedule::{Calendar, Day, ScheduleFacts};
use crate::domain::source::Window;
use crate::domain::state::{Cause, Cell, Hold, State, Undelivered};
use crate::domain::suspicion::schedule_doubt;
use crate::domain::verdict::UnknownReason;

/// A Job was created.
pub(super) fn launched(coverage: &Key, attempt: &Attempt, reason: &str, now: Timestamp) -> Event {
    let Attempt { launch, number, rung, .. } = attempt;
    // A date that lacks nothing runs because a person asked for it.
    let why = if reason.is_empty() { "rerun requested" } else { reason };
    let message = format!("launch {launch}, attempt {number} on rung {rung}: {why}");
    Event { at: now, coverage: coverage.clone(), reason: "JobLaunched", dates: attempt.dates.clone(), message }
}

/// A launch goes to a rung although others before it could fill the dates: they do not work, or are not paid for.
pub(super) fn passed_over(
    state: &CoverageState,
    sources: &BTreeMap<Key, SourceState>,
    admission: &Admission,
    now: Timestamp,
) -> Option<Event> {
    let coverage = &state.coverage;
    let before = coverage.fill.ladder.iter().filter(|rung| admission.passed.contains(&rung.name));
    let told = |rung: &Rung| {
        let why = match &rung.source {
            Some(source) => sources.get(&source_key(&coverage.key.namespace, source))?.why_passed()?,
            None => does_not_work(state.ledger.breakers.get(&rung.name)?)?,
        };
        Some(format!("rung {} {why}", rung.name))
    };
    let told: Vec<String> = before.filter_map(told).collect();
    let message = format!("filled on rung {}: {}", admission.admitted.rung, told.join("; "));
    let (key, dates) = (coverage.key.clone(), admission.admitted.dates.clone());
    (!told.is_empty()).then_some(Event { at: now, coverage: key, reason: "PassedOver", dates, message })
}

pub(super) fn does_not_work(breaker: &Breaker) -> Option<String> {
    let opened = breaker.opened.as_ref()?;
    Some(format!("does not work since {} ({})", in_seconds(opened.since), opened.last_words()))
}

/// Without the fraction of a second, for people.
fn in_seconds(at: Timestamp) -> Timestamp {
    at.round(jiff::Unit::Second).unwrap_or(at)
}

/// The budget of a source does not pay for a date any more, or a new window began after that.
pub(super) fn of_budget(source: &Key, is_reset: bool, window: Window, now: Timestamp) -> Event {
    let (reason, message) = if is_reset {
        ("BudgetReset", format!("a new window began at {}; launches go on", window.start))
    } else {
        (
            "BudgetSpent",
            format!("the budget does not pay for all dates before {}; they wait, or go to another rung", window.end),
        )
    };
    Event { at: now, coverage: source.clone(), reason, dates: DateSet::new(), message }
}

/// A live Job keeps dates of a coverage's table, and gapless knows no launch of it.
pub(super) fn stray(coverage: &Key, job: &Job, now: Timestamp) -> Event {
    let message = format!(
        "Job `{}` says that it fills these dates, and gapless knows no launch of it: they wait until it has ended; \
         delete it if it is not meant to run",
        job.name
    );
    Event { at: now, coverage: coverage.clone(), reason: "StrayJob", dates: job.dates.clone(), message }
}

/// A Job was not created.
pub(super) fn refused(launch: &Launch, why: &str, now: Timestamp) -> Event {
    let message = format!("no Job was created, and nothing is charged: {why}");
    let (coverage, dates) = (launch.coverage.clone(), launch.dates.clone());
    Event { at: now, coverage, reason: "LaunchRefused", dates, message }
}

/// A ledger was lost, and its launch numbers were taken from the Jobs.
pub(super) fn rebuilt(coverage: &Key, launches: u64, now: Timestamp) -> Event {
    let message = format!("the ledger was lost; launches go on above {launches}, and attempt counts restart");
    Event { at: now, coverage: coverage.clone(), reason: "AttemptHistoryRebuilt", dates: DateSet::new(), message }
}

/// An attempt was settled: one event for each outcome.
pub(super) fn settled(coverage: &Key, settled: &Settled, now: Timestamp) -> Vec<Event> {
    let mut by_outcome: BTreeMap<Outcome, DateSet> = BTreeMap::new();
    for (date, outcome) in &settled.outcomes {
        by_outcome.entry(*outcome).or_default().insert(*date);
    }
    // A filler writes one message for all its dates: where they ended differently, it is about those that lack something.
    let is_mixed = by_outcome.len() > 1;
    let said = |outcome: Outcome| match settled.message.as_str() {
        "" => String::new(),
        _ if is_mixed && outcome.is_good() => String::new(),
        said => format!(": {said}"),
    };
    let event = |(outcome, dates): (Outcome, DateSet)| Event {
        at: now,
        coverage: coverage.clone(),
        reason: outcome.word(),
        dates,
        message: format!("launch {} on rung {}{}", settled.launch, settled.rung, said(outcome)),
    };
    by_outcome.into_iter().map(event).collect()
}

/// An attempt was settled, and the breaker of its rung or source opened or closed. A trial that brought nothing is reported by its outcome.
pub(super) fn of_breaker(
    owner: &Key,
    rung: &str,
    (before, after): (&Breaker, Option<&Breaker>),
    now: Timestamp,
) -> Option<Event> {
    let opened = after.and_then(|breaker| breaker.opened.as_ref());
    let (reason, message) = match (&before.opened, opened) {
        (None, Some(opened)) => {
            let (until, words) = (in_seconds(opened.until), opened.last_words());
            let message = format!("nothing starts on {rung} before one trial after {until}; {words}");
            ("BreakerOpened", message)
        }
        (Some(_), None) => ("BreakerClosed", format!("{rung} works again; its launches go on")),
        _ => return None,
    };
    Some(Event { at: now, coverage: owner.clone(), reason, dates: DateSet::new(), message })
}

/// Dates that are lost for good soon, and were not before.
pub(super) fn pressing(coverage: &Key, before: &[Want], after: &[Want], now: Timestamp) -> Option<Event> {
    if after.iter().all(|want| want.lost_at.is_none()) {
        return None;
    }
    let known: DateSet = before.iter().filter(|want| want.lost_at.is_some()).map(|want| want.date).collect();
    let new = || after.iter().filter(|want| want.lost_at.is_some() && !known.contains(want.date));
    let first = new().filter_map(|want| want.lost_at).min()?;
    let message = format!("no rung delivers them after {first}: they come before all others");
    Some(Event {
        at: now,
        coverage: coverage.clone(),
        reason: "Pressing",
        dates: new().map(|w| w.date).collect(),
        message,
    })
}

/// Cells changed their state.
pub(super) fn of_changes(
    coverage: &Key,
    changed: &[(Date, Option<Cause>, Cause)],
    cells: &[Cell],
    now: Timestamp,
) -> Vec<Event> {
    let mut by_reason: BTreeMap<&'static str, DateSet> = BTreeMap::new();
    for (date, before, cause) in changed {
        if let Some(reason) = reason(*before, *cause) {
            by_reason.entry(reason).or_default().insert(*date);
        }
    }
    let message = |dates: &DateSet| {
        let first = dates.first().and_then(|d| cells.iter().find(|c| c.date == d));
        let said = first.map_or("", said_of);
        let of = if dates.len() > 1 { format!("{} dates; the first: ", dates.len()) } else { String::new() };
        format!("{of}{said}")
    };
    let event = |(reason, dates): (&'static str, DateSet)| Event {
        at: now,
        coverage: coverage.clone(),
        reason,
        message: message(&dates),
        dates,
    };
    by_reason.into_iter().map(event).collect()
}

/// Of a gap what is lacking, and no promise: whether it can be launched is seen later.
fn said_of(cell: &Cell) -> &str {
    match cell.cause {
        Cause::Missing | Cause::Partial(_) => &cell.judgement.message,
        _ => &cell.message,
    }
}

/// A schedule says something else of dates that it spoke of before: units came, went, were moved, or were never played.
pub(super) fn of_schedule(
    season: &Key,
    old: &Calendar,
    new: &Calendar,
    facts: Option<&ScheduleFacts>,
    now: Timestamp,
) -> Vec<Event> {
    let (mut changed, mut dropped) = (DateSet::new(), BTreeMap::new());
    for (date, day) in &new.days {
        let Some(before) = old.days.get(date).filter(|before| *before != day && speaks(before) && speaks(day)) else {
            continue;
        };
        let listed = facts.and_then(|f| f.units.get(date)).map(Vec::as_slice).unwrap_or_default();
        let gone: Vec<&str> =
            listed.iter().map(|u| &*u.key).filter(|u| expects(before, u) && !expects(day, u)).collect();
        if !gone.is_empty() {
            dropped.insert(*date, gone.join(", "));
        } else if starts(before) != starts(day) {
            changed.insert(*date);
        }
    }
    let event = |reason, dates, message| Event { at: now, coverage: season.clone(), reason, dates, message };
    let mut events = Vec::new();
    if !changed.is_empty() {
        let text = "the schedule says something else of these dates; they are judged again";
        events.push(event("ScheduleChanged", changed, text.to_string()));
    }
    for (date, units) in dropped {
        let text = format!("{units}: still not final twelve hours after the date, so not played and not expected");
        events.push(event("UnitDropped", [date].into_iter().collect(), text));
    }
    events
}

/// A schedule lost units on so many dates at once that it is distrusted for now.
pub(super) fn suspect_schedule(season: &Key, dates: &DateSet, now: Timestamp) -> Event {
    let message = schedule_doubt(dates);
    Event { at: now, coverage: season.clone(), reason: "ScheduleSuspect", dates: dates.clone(), message }
}

/// Whether a schedule says anything of a date that could change: not where it was not read, or the date is not due yet.
fn speaks(day: &Day) -> bool {
    matches!(day, Day::On(_) | Day::Off(_) | Day::Break(_))
}

fn expects(day: &Day, unit: &str) -> bool {
    if let Day::On(expected) = day { expected.units.iter().any(|u| *u.key == *unit) } else { false }
}

/// The units of a date with their starts.
fn starts(day: &Day) -> Vec<(&UnitKey, Option<Timestamp>)> {
    let Day::On(expected) = day else { return Vec::new() };
    expected.units.iter().map(|unit| (&unit.key, unit.start)).collect()
}

/// What a transition is called, where it is worth reporting.
fn reason(before: Option<Cause>, after: Cause) -> Option<&'static str> {
    let was = before.map(Cause::state);
    match after {
        Cause::Exhausted(_) => Some("Exhausted"),
        Cause::NoRung => Some("NoRung"),
        Cause::Undeliverable(Undelivered::BeforeSource) => Some("Unrecoverable"),
        Cause::Undeliverable(_) => Some("LostForGood"),
        Cause::Waived if was.is_some_and(State::is_open) => Some("Waived"),
        Cause::Blocked(Hold::SuspectProbe) => Some("SuspectProbe"),
        Cause::Unknown(UnknownReason::NotProbed) => None,
        Cause::Unknown(_) => Some("Unknown"),
        Cause::Missing | Cause::Partial(_) | Cause::Blocked(_) | Cause::NotDue { .. }
            if was == Some(State::Complete) =>
        {
            Some("Revoked")
        }
        Cause::Missing | Cause::Partial(_) | Cause::Blocked(_)
            if was.is_none_or(|s| !s.is_open() || s == State::Unknown) =>
        {
            Some("GapFound")
        }
        Cause::Complete if was.is_some_and(|s| s.is_open() && !is_reported_otherwise(s)) => Some("Completed"),
        _ => None,
    }
}

/// From these a date becomes complete by an attempt, whose outcome is reported, or by a read that makes it known.
fn is_reported_otherwise(was: State) -> bool {
    matches!(was, State::Running | State::Verifying | State::Unknown)
}
