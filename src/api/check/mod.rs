//! The rules of the API server, offline, on raw JSON: the schema of the committed definitions, then their CEL rules.

mod structural;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::Value;

use super::load::Problem;
use super::manifest::Document;

const GROUP: &str = "gapless.dev";
const VERSION: &str = "gapless.dev/v1alpha1";

/// The schema of each kind: those of `crds/`, in a form that is read at once. A test proves it fresh.
const SCHEMAS: &str = include_str!("schemas.json");

fn schemas() -> &'static BTreeMap<String, Value> {
    static PARSED: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
    PARSED.get_or_init(|| serde_json::from_str(SCHEMAS).unwrap_or_default())
}

/// The documents that every rule accepts, with defaults applied; the problems of the others.
pub fn documents(documents: &[Document], problems: &mut Vec<Problem>) -> Vec<Document> {
    let mut seen = BTreeSet::new();
    let mut valid = Vec::new();
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
        let checked = if ours { object(document, api, kind, problems) } else { document.value.clone() };
        if problems.len() == before {
            valid.push(document.with_value(checked));
        }
    }
    valid
}

/// One object of ours; returns it with defaults applied.
fn object(document: &Document, api: &str, kind: &str, problems: &mut Vec<Problem>) -> Value {
    let Some(schema) = schemas().get(kind).filter(|_| api == VERSION) else {
        let known: Vec<&str> = schemas().keys().map(String::as_str).collect();
        let text = format!("no kind '{kind}' in '{api}'; known in '{VERSION}': {}", known.join(", "));
        problems.push(Problem::field(document, "kind", text));
        return Value::Null;
    };
    let before = problems.len();
    let mut found = Vec::new();
    structural::check(schema, &document.value, &mut found);
    problems.extend(found.into_iter().map(|(field, message)| Problem::field(document, &field, message)));
    // Rules may assume the types that the schema demands, as on the API server.
    if problems.len() > before {
        return Value::Null;
    }
    let value = structural::with_defaults(schema, &document.value);
    if let Err(errors) = kube_cel::Validator::new().validate(schema, &value, None) {
        problems.extend(errors.into_vec().into_iter().map(|e| Problem::field(document, &e.field_path, e.message)));
    }
    value
}
