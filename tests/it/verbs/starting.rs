//! `init` and `fields`: how a new user begins.

use std::fs;
use std::process::Command;

use super::Done;

/// A folder with a table of ten days that `init` may watch.
fn folder() -> tempfile::TempDir {
    let here = tempfile::tempdir().unwrap();
    fs::create_dir_all(here.path().join("data/orders")).unwrap();
    let rows: String = (1..=10).map(|day| format!("2026-01-{day:02},{day}\n")).collect();
    fs::write(here.path().join("data/orders/2026.csv"), format!("day,order_id\n{rows}")).unwrap();
    here
}

fn gapless(here: &tempfile::TempDir, args: &[&str]) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gapless"));
    command.current_dir(here.path()).env_remove("GAPLESS_FILES_ROOT").env("TZ", "UTC").args(args);
    Done::of(command.output().unwrap())
}

const NOW: [&str; 2] = ["--now", "2026-02-10T00:00:00Z"];

#[test]
fn init_writes_manifests_that_it_checked_and_never_overwrites_them_unasked() {
    let here = folder();
    let first = gapless(&here, &[&["init", "data"][..], &NOW].concat());
    assert_eq!(first.code, Some(0), "{}", first.err);
    for part in
        ["Wrote season.yaml, orders.yaml to .", "3 objects in 2 files, no problem", "10/10", "gapless calendar -f .\n"]
    {
        assert!(first.out.contains(part), "{part}: {}", first.out);
    }
    let again = gapless(&here, &[&["init", "data"][..], &NOW].concat());
    assert_eq!(again.code, Some(2));
    assert!(again.err.contains("has these files: season.yaml, orders.yaml; use --force"), "{}", again.err);
    assert_eq!(gapless(&here, &[&["init", "data", "--force"][..], &NOW].concat()).code, Some(0));
}

#[test]
fn init_prints_manifests_and_writes_nothing() {
    let here = folder();
    let printed = gapless(&here, &["init", "data", "-o", "-"]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(printed.out.contains("kind: TableCoverage") && printed.err.contains("What the data does not say"));
    assert_eq!(fs::read_dir(here.path()).unwrap().count(), 1);
}

#[test]
fn init_takes_the_folder_of_one_table_and_manifests_in_another_place() {
    let here = folder();
    let done = gapless(&here, &[&["init", "data/orders", "-o", "manifests"][..], &NOW].concat());
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.contains("10/10") && done.out.contains(" --files-root "), "{}", done.out);
}

#[test]
fn init_says_why_there_is_nothing_to_propose() {
    let here = tempfile::tempdir().unwrap();
    fs::create_dir_all(here.path().join("data/logs/2026-01-02")).unwrap();
    fs::write(here.path().join("data/logs/2026-01-02/a.csv"), "x\n1\n").unwrap();
    let done = gapless(&here, &["init", "data"]);
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("logs: has folders that are named by a date alone"), "{}", done.err);
}

#[test]
fn fields_are_described_and_an_unknown_one_is_answered_with_the_nearest() {
    let here = folder();
    assert!(gapless(&here, &["fields", "tc.spec.due"]).out.contains("When a date is due"));
    let unknown = gapless(&here, &["fields", "tc.spec.duee"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.err.contains("did you mean `TableCoverage.spec.due`?"), "{}", unknown.err);
}
