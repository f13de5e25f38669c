//! The world of the model check: small values that can be compared and counted. Ages are in ticks of five seconds on a
//! candidate's own clock; versions and uids are numbered anew in each state, since only their equality matters.

use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::super::super::candidate::Candidate;
use super::super::super::decide::{Record, Seen, Timing};
use super::{Edit, Step};

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
    /// Whoever is named holds the lease, whether it wrote so or not.
    ForgedName,
    /// What was written before somebody else's lease was seen still counts as one's own.
    CountsVoidWrites,
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
    /// Whose stamp it bears: nobody's once it was released.
    stamp: Holder,
    short: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct One {
    running: bool,
    lease: Option<Object>,
    since: u8,
    promised: bool,
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
    /// Nobody waits for its answer any more.
    orphan: bool,
    /// Uid and version; nothing for a create.
    guard: Option<(u8, u8)>,
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
        Self {
            running: true,
            lease: None,
            since: OLD,
            promised: false,
            renewed: None,
            wrote: false,
            waits: false,
            fast,
        }
    }
}

impl Object {
    fn record(&self, scope: &Scope) -> Record {
        let promise =
            if scope.mutant == Mutant::NoAllowance { Duration::from_millis(14_705) } else { Duration::from_secs(15) };
        Record {
            uid: self.uid.to_string(),
            version: self.version.to_string(),
            holder: match self.holder {
                Holder::Nobody => None,
                Holder::Candidate(i) => Some(NAMES[usize::from(i)].to_owned()),
                Holder::Other => Some("somebody".to_owned()),
            },
            renewed: stamp(self.stamp),
            duration: if self.short { Duration::from_secs(1) } else { promise },
        }
    }
}

impl State {
    pub(super) fn starts(scope: &Scope) -> Vec<Self> {
        let other = Object { uid: 1, version: 1, holder: Holder::Other, stamp: Holder::Other, short: false };
        let server = scope.left.then_some(other);
        let one = |fast| One { lease: server, promised: scope.left, ..One::fresh(fast) };
        let speeds: &[[i8; 3]] = if scope.drift { &[[-9, 9, 0], [9, -9, 0]] } else { &[[0; 3]] };
        let start = |speeds: &[i8; 3]| Self {
            server,
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
            promised: one.promised.then_some(timing.duration),
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

    pub(super) fn tick(mut self) -> Self {
        let older = |age: u8| (age + 1).min(OLD);
        for one in &mut self.ones {
            one.since = older(one.since);
            one.renewed = one.renewed.map(older);
        }
        self.deleted = older(self.deleted);
        for message in self.messages.iter_mut().flatten() {
            message.age = older(message.age);
        }
        self
    }

    pub(super) fn read(mut self, i: usize, scope: &Scope) -> Option<Self> {
        if !self.ones[i].running || self.ones[i].waits {
            return None;
        }
        self.learn(i, self.server, scope);
        Some(self)
    }

    fn learn(&mut self, i: usize, lease: Option<Object>, scope: &Scope) {
        let mut candidate = self.revive(i, scope);
        candidate.read(lease.map(|lease| lease.record(scope)), now());
        let one = &mut self.ones[i];
        one.since = if candidate.seen.since == now() { 0 } else { one.since };
        one.promised = candidate.seen.promised.is_some();
        one.lease = lease;
        if one.wrote && candidate.seen.wrote.is_none() && scope.mutant != Mutant::CountsVoidWrites {
            one.wrote = false;
            self.void(i);
        }
    }

    pub(super) fn act(mut self, i: usize, scope: &Scope) -> Option<Self> {
        if !self.ones[i].running || self.ones[i].waits {
            return None;
        }
        let known = self.ones[i].lease;
        let Ok(step) = self.revive(i, scope).next(now()) else {
            self.ones[i].running = false;
            return Some(self);
        };
        let hasty = scope.mutant == Mutant::WallClock && known.is_some_and(|lease| lease.holder != holder(i));
        let (guarded, take) = match step {
            Step::Create => (None, false),
            Step::Renew(_) => (known, false),
            Step::Take(_) => (known, true),
            Step::Hold | Step::Follow if hasty => (known, true),
            Step::Hold | Step::Follow => return None,
        };
        self.ones[i].wrote = true;
        self.send(i, guarded, take, holder(i), scope)
    }

    pub(super) fn release(mut self, i: usize, scope: &Scope) -> Option<Self> {
        let one = self.ones[i];
        if !one.running || one.waits || one.renewed.is_none() || one.lease?.holder != holder(i) {
            return None;
        }
        self.ones[i].running = false;
        self.send(i, one.lease, false, Holder::Nobody, scope)
    }

    fn send(mut self, i: usize, guarded: Option<Object>, take: bool, by: Holder, scope: &Scope) -> Option<Self> {
        let free = self.messages[..scope.messages].iter().position(Option::is_none)?;
        let guard = guarded.map(|lease| (lease.uid, lease.version));
        let orphan = by == Holder::Nobody;
        let from = u8::try_from(i).unwrap();
        self.messages[free] =
            Some(Message { from, orphan, guard, take, holder: by, stamp: by, age: 0, fate: Fate::UnderWay });
        self.ones[i].waits = !orphan;
        Some(self)
    }

    /// The process is gone, and started anew under another name: what it wrote is somebody else's now.
    pub(super) fn crash(mut self, i: usize, scope: &Scope) -> Option<Self> {
        let unseen = self.deleted < OLD && scope.mutant != Mutant::DeletedBeforeSeen;
        if self.crashes == scope.crashes || unseen {
            return None;
        }
        self.crashes += 1;
        let (me, fast) = (holder(i), self.ones[i].fast);
        for message in self.messages.iter_mut().flatten().filter(|message| usize::from(message.from) == i) {
            message.orphan = true;
        }
        self.each_object(|object| object.holder = if object.holder == me { Holder::Other } else { object.holder });
        self.void(i);
        for message in self.messages.iter_mut().flatten().filter(|message| message.holder == me) {
            message.holder = Holder::Other;
        }
        self.ones[i] = One::fresh(fast);
        Some(self)
    }

    /// What it wrote until now does not count as its own any more.
    fn void(&mut self, i: usize) {
        self.each_object(|object| object.stamp = if object.stamp == holder(i) { Holder::Other } else { object.stamp });
        for message in self.messages.iter_mut().flatten().filter(|message| message.stamp == holder(i)) {
            message.stamp = Holder::Other;
        }
    }

    pub(super) fn arrive(mut self, m: usize, scope: &Scope) -> Option<Self> {
        let message = self.messages[m].filter(|message| message.fate == Fate::UnderWay)?;
        let unguarded = message.take && scope.mutant == Mutant::UnguardedTake;
        let holds = match (message.guard, self.server) {
            (None, None) => true,
            (None, Some(_)) => false,
            (Some(_), None) => scope.mutant == Mutant::NoUid,
            (Some(guard), Some(lease)) => unguarded || guard == (lease.uid, lease.version),
        };
        let fate = if holds { Fate::Committed(self.commit(&message)) } else { Fate::Refused };
        self.messages[m] = (!message.orphan).then_some(Message { fate, ..message });
        Some(self)
    }

    fn commit(&mut self, message: &Message) -> Object {
        let (uid, version) = self.fresh();
        let uid = self.server.map_or(uid, |old| old.uid);
        let object = Object { uid, version, holder: message.holder, stamp: message.stamp, short: false };
        self.server = Some(object);
        object
    }

    pub(super) fn deliver(mut self, m: usize, scope: &Scope) -> Option<Self> {
        let message = self.messages[m].filter(|message| !message.orphan && message.fate != Fate::UnderWay)?;
        let i = usize::from(message.from);
        self.messages[m] = None;
        self.ones[i].waits = false;
        if let Fate::Committed(lease) = message.fate {
            self.learn(i, Some(lease), scope);
            self.ones[i].renewed = Some(if scope.mutant == Mutant::CountedFromAnswer { 0 } else { message.age });
        }
        Some(self)
    }

    /// Its sender waits no longer; it may still arrive.
    pub(super) fn give_up(mut self, m: usize) -> Option<Self> {
        let message = self.messages[m].filter(|message| !message.orphan)?;
        self.ones[usize::from(message.from)].waits = false;
        self.messages[m] = (message.fate == Fate::UnderWay).then_some(Message { orphan: true, ..message });
        Some(self)
    }

    pub(super) fn vanish(mut self, m: usize) -> Option<Self> {
        self.messages[m].filter(|message| message.orphan)?;
        self.messages[m] = None;
        Some(self)
    }

    pub(super) fn edit(mut self, edit: Edit, scope: &Scope) -> Option<Self> {
        let (_, version) = self.fresh();
        let lease = self.server.filter(|_| self.edits < scope.edits)?;
        self.edits += 1;
        let unseen = |one: &One| one.running && !one.promised;
        let edited = match edit {
            Edit::Delete
                if scope.mutant != Mutant::DeletedBeforeSeen && self.ones[..scope.candidates].iter().any(unseen) =>
            {
                return None;
            }
            Edit::Delete => None,
            Edit::Clear => Some(Object { holder: Holder::Nobody, ..lease }),
            Edit::Somebody => Some(Object { holder: Holder::Other, ..lease }),
            Edit::Candidate(i) => Some(Object { holder: holder(i), ..lease }),
            Edit::Shorten => Some(Object { short: true, ..lease }),
            Edit::Touch => Some(lease),
        };
        self.deleted = if edited.is_none() { 0 } else { self.deleted };
        self.server = edited.map(|lease| Object { version, ..lease });
        Some(self)
    }

    fn each_object(&mut self, mut each: impl FnMut(&mut Object)) {
        self.server.iter_mut().for_each(&mut each);
        self.ones.iter_mut().filter_map(|one| one.lease.as_mut()).for_each(&mut each);
        for message in self.messages.iter_mut().flatten() {
            if let Fate::Committed(object) = &mut message.fate {
                each(object);
            }
        }
    }

    /// A uid and a version that nobody has seen.
    fn fresh(mut self) -> (u8, u8) {
        let (mut uid, mut version) = (0, 0);
        self.each_object(|object| (uid, version) = (uid.max(object.uid), version.max(object.version)));
        for (u, v) in self.messages.iter().flatten().filter_map(|message| message.guard) {
            (uid, version) = (uid.max(u), version.max(v));
        }
        (uid + 1, version + 1)
    }

    /// The same state with uids and versions numbered in the order in which they stand.
    pub(super) fn canonical(mut self) -> Self {
        let (mut uids, mut versions) = (Vec::with_capacity(4), Vec::with_capacity(8));
        self.each_object(|object| {
            object.uid = number(&mut uids, object.uid);
            object.version = number(&mut versions, object.version);
        });
        for guard in self.messages.iter_mut().flatten().filter_map(|message| message.guard.as_mut()) {
            *guard = (number(&mut uids, guard.0), number(&mut versions, guard.1));
        }
        self
    }
}

fn number(known: &mut Vec<u8>, id: u8) -> u8 {
    let at = known.iter().position(|other| *other == id).unwrap_or_else(|| {
        known.push(id);
        known.len() - 1
    });
    u8::try_from(at + 1).unwrap()
}

fn holder(i: usize) -> Holder {
    Holder::Candidate(u8::try_from(i).unwrap())
}
