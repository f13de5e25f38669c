//! What a person reads in the morning, and what they can paste.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::{Running, local};
use crate::gapless::{Done, GOOD, Place, SEASON, filled, gapless};

fn words(done: &Done) -> String {
    done.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A filler that fails, and says why in its output alone.
const FAILING: &str = "echo fetching\necho 'no route to provider' >&2\necho\nexit 1";

#[test]
fn a_date_is_found_without_naming_it_and_its_deadlines_are_instants() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]);
    let at = |args: &[&str]| here.run("explain", &[&["tc/t", "--now", "2026-01-05T11:00:00Z"], args].concat(), &[]);
    let newest = at(&[]);
    assert!(newest.out.starts_with("TableCoverage/t 2026-01-04: Missing/NoRows\n"), "{}{}", newest.out, newest.err);
    assert_eq!((at(&["yesterday"]).out, newest.code), (newest.out.clone(), Some(3)));
    assert!(
        words(&newest).contains("due 2026-01-05 06:00:00 UTC (5 h ago) late no; the deadline is "),
        "{}",
        newest.out
    );
    let today = at(&["today"]);
    assert!(words(&today).contains("due 2026-01-06 06:00:00 UTC (in 19 h)"), "{}", today.out);
    assert_eq!(today.code, Some(0), "nothing is due yet");
    let older = at(&["2026-01-03"]);
    assert!(words(&older).contains("late yes, since 2026-01-"), "{}", older.out);
    assert!(older.out.contains("What helps:\n  gapless local -f ") && older.out.contains(" --once\n"), "{}", older.out);
    assert_eq!(at(&["2026-13-01"]).code, Some(2));
}

#[test]
fn a_failed_date_shows_the_last_line_of_its_filler_and_the_command_that_helps() {
    let here = Place::new(&[SEASON, &filled(FAILING, "datesPerJob: 1")]);
    let done = local(&here);
    assert!(done.out.contains("Exhausted/Failed, 3 dates"), "{}{}", done.out, done.err);
    let story = here.run("explain", &["tc/t"], &[]);
    assert!(words(&story).contains("its output … no route to provider (all of it: --logs)"), "{}", story.out);
    let status = here.run("status", &[], &[]);
    assert!(
        words(&status).contains("Not done: TableCoverage/t 2026-01-05 and 2 more Exhausted/Failed:"),
        "{}",
        status.out
    );
    assert!(status.out.contains("      gapless explain -f "), "{}", status.out);
    let (_, helps) = story.out.split_once("\nWhat helps:\n").expect("there is a command");
    let command: Vec<&str> = helps.lines().next().unwrap().split_whitespace().collect();
    let pasted = gapless(&command[1..]);
    assert!(command[1] == "retry" && pasted.code == Some(0), "{command:?}: {}", pasted.err);
    assert!(here.path("gamedates/s-2026-01-05.yaml").exists(), "{}", pasted.out);
    let whole = here.run("explain", &["tc/t", "--logs"], &[]);
    assert!(whole.out.contains("\nfetching\nno route to provider\n"), "{}", whole.out);
}

#[test]
fn a_plan_says_how_much_it_is_how_long_it_takes_and_what_is_next() {
    let here = Place::new(&[SEASON, &filled(GOOD, "maxConcurrentJobs: 2\n    datesPerJob: 1")]);
    let plan = here.run("plan", &[], &[]);
    let total = "In total 3 Jobs for 3 dates, 1 of them as soon as a slot is free; how long is not known";
    assert!(words(&plan).contains(total), "{}", plan.out);
    assert_eq!(local(&here).code, Some(0));
    std::fs::remove_dir_all(here.path("data/t/day=2026-01-01")).unwrap();
    let again = here.run("plan", &[], &[]);
    assert!(words(&again).contains("by the median of earlier Jobs"), "{}{}", again.out, here.text("state/pace"));
    let early =
        Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]).run("plan", &["--now", "2026-01-05T12:00:00Z"], &[]);
    assert!(
        words(&early).ends_with("Next: TableCoverage/t 2026-01-05 is due 2026-01-06 06:00:00 UTC (in 18 h)"),
        "{}",
        early.out
    );
}

#[test]
fn a_page_that_is_watched_follows_the_data() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]);
    let mut command = here.command("status", &["--watch"]);
    let mut watching = Running(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(watching.0.stdout.take().unwrap()).lines();
    let mut next = |wanted: &str| lines.by_ref().map(Result::unwrap).find(|line| line.contains(wanted)).unwrap();
    next(" 40.0%");
    here.write("data/t/day=2026-01-05/part.csv", "x\n1\n");
    next(" 60.0%");
}
