//! The units of one date: which are covered, what the others lack, and which are unexpected.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::MAX_SHOWN;
use super::doubt::Misspelt;
use super::rules::{Shortfall, check};
use crate::domain::dates::Timestamp;
use crate::domain::policy::{Coverage, Expects, Grain};
use crate::domain::probe::{DateFacts, Measured, Of, UnitFacts, UnitKey, WHOLE_DATE};
use crate::domain::schedule::{Expected, Unit};

/// The totals over the units of a date.
#[derive(Debug, Default)]
pub(super) struct Tallied {
    /// Expected units.
    pub expected: u32,
    /// Expected units that must be present now.
    pub required: u32,
    /// Units that must be present and are covered.
    pub covered: u32,
    /// Expected units that have rows, covered or not.
    pub matched: u32,
    /// Units that must be present and are not covered.
    pub missing: Vec<UnitKey>,
    /// Missing units without any row.
    pub without_rows: u32,
    /// Missing units that only lack values which the date has under another spelling.
    pub misspelt: u32,
    /// The rules that units fail, in their order.
    pub shortfalls: Vec<Shortfall>,
    /// Units that are not expected and have rows.
    pub strangers: Strangers,
    /// Rows of units that are not expected, or no longer.
    pub unexpected_rows: u64,
    /// When the judgement changes without new facts.
    pub valid_until: Option<Timestamp>,
}

/// Unexpected units that have rows and were not dropped from the schedule.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    pub count: u32,
    pub rows: u64,
    /// The first ones, by name.
    pub first: Vec<UnitKey>,
}

/// One thing that a coverage expects of a date.
struct Wanted {
    start: Option<Timestamp>,
    is_final: bool,
}

/// What the units of a date are measured by.
pub(super) struct Measure<'a> {
    pub coverage: &'a Coverage,
    pub expected: &'a Expected,
    /// Doubted values: a unit that lacks nothing else is called misspelt.
    pub misspelt: &'a [Misspelt<'a>],
    pub now: Timestamp,
}

/// Counts the units of a date.
pub(super) fn tally(by: &Measure<'_>, facts: &DateFacts) -> Tallied {
    let criteria = &by.coverage.criteria;
    let only_final = criteria.expects == Expects::Final;
    let mut out = Tallied::default();
    let dropped = keys(criteria.grain, &by.expected.dropped);
    let mut units = facts.units.iter().peekable();
    // Both are sorted by name.
    for_each_wanted(criteria.grain, by.expected, &mut |key, unit| {
        out.expected += 1;
        while let Some((other, found)) = units.next_if(|(k, _)| k < key) {
            out.note_unexpected(other, found, &dropped);
        }
        let found = units.next_if(|(k, _)| k == key).map(|(_, f)| f).filter(|f| f.rows > 0);
        out.matched += u32::from(found.is_some());
        if only_final && !unit.is_final {
            return;
        }
        out.required += 1;
        let is_covered = match found {
            Some(found) => out.note_failures(by, key, &unit, found),
            None => {
                out.without_rows += 1;
                false
            }
        };
        if is_covered {
            out.covered += 1;
        } else {
            out.missing.push(key.clone());
        }
    });
    units.for_each(|(other, found)| out.note_unexpected(other, found, &dropped));
    out.shortfalls.sort_unstable_by_key(|s| s.rule);
    out
}

impl Tallied {
    /// Notes every rule that a unit fails. Returns true if it fails none.
    fn note_failures(&mut self, by: &Measure<'_>, key: &UnitKey, unit: &Wanted, found: &UnitFacts) -> bool {
        let (mut fails, mut is_misspelt) = (false, true);
        for (at, rule) in by.coverage.criteria.rules.iter().enumerate() {
            let measured = found.measures.get(rule.measure).copied().unwrap_or(Measured::Count(0));
            let (flaw, until) = check(rule, measured, unit.start, &by.expected.anchors, by.now);
            if let Some(until) = until {
                self.valid_until = Some(self.valid_until.map_or(until, |v| v.min(until)));
            }
            let Some(flaw) = flaw else { continue };
            fails = true;
            is_misspelt &= by.misspelt.iter().any(|m| m.measure == rule.measure);
            match self.shortfalls.iter_mut().find(|s| s.rule == at) {
                Some(known) => known.units += 1,
                None => self.shortfalls.push(Shortfall { rule: at, flaw, units: 1, first: key.clone(), measured }),
            }
        }
        self.misspelt += u32::from(fails && is_misspelt);
        !fails
    }

    fn note_unexpected(&mut self, key: &UnitKey, found: &UnitFacts, dropped: &[UnitKey]) {
        self.unexpected_rows += found.rows;
        if found.rows == 0 || dropped.binary_search(key).is_ok() {
            return;
        }
        self.strangers.count += 1;
        self.strangers.rows += found.rows;
        if self.strangers.first.len() < MAX_SHOWN {
            self.strangers.first.push(key.clone());
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
    wanted(grain, &expected.units).into_iter().for_each(|(key, wanted)| each(&key, wanted));
}

fn wanted(grain: Grain, units: &[Unit]) -> BTreeMap<UnitKey, Wanted> {
    let unit = |key: UnitKey, u: &Unit| (key, Wanted { start: u.start, is_final: u.is_final });
    match grain {
        Grain::Unit => units.iter().map(|u| unit(u.key.clone(), u)).collect(),
        Grain::UnitAnyOrder => units.iter().map(|u| unit(sorted_key(u), u)).collect(),
        Grain::EachValue => units.iter().flat_map(|u| u.values.iter().map(move |v| unit(v.clone(), u))).collect(),
        Grain::Date => {
            let start = units.iter().filter_map(|u| u.start).min();
            let is_final = units.iter().all(|u| u.is_final);
            BTreeMap::from([(WHOLE_DATE.into(), Wanted { start, is_final })])
        }
    }
}

/// The names under which a table has units, in order.
fn keys(grain: Grain, units: &[Unit]) -> Vec<UnitKey> {
    if units.is_empty() { Vec::new() } else { wanted(grain, units).into_keys().collect() }
}

/// The values sorted, as for a table that has them in any order.
fn sorted_key(unit: &Unit) -> UnitKey {
    let mut values: Vec<&str> = unit.values.iter().map(|v| &**v).collect();
    values.sort_unstable();
    values.join("@").into()
}

/// The amount of data on a date: distinct keys where a key is declared, else rows, plus distinct values. `Improved` and
/// `Regressed` compare it when the number of covered units is unchanged.
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
