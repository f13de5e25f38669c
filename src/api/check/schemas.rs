//! The schemas of the kinds, each with its rules as far as they were asked.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use serde_json::Value;

use super::rules::Rules;

/// The schema of each kind: those of `crds/`, in a form that is read at once. A test proves it fresh.
pub(super) const SCHEMAS: &str = include_str!("schemas.json");

/// What of them tells defaults: nothing else is asked of an object that is known to be valid, and to read the whole takes
/// longer than all else that is done with such an object.
const DEFAULTS: &str = include_str!("defaults.json");

/// A kind: its schema, and its rules as far as they were asked.
pub(super) struct Kind {
    pub schema: Value,
    pub rules: Mutex<Rules>,
}

pub(super) fn kinds() -> &'static BTreeMap<String, Kind> {
    static PARSED: OnceLock<BTreeMap<String, Kind>> = OnceLock::new();
    let kind = |(name, schema)| (name, Kind { schema, rules: Mutex::default() });
    let parse = || serde_json::from_str::<BTreeMap<String, Value>>(SCHEMAS).unwrap_or_default();
    PARSED.get_or_init(|| parse().into_iter().map(kind).collect())
}

/// Of each kind, what its schema tells of defaults.
pub(super) fn defaults() -> &'static BTreeMap<String, Value> {
    static PARSED: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
    PARSED.get_or_init(|| serde_json::from_str(DEFAULTS).unwrap_or_default())
}
