//! TableCoverage: one table over a range of dates, with the definition of complete and how to fill gaps.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;
use crate::api::schema::*;

/// One table over a range of dates, with the definition of complete and how to fill gaps.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "gapless.dev",
    version = "v1alpha1",
    kind = "TableCoverage",
    doc = "One table over a range of dates, with the definition of complete and how to fill gaps.",
    namespaced,
    status = "CoverageStatus",
    shortname = "tc",
    category = "gapless",
    printcolumn = r#"{"name":"Expected","type":"integer","jsonPath":".status.summary.expected"}"#,
    printcolumn = r#"{"name":"Complete","type":"integer","jsonPath":".status.summary.complete"}"#,
    printcolumn = r#"{"name":"Open","type":"integer","jsonPath":".status.summary.open"}"#,
    printcolumn = r#"{"name":"Late","type":"integer","jsonPath":".status.summary.late"}"#,
    printcolumn = r#"{"name":"Running","type":"integer","jsonPath":".status.summary.running"}"#,
    printcolumn = r#"{"name":"Exhausted","type":"integer","jsonPath":".status.summary.exhausted"}"#,
    printcolumn = r#"{"name":"Coverage","type":"string","jsonPath":".status.summary.coverage"}"#,
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].status"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].reason"}"#,
    printcolumn = r#"{"name":"Next","type":"string","jsonPath":".status.next"}"#,
    printcolumn = r#"{"name":"Season","type":"string","jsonPath":".spec.season","priority":1}"#,
    printcolumn = r#"{"name":"Message","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].message","priority":1}"#
)]
#[kube(validation = Rule::new(r"self.metadata.name.matches('^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$')").message("name must be at most 52 characters: a letter, then letters, digits or dashes"))]
#[serde(rename_all = "camelCase")]
pub struct TableCoverageSpec {
    /// The Season whose dates and units are expected.
    #[x_kube(validation = Rule::new("self == oldSelf").message("is immutable; create a new TableCoverage"))]
    pub season: NameText,
    /// Restricts the coverage to some of the season's dates.
    #[serde(default)]
    #[x_kube(validation = Rule::new(r#"!has(self.from) || !has(self.through) || self.from <= self.through"#).message("'through' must be on or after 'from'"))]
    pub dates: NarrowDates,
    /// The Warehouse of the table. Default: the season's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<NameText>,
    /// The table. In BigQuery `dataset.table`; in PostgreSQL `schema.table`, or `table` in the schema `public`.
    #[x_kube(validation = Rule::new("self == oldSelf").message("is immutable; create a new TableCoverage"))]
    pub table: TableText,
    /// The column with the date of a row.
    pub date: ColumnText,
    /// How a TIMESTAMP column maps to a date; without it such a column is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_as: Option<DateAs>,
    /// The time zone of timestamps in the date column that have none, as an IANA name; without it such timestamps are refused.
    /// Needs `dateAs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_zone: Option<ZoneText>,
    /// The format of texts and whole numbers in the date column if it is not ISO, in `strptime` directives: `%Y%m%d`. For folders
    /// that contain the parts of a date: `year=%Y/month=%m/day=%d`, with `date: year`. Not with `dateAs: Instant`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_format: Option<DateFormatText>,
    /// With `dateAs: Instant`: timestamps before this time of day belong to the previous date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_starts: Option<TimeText>,
    /// How the table identifies a unit.
    pub unit: UnitSpec,
    /// Only rows that satisfy all of these belong to this coverage.
    #[serde(default, rename = "where")]
    #[schemars(length(max = 16))]
    pub filters: Vec<Filter>,
    /// Which units are expected.
    #[serde(default = "scheduled")]
    pub expects: ExpectsName,
    /// Skip the dates of the season's warm-up.
    #[serde(default)]
    pub after_warm_up: bool,
    /// When a date is complete.
    #[serde(default)]
    #[x_kube(validation = Rule::new(r#"!(has(self.units) && has(self.missing))"#).message("must not have both 'units' and 'missing'"))]
    #[x_kube(validation = Rule::new(r#"!has(self.perUnit.rows.min) || !has(self.perUnit.rows.max) || self.perUnit.rows.min <= self.perUnit.rows.max"#).message("'min' must be less than or equal to 'max'").field_path(".perUnit.rows"))]
    pub complete: CompleteSpec,
    /// When a date is due. Before that it is not open, and no Job is launched for it. Default: six hours after the last start.
    #[serde(default = "default_due")]
    pub due: MomentSpec,
    /// When an incomplete date is late. Default: six hours after it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<MomentSpec>,
    /// How gaps are filled.
    #[serde(default)]
    #[x_kube(validation = Rule::new(r#"self.mode == 'Observe' || self.ladder.size() > 0"#).message("mode 'Fill' needs a rung in 'ladder'"))]
    #[x_kube(validation = Rule::new("self.maxConcurrentJobs >= 1").message("must be greater than or equal to 1; use 'suspend: true' to stop").field_path(".maxConcurrentJobs"))]
    pub fill: FillSpec,
    /// Dates that are waived: gapless neither fills nor reports them as open.
    #[serde(default)]
    #[schemars(length(max = 128))]
    pub waivers: Vec<WaiverSpec>,
    /// Launch no Jobs.
    #[serde(default)]
    pub suspend: bool,
}

/// Which units are expected.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExpectsName {
    /// All scheduled units.
    Scheduled,
    /// Units that are not yet final may be absent, but the date is not Complete until all are final.
    Final,
}

fn scheduled() -> ExpectsName {
    ExpectsName::Scheduled
}

pub(super) fn default_due() -> MomentSpec {
    MomentSpec { after: AnchorName::LastStart, offset: SpanText("6h".into()) }
}

/// When a date is complete.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CompleteSpec {
    /// The share of expected units that must be covered. Default: 100%.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<ShareText>,
    /// The number of units that may be absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10000))]
    pub missing: Option<u32>,
    /// When a unit is covered: all of these must be satisfied.
    pub per_unit: PerUnitSpec,
    /// The columns of a unique key: a second row with the same key makes the date Partial/Duplicated.
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "set"))]
    pub unique: Vec<ColumnText>,
    /// Limits on shares of a date's rows; a date without rows is not judged.
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub shares: Vec<ShareSpec>,
    /// How recent the newest value of each unit must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freshness: Option<FreshnessSpec>,
}

/// When a unit is covered: all of these must be satisfied.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PerUnitSpec {
    /// How many rows the unit has.
    pub rows: RowsSpec,
    /// How many distinct values a column has.
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["column"]))]
    pub distinct: Vec<DistinctSpec>,
    /// Which values a column must contain.
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["column"]))]
    pub contains: Vec<ContainsSpec>,
}

/// How many rows a unit has.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RowsSpec {
    /// The minimum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000000000))]
    pub min: Option<u64>,
    /// The maximum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000000000))]
    pub max: Option<u64>,
}

/// How many distinct values a column has in a unit's rows; NULL does not count.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DistinctSpec {
    /// The column.
    pub column: ColumnText,
    /// The minimum.
    #[schemars(range(min = 1, max = 1000000000))]
    pub min: u64,
}

/// Which values a column must contain in a unit's rows.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainsSpec {
    /// The column.
    pub column: ColumnText,
    /// The values that must all be present.
    #[schemars(length(min = 1, max = 64), extend("x-kubernetes-list-type" = "set"))]
    pub values: Vec<IntOrText>,
    /// The minimum number of rows with each value.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1000000000))]
    pub min_rows: u64,
}

fn one() -> u64 {
    1
}

/// A limit on a share of a date's rows.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShareSpec {
    /// The name of the limit.
    pub name: NameText,
    /// The rows that count.
    #[serde(rename = "where")]
    #[schemars(length(min = 1, max = 16))]
    pub filters: Vec<Filter>,
    /// The maximum share.
    pub max: ShareText,
}

/// How recent the newest value of each unit must be.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreshnessSpec {
    /// A column of timestamps.
    pub column: ColumnText,
    /// The time zone of timestamps that have none, as an IANA name; without it such timestamps are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneText>,
    /// The maximum age of the newest value of each unit.
    pub within: SpanText,
    /// The age is measured at this reference time, or now if that is earlier.
    #[serde(default = "date_end")]
    pub until: AnchorName,
}

fn date_end() -> AnchorName {
    AnchorName::DateEnd
}
