//! PropCoverage: prop lines in their own words. It lowers to the same coverage as a TableCoverage.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::table_coverage::default_due;
use super::*;
use crate::api::schema::*;

/// Prop lines over a range of dates: games, markets, players, bookmakers and snapshots.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "gapless.dev",
    version = "v1alpha1",
    kind = "PropCoverage",
    doc = "Prop lines over a range of dates: games, markets, players, bookmakers and snapshots.",
    namespaced,
    status = "CoverageStatus",
    shortname = "prop",
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
pub struct PropCoverageSpec {
    /// The Season whose dates and games are expected.
    #[x_kube(validation = Rule::new("self == oldSelf").message("is immutable; create a new PropCoverage"))]
    pub season: NameText,
    /// Restricts the coverage to some of the season's dates.
    #[serde(default)]
    #[x_kube(validation = Rule::new(r#"!has(self.from) || !has(self.through) || self.from <= self.through"#).message("'through' must be on or after 'from'"))]
    pub dates: NarrowDates,
    /// The Warehouse of the table. Default: the season's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<NameText>,
    /// The table. In BigQuery `dataset.table`; in PostgreSQL `schema.table`, or `table` in the schema `public`.
    #[x_kube(validation = Rule::new("self == oldSelf").message("is immutable; create a new PropCoverage"))]
    pub table: TableText,
    /// The columns of the table.
    pub columns: PropColumns,
    /// What is expected of each game.
    #[serde(default)]
    #[x_kube(validation = Rule::new(r#"!(has(self.games) && has(self.missingGames))"#).message("must not have both 'games' and 'missingGames'"))]
    pub expect: PropExpect,
    /// Only rows that satisfy all of these belong to this coverage.
    #[serde(default, rename = "where")]
    #[schemars(length(max = 16))]
    pub filters: Vec<Filter>,
    /// Skip the dates of the season's warm-up.
    #[serde(default)]
    pub after_warm_up: bool,
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

/// The columns of the table.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PropColumns {
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
    /// How a row identifies its game.
    pub game: UnitSpec,
    /// The column with the player.
    pub player: ColumnText,
    /// The column with the bookmaker.
    pub bookmaker: ColumnText,
    /// The column with the market, if the table has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<ColumnText>,
    /// The column with the side, if each side has its own row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<ColumnText>,
    /// The column with the line; a row without a value is not a line.
    pub line: ColumnText,
    /// The column with the time at which the line was observed.
    pub snapshot: ColumnText,
    /// The time zone of snapshot times that have none, as an IANA name; without it such times are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_zone: Option<ZoneText>,
}

/// What is expected of each game.
#[derive(JsonSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PropExpect {
    /// The share of games that must be covered. Default: 100%.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub games: Option<ShareText>,
    /// Games that may be absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10000))]
    pub missing_games: Option<u32>,
    /// The markets of this coverage; it ignores other markets of the table. Needs `columns.market`.
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "set"))]
    pub markets: Vec<ValueText>,
    /// The number of distinct players of each game, for each market and each required bookmaker.
    #[schemars(range(min = 0, max = 1000))]
    pub players_per_game: u32,
    /// Bookmakers that must be present.
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "set"))]
    pub required_bookmakers: Vec<ValueText>,
    /// The number of distinct bookmakers of each game, for each market.
    #[schemars(range(min = 0, max = 1000))]
    pub bookmakers_per_game: u32,
    /// The times at which lines were observed.
    pub snapshots: SnapshotsSpec,
    /// True: no two rows may be equal in all declared columns; false: duplicates are allowed.
    pub unique: bool,
    /// Values that are placeholders instead of real lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder_lines: Option<PlaceholderLines>,
}

impl Default for PropExpect {
    fn default() -> Self {
        Self {
            games: None,
            missing_games: None,
            markets: Vec::new(),
            players_per_game: 1,
            required_bookmakers: Vec::new(),
            bookmakers_per_game: 1,
            snapshots: SnapshotsSpec::default(),
            unique: true,
            placeholder_lines: None,
        }
    }
}

/// The times at which lines were observed.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotsSpec {
    /// Only rows before the game's start count.
    pub before_start: bool,
    /// The number of distinct snapshots of each game.
    #[schemars(range(min = 1, max = 10000))]
    pub min: u32,
    /// The newest snapshot is at most this long before the start; checked once the game has started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<SpanText>,
}

impl Default for SnapshotsSpec {
    fn default() -> Self {
        Self { before_start: true, min: 1, last: None }
    }
}

/// Values that are placeholders instead of real lines, such as a default value.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaceholderLines {
    /// The values; put decimals in quotes.
    #[schemars(length(min = 1, max = 64), extend("x-kubernetes-list-type" = "set"))]
    pub values: Vec<IntOrText>,
    /// The maximum share of such rows.
    #[serde(default = "none")]
    pub max: ShareText,
}

fn none() -> ShareText {
    ShareText("0%".into())
}
