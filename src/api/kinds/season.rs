//! Season: a calendar. Which dates have units, which units each expects, when they start, in which zone.

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DateAs, Filter, SeasonStatus};
use crate::api::schema::*;

/// A calendar: which dates have units, which units each date expects, when they start, in which time zone.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "gapless.dev",
    version = "v1alpha1",
    kind = "Season",
    doc = "A calendar: which dates have units, which units each date expects, when they start, in which time zone.",
    namespaced,
    status = "SeasonStatus",
    shortname = "sn",
    category = "gapless",
    printcolumn = r#"{"name":"From","type":"string","jsonPath":".spec.dates.from"}"#,
    printcolumn = r#"{"name":"Through","type":"string","jsonPath":".spec.dates.through"}"#,
    printcolumn = r#"{"name":"Today","type":"string","jsonPath":".status.today"}"#,
    printcolumn = r#"{"name":"Dates","type":"integer","jsonPath":".status.dates"}"#,
    printcolumn = r#"{"name":"Games","type":"integer","jsonPath":".status.games"}"#,
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].status"}"#,
    printcolumn = r#"{"name":"Reason","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].reason"}"#,
    printcolumn = r#"{"name":"Zone","type":"string","jsonPath":".spec.timeZone","priority":1}"#,
    printcolumn = r#"{"name":"Message","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].message","priority":1}"#
)]
#[kube(validation = Rule::new(r"self.metadata.name.matches('^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$')").message("name must be at most 52 characters: a letter, then letters, digits or dashes"))]
#[serde(rename_all = "camelCase")]
pub struct SeasonSpec {
    /// The Warehouse of the schedule, and of coverages that do not set one.
    pub warehouse: NameText,
    /// The time zone of the dates.
    pub time_zone: ZoneText,
    /// The dates, inclusive at both ends: `{from, through}`, `{from}` (always through two days after today) or `{lastDays}`.
    pub dates: SeasonDates,
    /// Only these days of the week; empty: all.
    #[serde(default)]
    #[schemars(length(max = 7), extend("x-kubernetes-list-type" = "set"))]
    pub week_days: Vec<WeekDay>,
    /// The table that lists the units. Without it, every date of the range expects one unit, the date itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleSpec>,
    /// Replaces unit values of schedule and tables alike: `PHO: PHX`.
    #[serde(default)]
    #[schemars(schema_with = "aliases")]
    pub aliases: BTreeMap<String, String>,
    /// Dates on which no data is expected. It never hides scheduled units.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub breaks: Vec<BreakSpec>,
    /// The first dates with units, which coverages can skip with `afterWarmUp`.
    #[serde(default)]
    pub warm_up: WarmUpSpec,
    /// Whether to create a GameDate for each date.
    #[serde(default)]
    pub game_dates: GameDatesSpec,
    /// Launch no Jobs for any coverage of this season.
    #[serde(default)]
    pub suspend: bool,
}

/// The dates of a season.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.from) != has(self.lastDays)").message("must have either 'from' or 'lastDays'"))]
#[x_kube(validation = Rule::new("!has(self.through) || has(self.from)").message("'through' needs 'from'"))]
#[x_kube(validation = Rule::new("!has(self.through) || !has(self.from) || self.from <= self.through").message("'through' must be on or after 'from'"))]
#[x_kube(validation = Rule::new("!has(self.from) || !has(self.through) || timestamp(self.through + 'T00:00:00Z') - timestamp(self.from + 'T00:00:00Z') <= duration('87816h')").message("must span at most 3660 days; split it into several resources"))]
pub struct SeasonDates {
    /// The first date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<DateText>,
    /// The last date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<DateText>,
    /// This number of days up to today, plus the next two days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3660))]
    pub last_days: Option<u32>,
}

/// A day of the week.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum WeekDay {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// The table that lists the units.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleSpec {
    /// The table. In BigQuery `dataset.table`; in PostgreSQL `schema.table`, or `table` in the schema `public`.
    pub table: TableText,
    /// The column with the date of a row.
    pub date: ColumnText,
    /// How a TIMESTAMP column maps to a date.
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
    /// The columns that identify a unit within its date. A row with a blank value in one of them is not a unit.
    #[schemars(length(min = 1, max = 8), extend("x-kubernetes-list-type" = "set"))]
    pub unit: Vec<ColumnText>,
    /// The column with the time at which a unit starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<ColumnText>,
    /// The time zone of start times that have none, as an IANA name; without it such times are refused. Needs `startsAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at_zone: Option<ZoneText>,
    /// Only rows that satisfy all of these are units.
    #[serde(default, rename = "where")]
    #[schemars(length(max = 16))]
    pub filters: Vec<Filter>,
    /// A row that satisfies all of these is void: its unit is not played.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub void: Vec<Filter>,
    /// If an id appears on several dates, only its newest row counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_by: Option<LatestBy>,
    /// Marks units that were played.
    #[serde(default, rename = "final", skip_serializing_if = "Option::is_none")]
    pub is_final: Option<Filter>,
    /// The column with the time at which a row was updated. Default: the table's modification time, which PostgreSQL does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<ColumnText>,
    /// The time zone of update times that have none, as an IANA name; without it such times are refused. Needs `updatedAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at_zone: Option<ZoneText>,
    /// The maximum age of the schedule for dates that are not settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<SpanText>,
}

/// An id, and the column that orders its rows.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatestBy {
    /// The column with the id.
    pub id: ColumnText,
    /// The column whose value is greater in newer rows.
    pub order: ColumnText,
}

/// A range of dates on which no data is expected.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("self.from <= self.through").message("'through' must be on or after 'from'"))]
pub struct BreakSpec {
    /// The first date.
    pub from: DateText,
    /// The last date.
    pub through: DateText,
    /// The reason.
    pub reason: ReasonText,
}

/// The first dates with units, which coverages can skip with `afterWarmUp`.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WarmUpSpec {
    /// The number of dates with units after each start.
    #[schemars(range(min = 0, max = 366))]
    pub game_days: u32,
    /// The dates on which warm-ups start; empty: the season's first date. Use this for one Season over many years.
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "set"))]
    pub starts: Vec<DateText>,
}

/// Whether to create a GameDate for each date.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GameDatesSpec {
    /// Create those that do not exist.
    pub create: bool,
}

impl Default for GameDatesSpec {
    fn default() -> Self {
        Self { create: true }
    }
}

fn aliases(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let mut value = ValueText::json_schema(generator);
    value.insert("description".into(), "The name in the schedule.".into());
    schemars::json_schema!({
        "type": "object",
        "maxProperties": 256,
        "additionalProperties": value,
        "x-kubernetes-validations": [{
            "rule": "self.all(name, name.size() <= 128)",
            "message": "must have names of at most 128 characters"
        }]
    })
}
