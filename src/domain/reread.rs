//! How often dates are read again whose table does not show every change in its mark. Whoever pays for a read can tell
//! from this what a table costs at rest.

use super::dates::Timestamp;
use super::mark::Blind;
use super::span::Span;

/// Rows mostly arrive on the date itself and the two days after it.
pub const RECENT_DAYS: i32 = 3;
/// A date hardly changes any more after this many days.
pub const OPEN_DAYS: i32 = 30;

/// How often a schedule is read again whose mark does not show every change.
pub const SCHEDULE: Span = Span::minutes(15);

impl Blind {
    /// How often a date is read again while its mark is the same, by the number of days from it through today. `None`: the
    /// mark shows its changes.
    pub fn reread_every(self, days: i32) -> Option<Span> {
        match self {
            Self::No => None,
            _ if days <= RECENT_DAYS => Some(Span::minutes(5)),
            Self::Recent => None,
            Self::All if days <= OPEN_DAYS => Some(Span::hours(1)),
            Self::All => Some(Span::days(1)),
        }
    }
}

/// Whether a new interval has begun since a read. The intervals are those of the clock: dates that were read one by one are
/// due again together, for one statement.
pub fn is_due_again(every: Span, read_at: Timestamp, now: Timestamp) -> bool {
    let interval = |at: Timestamp| at.as_second().div_euclid(every.as_seconds().max(1));
    interval(read_at) < interval(now)
}

#[cfg(test)]
mod tests;
