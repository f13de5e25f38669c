//! Versions and uids are renumbered in each state, since only their equality matters.

use super::{Fate, Object, State};

impl State {
    pub(super) fn each_object(&mut self, mut each: impl FnMut(&mut Object)) {
        self.server.iter_mut().for_each(&mut each);
        self.ones.iter_mut().filter_map(|one| one.lease.as_mut()).for_each(&mut each);
        for message in self.messages.iter_mut().flatten() {
            if let Fate::Committed(object) = &mut message.fate {
                each(object);
            }
        }
    }

    /// A new uid and a new version.
    pub(super) fn fresh(mut self) -> (u8, u8) {
        let (mut uid, mut version) = (0, 0);
        self.each_object(|object| (uid, version) = (uid.max(object.uid), version.max(object.version)));
        for (seen, _) in self.ones.iter().filter_map(|one| one.promised) {
            uid = uid.max(seen);
        }
        for (u, v) in self.messages.iter().flatten().map(|message| message.guard) {
            (uid, version) = (uid.max(u), version.max(v));
        }
        (uid + 1, version + 1)
    }

    /// The same state with uids and versions numbered in order of appearance.
    pub(in super::super) fn canonical(mut self) -> Self {
        let (mut uids, mut versions) = (Vec::with_capacity(4), Vec::with_capacity(8));
        self.each_object(|object| {
            object.uid = number(&mut uids, object.uid);
            object.version = number(&mut versions, object.version);
        });
        for promised in self.ones.iter_mut().filter_map(|one| one.promised.as_mut()) {
            promised.0 = number(&mut uids, promised.0);
        }
        for guard in self.messages.iter_mut().flatten().map(|message| &mut message.guard) {
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
