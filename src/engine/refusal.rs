//! Creates that went wrong: refused, or answered so that it is not known whether there is a Job. Either is tried again after
//! seconds to minutes, for whatever refused may end, and no edit tells gapless that it did.

use std::sync::Arc;

use super::look::look_again;
use crate::domain::dates::Timestamp;

/// Creates of a coverage that were refused in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Not before this instant again.
    pub until: Timestamp,
    times: u32,
    /// The server's own sentence.
    pub why: Arc<str>,
    /// The same create is refused until a person changes something.
    pub lasts: bool,
}

impl Refusal {
    /// A create was refused. Creates that were under way together are refused together, and count once.
    pub fn new(before: Option<&Self>, why: Arc<str>, lasts: bool, now: Timestamp) -> Self {
        let times = before.map_or(1, |old| old.times.saturating_add(u32::from(old.until <= now)));
        Self { until: look_again(now, times), times, why, lasts }
    }

    /// Whether nothing is created now.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until > now
    }
}

/// Creates of a coverage in a row of which it is not known whether they made a Job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unclear {
    /// A list that was asked for later tells whether the Job is there.
    pub at: Timestamp,
    /// Nothing is created before this instant.
    pub until: Timestamp,
    times: u32,
}

impl Unclear {
    /// A create was not answered, or not clearly.
    pub fn new(before: Option<&Self>, now: Timestamp) -> Self {
        let times = before.map_or(1, |old| old.times.saturating_add(u32::from(old.until <= now)));
        Self { at: now, until: look_again(now, times), times }
    }

    /// Another process may have created what is recorded.
    pub fn inherited(now: Timestamp) -> Self {
        Self { at: now, until: now, times: 0 }
    }

    /// Whether nothing is created now, given a list of Jobs that was asked for at that instant.
    pub fn holds(&self, listed_at: Timestamp, now: Timestamp) -> bool {
        listed_at <= self.at || self.until > now
    }
}
