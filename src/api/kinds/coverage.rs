//! Types of both kinds of coverage: filters, units, moments, filling, waivers.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::*;

/// A condition on one column. NULL matches only `isNull`.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.equals), has(self.notEquals), has(self.__in__), has(self.notIn), has(self.startsWith), has(self.isNull), has(self.lessThan), has(self.atLeast)].filter(x, x).size() == 1").message("must have exactly one of 'equals', 'notEquals', 'in', 'notIn', 'startsWith', 'isNull', 'lessThan', 'atLeast'"))]
pub struct Filter {
    /// The column.
    pub column: ColumnText,
    /// The value is equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<IntOrText>,
    /// The value is different.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_equals: Option<IntOrText>,
    /// The value is one of these.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub any_of: Option<Vec<IntOrText>>,
    /// The value is none of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub not_in: Option<Vec<IntOrText>>,
    /// The text begins with one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub starts_with: Option<Vec<ValueText>>,
    /// True: the value is NULL; false: it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_null: Option<bool>,
    /// The value is less than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub less_than: Option<IntOrText>,
    /// The value is greater than or equal to this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<IntOrText>,
}

/// How a TIMESTAMP column maps to a date.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DateAs {
    /// The date of the timestamp in the season's time zone.
    Instant,
    /// The UTC calendar date, as data frames write dates.
    Date,
}

/// How the table identifies a unit: exactly one form.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.split), has(self.columns), has(self.eachOf), has(self.whole)].filter(x, x).size() == 1").message("must have exactly one of 'split', 'columns', 'eachOf', 'whole'"))]
#[x_kube(validation = Rule::new("!has(self.anyOrder) || has(self.columns)").message("'anyOrder' needs 'columns'"))]
pub struct UnitSpec {
    /// Parts of one column: `20260115_ATL_POR` with `_` and parts 2, 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitSpec>,
    /// Columns that contain the season's unit values, by position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 8), extend("x-kubernetes-list-type" = "set"))]
    pub columns: Option<Vec<ColumnText>>,
    /// The columns may contain the values in any order. On a SQL warehouse there must be two columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any_order: Option<bool>,
    /// A column that contains one value of a unit: every value of the season's unit columns is expected.
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
    /// The separator between the parts.
    pub separator: SeparatorText,
    /// The numbers of the parts, from 1, in the season's order.
    #[schemars(length(min = 1, max = 8), inner(range(min = 1, max = 64)), extend("x-kubernetes-list-type" = "set"))]
    pub parts: Vec<u8>,
}

/// A reference time of a date.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnchorName {
    /// Local midnight at the start of the date.
    DateStart,
    /// When the first unit starts; DateEnd if a start is unknown.
    FirstStart,
    /// When the last unit starts; DateEnd if a start is unknown.
    LastStart,
    /// The next local midnight.
    DateEnd,
}

/// A time relative to a date.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MomentSpec {
    /// The reference time.
    pub after: AnchorName,
    /// The offset from it; negative: earlier.
    #[serde(default = "zero")]
    pub offset: SpanText,
}

fn zero() -> SpanText {
    SpanText("0s".into())
}

/// Restricts the coverage to some of the season's dates.
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
    /// Whether to launch Jobs or only report.
    pub mode: FillMode,
    /// The ways to fill a date, in the order in which they are tried: the next one is tried for dates that the one before has used
    /// up, does not deliver, or is passed over for because its breaker is open.
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub ladder: Vec<RungSpec>,
    /// The maximum number of dates per Job.
    #[schemars(range(min = 1, max = 366))]
    pub dates_per_job: u32,
    /// The maximum number of live Jobs of this coverage. To launch none, use `suspend: true`.
    #[schemars(range(min = 0, max = 100))]
    pub max_concurrent_jobs: u32,
    /// The order in which dates are filled.
    pub order: FillOrderName,
    /// The maximum run time of a Job.
    pub deadline: SpanText,
    /// The time from a Job's end to the read that decides its outcome. If omitted, `gapless local` and the other verbs with `-f`
    /// use 2s, because the output of a Job on the same machine is visible at once.
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

/// Whether to launch Jobs or only report.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FillMode {
    /// Only report gaps.
    Observe,
    /// Launch Jobs to fill gaps.
    Fill,
}

/// The order in which dates are filled.
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
    /// The rung's name.
    pub name: NameText,
    /// The source of the Job.
    pub job_from: JobFrom,
    /// The problems that it repairs. A date whose only problem is Duplicated, Excess or ShareExceeded is launched only if that is
    /// listed.
    #[serde(default = "default_repairs")]
    #[schemars(length(min = 1, max = 7), extend("x-kubernetes-list-type" = "set"))]
    pub repairs: Vec<RepairName>,
    /// How often the rung is tried.
    #[serde(default)]
    pub attempts: AttemptsSpec,
    /// The dates that the rung can still deliver. Default: every date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivers: Option<DeliversSpec>,
    /// The Source that its Jobs draw on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<NameText>,
    /// What a date costs. Required if the Source has a budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostSpec>,
}

/// What a date costs, in the credits of the rung's Source.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CostSpec {
    /// For each date.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000_000_i64))]
    pub per_date: Option<u64>,
    /// For each missing unit of a date; for each expected unit if none is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000_000_i64))]
    pub per_unit: Option<u64>,
}

/// The dates that a rung can deliver. All of the given limits apply.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeliversSpec {
    /// The first date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateText>,
    /// For how long after its end a date is delivered: `90d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<SpanText>,
    /// UnitStart: a unit is delivered only until it starts. If a start is unknown, until the end of the date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<UntilName>,
}

/// Until when a rung delivers a unit.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UntilName {
    /// Until the unit starts.
    UnitStart,
}

/// A problem that a rung can repair.
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

/// The source of a Job.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobFrom {
    /// A CronJob in the same namespace with the annotation `gapless.dev/fill: allowed`. It may be suspended.
    pub cron_job: CronJobText,
    /// The name of the filler's container; empty: the only container.
    #[serde(default)]
    #[schemars(length(max = 63), regex(pattern = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$"))]
    pub container: String,
}

/// How often a rung is tried.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttemptsSpec {
    /// The number of charged failures after which the rung is used up for a date.
    #[schemars(range(min = 1, max = 20))]
    pub max: u8,
    /// The wait after a failed attempt.
    pub backoff: BackoffSpec,
}

impl Default for AttemptsSpec {
    fn default() -> Self {
        Self { max: 5, backoff: BackoffSpec::default() }
    }
}

/// The wait after a failed attempt. It doubles each time.
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

/// A range of dates that is waived: gapless neither fills it nor reports it as open.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("self.from <= self.through").message("'through' must be on or after 'from'"))]
pub struct WaiverSpec {
    /// The first date.
    pub from: DateText,
    /// The last date.
    pub through: DateText,
    /// The reason for the waiver.
    pub reason: ReasonText,
    /// The last date on which the waiver applies. Default: no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<DateText>,
}
