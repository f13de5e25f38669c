//! The units of one date, one by one: which are covered, and what those lack that are not.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::domain::anchors::Anchors;
use crate::domain::dates::Timestamp;
use crate::domain::policy::{Check, Coverage, Expects, Grain, Rule};
use crate::domain::probe::{DateFacts, Measured, Of, UnitFacts, UnitKey, WHOLE_DATE};
use crate::domain::schedule::{Expected, Unit};
use crate::domain::span::Span;
use crate::domain::verdict::Flaw;
use crate::domain::words::counted;

/// What the units of a date amount to.
#[derive(Debug, Default)]
pub(super) struct Tallied {
    /// Units that are expected.
    pub expected: u32,
    /// Of those, units that must be there now.
    pub required: u32,
    /// Of those that must, units that are.
    pub covered: u32,
    /// Expected units that have rows, covered or not.
    pub matched: u32,
    /// Units that must be there and are not covered.
    pub missing: Vec<UnitKey>,
    /// What they lack.
    pub flaws: Vec<Flaw>,
    /// What the first of them lacks, as a sentence.
    pub first_shortfall: Option<String>,
    /// Rows of other units.
    pub unexpected_rows: u64,
    /// When the passing of time alone changes the judgement.
    pub valid_until: Option<Timestamp>,
}

/// One thing that a coverage expects of a date.
struct Wanted {
    start: Option<Timestamp>,
    is_final: bool,
}

/// Counts the units of a date.
pub(super) fn tally(coverage: &Coverage, expected: &Expected, facts: &DateFacts, now: Timestamp) -> Tallied {
    let only_final = coverage.criteria.expects == Expects::Final;
    let mut out = Tallied::default();
    let mut units = facts.units.iter().peekable();
    // Both stand in the order of their names.
    for_each_wanted(coverage.criteria.grain, expected, &mut |key, unit| {
        out.expected += 1;
        while let Some((_, other)) = units.next_if(|(k, _)| k < key) {
            out.unexpected_rows += other.rows;
        }
        let found = units.next_if(|(k, _)| k == key).map(|(_, f)| f).filter(|f| f.rows > 0);
        out.matched += u32::from(found.is_some());
        if only_final && !unit.is_final {
            return;
        }
        out.required += 1;
        let shortfall = match found {
            None => Some((Flaw::UnitsMissing, None)),
            Some(found) => {
                first_failure(&coverage.criteria.rules, &unit, found, &expected.anchors, now, &mut out.valid_until)
            }
        };
        out.note(key, shortfall);
    });
    out.unexpected_rows += units.map(|(_, f)| f.rows).sum::<u64>();
    out
}

impl Tallied {
    fn note(&mut self, key: &UnitKey, shortfall: Option<(Flaw, Option<String>)>) {
        let Some((flaw, sentence)) = shortfall else {
            self.covered += 1;
            return;
        };
        self.missing.push(key.clone());
        self.flaws.push(flaw);
        if self.first_shortfall.is_none() {
            // The date itself has no name that says anything.
            self.first_shortfall = sentence.map(|s| if &**key == WHOLE_DATE { s } else { format!("{key}: {s}") });
        }
    }
}

/// The names under which a coverage looks for what a date expects.
pub fn expected_keys(grain: Grain, expected: &Expected) -> Vec<UnitKey> {
    let mut keys = Vec::new();
    for_each_wanted(grain, expected, &mut |key, _| keys.push(key.clone()));
    keys
}

/// Everything that a date expects of a coverage, in the order of its names.
fn for_each_wanted(grain: Grain, expected: &Expected, each: &mut dyn FnMut(&UnitKey, Wanted)) {
    if grain == Grain::Unit {
        let plain = |u: &Unit| Wanted { start: u.start, is_final: u.is_final };
        return expected.units.iter().for_each(|u| each(&u.key, plain(u)));
    }
    wanted(grain, expected).into_iter().for_each(|(key, wanted)| each(&key, wanted));
}

fn wanted(grain: Grain, expected: &Expected) -> BTreeMap<UnitKey, Wanted> {
    let unit = |key: UnitKey, u: &Unit| (key, Wanted { start: u.start, is_final: u.is_final });
    let units = expected.units.iter();
    match grain {
        Grain::Unit => units.map(|u| unit(u.key.clone(), u)).collect(),
        Grain::UnitAnyOrder => units.map(|u| unit(sorted_key(u), u)).collect(),
        Grain::EachValue => units.flat_map(|u| u.values.iter().map(move |v| unit(v.clone(), u))).collect(),
        Grain::Date => {
            let start = expected.units.iter().filter_map(|u| u.start).min();
            let is_final = expected.units.iter().all(|u| u.is_final);
            BTreeMap::from([(WHOLE_DATE.into(), Wanted { start, is_final })])
        }
    }
}

/// The values in the order in which a table that has them in any order is read.
fn sorted_key(unit: &Unit) -> UnitKey {
    let mut values: Vec<&str> = unit.values.iter().map(|v| &**v).collect();
    values.sort_unstable();
    values.join("@").into()
}

fn first_failure(
    rules: &[Rule],
    unit: &Wanted,
    found: &UnitFacts,
    anchors: &Anchors,
    now: Timestamp,
    valid_until: &mut Option<Timestamp>,
) -> Option<(Flaw, Option<String>)> {
    let mut worst: Option<(Flaw, String)> = None;
    for rule in rules {
        let measured = found.measures.get(rule.measure).copied().unwrap_or(Measured::Count(0));
        let (failure, until) = check(rule, measured, unit, anchors, now);
        if let Some(at) = until {
            *valid_until = Some(valid_until.map_or(at, |v| v.min(at)));
        }
        if let Some((flaw, sentence)) = failure.filter(|(flaw, _)| worst.as_ref().is_none_or(|w| *flaw < w.0)) {
            worst = Some((flaw, sentence));
        }
    }
    worst.map(|(flaw, sentence)| (flaw, Some(sentence)))
}

type Failure = Option<(Flaw, String)>;

/// One rule on one unit: what it fails, and when the passing of time alone changes that.
fn check(
    rule: &Rule,
    measured: Measured,
    unit: &Wanted,
    anchors: &Anchors,
    now: Timestamp,
) -> (Failure, Option<Timestamp>) {
    let what = &rule.what;
    match (rule.check, measured) {
        (Check::AtLeast(min), Measured::Count(n)) => {
            ((n < min).then(|| (Flaw::ValuesMissing, format!("{}, at least {min}", counted(n, what)))), None)
        }
        (Check::AtMost(max), Measured::Count(n)) => {
            ((n > max).then(|| (Flaw::Excess, format!("{}, at most {max}", counted(n, what)))), None)
        }
        (Check::BeforeStart(span), Measured::Newest(newest)) => before_start(what, span, newest, unit, now),
        (Check::Fresh { within, until }, Measured::Newest(newest)) => {
            fresh(what, within, newest, anchors.at(until), now)
        }
        (Check::AtLeast(_) | Check::AtMost(_), Measured::Newest(_))
        | (Check::BeforeStart(_) | Check::Fresh { .. }, Measured::Count(_)) => {
            (Some((Flaw::ValuesMissing, format!("{what} was not measured"))), None)
        }
    }
}

/// Judged once the unit has started: the newest value is at most so long before the start.
fn before_start(
    what: &str,
    last: Span,
    newest: Option<Timestamp>,
    unit: &Wanted,
    now: Timestamp,
) -> (Failure, Option<Timestamp>) {
    let Some(start) = unit.start else { return (None, None) };
    if now < start {
        return (None, Some(start));
    }
    let oldest = later(start, -last.as_seconds());
    let fails = newest.is_none_or(|at| at < oldest);
    (fails.then(|| (Flaw::ValuesMissing, format!("{what} is more than {last} before the start"))), None)
}

/// The newest value ≤ t is at least t − within, t = min(now, anchor). A value ahead of now counts as now.
fn fresh(
    what: &str,
    within: Span,
    newest: Option<Timestamp>,
    anchor: Timestamp,
    now: Timestamp,
) -> (Failure, Option<Timestamp>) {
    let (t, seconds) = (now.min(anchor), within.as_seconds());
    let fails = newest.is_none_or(|at| at < later(t, -seconds));
    let turns = newest.map(|at| later(at, seconds.saturating_add(1))).filter(|at| !fails && *at <= anchor);
    let sentence = || match newest {
        Some(_) => format!("{what} is older than {within}"),
        None => format!("no {what} by the instant at which freshness is judged"),
    };
    (fails.then(|| (Flaw::NotFresh, sentence())), turns)
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    let edge = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    at.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(edge)
}

/// How much a date holds beyond its covered units: distinct keys where a key is declared, else rows; and distinct
/// values. What `Improved` and `Regressed` compare when as many units are covered as before.
pub fn values_of(coverage: &Coverage, facts: &DateFacts) -> u64 {
    let distinct = |f: &UnitFacts| -> u64 {
        let measures = &coverage.question.measures;
        measures.iter().zip(&f.measures).map(|(m, v)| if matches!(m.of, Of::Rows) { 0 } else { count(*v) }).sum()
    };
    facts.rows.saturating_sub(facts.surplus) + facts.units.iter().map(|(_, unit)| distinct(unit)).sum::<u64>()
}

fn count(measured: Measured) -> u64 {
    if let Measured::Count(n) = measured { n } else { 0 }
}
