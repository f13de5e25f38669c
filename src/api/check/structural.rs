//! The schema part: types, required and unknown fields, bounds, patterns, unique list keys. Messages are those of the
//! API server, so that what `check` says and what `kubectl apply` says read alike.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock};

use serde_json::{Map, Value};

use crate::api::schema::PATTERNS;

/// More problems of one object help no reader, and each must be found in its text.
pub(super) const MOST: usize = 100;

/// The API server would make a float of it, and no field takes one.
const TOO_LARGE: &str = "must be a whole number from -9223372036854775808 to 9223372036854775807; put a larger one in quotes: \
                         it is compared in the column's type";

/// Problems as field and message.
#[derive(Default)]
pub(super) struct Found {
    pub problems: Vec<(String, String)>,
    /// Something is absent or of another type: no rule can be asked of it.
    pub shapeless: bool,
}

impl Found {
    fn push(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.problems.push((field.into(), message.into()));
    }

    fn shapeless(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.push(field, message);
        self.shapeless = true;
    }

    fn is_full(&self) -> bool {
        self.problems.len() >= MOST
    }
}

/// Checks an object against its definition's schema. `metadata` is the API server's own.
pub(super) fn check(schema: &Value, object: &Value) -> Found {
    let mut found = Found::default();
    let Some(fields) = object.as_object() else { return found };
    let known = schema["properties"].as_object();
    for name in fields.keys().filter(|n| !["apiVersion", "kind", "metadata"].contains(&n.as_str())).take(MOST) {
        if known.is_none_or(|k| !k.contains_key(name)) {
            found.push(name, unknown_field(name, name, known));
        }
    }
    match fields.get("spec") {
        None | Some(Value::Null) => found.shapeless("spec", "Required value"),
        Some(spec) => value("spec", &schema["properties"]["spec"], spec, &mut found),
    }
    if found.is_full() {
        found.problems.truncate(MOST);
        found.push("spec", format!("has more problems than {MOST}; these are the first"));
    }
    found
}

fn value(path: &str, schema: &Value, it: &Value, found: &mut Found) {
    if found.is_full() {
        return;
    }
    if schema["x-kubernetes-int-or-string"] == Value::Bool(true) {
        return match it {
            Value::String(text) => string(path, schema, text, found),
            Value::Number(n) if n.is_i64() => {}
            Value::Number(n) if n.is_u64() || n.as_f64().is_some_and(|n| n.fract() == 0.0) => {
                found.shapeless(path, TOO_LARGE);
            }
            _ => found.shapeless(path, "must be of type integer or string"),
        };
    }
    match (schema["type"].as_str(), it) {
        (Some("object"), Value::Object(fields)) => object(path, schema, fields, found),
        (Some("array"), Value::Array(items)) => array(path, schema, items, found),
        (Some("string"), Value::String(text)) => string(path, schema, text, found),
        (Some("integer"), Value::Number(n)) if n.is_i64() || n.is_u64() => number(path, schema, n.as_f64(), found),
        (Some("boolean"), Value::Bool(_)) => {}
        (_, Value::Null) if schema["nullable"] == Value::Bool(true) => {}
        (Some(wanted), _) => found.shapeless(path, format!("must be of type {wanted}")),
        (None, _) => {}
    }
}

fn object(path: &str, schema: &Value, fields: &Map<String, Value>, found: &mut Found) {
    let known = schema["properties"].as_object();
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(required) {
            found.shapeless(format!("{path}.{required}"), "Required value");
        }
    }
    for (name, it) in fields {
        if found.is_full() {
            return;
        }
        let below = format!("{path}.{name}");
        match known.and_then(|k| k.get(name)) {
            Some(schema) => value(&below, schema, it, found),
            None if schema["additionalProperties"].is_object() => {
                value(&below, &schema["additionalProperties"], it, found)
            }
            None => found.push(&below, unknown_field(&below, name, known)),
        }
    }
    let most = schema["maxProperties"].as_u64().unwrap_or(u64::MAX);
    if fields.len() as u64 > most {
        found.push(path, format!("must have at most {most} properties"));
    }
}

fn array(path: &str, schema: &Value, items: &[Value], found: &mut Found) {
    let count = items.len() as u64;
    if schema["maxItems"].as_u64().is_some_and(|most| count > most) {
        found.push(path, format!("must have at most {} items", schema["maxItems"]));
        return;
    }
    if schema["minItems"].as_u64().is_some_and(|least| count < least) {
        found.push(path, format!("must have at least {} items", schema["minItems"]));
    }
    let mut seen = BTreeSet::new();
    for (n, it) in items.iter().enumerate() {
        let below = format!("{path}[{n}]");
        value(&below, &schema["items"], it, found);
        if let Some(key) = list_key(schema, it)
            && !seen.insert(key.clone())
        {
            found.push(below, format!("Duplicate value: {key}"));
        }
    }
}

/// What must be unique in a list: the key of a map, the item of a set.
fn list_key(schema: &Value, item: &Value) -> Option<String> {
    match schema["x-kubernetes-list-type"].as_str()? {
        "set" => Some(item.to_string()),
        "map" => {
            let keys = schema["x-kubernetes-list-map-keys"].as_array()?.iter().filter_map(Value::as_str);
            Some(keys.map(|k| item[k].to_string()).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

fn string(path: &str, schema: &Value, text: &str, found: &mut Found) {
    if let Some(names) = schema["enum"].as_array() {
        if !names.iter().any(|n| n.as_str() == Some(text)) {
            let names: Vec<String> = names.iter().filter_map(Value::as_str).map(|n| format!("'{n}'")).collect();
            found.push(path, format!("must be one of {}", names.join(", ")));
        }
        return;
    }
    let length = text.chars().count() as u64;
    if schema["maxLength"].as_u64().is_some_and(|most| length > most) {
        found.push(path, format!("must be at most {} characters", schema["maxLength"]));
    } else if schema["minLength"].as_u64().is_some_and(|least| length < least) {
        found.push(path, format!("must be at least {} characters", schema["minLength"]));
    }
    if let Some(pattern) = schema["pattern"].as_str().filter(|pattern| !matches(pattern, text)) {
        let hint = example(pattern).map(|e| format!(", for example {e}")).unwrap_or_default();
        found.push(path, format!("must match '{pattern}'{hint}"));
    }
}

/// An example of a pattern that is hard to read.
fn example(pattern: &str) -> Option<String> {
    PATTERNS.iter().find(|(known, _)| *known == pattern).map(|(_, examples)| examples.replace('`', "'"))
}

fn number(path: &str, schema: &Value, it: Option<f64>, found: &mut Found) {
    let (min, max) = (schema["minimum"].as_f64(), schema["maximum"].as_f64());
    let Some(it) = it else { return };
    if min.is_none_or(|m| it >= m) && max.is_none_or(|m| it <= m) {
        return;
    }
    let text = match (min, max) {
        (Some(min), Some(max)) => format!("must be greater than or equal to {min} and less than or equal to {max}"),
        (Some(min), None) => format!("must be greater than or equal to {min}"),
        (_, max) => format!("must be less than or equal to {}", max.unwrap_or_default()),
    };
    found.push(path, text);
}

/// Patterns are few and ours; each is compiled once.
fn matches(pattern: &str, text: &str) -> bool {
    static COMPILED: OnceLock<Mutex<std::collections::BTreeMap<String, Option<regex::Regex>>>> = OnceLock::new();
    let Ok(mut compiled) = COMPILED.get_or_init(Mutex::default).lock() else { return false };
    let regex = compiled.entry(pattern.to_string()).or_insert_with(|| regex::Regex::new(pattern).ok());
    regex.as_ref().is_some_and(|r| r.is_match(text))
}

pub(super) fn unknown_field(path: &str, name: &str, known: Option<&Map<String, Value>>) -> String {
    let near = known.into_iter().flatten().map(|(k, _)| (distance(k, name), k)).min();
    let hint = near.filter(|(d, k)| *d <= 1 + k.len() / 3).map(|(_, k)| format!("; did you mean '{k}'?"));
    format!("unknown field \"{path}\"{}", hint.unwrap_or_default())
}

/// How many letters must change, upper and lower case alike. Only the start of a long name counts: the cost is bounded.
fn distance(a: &str, b: &str) -> usize {
    let start = |name: &str| name.to_lowercase().chars().take(64).collect::<String>();
    strsim::levenshtein(&start(a), &start(b))
}

/// The object with its defaults, as the API server stores it.
pub(super) fn with_defaults(defaults: &Value, it: &Value) -> Value {
    match it {
        Value::Object(fields) => {
            let mut out = fields.clone();
            for (name, below) in defaults["properties"].as_object().into_iter().flatten() {
                if let Some(default) = below.get("default").filter(|_| !out.contains_key(name)) {
                    out.insert(name.clone(), default.clone());
                }
                if let Some(value) = out.get(name) {
                    let filled = with_defaults(below, value);
                    out.insert(name.clone(), filled);
                }
            }
            Value::Object(out)
        }
        Value::Array(items) => Value::Array(items.iter().map(|i| with_defaults(&defaults["items"], i)).collect()),
        other => other.clone(),
    }
}
