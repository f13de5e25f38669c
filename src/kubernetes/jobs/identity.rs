//! The identity of a Job, in one annotation: after `AlreadyExists` the existing Job is compared with it, and a list of Jobs is
//! read from it. It is not proof of anything before the owner of the Job is checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use serde::{Deserialize, Serialize};

use super::{KEY, PREFIX};
use crate::domain::dates::{Date, DateSet};
use crate::domain::ledger::{Launch, job_name};
use crate::domain::policy::Table;
use crate::domain::source::Draw;

/// The largest launch number that fits a Job's name. A larger one was not written by gapless.
const MAX_LAUNCH: u64 = 999_999_999_999;
/// The most dates of one Job (`fill.datesPerJob`).
const MAX_DATES: usize = 366;
/// A table has fewer names.
const MAX_ALIASES: usize = 16;
/// Who may own a Job of gapless.
const OWNERS: [&str; 2] = ["TableCoverage", "PropCoverage"];

/// What identifies a Job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The uid of its coverage.
    pub coverage: Arc<str>,
    /// The launch number, which is in its name.
    pub launch: u64,
    /// The rung that it runs.
    pub rung: Arc<str>,
    /// The dates that it fills.
    pub dates: DateSet,
    /// The rerun tokens that it uses up.
    pub tokens: BTreeMap<Date, Arc<str>>,
    /// The table that it fills.
    pub target: Table,
    pub aliases: Vec<Table>,
    /// What it draws from a Source.
    pub draw: Option<Draw>,
}

/// The format of the annotation.
#[derive(Serialize, Deserialize)]
struct Wire {
    coverage: String,
    launch: u64,
    rung: String,
    dates: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tokens: BTreeMap<String, String>,
    target: WireTable,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<WireTable>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    draws: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WireTable {
    place: String,
    name: String,
}

impl From<&Table> for WireTable {
    fn from(table: &Table) -> Self {
        Self { place: table.place.to_string(), name: table.name.to_string() }
    }
}

impl From<WireTable> for Table {
    fn from(wire: WireTable) -> Self {
        Self { place: wire.place.into(), name: wire.name.into() }
    }
}

impl From<&Launch> for Identity {
    fn from(launch: &Launch) -> Self {
        Self {
            coverage: launch.uid.clone(),
            launch: launch.launch,
            rung: launch.rung.clone(),
            dates: launch.dates.clone(),
            tokens: launch.tokens.clone(),
            target: launch.target.clone(),
            aliases: launch.aliases.clone(),
            draw: launch.draw.clone(),
        }
    }
}

impl Identity {
    /// The text of the annotation.
    pub fn to_text(&self) -> String {
        let wire = Wire {
            coverage: self.coverage.to_string(),
            launch: self.launch,
            rung: self.rung.to_string(),
            dates: self.dates.iter().map(|d| d.to_string()).collect(),
            tokens: self.tokens.iter().map(|(d, token)| (d.to_string(), token.to_string())).collect(),
            target: (&self.target).into(),
            aliases: self.aliases.iter().map(WireTable::from).collect(),
            draws: self.draw.as_ref().map(ToString::to_string),
        };
        serde_json::to_string(&wire).unwrap_or_default()
    }

    /// Reads the annotation; `None` when it is not what [`Self::to_text`] writes.
    pub fn from_text(text: &str) -> Option<Self> {
        let wire: Wire = serde_json::from_str(text).ok()?;
        if wire.launch > MAX_LAUNCH || wire.dates.is_empty() || wire.dates.len() > MAX_DATES {
            return None;
        }
        let token = |(date, token): (String, String)| Some((date.parse().ok()?, token.into()));
        Some(Self {
            coverage: wire.coverage.into(),
            launch: wire.launch,
            rung: wire.rung.into(),
            dates: wire.dates.iter().map(|d| d.parse::<Date>().ok()).collect::<Option<_>>()?,
            tokens: wire.tokens.into_iter().map(token).collect::<Option<_>>()?,
            target: wire.target.into(),
            aliases: wire.aliases.into_iter().take(MAX_ALIASES).map(Table::from).collect(),
            draw: wire.draws.as_deref().and_then(Draw::of_text),
        })
    }

    /// Whether it is the identity of a launch. A Job that an earlier version made does not say what it draws.
    pub fn is_of(&self, launch: &Launch) -> bool {
        let mut own = Self::from(launch);
        own.draw = own.draw.filter(|_| self.draw.is_some());
        *self == own
    }

    /// The identity in an object's annotations.
    pub fn of(meta: &ObjectMeta) -> Option<Self> {
        Self::from_text(meta.annotations.as_ref()?.get(KEY)?)
    }

    /// Whether an object of this name is the Job of that coverage and launch: the name follows from them.
    pub fn is_named(&self, coverage: &str, name: &str) -> bool {
        *job_name(coverage, &self.coverage, self.launch) == *name
    }

    /// Whether the coverage of this identity controls the object.
    ///
    /// Anyone who can create Jobs can write the annotation, and an owner reference too. But the garbage collector deletes a Job
    /// whose owner is not in its namespace, and a name can be taken only once. So per coverage and launch there is at most one
    /// Job of which this is true, and only users of the coverage's namespace can create it.
    pub fn is_owned(&self, meta: &ObjectMeta) -> bool {
        let name = meta.name.as_deref().unwrap_or_default();
        controller(meta).is_some_and(|owner| {
            owner.api_version.starts_with(PREFIX)
                && OWNERS.contains(&owner.kind.as_str())
                && *owner.uid == *self.coverage
                && self.is_named(&owner.name, name)
        })
    }
}

/// The controller of an object.
pub(super) fn controller(meta: &ObjectMeta) -> Option<&OwnerReference> {
    meta.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))
}
