//! Outside changes to the state folder and to the processes of a Job, during and between runs of `gapless local`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::gapless::{Done, GOOD, Place, SEASON, filled};
use super::kill::runner_of;

const ONCE: [&str; 3] = ["--once", "--slow-start", "0s"];

fn begun(here: &Place) -> Child {
    here.command("local", &ONCE).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn ended(child: Child) -> Done {
    Done::of(child.wait_with_output().unwrap())
}

fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        match look() {
            Some(found) => return found,
            None => std::thread::sleep(Duration::from_millis(10)),
        }
        assert!(began.elapsed() < Duration::from_secs(60), "it never comes");
    }
}

/// The folder of the only Job.
fn job(here: &Place) -> PathBuf {
    wait_for(|| Some(here.path("state/jobs").read_dir().ok()?.next()?.ok()?.path()))
}

fn signal(signal: &str, pid: &str) {
    assert!(Command::new("kill").args([signal, pid]).status().unwrap().success());
}

/// The runner of the only Job, once its filler has written its first line.
fn runner(here: &Place) -> String {
    wait_for(|| runner_of(here.folder.path()).filter(|_| here.path("begun").exists()))
}

fn pipe(path: &Path) {
    let _ = fs::remove_file(path);
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_pipe_in_the_place_of_a_file_of_the_state_holds_nothing_up() {
    for (file, code, seen) in [("journal", 1, 1), ("lock", 1, 3), ("told", 0, 0), ("facts", 0, 0)] {
        let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 3")]);
        fs::create_dir(here.path("state")).unwrap();
        pipe(&here.path(&format!("state/{file}")));
        let done = here.run("local", &ONCE, &[]);
        assert_eq!(done.code, Some(code), "{file}: {}", done.err);
        let told = format!("`{file}` is a named pipe, not a file; move it away");
        assert_eq!(done.err.contains(&told), code == 1, "{file}: {}", done.err);
        assert_eq!(here.run("status", &[], &[]).code, Some(seen), "{file}");
    }
}

#[test]
fn a_folder_in_place_of_an_optional_file_is_reported() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 3")]);
    ["told", "facts"].iter().for_each(|file| fs::create_dir_all(here.path(&format!("state/{file}"))).unwrap());
    let done = here.run("local", &ONCE, &[]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    for file in ["told", "facts"] {
        assert!(done.err.contains(&format!("`{file}` is a folder, not a file; move it away")), "{}", done.err);
    }
}

#[test]
fn the_outcome_of_a_filler_that_ends_while_the_state_is_away_is_stored() {
    let here = Place::new(&[SEASON, &filled(&format!("{GOOD}\nmv state away"), "datesPerJob: 3")]);
    let gapless = begun(&here);
    wait_for(|| here.path("away/jobs").read_dir().ok()?.next()?.ok()?.path().join("end").exists().then_some(()));
    fs::rename(here.path("away"), here.path("state")).unwrap();
    let done = ended(gapless);
    assert!(done.code == Some(0) && done.out.contains("3 Filled"), "{}{}", done.out, done.err);
    assert!(!done.out.contains("Lost"), "{}", done.out);
}

/// A folder that is copied back has a new identity.
#[test]
fn the_outcome_of_a_filler_is_stored_in_a_copy_of_its_folder() {
    let script = "if [ ! -e begun ]; then touch begun; cp -r state copy; rm -r state; fi\nexit 65";
    let here = Place::new(&[SEASON, &filled(script, "datesPerJob: 3")]);
    let mut gapless = begun(&here);
    wait_for(|| (here.path("copy/jobs").exists() && !here.path("state").exists()).then_some(()));
    gapless.kill().unwrap();
    gapless.wait().unwrap();
    fs::rename(here.path("copy"), here.path("state")).unwrap();
    wait_for(|| job(&here).join("end").exists().then_some(()));
    let told = here.run("local", &ONCE, &[]).out;
    assert!(told.contains("Permanent") && !told.contains("Lost"), "{told}");
}

fn hangs() -> Place {
    let script = format!("if [ ! -e begun ]; then touch begun; sleep 600; fi\n{GOOD}");
    Place::new(&[SEASON, &filled(&script, "datesPerJob: 3\n    deadline: 3s")])
}

/// No file says when the Job began, and no process would end it.
#[test]
fn a_filler_without_runner_and_without_the_file_that_says_that_it_began_ends_at_its_deadline() {
    let here = hangs();
    let (gapless, runner) = (begun(&here), runner(&here));
    fs::remove_file(job(&here).join("started")).unwrap();
    signal("-9", &runner);
    let done = ended(gapless);
    assert!(done.code == Some(0) && done.out.contains("deadline"), "{}{}", done.out, done.err);
}

#[test]
fn a_filler_whose_runner_was_stopped_ends_at_its_deadline() {
    let here = hangs();
    let (gapless, runner) = (begun(&here), runner(&here));
    signal("-STOP", &runner);
    let done = ended(gapless);
    assert!(done.code == Some(0) && done.out.contains("deadline"), "{}{}", done.out, done.err);
}

#[test]
fn a_job_whose_folder_is_removed_keeps_its_dates_while_it_lives() {
    let script = format!("touch begun\nsleep 3\n{GOOD}");
    let here = Place::new(&[SEASON, &filled(&script, "datesPerJob: 3")]);
    let (gapless, _) = (begun(&here), runner(&here));
    let is_recorded = |journal: &Vec<u8>| journal.windows(9).any(|word| word == b"\"Created\"");
    wait_for(|| fs::read(here.path("state/journal")).ok().filter(is_recorded));
    fs::remove_dir_all(job(&here)).unwrap();
    let done = ended(gapless);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    assert_eq!(here.runs(), ["2026-01-03", "2026-01-04", "2026-01-05"], "no second Job: {}{}", done.out, done.err);
}

/// Nothing can be recorded, so nothing is launched and no outcome is known.
#[test]
fn a_state_that_is_removed_while_a_job_runs_promises_nothing() {
    let script = format!("touch begun\nsleep 2\n{GOOD}\nrm data/t/day=2026-01-05/part.csv");
    let here = Place::new(&[SEASON, &filled(&script, "datesPerJob: 3")]);
    let mut gapless = here.command("local", &["--slow-start", "0s"]);
    let gapless = gapless.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    runner(&here);
    fs::remove_dir_all(here.path("state")).unwrap();
    std::thread::sleep(Duration::from_secs(5));
    signal("-TERM", &gapless.id().to_string());
    let done = ended(gapless);
    assert!(done.err.contains("nothing is launched until"), "{}", done.err);
    assert!(!done.out.contains("Lost") && !done.out.contains("launched as soon as"), "{}", done.out);
}

#[test]
fn a_lost_job_says_what_is_missing_and_where_its_output_is() {
    let script = "if [ ! -e begun ]; then touch begun; exec sleep 600 </dev/null; fi\nexit 65";
    let here = Place::new(&[SEASON, &filled(script, "datesPerJob: 3")]);
    let (gapless, runner) = (begun(&here), runner(&here));
    let children = fs::read_to_string(format!("/proc/{runner}/task/{runner}/children")).unwrap();
    signal("-9", &runner);
    children.split_whitespace().for_each(|filler| signal("-9", filler));
    let told = ended(gapless).out;
    assert!(told.contains("its file `end`, which says how it ended, is missing; its output is jobs/"), "{told}");
}

#[test]
fn an_outcome_that_cannot_be_stored_is_reported() {
    let script = format!("{GOOD}\nmkdir $(dirname $GAPLESS_TERMINATION_LOG)/end");
    let here = Place::new(&[SEASON, &filled(&script, "datesPerJob: 3")]);
    let gapless = begun(&here);
    let end = wait_for(|| Some(job(&here).join("end")).filter(|end| end.is_dir()));
    std::thread::sleep(Duration::from_secs(2));
    fs::remove_dir(end).unwrap();
    let done = ended(gapless);
    assert!(done.code == Some(0) && done.out.contains("3 Filled"), "{}{}", done.out, done.err);
    assert!(done.err.contains("the outcome cannot be stored in "), "{}", done.err);
}

/// A command that cannot be started is an error in the spec.
#[test]
fn a_program_for_another_machine_is_refused_and_leaves_no_job() {
    use std::os::unix::fs::PermissionsExt;
    let here = Place::new(&[SEASON, &filled("true", "datesPerJob: 3").replace("[sh, -c]", "[./filler, -c]")]);
    let filler = here.path("filler");
    let write = |content: &[u8]| {
        fs::write(&filler, content).unwrap();
        fs::set_permissions(&filler, fs::Permissions::from_mode(0o755)).unwrap();
    };
    write(&[&b"\x7fELF\x02\x01\x01"[..], &[0; 57]].concat());
    let done = here.run("local", &ONCE, &[]);
    assert!(
        done.out.contains("it is not a program for this machine") && done.out.contains("LaunchRefused"),
        "{}",
        done.out
    );
    assert!(!done.out.contains("JobLaunched") && !done.out.contains("NeverStarted"), "{}", done.out);
    assert_eq!(here.path("state/jobs").read_dir().unwrap().count(), 0);
    write(format!("#!/bin/sh\n{GOOD}").as_bytes());
    let done = here.run("local", &ONCE, &[]);
    assert!(done.code == Some(0) && done.out.contains("launch 1, attempt 1"), "{}{}", done.out, done.err);
}

#[test]
fn a_link_that_leads_back_to_itself_is_named_wherever_it_is() {
    use std::os::unix::fs::symlink;
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 3")]);
    let looped = |file: &str| {
        let link = here.path(file);
        symlink(&link, &link).unwrap();
        let done = here.run("check", &[], &[]);
        let done = if done.code == Some(0) { here.run("explain", &["t", "2026-01-03"], &[]) } else { done };
        assert!(done.code != Some(0), "{file}");
        let told = format!("{}{}", done.out, done.err).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("is a symbolic link that leads back to itself; remove it"), "{file}: {told}");
        fs::remove_file(link).unwrap();
    };
    looped("more.yaml");
    looped("data/t/day=2026-01-03");
    fs::rename(here.path("data/t"), here.path("data/u")).unwrap();
    looped("data/t");
    fs::remove_dir_all(here.path("data")).unwrap();
    looped("data");
}
