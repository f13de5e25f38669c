//! The rules of the API server, offline, on raw JSON: the schema of the committed definitions, then their CEL rules.

mod rules;
mod schemas;
mod structural;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock, PoisonError};

use k8s_openapi::api::batch::v1::CronJob;
use kube_cel::{CompiledSchema, Validator};
use serde::Deserialize;
use serde_json::Value;

use super::manifest::{Document, is_told};
use super::problem::Problem;
use crate::domain::mark::{mix, stable_hash};
use schemas::{Kind, SCHEMAS, defaults, kinds};

/// Objects that were found valid, each by a hash of its content and of what it was checked by.
pub type Valid = BTreeSet<u64>;

const GROUP: &str = "gapless.dev";
const VERSION: &str = "gapless.dev/v1alpha1";

/// The documents that can be processed further, with defaults applied: those that satisfy every rule, and the others with the
/// fields that have problems. Documents known to be valid are not checked again; `valid` is updated.
pub fn documents(documents: &[Document], valid: &mut Valid, problems: &mut Vec<Problem>) -> Vec<Document> {
    let known = std::mem::take(valid);
    let mut seen = Seen::new();
    let mut all: Vec<Checked<'_>> =
        documents.iter().filter_map(|document| checked(document, &known, &mut seen, problems)).collect();
    ask_rules(&mut all);
    let mut readable = Vec::new();
    for Checked { document, found, value, ours, .. } in all {
        valid.extend((ours && found.is_empty()).then(|| hash(document)));
        let told = found.iter().map(|(field, _)| field.clone()).collect();
        problems.extend(found.into_iter().map(|(field, message)| document.problem(&field, message)));
        readable.extend(value.map(|value| document.checked(value, told)));
    }
    readable
}

/// Evaluates the rules of each object with a valid structure. Fields with a known problem are not reported again.
fn ask_rules(all: &mut [Checked<'_>]) {
    let rules = compiled(all);
    for Checked { kind, found, value, .. } in all.iter_mut().filter(|checked| checked.asks_rules) {
        let (Some(value), Some(rules)) = (value, rules.get(*kind)) else { continue };
        let told: Vec<String> = found.iter().map(|(field, _)| field.clone()).collect();
        if let Err(errors) = Validator::new().validate_compiled(rules, value, None) {
            let news = errors.into_vec().into_iter().filter(|e| !is_told(&told, &e.field_path));
            found.extend(news.map(|e| (e.field_path, e.message)));
        }
    }
}

/// The rules of each kind that is asked.
fn compiled<'a>(all: &[Checked<'a>]) -> BTreeMap<&'a str, Arc<CompiledSchema>> {
    let mut objects: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for checked in all.iter().filter(|checked| checked.asks_rules) {
        objects.entry(checked.kind).or_default().extend(&checked.value);
    }
    let rules = |(kind, objects): (_, Vec<&Value>)| {
        let Kind { schema, rules } = kinds().get(kind)?;
        Some((kind, rules.lock().unwrap_or_else(PoisonError::into_inner).of(schema, &objects)))
    };
    objects.into_iter().filter_map(rules).collect()
}

/// A document, and what was found of it so far.
struct Checked<'a> {
    document: &'a Document,
    kind: &'a str,
    ours: bool,
    found: Found,
    /// With defaults applied, where it has a shape at all.
    value: Option<Value>,
    /// Rules are asked too: it has the types that they may assume.
    asks_rules: bool,
}

/// A document without its rules; nothing of one that is not for gapless, or no object at all.
fn checked<'a>(
    document: &'a Document,
    known: &Valid,
    seen: &mut Seen,
    problems: &mut Vec<Problem>,
) -> Option<Checked<'a>> {
    let text = |pointer: &str| document.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (api, kind) = (text("/apiVersion"), text("/kind"));
    if (kind.is_empty() || api.is_empty()) && is_kustomization(document) {
        return None;
    }
    if !document.value.is_object() || kind.is_empty() || api.is_empty() {
        let message = "must be an object with 'apiVersion' and 'kind'";
        problems.push(Problem::file(&document.file, document.line, message));
        return None;
    }
    let group = api.split('/').next().unwrap_or_default();
    let (ours, cron_job) = (group == GROUP, kind == "CronJob" && group == "batch");
    if !ours && !cron_job {
        return None;
    }
    let mut found = named(document, kind, seen);
    metadata(document, &mut found);
    let mut checked = Checked { document, kind, ours, found, value: None, asks_rules: false };
    if ours {
        object(&mut checked, api, known);
    } else {
        checked.value = cron(document, api, &mut checked.found);
    }
    Some(checked)
}

/// kustomize knows its own file by its name, and lets it leave out `kind`, `apiVersion` or both.
fn is_kustomization(document: &Document) -> bool {
    let name = document.file.rsplit('/').next().unwrap_or_default();
    document.value.is_object() && matches!(name, "kustomization.yaml" | "kustomization.yml")
}

/// Problems as field and message.
type Found = Vec<(String, String)>;

/// The fields of any object's metadata.
const METADATA: [&str; 15] = [
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Its metadata beside the name.
fn metadata(document: &Document, found: &mut Found) {
    let known = METADATA.iter().map(|name| ((*name).to_string(), Value::Null)).collect();
    let fields = document.value["metadata"].as_object().into_iter().flatten();
    for (name, _) in fields.filter(|(name, _)| !METADATA.contains(&name.as_str())).take(structural::MOST) {
        let field = format!("metadata.{name}");
        found.push((field.clone(), structural::unknown_field(&field, name, Some(&known))));
    }
    for (name, expected) in [("namespace", "string"), ("labels", "object"), ("annotations", "object")] {
        let value = &document.value["metadata"][name];
        let is = if expected == "string" { value.is_string() } else { value.is_object() };
        found.extend(
            (!is && !value.is_null()).then(|| (format!("metadata.{name}"), format!("must be of type {expected}"))),
        );
        let texts = value.as_object().into_iter().flatten().filter(|(_, text)| !text.is_string());
        found.extend(texts.map(|(key, _)| (format!("metadata.{name}"), format!("'{key}' must be of type string"))));
    }
}

/// Objects by kind and name, each with its place.
type Seen = BTreeMap<(String, String), String>;

/// Its name, which no other of its kind has.
fn named(document: &Document, kind: &str, seen: &mut Seen) -> Found {
    let field = "metadata.name".to_string();
    match &document.value["metadata"]["name"] {
        Value::String(name) if name.is_empty() => vec![(field, "Required value".into())],
        Value::String(name) => match seen.entry((kind.into(), name.clone())) {
            Entry::Vacant(new) => {
                new.insert(format!("{}:{}", document.file, document.line));
                Vec::new()
            }
            Entry::Occupied(other) => {
                vec![(field, format!("duplicate: there is another {kind} '{name}' in {}", other.get()))]
            }
        },
        Value::Null => vec![(field, "Required value".into())],
        _ => vec![(field, "must be of type string".into())],
    }
}

/// A CronJob is the API server's own: only types are looked at. It is read on, for another version may know it better.
fn cron(document: &Document, api: &str, found: &mut Found) -> Option<Value> {
    if api != "batch/v1" {
        found.push(("kind".into(), format!("no kind 'CronJob' in '{api}'; known in 'batch/v1'")));
        return None;
    }
    let sent = document.as_sent();
    let typed = CronJob::deserialize(&sent);
    found.extend(typed.err().map(|why| ("spec".into(), format!("is not a valid CronJob spec: {why}"))));
    Some(sent)
}

/// Another build may check otherwise: its version and its schemas are part of the hash.
fn hash(document: &Document) -> u64 {
    static BUILD: OnceLock<u64> = OnceLock::new();
    let build = BUILD.get_or_init(|| stable_hash(&(env!("CARGO_PKG_VERSION"), SCHEMAS)));
    mix(*build, stable_hash(&document.value.to_string()))
}

/// One object of ours.
fn object(checked: &mut Checked<'_>, api: &str, known: &Valid) {
    let Checked { document, kind, found, .. } = checked;
    let Some(defaults) = defaults().get(*kind).filter(|_| api == VERSION) else {
        let known: Vec<&str> = defaults().keys().map(String::as_str).collect();
        let text = format!("no kind '{kind}' in '{api}'; known in '{VERSION}': {}", known.join(", "));
        found.push(("kind".into(), text));
        return;
    };
    let is_known = known.contains(&hash(document));
    let (mut problems, mut shapeless) = (Vec::new(), false);
    if !is_known {
        let Some(Kind { schema, .. }) = kinds().get(*kind) else { return };
        let structural = structural::check(schema, &document.value);
        (problems, shapeless) = (structural.problems, structural.shapeless);
    }
    // Two notations of one value have one hash: this is asked of what is known too.
    let odd = document.odd_scalars(&problems);
    let told: Vec<String> = odd.iter().map(|(field, _)| field.clone()).collect();
    found.retain(|(field, _)| !is_told(&told, field));
    found.extend(odd);
    found.extend(problems.into_iter().filter(|(field, _)| !is_told(&told, field)));
    // Rules may assume a name and the types that the schema demands, as on the API server.
    if shapeless || !is_known && !document.value["metadata"]["name"].is_string() {
        return;
    }
    checked.asks_rules = !is_known;
    checked.value = Some(structural::with_defaults(defaults, &document.value));
}
