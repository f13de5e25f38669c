//! Single fields of an object.

use serde_json::Value;

use crate::domain::policy::Key;

pub(super) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn key(object: &Value, kind: &str, name: &str) -> Key {
    Key { namespace: text(object, "/metadata/namespace").into(), kind: kind.into(), name: name.into() }
}
