//! The world of the model check: small values that can be compared and counted. Ages are in ticks of five seconds on a
//! candidate's own clock.

use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::super::super::candidate::Candidate;
use super::super::super::decide::{self, Record, Seen, Timing};

mod moves;
mod numbers;

/// How much is searched, and with which mistake.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    pub(super) candidates: usize,
    /// Writes under way at once.
    pub(super) messages: usize,
    pub(super) edits: u8,
    pub(super) crashes: u8,
    /// Whether one clock is slow and the other fast, by nearly a hundredth.
    pub(super) drift: bool,
    /// Whether it begins with a lease that a dead process left, and that everybody has seen run out.
    pub(super) left: bool,
    pub(super) depth: u32,
    pub(super) mutant: Mutant,
}

/// Mistakes that the search must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mutant {
    None,
    /// A take that does not say which version it saw.
    UnguardedTake,
    /// Expired when one's own wall clock, minutes ahead, says so.
    WallClock,
    /// Leadership counted from the answer instead of from the sending.
    CountedFromAnswer,
    /// Others wait exactly as long as the leader counts.
    NoAllowance,
    /// A PUT that does not name the uid.
    NoUid,
    /// The named candidate holds the lease, whether it wrote that or not.
    ForgedName,
    /// No mistake of the code: the assumption dropped.
    DeletedBeforeSeen,
}

/// Who holds a lease, or wrote its stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    Nobody,
    Candidate(u8),
    /// A person's text, or a process of an earlier life.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Object {
    uid: u8,
    version: u8,
    holder: Holder,
    /// Whose stamp it has; `Nobody` once it was released.
    stamp: Holder,
    promise: Promise,
}

/// For how long a lease says that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Promise {
    /// As applied: it never had a holder.
    None,
    /// Edited by hand.
    Short,
    /// As its holder wrote it.
    Whole,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct One {
    running: bool,
    lease: Option<Object>,
    since: u8,
    /// The uid of the lease whose promise it saw last, and whether that had a duration.
    promised: Option<(u8, bool)>,
    renewed: Option<u8>,
    wrote: bool,
    waits: bool,
    /// Parts of a thousand by which its clock is fast.
    fast: i8,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fate {
    UnderWay,
    Committed(Object),
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Message {
    from: u8,
    /// Its sender no longer waits for the answer.
    orphan: bool,
    /// Uid and version.
    guard: (u8, u8),
    /// A take, whose guard a mutant leaves out.
    take: bool,
    holder: Holder,
    stamp: Holder,
    age: u8,
    fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    server: Option<Object>,
    ones: [One; 3],
    pub(super) messages: [Option<Message>; 2],
    edits: u8,
    crashes: u8,
    /// Since a lease was deleted.
    deleted: u8,
}

const NAMES: [&str; 3] = ["a", "b", "c"];
const TICK: Duration = Duration::from_secs(5);
/// Older is all the same: twenty seconds are longer than any patience.
const OLD: u8 = 5;

fn now() -> Instant {
    static NOW: OnceLock<Instant> = OnceLock::new();
    *NOW.get_or_init(|| Instant::now() + Duration::from_secs(3600))
}

fn ago(ticks: u8, fast: i8) -> Instant {
    let thousandths = u32::try_from(1000 + i32::from(fast)).unwrap();
    now() - TICK * u32::from(ticks) * thousandths / 1000
}

fn stamp(who: Holder) -> Option<Timestamp> {
    let second = match who {
        Holder::Nobody => return None,
        Holder::Candidate(i) => i64::from(i) + 1,
        Holder::Other => 99,
    };
    Some(Timestamp::from_second(second).unwrap())
}

impl One {
    fn fresh(fast: i8) -> Self {
        Self { running: true, lease: None, since: OLD, promised: None, renewed: None, wrote: false, waits: false, fast }
    }
}

impl Object {
    fn applied(uid: u8, version: u8) -> Self {
        Self { uid, version, holder: Holder::Nobody, stamp: Holder::Nobody, promise: Promise::None }
    }

    fn record(&self, scope: &Scope) -> Record {
        let promise =
            if scope.mutant == Mutant::NoAllowance { Duration::from_millis(14_705) } else { Duration::from_secs(15) };
        Record {
            uid: self.uid.to_string(),
            version: self.version.to_string(),
            holder: match self.holder {
                Holder::Nobody => None,
                Holder::Candidate(i) => Some(NAMES[usize::from(i)].to_owned()),
                Holder::Other => Some("other".to_owned()),
            },
            renewed: stamp(self.stamp),
            duration: match self.promise {
                Promise::None => Duration::ZERO,
                Promise::Short => Duration::from_secs(1),
                Promise::Whole => promise,
            },
        }
    }
}

impl State {
    pub(super) fn starts(scope: &Scope) -> Vec<Self> {
        let other = Object { uid: 1, version: 1, holder: Holder::Other, stamp: Holder::Other, promise: Promise::Whole };
        let server = if scope.left { other } else { Object::applied(1, 1) };
        let one = |fast| One {
            lease: scope.left.then_some(server),
            promised: scope.left.then_some((1, true)),
            ..One::fresh(fast)
        };
        let speeds: &[[i8; 3]] = if scope.drift { &[[-9, 9, 0], [9, -9, 0]] } else { &[[0; 3]] };
        let start = |speeds: &[i8; 3]| Self {
            server: Some(server),
            ones: speeds.map(one),
            messages: [None; 2],
            edits: 0,
            crashes: 0,
            deleted: OLD,
        };
        speeds.iter().map(start).collect()
    }

    fn revive(&self, i: usize, scope: &Scope) -> Candidate {
        let one = &self.ones[i];
        let shorter = Duration::from_millis(14_705);
        let duration = if scope.mutant == Mutant::NoAllowance { shorter } else { Timing::default().duration };
        let timing = Timing { duration, ..Timing::default() };
        let mut candidate = Candidate::new(NAMES[i], timing, now());
        let mine = stamp(Holder::Candidate(u8::try_from(i).unwrap())).map(|at| (at, at));
        let forged = (scope.mutant == Mutant::ForgedName)
            .then(|| (stamp(Holder::Candidate(0)).unwrap(), stamp(Holder::Other).unwrap()));
        candidate.seen = Seen {
            lease: one.lease.map(|lease| lease.record(scope)),
            since: ago(one.since, one.fast),
            promised: one.promised.map(|(uid, has_duration)| decide::Promise {
                uid: uid.to_string(),
                duration: if has_duration { timing.duration } else { Duration::ZERO },
            }),
            renewed: one.renewed.map(|age| ago(age, one.fast)),
            wrote: forged.or(mine.filter(|_| one.wrote)),
        };
        candidate
    }

    /// How many could write at this moment.
    pub(super) fn leaders(&self, scope: &Scope) -> usize {
        let until = |one: &One| one.renewed.map(|age| ago(age, one.fast) + Timing::default().duration);
        self.ones[..scope.candidates]
            .iter()
            .filter(|one| one.running && until(one).is_some_and(|until| now() <= until))
            .count()
    }
}

fn holder(i: usize) -> Holder {
    Holder::Candidate(u8::try_from(i).unwrap())
}
