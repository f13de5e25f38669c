//! From files to what the engine keeps complete. A bad object stalls only itself; every problem is told at once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::check::{self, Valid};
use super::lower;
use super::manifest::{Document, read};
use crate::domain::policy::{Coverage, DateOrders, Key, ReadLimits, Season};

/// Something that a person must mend.
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
        Self { file: file.into(), line, object: String::new(), field: String::new(), message: message.into() }
    }

    /// A problem of a field of a document.
    pub fn field(document: &Document, field: &str, message: impl Into<String>) -> Self {
        Self {
            file: document.file.to_string(),
            line: document.line_of(field),
            object: document.object(),
            field: field.into(),
            message: message.into(),
        }
    }

    /// Without its place: `spec.fill.mode: must …`.
    pub fn sentence(&self) -> String {
        if self.field.is_empty() { self.message.clone() } else { format!("{}: {}", self.field, self.message) }
    }
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

/// A CronJob whose template Jobs are made from, as far as gapless looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronJob {
    /// Its name.
    pub name: Arc<str>,
    /// The file that it stands in: its folder is where a local Job runs.
    pub file: Arc<str>,
    /// Whether its author allows gapless to run it.
    pub allowed: bool,
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
    /// Its environment.
    pub env: Vec<(String, String)>,
    /// Names whose values come from elsewhere (`valueFrom`): there is no elsewhere on one machine.
    pub env_from_elsewhere: Vec<String>,
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
    /// Coverages with a problem: their season where known, and why.
    pub stalled: Vec<(Key, Option<Key>, String)>,
    /// What people want of single dates, per season.
    pub orders: BTreeMap<Key, DateOrders>,
    /// The limits of each resolved place; where two Warehouses mean the same place, the tighter ones.
    pub limits: BTreeMap<Arc<str>, ReadLimits>,
    /// The CronJobs.
    pub cron_jobs: BTreeMap<Arc<str>, CronJob>,
    /// Every document that was read.
    pub documents: Vec<Document>,
    /// Those of them that were found valid: the next load need not check them again.
    pub valid: Valid,
}

/// Resolves the folder of a files Warehouse, or says why it may not be read.
pub type Place<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Loads manifests, given as names and texts.
pub fn load(files: &[(String, String)], place: Place<'_>) -> Loaded {
    load_again(files, place, Valid::new())
}

/// Loads manifests of which some were found valid before.
pub fn load_again(files: &[(String, String)], place: Place<'_>, known: Valid) -> Loaded {
    let mut problems = Vec::new();
    let documents: Vec<Document> = files.iter().flat_map(|(name, text)| read(name, text, &mut problems)).collect();
    load_documents(documents, problems, place, known)
}

/// Loads the objects of one namespace, some of which may be known to be valid.
pub fn load_documents(
    documents: Vec<Document>,
    mut problems: Vec<Problem>,
    place: Place<'_>,
    mut valid: Valid,
) -> Loaded {
    let accepted = check::documents(&documents, &mut valid, &mut problems);
    let mut loaded = lower::lower(&accepted, place, &mut problems);
    problems.sort();
    problems.dedup();
    loaded.stalled = stalled(&documents, &loaded, &problems);
    Loaded { problems, documents, valid, ..loaded }
}

/// Coverages that have a problem, each with its first sentence and how many more there are.
fn stalled(documents: &[Document], loaded: &Loaded, problems: &[Problem]) -> Vec<(Key, Option<Key>, String)> {
    let mut out = Vec::new();
    for document in documents {
        let text = |pointer: &str| document.value.pointer(pointer).and_then(serde_json::Value::as_str);
        let (Some(kind), Some(name)) = (text("/kind"), text("/metadata/name")) else { continue };
        let namespace: Arc<str> = text("/metadata/namespace").unwrap_or("default").into();
        let key = |kind: &str, name: &str| Key { namespace: namespace.clone(), kind: kind.into(), name: name.into() };
        let coverage = matches!(kind, "TableCoverage" | "PropCoverage");
        if !coverage || loaded.coverages.iter().any(|c| *c.key.kind == *kind && *c.key.name == *name) {
            continue;
        }
        let own: Vec<String> =
            problems.iter().filter(|p| p.object == document.object()).map(Problem::sentence).collect();
        let more = if own.len() > 1 { format!(" (and {} more)", own.len() - 1) } else { String::new() };
        let why =
            own.first().map_or_else(|| "it is refused; run `gapless check`".into(), |first| format!("{first}{more}"));
        out.push((key(kind, name), text("/spec/season").map(|s| key("Season", s)), why));
    }
    out
}
