//! Who leads: the rules of the lease, as one pure step from what was seen to what comes next. It reads no clock and
//! sends nothing, and it never compares clocks of two machines: a lease has expired when *this* candidate has seen it
//! unchanged for as long as its holder was promised, on its own monotonic clock.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// No longer promise is believed: a duration edited to a year must not stop everybody for a year.
pub const LONGEST: Duration = Duration::from_secs(60);

/// A lease as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Which object: a PUT creates a lease that was deleted, unless it names the uid of the old one.
    pub uid: String,
    /// Its resourceVersion: every change gives another one.
    pub version: String,
    /// Who holds it; an empty name is nobody.
    pub holder: Option<String>,
    /// When its holder says to have renewed it: never compared with a clock, only with what was written.
    pub renewed: Option<Timestamp>,
    /// How long its holder was promised not to be disturbed after a renewal.
    pub duration: Duration,
}

impl Record {
    /// Whether its last holder gave it back, after its last write was answered: then no time of renewal stands there either.
    /// A holder cleared by hand leaves that time, so the two are told apart: who was edited away may not know it yet.
    pub fn is_released(&self) -> bool {
        self.holder.is_none() && self.renewed.is_none()
    }
}

/// How long a lease holds, and how its holder keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// For how long after a renewal nobody else takes it.
    pub duration: Duration,
    /// A leader that could not renew for so long stops leading.
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
    /// What is wrong with it, in a sentence.
    pub fn check(&self) -> Result<(), String> {
        let (shortest, Self { duration, renew_deadline, retry }) = (Duration::from_secs(3), *self);
        if !(shortest..=LONGEST).contains(&duration) || duration.subsec_nanos() > 0 {
            return Err(format!("the lease's duration must be whole seconds from 3s to 60s, not {duration:?}"));
        }
        if renew_deadline + Duration::from_secs(1) > duration {
            return Err(format!(
                "the renew deadline, {renew_deadline:?}, must end a second or more before {duration:?}"
            ));
        }
        if retry.is_zero() || retry * 2 > renew_deadline {
            return Err(format!(
                "the retry, {retry:?}, must fit at least twice into the renew deadline, {renew_deadline:?}"
            ));
        }
        Ok(())
    }

    /// How long a write may take. A leader writes until its renew deadline, and what it then sent ends within the
    /// duration: before anybody else can lead.
    pub fn write_deadline(&self) -> Duration {
        self.duration.saturating_sub(self.renew_deadline)
    }

    /// How long one call on the lease may take: two fit into the renew deadline, so one that hangs loses nothing.
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

/// What a candidate knows of the lease.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The lease as last read or written; nothing when there is none.
    pub lease: Option<Record>,
    /// Since when it was seen like that.
    pub since: Instant,
    /// What the last lease seen promised. Without it there never was one in this candidate's life.
    pub promised: Option<Duration>,
    /// When the last create, take or renewal that was acknowledged had been *sent*.
    pub renewed: Option<Instant>,
    /// The first and the last time of renewal that this candidate wrote, acknowledged or not, since it last saw the lease
    /// of somebody else.
    pub wrote: Option<(Timestamp, Timestamp)>,
}

impl Seen {
    /// Whether the lease is as this candidate wrote it: its name edited in by hand gives it nothing.
    pub fn is_mine(&self, lease: &Record, me: &str) -> bool {
        let written = |(first, last)| lease.renewed.is_some_and(|renewed| first <= renewed && renewed <= last);
        lease.holder.as_deref() == Some(me) && self.wrote.is_some_and(written)
    }
}

/// What a candidate does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is no lease: make it.
    Create,
    /// Nobody holds it any more: take the one of this version.
    Take(String),
    /// It is ours: renew the one of this version.
    Renew(String),
    /// It is ours, and was renewed just now.
    Hold,
    /// Somebody else holds it.
    Follow,
}

/// The next step. A lease that changed is never taken at once, whoever changed it, unless it was released.
pub fn decide(seen: &Seen, timing: &Timing, now: Instant, me: &str) -> Step {
    let waited = |promised| now.saturating_duration_since(seen.since) > timing.patience(promised);
    match &seen.lease {
        None if seen.renewed.is_some() => Step::Create,
        None if seen.promised.is_none_or(waited) => Step::Create,
        None => Step::Follow,
        Some(lease) if seen.is_mine(lease, me) => {
            let due = seen.renewed.is_none_or(|sent| now >= sent + timing.retry);
            if due { Step::Renew(lease.version.clone()) } else { Step::Hold }
        }
        Some(lease) if lease.is_released() || waited(lease.duration) => Step::Take(lease.version.clone()),
        Some(_) => Step::Follow,
    }
}
