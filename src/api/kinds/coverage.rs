//! What both kinds of coverage share: filters, units, moments, filling, waivers.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::*;

/// A condition on one column. NULL satisfies only `isNull`.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.equals), has(self.notEquals), has(self.__in__), has(self.notIn), has(self.startsWith), has(self.isNull), has(self.lessThan), has(self.atLeast)].filter(x, x).size() == 1").message("must have exactly one of 'equals', 'notEquals', 'in', 'notIn', 'startsWith', 'isNull', 'lessThan', 'atLeast'"))]
pub struct Filter {
    /// The column.
    pub column: ColumnText,
    /// The same value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<IntOrText>,
    /// Another value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_equals: Option<IntOrText>,
    /// One of these.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub any_of: Option<Vec<IntOrText>>,
    /// None of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub not_in: Option<Vec<IntOrText>>,
    /// A text that begins with one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub starts_with: Option<Vec<ValueText>>,
    /// NULL; with false: anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_null: Option<bool>,
    /// Smaller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub less_than: Option<IntOrText>,
    /// The same or larger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<IntOrText>,
}

/// How a TIMESTAMP column names a date.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DateAs {
    /// The date of the instant in the season's zone.
    Instant,
    /// The UTC calendar date: what data frames write for dates.
    Date,
}

/// What a unit of the table is: exactly one form.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.split), has(self.columns), has(self.eachOf), has(self.whole)].filter(x, x).size() == 1").message("must have exactly one of 'split', 'columns', 'eachOf', 'whole'"))]
#[x_kube(validation = Rule::new("!has(self.anyOrder) || has(self.columns)").message("'anyOrder' needs 'columns'"))]
pub struct UnitSpec {
    /// Parts of one column: `20260115_ATL_POR` with `_` and parts 2, 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitSpec>,
    /// Columns that hold the season's unit values, by position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 8), extend("x-kubernetes-list-type" = "set"))]
    pub columns: Option<Vec<ColumnText>>,
    /// The columns hold the values in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any_order: Option<bool>,
    /// A column that holds one value of a unit: every value of the season's unit columns is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each_of: Option<ColumnText>,
    /// The date itself is the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<Whole>,
}

/// The date itself.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whole {
    /// The date itself.
    Date,
}

/// Parts of one column.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitSpec {
    /// The column.
    pub column: ColumnText,
    /// What stands between the parts.
    pub separator: SeparatorText,
    /// Which parts, counted from 1, in the season's order.
    #[schemars(length(min = 1, max = 8), inner(range(min = 1, max = 64)), extend("x-kubernetes-list-type" = "set"))]
    pub parts: Vec<u8>,
}

/// A fixed point of a date.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnchorName {
    /// Local midnight at which the date begins.
    DateStart,
    /// When the first unit starts; DateEnd where a start is unknown.
    FirstStart,
    /// When the last unit starts; DateEnd where a start is unknown.
    LastStart,
    /// The next local midnight.
    DateEnd,
}

/// An instant told from a date.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MomentSpec {
    /// The fixed point.
    pub after: AnchorName,
    /// How much later; negative: earlier.
    #[serde(default = "zero")]
    pub offset: SpanText,
}

fn zero() -> SpanText {
    SpanText("0s".into())
}

/// Narrows the season's dates.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NarrowDates {
    /// The first date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<DateText>,
    /// The last date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<DateText>,
}

/// How gaps are filled.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FillSpec {
    /// Report only, or launch.
    pub mode: FillMode,
    /// The ways to fill a date, in the order in which they are tried. One rung for now.
    #[schemars(length(max = 1), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub ladder: Vec<RungSpec>,
    /// Dates that one Job takes.
    #[schemars(range(min = 1, max = 366))]
    pub dates_per_job: u32,
    /// Live Jobs of this coverage; `suspend: true` stops them.
    #[schemars(range(min = 0, max = 100))]
    pub max_concurrent_jobs: u32,
    /// In which order dates are filled.
    pub order: FillOrderName,
    /// How long a Job may run.
    pub deadline: SpanText,
    /// From a Job's end to the read that decides its outcome. `gapless local` and the other verbs with `-f` take 2s where it is
    /// left out: what a Job of the same machine wrote is there at once.
    pub settle: SpanText,
}

impl Default for FillSpec {
    fn default() -> Self {
        Self {
            mode: FillMode::Observe,
            ladder: Vec::new(),
            dates_per_job: 1,
            max_concurrent_jobs: 3,
            order: FillOrderName::NewestFirst,
            deadline: SpanText("2h".into()),
            settle: SpanText("5m".into()),
        }
    }
}

/// Report only, or launch.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FillMode {
    /// Report only.
    Observe,
    /// Launch.
    Fill,
}

/// In which order dates are filled.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FillOrderName {
    /// The newest date first.
    NewestFirst,
    /// The oldest date first.
    OldestFirst,
    /// A date starts only when every expected date before it is done.
    Sequential,
}

/// One way to fill a date.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RungSpec {
    /// Its name.
    pub name: NameText,
    /// What the Job is made from.
    pub job_from: JobFrom,
    /// What it can mend. A cell broken only by Duplicated, Excess or ShareExceeded is launched only where that is listed.
    #[serde(default = "default_repairs")]
    #[schemars(length(min = 1, max = 7), extend("x-kubernetes-list-type" = "set"))]
    pub repairs: Vec<RepairName>,
    /// How often it is tried.
    #[serde(default)]
    pub attempts: AttemptsSpec,
}

/// What a rung can mend.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the verdict's reasons")]
pub enum RepairName {
    NoRows,
    UnitsMissing,
    ValuesMissing,
    NotFresh,
    Duplicated,
    Excess,
    ShareExceeded,
}

fn default_repairs() -> Vec<RepairName> {
    vec![RepairName::NoRows, RepairName::UnitsMissing, RepairName::ValuesMissing, RepairName::NotFresh]
}

/// What a Job is made from.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobFrom {
    /// A CronJob of the same namespace with the annotation `gapless.dev/fill: allowed`; it may be suspended.
    pub cron_job: CronJobText,
    /// The container that fills; empty: the only one.
    #[serde(default)]
    #[schemars(length(max = 63), regex(pattern = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$"))]
    pub container: String,
}

/// How often a rung is tried.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttemptsSpec {
    /// Charged failures before it is used up for a date.
    #[schemars(range(min = 1, max = 20))]
    pub max: u8,
    /// The wait after a failure.
    pub backoff: BackoffSpec,
}

impl Default for AttemptsSpec {
    fn default() -> Self {
        Self { max: 5, backoff: BackoffSpec::default() }
    }
}

/// The wait after a failure: doubled each time.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackoffSpec {
    /// The first wait.
    pub initial: SpanText,
    /// The longest wait.
    pub max: SpanText,
}

impl Default for BackoffSpec {
    fn default() -> Self {
        Self { initial: SpanText("5m".into()), max: SpanText("12h".into()) }
    }
}

/// Dates that a person has given up.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("self.from <= self.through").message("'through' must be on or after 'from'"))]
pub struct WaiverSpec {
    /// The first date.
    pub from: DateText,
    /// The last date.
    pub through: DateText,
    /// Why; required.
    pub reason: ReasonText,
    /// The last date on which it holds; without it: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<DateText>,
}
