//! Decides which settled attempts are kept for display: the last ones, and the last one of each date that is still
//! open. So `explain` can say what was tried for an open date, however much was filled since.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;

use super::{Attempt, Ledger, MAX_KEPT, MAX_OLD_BYTES, MAX_RECENT, Outcome, Settled};
use crate::domain::dates::{Date, Timestamp};

/// The space in a status for the fields of an attempt, without its texts, and for each of its dates.
const FIELDS: usize = 120;
const DATE: usize = 11;

impl Ledger {
    /// A settled launch, as long as it is remembered.
    pub fn settled(&self, launch: u64) -> Option<&Settled> {
        self.recent.iter().rev().find(|settled| settled.launch == launch)
    }

    pub(super) fn remember(
        &mut self,
        attempt: &Attempt,
        outcomes: BTreeMap<Date, Outcome>,
        message: String,
        now: Timestamp,
    ) {
        let (launch, rung) = (attempt.launch, attempt.rung.clone());
        self.recent.push_back(Settled { launch, rung, at: now, outcomes, message });
        self.forget_old();
    }

    /// Forgets attempts, the oldest first. Beyond the last ones it keeps an attempt only if one of its open dates was
    /// not tried since, and if there is space.
    pub(super) fn forget_old(&mut self) {
        let Some(beyond) = self.recent.len().checked_sub(MAX_RECENT).filter(|n| *n > 0) else { return };
        let newest = self.recent.split_off(beyond);
        let mut tried: BTreeSet<Date> = newest.iter().flat_map(|s| s.outcomes.keys().copied()).collect();
        let mut left = MAX_OLD_BYTES;
        let mut old = core::mem::replace(&mut self.recent, newest);
        while let Some(settled) = old.pop_back() {
            let is_last = settled.outcomes.keys().any(|date| !tried.contains(date) && !self.complete.contains(*date));
            tried.extend(settled.outcomes.keys());
            let size = size(&settled);
            if is_last && size <= left && self.recent.len() < MAX_KEPT {
                left -= size;
                self.recent.push_front(settled);
            }
        }
    }
}

fn size(settled: &Settled) -> usize {
    FIELDS + settled.message.len() + settled.rung.len() + DATE * settled.outcomes.len()
}
