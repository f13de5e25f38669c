"""Breaks one rule after the other and sees that the tests of src/domain and src/engine fail.

    run.py [WORD...]          only mutants of which the file or the sentence has one of the words
    run.py --list [WORD...]   names them
    run.py --jobs=2 [WORD...] two at a time, each in a crate of its own

Every entry of list.txt is a mutant: applied to a copy of both folders, built and tested. Nothing else of the crate is built,
for both depend on nothing else of it. A mutant that no test notices is a rule that no test holds: it is an error unless its
entry says why the program is the same.
"""
import collections
import concurrent.futures
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CARGO = os.environ.get("CARGO", "cargo")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "gapless"
PLACE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", CACHE)) / "mutants"
FOLDERS = ["src/domain", "src/engine"]
# From the fastest tests to the slowest; the first that fails is enough.
STAGES = [["domain::"], ["engine::", "--skip", "engine::tests::faults"], ["engine::tests::faults"]]
# The whole takes less than a minute: what takes longer hangs, and that is noticed.
TIMEOUT = 300
DEPENDENCIES = ["jiff", "serde_json", "tokio", "proptest"]
# Found failures are shrunk for people: here that they are found is enough. One seed: the same end each time.
TESTS_SEE = {"PROPTEST_MAX_SHRINK_ITERS": "0", "PROPTEST_RNG_SEED": "1", "RUST_BACKTRACE": "0"}
MANIFEST = """[package]
name = "gapless"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
jiff = { version = "0.2", default-features = false, features = ["std", "tzdb-bundle-always"] }
serde_json = "1"
tokio = { version = "1", features = ["rt", "rt-multi-thread", "macros", "time", "sync", "test-util"] }
proptest = "1.12"

[profile.dev]
opt-level = 1
debug = false
incremental = true
"""

Mutant = collections.namedtuple("Mutant", "file breaks old new same")


def mutants(text):
    """The entries of the list: blocks under the heading of their file."""
    file = None
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip("\n").split("\n")
        if lines[0].startswith("# "):
            continue
        if lines[0].startswith("## "):
            file = lines[0][3:].strip()
            continue
        of = lambda mark: [line[2:] for line in lines[1:] if line[:1] == mark]
        if not of("-") or any(line[:1] not in "-+=" for line in lines[1:]):
            sys.exit(f"list.txt: '{lines[0]}' is no entry: a sentence, lines of old text, lines of new text")
        yield Mutant(file, lines[0], "\n".join(of("-")), "\n".join(of("+")), " ".join(of("=")))


def prepare(place):
    """The two folders as a crate of their own. What did not change keeps its time, so little is built again."""
    write(place / "Cargo.toml", MANIFEST)
    write(place / "Cargo.lock", (ROOT / "Cargo.lock").read_text())
    write(place / "src/lib.rs", "extern crate alloc;\npub mod domain;\npub mod engine;\n")
    ours = {file.relative_to(ROOT) for folder in FOLDERS for file in (ROOT / folder).rglob("*.rs")}
    for old in {file.relative_to(place) for folder in FOLDERS for file in (place / folder).rglob("*.rs")} - ours:
        (place / old).unlink()
    for file in ours:
        write(place / file, (ROOT / file).read_text())
    binary, errors = build(place)
    test = caught_by(place, binary, STAGES) if binary else "the build"
    if test:
        sys.exit(f"{test} fails without a mutant\n{errors}")
    return place


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def build(place):
    """The test binary, or nothing where it does not compile."""
    arguments = ["test", "--lib", "--no-run", "--message-format", "json-render-diagnostics", "--quiet"]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(place / "target"), "CARGO_INCREMENTAL": "1", "RUSTFLAGS": "-Awarnings"}
    built = subprocess.run([CARGO, *arguments], cwd=place, env=environment, capture_output=True, text=True)
    found = re.search(r'"executable":"([^"]+)"', built.stdout)
    return (found.group(1), "") if built.returncode == 0 and found else (None, built.stderr)


def caught_by(place, binary, stages):
    """The test that fails first, or nothing."""
    for stage in stages:
        shutil.rmtree(place / "proptest-regressions", ignore_errors=True)
        try:
            environment = {**os.environ, **TESTS_SEE}
            ran = subprocess.run([binary, *stage], cwd=place, env=environment, capture_output=True, text=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return f"{stage[0]} hangs"
        if ran.returncode != 0:
            failed = re.findall(r"^test (\S+) .*FAILED$", ran.stdout, re.M)
            return failed[0] if failed else f"{stage[0]} falls"
    return None


def judge(place, mutant):
    """What became of a mutant, in one word and a text."""
    path = place / mutant.file
    text = path.read_text()
    if text.count(mutant.old) != 1:
        return "does not apply", f"its old text stands {text.count(mutant.old)} times in {mutant.file}"
    path.write_text(text.replace(mutant.old, mutant.new))
    try:
        binary, errors = build(place)
        if not binary:
            return "does not compile", next(iter(re.findall(r"^error.*", errors, re.M)), errors[-200:])
        # The domain knows nothing of the engine.
        stages = STAGES if mutant.file.startswith("src/domain") else STAGES[1:]
        test = caught_by(place, binary, stages)
        return ("caught", test) if test else ("same", mutant.same) if mutant.same else ("SURVIVED", "")
    finally:
        path.write_text(text)


def run(chosen, jobs):
    """Each mutant with what became of it, as it comes."""
    free = queue.Queue()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for place in pool.map(prepare, [PLACE / str(n) for n in range(jobs)]):
            free.put(place)

        def one(mutant):
            place, begun = free.get(), time.monotonic()
            try:
                return mutant, *judge(place, mutant), time.monotonic() - begun
            finally:
                free.put(place)

        for done in concurrent.futures.as_completed([pool.submit(one, mutant) for mutant in chosen]):
            yield done.result()


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    jobs = int(next((word[7:] for word in sys.argv if word.startswith("--jobs=")), 1))
    chosen = [m for m in mutants((ROOT / "mutants/list.txt").read_text()) if not words or any(w in m.file or w in m.breaks for w in words)]
    if "--list" in sys.argv:
        return print("\n".join(f"{m.file}: {m.breaks}" for m in chosen))
    counts = collections.Counter()
    for at, (mutant, what, why, took) in enumerate(run(chosen, jobs), 1):
        counts[what] += 1
        print(f"{at}/{len(chosen)} {what:<8} {mutant.file}: {mutant.breaks}{' ' if why else ''}{why} ({took:.0f} s)", flush=True)
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())) + f", of {len(chosen)} mutants")
    sys.exit(1 if set(counts) - {"caught", "same"} else 0)


if __name__ == "__main__":
    main()
