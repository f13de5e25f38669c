//! Ending Jobs: by `stop`, and by Ctrl-C.

use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use super::{local, until};
use crate::gapless::{Done, GOOD, Place, SEASON, filled};

/// It writes nothing, and says when it began and whether it was asked to end.
const SLOW: &str = "trap 'echo asked >> asked; exit 3' TERM\necho $GAPLESS_DATES >> begun\nsleep 100 & wait";

fn started(here: &Place, args: &[&str]) -> Child {
    let mut command = here.command("local", &[&["--slow-start", "0s"], args].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Ctrl-C, as a terminal sends it to the process in front.
fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

fn end(child: Child) -> Done {
    let output: Output = child.wait_with_output().unwrap();
    Done::of(output)
}

#[test]
fn stop_ends_the_jobs_of_its_dates_by_their_grace_period_and_charges_nothing() {
    let patient = filled(SLOW, "datesPerJob: 1").replace("{initial: 1s, max: 1s}", "{initial: 4h}");
    let here = Place::new(&[SEASON, &patient]);
    let running = started(&here, &["--once"]);
    until(|| here.text("begun").lines().count() == 3);
    let none = here.run("stop", &["tc/t", "2026-01-01"], &[]);
    let told = "gapless: no running Job of TableCoverage/t covers 2026-01-01; 3 Jobs of it: ";
    assert!(none.code == Some(2) && none.err.starts_with(told), "{}", none.err);
    let done = here.run("stop", &["tc/t", "2026-01-03..2026-01-05"], &[]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    assert_eq!(done.out.lines().filter(|line| line.ends_with(": ended")).count(), 3, "{}", done.out);
    assert_eq!(here.text("asked").lines().count(), 3, "each got SIGTERM");
    let ended = end(running);
    assert_eq!(ended.code, Some(3), "{}{}", ended.out, ended.err);
    let story = here.run("explain", &["tc/t", "2026-01-03"], &[]);
    assert!(story.out.contains("Disrupted: stopped by gapless stop"), "{}", story.out);
    assert!(story.out.contains("0 of 2 on rung reload; last: Disrupted"), "{}", story.out);
}

#[test]
fn the_first_interrupt_waits_for_jobs_and_says_how_to_end_them() {
    let script = format!("echo $GAPLESS_DATES >> begun\nsleep 2\n{GOOD}");
    let here = Place::new(&[SEASON, &filled(&script, "datesPerJob: 1\n    maxConcurrentJobs: 1")]);
    let running = started(&here, &[]);
    until(|| here.path("begun").exists());
    interrupt(&running);
    let done = end(running);
    assert_eq!((done.code, here.runs().len()), (Some(3), 1), "one was running: {}{}", done.out, done.err);
    assert!(
        done.err.contains("Stopping: nothing more is launched. Waiting for 1 Job; Ctrl-C again ends"),
        "{}",
        done.err
    );
    assert!(done.err.contains("gapless stop -f "), "{}", done.err);
    assert!(done.out.contains("3 dates with gaps in 1 coverage: 1 filled, 2 remain\n"), "{}", done.out);
    assert_eq!((local(&here).code, here.runs().len()), (Some(0), 3), "nothing is left behind");
}

#[test]
fn the_second_interrupt_ends_jobs_by_their_grace_period() {
    let here = Place::new(&[SEASON, &filled(SLOW, "datesPerJob: 5")]);
    let running = started(&here, &["--once"]);
    until(|| here.path("begun").exists());
    let begun = Instant::now();
    interrupt(&running);
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(!here.path("asked").exists(), "the first ends no Job");
    interrupt(&running);
    let done = end(running);
    assert!(here.path("asked").exists() && begun.elapsed().as_secs() < 60, "{}{}", done.out, done.err);
    assert_eq!(done.code, Some(3), "{}", done.out);
    assert!(done.out.contains("Disrupted 2026-01-03..2026-01-05"), "{}", done.out);
    let story = here.run("explain", &["tc/t", "2026-01-03"], &[]);
    let told = story.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("stopped by Ctrl-C in the gapless that launched it"), "{}", story.out);
}

#[test]
fn an_interrupt_with_nothing_running_ends_at_once() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 5").replace("mode: Fill", "mode: Observe")]);
    let running = started(&here, &[]);
    until(|| here.path("state/lock").exists());
    std::thread::sleep(std::time::Duration::from_millis(500));
    interrupt(&running);
    assert_eq!(end(running).code, Some(3));
}
