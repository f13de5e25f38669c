//! Status: the controller's. Every list and text is bounded; the ledger is never cut.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::game_date_status::{is_none_yet, is_zero};
use super::{AttemptStatus, LedgerStatus, SettledStatus};
use crate::api::schema::*;

/// The generation in the status of an object that was not processed yet: no object has it.
pub const UNOBSERVED: i64 = -1;

/// The status of a Warehouse.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectStatus {
    /// The generation that this status describes; -1 before gapless has processed the object.
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
    /// The generation that this status describes; -1 before gapless has processed the object.
    pub observed_generation: i64,
    /// Ready, Reconciling, Stalled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
    /// Today's date in the season's time zone, if it is one of the season's dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub today: Option<DateText>,
    /// The number of dates of the season that expect data.
    pub dates: u32,
    /// The number of expected games on all dates; absent without a schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub games: Option<u32>,
}

/// The status of a coverage.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CoverageStatus {
    /// The generation that this status describes; -1 before gapless has processed the object.
    pub observed_generation: i64,
    /// Ready, Reconciling, Stalled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
    /// The counts.
    pub summary: SummaryStatus,
    /// When gapless next checks one of the dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub next: Option<String>,
    /// All dates, by state and reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), extend("x-kubernetes-list-type" = "atomic"))]
    pub states: Vec<StateStatus>,
    /// The attempts that are not settled; part of the ledger.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), extend("x-kubernetes-list-type" = "atomic"))]
    pub attempts: Vec<AttemptStatus>,
    /// The history of attempts, which is stored nowhere else. Do not edit it: lost entries cause repeated attempts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerStatus>,
    /// The last 20 settled attempts, newest last. Before them, as far as there is room, the last attempt of each date that is
    /// still open. Part of the ledger.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 200), extend("x-kubernetes-list-type" = "atomic"))]
    pub recent: Vec<SettledStatus>,
}

/// The counts of a coverage.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SummaryStatus {
    /// Dates that expect data.
    pub expected: u32,
    /// Complete dates.
    pub complete: u32,
    /// Open dates.
    pub open: u32,
    /// Late dates.
    pub late: u32,
    /// Dates with a live Job.
    pub running: u32,
    /// Dates with no attempts left.
    pub exhausted: u32,
    /// The share of complete dates among those due by now.
    #[schemars(length(max = 8))]
    pub coverage: String,
    /// Rows that belong to no expected unit, including those on dates that expect no data: a warning, never a gap.
    #[serde(skip_serializing_if = "is_zero")]
    #[schemars(extend("format" = "int64"))]
    pub unexpected_rows: u64,
    /// The number of dates with such rows.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub unexpected_dates: u32,
    /// The dates with such rows: `2025-10-21..2025-10-23,2025-11-14`; if too long, it ends with `and N more`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub unexpected_on: String,
}

/// The dates with one state and reason.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateStatus {
    /// The state.
    #[schemars(length(max = 32))]
    pub state: String,
    /// The reason of the state; empty for Complete.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 64))]
    pub reason: String,
    /// The verdict, if it does not follow from the state: `Partial/UnitsMissing`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 64))]
    pub verdict: String,
    /// Whether the dates are late.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// The number of dates.
    pub count: u32,
    /// The dates: `2025-10-21..2025-11-03,2025-11-14`; if too long, it ends with `and N more`.
    #[schemars(length(max = 65536))]
    pub dates: String,
    /// What happens next with the first of these dates.
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
                    "description": "The generation that this condition describes.",
                    "type": "integer", "format": "int64", "minimum": 0
                },
                "lastTransitionTime": {
                    "description": "When the value of `status` last changed.",
                    "type": "string", "format": "date-time", "maxLength": 40
                },
                "reason": {
                    "description": "The reason, as one word; docs/conditions.md explains each.",
                    "type": "string", "maxLength": 64, "pattern": "^[A-Z][A-Za-z]*$"
                },
                "message": {
                    "description": "The reason, as a sentence.",
                    "type": "string", "maxLength": 1024
                }
            }
        }
    })
}
