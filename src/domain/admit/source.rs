//! What the sources let through: their health, their money, their slots.

use alloc::sync::Arc;

use jiff::SignedDuration;

use super::{Limit, Refusal, gated};
use crate::domain::assess::Want;
use crate::domain::breaker::Passes;
use crate::domain::dates::{Date, DateSet, Timestamp};
use crate::domain::source::Window;
use crate::domain::state::Hold;

/// A window that ends later than this is not waited for.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// The namespace and the name of a source.
pub type SourceName = (Arc<str>, Arc<str>);

/// A source, as one decision sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePool {
    pub suspended: bool,
    pub passes: Passes,
    /// `None` without a budget.
    pub means: Option<Means>,
    /// Live Jobs that draw on it.
    pub live: u32,
    pub max_jobs: Option<u32>,
    /// The requests per minute that one more Job may make; 0 if that is not limited.
    pub share: u32,
    /// Those that no live Job was told.
    pub requests_left: u32,
}

/// What is left of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Means {
    pub window: Window,
    /// All credits of a window, and those that history may not use.
    pub credits: u64,
    pub reserve: u64,
    /// What is left for yesterday and later, and for history.
    pub tonight: u64,
    pub history: u64,
}

impl SourcePool {
    /// Why a date that costs so much may not start now.
    pub(super) fn refusal(&self, credits: u64, tonight: bool, is_requested: bool) -> Option<Refusal> {
        if self.suspended {
            return Some(Refusal::Hold(Hold::SourceSuspended));
        }
        let budget =
            || self.means.filter(|means| credits > means.left(tonight)).map(|means| means.lacks(credits, tonight));
        gated(self.passes, is_requested).or_else(budget).or_else(|| self.reached().map(Refusal::Slot))
    }

    fn reached(&self) -> Option<Limit> {
        let most = self.max_jobs.filter(|most| self.live >= *most).map(Limit::Source);
        most.or((self.share > self.requests_left).then_some(Limit::Requests))
    }

    /// Pays for the dates that the means allow, in their order.
    pub(super) fn pay(&mut self, costs: impl Iterator<Item = (Date, u64)>, tonight: bool) -> (DateSet, u64) {
        let (mut dates, mut sum) = (DateSet::new(), 0_u64);
        let left = self.means.map_or(u64::MAX, |means| means.left(tonight));
        for (date, credits) in costs {
            let next = sum.saturating_add(credits);
            if next > left {
                continue;
            }
            dates.insert(date);
            sum = next;
        }
        if let Some(means) = &mut self.means {
            means.tonight = means.tonight.saturating_sub(sum);
            means.history = means.history.saturating_sub(sum);
        }
        (dates, sum)
    }

    /// Takes a slot. Gives the requests per minute of its Job.
    pub(super) fn start(&mut self) -> u32 {
        if matches!(self.passes, Passes::OneTrial | Passes::Requested(_)) {
            self.passes = Passes::Nothing;
        }
        self.live += 1;
        self.requests_left -= self.share.min(self.requests_left);
        self.share
    }

    /// What holds a date that was not paid for.
    pub(super) fn unpaid(&self) -> Refusal {
        self.means.map_or(Refusal::Hold(Hold::Budget), |means| means.lacks(0, true))
    }

    pub(super) fn window_start(&self) -> Option<Timestamp> {
        self.means.map(|means| means.window.start)
    }
}

impl Means {
    fn left(self, tonight: bool) -> u64 {
        if tonight { self.tonight } else { self.history }
    }

    /// A date that costs more than a whole window is never paid for.
    fn lacks(self, credits: u64, tonight: bool) -> Refusal {
        let most = if tonight { self.credits } else { self.credits.saturating_sub(self.reserve) };
        if credits > most { Refusal::Hold(Hold::Budget) } else { Refusal::HoldUntil(Hold::Budget, self.window.end) }
    }
}

/// Whether a date does not wait for a budget: it is needed now, or the window ends too late.
pub(super) fn passes_over(want: &Want, refusal: Refusal, now: Timestamp) -> bool {
    if refusal.hold() != Some(Hold::Budget) {
        return false;
    }
    let is_late = refusal.until().is_none_or(|until| until.duration_since(now) > PATIENCE);
    want.tonight || want.lost_at.is_some() || is_late
}
