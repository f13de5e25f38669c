//! Parse, don't validate: from wire types to the domain's values. Nothing beyond this room sees a wire type.

mod cron_job;
mod dates;
mod fields;
mod fill;
mod game_date;
pub(super) mod known;
mod prop_coverage;
mod season;
mod source;
mod table_coverage;
mod tables;
mod warehouse;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::access::Access;
use super::kinds::*;
use super::manifest::Document;
use super::problem::Problem;
use super::template::CronJob;
use crate::domain::policy::{Coverage, DateOrders, Key, ReadLimits, Reader, Season, Source};
use fields::Fields;
use known::{Known, name, of_kind};

/// The domain's values of a set of documents.
#[derive(Debug, Default)]
pub struct Lowered {
    /// The seasons without a problem.
    pub seasons: Vec<Season>,
    /// The sources without a problem.
    pub sources: Vec<Source>,
    /// The coverages without a problem.
    pub coverages: Vec<Coverage>,
    /// What people want of single dates, per season.
    pub orders: BTreeMap<Key, DateOrders>,
    /// The limits of each namespace at each resolved place; where two of its Warehouses mean the same place, the tighter ones.
    pub limits: BTreeMap<Reader, ReadLimits>,
    /// Who reads what through each Warehouse without a problem.
    pub warehouses: BTreeMap<Key, Reader>,
    /// The CronJobs.
    pub cron_jobs: BTreeMap<Arc<str>, CronJob>,
}

/// Lowers documents that satisfy the whole schema; for the others it only reports further problems. References to objects
/// that do not exist or were refused are problems.
pub fn lower(documents: &[Document], access: &dyn Access, problems: &mut Vec<Problem>) -> Lowered {
    let mut known = Known::new(access);
    warehouse::lower(documents, &mut known, problems);
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
    source::lower(documents, &mut known, problems);
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
    Lowered {
        seasons,
        sources: known.sources.into_values().collect(),
        coverages,
        orders,
        limits: known.limits,
        warehouses: known.warehouses,
        cron_jobs: known.cron_jobs,
    }
}
