//! The windows of a budget, and what was spent in one.

use jiff::tz::TimeZone;

use crate::domain::anchors::midnight;
use crate::domain::dates::{Date, Timestamp, next_day};
use crate::domain::policy::{Budget, Per};

/// The time for which a budget is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// What was spent in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spent {
    /// When the window began.
    pub start: Timestamp,
    pub credits: u64,
}

/// The window that holds an instant.
pub fn window(per: Per, zone: &TimeZone, at: Timestamp) -> Window {
    let day = at.to_zoned(zone.clone()).date();
    let (first, last): (Date, Date) = match per {
        Per::Day => (day, day),
        Per::Month => (day.first_of_month(), day.last_of_month()),
    };
    Window { start: midnight(first, zone), end: midnight(next_day(last), zone) }
}

impl Budget {
    pub fn window(&self, at: Timestamp) -> Window {
        window(self.per, &self.zone, at)
    }

    /// What is left once so much is used. Of the reserve only tonight may use something.
    pub fn left(&self, used: u64, tonight: bool) -> u64 {
        let kept = if tonight { 0 } else { self.reserve };
        self.credits.saturating_sub(kept).saturating_sub(used)
    }
}

impl Spent {
    /// What of it counts at an instant, where so much is unsettled. What is unsettled when a window begins is paid for in that
    /// one, too. A clock that goes back does not open an earlier window. A window more than one length ahead was opened by a
    /// wrong clock: what was spent is carried into the present one.
    #[must_use]
    pub fn at(self, budget: &Budget, unsettled: u64, now: Timestamp) -> Self {
        let present = budget.window(now);
        let next = budget.window(present.end);
        if present.start > self.start {
            Self { start: present.start, credits: unsettled }
        } else if self.start >= next.end {
            Self { start: present.start, ..self }
        } else {
            self
        }
    }
}
