//! Parse, don't validate: from wire types to the domain's values. Nothing beyond this room sees a wire type.

mod cron_job;
mod dates;
mod fields;
mod fill;
mod game_date;
pub(super) mod known;
mod prop_coverage;
mod season;
mod table_coverage;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::kinds::*;
use super::manifest::Document;
use super::problem::Problem;
use super::template::CronJob;
use crate::domain::policy::{Coverage, DateOrders, Key, ReadLimits, Reader, Season};
use fields::{Fields, bytes};
use known::{Home, Known, name, namespace, of_kind};

/// Resolves the folder of a files Warehouse, or says why it may not be read.
pub type ResolveFolder<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// The domain's values of a set of documents.
#[derive(Debug, Default)]
pub struct Lowered {
    /// The seasons without a problem.
    pub seasons: Vec<Season>,
    /// The coverages without a problem.
    pub coverages: Vec<Coverage>,
    /// What people want of single dates, per season.
    pub orders: BTreeMap<Key, DateOrders>,
    /// The limits of each namespace at each resolved place; where two of its Warehouses mean the same place, the tighter ones.
    pub limits: BTreeMap<Reader, ReadLimits>,
    /// The CronJobs.
    pub cron_jobs: BTreeMap<Arc<str>, CronJob>,
}

/// Lowers documents that satisfy the whole schema; for the others it only reports further problems. References to objects
/// that do not exist or were refused are problems.
pub fn lower(documents: &[Document], folder: ResolveFolder<'_>, problems: &mut Vec<Problem>) -> Lowered {
    let mut known = Known::default();
    warehouses(documents, folder, &mut known, problems);
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
    let orders = game_date::lower(documents, &known, &mut coverages, problems);
    let seasons = known.seasons.into_values().map(|known| known.season).collect();
    Lowered { seasons, coverages, orders, limits: known.limits, cron_jobs: known.cron_jobs }
}

fn warehouses(documents: &[Document], folder: ResolveFolder<'_>, known: &mut Known, problems: &mut Vec<Problem>) {
    let mut all: Vec<(Fields<'_>, &Document, Home, ReadLimits)> = Vec::new();
    for (document, spec) in of_kind::<WarehouseSpec>(documents, "Warehouse", problems) {
        let mut fields = Fields::new(document);
        match warehouse(&spec, folder, &mut fields) {
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
            known.limits.entry(reader).and_modify(|old| *old = old.clone().tighter(own.clone())).or_insert(own);
            known.places.insert(name(document).into(), home);
        }
    }
}

fn warehouse(spec: &WarehouseSpec, folder: ResolveFolder<'_>, fields: &mut Fields<'_>) -> Option<(Home, ReadLimits)> {
    let limits = &spec.limits;
    let own = ReadLimits {
        timeout: fields.positive("spec.limits.queryTimeout", &limits.query_timeout),
        concurrent: limits.max_concurrent_queries,
        bytes_per_query: bytes(&limits.max_bytes_per_query),
        bytes_per_day: bytes(&limits.max_bytes_per_day),
        latin1: spec.files.as_ref().is_some_and(|files| files.encoding == Some(Encoding::Latin1)),
        bill_to: None,
        location: None,
    };
    match place_of(spec, folder) {
        Ok(home) => Some((home, own)),
        Err((field, why)) => {
            fields.problem(field, why);
            None
        }
    }
}

/// Where a Warehouse is, or which field is why it cannot be read.
fn place_of(spec: &WarehouseSpec, folder: ResolveFolder<'_>) -> Result<Home, (&'static str, String)> {
    let unbuilt = |field, engine| Err((field, format!("this version of gapless cannot read {engine} yet, only files")));
    match (&spec.files, &spec.bigquery, &spec.postgres) {
        (Some(files), _, _) => {
            let declared = &files.folder.0;
            let place = folder(declared).map_err(|why| ("spec.files.folder", why))?;
            Ok(Home { place: format!("files:{place}").into(), declared: format!("files:{declared}").into() })
        }
        (None, Some(_), _) => unbuilt("spec.bigquery", "BigQuery"),
        (None, None, Some(_)) => unbuilt("spec.postgres", "PostgreSQL"),
        // A rule of the schema has reported it.
        (None, None, None) => Err(("spec", "names no engine".into())),
    }
}
