//! What references point at, and what every object has: name, namespace, uid, generation, spec.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fields::Fields;
use crate::api::access::Access;
use crate::api::manifest::{Document, NAMESPACE};
use crate::api::problem::Problem;
use crate::api::template::CronJob;
use crate::domain::mark::stable_hash;
use crate::domain::policy::{Key, ReadLimits, Reader, Season, Source};

/// What references point at.
pub(super) struct Known<'a> {
    /// What the Warehouses of the namespace may read.
    pub access: &'a dyn Access,
    /// Where each Warehouse is.
    pub places: BTreeMap<String, Home>,
    pub limits: BTreeMap<Reader, ReadLimits>,
    pub warehouses: BTreeMap<Key, Reader>,
    /// The seasons, with their aliases and unit columns.
    pub seasons: BTreeMap<String, KnownSeason>,
    pub sources: BTreeMap<String, Source>,
    pub cron_jobs: BTreeMap<Arc<str>, CronJob>,
}

impl<'a> Known<'a> {
    /// Nothing yet.
    pub fn new(access: &'a dyn Access) -> Self {
        Self {
            access,
            places: BTreeMap::new(),
            limits: BTreeMap::new(),
            warehouses: BTreeMap::new(),
            seasons: BTreeMap::new(),
            sources: BTreeMap::new(),
            cron_jobs: BTreeMap::new(),
        }
    }
}

/// The kind of a warehouse, as far as it decides what its tables are called and what they can answer.
#[derive(Clone, Default)]
pub(super) enum Engine {
    /// Folders of files; also the engine of a Warehouse that is absent, of whose tables nothing else is known.
    #[default]
    Files,
    /// The datasets of this project.
    BigQuery(String),
    Postgres,
}

/// Where a Warehouse is. One that is absent is nowhere.
#[derive(Clone, Default)]
pub(super) struct Home {
    pub engine: Engine,
    /// As its engine opens it: on one machine an absolute path.
    pub place: Arc<str>,
    /// As its spec says it: the same wherever the manifests are.
    pub declared: Arc<str>,
}

/// A season and what its coverages need beside it.
pub(super) struct KnownSeason {
    pub season: Season,
    pub home: Home,
    pub aliases: Arc<BTreeMap<String, String>>,
}

/// Every document of a kind with its spec.
pub(super) fn of_kind<'a, T: DeserializeOwned>(
    documents: &'a [Document],
    kind: &str,
    problems: &mut Vec<Problem>,
) -> Vec<(&'a Document, T)> {
    let mut out = Vec::new();
    for document in documents.iter().filter(|d| d.value["kind"] == kind) {
        match serde_json::from_value(document.value["spec"].clone()) {
            Ok(spec) => out.push((document, spec)),
            // The problem that makes its spec unreadable was reported.
            Err(_) if !document.told.is_empty() => {}
            Err(error) => problems.push(document.problem("spec", error.to_string())),
        }
    }
    out
}

pub(super) fn name(document: &Document) -> &str {
    document.value["metadata"]["name"].as_str().unwrap_or_default()
}

/// One machine has one namespace; in a cluster the object's own.
pub(super) fn namespace(document: &Document) -> &str {
    document.value["metadata"]["namespace"].as_str().unwrap_or(NAMESPACE)
}

pub(super) fn key(document: &Document, kind: &str, name: &str) -> Key {
    Key { namespace: namespace(document).into(), kind: kind.into(), name: name.into() }
}

/// The object's uid, or a hash of its name if it has none.
pub(crate) fn uid(document: &Document) -> Arc<str> {
    let given = document.value["metadata"]["uid"].as_str();
    given.map_or_else(|| format!("{:016x}", stable_hash(&document.object())).into(), Arc::from)
}

/// The object's generation; a file has none.
pub(super) fn generation(document: &Document) -> i64 {
    document.value["metadata"]["generation"].as_i64().unwrap_or(0)
}

/// Where a Warehouse is, or a problem.
pub(super) fn place_named(warehouse: &str, field: &str, known: &Known<'_>, fields: &mut Fields<'_>) -> Home {
    known.places.get(warehouse).cloned().unwrap_or_else(|| {
        fields.problem(field, format!("WarehouseNotFound: there is no valid Warehouse '{warehouse}'"));
        Home::default()
    })
}

/// A JSON text of a pointer.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}
