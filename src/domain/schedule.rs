//! Which units a date expects. The schedule is itself observed: it can be stale, silent or wrong, and then the
//! date is unknown, never empty (design §3).

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

/// What a season says of one of its dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Day {
    /// Nothing has to be there.
    Off(Off),
    /// Nothing has to be there: a break of the season, and why.
    Break(Arc<str>),
    /// Units are expected.
    On(Expected),
    /// In the future, and the schedule says nothing of it yet.
    Unscheduled,
    /// Nothing can be said.
    Unknown(Unknown),
}

/// One unit of a date.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unit {
    /// Its name.
    pub key: UnitKey,
    /// Its values, for coverages that expect each of them.
    pub values: Arc<[UnitKey]>,
    /// When it starts.
    pub start: Option<Timestamp>,
    /// Whether the schedule calls it final; true where the schedule cannot tell.
    pub is_final: bool,
}

/// What a date expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The units, in the order of their names.
    pub units: Vec<Unit>,
    /// Units that were scheduled and are dropped as not played.
    pub dropped: Vec<Unit>,
    /// The fixed points of the date.
    pub anchors: Anchors,
    /// The date belongs to the season's warm-up.
    pub warm_up: bool,
    /// Changes when anything above does.
    pub mark: u64,
}

impl Expected {
    /// How many units are expected; nothing where a date expects only itself.
    pub fn games(&self) -> Option<usize> {
        let whole = self.units.iter().any(|unit| &*unit.key == WHOLE_DATE);
        (!whole).then_some(self.units.len())
    }

    /// The date belongs to the warm-up.
    pub(super) fn warm_up(&mut self) {
        self.warm_up = true;
        self.mark = mix(self.mark, 1);
    }

    /// Marks what is expected as it stands now.
    pub fn marked(mut self) -> Self {
        self.mark = stable_hash(&(&self.units, &self.dropped, &self.anchors, self.warm_up));
        self
    }
}

#[cfg(test)]
mod tests;
