//! Binds a question to a date: the starts of its units, and the latest instant for its newest value. If a start moves,
//! the question is a new one.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::num::NonZeroU64;

use super::dates::{Date, Timestamp};
use super::mark::{mix, stable_hash};
use super::policy::{Check, Coverage, Grain};
use super::probe::{Probe, UnitKey, WHOLE_DATE};
use super::schedule::Expected;

/// The bindings of one date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    /// The starts of units, by the table's names for them, if the question needs them.
    pub starts: BTreeMap<UnitKey, Timestamp>,
    /// The latest instant that counts for a newest value.
    pub cap: Option<Timestamp>,
}

impl Binding {
    /// Whether a coverage needs any bindings.
    pub fn is_asked_by(coverage: &Coverage) -> bool {
        let is_fresh = |check: &Check| matches!(check, Check::Fresh { .. });
        coverage.question.before.is_some() || coverage.criteria.rules.iter().any(|rule| is_fresh(&rule.check))
    }

    /// The bindings of a date. Empty if the date expects nothing.
    pub fn new(coverage: &Coverage, expected: Option<&Expected>) -> Self {
        let Some(expected) = expected else { return Self::default() };
        let starts = if coverage.question.before.is_some() {
            starts(coverage.criteria.grain, expected)
        } else {
            BTreeMap::new()
        };
        let cap = coverage.criteria.rules.iter().find_map(|rule| match rule.check {
            Check::Fresh { until, .. } => Some(expected.anchors.at(until)),
            _ => None,
        });
        Self { starts, cap }
    }

    /// The bindings that a probe used for a date.
    pub fn of_probe(probe: &Probe, date: Date) -> Self {
        let starts = probe.starts.get(&date).cloned().unwrap_or_default();
        Self { starts, cap: probe.caps.get(&date).copied() }
    }

    /// The mark of the bindings; `None` if there are none.
    pub fn mark(&self) -> Option<NonZeroU64> {
        let is_empty = self.starts.is_empty() && self.cap.is_none();
        if is_empty { None } else { NonZeroU64::new(stable_hash(&(&self.starts, &self.cap))) }
    }

    /// Joins a date's mark with that of its bindings, because facts depend on both.
    pub fn rests_on(&self, mark: u64) -> u64 {
        self.mark().map_or(mark, |bound| mix(mark, bound.get()))
    }
}

fn starts(grain: Grain, expected: &Expected) -> BTreeMap<UnitKey, Timestamp> {
    let known = expected.units.iter().filter_map(|u| Some((u, u.start?)));
    match grain {
        Grain::Unit => known.map(|(u, at)| (u.key.clone(), at)).collect(),
        Grain::UnitAnyOrder => known.map(|(u, at)| (sorted(&u.values), at)).collect(),
        Grain::EachValue => known.flat_map(|(u, at)| u.values.iter().map(move |v| (v.clone(), at))).collect(),
        Grain::Date => known.map(|(_, at)| at).min().map(|at| (UnitKey::from(WHOLE_DATE), at)).into_iter().collect(),
    }
}

/// The name of a unit whose values may be in any order.
pub fn sorted(values: &[UnitKey]) -> UnitKey {
    let mut values: Vec<&str> = values.iter().map(|v| &**v).collect();
    values.sort_unstable();
    values.join("@").into()
}
