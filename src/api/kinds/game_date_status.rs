//! The row of the grid: one date across all coverages of its season.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::*;

/// The status of a GameDate.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GameDateStatus {
    /// The generation that this status speaks of; -1 before gapless has looked at it.
    pub observed_generation: i64,
    /// Ready, Reconciling, Stalled: only while something in the spec cannot be obeyed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "super::status::conditions")]
    pub conditions: Vec<Condition>,
    /// Games expected; nothing without a schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub games: Option<u32>,
    /// When the first one starts, where every start is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub first_start: Option<String>,
    /// When the last one starts, where every start is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub last_start: Option<String>,
    /// Complete coverages of those that expect something: `5/6`.
    #[schemars(length(max = 16))]
    pub complete: String,
    /// Coverages of it that are open.
    pub open: u32,
    /// Coverages of it that are late.
    pub late: u32,
    /// The worst of its coverages and what is the matter with it: `boxscores Missing/NoRows`; empty when none is open.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 160))]
    pub worst: String,
    /// When the last open coverage was seen to be done; absent for a date that was never seen open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub completed_at: Option<String>,
    /// How long after its last start it was done: `7h12m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 24))]
    pub took: Option<String>,
    /// Each coverage that expects something on the date.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), extend("x-kubernetes-list-type" = "atomic"))]
    pub coverages: Vec<DateCoverage>,
    /// Rerun tokens that were spent; the last eight.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "atomic"))]
    pub tokens: Vec<TokenText>,
}

/// One coverage on one date.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DateCoverage {
    /// Its kind.
    pub kind: KindText,
    /// Its name.
    pub name: NameText,
    /// The state.
    #[schemars(length(max = 32))]
    pub state: String,
    /// Its reason; empty for Complete.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 64))]
    pub reason: String,
    /// Units that are covered.
    pub covered: u32,
    /// Units that are expected.
    pub expected: u32,
    /// Units that are not covered, by name; the first 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(max = 256)), extend("x-kubernetes-list-type" = "atomic"))]
    pub missing: Vec<String>,
    /// Rows that belong to no expected unit: a warning, never a gap.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(extend("format" = "int64"))]
    pub unexpected_rows: u64,
    /// Since when it is in this state, for this reason.
    #[schemars(length(max = 40))]
    pub since: String,
    /// Whether it is late.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// Charged attempts.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub attempts: u32,
    /// What happens next, as one sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub message: String,
    /// When gapless looks at it next by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub next: Option<String>,
}

pub(super) fn is_zero(count: &u64) -> bool {
    *count == 0
}

pub(super) fn is_none_yet(count: &u32) -> bool {
    *count == 0
}
