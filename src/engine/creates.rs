//! The creates of one coverage: those that are sent, and those that went wrong. A create that was refused, or not answered
//! clearly, is tried again after seconds to minutes: whatever refused it may end, and no edit shows gapless that it did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::look::look_again;
use super::tracked::{Revision, Tracked};
use crate::domain::dates::Timestamp;

/// What is known of the creates of one coverage.
#[derive(Debug, Default)]
pub(super) struct Creates {
    unclear: Tracked<Option<Unclear>>,
    refused: Tracked<Option<Refusal>>,
    /// Sent and not answered, by launch.
    under_way: BTreeSet<u64>,
    /// When this process saw the Job of a launch created: an older list does not show it.
    seen_at: BTreeMap<u64, Timestamp>,
}

impl Creates {
    pub fn revision(&self) -> Revision {
        self.unclear.revision() + self.refused.revision()
    }

    /// The last create was refused.
    pub fn refused(&self) -> Option<&Refusal> {
        self.refused.as_ref()
    }

    /// The last create was not answered clearly.
    pub fn unclear(&self) -> Option<&Unclear> {
        self.unclear.as_ref()
    }

    pub fn is_under_way(&self, launch: u64) -> bool {
        self.under_way.contains(&launch)
    }

    /// How many creates may be sent now, given a list of Jobs that was asked for at that instant. After one that went wrong a
    /// single one shows whether all is well again: the others would go wrong with it.
    pub fn most(&self, listed_at: Timestamp, now: Timestamp) -> usize {
        let unclear = self.unclear.as_ref().is_some_and(|unclear| unclear.holds(listed_at, now));
        if unclear || self.refused.as_ref().is_some_and(|refusal| refusal.holds(now)) {
            return 0;
        }
        let is_well = self.refused.is_none() && self.unclear.is_none();
        if is_well { usize::MAX } else { usize::from(self.under_way.is_empty()) }
    }

    pub fn begin(&mut self, launch: u64) {
        self.under_way.insert(launch);
    }

    /// A create was answered, in whatever way.
    pub fn answered(&mut self, launch: u64) {
        self.under_way.remove(&launch);
    }

    /// The Job of a launch exists.
    pub fn exists(&mut self, launch: u64, now: Timestamp) {
        self.refused.set(None);
        self.unclear.set(None);
        self.seen_at.insert(launch, now);
    }

    /// It is not known whether the Job of a launch exists.
    pub fn not_answered(&mut self, now: Timestamp) {
        *self.unclear = Some(Unclear::new(self.unclear.as_ref(), now));
    }

    /// Another process may have created what is recorded.
    pub fn inherited(&mut self, now: Timestamp) {
        self.unclear.get_or_insert(Unclear::inherited(now)).at = now;
    }

    /// A create was refused; `true` if the reason is new.
    pub fn refuse(&mut self, why: String, lasts: bool, now: Timestamp) -> bool {
        let is_news = self.refused.as_ref().is_none_or(|old| *old.why != why);
        *self.refused = Some(Refusal::new(self.refused.as_ref(), why.into(), lasts, now));
        is_news
    }

    /// An edit of the coverage may remove what refused its creates.
    pub fn edited(&mut self) {
        self.refused.set(None);
    }

    /// Whether a list that was asked for at this instant need not show the Job of a launch.
    pub fn is_younger(&self, launch: u64, asked_at: Timestamp) -> bool {
        self.is_under_way(launch) || self.seen_at.get(&launch).is_some_and(|at| *at >= asked_at)
    }

    pub fn clock_moved(&mut self, moved: impl Fn(&mut Timestamp)) {
        self.seen_at.values_mut().for_each(&moved);
        self.refused.iter_mut().for_each(|refusal| moved(&mut refusal.until));
        self.unclear.iter_mut().for_each(|unclear| [&mut unclear.at, &mut unclear.until].into_iter().for_each(&moved));
    }

    /// For tests: when the Job of a launch was seen created.
    #[cfg(test)]
    pub fn seen_at(&self, launch: u64) -> Option<Timestamp> {
        self.seen_at.get(&launch).copied()
    }
}

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
    /// Creates that were under way together are refused together, and count once.
    fn new(before: Option<&Self>, why: Arc<str>, lasts: bool, now: Timestamp) -> Self {
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
    /// A list that was asked for later shows whether the Job is there.
    pub at: Timestamp,
    /// Nothing is created before this instant.
    pub until: Timestamp,
    times: u32,
}

impl Unclear {
    fn new(before: Option<&Self>, now: Timestamp) -> Self {
        let times = before.map_or(1, |old| old.times.saturating_add(u32::from(old.until <= now)));
        Self { at: now, until: look_again(now, times), times }
    }

    fn inherited(now: Timestamp) -> Self {
        Self { at: now, until: now, times: 0 }
    }

    /// Whether nothing is created now, given a list of Jobs that was asked for at that instant.
    fn holds(&self, listed_at: Timestamp, now: Timestamp) -> bool {
        listed_at <= self.at || self.until > now
    }
}
