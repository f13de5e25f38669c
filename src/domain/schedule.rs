//! Which units a date expects. The schedule is read like any table: it can be stale, incomplete or wrong, and then the
//! date is unknown, never empty.

mod calendar;
mod fold;
mod silence;

pub use calendar::{Calendar, calendar};
pub use fold::{Clash, ScheduleFacts, Scheduled, fold};

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::anchors::Anchors;
use super::dates::Timestamp;
use super::mark::{mix, stable_hash};
use super::probe::{UnitKey, WHOLE_DATE};
use super::verdict::{Off, Unknown};

/// A season's entry for one of its dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Day {
    /// No data is expected.
    Off(Off),
    /// A break of the season, with its reason.
    Break(Arc<str>),
    /// Units are expected.
    On(Expected),
    /// It is in the future, and the schedule has no entry for it yet.
    Unscheduled,
    /// Unknown, and why.
    Unknown(Unknown),
}

/// One unit of a date.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unit {
    pub key: UnitKey,
    /// Its values, for coverages with one unit per value.
    pub values: Arc<[UnitKey]>,
    pub start: Option<Timestamp>,
    /// Whether it is final. True if the schedule does not say.
    pub is_final: bool,
}

/// What a date expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The units, sorted by name.
    pub units: Vec<Unit>,
    /// Scheduled units that were dropped as not played.
    pub dropped: Vec<Unit>,
    /// The fixed points of the date.
    pub anchors: Anchors,
    /// Whether the date belongs to the season's warm-up.
    pub warm_up: bool,
    /// Changes when anything above does.
    pub mark: u64,
}

impl Expected {
    /// The number of expected units; `None` if the date itself is the unit.
    pub fn games(&self) -> Option<usize> {
        let whole = self.units.iter().any(|unit| &*unit.key == WHOLE_DATE);
        (!whole).then_some(self.units.len())
    }

    /// Marks the date as part of the warm-up.
    pub(super) fn warm_up(&mut self) {
        self.warm_up = true;
        self.mark = mix(self.mark, 1);
    }

    /// Sets the mark of what is expected.
    pub fn marked(mut self) -> Self {
        self.mark = stable_hash(&(&self.units, &self.dropped, &self.anchors, self.warm_up));
        self
    }
}

#[cfg(test)]
mod tests;
