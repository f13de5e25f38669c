//! The wall clock was set, and stays so. All ages and waits of this process are on its internal time: they move along, so
//! that nothing is older, younger, or further away than before.

use jiff::SignedDuration;

use super::coverage::CoverageState;
use super::world::{Loading, World};
use crate::domain::dates::Timestamp;

impl World {
    /// The clock was set by so much, and now it is this instant.
    pub(super) fn clock_moved(&mut self, by: SignedDuration, now: Timestamp) {
        let moved = |at: &mut Timestamp| *at = shifted(*at, by);
        if let Loading::Wanted { not_before } = &mut self.loading {
            moved(not_before);
        }
        self.jobs.clock_moved(moved);
        self.turns.clock_moved(moved);
        self.decided.clock_moved(moved);
        self.seasons.values_mut().for_each(|season| season.clock_moved(by, moved));
        self.coverages.values_mut().for_each(|state| state.clock_moved(by, now));
        self.sources.values_mut().for_each(|state| state.clock_moved(by));
        for watch in self.watches.values_mut() {
            watch.look.clock_moved(moved);
            watch.asked.iter_mut().for_each(|(at, _)| moved(at));
        }
    }
}

impl CoverageState {
    fn clock_moved(&mut self, by: SignedDuration, now: Timestamp) {
        let moved = |at: &mut Timestamp| *at = shifted(*at, by);
        self.facts.clock_moved(moved);
        self.saved.clock_moved(moved);
        self.shown.clock_moved(moved);
        self.creates.clock_moved(moved);
        self.verdicts.clock_moved(by);
        self.ledger.clock_moved(by);
        self.ledger.none_ahead(&self.coverage, now);
    }
}

/// The ends of time stay where they are: they mean never and always.
fn shifted(at: Timestamp, by: SignedDuration) -> Timestamp {
    if at == Timestamp::MAX || at == Timestamp::MIN { at } else { at.saturating_add(by).unwrap_or(at) }
}
