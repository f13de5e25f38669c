//! The rules of the API server, offline, on raw JSON: the schema of the committed definitions, then their CEL rules.

mod structural;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use kube_cel::CompiledSchema;
use serde_json::Value;

use super::load::Problem;
use super::manifest::Document;
use crate::domain::mark::{mix, stable_hash};

/// Objects that were found valid, each by a hash of its content and of what it was checked by.
pub type Valid = BTreeSet<u64>;

const GROUP: &str = "gapless.dev";
const VERSION: &str = "gapless.dev/v1alpha1";

/// The schema of each kind: those of `crds/`, in a form that is read at once. A test proves it fresh.
const SCHEMAS: &str = include_str!("schemas.json");

/// A kind: its schema, and its rules once an object of it was met.
struct Kind {
    schema: Value,
    rules: OnceLock<CompiledSchema>,
}

fn kinds() -> &'static BTreeMap<String, Kind> {
    static PARSED: OnceLock<BTreeMap<String, Kind>> = OnceLock::new();
    let kind = |(name, schema)| (name, Kind { schema, rules: OnceLock::new() });
    let parse = || serde_json::from_str::<BTreeMap<String, Value>>(SCHEMAS).unwrap_or_default();
    PARSED.get_or_init(|| parse().into_iter().map(kind).collect())
}

/// The documents that every rule accepts, with defaults applied; the problems of the others. What is known to be valid is
/// not checked again; `valid` becomes what is valid now.
pub fn documents(documents: &[Document], valid: &mut Valid, problems: &mut Vec<Problem>) -> Vec<Document> {
    let known = std::mem::take(valid);
    let mut seen = BTreeSet::new();
    let mut accepted = Vec::new();
    for document in documents {
        let before = problems.len();
        let text = |pointer: &str| document.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (api, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
        if !document.value.is_object() || kind.is_empty() || api.is_empty() {
            problems.push(Problem::file(
                &document.file,
                document.line,
                "must be an object with 'apiVersion' and 'kind'",
            ));
            continue;
        }
        let ours = api.split('/').next() == Some(GROUP);
        if !ours && kind != "CronJob" {
            continue;
        }
        if name.is_empty() {
            problems.push(Problem::field(document, "metadata.name", "Required value"));
        } else if !seen.insert((kind.to_string(), text("/metadata/namespace").to_string(), name.to_string())) {
            problems.push(Problem::field(
                document,
                "metadata.name",
                format!("duplicate: there is another {kind} '{name}'"),
            ));
        }
        let checked = if ours { object(document, api, kind, &known, problems) } else { document.value.clone() };
        if problems.len() == before {
            valid.extend(ours.then(|| hash(document)));
            accepted.push(document.with_value(checked));
        }
    }
    accepted
}

/// Another build may check otherwise: its version and its schemas are part of the hash.
fn hash(document: &Document) -> u64 {
    static BUILD: OnceLock<u64> = OnceLock::new();
    let build = BUILD.get_or_init(|| stable_hash(&(env!("CARGO_PKG_VERSION"), SCHEMAS)));
    mix(*build, stable_hash(&document.value.to_string()))
}

/// One object of ours; returns it with defaults applied.
fn object(document: &Document, api: &str, kind: &str, known: &Valid, problems: &mut Vec<Problem>) -> Value {
    let Some(Kind { schema, rules }) = kinds().get(kind).filter(|_| api == VERSION) else {
        let known: Vec<&str> = kinds().keys().map(String::as_str).collect();
        let text = format!("no kind '{kind}' in '{api}'; known in '{VERSION}': {}", known.join(", "));
        problems.push(Problem::field(document, "kind", text));
        return Value::Null;
    };
    if known.contains(&hash(document)) {
        return structural::with_defaults(schema, &document.value);
    }
    let before = problems.len();
    let mut found = Vec::new();
    structural::check(schema, &document.value, &mut found);
    problems.extend(found.into_iter().map(|(field, message)| Problem::field(document, &field, message)));
    // Rules may assume a name and the types that the schema demands, as on the API server.
    if problems.len() > before || !document.value["metadata"]["name"].is_string() {
        return Value::Null;
    }
    let value = structural::with_defaults(schema, &document.value);
    let rules = rules.get_or_init(|| kube_cel::compile_schema(schema));
    if let Err(errors) = kube_cel::Validator::new().validate_compiled(rules, &value, None) {
        problems.extend(errors.into_vec().into_iter().map(|e| Problem::field(document, &e.field_path, e.message)));
    }
    value
}
