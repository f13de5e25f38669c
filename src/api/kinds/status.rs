//! Status: the controller's. Every list and text is bounded; the ledger is never cut.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::game_date_status::{is_none_yet, is_zero};
use super::{AttemptStatus, LedgerStatus, SettledStatus};
use crate::api::schema::*;

/// The generation of which an object without a status speaks: none that there is.
pub const UNOBSERVED: i64 = -1;

/// The status of a Warehouse.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectStatus {
    /// The generation that this status speaks of; -1 before gapless has looked at it.
    pub observed_generation: i64,
    /// Ready, Reconciling, Stalled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
}

/// The status of a Season.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SeasonStatus {
    /// The generation that this status speaks of; -1 before gapless has looked at it.
    pub observed_generation: i64,
    /// Ready, Reconciling, Stalled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
    /// Today in the season's zone, while it is one of its dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub today: Option<DateText>,
    /// Dates that expect something, of the whole season.
    pub dates: u32,
    /// Games that are expected, on all dates; nothing without a schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub games: Option<u32>,
}

/// The status of a coverage.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CoverageStatus {
    /// The generation that this status speaks of; -1 before gapless has looked at it.
    pub observed_generation: i64,
    /// Ready, Reconciling, Stalled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
    /// The counts.
    pub summary: SummaryStatus,
    /// The first instant at which gapless looks at a date again by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub next: Option<String>,
    /// Every date, by state and reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), extend("x-kubernetes-list-type" = "atomic"))]
    pub states: Vec<StateStatus>,
    /// Attempts that are not settled; part of the ledger.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), extend("x-kubernetes-list-type" = "atomic"))]
    pub attempts: Vec<AttemptStatus>,
    /// What was tried and is not to be read anywhere else. Do not edit: what is lost here is charged again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerStatus>,
    /// The last 20 settled attempts, newest last, and before them the last one of each date that is still open, as far as
    /// there is room; part of the ledger.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 200), extend("x-kubernetes-list-type" = "atomic"))]
    pub recent: Vec<SettledStatus>,
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
    /// The share of dates due by now that are complete.
    #[schemars(length(max = 8))]
    pub coverage: String,
    /// Rows that belong to no expected unit, also on dates that expect nothing: a warning, never a gap.
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(extend("format" = "int64"))]
    pub unexpected_rows: u64,
    /// How many dates have such rows.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub unexpected_dates: u32,
    /// Those dates: `2025-10-21..2025-10-23,2025-11-14`; a text too long ends with `and N more`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub unexpected_on: String,
}

/// The dates of one state and reason.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateStatus {
    /// The state.
    #[schemars(length(max = 32))]
    pub state: String,
    /// Its reason; empty for Complete.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 64))]
    pub reason: String,
    /// What the data says, where the state does not tell it: `Partial/UnitsMissing`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 64))]
    pub verdict: String,
    /// Whether they are late.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// How many dates.
    pub count: u32,
    /// The dates: `2025-10-21..2025-11-03,2025-11-14`; a text too long ends with `and N more`.
    #[schemars(length(max = 65536))]
    pub dates: String,
    /// What happens next with the first of them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub message: String,
}

/// Conditions with the bounds that Kubernetes gives them, a message at most 1 KiB.
pub(super) fn conditions(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 8,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "items": {
            "type": "object",
            "description": "One aspect of the object.",
            "required": ["type", "status", "reason", "message", "lastTransitionTime"],
            "properties": {
                "type": {
                    "description": "Ready, Reconciling or Stalled.",
                    "type": "string", "maxLength": 32, "pattern": "^[A-Z][A-Za-z]*$"
                },
                "status": {
                    "description": "True, False or Unknown.",
                    "type": "string", "enum": ["True", "False", "Unknown"]
                },
                "observedGeneration": {
                    "description": "The generation that this condition speaks of.",
                    "type": "integer", "format": "int64", "minimum": 0
                },
                "lastTransitionTime": {
                    "description": "When the status changed its value.",
                    "type": "string", "format": "date-time", "maxLength": 40
                },
                "reason": {
                    "description": "Why, as one word; docs/conditions.md explains each.",
                    "type": "string", "maxLength": 64, "pattern": "^[A-Z][A-Za-z]*$"
                },
                "message": {
                    "description": "Why, as one sentence.",
                    "type": "string", "maxLength": 1024
                }
            }
        }
    })
}
