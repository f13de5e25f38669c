//! From files to what the engine keeps complete. A bad object stalls only itself; all problems are reported at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::check::{self, Valid};
use super::lower;
use super::manifest::{Document, read};
use crate::domain::policy::{Coverage, DateOrders, Key, ReadLimits, Reader, Season, Stalled};
use crate::domain::words::is_hidden;

/// The namespace of what names none.
pub const NAMESPACE: &str = "default";

/// Problems of one object that its status tells in full.
const IN_FULL: usize = 5;

/// A problem that a person must fix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// `KIND/NAME`; empty for a whole file.
    pub object: String,
    /// The field; empty for a whole object.
    pub field: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Problem {
    /// A problem of a whole file.
    pub fn file(file: &str, line: usize, message: impl Into<String>) -> Self {
        let message = legible(&message.into());
        Self { file: file.into(), line, object: String::new(), field: String::new(), message }
    }

    /// A problem of a field of a document.
    pub fn field(document: &Document, field: &str, message: impl Into<String>) -> Self {
        Self {
            file: document.file.to_string(),
            line: document.line_of(field),
            object: document.object(),
            field: legible(field),
            message: legible(&message.into()),
        }
    }

    /// Without its place: `spec.fill.mode: must …`.
    pub fn sentence(&self) -> String {
        if self.field.is_empty() { self.message.clone() } else { format!("{}: {}", self.field, self.message) }
    }

    /// All problems of an object in one text: the first five in full.
    pub fn together(problems: &[&Self]) -> String {
        let shown: Vec<String> = problems.iter().take(IN_FULL).map(|p| p.sentence()).collect();
        let more = problems.len().saturating_sub(IN_FULL);
        shown.join("; ") + &if more > 0 { format!("; and {more} more") } else { String::new() }
    }
}

/// A text as a terminal may show it: what would steer the terminal, turn the text around or hide in it is written out.
pub(super) fn legible(text: &str) -> String {
    text.chars().map(|c| if is_hidden(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.object.is_empty() {
            write!(f, "{}: ", self.object)?;
        }
        f.write_str(&self.sentence())
    }
}

/// A CronJob whose template Jobs are made from, as far as gapless reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronJob {
    /// Its name.
    pub name: Arc<str>,
    /// The file that contains it: a local Job runs in that file's folder.
    pub file: Arc<str>,
    /// Whether its author allows gapless to run it.
    pub allowed: bool,
    /// Changes when its jobTemplate does.
    pub template: u64,
    /// Its containers.
    pub containers: Vec<Container>,
    /// Seconds between the first and the last signal at its deadline.
    pub grace_seconds: u64,
}

/// A container of a CronJob's template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its command.
    pub command: Vec<String>,
    /// Its arguments.
    pub args: Vec<String>,
    /// The folder in which it runs (`workingDir`); `None`: on one machine that of its manifest.
    pub folder: Option<String>,
    /// Its environment.
    pub env: Vec<(String, String)>,
    /// Names whose values come from elsewhere (`valueFrom`): on one machine they have no source.
    pub env_from_elsewhere: Vec<String>,
    /// Whether all names of something else are its environment too (`envFrom`).
    pub env_from: bool,
}

/// Everything that a set of manifests says.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// In the order of files and lines.
    pub problems: Vec<Problem>,
    /// The seasons without a problem.
    pub seasons: Vec<Season>,
    /// The coverages without a problem.
    pub coverages: Vec<Coverage>,
    /// Coverages with a problem.
    pub stalled: Vec<Stalled>,
    /// What people want of single dates, per season.
    pub orders: BTreeMap<Key, DateOrders>,
    /// The limits of each namespace at each resolved place; where two of its Warehouses mean the same place, the tighter ones.
    pub limits: BTreeMap<Reader, ReadLimits>,
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
        self.coverages.extend(other.coverages);
        self.stalled.extend(other.stalled);
        self.orders.extend(other.orders);
        self.limits.extend(other.limits);
        self.cron_jobs.extend(other.cron_jobs);
        self.documents.extend(other.documents);
        self.valid.extend(other.valid);
    }
}

/// Resolves the folder of a files Warehouse, or says why it may not be read.
pub type Place<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Loads manifests, given as names and contents.
pub fn load(files: &[(String, Vec<u8>)], place: Place<'_>) -> Loaded {
    load_again(files, place, Valid::new())
}

/// Loads manifests, some of which were found valid before. Each namespace is separate, because references do not cross it.
pub fn load_again(files: &[(String, Vec<u8>)], place: Place<'_>, known: Valid) -> Loaded {
    let mut problems = Vec::new();
    let documents: Vec<Document> = files.iter().flat_map(|(name, bytes)| read(name, bytes, &mut problems)).collect();
    let mut loaded = Loaded { problems, ..Loaded::default() };
    for documents in by_namespace(documents).into_values() {
        loaded.take(load_documents(documents, place, known.clone()));
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
pub fn load_documents(documents: Vec<Document>, place: Place<'_>, mut valid: Valid) -> Loaded {
    let mut problems = Vec::new();
    let accepted = check::documents(&documents, &mut valid, &mut problems);
    let mut loaded = lower::lower(&accepted, place, &mut problems);
    problems.sort();
    problems.dedup();
    loaded.stalled = stalled(&documents, &loaded, &problems);
    Loaded { problems, documents, valid, ..loaded }
}

/// Coverages that have a problem, with all of it.
fn stalled(documents: &[Document], loaded: &Loaded, problems: &[Problem]) -> Vec<Stalled> {
    let mut of_object: BTreeMap<&str, Vec<&Problem>> = BTreeMap::new();
    problems.iter().for_each(|p| of_object.entry(&p.object).or_default().push(p));
    let obeyed: BTreeSet<&Key> = loaded.coverages.iter().map(|c| &c.key).collect();
    let mut out = Vec::new();
    for document in documents {
        let text = |pointer: &str| document.value.pointer(pointer).and_then(Value::as_str);
        let (Some(kind), Some(name)) = (text("/kind"), text("/metadata/name")) else { continue };
        let namespace: Arc<str> = text("/metadata/namespace").unwrap_or(NAMESPACE).into();
        let key = |kind: &str, name: &str| Key { namespace: namespace.clone(), kind: kind.into(), name: name.into() };
        let own = key(kind, name);
        if !matches!(kind, "TableCoverage" | "PropCoverage") || obeyed.contains(&own) {
            continue;
        }
        let why = of_object.get(document.object().as_str()).map(|own| Problem::together(own));
        let why = why.unwrap_or_else(|| "it is invalid; run `gapless check`".into());
        let season = text("/spec/season").map(|s| key("Season", s));
        out.push(Stalled { key: own, uid: lower::uid(document), season, why });
    }
    out
}

#[cfg(test)]
mod tests;
