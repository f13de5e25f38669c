#!/usr/bin/env python3
"""Converts the real per-date counts of the 2024-25 season into the CSV files below `data/`.

    make.py SCHEDULE.csv COUNTS.csv

The schedule is real: every game with its start. The tables have as many rows, games, teams or systems per date as the
users' pipeline had; the names in the rows are invented. Uses only the standard library. The output is committed, so you do
not need to run this to use the example.
"""

import csv
import pathlib
import sys

HERE = pathlib.Path(__file__).parent / "data"
SYSTEMS = ["moving_average_baseline", "zone_matchup_v1", "similarity_balanced_v1", "xgboost_v1", "ensemble_v1"]


def write(table, header, rows):
    folder = HERE / table.replace(".", "/")
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "2024-25.csv", "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def schedule(games):
    for game in games:
        played = game["kind"] != "all_star"
        yield [
            game["game_id"], game["game_date"], game["tipoff_utc"], game["away"], game["home"], 3,
            100 if played else "", "2025-07-01T12:00:00Z",
        ]


def main(schedule_file, counts_file):
    games = list(csv.DictReader(open(schedule_file)))
    counts = list(csv.DictReader(open(counts_file)))
    write("nba_raw.v_nbac_schedule_latest",
          ["game_id", "game_date", "game_start_utc", "away_team_tricode", "home_team_tricode", "game_status",
           "home_team_score", "processed_at"], schedule(games))
    by_date = {}
    for game in games:
        if game["game_id"][:3] in ("002", "004", "005"):
            by_date.setdefault(game["game_date"], []).append(game)

    def name(game):
        return "_".join([game["game_date"].replace("-", ""), game["away"], game["home"]])

    def per_game(column, each):
        for row in counts:
            for game in by_date.get(row["game_date"], [])[: int(row[column])]:
                yield from each(row, game)

    def players(row, game):
        for n in range(2):
            yield [name(game), row["game_date"], f"player{n:02}", [game["away"], game["home"]][n]]

    keys = ["game_id", "game_date", "player_lookup", "team_abbr"]
    write("nba_raw.nbac_player_boxscores", keys, per_game("bdl_box_scores", players))
    write("nba_raw.nbac_gamebook_player_stats", keys, per_game("nbac_gamebook", players))

    def spread(column):
        for row in counts:
            today = by_date.get(row["game_date"], [])
            for n in range(int(row[column])):
                yield [name(today[n % len(today)]), row["game_date"], f"p{n // len(today):02}"]

    write("nba_analytics.player_game_summary", ["game_id", "game_date", "player_lookup"], spread("player_game_summary"))

    def teams():
        for row in counts:
            today = by_date.get(row["game_date"], [])
            for n in range(int(row["team_defense"])):
                game = today[n // 2 % len(today)]
                yield [name(game), row["game_date"], [game["away"], game["home"]][n % 2]]

    write("nba_analytics.team_defense_game_summary", ["game_id", "game_date", "defending_team_abbr"], teams())

    def zones():
        for row in counts:
            for n in range(int(row["tdza"])):
                yield [row["game_date"], f"T{n:02}"]

    write("nba_precompute.team_defense_zone_analysis", ["analysis_date", "team_abbr"], zones())

    def predictions():
        for row in counts:
            for system in SYSTEMS[: int(row["unique_systems"])]:
                for game in by_date.get(row["game_date"], []):
                    yield [name(game), row["game_date"], system]

    write("nba_predictions.player_prop_predictions", ["game_id", "game_date", "system_id"], predictions())
    write("nba_predictions.prediction_accuracy", ["game_id", "game_date", "system_id"], [])


if __name__ == "__main__":
    main(*sys.argv[1:])
