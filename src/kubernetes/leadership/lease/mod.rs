//! Leader election by a Lease: `get`, and `replace` guarded by uid and resourceVersion, nothing else. This is the loop;
//! the rules are in `decide`, what a candidate believes in `candidate`, what the process may ask in [`Leadership`].
//!
//! What holds: after an acknowledged renewal was sent, no other process takes the lease for its whole duration, measured by
//! the monotonic clock of either. A leader writes until its renew deadline, and a write ends within the rest. What it
//! cannot promise: that a request which the network holds back arrives in time. So every write is harmless late, too, by
//! resourceVersion, uid or name. And a lease that is deleted and applied again by hand just before a replica starts, or
//! before one has ever seen it, can be taken at once: every other candidate waits until the deleted one would have run
//! out. Nor does a monotonic clock
//! count the time in which a whole machine is suspended; then only the guards of the writes protect.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, PostParams};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use crate::engine::ports::Clock;
use candidate::{Candidate, Lost};
use decide::{Record, Step};
use trouble::Trouble;
use wire::{guarded, released};

pub use decide::{BadTiming, LONGEST, MARGIN, SHORTEST, Timing};
pub use leadership::{Leadership, Standing};

mod candidate;
mod decide;
mod leadership;
#[cfg(test)]
mod tests;
mod trouble;
mod wire;

/// How long giving the lease back may take. Otherwise the lease expires.
const RELEASE_DEADLINE: Duration = Duration::from_secs(3);

/// What one process needs to stand for election.
#[derive(Clone, Debug)]
pub struct Election<C> {
    /// The leases of its namespace.
    pub leases: Api<Lease>,
    /// Its namespace, for messages.
    pub namespace: String,
    pub name: String,
    /// This process's name: one that no other process has or had, see [`identity`].
    pub me: String,
    /// How long the lease holds.
    pub timing: Timing,
    /// Where the time of renewal comes from, which people read; nothing is decided by it.
    pub clock: C,
}

/// How an election ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As requested. If it was released, the next candidate leads at once; otherwise when the lease has expired.
    Stopped {
        /// Whether the lease was given back, or was not held at all.
        released: bool,
    },
    /// Leadership was lost, with the reason: the process must end, and may start again.
    Lost(String),
}

/// A name for this life of a process: a pod that is restarted keeps its name, but must not find itself as the holder.
pub fn identity(pod: &str) -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    format!("{pod}_{:016x}", RandomState::new().build_hasher().finish())
}

/// Stands for election until `stop`, or until leadership is lost. Stopped, it lets the writes under way end, then gives the
/// lease back. Afterwards the gate lets no write through.
pub async fn lead<C: Clock>(election: Election<C>, leadership: &Leadership, stop: impl Future<Output = ()>) -> Ended {
    let mut runner = Runner::new(election, leadership.clone());
    let lost = tokio::select! {
        biased;
        () = stop => None,
        lost = runner.compete() => Some(lost),
    };
    leadership.end();
    let Some(lost) = lost else { return Ended::Stopped { released: runner.release().await } };
    Ended::Lost(runner.why(&lost))
}

struct Runner<C> {
    election: Election<C>,
    leadership: Leadership,
    candidate: Candidate,
    /// The object as last read or answered: labels and annotations that people added stay.
    lease: Option<Lease>,
    /// Whether the object must be read before the next step.
    stale: bool,
    trouble: Option<Trouble>,
    follows: Option<String>,
}

impl<C: Clock> Runner<C> {
    fn new(election: Election<C>, leadership: Leadership) -> Self {
        let candidate = Candidate::new(election.me.clone(), election.timing, Instant::now());
        Self { election, leadership, candidate, lease: None, stale: true, trouble: None, follows: None }
    }

    async fn compete(&mut self) -> Lost {
        loop {
            let began = Instant::now();
            if let Err(lost) = self.turn().await {
                return lost;
            }
            tokio::time::sleep_until(self.next_turn(began)).await;
        }
    }

    /// The usual rhythm, or sooner: when what is waited for runs out.
    fn next_turn(&self, began: Instant) -> Instant {
        let rhythm = began + self.election.timing.retry;
        let soon = Instant::now() + Duration::from_millis(50);
        let runs_out = self.candidate.leads_until().is_none().then(|| self.candidate.expires()).flatten();
        runs_out.filter(|at| *at > Instant::now()).map_or(rhythm, |at| at.min(rhythm)).max(soon)
    }

    async fn turn(&mut self) -> Result<(), Lost> {
        // A leader whose time is over must not read first: that the read cannot end in time would hide the reason.
        self.candidate.next(Instant::now())?;
        if self.stale && !self.read().await {
            return self.candidate.next(Instant::now()).map(drop);
        }
        let step = self.candidate.next(Instant::now())?;
        debug!(?step, "lease");
        match step {
            Step::Take(_) | Step::Renew(_) => self.write(&step).await,
            Step::Absent => self.complain_of_absence(),
            Step::Hold => {}
            Step::Follow => self.follow(),
        }
        Ok(())
    }

    /// Another process holds it: it is read again at each turn, and that is logged once.
    fn follow(&mut self) {
        self.stale = true;
        let holder = self.candidate.holder().unwrap_or_default().to_owned();
        if self.follows.as_ref() != Some(&holder) {
            info!(holder, lease = self.election.name, "another replica leads; standing by");
            self.follows = Some(holder);
        }
    }

    async fn read(&mut self) -> bool {
        let answer = self.within(self.election.leases.get_opt(&self.election.name)).await;
        match answer {
            Ok(lease) => {
                self.candidate.read(lease.as_ref().map(Record::from), Instant::now());
                self.lease = lease;
                self.stale = false;
                true
            }
            Err(error) => {
                self.complain("read", error);
                false
            }
        }
    }

    async fn write(&mut self, step: &Step) {
        let lease = self.lease_for(step);
        let sent = Instant::now();
        let params = PostParams::default();
        let replace = self.election.leases.replace(&self.election.name, &params, &lease);
        match self.within(replace).await {
            Ok(lease) => self.acknowledged(lease, sent),
            Err(error) => {
                // Refused, or no clear answer: the lease is read before anything else is tried.
                self.stale = true;
                self.complain("written", error);
            }
        }
    }

    fn acknowledged(&mut self, lease: Lease, sent: Instant) {
        if self.candidate.leads_until().is_none() {
            debug!(me = self.candidate.name(), lease = self.election.name, "the lease is won");
        }
        self.candidate.acknowledged(Record::from(&lease), sent, Instant::now());
        self.lease = Some(lease);
        self.trouble = None;
        if let Some(until) = self.candidate.leads_until() {
            self.leadership.extend(until);
        }
    }

    /// The lease as this step leaves it.
    fn lease_for(&mut self, step: &Step) -> Lease {
        let stamp = MicroTime(self.candidate.stamp(self.election.clock.now()));
        let old = self.lease.take().unwrap_or_default();
        let was = old.spec.unwrap_or_default();
        let renewal = matches!(step, Step::Renew(_));
        let spec = LeaseSpec {
            holder_identity: Some(self.election.me.clone()),
            lease_duration_seconds: i32::try_from(self.election.timing.duration.as_secs()).ok(),
            acquire_time: was.acquire_time.filter(|_| renewal).or(Some(stamp.clone())),
            renew_time: Some(stamp),
            lease_transitions: Some(was.lease_transitions.unwrap_or(0).saturating_add(i32::from(!renewal))),
            ..LeaseSpec::default()
        };
        let lease = Lease { metadata: guarded(old.metadata, &self.election.name), spec: Some(spec) };
        self.lease = Some(lease.clone());
        lease
    }

    /// Gives the lease back, once nothing that this process wrote is under way.
    async fn release(&mut self) -> bool {
        if !self.candidate.has_written() {
            return true;
        }
        let quiet = tokio::time::timeout(self.election.timing.write_deadline(), self.leadership.quiet());
        let given_back = match quiet.await {
            Ok(()) => {
                let given_back = tokio::time::timeout(RELEASE_DEADLINE, self.give_back()).await;
                given_back.unwrap_or(Err(Trouble::NoAnswer))
            }
            Err(_) => Err(Trouble::WriteUnderWay),
        };
        if let Err(why) = &given_back {
            warn!(%why, lease = self.election.name, "the lease was not given back; it will expire");
        }
        given_back.is_ok()
    }

    /// A renewal that was under way may still arrive in between: then it is retried.
    async fn give_back(&mut self) -> Result<(), Trouble> {
        let (name, leases) = (self.election.name.clone(), self.election.leases.clone());
        let mut last = Trouble::NoAnswer;
        for _ in 0..3 {
            let found = leases.get_opt(&name).await?;
            let Some(lease) = found.filter(|lease| Record::from(lease).holder.as_deref() == Some(&self.election.me))
            else {
                return Ok(());
            };
            match leases.replace(&name, &PostParams::default(), &released(lease)).await {
                Ok(_) => return Ok(()),
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }

    /// A call on the lease with its deadline; a leader does not wait beyond the end of its time.
    async fn within<T>(&self, call: impl Future<Output = kube::Result<T>>) -> Result<T, Trouble> {
        let deadline = Instant::now() + self.election.timing.call_deadline();
        let deadline = self.candidate.must_renew_by().map_or(deadline, |by| deadline.min(by));
        Ok(tokio::time::timeout_at(deadline, call).await??)
    }

    /// The lease comes with the installation, and no right to create one: it is read again at each turn, and reported once.
    fn complain_of_absence(&mut self) {
        self.stale = true;
        let absent = Trouble::Absent { name: self.election.name.clone(), namespace: self.election.namespace.clone() };
        if self.trouble.as_ref() != Some(&absent) {
            warn!("{absent}");
            self.trouble = Some(absent);
        }
    }

    /// Once per kind of trouble: an API server that is down for an hour is one line.
    fn complain(&mut self, what: &str, trouble: Trouble) {
        if self.trouble.as_ref() != Some(&trouble) {
            warn!(lease = self.election.name, error = %trouble, "the lease could not be {what}");
            self.trouble = Some(trouble);
        }
    }

    fn why(&self, lost: &Lost) -> String {
        match (&self.trouble, lost) {
            (Some(trouble), Lost::NotRenewed) => format!("{lost}: {trouble}"),
            _ => lost.to_string(),
        }
    }
}
