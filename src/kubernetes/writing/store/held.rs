//! What is known of each stored status: its value and the resourceVersion it was read or written at. A watch that
//! brings back what was written here says nothing new.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::domain::policy::Key;
use crate::engine::ports::Version;
use crate::kubernetes::watching::object::Object;

/// What a watch shows of a stored status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is as it was written here, or older.
    No,
    /// Another writer changed it.
    ByOthers,
}

/// A status as it was read or written last.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// Its place in the order of writes and reads: what the engine bases a save on.
    pub at: Version,
    pub uid: Arc<str>,
    object: Arc<Object>,
    /// A write is under way: what a watch brings meanwhile may be its echo.
    writing: bool,
    /// The youngest that a watch brought meanwhile.
    meanwhile: Option<Arc<Object>>,
}

/// A write succeeded, and another writer replaced it before its answer arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overwritten;

impl Held {
    /// The object as it was read or written last.
    pub fn object(&self) -> Object {
        (*self.object).clone()
    }

    pub fn generation(&self) -> i64 {
        self.object.generation
    }

    pub fn version(&self) -> &Arc<str> {
        &self.object.version
    }

    /// The status, parsed each time: it is held compressed, a tenth of the size.
    pub fn status(&self) -> Value {
        self.object.status()
    }

    fn is_older_than(&self, object: &Object) -> bool {
        number(self.version()) < number(&object.version)
    }

    fn of(object: &Object, at: Version) -> Self {
        Self { at, uid: object.uid.clone(), object: object.clone().into(), writing: false, meanwhile: None }
    }
}

/// Every status that was read or written.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf(Arc<Mutex<BTreeMap<Key, Held>>>);

impl Shelf {
    fn locked<R>(&self, with: impl FnOnce(&mut BTreeMap<Key, Held>) -> R) -> R {
        with(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// A status was read.
    pub fn put(&self, key: &Key, object: &Object) -> Version {
        self.locked(|held| {
            let at = match held.get(key) {
                Some(old) if old.uid == object.uid && old.object.same_status(object) => old.at,
                old => old.map_or(0, |o| o.at) + 1,
            };
            held.insert(key.clone(), Held::of(object, at));
            at
        })
    }

    /// A write begins that is based on that version; `None` when this status was never read, or was written since.
    pub fn begin(&self, key: &Key, uid: &str, at: Version) -> Option<Held> {
        self.locked(|held| {
            let held = held.get_mut(key).filter(|held| *held.uid == *uid && held.at == at)?;
            held.writing = true;
            Some(held.clone())
        })
    }

    /// A write ended, with the new object if it succeeded.
    ///
    /// # Errors
    /// [`Overwritten`]: what is held was written, but is no longer what is stored.
    pub fn end(&self, key: &Key, written: Option<&Object>) -> Result<Version, Overwritten> {
        self.locked(|all| {
            let Some(held) = all.get_mut(key) else { return Ok(0) };
            held.writing = false;
            let meanwhile = held.meanwhile.take();
            if let Some(object) = written {
                *held = Held::of(object, held.at + 1);
            }
            let over = |it: &Arc<Object>| held.is_older_than(it) && !held.object.same_status(it);
            if written.is_some() && meanwhile.as_ref().is_some_and(over) { Err(Overwritten) } else { Ok(held.at) }
        })
    }

    /// A watch saw an object.
    pub fn saw(&self, key: &Key, object: &Object) -> Changed {
        self.locked(|all| match all.get_mut(key) {
            // Never read: the engine loads it when it gets the object.
            None => Changed::No,
            Some(held) if !held.is_older_than(object) => Changed::No,
            Some(held) if held.writing => {
                held.meanwhile = Some(object.clone().into());
                Changed::No
            }
            Some(held) if held.uid == object.uid && held.object.same_status(object) => {
                *held = Held::of(object, held.at);
                Changed::No
            }
            Some(_) => Changed::ByOthers,
        })
    }
}

/// resourceVersions of one object rise (comparable by contract since Kubernetes 1.35, in fact ever since).
fn number(version: &str) -> u64 {
    version.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kubernetes::watching::object::Wire;

    fn object(version: u64, launches: u64) -> Object {
        let wire: Wire = serde_json::from_value(json!({
            "metadata": {"namespace": "n", "name": "a", "uid": "u", "resourceVersion": version.to_string()},
            "spec": {}, "status": {"ledger": {"launches": launches}},
        }))
        .unwrap();
        wire.into()
    }

    fn key() -> Key {
        Key { namespace: "n".into(), kind: "TableCoverage".into(), name: "a".into() }
    }

    #[test]
    fn an_echo_says_nothing_and_a_foreign_change_does() {
        let shelf = Shelf::default();
        assert_eq!(shelf.saw(&key(), &object(1, 1)), Changed::No, "never read");
        let at = shelf.put(&key(), &object(5, 1));
        assert_eq!(shelf.saw(&key(), &object(4, 0)), Changed::No, "older than what was read");
        assert_eq!(shelf.saw(&key(), &object(6, 1)), Changed::No, "an edit of the spec");
        assert!(shelf.begin(&key(), "u", at + 1).is_none(), "based on what is not there");
        assert!(shelf.begin(&key(), "other", at).is_none(), "another object of the same name");
        assert_eq!(shelf.begin(&key(), "u", at).map(|h| h.at), Some(at));
        assert_eq!(shelf.saw(&key(), &object(7, 2)), Changed::No, "the echo of a write under way");
        assert_eq!(shelf.end(&key(), Some(&object(7, 2))), Ok(at + 1));
        assert_eq!(shelf.saw(&key(), &object(8, 0)), Changed::ByOthers, "the status was wiped");
    }

    /// What the watch brings between a write and its answer, and whether the write still counts when the answer arrives.
    #[test]
    fn a_write_that_was_replaced_before_its_answer_arrived_does_not_count() {
        for (case, seen, counts) in [
            ("nothing", vec![], true),
            ("its echo", vec![(7, 2)], true),
            ("its echo, then a wipe", vec![(7, 2), (8, 0)], false),
            ("its echo, then an edit of the spec", vec![(7, 2), (8, 2)], true),
            ("an edit that the write met as a conflict, and saw", vec![(6, 1)], true),
        ] {
            let shelf = Shelf::default();
            let at = shelf.put(&key(), &object(5, 1));
            shelf.begin(&key(), "u", at).unwrap();
            for (version, launches) in seen {
                assert_eq!(shelf.saw(&key(), &object(version, launches)), Changed::No);
            }
            assert_eq!(shelf.end(&key(), Some(&object(7, 2))).is_ok(), counts, "{case}");
        }
    }

    #[test]
    fn reading_the_same_status_again_keeps_its_place() {
        let shelf = Shelf::default();
        let at = shelf.put(&key(), &object(5, 1));
        assert_eq!(shelf.put(&key(), &object(9, 1)), at);
        assert_eq!(shelf.put(&key(), &object(10, 2)), at + 1);
    }
}
