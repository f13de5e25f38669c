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
    /// The generation that this status describes; -1 before gapless has processed the object.
    pub observed_generation: i64,
    /// Ready, Reconciling, Stalled; present only while the spec is invalid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "super::status::conditions")]
    pub conditions: Vec<Condition>,
    /// The number of expected games; absent without a schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub games: Option<u32>,
    /// When the first game starts, if all starts are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub first_start: Option<String>,
    /// When the last game starts, if all starts are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub last_start: Option<String>,
    /// Complete coverages, of those that expect data on this date: `5/6`.
    #[schemars(length(max = 16))]
    pub complete: String,
    /// The number of open coverages.
    pub open: u32,
    /// The number of late coverages.
    pub late: u32,
    /// The worst open coverage, with state and reason: `boxscores Missing/NoRows`; empty if none is open.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 160))]
    pub worst: String,
    /// When gapless found the last open coverage done; absent if the date was never open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub completed_at: Option<String>,
    /// The time from the last start until all coverages were done: `7h12m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 24))]
    pub took: Option<String>,
    /// Each coverage that expects data on this date.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), extend("x-kubernetes-list-type" = "atomic"))]
    pub coverages: Vec<DateCoverage>,
    /// The last eight rerun tokens that were used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "atomic"))]
    pub tokens: Vec<TokenText>,
}

/// One coverage on one date.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DateCoverage {
    /// The coverage's kind.
    pub kind: KindText,
    /// The coverage's name.
    pub name: NameText,
    /// The state.
    #[schemars(length(max = 32))]
    pub state: String,
    /// The reason of the state; empty for Complete.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 64))]
    pub reason: String,
    /// The number of covered units.
    pub covered: u32,
    /// The number of expected units.
    pub expected: u32,
    /// The names of units that are not covered; the first 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(max = 256)), extend("x-kubernetes-list-type" = "atomic"))]
    pub missing: Vec<String>,
    /// Rows that belong to no expected unit: a warning, never a gap.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(extend("format" = "int64"))]
    pub unexpected_rows: u64,
    /// When it entered this state with this reason.
    #[schemars(length(max = 40))]
    pub since: String,
    /// Whether it is late.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// The number of charged attempts.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub attempts: u32,
    /// What happens next, in one sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub message: String,
    /// When gapless checks it next.
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
