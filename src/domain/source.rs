//! What an account at a provider has left, and whether it works. What is spent stands in the ledger of the coverage that
//! spent it, so there is nothing to reserve and nothing to give back. What is stored of a source is a second witness: it
//! outlives coverages that are deleted.

mod purse;
mod window;

use alloc::sync::Arc;
use core::fmt;

use super::breaker::Breaker;
use super::dates::Timestamp;
use super::policy::Budget;

pub use purse::Purse;
pub use window::{Spent, Window, window};

/// What one Job draws from a source while it lives. It is recorded with the attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The source's name, in the namespace of the coverage.
    pub source: Arc<str>,
    /// The credits that it costs in each window in which it lives.
    pub credits: u64,
    /// The requests per minute that it may make; 0 if that is not limited.
    pub requests: u32,
}

impl fmt::Display for Draw {
    /// `odds-api credits=12 requests=15`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} credits={} requests={}", self.source, self.credits, self.requests)
    }
}

impl Draw {
    /// Reads what its `Display` writes. Words of a later version are skipped.
    pub fn of_text(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let source = words.next().filter(|name| !name.is_empty())?.into();
        let mut draw = Self { source, credits: 0, requests: 0 };
        for word in words {
            match word.split_once('=')? {
                ("credits", n) => draw.credits = n.parse().ok()?,
                ("requests", n) => draw.requests = n.parse().ok()?,
                _ => {}
            }
        }
        Some(draw)
    }
}

/// What is stored of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// What was spent in its last window.
    pub spent: Option<Spent>,
    /// When that window ends.
    pub until: Option<Timestamp>,
    pub breaker: Breaker,
    /// When the last attempt was settled that the breaker holds. Later ones are folded on top after a start.
    pub through: Option<Timestamp>,
}

impl Record {
    /// What was spent, as the present budget counts it. Whoever gives a budget other windows does not fill it: what was spent
    /// counts in the window of the edit, too.
    pub fn spent_at(&self, budget: &Budget, now: Timestamp) -> Option<Spent> {
        let spent = self.spent?;
        let is_open = spent.start <= now && self.until.is_some_and(|until| now < until);
        Some(if is_open { Spent { start: budget.window(now).start, ..spent } } else { spent })
    }
}

/// What a coverage needs to know of a source to choose a rung.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Set while its breaker is open or half-open: since when, and how many trials failed.
    pub opened: Option<(Timestamp, u8)>,
    /// Whether nothing is launched on it, because a person says so.
    pub suspended: bool,
    /// Whether it has a budget, which may not pay for a date.
    pub has_budget: bool,
}

#[cfg(test)]
mod tests;
