//! `gapless local` is killed before, during and after every write, and restarted. The result is the same, without a
//! lost or doubled attempt. Uses real processes and a real disk.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use super::gapless::{GOOD, Place, SEASON, filled};

/// Kills at write `n`, for increasing `n`, until a run survives. Returns the number of writes.
fn at_every_write(place: &str) -> u32 {
    for n in 1.. {
        let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 2")]);
        let died =
            here.run("local", &["--once", "--slow-start", "0s"], &[("GAPLESS_DIE_AT_WRITE", &format!("{n}{place}"))]);
        if died.code.is_some() {
            assert_eq!(died.code, Some(0), "{}{}", died.out, died.err);
            return n;
        }
        let done = here.run("local", &["--once", "--slow-start", "0s"], &[]);
        assert_eq!(done.code, Some(0), "after dying at write {n}{place}: {}{}", done.out, done.err);
        assert_eq!(here.runs(), ["2026-01-03", "2026-01-04", "2026-01-05"], "after dying at write {n}{place}");
        let again = here.run("local", &["--once"], &[]);
        assert!(again.out.contains("Launched  0 Jobs"), "{}", again.out);
    }
    unreachable!("a run ends")
}

#[test]
fn dying_before_any_write_changes_nothing_in_the_end() {
    assert!(at_every_write("") > 5, "the script is worth dying for");
}

#[test]
fn dying_in_the_middle_of_any_write_changes_nothing_in_the_end() {
    at_every_write(":middle");
}

#[test]
fn dying_after_any_write_changes_nothing_in_the_end() {
    at_every_write(":after");
}

#[test]
fn a_job_outlives_gapless_and_is_found_again() {
    let slow = format!("sleep 2\n{GOOD}");
    let here = Place::new(&[SEASON, &filled(&slow, "datesPerJob: 3")]);
    let binary = env!("CARGO_BIN_EXE_gapless");
    let mut first = std::process::Command::new(binary)
        .args(["local", "--once", "--slow-start", "0s", "-f"])
        .arg(here.folder.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !here
        .path("state/jobs")
        .read_dir()
        .is_ok_and(|mut d| d.any(|j| j.is_ok_and(|j| j.path().join("started").exists())))
    {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(here.runs().is_empty(), "its Job has only begun");
    let done = here.run("local", &["--once", "--slow-start", "0s"], &[]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    assert_eq!(
        here.runs(),
        ["2026-01-03", "2026-01-04", "2026-01-05"],
        "run once, by the Job that outlived its master"
    );
}

/// Runs a filler to the end, and kills its runner as soon as the filler has left its first trace.
fn without_runner(here: &Place) -> Option<i32> {
    let mut gapless = here.command("local", &["--once", "--slow-start", "0s"]).stdout(Stdio::null()).spawn().unwrap();
    let runner = loop {
        match runner_of(here.folder.path()).filter(|_| here.path("begun").exists()) {
            Some(pid) => break pid,
            None => std::thread::sleep(std::time::Duration::from_millis(10)),
        }
    };
    assert!(Command::new("kill").args(["-9", &runner]).status().unwrap().success());
    gapless.wait().unwrap().code()
}

/// A runner that dies leaves its filler alive: the dates stay taken, and the data decides. The lock shows that the
/// filler lives or, if the filler has released it, its session.
#[test]
fn a_filler_outlives_its_runner_and_keeps_its_dates() {
    for lets_go in ["", "exec </dev/null\n"] {
        let slow = format!("{lets_go}touch begun\nsleep 2\n{GOOD}");
        let here = Place::new(&[SEASON, &filled(&slow, "datesPerJob: 3")]);
        assert_eq!(without_runner(&here), Some(0));
        assert_eq!(here.runs(), ["2026-01-03", "2026-01-04", "2026-01-05"], "no second Job beside the filler");
    }
}

#[test]
fn a_filler_without_runner_ends_at_its_deadline() {
    let hangs = format!("if [ ! -e begun ]; then touch begun; sleep 60; fi\n{GOOD}");
    let here = Place::new(&[SEASON, &filled(&hangs, "datesPerJob: 3\n    deadline: 2s")]);
    let began = std::time::Instant::now();
    assert_eq!(without_runner(&here), Some(0));
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
    let told = here.run("explain", &["t", "2026-01-03"], &[]).out;
    assert!(told.contains("deadline"), "{told}");
}

/// A pipe without a writer replaces a file that the verbs read.
#[test]
fn a_filler_that_replaces_its_termination_log_by_a_pipe_holds_no_verb_up() {
    let pipes = format!("{GOOD}\nrm -f $GAPLESS_TERMINATION_LOG\nmkfifo $GAPLESS_TERMINATION_LOG");
    let here = Place::new(&[SEASON, &filled(&pipes, "datesPerJob: 3")]);
    assert_eq!(here.run("local", &["--once", "--slow-start", "0s"], &[]).code, Some(0));
    assert_eq!(here.run("status", &[], &[]).code, Some(0));
}

/// The outcome is in the ledger, so nothing depends on the file any more.
#[test]
fn a_settled_job_whose_end_cannot_be_read_is_reported_and_blocks_nothing() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 3")]);
    assert_eq!(here.run("local", &["--once", "--slow-start", "0s"], &[]).code, Some(0));
    let job = here.path("state/jobs").read_dir().unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(job.join("end")).unwrap();
    std::fs::create_dir(job.join("end")).unwrap();
    for (verb, args) in [("local", &["--once"][..]), ("status", &[])] {
        let done = here.run(verb, args, &[]);
        assert_eq!(done.code, Some(0), "{verb}: {}", done.err);
        assert_eq!(done.err.matches("cannot be read").count(), 1, "{verb}: {}", done.err);
    }
}

/// The processes of a container end with its first one. A date is free only when no process writes to it any more.
#[test]
fn what_a_filler_leaves_behind_ends_with_it() {
    for leaves in ["", "setsid "] {
        let forks = format!("{leaves}sh -c 'sleep 1; echo late >> runs' &\nsleep 0.2\necho first >> runs");
        let here = Place::new(&[SEASON, &filled(&forks, "datesPerJob: 3")]);
        here.run("local", &["--once", "--slow-start", "0s"], &[]);
        std::thread::sleep(std::time::Duration::from_millis(1_500));
        assert_eq!(here.runs().iter().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(["first"]));
    }
}

/// The process that runs a Job below a folder.
pub fn runner_of(folder: &Path) -> Option<String> {
    let is_ours = |pid: &String| {
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.contains("run-job") && line.contains(folder.to_str().unwrap())
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes.map(|entry| entry.file_name().to_string_lossy().into_owned()).find(is_ours)
}
