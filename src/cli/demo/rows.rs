//! The rows of the demo's tables: the real games, made-up players and lines. The same game always has the same rows.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

/// The real schedule of 2024-25, as the users' table has it.
const SCHEDULE: &str = include_str!("../../../examples/nba/data/nba_raw/v_nbac_schedule_latest/2024-25.csv");
/// The name of the schedule's table.
pub(super) const SCHEDULE_TABLE: &str = "nba_raw.v_nbac_schedule_latest";
const SYSTEMS: [&str; 5] =
    ["moving_average_baseline", "zone_matchup_v1", "similarity_balanced_v1", "xgboost_v1", "ensemble_v1"];

#[derive(Clone, Debug)]
pub(super) struct Game {
    pub date: Date,
    pub start: Timestamp,
    pub away: String,
    pub home: String,
}

/// A table of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    Boxscores,
    Gamebook,
    Summary,
    Lines,
    Predictions,
    Grading,
}

impl Table {
    pub const ALL: [Self; 6] =
        [Self::Boxscores, Self::Gamebook, Self::Summary, Self::Lines, Self::Predictions, Self::Grading];

    /// Its name in the warehouse.
    pub fn name(self) -> &'static str {
        match self {
            Self::Boxscores => "nba_raw.nbac_player_boxscores",
            Self::Gamebook => "nba_raw.nbac_gamebook_player_stats",
            Self::Summary => "nba_analytics.player_game_summary",
            Self::Lines => "nba_raw.odds_api_player_points_props",
            Self::Predictions => "nba_predictions.player_prop_predictions",
            Self::Grading => "nba_predictions.prediction_accuracy",
        }
    }

    pub fn coverage(self) -> &'static str {
        match self {
            Self::Boxscores => "boxscores",
            Self::Gamebook => "gamebook",
            Self::Summary => "player-game-summary",
            Self::Lines => "points-lines",
            Self::Predictions => "predictions",
            Self::Grading => "grading",
        }
    }

    pub fn header(self) -> &'static str {
        match self {
            Self::Boxscores | Self::Gamebook | Self::Summary => "game_id,player_lookup,points\n",
            Self::Lines => "away_team,home_team,player_lookup,bookmaker,points_line,snapshot_timestamp\n",
            Self::Predictions | Self::Grading => "game_id,player_lookup,system_id\n",
        }
    }

    /// The rows of one game, each ending its line.
    pub fn rows(self, game: &Game) -> Vec<String> {
        let id = format!("{}_{}_{}", game.date.strftime("%Y%m%d"), game.away, game.home);
        match self {
            Self::Boxscores => players(&id, 20),
            Self::Gamebook => players(&id, 34),
            Self::Summary => players(&id, 24),
            Self::Lines => lines(game),
            Self::Predictions | Self::Grading => SYSTEMS
                .iter()
                .flat_map(|s| (0..8).map(|n| format!("{id},player{n:02},{s}\n")).collect::<Vec<_>>())
                .collect(),
        }
    }

    /// A whole date.
    pub fn day(self, games: &[Game]) -> String {
        let rows: Vec<String> = games.iter().flat_map(|g| self.rows(g)).collect();
        self.header().to_string() + &rows.concat()
    }
}

fn players(id: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{id},player{n:02},{}\n", n * 7 % 31)).collect()
}

fn lines(game: &Game) -> Vec<String> {
    let mut rows = Vec::new();
    for minutes in [240, 30] {
        let at = game.start.checked_sub(jiff::SignedDuration::from_mins(minutes)).unwrap_or(game.start);
        for bookmaker in ["draftkings", "fanduel"] {
            rows.extend(
                (0..10).map(|n| format!("{},{},player{n:02},{bookmaker},{}.5,{at}\n", game.away, game.home, 8 + n * 2)),
            );
        }
    }
    rows
}

/// Every game that counts, by date.
pub(super) fn games() -> BTreeMap<Date, Vec<Game>> {
    let mut games: BTreeMap<Date, Vec<Game>> = BTreeMap::new();
    for line in SCHEDULE.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [id, date, start, away, home, ..] = fields.as_slice() else { continue };
        let counts = ["002", "004", "005", "006"].iter().any(|p| id.starts_with(p));
        let (Ok(date), Ok(start), true) = (date.parse(), start.parse(), counts) else { continue };
        let game = Game { date, start, away: (*away).into(), home: (*home).into() };
        games.entry(date).or_default().push(game);
    }
    games
}

/// The schedule as the demo's scraper left it: last updated at an instant, with a game that was moved from its old date.
pub(super) fn schedule(updated: &str, moved: &str, old_date: &str, old_start: &str) -> String {
    let mut lines: Vec<String> = SCHEDULE.lines().map(|l| l.replace("2025-07-01T12:00:00Z", updated)).collect();
    let old = lines.iter().find(|l| l.starts_with(moved)).map(|line| {
        let mut fields: Vec<&str> = line.split(',').collect();
        fields[1] = old_date;
        fields[2] = old_start;
        fields[7] = "2025-01-08T12:00:00Z";
        fields.join(",")
    });
    lines.extend(old);
    lines.join("\n") + "\n"
}
