//! The processes of a Job, from Linux's /proc. Without /proc, only the Job's lock counts.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal, getpid, kill_process};

use crate::engine::contract::TERMINATION_LOG;
use crate::host::codec::{Code, Reader, Writer, fields};

/// The session of a Job: its runner leads it, and it contains everything that the runner starts. Process numbers are reused,
/// so the start time belongs to the identity, and so do the boot and the process namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Session {
    home: String,
    leader: i32,
    since: u64,
}

fields!(Session { home, leader, since });

#[derive(Clone, Copy)]
struct Process {
    pid: i32,
    session: i32,
    since: u64,
    /// Whether a signal stopped it.
    is_stopped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runner {
    Runs,
    Stopped,
    Gone,
}

impl Session {
    /// The session of this process, if it leads one.
    pub fn own() -> Option<Self> {
        let own = process(getpid().as_raw_nonzero().get()).filter(|own| own.session == own.pid)?;
        Some(Self { home: home()?, leader: own.pid, since: own.since })
    }

    /// The state of its runner.
    pub fn runner(&self) -> Runner {
        match process(self.leader).filter(|leader| self.is_here() && leader.since == self.since) {
            None => Runner::Gone,
            Some(leader) if leader.is_stopped => Runner::Stopped,
            Some(_) => Runner::Runs,
        }
    }

    /// Continues a stopped runner.
    pub fn wake(&self) {
        Pid::from_raw(self.leader).into_iter().for_each(|leader| _ = kill_process(leader, Signal::CONT));
    }

    /// Whether its numbers refer to processes that are visible here.
    fn is_here(&self) -> bool {
        home().is_some_and(|here| here == self.home)
    }

    /// Whether its number has been reused for another session.
    fn is_used_again(&self) -> bool {
        !self.is_here() || process(self.leader).is_some_and(|leader| leader.since != self.since)
    }

    fn has(&self, process: &Process) -> bool {
        process.session == self.leader && process.since >= self.since
    }
}

/// Whether a process of a Job is alive.
pub(super) fn is_alive(session: Option<&Session>, termination: &Path) -> bool {
    let session = session.filter(|session| !session.is_used_again());
    others().any(|p| session.is_some_and(|session| session.has(&p)) || is_named(p.pid, termination))
}

/// Ends what is left of this process's session, and what left the session but has the Job's environment. Returns whether
/// nothing is left.
pub(super) fn end_own(session: Option<&Session>, termination: &Path) -> bool {
    end(|p| session.is_some_and(|session| session.has(p)) || is_named(p.pid, termination))
}

/// Whether processes are visible here.
pub(super) fn can_be_seen() -> bool {
    home().is_some()
}

/// Ends processes that have the environment of a Job. Membership in a session whose leader is dead is not enough to kill:
/// its number may have been reused.
pub(super) fn end_named(termination: &Path) -> bool {
    end(|p| is_named(p.pid, termination))
}

/// A process may fork while the list is read, so the list is read again until it is empty. A process that cannot be killed
/// is given up.
fn end(is_own: impl Fn(&Process) -> bool) -> bool {
    const ROUNDS: u32 = 50;
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);
    for _ in 0..ROUNDS {
        let left: Vec<Process> = others().filter(&is_own).collect();
        if left.is_empty() {
            return true;
        }
        for pid in left.iter().filter_map(|p| Pid::from_raw(p.pid)) {
            let _ = kill_process(pid, Signal::KILL);
        }
        std::thread::sleep(PAUSE);
    }
    false
}

/// Whether a process was started with the environment of a Job. The path of its termination message is unique.
fn is_named(pid: i32, termination: &Path) -> bool {
    let wanted = format!("{TERMINATION_LOG}={}", termination.display());
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes())
}

/// All live processes except this one.
fn others() -> impl Iterator<Item = Process> {
    let own = getpid().as_raw_nonzero().get();
    let numbers = fs::read_dir("/proc").into_iter().flatten().flatten();
    numbers
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(move |pid| *pid != own)
        .filter_map(process)
}

/// A live process. A zombie does not count.
fn process(pid: i32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // A name may contain anything, but what follows its last parenthesis is reliable.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let [state, _, _, session, ..] = fields[..] else { return None };
    let since = fields.get(19)?.parse().ok()?;
    let is_stopped = matches!(state, "T" | "t");
    (!matches!(state, "Z" | "X")).then_some(Process { pid, session: session.parse().ok()?, since, is_stopped })
}

/// The boot and the namespace that process numbers belong to.
fn home() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), namespace.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};

    fn sleeper(env: &str) -> Child {
        Command::new("sleep").arg("60").env("GAPLESS_TERMINATION_LOG", env).process_group(0).spawn().unwrap()
    }

    #[test]
    fn a_process_with_the_environment_of_a_job_is_its_own_and_ends_with_it() {
        let root = tempfile::tempdir().unwrap();
        let termination = root.path().join("termination");
        assert!(!is_alive(None, &termination));
        let mut other = sleeper("/elsewhere/termination");
        let mut own = sleeper(termination.to_str().unwrap());
        // Until it has started its program, it has the environment of this process.
        while !is_alive(None, &termination) {
            std::thread::yield_now();
        }
        assert!(end_named(&termination));
        assert!(!own.wait().unwrap().success());
        assert!(!is_alive(None, &termination));
        assert_eq!(other.try_wait().unwrap(), None, "another Job goes on");
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn a_session_is_known_by_its_leader_its_start_and_its_boot() {
        let nowhere = Path::new("/nowhere/termination");
        let own = process(getpid().as_raw_nonzero().get()).unwrap();
        let leader = process(own.session).map_or(own.since, |leader| leader.since);
        let session = Session { home: home().unwrap(), leader: own.session, since: leader };
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        assert!(is_alive(Some(&session), nowhere));
        for other in [
            Session { home: "another boot".into(), ..session.clone() },
            Session { leader: i32::MAX, ..session.clone() },
            Session { since: u64::MAX, ..session },
        ] {
            assert!(!is_alive(Some(&other), nowhere), "{other:?}");
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
