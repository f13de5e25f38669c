//! PropCoverage: prop lines in their own words. It lowers to the same coverage as a TableCoverage.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::table_coverage::default_due;
use super::*;
use crate::api::schema::*;

/// Prop lines over a range of dates: games, markets, players, bookmakers, snapshots.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "gapless.dev",
    version = "v1alpha1",
    kind = "PropCoverage",
    doc = "Prop lines over a range of dates: games, markets, players, bookmakers, snapshots.",
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
    /// Narrows the season's dates.
    #[serde(default)]
    #[x_kube(validation = Rule::new(r#"!has(self.from) || !has(self.through) || self.from <= self.through"#).message("'through' must be on or after 'from'"))]
    pub dates: NarrowDates,
    /// The Warehouse of the table; without it the season's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<NameText>,
    /// The table.
    #[x_kube(validation = Rule::new("self == oldSelf").message("is immutable; create a new PropCoverage"))]
    pub table: TableText,
    /// Where the table has what.
    pub columns: PropColumns,
    /// What is expected of each game.
    #[serde(default)]
    #[x_kube(validation = Rule::new(r#"!(has(self.games) && has(self.missingGames))"#).message("must not have both 'games' and 'missingGames'"))]
    pub expect: PropExpect,
    /// Rows that do not satisfy all of these are not this coverage's.
    #[serde(default, rename = "where")]
    #[schemars(length(max = 16))]
    pub filters: Vec<Filter>,
    /// Skip the dates of the season's warm-up.
    #[serde(default)]
    pub after_warm_up: bool,
    /// When gapless may act. Default: six hours after the last start.
    #[serde(default = "default_due")]
    pub due: MomentSpec,
    /// When an incomplete cell is late. Default: six hours after it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<MomentSpec>,
    /// How gaps are filled.
    #[serde(default)]
    #[x_kube(validation = Rule::new(r#"self.mode == 'Observe' || self.ladder.size() > 0"#).message("mode 'Fill' needs a rung in 'ladder'"))]
    #[x_kube(validation = Rule::new("self.maxConcurrentJobs >= 1").message("must be greater than or equal to 1; use 'suspend: true' to stop").field_path(".maxConcurrentJobs"))]
    pub fill: FillSpec,
    /// Dates that a person has given up.
    #[serde(default)]
    #[schemars(length(max = 128))]
    pub waivers: Vec<WaiverSpec>,
    /// Launch nothing.
    #[serde(default)]
    pub suspend: bool,
}

/// Where the table has what.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PropColumns {
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
    /// How a row names its game.
    pub game: UnitSpec,
    /// The player.
    pub player: ColumnText,
    /// The bookmaker.
    pub bookmaker: ColumnText,
    /// The market, where the table holds several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<ColumnText>,
    /// The side, where each has a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<ColumnText>,
    /// The line.
    pub line: ColumnText,
    /// When the line was seen.
    pub snapshot: ColumnText,
    /// The zone of snapshots that name none, an IANA name; without it such snapshots are refused.
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
    /// The markets; other markets of the table are not this coverage's. Needs `columns.market`.
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "set"))]
    pub markets: Vec<ValueText>,
    /// Distinct players of each game, for each market and each required bookmaker.
    #[schemars(range(min = 0, max = 1000))]
    pub players_per_game: u32,
    /// Bookmakers that must be there.
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "set"))]
    pub required_bookmakers: Vec<ValueText>,
    /// Distinct bookmakers of each game, for each market.
    #[schemars(range(min = 0, max = 1000))]
    pub bookmakers_per_game: u32,
    /// When lines were seen.
    pub snapshots: SnapshotsSpec,
    /// No row may repeat all declared columns of another; false: any may.
    pub unique: bool,
    /// Lines that are no lines.
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

/// When lines were seen.
#[derive(JsonSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotsSpec {
    /// Only rows before the game's start count.
    pub before_start: bool,
    /// Distinct snapshots of each game.
    #[schemars(range(min = 1, max = 10000))]
    pub min: u32,
    /// The newest is at most this much before the start; judged once the game has started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<SpanText>,
}

impl Default for SnapshotsSpec {
    fn default() -> Self {
        Self { before_start: true, min: 1, last: None }
    }
}

/// Lines that are no lines: a default that slipped in.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaceholderLines {
    /// Their values; decimals quoted.
    #[schemars(length(min = 1, max = 64), extend("x-kubernetes-list-type" = "set"))]
    pub values: Vec<IntOrText>,
    /// The largest share of rows that is well.
    #[serde(default = "none")]
    pub max: ShareText,
}

fn none() -> ShareText {
    ShareText("0%".into())
}
