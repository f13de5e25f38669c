//! The wall clock was set, and stays so. All ages and waits of this process are on its own time: they move along, so that
//! nothing is older, younger, or further away than before.

use jiff::SignedDuration;

use super::world::{CoverageState, Loading, SeasonState, World};
use crate::domain::dates::Timestamp;

impl World {
    /// The clock was set by so much, and now it is this instant.
    pub(super) fn clock_moved(&mut self, by: SignedDuration, now: Timestamp) {
        let moved = |at: &mut Timestamp| *at = shifted(*at, by);
        if let Loading::Wanted { not_before } = &mut self.loading {
            moved(not_before);
        }
        self.jobs.clock_moved(moved);
        moved(&mut self.ramp.started_at);
        moved(&mut self.decided_at);
        self.seasons.values_mut().for_each(|season| season.clock_moved(by));
        self.coverages.values_mut().for_each(|state| state.clock_moved(by, now));
        for watch in self.watches.values_mut() {
            watch.look.clock_moved(moved);
            watch.asked.iter_mut().for_each(|(at, _)| moved(at));
        }
        self.undecided = true;
    }
}

impl SeasonState {
    fn clock_moved(&mut self, by: SignedDuration) {
        let moved = |at: &mut Timestamp| *at = shifted(*at, by);
        self.look.clock_moved(moved);
        self.good_until.iter_mut().for_each(moved);
        self.doubted.iter_mut().for_each(|doubted| doubted.doubt.clock_moved(by));
        self.dirty = true;
    }
}

impl CoverageState {
    fn clock_moved(&mut self, by: SignedDuration, now: Timestamp) {
        let moved = |at: &mut Timestamp| *at = shifted(*at, by);
        self.book.clock_moved(moved);
        for at in [&mut self.save_after, &mut self.told_at] {
            moved(at);
        }
        self.looked.iter_mut().for_each(moved);
        self.created_at.values_mut().for_each(moved);
        self.doubt.iter_mut().for_each(|doubt| doubt.clock_moved(by));
        self.refused.iter_mut().for_each(|refusal| moved(&mut refusal.until));
        if let Some(unclear) = &mut self.unclear {
            moved(&mut unclear.at);
            moved(&mut unclear.until);
        }
        self.ledger.clock_moved(by);
        self.ledger.none_ahead(&self.coverage, now);
        self.dirty = true;
    }
}

/// The ends of time stay where they are: they stand for never and always.
fn shifted(at: Timestamp, by: SignedDuration) -> Timestamp {
    if at == Timestamp::MAX || at == Timestamp::MIN { at } else { at.saturating_add(by).unwrap_or(at) }
}
