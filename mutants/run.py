"""Breaks one rule at a time and checks that the tests of src/domain and src/engine fail.

    run.py [WORD...]          test the mutants whose file or sentence contains one of the words; without words, all
    run.py --list [WORD...]   list them
    run.py --jobs=2 [WORD...] test two at a time

Every entry of list.txt is a mutant. All of them are woven into one copy of both folders: a mutated function gets a match arm
for each of its mutants, and an environment variable selects one, so a single build serves all. Mutants that cannot be woven, in
constants or in functions that return `impl`, are built one at a time. The rest of the crate is not built, because neither folder
depends on it. A mutant that no test notices shows a rule without a test. That is an error, unless the entry says why the mutant
is equivalent.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CARGO = os.environ.get("CARGO", "cargo")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "gapless"
PLACE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", CACHE)) / "mutants"
FOLDERS = ["src/domain", "src/engine"]
# From the fastest tests to the slowest. The first failure is enough.
SLOW = ["engine::tests::launches", "engine::tests::schedules"]
STAGES = [["domain::"], ["engine::", "--skip", SLOW[0], "--skip", SLOW[1], "--skip", "engine::tests::faults"], SLOW, ["engine::tests::faults"]]
# All tests take less than a minute. A mutant that takes longer hangs, and counts as noticed.
TIMEOUT = 120
# Failures are not shrunk, because only their presence matters. A fixed seed gives the same result every time.
TESTS_SEE = {"PROPTEST_MAX_SHRINK_ITERS": "0", "PROPTEST_RNG_SEED": "1", "RUST_BACKTRACE": "0", "PROPTEST_DISABLE_FAILURE_PERSISTENCE": "1"}
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
LIBRARY = """extern crate alloc;
pub mod domain;
pub mod engine;

/// The number of the mutant that runs; 0 for none.
pub fn mutant() -> u32 {
    static ONE: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *ONE.get_or_init(|| std::env::var("MUTANT").ok().and_then(|n| n.parse().ok()).unwrap_or(0))
}
"""

Mutant = collections.namedtuple("Mutant", "number file breaks old new same")


def mutants(text):
    """The entries of the list, as blocks below the heading of their file."""
    file, number = None, 0
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip("\n").split("\n")
        if lines[0].startswith("# "):
            continue
        if lines[0].startswith("## "):
            file = lines[0][3:].strip()
            continue
        of = lambda mark: [line[2:] for line in lines[1:] if line[:1] == mark]
        if not of("-") or any(line[:1] not in "-+=" for line in lines[1:]):
            sys.exit(f"list.txt: '{lines[0]}' is not an entry: expected a sentence, lines of old text, lines of new text")
        number += 1
        yield Mutant(number, file, lines[0], "\n".join(of("-")), "\n".join(of("+")), " ".join(of("=")))


FUNCTION = re.compile(r"( *)(?:pub(?:\([a-z]+\))? )?fn ")


def functions(lines):
    """The function bodies of a formatted file that can have arms: the first line, and the line after the last."""
    at = 0
    while at < len(lines):
        begins = FUNCTION.match(lines[at])
        head = next((n for n in range(at, len(lines)) if lines[n].endswith(("{", ";"))), None) if begins else None
        if head is None or lines[head].endswith(";"):
            at += 1
            continue
        end = lines.index(begins.group(1) + "}", head)
        if "-> impl" not in " ".join(lines[at:head + 1]):
            yield head + 1, end
        at = end + 1


def weave(text, chosen):
    """The file with an arm for each mutant that lies within one function, and the mutant of each line of an arm."""
    lines = text.split("\n")
    bodies, arms = list(functions(lines)), collections.defaultdict(list)
    for mutant in chosen:
        before = text[:text.index(mutant.old)].count("\n")
        after = before + mutant.old.count("\n")
        body = next(((a, b) for a, b in bodies if a <= before and after < b), None)
        if body:
            arms[body].append(mutant)
    out, whose, at = [], {}, 0
    for (begin, end), own in sorted(arms.items()):
        out += lines[at:begin] + ["match crate::mutant() {"]
        body = "\n".join(lines[begin:end])
        for mutant in own:
            arm = [f"{mutant.number} => {{", *body.replace(mutant.old, mutant.new).split("\n"), "}"]
            whose.update((len(out) + 1 + n, mutant.number) for n in range(len(arm)))
            out += arm
        out += ["_ => {", *lines[begin:end], "}", "}"]
        at = end
    return "\n".join(out + lines[at:]), whose


def prepare(chosen):
    """Writes both folders as a separate crate, with an arm for each of these mutants. Unchanged files keep their timestamps."""
    write(PLACE / "Cargo.toml", MANIFEST)
    write(PLACE / "Cargo.lock", (ROOT / "Cargo.lock").read_text())
    write(PLACE / "src/lib.rs", LIBRARY)
    ours = {file.relative_to(ROOT) for folder in FOLDERS for file in (ROOT / folder).rglob("*.rs")}
    for old in {file.relative_to(PLACE) for folder in FOLDERS for file in (PLACE / folder).rglob("*.rs")} - ours:
        (PLACE / old).unlink()
    whose = {}
    for file in ours:
        text, whose[str(file)] = weave((ROOT / file).read_text(), [m for m in chosen if m.file == str(file)])
        write(PLACE / file, text)
    # Tests include these.
    for text in [text for folder in FOLDERS for text in (ROOT / folder).rglob("*.txt")]:
        write(PLACE / text.relative_to(ROOT), text.read_text())
    return whose


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def cargo(*arguments):
    environment = {**os.environ, "CARGO_TARGET_DIR": str(PLACE / "target"), "CARGO_INCREMENTAL": "1", "RUSTFLAGS": "-Awarnings"}
    ran = subprocess.run([CARGO, *arguments, "--message-format", "json"], cwd=PLACE, env=environment, capture_output=True, text=True)
    messages = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    errors = [m["message"] for m in messages if m["reason"] == "compiler-message" and m["message"]["level"] == "error"]
    return ran.returncode == 0, messages, errors, ran.stderr


def woven(chosen):
    """The mutants that have an arm in the copy, because they compile there."""
    while True:
        whose = prepare(chosen)
        fine, _, errors, text = cargo("check", "--tests")
        if fine:
            return {number for file in whose.values() for number in file.values()}
        spans = [span for error in errors for span in error["spans"] if span["is_primary"]]
        bad = {whose.get(span["file_name"], {}).get(span["line_start"]) for span in spans} - {None}
        if not bad:
            raise SystemExit("\n".join(error["rendered"] for error in errors) or text)
        chosen = [m for m in chosen if m.number not in bad]


def build():
    """The test binary, or the error of its build."""
    fine, messages, errors, text = cargo("test", "--lib", "--no-run")
    binary = next((m["executable"] for m in messages if m.get("executable") and m["profile"]["test"]), None)
    return (binary, "") if fine and binary else (None, errors[0]["message"] if errors else text[-300:])


def caught_by(binary, mutant, stages):
    """The first test that fails, or None."""
    for stage in stages:
        environment = {**os.environ, **TESTS_SEE, "MUTANT": str(mutant)}
        try:
            ran = subprocess.run([binary, *stage], cwd=PLACE, env=environment, capture_output=True, text=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return f"{stage[0]} hangs"
        if ran.returncode != 0:
            failed = re.findall(r"^test (\S+) .*FAILED$", ran.stdout, re.M)
            return failed[0] if failed else f"{stage[0]} crashes"
    return None


def judge(mutant, binary):
    """The result for a mutant that has an arm."""
    # The domain does not depend on the engine, so its mutants can be caught by the domain's own tests first.
    stages = STAGES if mutant.file.startswith("src/domain") else STAGES[1:]
    test = caught_by(binary, mutant.number, stages)
    return ("caught", test) if test else ("same", mutant.same) if mutant.same else ("SURVIVED", "")


def judge_alone(mutant):
    """The result for a mutant without an arm, built alone. The unchanged function is the last arm, so replace the last match."""
    path = PLACE / mutant.file
    text = path.read_text()
    before, _, after = text.rpartition(mutant.old)
    path.write_text(before + mutant.new + after)
    try:
        binary, why = build()
        return judge(mutant._replace(number=0), binary) if binary else ("does not compile", why)
    finally:
        path.write_text(text)


def run(chosen, jobs):
    """Yields each mutant with its result, as results arrive."""
    arms = woven(chosen)
    alone = [m for m in chosen if m.number not in arms]
    print(f"{len(arms)} mutants in one build, {len(alone)} alone", flush=True)
    binary, why = build()
    test = caught_by(binary, 0, STAGES) if binary else why
    if test:
        raise SystemExit(f"without a mutant: {test}")
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        sent = {pool.submit(judge, m, binary): m for m in chosen if m.number in arms}
        for done in concurrent.futures.as_completed(sent):
            yield sent[done], *done.result()
    for mutant in alone:
        yield mutant, *judge_alone(mutant)


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    jobs = int(next((word[7:] for word in sys.argv if word.startswith("--jobs=")), 1))
    entries = mutants((ROOT / "mutants/list.txt").read_text())
    chosen = [m for m in entries if not words or any(word in m.file or word in m.breaks for word in words)]
    if "--list" in sys.argv:
        return print("\n".join(f"{m.file}: {m.breaks}" for m in chosen))
    stale = [m for m in chosen if (ROOT / m.file).read_text().count(m.old) != 1]
    if stale:
        raise SystemExit("these entries do not apply exactly once:\n" + "\n".join(f"{m.file}: {m.breaks}" for m in stale))
    counts, begun = collections.Counter(), time.monotonic()
    for at, (mutant, what, why) in enumerate(run(chosen, jobs), 1):
        counts[what] += 1
        took = time.monotonic() - begun
        print(f"{at}/{len(chosen)} {took:.0f} s {what:<8} {mutant.file}: {mutant.breaks}{' ' if why else ''}{why}", flush=True)
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())) + f", of {len(chosen)} mutants")
    sys.exit(1 if set(counts) - {"caught", "same"} else 0)


if __name__ == "__main__":
    main()
