//! Season: a calendar. Which dates have units, which units each expects, when they start, in which zone.

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DateAs, Filter, SeasonStatus};
use crate::api::schema::*;

/// A calendar: which dates have units, which units each expects, when they start, in which zone.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "gapless.dev",
    version = "v1alpha1",
    kind = "Season",
    doc = "A calendar: which dates have units, which units each expects, when they start, in which zone.",
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
    /// The Warehouse of the schedule, and of coverages that name none.
    pub warehouse: NameText,
    /// The zone of its dates.
    pub time_zone: ZoneText,
    /// Its dates, inclusive at both ends: `{from, through}`, `{from}` (through two days after today, for ever) or `{lastDays}`.
    pub dates: SeasonDates,
    /// Only these days of the week; empty: all.
    #[serde(default)]
    #[schemars(length(max = 7), extend("x-kubernetes-list-type" = "set"))]
    pub week_days: Vec<WeekDay>,
    /// Where units come from; without it every date of the range expects one unit, the date itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleSpec>,
    /// Replaces unit values of schedule and tables alike: `PHO: PHX`.
    #[serde(default)]
    #[schemars(schema_with = "aliases")]
    pub aliases: BTreeMap<String, String>,
    /// Names dates that are empty by right; never hides scheduled units.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub breaks: Vec<BreakSpec>,
    /// The first dates with units, which coverages that opt in skip.
    #[serde(default)]
    pub warm_up: WarmUpSpec,
    /// Whether a GameDate is made for each date.
    #[serde(default)]
    pub game_dates: GameDatesSpec,
    /// Launch nothing for any coverage of this season.
    #[serde(default)]
    pub suspend: bool,
}

/// Its dates.
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
    /// So many days through today, and two days after.
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
    /// The table.
    pub table: TableText,
    /// The column that dates a row.
    pub date: ColumnText,
    /// How a TIMESTAMP column names a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_as: Option<DateAs>,
    /// The zone of instants in the date column that name none, an IANA name; without it such instants are refused. Needs
    /// `dateAs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_zone: Option<ZoneText>,
    /// How texts and whole numbers of the date column are written where that is not ISO, in the directives of `strptime`:
    /// `%Y%m%d`. Of folders that hold parts of a date: `year=%Y/month=%m/day=%d`, with `date: year`. Not with
    /// `dateAs: Instant`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_format: Option<DateFormatText>,
    /// The columns that identify a unit within its date; a row with a blank one is no unit.
    #[schemars(length(min = 1, max = 8), extend("x-kubernetes-list-type" = "set"))]
    pub unit: Vec<ColumnText>,
    /// The instant at which a unit starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<ColumnText>,
    /// The zone of starts that name none, an IANA name; without it such starts are refused. Needs `startsAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at_zone: Option<ZoneText>,
    /// Rows that are units at all; all must hold.
    #[serde(default, rename = "where")]
    #[schemars(length(max = 16))]
    pub filters: Vec<Filter>,
    /// All hold: the unit is played nowhere.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub void: Vec<Filter>,
    /// An id that stands on several dates counts only in its newest row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_by: Option<LatestBy>,
    /// How to tell that a unit was played.
    #[serde(default, rename = "final", skip_serializing_if = "Option::is_none")]
    pub is_final: Option<Filter>,
    /// The instant at which a row was updated; without it the table's modification time counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<ColumnText>,
    /// The zone of updates that name none, an IANA name; without it such updates are refused. Needs `updatedAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at_zone: Option<ZoneText>,
    /// For dates not yet settled the schedule may be this old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<SpanText>,
}

/// An id and what orders its rows.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatestBy {
    /// The column with the id.
    pub id: ColumnText,
    /// The column that is larger in newer rows.
    pub order: ColumnText,
}

/// A run of dates that are empty by right.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("self.from <= self.through").message("'through' must be on or after 'from'"))]
pub struct BreakSpec {
    /// The first date.
    pub from: DateText,
    /// The last date.
    pub through: DateText,
    /// Why.
    pub reason: ReasonText,
}

/// The first dates with units, which coverages that opt in skip.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WarmUpSpec {
    /// So many dates with units after each start.
    #[schemars(range(min = 0, max = 366))]
    pub game_days: u32,
    /// Where warm-ups start; empty: the season's first date. For one Season over many years.
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "set"))]
    pub starts: Vec<DateText>,
}

/// Whether a GameDate is made for each date.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GameDatesSpec {
    /// Make the absent ones.
    pub create: bool,
}

impl Default for GameDatesSpec {
    fn default() -> Self {
        Self { create: true }
    }
}

fn aliases(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let mut value = ValueText::json_schema(generator);
    value.insert("description".into(), "What it is called in the schedule.".into());
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
