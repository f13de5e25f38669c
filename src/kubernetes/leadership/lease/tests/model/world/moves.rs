//! What can happen next: each move gives the state after it, or `None` if it cannot happen.

use super::super::{Edit, Step};
use super::{Fate, Holder, Message, Mutant, OLD, Object, One, Promise, Scope, State, holder, now};

impl State {
    pub(in super::super) fn tick(mut self) -> Self {
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

    pub(in super::super) fn read(mut self, i: usize, scope: &Scope) -> Option<Self> {
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
        one.promised = candidate.seen.promised.map(|p| (p.uid.parse().unwrap(), !p.duration.is_zero()));
        one.lease = lease;
    }

    pub(in super::super) fn act(mut self, i: usize, scope: &Scope) -> Option<Self> {
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
            Step::Renew(_) => (known, false),
            Step::Take(_) => (known, true),
            Step::Hold | Step::Follow if hasty => (known, true),
            Step::Hold | Step::Follow | Step::Absent => return None,
        };
        self.ones[i].wrote = true;
        self.send(i, guarded?, take, holder(i), scope)
    }

    pub(in super::super) fn release(mut self, i: usize, scope: &Scope) -> Option<Self> {
        let one = self.ones[i];
        if !one.running || one.waits || one.renewed.is_none() || one.lease?.holder != holder(i) {
            return None;
        }
        self.ones[i].running = false;
        self.send(i, one.lease?, false, Holder::Nobody, scope)
    }

    fn send(mut self, i: usize, guarded: Object, take: bool, by: Holder, scope: &Scope) -> Option<Self> {
        let free = self.messages[..scope.messages].iter().position(Option::is_none)?;
        let guard = (guarded.uid, guarded.version);
        let orphan = by == Holder::Nobody;
        let from = u8::try_from(i).unwrap();
        self.messages[free] =
            Some(Message { from, orphan, guard, take, holder: by, stamp: by, age: 0, fate: Fate::UnderWay });
        self.ones[i].waits = !orphan;
        Some(self)
    }

    /// The process restarts under another name: what it wrote counts as another process's.
    pub(in super::super) fn crash(mut self, i: usize, scope: &Scope) -> Option<Self> {
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

    pub(in super::super) fn arrive(mut self, m: usize, scope: &Scope) -> Option<Self> {
        let message = self.messages[m].filter(|message| message.fate == Fate::UnderWay)?;
        let unguarded = message.take && scope.mutant == Mutant::UnguardedTake;
        let holds = match self.server {
            None => scope.mutant == Mutant::NoUid,
            Some(lease) => unguarded || message.guard == (lease.uid, lease.version),
        };
        let fate = if holds { Fate::Committed(self.commit(&message)) } else { Fate::Refused };
        self.messages[m] = (!message.orphan).then_some(Message { fate, ..message });
        Some(self)
    }

    fn commit(&mut self, message: &Message) -> Object {
        let (uid, version) = self.fresh();
        let uid = self.server.map_or(uid, |old| old.uid);
        let object = Object { uid, version, holder: message.holder, stamp: message.stamp, promise: Promise::Whole };
        self.server = Some(object);
        object
    }

    pub(in super::super) fn deliver(mut self, m: usize, scope: &Scope) -> Option<Self> {
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
    pub(in super::super) fn give_up(mut self, m: usize) -> Option<Self> {
        let message = self.messages[m].filter(|message| !message.orphan)?;
        self.ones[usize::from(message.from)].waits = false;
        self.messages[m] = (message.fate == Fate::UnderWay).then_some(Message { orphan: true, ..message });
        Some(self)
    }

    pub(in super::super) fn vanish(mut self, m: usize) -> Option<Self> {
        self.messages[m].filter(|message| message.orphan)?;
        self.messages[m] = None;
        Some(self)
    }

    pub(in super::super) fn edit(mut self, edit: Edit, scope: &Scope) -> Option<Self> {
        if self.edits == scope.edits {
            return None;
        }
        self.edits += 1;
        if edit == Edit::Apply {
            return self.apply(scope);
        }
        let (_, version) = self.fresh();
        let lease = self.server?;
        let edited = match edit {
            Edit::Delete | Edit::Apply => None,
            Edit::Clear => Some(Object { holder: Holder::Nobody, ..lease }),
            Edit::Foreign => Some(Object { holder: Holder::Other, ..lease }),
            Edit::Candidate(i) => Some(Object { holder: holder(i), ..lease }),
            Edit::Shorten => Some(Object { promise: Promise::Short, ..lease }),
            Edit::Touch => Some(lease),
        };
        self.deleted = if edited.is_none() { 0 } else { self.deleted };
        self.server = edited.map(|lease| Object { version, ..lease });
        Some(self)
    }

    fn apply(mut self, scope: &Scope) -> Option<Self> {
        if self.server.is_some() {
            self.deleted = 0;
        }
        let unseen = |one: &One| one.running && one.promised.is_none();
        let hasty = self.deleted < OLD && self.ones[..scope.candidates].iter().any(unseen);
        if hasty && scope.mutant != Mutant::DeletedBeforeSeen {
            return None;
        }
        let (uid, version) = self.fresh();
        self.server = Some(Object::applied(uid, version));
        Some(self)
    }
}
