//! The users' real season. The example's files are in the repository, but the data behind them is not. These tests run
//! if `GAPLESS_REAL_DATA` names its folder, and say so if they do not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use super::gapless::{Place, gapless};

fn real_data() -> Option<PathBuf> {
    let folder = std::env::var_os("GAPLESS_REAL_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("NOT RUN: GAPLESS_REAL_DATA names no folder with the users' real data");
    }
    folder
}

fn open_dates(example: &str, state: &Place, coverage: &str) -> Vec<String> {
    let folder = state.path("state");
    let done = gapless(&["calendar", "-f", example, "--state", &folder.display().to_string(), "-o", "json", coverage]);
    let json: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let cells = json["coverages"][0]["cells"].as_array().unwrap();
    let open = cells.iter().filter(|c| !["Complete", "NotExpected"].contains(&c["state"].as_str().unwrap()));
    open.map(|c| c["date"].as_str().unwrap().to_string()).collect()
}

#[test]
fn exactly_the_dates_with_fewer_games_than_scheduled_are_named() {
    let Some(data) = real_data() else { return };
    let text = |name: &str| fs::read_to_string(data.join(name)).unwrap();
    let mut scheduled: BTreeMap<String, u32> = BTreeMap::new();
    for line in text("nba_schedule_2024_25.csv").lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        if ["002", "004", "005", "006"].iter().any(|p| fields[0].starts_with(p)) {
            *scheduled.entry(fields[1].into()).or_default() += 1;
        }
    }
    let counts = text("stage_counts_2024_25.csv");
    let header: Vec<&str> = counts.lines().next().unwrap().split(',').collect();
    let state = Place::new(&[]);
    for (coverage, column) in [("boxscores", "bdl_box_scores"), ("gamebook", "nbac_gamebook")] {
        let at = header.iter().position(|h| *h == column).unwrap();
        let held: BTreeMap<&str, u32> = counts
            .lines()
            .skip(1)
            .map(|l| l.split(',').collect::<Vec<_>>())
            .map(|f| (f[0], f[at].parse().unwrap()))
            .collect();
        let fewer = |(date, n): &(&String, &u32)| held.get(date.as_str()).copied().unwrap_or(0) < **n;
        let expected: Vec<String> = scheduled.iter().filter(fewer).map(|(d, _)| d.clone()).collect();
        assert_eq!(open_dates("examples/nba", &state, coverage), expected, "{coverage}");
    }
}

#[test]
fn four_seasons_have_853_game_dates_and_5299_games() {
    let Some(data) = real_data() else { return };
    let games = fs::read_to_string(data.join("nba_games_2021_25.csv")).unwrap();
    let place = Place::new(&["
apiVersion: gapless.dev/v1alpha1
kind: Warehouse
metadata: {name: w}
spec: {files: {folder: data}}
---
apiVersion: gapless.dev/v1alpha1
kind: Season
metadata: {name: four-seasons}
spec:
  warehouse: w
  timeZone: America/New_York
  dates: {from: 2021-10-19, through: 2025-06-22}
  schedule: {table: games, date: game_date, unit: [game_id]}
---
apiVersion: gapless.dev/v1alpha1
kind: TableCoverage
metadata: {name: games}
spec: {season: four-seasons, table: games, date: game_date, unit: {columns: [game_id]}}
"]);
    place.write("data/games/all.csv", &games);
    let done = place.run("calendar", &["-o", "json"], &[]);
    let json: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let cells = json["coverages"][0]["cells"].as_array().unwrap();
    let complete: Vec<_> = cells.iter().filter(|c| c["state"] == "Complete").collect();
    assert_eq!(complete.len(), 853, "game dates");
    assert_eq!(complete.iter().map(|c| c["expected"].as_u64().unwrap()).sum::<u64>(), 5_299, "games");
    let off: BTreeSet<_> = cells.iter().map(|c| c["state"].as_str().unwrap()).collect();
    assert_eq!(off.into_iter().collect::<Vec<_>>(), ["Complete", "NotExpected"]);
}
