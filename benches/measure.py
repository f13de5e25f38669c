"""Runs each measurement of benches/README.md and prints it beside its limit.

    measure.py CACHE GAPLESS KERNEL PASS        run.sh brings all four

CPU seconds of processes of their own, never wall time: a busy machine changes the clock, hardly the work. What is
compared runs in turns, A B A B, and the median counts. A wrong answer is an error, not a slow one.

A limit in milliseconds was set on another machine. DuckDB is the yardstick: how long it takes here, of what it took there.
A figure beyond its limit is missed whatever the yardstick says; what it would be there is told beside it, as a guess.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

CACHE, GAPLESS, KERNEL, PASS = pathlib.Path(sys.argv[1]), *sys.argv[2:5]
HERE = pathlib.Path(__file__).parent
PAIRS = {"S": 9, "M": 5, "shuffled": 5}
LIMITS = {"coverage": 0.7, "duplicates": 0.4}
MIB = 1 << 20
# CPU seconds of DuckDB on S, on the machine of the limits (24 November 2026): medians of nine.
YARDSTICK = {"coverage": 0.065, "duplicates": 0.244}
TABLES = {"props": "nba_raw.props", "boxscores": "nba_raw.boxscores", "features": "nba_features.features",
          "predictions": "nba_predictions.predictions", "grading": "nba_predictions.grading"}


def line(what, measured, limit="", holds=True):
    print(f"{what:<66} {measured:>22}   {limit:>12}   {'ok' if holds else 'MISSED'}", flush=True)


def timed(what, ms, limit, slower):
    """A limit in milliseconds, on a machine that takes so many times as long as that of the limits."""
    digits = 0 if limit >= 100 else 1 if limit >= 10 else 2
    line(what, f"{ms:.{digits}f} ms", f"{limit} ms", ms <= limit)
    line("  there, by the yardstick", f"{ms / slower:.{digits}f} ms")


def duckdb(scale, what):
    return run(sys.executable, str(HERE / "reference.py"), str(CACHE / scale / "data"), what)


def yardstick():
    """How many times as long as the machine of the limits this one takes, now."""
    took = {what: statistics.median(duckdb("S", what)["cpu"] for _ in range(7)) for what in YARDSTICK}
    slower = statistics.mean(took[what] / there for what, there in YARDSTICK.items())
    line("this machine, by DuckDB: CPU, of what it takes where the limits hold", f"{slower:.2f}")
    return slower


def run(*args):
    """A program's JSON; with what it cost."""
    return json.loads(subprocess.run(args, check=True, capture_output=True, text=True).stdout)


def process(*args):
    """CPU seconds and peak of a process that may say that gaps remain, and what it wrote."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(args, stdout=out)
        _, status, usage = os.wait4(child.pid, 0)
        if os.waitstatus_to_exitcode(status) not in (0, 3):
            sys.exit(f"{args} ended with {os.waitstatus_to_exitcode(status)}")
        out.seek(0)
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, out.read()


def kernel():
    for scale, pairs in PAIRS.items():
        for what, limit in LIMITS.items():
            ours, theirs = [], []
            for _ in range(pairs):
                ours.append(run(KERNEL, str(CACHE / scale / "data"), what))
                theirs.append(duckdb(scale, what))
            same = ["rows", "units", "distinct"] + (["surplus"] if what == "duplicates" else [])
            for name in same:
                if ours[0][name] != theirs[0][name]:
                    sys.exit(f"{scale} {what}: {name} is {ours[0][name]}, DuckDB says {theirs[0][name]}")
            a, b = (statistics.median(r["cpu"] for r in runs) for runs in (ours, theirs))
            ratio = statistics.median(x["cpu"] / y["cpu"] for x, y in zip(ours, theirs))
            line(f"kernel, {scale}, {what}: CPU of ours / DuckDB's", f"{a:.3f} / {b:.3f} = {ratio:.2f}", f"{limit}", ratio <= limit)
            peak = max(r["peak"] for r in ours) / MIB
            line(f"kernel, {scale}, {what}: peak memory", f"{peak:.0f} MiB", "100 MiB", peak <= 100)


def whole():
    """`gapless plan` as a process: on nothing known, again, and after one date of one table has changed."""
    world = HERE / "world"
    one_table = ["-f", str(world / "season.yaml"), "-f", str(world / "boxscores.yaml")]
    slower = yardstick()
    cold, again, changed = plans("-f", str(world))
    timed("gapless plan, six tables at S, nothing known: CPU", cold, 300, slower)
    timed("gapless plan again, nothing changed: CPU", again, 20, slower)
    line("  with one changed date of one of the six", f"{changed:.1f} ms")
    _, again, changed = plans(*one_table)
    timed("re-audit of one changed date of a table partitioned by date: CPU", changed, 15, slower)
    line("  the same table with nothing changed", f"{again:.1f} ms")


def plans(*manifests):
    """Milliseconds of CPU of a whole process: nothing known, nothing changed, one date of the box scores changed."""
    with tempfile.TemporaryDirectory(dir=CACHE) as place:
        place = pathlib.Path(place)
        shutil.copytree(CACHE / "S" / "data" / "nba_raw" / "boxscores", place / "data" / "nba_raw" / "boxscores")
        for table in ["nba_raw/props", "nba_raw/schedule", "nba_features", "nba_predictions"]:
            shutil.copytree(CACHE / "S" / "data" / table, place / "data" / table, copy_function=os.link)
        plan = [GAPLESS, "plan", *manifests, "--files-root", str(place), "--state", str(place / "state")]
        age(place / "data")
        # Nobody can set when a folder changed: a young one is listed again, and in life they are old.
        time.sleep(3.1)
        parts = sorted((place / "data/nba_raw/boxscores").glob("*/part.parquet"))
        cold, again, changed = [], [], []
        for n in range(9):
            shutil.rmtree(place / "state", ignore_errors=True)
            cold.append(process(*plan)[0])
            again.extend(process(*plan)[0] for _ in range(3))
            part = parts[100 + n]
            shutil.copyfile(parts[n], aside := part.with_name("_new"))
            os.utime(aside, (1_700_000_000 + n, 1_700_000_000 + n))
            os.replace(aside, part)
            changed.append(process(*plan)[0])
        return (statistics.median(times) * 1e3 for times in (cold, again, changed))


def age(folder):
    """A part younger than two seconds is not settled yet: these were written long ago."""
    for part in folder.rglob("*.parquet"):
        os.utime(part, (1_600_000_000, 1_600_000_000))


def exact():
    for scale in PAIRS:
        truth = json.loads((CACHE / scale / "data" / "truth.json").read_text())
        with tempfile.TemporaryDirectory() as state:
            said = process(GAPLESS, "calendar", "-o", "json", "-f", str(HERE / "world"), "--files-root", str(CACHE / scale), "--state", state)
        coverages = {c["name"]: c["cells"] for c in json.loads(said[2])["coverages"]}
        for name, table in TABLES.items():
            if table not in truth:
                continue
            open_ = {c["date"]: c["reason"] for c in coverages[name] if c["state"] not in ("Complete", "NotExpected")}
            twice = {date for date, reason in open_.items() if reason == "Duplicated"}
            injected = {date for date, kind in truth[table].items() if kind == "duplicates"}
            lost, extra = set(truth[table]) - set(open_), set(open_) - set(truth[table])
            right = f"{len(open_)} of {len(truth[table])}, {len(twice)} of {len(injected)}"
            line(f"exact, {scale}, {name}: gap dates, duplicate dates", right, "all, no more", not lost and not extra and twice == injected)


def passes():
    slower = yardstick()
    limits = {25_200: ("a pass over 25,200 cells", 10, 0.5), 1_000_000: ("a pass over 1,000,000 cells", 500, None)}
    for text in subprocess.run([PASS], check=True, capture_output=True, text=True).stdout.splitlines():
        measured = json.loads(text)
        name, full, change = limits[measured["cells"]]
        timed(f"{name}, all judged", measured["full_ms"], full, slower)
        if change:
            timed(f"{name}, one change", measured["change_ms"], change, slower)
        else:
            line(f"{name}, one change", f"{measured['change_ms']:.2f} ms")
        line(f"{name}, none", f"{measured['rest_ms']:.3f} ms")
        line(f"{name}, memory", f"{measured['rss'] / MIB:.0f} MiB, {measured['rss'] / measured['cells']:.0f} B a cell")


def main():
    size = os.path.getsize(GAPLESS) / MIB
    line("release binary, stripped", f"{size:.1f} MiB", "30 MB", size * MIB <= 30e6)
    passes()
    exact()
    whole()
    kernel()


if __name__ == "__main__":
    main()
