//! What is used of a source's budget, from all ledgers that spend it.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;

use super::{Spent, Window};
use crate::domain::dates::Timestamp;
use crate::domain::policy::Budget;

/// What was spent in the present window: by each coverage, also by those that are gone or have lost their ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purse {
    /// When the window began.
    start: Option<Timestamp>,
    /// By coverage uid.
    seen: BTreeMap<Arc<str>, u64>,
    /// What no present ledger holds.
    gone: u64,
}

impl Purse {
    /// Turns to the window of an instant. Live Jobs that no ledger holds are paid for in a window that begins.
    pub fn turn(&mut self, budget: &Budget, strangers: u64, now: Timestamp) {
        let present = budget.window(now).start;
        let old = self.start.unwrap_or(present);
        let next = Spent { start: old, credits: 0 }.at(budget, 0, now).start;
        if next > old {
            *self = Self { gone: strangers, ..Self::default() };
        }
        self.start = Some(next);
    }

    /// The budget has other windows from now on. What was spent in the last one counts until the present one ends.
    pub fn reshape(&mut self, old: &Budget, new: &Budget, now: Timestamp) {
        self.turn(old, 0, now);
        self.start = Some(new.window(now).start);
    }

    /// What was stored of the source says at least how much is used. The ledgers were seen before.
    pub fn load(&mut self, stored: Option<Spent>, budget: &Budget, now: Timestamp) {
        let stored = stored.map(|stored| stored.at(budget, 0, now));
        if let Some(stored) = stored.filter(|stored| Some(stored.start) == self.start) {
            self.gone = self.gone.max(stored.credits.saturating_sub(self.seen.values().sum()));
        }
    }

    /// A ledger as it is now. What it has lost was spent all the same.
    pub fn see(&mut self, coverage: &Arc<str>, credits: u64) {
        let seen = self.seen.entry(coverage.clone()).or_default();
        self.gone = self.gone.saturating_add(seen.saturating_sub(credits));
        *seen = credits;
    }

    /// A create was refused, so its credits were not spent. The ledger does not hold them any more.
    pub fn refund(&mut self, coverage: &Arc<str>, credits: u64) {
        self.seen.get_mut(coverage).into_iter().for_each(|seen| *seen = seen.saturating_sub(credits));
    }

    /// What was spent in the present window.
    pub fn spent(&self) -> Option<Spent> {
        let credits = self.seen.values().fold(self.gone, |sum, seen| sum.saturating_add(*seen));
        Some(Spent { start: self.start?, credits })
    }

    /// The present window.
    pub fn window(&self, budget: &Budget) -> Option<Window> {
        self.start.map(|start| budget.window(start))
    }
}
