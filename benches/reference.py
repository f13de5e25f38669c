"""The same questions, asked of DuckDB on the same files: reference.py FOLDER coverage|duplicates. One line of JSON."""
import json
import pathlib
import resource
import sys
import time

import duckdb

UNITS = """select game_date, away_team, home_team, count(*) as n, count(distinct player_lookup) as players,
    count(distinct bookmaker) as books from read_parquet({parts}) group by all"""
SURPLUS = """select game_date, sum(n - 1) from (
    select game_date, game_id, player_lookup, bookmaker, market_type, points_line, snapshot_timestamp, count(*) as n
    from read_parquet({parts}) group by all) where n > 1 group by all"""


def main():
    folder, what = sys.argv[1:]
    parts = sorted(str(p) for p in pathlib.Path(folder, "nba_raw/props").rglob("*.parquet"))
    db = duckdb.connect(config={"threads": 1})
    db.execute("select 1").fetchall()
    started = time.process_time()
    units = db.execute(UNITS.format(parts=parts)).fetchall()
    surplus = 0
    if what == "duplicates":
        # All at once is faster where it fits; by month is what bounds its memory as ours is bounded.
        for batch in [parts] if len(sys.argv) < 4 and sum(u[3] for u in units) < 5e6 else [[p] for p in parts]:
            surplus += sum(n for _, n in db.execute(SURPLUS.format(parts=batch)).fetchall())
    cpu = time.process_time() - started
    print(json.dumps({
        "cpu": cpu, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "rows": sum(u[3] for u in units),
        "units": len(units), "distinct": sum(u[4] + u[5] for u in units), "surplus": int(surplus)}))


main()
