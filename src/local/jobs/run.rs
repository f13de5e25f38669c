//! The runner of one Job: a process with its own session. It takes the lock, passes it to the filler as standard input,
//! enforces the deadline, and stores how the filler ended.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, setsid, waitid};

use super::begin::Word;
use super::folder::{Ended, JobFolder, Started, Written};
use super::process::{self, Session};
use crate::domain::ledger::End;
use crate::engine::ports::Clock;
use crate::host::clock::SystemClock;
use crate::host::{disk, files};

/// How often the runner checks whether its filler has ended.
const LOOK: Duration = Duration::from_millis(20);
/// How long the runner tries to store how its filler ended.
const STORE: Duration = Duration::from_secs(60 * 60);
/// The same if its folder is gone: a folder that was only moved is back soon.
const STORE_MOVED: Duration = Duration::from_secs(60);
const STORE_AGAIN: Duration = Duration::from_secs(1);

/// Runs the Job of a folder to its end. Does nothing if another runner has the Job.
pub fn run(path: &Path) -> i32 {
    // A separate session: closing the terminal or stopping gapless does not affect the filler.
    let _ = setsid();
    let folder = JobFolder::at(path);
    let Ok(Some(lock)) = folder.lock() else { return 0 };
    // If that is unknown, it may have been started: it must not be started again.
    if !matches!((folder.was_started(), folder.end()), (Ok(false), Ok(None))) {
        return 0;
    }
    let Ok(Some(job)) = folder.read() else { return 1 };
    let started = Started { at: SystemClock.now(), job, session: Session::own() };
    let Ok(home) = disk::open_folder(&folder.path) else { return 1 };
    if folder.mark_started(&started).is_err() {
        // The mark can exist nevertheless, and nothing ran.
        if matches!(folder.was_started(), Ok(true)) {
            store_end(&folder, &home, &started, End::NeverStarted);
        }
        return 1;
    }
    let (end, word) = match start(&folder, &started.job, &lock) {
        Ok(child) => {
            say(&Word::Runs);
            (wait(child, &started.job, || folder.is_to_stop()), None)
        }
        Err(error) => {
            let why = format!("'{}' cannot be started: {error}", started.job.program);
            let log = files::open(&folder.termination(), OpenOptions::new().create(true).truncate(true).write(true));
            log.ok().flatten().into_iter().for_each(|mut log| _ = log.write_all(why.as_bytes()));
            // Nothing ran, so no attempt is charged.
            (End::NeverStarted, Some(Word::Cannot(error.raw_os_error().unwrap_or_default(), error.to_string())))
        }
    };
    // A process that left the filler's process group may still write. The date is free only when none is left.
    process::end_own(started.session.as_ref(), &folder.termination());
    let is_stored = store_end(&folder, &home, &started, end);
    word.into_iter().for_each(|word| say(&word));
    i32::from(!is_stored)
}

/// Reports to the creator of the Job, if it still listens, whether the command runs.
fn say(word: &Word) {
    let _ = writeln!(std::io::stdout(), "{}", word.line());
}

/// Stores the end. A Job without it is Lost. A full disk may have room again soon, and a moved folder may return. Until then
/// the lock shows that the Job is live.
fn store_end(folder: &JobFolder, home: &File, started: &Started, end: End) -> bool {
    let (begun, ended) = (Instant::now(), Ended { at: SystemClock.now(), end });
    let mut mark = None;
    while let Err(error) = store(folder, home, started, &ended) {
        let patience = if error.kind() == std::io::ErrorKind::NotFound { STORE_MOVED } else { STORE };
        if begun.elapsed() > patience {
            return false;
        }
        mark = mark.or_else(|| folder.mark_unstored());
        std::thread::sleep(STORE_AGAIN);
    }
    true
}

/// Stores it in the open folder, even if that was moved. Otherwise at its old path, if the folder there is a copy and not
/// another Job.
fn store(folder: &JobFolder, home: &File, started: &Started, ended: &Ended) -> std::io::Result<()> {
    let stored = ended.write_in(home);
    let is_copy = || {
        let there = folder.started().ok().flatten();
        there.is_some_and(|there| (there.at, &there.session) == (started.at, &started.session))
    };
    match stored {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && is_copy() => {
            ended.write_in(&disk::open_folder(&folder.path)?)
        }
        stored => stored,
    }
}

fn start(folder: &JobFolder, job: &Written, lock: &File) -> std::io::Result<Child> {
    let log = files::open(&folder.log(), OpenOptions::new().create(true).append(true))?;
    let log = log.ok_or(std::io::ErrorKind::NotFound)?;
    Command::new(&job.program)
        .args(&job.args)
        .env_clear()
        .envs(job.env.iter().cloned())
        .current_dir(&job.folder)
        .stdin(Stdio::from(lock.try_clone()?))
        .stdout(Stdio::from(log.try_clone()?))
        .stderr(Stdio::from(log))
        .process_group(0)
        .spawn()
}

/// Waits for the filler. What it leaves behind is stopped with it, as in a container. At its deadline, or when its end is
/// requested, it gets SIGTERM, after its grace period SIGKILL.
fn wait(mut child: Child, job: &Written, is_to_stop: impl Fn() -> bool) -> End {
    let begun = Instant::now();
    let deadline = Duration::from_secs(job.deadline_seconds.max(1).unsigned_abs());
    let grace = Duration::from_secs(job.grace_seconds);
    let mut asked: Option<(Duration, End)> = None;
    loop {
        if has_ended(&child) {
            signal(&child, Signal::KILL);
            let end = child.wait().map_or(End::Killed, end_of);
            return asked.map_or(end, |(_, why)| why);
        }
        let ran = begun.elapsed();
        match asked {
            // This process may have been stopped during the whole grace period.
            Some((at, _)) if ran >= at + grace => signal(&child, Signal::KILL),
            Some(_) => {}
            None if ran >= deadline => {
                asked = Some((deadline, End::Deadline));
                signal(&child, Signal::TERM);
            }
            None if is_to_stop() => {
                asked = Some((ran, End::Disrupted));
                signal(&child, Signal::TERM);
            }
            None => {}
        }
        std::thread::sleep(LOOK);
    }
}

/// Checks without reaping: until it is reaped, the number of its group is not reused.
fn has_ended(child: &Child) -> bool {
    let Some(pid) = pid(child) else { return true };
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::Pid(pid), look), Ok(None) | Err(Errno::INTR))
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

fn signal(child: &Child, signal: Signal) {
    pid(child).into_iter().for_each(|group| _ = kill_process_group(group, signal));
}

fn end_of(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(0), _) => End::Succeeded,
        (Some(code), _) => End::Exit(code),
        (None, _) => End::Killed,
    }
}
