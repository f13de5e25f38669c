//! What to send so that one value becomes another: a JSON merge patch (RFC 7386). Fields that only the server knows are
//! never mentioned, so that a newer version's fields survive an older one.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The patch from one value to another; nothing when they are equal. Lists are replaced whole.
///
/// A merge patch cannot set a field to null, so nulls of the new value are read as absent.
pub fn merge_patch(old: &Value, new: &Value) -> Option<Value> {
    let (Value::Object(from), Value::Object(to)) = (old, new) else {
        return (old != new).then(|| without_nulls(new));
    };
    let mut patch = Map::new();
    for (key, value) in to.iter().filter(|(_, v)| !v.is_null()) {
        let change = match from.get(key) {
            Some(known) => merge_patch(known, value),
            None => Some(without_nulls(value)),
        };
        patch.extend(change.map(|change| (key.clone(), change)));
    }
    let gone = |(key, value): &(&String, &Value)| !value.is_null() && to.get(*key).is_none_or(Value::is_null);
    patch.extend(from.iter().filter(gone).map(|(key, _)| (key.clone(), Value::Null)));
    (!patch.is_empty()).then_some(Value::Object(patch))
}

/// A stored status as this version reads it.
pub struct StoredStatus<S> {
    /// What can be read of it, field by field: one field that cannot, of another version or edited by hand, never takes
    /// the ledger beside it along.
    pub status: S,
    /// What a patch is made against: fields that another version added are not mentioned and stay. What cannot be read
    /// is replaced whole.
    known: Value,
}

impl<S: Serialize + DeserializeOwned + Default> StoredStatus<S> {
    /// Reads it.
    pub fn of(stored: Value) -> Self {
        match S::deserialize(&stored) {
            Ok(status) => Self { known: json(&status), status },
            Err(_) => Self { status: in_part(&stored), known: stored },
        }
    }

    /// The patch to another status; nothing when nothing changed: then nothing is written.
    pub fn patch_to(&self, new: &S) -> Option<Value> {
        merge_patch(&self.known, &json(new))
    }
}

fn json<S: Serialize>(status: &S) -> Value {
    serde_json::to_value(status).unwrap_or_default()
}

/// The fields that can be read.
fn in_part<S: DeserializeOwned + Default>(stored: &Value) -> S {
    let Value::Object(fields) = stored else { return S::default() };
    let alone = |(key, value): &(&String, &Value)| {
        let field = Value::Object(Map::from_iter([((*key).clone(), (*value).clone())]));
        S::deserialize(&field).is_ok()
    };
    let kept: Map<String, Value> = fields.iter().filter(alone).map(|(k, v)| (k.clone(), v.clone())).collect();
    serde_json::from_value(Value::Object(kept)).unwrap_or_default()
}

/// Fields that are null, left away: within a patch they would delete.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(_, v)| !v.is_null());
            Value::Object(kept.map(|(k, v)| (k.clone(), without_nulls(v))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::api::kinds::{CoverageStatus, LedgerStatus, SummaryStatus};
    use crate::status::ledger::tests::ledgers;

    /// RFC 7386, section 2, word by word.
    fn apply(target: &mut Value, patch: &Value) {
        let Value::Object(changes) = patch else {
            *target = patch.clone();
            return;
        };
        if !target.is_object() {
            *target = Value::Object(Map::new());
        }
        let Some(fields) = target.as_object_mut() else { return };
        for (key, change) in changes {
            if change.is_null() {
                fields.remove(key);
            } else {
                apply(fields.entry(key.clone()).or_insert(Value::Null), change);
            }
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i8>().prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-d]", inner, 0..4).prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn applied_to_the_old_value_it_gives_the_new_one(old in value(), new in value()) {
            let mut result = old.clone();
            if let Some(patch) = merge_patch(&old, &new) {
                apply(&mut result, &patch);
            }
            prop_assert_eq!(result, new);
        }

        #[test]
        fn equal_values_need_none(value in value()) {
            prop_assert_eq!(merge_patch(&value, &value), None);
        }
    }

    #[test]
    fn a_field_that_cannot_be_read_takes_no_other_along() {
        let ledger = LedgerStatus { launches: 7, ..LedgerStatus::default() };
        let whole = CoverageStatus { ledger: Some(ledger), ..CoverageStatus::default() };
        let mut stored = serde_json::to_value(&whole).unwrap();
        stored["summary"] = json!("of another version");
        stored["states"] = json!([{ "count": "many" }]);
        let read: CoverageStatus = StoredStatus::of(stored.clone()).status;
        assert_eq!(read.ledger.map(|l| l.launches), Some(7));
        assert_eq!((read.summary, read.states.len()), (SummaryStatus::default(), 0));
        stored["ledger"] = json!("of another version");
        assert_eq!(StoredStatus::<CoverageStatus>::of(stored).status, CoverageStatus::default());
        assert_eq!(StoredStatus::<CoverageStatus>::of(Value::Null).status, CoverageStatus::default());
    }

    proptest! {
        #[test]
        fn no_stored_status_makes_a_reader_fall_and_what_can_be_read_is(
            written in ledgers(),
            spoilt in prop::collection::vec((any::<prop::sample::Index>(), value()), 0..4),
        ) {
            let mut whole = CoverageStatus::default();
            crate::status::ledger::write(&written, "boxscores", "uid", &mut whole);
            let whole = serde_json::to_value(&whole).unwrap_or_default();
            let mut stored = whole.clone();
            let names: Vec<String> = stored.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
            for (at, odd) in spoilt {
                stored[at.get(&names)] = odd;
            }
            let read = serde_json::to_value(StoredStatus::<CoverageStatus>::of(stored.clone()).status).unwrap_or_default();
            for name in names.iter().filter(|name| stored[name] == whole[name]) {
                prop_assert_eq!(&read[name], &whole[name], "{} was not touched", name);
            }
        }
    }

    #[test]
    fn another_versions_fields_stay_and_what_cannot_be_read_goes() {
        let new = SummaryStatus { open: 1, ..SummaryStatus::default() };
        let patch = |stored: &Value| StoredStatus::of(stored.clone()).patch_to(&new);
        let mut stored = serde_json::to_value(&new).unwrap();
        stored["newer"] = json!("kept");
        assert_eq!(patch(&stored), None);
        stored["open"] = json!(2);
        assert_eq!(patch(&stored), Some(json!({ "open": 1 })));
        stored["open"] = json!("two");
        assert_eq!(patch(&stored), Some(json!({ "open": 1, "newer": null })));
    }

    #[test]
    fn fields_that_went_are_null_lists_are_whole_and_foreign_fields_are_not_mentioned() {
        let old = json!({ "a": 1, "list": [1, 2], "gone": true, "deep": { "x": 1, "y": 2 } });
        let new = json!({ "a": 1, "list": [2], "deep": { "x": 1, "y": 3 } });
        let patch = json!({ "list": [2], "deep": { "y": 3 }, "gone": null });
        assert_eq!(merge_patch(&old, &new), Some(patch.clone()));
        let mut stored = json!({ "a": 1, "list": [1, 2], "gone": true, "deep": { "x": 1, "y": 2 }, "newer": "kept" });
        apply(&mut stored, &patch);
        assert_eq!(stored["newer"], "kept");
    }
}
