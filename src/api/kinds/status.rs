//! Status: the controller's. Every list is bounded; the ledger is never cut.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::*;

/// The status of a Warehouse or a Season.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectStatus {
    /// The generation that this status speaks of.
    pub observed_generation: i64,
    /// Ready, Reconciling, Stalled.
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// The status of a coverage.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CoverageStatus {
    /// The generation that this status speaks of.
    pub observed_generation: i64,
    /// Ready, Reconciling, Stalled.
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// The counts.
    pub summary: SummaryStatus,
    /// When something happens next, as an instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub next: Option<String>,
    /// Runs of dates per state and reason.
    #[schemars(length(max = 2000))]
    pub states: Vec<StateStatus>,
}

/// The counts of a coverage.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SummaryStatus {
    /// Dates that expect something.
    pub expected: u32,
    /// Complete dates.
    pub complete: u32,
    /// Open dates.
    pub open: u32,
    /// Late dates.
    pub late: u32,
    /// Dates with a live Job.
    pub running: u32,
    /// Dates without an attempt left.
    pub exhausted: u32,
    /// The share of expected dates that are complete.
    #[schemars(length(max = 8))]
    pub coverage: String,
}

/// A run of dates in one state.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateStatus {
    /// The state.
    #[schemars(length(max = 32))]
    pub state: String,
    /// Its reason.
    #[schemars(length(max = 64))]
    pub reason: String,
    /// The dates: `2025-10-21..2025-11-03`, joined by commas.
    #[schemars(length(max = 65536))]
    pub dates: String,
}

/// The status of a GameDate.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GameDateStatus {
    /// Games expected.
    pub games: u32,
    /// Coverages of it that are open.
    pub open: u32,
    /// Complete coverages of those expected: `5/6`.
    #[schemars(length(max = 16))]
    pub complete: String,
    /// Rerun tokens that were spent; the last eight.
    #[schemars(length(max = 8))]
    pub tokens: Vec<TokenText>,
}
