//! What `local --once` waits for, and what it says of the rest.

use std::time::Instant;

use super::local;
use crate::gapless::{GOOD, Place, SEASON, filled};

const ONCE: [&str; 3] = ["--once", "--slow-start", "0s"];

/// A coverage whose failed dates wait for hours.
fn patient(script: &str) -> String {
    filled(script, "datesPerJob: 1").replace("{initial: 1s, max: 1s}", "{initial: 4h}")
}

/// This once waited through the whole backoff.
#[test]
fn once_ends_when_nothing_can_be_done_now_and_names_what_waits_and_until_when() {
    let here = Place::new(&[SEASON, &patient("exit 1")]);
    let begun = Instant::now();
    let done = local(&here);
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    assert_eq!(done.code, Some(3), "{}{}", done.out, done.err);
    assert!(done.out.contains("Waiting/Failed, 3 dates: 2026-01-03..2026-01-05"), "{}", done.out);
    let waits = done.out.split_once("\nWaits     for the next run, or for `--wait all`\n").unwrap().1;
    assert!(waits.contains("  until 20") && waits.contains(" UTC (in ") && waits.contains("2026-01-04"), "{waits}");
}

/// To end and to start again would take longer.
#[test]
fn a_retry_that_is_due_in_a_moment_is_part_of_the_run() {
    let script =
        format!("echo $GAPLESS_DATE >> tried\nif [ $(grep -c $GAPLESS_DATE tried) -lt 2 ]; then exit 1; fi\n{GOOD}");
    let here = Place::new(&[SEASON, &filled(&script, "datesPerJob: 1")]);
    let done = local(&here);
    assert_eq!((done.code, here.runs().len()), (Some(0), 3), "{}{}", done.out, done.err);
    assert!(done.out.contains("Found     3 dates with gaps in 1 coverage: 3 filled, 0 remain\n"), "{}", done.out);
}

#[test]
fn without_waiting_it_launches_and_leaves_its_jobs_to_the_next_run() {
    let here = Place::new(&[SEASON, &filled(&format!("sleep 3\n{GOOD}"), "datesPerJob: 5")]);
    let begun = Instant::now();
    let first = here.run("local", &[&ONCE[..], &["--wait", "none"]].concat(), &[]);
    assert_eq!(first.code, Some(3), "{}{}", first.out, first.err);
    assert!(here.runs().is_empty() && begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    assert!(first.out.contains("Launched  1 Job\n") && first.out.contains("3 remain\n"), "{}", first.out);
    assert!(first.err.contains("1 Job still runs") && first.err.contains("gapless stop -f "), "{}", first.err);
    let second = local(&here);
    assert_eq!((second.code, here.runs().len()), (Some(0), 3), "{}{}", second.out, second.err);
    assert!(second.out.contains("Found     3 dates with gaps in 1 coverage: 3 filled, 0 remain\n"), "{}", second.out);
    assert!(second.out.contains("Launched  0 Jobs\n"), "{}", second.out);
}

#[test]
fn a_run_ends_at_its_timeout_whatever_it_waits_for() {
    let here = Place::new(&[SEASON, &patient("exit 1")]);
    let begun = Instant::now();
    let done = here.run("local", &[&ONCE[..], &["--wait", "all", "--timeout", "4s"]].concat(), &[]);
    assert!((3..60).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert_eq!(done.code, Some(3), "{}{}", done.out, done.err);
    assert!(done.out.contains("\nWaits "), "{}", done.out);
    let wrong = here.run("local", &["--once", "--timeout", "soon"], &[]);
    assert!(wrong.code == Some(2) && wrong.err.contains("--timeout: "), "{}", wrong.err);
    assert_eq!(here.run("local", &["--timeout", "1m"], &[]).code, Some(2), "a run that watches has no end");
}
