//! What people see of one coverage, and how much of it is stored. What an earlier process reported is not news.

use std::collections::BTreeMap;

use super::coverage::CoverageState;
use super::tracked::Revision;
use super::world::World;
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::policy::Key;
use crate::domain::state::{Cause, Cell, State};
use crate::domain::verdict::{UnknownReason, Verdict};

/// What people see of one coverage.
#[derive(Debug)]
pub(super) struct Shown {
    /// Rises with every change of the view that is stored beside the ledger.
    view: Revision,
    /// Rises with every change that an overview shows and the stored view does not.
    aside: Revision,
    /// The view that is stored; `None` where that is not known.
    stored: Option<Revision>,
    stored_at: Timestamp,
    /// The ledger that the view shows.
    ledger: Option<Revision>,
    before: Reported,
}

impl Default for Shown {
    fn default() -> Self {
        let (view, aside) = (Revision::default(), Revision::default());
        Self { view, aside, stored: None, stored_at: Timestamp::MIN, ledger: None, before: Reported::default() }
    }
}

impl Shown {
    /// Rises with every change that people can see.
    pub fn revision(&self) -> Revision {
        self.view + self.aside
    }

    /// The stored view is out of date.
    pub fn changed(&mut self) {
        self.view.raise();
    }

    /// The view shows this ledger from now on; `true` if it showed another one before.
    pub fn takes_ledger(&mut self, ledger: Revision) -> bool {
        self.ledger.replace(ledger) != Some(ledger)
    }

    /// Something changed that the stored view does not show.
    pub fn changed_aside(&mut self) {
        self.aside.raise();
    }

    /// Another process, or a save of which the end is not known, may have stored another view.
    pub fn forget_stored(&mut self) {
        self.stored = None;
    }

    pub fn is_stored(&self) -> bool {
        self.stored == Some(self.view)
    }

    /// When something was sent to the store last.
    pub fn stored_at(&self) -> Timestamp {
        self.stored_at
    }

    /// A save is sent, with or without the view.
    pub fn sent(&mut self, with_view: bool, now: Timestamp) {
        self.stored_at = now;
        if with_view {
            self.stored = Some(self.view);
        }
    }

    /// What an earlier process reported of each date.
    pub fn recall(&mut self, causes: Vec<(Cause, DateSet)>) {
        self.before = Reported(causes);
    }

    /// What an earlier process reported of a date, the first time that something is known of it again.
    pub fn take_reported(&mut self, cell: &Cell) -> Option<Cause> {
        self.before.take(cell)
    }

    pub fn clock_moved(&mut self, moved: impl Fn(&mut Timestamp)) {
        moved(&mut self.stored_at);
    }
}

/// States with their dates, as an earlier process reported them. Each date is compared once, as soon as something is known
/// of it again: from then on its cell holds what was reported.
#[derive(Debug, Default)]
struct Reported(Vec<(Cause, DateSet)>);

impl Reported {
    /// What was reported of a date last; `None` where that is not known, was compared already, or the date is not read yet.
    fn take(&mut self, cell: &Cell) -> Option<Cause> {
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
    /// What was reported of each coverage so far, for where that is not stored with the ledger.
    pub fn reported(&self) -> BTreeMap<Key, Vec<(Cause, DateSet)>> {
        self.coverages.iter().map(|(key, state)| (key.clone(), reported(state))).collect()
    }

    /// Takes back what an earlier process reported.
    pub fn recall_reported(&mut self, reported: BTreeMap<Key, Vec<(Cause, DateSet)>>) {
        for (key, causes) in reported {
            self.coverages.get_mut(&key).into_iter().for_each(|state| state.shown.recall(causes.clone()));
        }
    }
}

fn reported(state: &CoverageState) -> Vec<(Cause, DateSet)> {
    let mut all: BTreeMap<Cause, DateSet> = state.shown.before.0.iter().cloned().collect();
    for cell in state.verdicts.cells().iter().filter(|cell| !is_unread(cell)) {
        all.entry(cell.cause).or_default().insert(cell.date);
    }
    all.into_iter().collect()
}

/// Nothing is known of the date yet, except perhaps that it is not due.
fn is_unread(cell: &Cell) -> bool {
    let unread = cell.judgement.verdict == Verdict::Unknown(UnknownReason::NotProbed);
    unread && matches!(cell.state(), State::Unknown | State::NotDue)
}
