#!/usr/bin/env python3
"""Writes the bench's world: four seasons of tables as Parquet, and the truth about the gaps in them.

    generate.py FOLDER SCALE        SCALE is S (1.25 M rows of props), M (12.5 M) or shuffled (M, rows in any order)

The same arguments give the same rows. Needs duckdb (benches/run.sh brings it).
"""
import json
import pathlib
import sys

import duckdb

DATES = 660
TEAMS = "ATL BOS BKN CHA CHI CLE DAL DEN DET GSW HOU IND LAC LAL MEM MIA MIL MIN NOP NYK OKC ORL PHI PHX POR SAC SAS TOR UTA WAS".split()
# Every kind of gap, and how a row of an injected date is told from those that stay: h is the row's own hash.
GAPS = {
    "whole date": "true",
    "one game": "game_number = 0",
    "few players": "game_number = 0 and player >= 4",
    "duplicates": None,
}
# Per table: what it has per game besides players, the columns that make a row unique, how its files are cut.
TABLES = {
    "nba_raw.props": ("cross join range({books}) b(book) cross join range({snapshots}) s(snapshot)", 10, "month"),
    "nba_raw.boxscores": ("", 24, "date"),
    "nba_features.features": ("", 24, "month"),
    "nba_predictions.predictions": ("cross join range(10) y(system)", 14, "month"),
    "nba_predictions.grading": ("cross join range(10) y(system)", 14, "month"),
}
COLUMNS = {
    "nba_raw.props": "player_lookup, 'book' || book as bookmaker, 'points' as market_type, (10 + h % 30) / 2.0 as points_line, "
    "tip - interval 1 hour * (1 + snapshot) as snapshot_timestamp, h % 1000 as price",
    "nba_raw.boxscores": "player_lookup, h % 40 as points, h % 20 as rebounds",
    "nba_features.features": "player_lookup, h / 7.0 as feature, h % 100 as quality",
    "nba_predictions.predictions": "player_lookup, 'system' || system as system_id, h / 1e18 as predicted",
    "nba_predictions.grading": "player_lookup, 'system' || system as system_id, h % 2 = 0 as hit, h / 1e18 as error",
}


def games(db):
    """660 game dates, 165 a season; 1 to 13 games on each, and no team twice on a date."""
    db.execute(f"create table teams as select unnest({TEAMS}) as team, unnest(range(30)) as n")
    db.execute(f"""create table games as
        with dates as (
            select i, (date '2021-10-19' + interval 1 year * (i // 165) + interval 1 day * ((i % 165) * 4 // 3))::date as game_date
            from range({DATES}) t(i)),
        slots as (
            select i, game_date, g as game_number, hash(i) % 15 as shift
            from dates cross join range(15) r(g) where g < 1 + hash(i, 'n') % 13)
        select i, game_date, game_number, a.team as away_team, h.team as home_team,
            (game_date + interval 23 hour + interval 30 minute * (game_number % 6))::timestamptz as tip,
            strftime(game_date, '%Y%m%d') || '_' || a.team || '_' || h.team as game_id
        from slots
        join teams a on a.n = (2 * (game_number + shift)) % 30
        join teams h on h.n = (2 * (game_number + shift) + 1) % 30""")


def injected(table):
    """Ten dates of each kind of gap, another set for each table."""
    kinds = list(GAPS)
    offset = list(TABLES).index(table) * 7
    return {(17 * n + offset) % DATES: kinds[n % len(kinds)] for n in range(10 * len(kinds))}


def fill(db, table, books, snapshots):
    more, players, _ = TABLES[table]
    hashed = "hash(game_id, player" + (", book, snapshot" if "props" in table else ", system" if more else "") + ")"
    gaps = injected(table)
    db.execute("create or replace table gaps(i bigint, kind varchar)")
    db.executemany("insert into gaps values (?, ?)", list(gaps.items()))
    gone = " or ".join(f"(kind = '{kind}' and {which})" for kind, which in GAPS.items() if which)
    db.execute(f"""create or replace table rows_ as
        select game_date, game_id, away_team, home_team, {COLUMNS[table]}
        from (select *, {hashed} as h, 'player_' || ((i * 7 + game_number * 31 + player) % 520) as player_lookup
              from games cross join range({players}) p(player) {more.format(books=books, snapshots=snapshots)}
              left join gaps using (i))
        where coalesce(not ({gone}), true)""")
    twice = ", ".join(str(i) for i, kind in gaps.items() if kind == "duplicates")
    db.execute(f"""insert into rows_ select * from rows_ where (game_date, game_id, player_lookup) in (
        select (game_date, min(game_id), (select min(player_lookup) from rows_ r where r.game_id = min(g.game_id)))
        from games g where i in ({twice}) group by game_date)""")
    dates = dict(db.execute("select distinct i, game_date from games").fetchall())
    return {str(dates[i]): kind for i, kind in gaps.items()}


def write(db, folder, table, cut, shuffled):
    where = folder / table.replace(".", "/")
    where.mkdir(parents=True)
    order = "hash(game_id, player_lookup, price)" if shuffled else "game_date, game_id"
    key = "game_date" if cut == "date" else "date_trunc('month', game_date)::date"
    for (part,) in db.execute(f"select distinct {key} from rows_ order by 1").fetchall():
        name = f"game_date={part}/part.parquet" if cut == "date" else f"{part:%Y-%m}.parquet"
        (where / name).parent.mkdir(exist_ok=True)
        columns = "* exclude (game_date)" if cut == "date" else "*"
        db.execute(f"""copy (select {columns} from rows_ where {key} = date '{part}' order by {order})
            to '{where / name}' (format parquet, compression snappy)""")


def main():
    folder, scale = pathlib.Path(sys.argv[1]), sys.argv[2]
    db = duckdb.connect(config={"threads": 2, "preserve_insertion_order": True})
    db.execute("set timezone = 'UTC'")
    games(db)
    schedule = folder / "nba_raw" / "schedule"
    schedule.mkdir(parents=True)
    db.execute(f"""copy (select game_date, away_team, home_team, tip, game_id, timestamptz '2026-01-01' as processed_at
        from games order by 1) to '{schedule}/all.parquet' (format parquet)""")
    truth = {}
    for table in TABLES if scale == "S" else ["nba_raw.props"]:
        truth[table] = fill(db, table, 9, 3 if scale == "S" else 30)
        write(db, folder, table, TABLES[table][2], scale == "shuffled")
        rows = db.execute("select count(*) from rows_").fetchone()[0]
        print(f"{scale}: {table}: {rows:,} rows, {len(truth[table])} dates with gaps", file=sys.stderr)
    (folder / "truth.json").write_text(json.dumps(truth, indent=1))


main()
