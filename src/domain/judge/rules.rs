//! The rules on one unit: which of them it fails, and the sentences about one failing unit and about many.

use alloc::format;
use alloc::string::String;

use crate::domain::anchors::Anchors;
use crate::domain::dates::Timestamp;
use crate::domain::policy::{Check, Rule};
use crate::domain::probe::{Measured, UnitKey, WHOLE_DATE};
use crate::domain::span::Span;
use crate::domain::verdict::Flaw;
use crate::domain::words::counted;

/// A rule that units fail.
#[derive(Debug)]
pub(super) struct Shortfall {
    /// Its index in the criteria.
    pub rule: usize,
    /// The flaw that a failure means.
    pub flaw: Flaw,
    /// The number of units that fail it.
    pub units: u32,
    /// The first unit that fails it.
    pub first: UnitKey,
    /// The first unit's figure.
    pub measured: Measured,
}

impl Shortfall {
    /// Names one unit with its figure, or counts many.
    pub fn sentence(&self, rule: &Rule, of: u32) -> String {
        match self.units {
            // The whole date has no meaningful name.
            1 if &*self.first == WHOLE_DATE => one(rule, self.measured),
            1 => format!("{}: {}", self.first, one(rule, self.measured)),
            units => format!("{}: {units} of {} {}", rule.what, counted(of.into(), "units"), many(rule.check)),
        }
    }
}

fn one(rule: &Rule, measured: Measured) -> String {
    let what = &rule.what;
    match (rule.check, measured) {
        (Check::AtLeast(min), Measured::Count(n)) => format!("{}, at least {min}", counted(n, what)),
        (Check::AtMost(max), Measured::Count(n)) => format!("{}, at most {max}", counted(n, what)),
        (Check::BeforeStart(last), Measured::Newest(_)) => format!("{what} is more than {last} before the start"),
        (Check::Fresh { within, .. }, Measured::Newest(Some(_))) => format!("{what} is older than {within}"),
        (Check::Fresh { .. }, Measured::Newest(None)) => {
            format!("no {what} by the time freshness is judged")
        }
        (Check::AtLeast(_) | Check::AtMost(_), Measured::Newest(_))
        | (Check::BeforeStart(_) | Check::Fresh { .. }, Measured::Count(_)) => format!("{what} was not measured"),
    }
}

fn many(check: Check) -> String {
    match check {
        Check::AtLeast(min) => format!("have fewer than {min}"),
        Check::AtMost(max) => format!("have more than {max}"),
        Check::BeforeStart(last) => format!("have none within {last} before the start"),
        Check::Fresh { within, .. } => format!("have none newer than {within}"),
    }
}

/// Checks one rule on one unit. Returns the flaw, and when the answer changes without new facts.
pub(super) fn check(
    rule: &Rule,
    measured: Measured,
    start: Option<Timestamp>,
    anchors: &Anchors,
    now: Timestamp,
) -> (Option<Flaw>, Option<Timestamp>) {
    match (rule.check, measured) {
        (Check::AtLeast(min), Measured::Count(n)) => ((n < min).then_some(Flaw::ValuesMissing), None),
        (Check::AtMost(max), Measured::Count(n)) => ((n > max).then_some(Flaw::Excess), None),
        (Check::BeforeStart(last), Measured::Newest(newest)) => before_start(last, newest, start, now),
        (Check::Fresh { within, until }, Measured::Newest(newest)) => fresh(within, newest, anchors.at(until), now),
        (Check::AtLeast(_) | Check::AtMost(_), Measured::Newest(_))
        | (Check::BeforeStart(_) | Check::Fresh { .. }, Measured::Count(_)) => (Some(Flaw::ValuesMissing), None),
    }
}

/// Judged once the unit has started: the newest value must not be older than `last` before the start.
fn before_start(
    last: Span,
    newest: Option<Timestamp>,
    start: Option<Timestamp>,
    now: Timestamp,
) -> (Option<Flaw>, Option<Timestamp>) {
    let Some(start) = start else { return (None, None) };
    if now < start {
        return (None, Some(start));
    }
    let oldest = later(start, -last.as_seconds());
    (newest.is_none_or(|at| at < oldest).then_some(Flaw::ValuesMissing), None)
}

/// The newest value ≤ t is at least t − within, t = min(now, anchor). A value ahead of now counts as now.
fn fresh(
    within: Span,
    newest: Option<Timestamp>,
    anchor: Timestamp,
    now: Timestamp,
) -> (Option<Flaw>, Option<Timestamp>) {
    let (t, seconds) = (now.min(anchor), within.as_seconds());
    let fails = newest.is_none_or(|at| at < later(t, -seconds));
    let turns = newest.map(|at| later(at, seconds.saturating_add(1))).filter(|at| !fails && *at <= anchor);
    (fails.then_some(Flaw::NotFresh), turns)
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    let edge = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    at.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(edge)
}
