//! What a coverage has spent on sources. It changes in the same write that records an attempt or takes a refused one back.

use alloc::sync::Arc;

use super::Ledger;
use crate::domain::dates::Timestamp;
use crate::domain::policy::Budget;
use crate::domain::source::{Draw, Spent};

/// The number of sources whose spending is kept. Those in use are among the last.
const MAX_SOURCES: usize = 32;

impl Ledger {
    /// The credits of attempts on a source that are not settled: their Jobs may be alive.
    pub fn unsettled_credits(&self, source: &str) -> u64 {
        let draws = self.attempts.iter().filter_map(|attempt| attempt.draw.as_ref());
        draws.filter(|draw| *draw.source == *source).fold(0, |sum, draw| sum.saturating_add(draw.credits))
    }

    /// What it has spent on a source in the window of an instant.
    pub fn spent_on(&self, source: &Arc<str>, budget: &Budget, now: Timestamp) -> u64 {
        let unsettled = self.unsettled_credits(source);
        self.spent.get(source).map_or(unsettled, |spent| spent.at(budget, unsettled, now).credits)
    }

    /// Before an attempt is settled: what it costs in a window that began while it ran stays.
    pub fn turn(&mut self, source: &Arc<str>, budget: &Budget, now: Timestamp) {
        let unsettled = self.unsettled_credits(source);
        let begun = Spent { start: budget.window(now).start, credits: unsettled };
        let spent = self.spent.get(source).map_or(begun, |spent| spent.at(budget, unsettled, now));
        if spent.credits > 0 || self.spent.contains_key(source) {
            self.spent.insert(source.clone(), spent);
        }
    }

    /// An attempt is recorded in the window that began then.
    pub(super) fn pay(&mut self, draw: &Draw, window: Option<Timestamp>) {
        let Some(start) = window.filter(|_| draw.credits > 0) else { return };
        let unsettled = self.unsettled_credits(&draw.source);
        let spent = self.spent.entry(draw.source.clone()).or_insert(Spent { start, credits: unsettled });
        if spent.start != start {
            let carried = if spent.start > start { spent.credits } else { unsettled };
            *spent = Spent { start, credits: carried };
        }
        spent.credits = spent.credits.saturating_add(draw.credits);
        let oldest = self.spent.iter().min_by_key(|(_, spent)| spent.start).map(|(source, _)| source.clone());
        if let Some(oldest) = oldest.filter(|_| self.spent.len() > MAX_SOURCES) {
            self.spent.remove(&oldest);
        }
    }

    /// The create of an attempt was refused: nothing was spent.
    pub(super) fn unpay(&mut self, launch: u64) {
        let Some(draw) = self.attempt(launch).and_then(|attempt| attempt.draw.clone()) else { return };
        let spent = self.spent.get_mut(&draw.source);
        spent.into_iter().for_each(|spent| spent.credits = spent.credits.saturating_sub(draw.credits));
    }
}
