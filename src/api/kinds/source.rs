//! Source: an account at a provider that fillers draw on.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::game_date_status::{is_none_yet, is_zero};
use super::status::conditions;
use crate::api::schema::*;

/// An account at a provider that fillers draw on: its budget, its slots, its health.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "gapless.dev",
    version = "v1alpha1",
    kind = "Source",
    doc = "An account at a provider that fillers draw on: its budget, its slots, its health.",
    namespaced,
    status = "SourceStatus",
    shortname = "src",
    category = "gapless",
    printcolumn = r#"{"name":"Credits","type":"integer","jsonPath":".spec.budget.credits"}"#,
    printcolumn = r#"{"name":"Used","type":"integer","jsonPath":".status.window.used"}"#,
    printcolumn = r#"{"name":"Resets","type":"string","jsonPath":".status.window.end"}"#,
    printcolumn = r#"{"name":"Breaker","type":"string","jsonPath":".status.breaker.state"}"#,
    printcolumn = r#"{"name":"Trial","type":"string","jsonPath":".status.breaker.until"}"#,
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].status"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].reason"}"#,
    printcolumn = r#"{"name":"Message","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].message","priority":1}"#
)]
#[kube(validation = Rule::new(r"self.metadata.name.matches('^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$')").message("name must be at most 52 characters: a letter, then letters, digits or dashes"))]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.requestsPerMinute) || has(self.maxConcurrentJobs)").message("'requestsPerMinute' needs 'maxConcurrentJobs': each Job is told its share"))]
#[x_kube(validation = Rule::new("!has(self.requestsPerMinute) || !has(self.maxConcurrentJobs) || self.requestsPerMinute >= self.maxConcurrentJobs").message("'requestsPerMinute' must be at least 'maxConcurrentJobs': the share of each Job must be at least 1"))]
pub struct SourceSpec {
    /// What its fillers may spend. Default: not limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetSpec>,
    /// The maximum number of live Jobs that draw on it. Default: not limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub max_concurrent_jobs: Option<u32>,
    /// The requests per minute that all its live Jobs may make together. Each Job receives an equal share as
    /// `GAPLESS_REQUESTS_PER_MINUTE`. Default: not limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub requests_per_minute: Option<u32>,
    /// When launches stop because attempts bring nothing, and for how long.
    #[serde(default)]
    pub breaker: BreakerSpec,
    /// Launch no Jobs that draw on it.
    #[serde(default)]
    pub suspend: bool,
}

/// What may be spent in a window.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.reserve != '100%'").message("'reserve' must be less than 100%: history would never be filled"))]
pub struct BudgetSpec {
    /// The credits of each window. What a Job costs is the `cost` of its rung.
    #[schemars(range(min = 1, max = 1_000_000_000_000_i64))]
    pub credits: u64,
    /// How long a window is.
    pub per: PerName,
    /// The time zone in which a window begins at midnight, as an IANA name.
    #[serde(default = "utc")]
    pub time_zone: ZoneText,
    /// The share of the credits that only yesterday and later dates may use.
    #[serde(default = "nothing")]
    pub reserve: ShareText,
}

fn utc() -> ZoneText {
    ZoneText("UTC".into())
}

fn nothing() -> ShareText {
    ShareText("0%".into())
}

/// How long a window is.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PerName {
    /// A day.
    Day,
    /// A month.
    Month,
}

/// When launches stop because attempts bring nothing, and for how long.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BreakerSpec {
    /// The number of different dates in a row whose attempts bring nothing. Exit codes 69, 75 and 77 open the breaker at once.
    #[schemars(range(min = 1, max = 100))]
    pub failures: u32,
    /// How long the breaker is open before the first trial. Each trial that brings nothing doubles the time.
    pub open_for: SpanText,
    /// The longest time before a trial.
    pub max_open_for: SpanText,
}

impl Default for BreakerSpec {
    fn default() -> Self {
        Self { failures: 5, open_for: SpanText("15m".into()), max_open_for: SpanText("6h".into()) }
    }
}

/// The status of a Source.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SourceStatus {
    /// The generation that this status describes; -1 before gapless has processed the object.
    pub observed_generation: i64,
    /// Ready, Reconciling, Stalled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
    /// The last window in which something was spent. Do not edit it: lost credits are spent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowStatus>,
    /// The breaker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker: Option<SourceBreakerStatus>,
}

/// The window of a budget.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowStatus {
    /// When it began.
    #[schemars(length(max = 40))]
    pub start: String,
    /// When it ends.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 40))]
    pub end: String,
    /// The credits that were used.
    #[schemars(extend("format" = "int64"))]
    pub used: u64,
}

/// The breaker of a source.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceBreakerStatus {
    /// Closed: everything may start. Open: nothing. HalfOpen: one trial.
    #[schemars(length(max = 16))]
    pub state: String,
    /// When it opened first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub since: Option<String>,
    /// When one trial may start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub until: Option<String>,
    /// The number of trials in a row that brought nothing.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub trials: u32,
    /// The number of dates in a row that brought nothing, while it is closed.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub failures: u32,
    /// Those dates, by the uid of their coverage: `0f3a… 2025-11-14..2025-11-15`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(max = 4096)), extend("x-kubernetes-list-type" = "atomic"))]
    pub failed: Vec<String>,
    /// When the last attempt was settled that this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub through: Option<String>,
    /// The launch whose attempt opened it last.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(extend("format" = "int64"))]
    pub launch: u64,
    /// The outcome of that attempt.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 32))]
    pub outcome: String,
    /// The filler's termination message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub message: String,
}
