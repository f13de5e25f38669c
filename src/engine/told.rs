//! What people were told of each date before this process began: it is no news.

use std::collections::BTreeMap;

use super::world::{CoverageState, World};
use crate::domain::dates::DateSet;
use crate::domain::policy::Key;
use crate::domain::state::{Cause, Cell, State};
use crate::domain::verdict::{UnknownReason, Verdict};

/// States with their dates, as they stood when the ledger was loaded. Each date is compared once, as soon as something is
/// known of it again: from then on its cell tells what it was.
#[derive(Debug, Default)]
pub(super) struct Told(Vec<(Cause, DateSet)>);

impl Told {
    pub fn new(stored: Vec<(Cause, DateSet)>) -> Self {
        Self(stored)
    }

    /// What was told of a date last; nothing where it was not told, is compared already, or is not read yet.
    pub fn take(&mut self, cell: &Cell) -> Option<Cause> {
        if self.0.is_empty() || is_unread(cell) {
            return None;
        }
        let at = self.0.iter().position(|(_, dates)| dates.contains(cell.date))?;
        let (cause, dates) = &mut self.0[at];
        let cause = *cause;
        dates.remove(cell.date);
        if dates.is_empty() {
            self.0.swap_remove(at);
        }
        Some(cause)
    }
}

impl World {
    /// What people were told of each coverage by now, for where it is not stored with the ledger.
    pub fn told(&self) -> BTreeMap<Key, Vec<(Cause, DateSet)>> {
        self.coverages.iter().map(|(key, state)| (key.clone(), told(state))).collect()
    }

    /// Takes back what an earlier process told.
    pub fn recall_told(&mut self, told: BTreeMap<Key, Vec<(Cause, DateSet)>>) {
        for (key, told) in told {
            self.coverages.get_mut(&key).into_iter().for_each(|state| state.told = Told::new(told.clone()));
        }
    }
}

fn told(state: &CoverageState) -> Vec<(Cause, DateSet)> {
    let mut all: BTreeMap<Cause, DateSet> = state.told.0.iter().cloned().collect();
    for cell in state.assessment.cells.iter().filter(|cell| !is_unread(cell)) {
        all.entry(cell.cause).or_default().insert(cell.date);
    }
    all.into_iter().collect()
}

/// Nothing is known of the date yet but that it is not due, perhaps.
fn is_unread(cell: &Cell) -> bool {
    let unread = cell.judgement.verdict == Verdict::Unknown(UnknownReason::NotProbed);
    unread && matches!(cell.state(), State::Unknown | State::NotDue)
}
