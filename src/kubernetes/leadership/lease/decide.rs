//! Who leads: the rules of the lease, as one pure step from what was seen to what comes next. It reads no clock and
//! sends nothing, and it never compares clocks of two machines: a lease has expired when *this* candidate has seen it
//! unchanged for as long as its holder was promised, on its own monotonic clock.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// The shortest duration of a lease: less leaves no time for a slow API server.
pub const SHORTEST: Duration = Duration::from_secs(3);
/// The longest duration of a lease, both of one's own (see [`Timing::check`]) and of a foreign one that is respected (see
/// [`Timing::patience`]): a duration edited to a year must not stop all replicas for a year. It has to be one constant: a
/// leader that could promise itself more than others wait for would make two leaders.
pub const LONGEST: Duration = Duration::from_secs(60);
/// How much of the duration has to remain after the renew deadline: in it, the last writes end.
pub const MARGIN: Duration = Duration::from_secs(1);

/// A lease as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Which object: a PUT creates a lease that was deleted, unless it names the uid of the old one.
    pub uid: String,
    /// Its resourceVersion: every change gives another one.
    pub version: String,
    /// Who holds it; an empty name counts as `None`.
    pub holder: Option<String>,
    /// The time of its renewal, as its holder wrote it: never compared with a clock, only with what was written.
    pub renewed: Option<Timestamp>,
    /// For how long after a renewal its holder may rely on it.
    pub duration: Duration,
}

impl Record {
    /// Whether its last holder gave it back, after its last write was answered. Then there is no time of renewal either. A holder
    /// that was cleared by hand leaves that time: that process may not know it yet.
    pub fn is_released(&self) -> bool {
        self.holder.is_none() && self.renewed.is_none()
    }
}

/// How long a lease holds, and how its holder keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// For how long after a renewal no other process takes it.
    pub duration: Duration,
    /// How long a leader that cannot renew goes on leading.
    pub renew_deadline: Duration,
    /// Between two renewals, and between two looks of those who wait.
    pub retry: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { duration: seconds(15), renew_deadline: seconds(10), retry: seconds(2) }
    }
}

impl Timing {
    /// Whether a leader with this timing ends before another one may begin. Flags that fail this are refused.
    pub fn check(&self) -> Result<(), BadTiming> {
        let Self { duration, renew_deadline, retry } = *self;
        // A Lease keeps whole seconds.
        if !(SHORTEST..=LONGEST).contains(&duration) || duration.subsec_nanos() > 0 {
            return Err(BadTiming::Duration);
        }
        if renew_deadline > duration.saturating_sub(MARGIN) {
            return Err(BadTiming::RenewDeadline);
        }
        if retry.is_zero() || retry > renew_deadline / 2 {
            return Err(BadTiming::Retry);
        }
        Ok(())
    }

    /// How long a write may take. A leader writes until its renew deadline, and what it then sent ends within the
    /// duration: before any other process can lead.
    pub fn write_deadline(&self) -> Duration {
        self.duration.saturating_sub(self.renew_deadline)
    }

    /// How long one call on the lease may take: two fit into the renew deadline, so one call that hangs does not end leadership.
    pub fn call_deadline(&self) -> Duration {
        self.write_deadline().min(self.renew_deadline / 2)
    }

    /// How long a lease must be seen unchanged before it is taken: as long as its holder was promised, and no less than
    /// this candidate would promise; a fiftieth more, because two clocks do not run equally fast.
    pub fn patience(&self, promised: Duration) -> Duration {
        let promised = promised.min(LONGEST).max(self.duration);
        promised + promised / 50
    }
}

/// Which part of a [`Timing`] cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTiming {
    /// Not whole seconds, or not from [`SHORTEST`] to [`LONGEST`].
    Duration,
    /// It does not end at least [`MARGIN`] before the duration.
    RenewDeadline,
    /// Zero, or it does not fit twice into the renew deadline, so that one lost renewal would end leadership.
    Retry,
}

/// What the holder of a lease was promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The uid of the lease.
    pub uid: String,
    /// Zero in a lease as the manifests bring it.
    pub duration: Duration,
}

/// What a candidate knows of the lease.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The lease as last read or written; `None` when there is none.
    pub lease: Option<Record>,
    /// Since when it was seen like that.
    pub since: Instant,
    /// The last promise that this candidate saw; `None` when it never saw a lease.
    pub promised: Option<Promise>,
    /// When the last take or renewal that was acknowledged had been *sent*.
    pub renewed: Option<Instant>,
    /// The first and the last time of renewal that this candidate wrote, acknowledged or not.
    pub wrote: Option<(Timestamp, Timestamp)>,
}

impl Seen {
    /// Whether the lease is as this candidate wrote it: its name alone, edited in by hand, does not count.
    pub fn is_mine(&self, lease: &Record, me: &str) -> bool {
        let written = |(first, last)| lease.renewed.is_some_and(|renewed| first <= renewed && renewed <= last);
        lease.holder.as_deref() == Some(me) && self.wrote.is_some_and(written)
    }

    /// Notes what a lease promises. A lease without a holder ends only its own promise: when a person deletes a lease and applies
    /// another, or removes its spec, its holder does not know that yet.
    pub fn note_promise(&mut self, lease: &Record) {
        let own = |promise: &Promise| promise.uid == lease.uid && !lease.duration.is_zero();
        if !lease.is_released() || self.promised.as_ref().is_none_or(own) {
            self.promised = Some(Promise { uid: lease.uid.clone(), duration: lease.duration });
        }
    }

    /// What has to run out before this lease may be taken; `None`: its last holder gave it back, or it never had one.
    pub fn waits_for(&self, lease: &Record) -> Option<Duration> {
        let promise = self.promised.as_ref();
        match promise.filter(|promise| (&promise.uid, promise.duration) != (&lease.uid, lease.duration)) {
            _ if !lease.is_released() => Some(lease.duration),
            promise => promise.map(|promise| promise.duration),
        }
    }
}

/// What a candidate does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is no lease. It comes with the manifests, and no replica makes one: the right to create a Lease cannot be
    /// narrowed to a name.
    Absent,
    /// It is free: take the one of this version.
    Take(String),
    /// It is ours: renew the one of this version.
    Renew(String),
    /// It is ours, and was renewed just now.
    Hold,
    /// Another process holds it.
    Follow,
}

/// The next step. A lease that changed is never taken at once, unless it was released.
pub fn decide(seen: &Seen, timing: &Timing, now: Instant, me: &str) -> Step {
    let waited = |promised| now.saturating_duration_since(seen.since) > timing.patience(promised);
    let is_free = |lease: &Record| seen.waits_for(lease).is_none_or(waited);
    match &seen.lease {
        None => Step::Absent,
        Some(lease) if seen.is_mine(lease, me) => {
            let due = seen.renewed.is_none_or(|sent| now >= sent + timing.retry);
            if due { Step::Renew(lease.version.clone()) } else { Step::Hold }
        }
        Some(lease) if is_free(lease) => Step::Take(lease.version.clone()),
        Some(_) => Step::Follow,
    }
}
