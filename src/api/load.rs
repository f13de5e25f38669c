//! From files to what the engine keeps complete. A bad object stalls only itself; all problems are reported at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::access::Access;
use super::check::{self, Valid};
use super::lower::{self, Lowered};
use super::manifest::{Document, NAMESPACE, read};
use super::problem::Problem;
use super::template::CronJob;
use crate::domain::policy::{Coverage, DateOrders, Key, ReadLimits, Reader, Season, Source, Stalled};

/// Everything that a set of manifests says.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// In the order of files and lines.
    pub problems: Vec<Problem>,
    /// The seasons without a problem.
    pub seasons: Vec<Season>,
    /// The sources without a problem.
    pub sources: Vec<Source>,
    /// The coverages without a problem.
    pub coverages: Vec<Coverage>,
    /// Coverages with a problem.
    pub stalled: Vec<Stalled>,
    /// What people want of single dates, per season.
    pub orders: BTreeMap<Key, DateOrders>,
    /// The limits of each namespace at each resolved place; where two of its Warehouses mean the same place, the tighter ones.
    pub limits: BTreeMap<Reader, ReadLimits>,
    /// Who reads what through each Warehouse without a problem.
    pub warehouses: BTreeMap<Key, Reader>,
    /// The CronJobs.
    pub cron_jobs: BTreeMap<Arc<str>, CronJob>,
    /// Every document that was read.
    pub documents: Vec<Document>,
    /// Those of them that were found valid: the next load need not check them again.
    pub valid: Valid,
}

impl Loaded {
    /// Adds what another namespace says.
    fn take(&mut self, other: Self) {
        self.problems.extend(other.problems);
        self.seasons.extend(other.seasons);
        self.sources.extend(other.sources);
        self.coverages.extend(other.coverages);
        self.stalled.extend(other.stalled);
        self.orders.extend(other.orders);
        self.limits.extend(other.limits);
        self.warehouses.extend(other.warehouses);
        self.cron_jobs.extend(other.cron_jobs);
        self.documents.extend(other.documents);
        self.valid.extend(other.valid);
    }
}

/// Loads manifests, given as names and contents.
pub fn load(files: &[(String, Vec<u8>)], access: &dyn Access) -> Loaded {
    load_again(files, access, Valid::new())
}

/// Loads manifests, some of which were found valid before. Each namespace is separate, because references do not cross it.
pub fn load_again(files: &[(String, Vec<u8>)], access: &dyn Access, known: Valid) -> Loaded {
    let mut problems = Vec::new();
    let documents: Vec<Document> = files.iter().flat_map(|(name, bytes)| read(name, bytes, &mut problems)).collect();
    let mut loaded = Loaded { problems, ..Loaded::default() };
    for documents in by_namespace(documents).into_values() {
        loaded.take(load_documents(documents, access, known.clone()));
    }
    loaded.problems.sort();
    loaded
}

/// Where people name one namespace, what names none goes there too, as `kubectl apply -n` has it.
fn by_namespace(documents: Vec<Document>) -> BTreeMap<String, Vec<Document>> {
    let mut out: BTreeMap<String, Vec<Document>> = BTreeMap::new();
    let mut nameless = Vec::new();
    for document in documents {
        match document.value.pointer("/metadata/namespace").and_then(Value::as_str) {
            Some(namespace) => out.entry(namespace.into()).or_default().push(document),
            None => nameless.push(document),
        }
    }
    let only = if out.len() == 1 { out.keys().next().cloned() } else { None };
    for document in &mut nameless {
        if let (Some(only), Some(metadata)) =
            (&only, document.value.pointer_mut("/metadata").and_then(Value::as_object_mut))
        {
            metadata.insert("namespace".into(), only.as_str().into());
        }
    }
    out.entry(only.unwrap_or_else(|| NAMESPACE.into())).or_default().extend(nameless);
    out
}

/// Loads the objects of one namespace, some of which may be known to be valid.
pub fn load_documents(documents: Vec<Document>, access: &dyn Access, mut valid: Valid) -> Loaded {
    let mut problems = Vec::new();
    let accepted = check::documents(&documents, &mut valid, &mut problems);
    let lowered = lower::lower(&accepted, access, &mut problems);
    problems.sort();
    problems.dedup();
    let stalled = stalled(&documents, &lowered.coverages, &problems);
    let Lowered { seasons, sources, coverages, orders, limits, warehouses, cron_jobs } = lowered;
    Loaded { problems, seasons, sources, coverages, stalled, orders, limits, warehouses, cron_jobs, documents, valid }
}

/// Coverages that have a problem, with all of it.
fn stalled(documents: &[Document], coverages: &[Coverage], problems: &[Problem]) -> Vec<Stalled> {
    let mut of_object: BTreeMap<&str, Vec<&Problem>> = BTreeMap::new();
    problems.iter().for_each(|p| of_object.entry(&p.object).or_default().push(p));
    let accepted: BTreeSet<&Key> = coverages.iter().map(|c| &c.key).collect();
    let mut out = Vec::new();
    for document in documents {
        let text = |pointer: &str| document.value.pointer(pointer).and_then(Value::as_str);
        let (Some(kind), Some(name)) = (text("/kind"), text("/metadata/name")) else { continue };
        let namespace: Arc<str> = text("/metadata/namespace").unwrap_or(NAMESPACE).into();
        let key = |kind: &str, name: &str| Key { namespace: namespace.clone(), kind: kind.into(), name: name.into() };
        let own = key(kind, name);
        if !matches!(kind, "TableCoverage" | "PropCoverage") || accepted.contains(&own) {
            continue;
        }
        let why = of_object.get(document.object().as_str()).map(|own| Problem::together(own));
        let why = why.unwrap_or_else(|| "it is invalid; run `gapless check`".into());
        let season = text("/spec/season").map(|s| key("Season", s));
        out.push(Stalled { key: own, uid: lower::known::uid(document), season, why });
    }
    out
}

#[cfg(test)]
mod tests;
