//! One candidate for the lease: what it learns from answers, and whether it still leads. It sends nothing and reads no clock;
//! the loop and the model check drive the same values.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::decide::{Record, Seen, Step, Timing, decide};

#[derive(Clone, Debug)]
pub struct Candidate {
    me: String,
    timing: Timing,
    pub(super) seen: Seen,
    stamped: Option<Timestamp>,
}

/// Why a leader no longer leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// It could not renew in time.
    NotRenewed,
    /// Another process holds the lease now; `None` when its holder was cleared by hand.
    Taken(Option<String>),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRenewed => write!(f, "the lease could not be renewed in time"),
            Self::Taken(Some(holder)) => write!(f, "the lease is held by {holder} now"),
            Self::Taken(None) => write!(f, "the lease's holder was cleared"),
        }
    }
}

impl Candidate {
    /// A candidate that knows nothing yet. No other process may ever have its name: see [`super::identity`].
    pub fn new(me: impl Into<String>, timing: Timing, now: Instant) -> Self {
        let seen = Seen { lease: None, since: now, promised: None, renewed: None, wrote: None };
        Self { me: me.into(), timing, seen, stamped: None }
    }

    /// The name that it writes as holder.
    pub fn name(&self) -> &str {
        &self.me
    }

    /// Who holds the lease, as last read.
    pub fn holder(&self) -> Option<&str> {
        self.seen.lease.as_ref()?.holder.as_deref()
    }

    /// Whether it ever sent a write, answered or not.
    pub fn has_written(&self) -> bool {
        self.stamped.is_some()
    }

    /// What the API server said, and when its answer arrived.
    pub fn read(&mut self, lease: Option<Record>, now: Instant) {
        let same = |a: &Record, b: &Record| (&a.uid, &a.version) == (&b.uid, &b.version);
        let changed = match (&self.seen.lease, &lease) {
            (Some(old), Some(new)) => !same(old, new),
            (old, new) => old.is_some() != new.is_some(),
        };
        if changed {
            self.seen.since = now;
        }
        // Also of a released one: another process may have taken it, and it was deleted before this candidate saw that.
        lease.iter().for_each(|lease| self.seen.note_promise(lease));
        self.seen.lease = lease;
    }

    /// The time of renewal of the next write: different from the one before, even if the wall clock stops.
    pub fn stamp(&mut self, wall: Timestamp) -> Timestamp {
        // A lease keeps microseconds.
        let wall = Timestamp::from_microsecond(wall.as_microsecond()).unwrap_or(wall);
        let after = self.stamped.and_then(|last| last.checked_add(SignedDuration::from_micros(1)).ok());
        let stamp = after.map_or(wall, |after| after.max(wall));
        self.stamped = Some(stamp);
        self.seen.wrote = Some((self.seen.wrote.map_or(stamp, |(first, _)| first), stamp));
        stamp
    }

    /// A take or renewal was acknowledged: leadership counts from when it had been sent.
    pub fn acknowledged(&mut self, lease: Record, sent: Instant, now: Instant) {
        self.read(Some(lease), now);
        self.seen.renewed = Some(sent);
    }

    /// What it does next, or why it no longer leads.
    pub fn next(&self, now: Instant) -> Result<Step, Lost> {
        if self.seen.renewed.is_some() {
            if self.must_renew_by().is_some_and(|by| now >= by) {
                return Err(Lost::NotRenewed);
            }
            if let Some(lease) = self.seen.lease.as_ref().filter(|lease| !self.seen.is_mine(lease, &self.me)) {
                return Err(Lost::Taken(lease.holder.clone()));
            }
        }
        Ok(decide(&self.seen, &self.timing, now, &self.me))
    }

    /// Until when no other process leads, because this one does; `None` while it does not lead.
    pub fn leads_until(&self) -> Option<Instant> {
        self.seen.renewed.map(|sent| sent + self.timing.duration)
    }

    /// When its leadership ends unless it renews before; `None` while it does not lead.
    pub fn must_renew_by(&self) -> Option<Instant> {
        self.seen.renewed.map(|sent| sent + self.timing.renew_deadline)
    }

    /// When to look again at the latest, besides the usual rhythm: when what is waited for has run out.
    pub fn expires(&self) -> Option<Instant> {
        let promised = self.seen.waits_for(self.seen.lease.as_ref()?)?;
        // Expired is *longer* than the patience.
        Some(self.seen.since + self.timing.patience(promised) + std::time::Duration::from_millis(1))
    }
}
