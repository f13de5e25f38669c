//! Parse, don't validate: from wire types to the domain's values. Nothing beyond this room sees a wire type.

mod cron_job;
mod dates;
mod fields;
mod fill;
mod game_date;
mod prop_coverage;
mod season;
mod table_coverage;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::kinds::*;
use super::load::{CronJob, Loaded, NAMESPACE, Place, Problem};
use super::manifest::Document;
use crate::domain::mark::stable_hash;
use crate::domain::policy::{Key, ReadLimits, Reader, Season};
use fields::{Fields, bytes};

/// What references point at.
#[derive(Default)]
pub(super) struct Known {
    /// Where each Warehouse is.
    places: BTreeMap<String, Home>,
    limits: BTreeMap<Reader, ReadLimits>,
    /// The seasons, with their aliases and unit columns.
    seasons: BTreeMap<String, Lowered>,
    cron_jobs: BTreeMap<Arc<str>, CronJob>,
}

/// Where a Warehouse is. One that is absent is nowhere.
#[derive(Clone, Default)]
struct Home {
    /// As its engine opens it: on one machine an absolute path.
    place: Arc<str>,
    /// As its spec says it: the same wherever the manifests are.
    declared: Arc<str>,
}

/// A season and what its coverages need beside it.
struct Lowered {
    season: Season,
    home: Home,
    aliases: Arc<BTreeMap<String, String>>,
}

/// Lowers documents that satisfy the whole schema; for the others it only reports further problems. References to objects
/// that do not exist or were refused are problems.
pub fn lower(documents: &[Document], place: Place<'_>, problems: &mut Vec<Problem>) -> Loaded {
    let mut known = Known::default();
    warehouses(documents, place, &mut known, problems);
    for document in documents.iter().filter(|d| d.value["kind"] == "CronJob") {
        let cron_job = cron_job::lower(document);
        known.cron_jobs.insert(cron_job.name.clone(), cron_job);
    }
    for (document, spec) in of_kind::<SeasonSpec>(documents, "Season", problems) {
        let mut fields = Fields::new(document);
        let lowered = season::lower(document, &spec, &known, &mut fields);
        if fields.report(problems) {
            known.seasons.insert(name(document).into(), lowered);
        }
    }
    let mut coverages = Vec::new();
    for (document, spec) in of_kind::<TableCoverageSpec>(documents, "TableCoverage", problems) {
        let mut fields = Fields::new(document);
        let coverage = table_coverage::lower(document, &spec, &known, &mut fields);
        coverages.extend(fields.report(problems).then_some(coverage));
    }
    for (document, spec) in of_kind::<PropCoverageSpec>(documents, "PropCoverage", problems) {
        let mut fields = Fields::new(document);
        let coverage = prop_coverage::lower(document, &spec, &known, &mut fields);
        coverages.extend(fields.report(problems).then_some(coverage));
    }
    let mut loaded = Loaded { coverages, ..Loaded::default() };
    game_date::lower(documents, &known, &mut loaded, problems);
    loaded.seasons = known.seasons.into_values().map(|l| l.season).collect();
    loaded.limits = known.limits;
    loaded.cron_jobs = known.cron_jobs;
    loaded
}

fn warehouses(documents: &[Document], place: Place<'_>, known: &mut Known, problems: &mut Vec<Problem>) {
    let mut all: Vec<(Fields<'_>, &Document, Home, ReadLimits)> = Vec::new();
    for (document, spec) in of_kind::<WarehouseSpec>(documents, "Warehouse", problems) {
        let mut fields = Fields::new(document);
        match warehouse(&spec, place, &mut fields) {
            Some((home, own)) => all.push((fields, document, home, own)),
            None => _ = fields.report(problems),
        }
    }
    let told: Vec<_> =
        all.iter().map(|(_, document, home, own)| (name(document), home.place.clone(), own.latin1)).collect();
    for (mut fields, document, home, own) in all {
        // A file has one encoding, whichever Warehouse names its folder.
        for (other, ..) in told.iter().filter(|(_, other, latin1)| *other == home.place && *latin1 != own.latin1) {
            let (own, theirs) = if own.latin1 { ("Latin1", "Utf8") } else { ("Utf8", "Latin1") };
            let text =
                format!("is {own}, and {theirs} in Warehouse '{other}' of the same folder; must be the same in both");
            fields.problem("spec.files.encoding", text);
        }
        if fields.report(problems) {
            let reader = Reader { namespace: namespace(document).into(), place: home.place.clone() };
            known.limits.entry(reader).and_modify(|old| *old = old.tighter(own)).or_insert(own);
            known.places.insert(name(document).into(), home);
        }
    }
}

fn warehouse(spec: &WarehouseSpec, place: Place<'_>, fields: &mut Fields<'_>) -> Option<(Home, ReadLimits)> {
    let limits = &spec.limits;
    let own = ReadLimits {
        timeout: fields.positive("spec.limits.queryTimeout", &limits.query_timeout),
        concurrent: limits.max_concurrent_queries,
        bytes_per_query: bytes(&limits.max_bytes_per_query),
        bytes_per_day: bytes(&limits.max_bytes_per_day),
        latin1: spec.files.as_ref().is_some_and(|files| files.encoding == Some(Encoding::Latin1)),
    };
    match place_of(spec, place) {
        Ok(home) => Some((home, own)),
        Err((field, why)) => {
            fields.problem(field, why);
            None
        }
    }
}

/// Every document of a kind with its spec.
fn of_kind<'a, T: DeserializeOwned>(
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
            Err(error) => problems.push(Problem::field(document, "spec", error.to_string())),
        }
    }
    out
}

fn name(document: &Document) -> &str {
    document.value["metadata"]["name"].as_str().unwrap_or_default()
}

/// One machine has one namespace; in a cluster the object's own.
fn namespace(document: &Document) -> &str {
    document.value["metadata"]["namespace"].as_str().unwrap_or(NAMESPACE)
}

fn key(document: &Document, kind: &str, name: &str) -> Key {
    Key { namespace: namespace(document).into(), kind: kind.into(), name: name.into() }
}

/// The object's uid, or a hash of its name if it has none.
pub(super) fn uid(document: &Document) -> Arc<str> {
    let given = document.value["metadata"]["uid"].as_str();
    given.map_or_else(|| format!("{:016x}", stable_hash(&document.object())).into(), Arc::from)
}

/// The object's generation; a file has none.
fn generation(document: &Document) -> i64 {
    document.value["metadata"]["generation"].as_i64().unwrap_or(0)
}

/// Where a Warehouse is, or which field is why it cannot be read.
fn place_of(spec: &WarehouseSpec, place: Place<'_>) -> Result<Home, (&'static str, String)> {
    let unbuilt = |field, engine| Err((field, format!("this version of gapless cannot read {engine} yet, only files")));
    match (&spec.files, &spec.bigquery, &spec.postgres) {
        (Some(files), _, _) => {
            let declared = &files.folder.0;
            let place = place(declared).map_err(|why| ("spec.files.folder", why))?;
            Ok(Home { place: format!("files:{place}").into(), declared: format!("files:{declared}").into() })
        }
        (None, Some(_), _) => unbuilt("spec.bigquery", "BigQuery"),
        (None, None, Some(_)) => unbuilt("spec.postgres", "PostgreSQL"),
        // A rule of the schema has reported it.
        (None, None, None) => Err(("spec", "names no engine".into())),
    }
}

/// Where a Warehouse is, or a problem.
fn place_named(warehouse: &str, field: &str, known: &Known, fields: &mut Fields<'_>) -> Home {
    known.places.get(warehouse).cloned().unwrap_or_else(|| {
        fields.problem(field, format!("WarehouseNotFound: there is no valid Warehouse '{warehouse}'"));
        Home::default()
    })
}

/// A JSON text of a pointer.
fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}
