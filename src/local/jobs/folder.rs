//! The folder of one Job: what stands in it and what that says.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::template::Prepared;
use crate::domain::dates::DateSet;
use crate::domain::ledger::{End, Job, Launch};
use crate::domain::policy::Table;
use crate::engine::contract::{MAX_MESSAGE, clean};
use crate::local::codec::{Reader, Writer, fields};
use crate::local::disk;

/// A runner begins within this time, or its create is tried again.
const START: std::time::Duration = std::time::Duration::from_secs(10);

/// What a Job is.
pub(super) struct Written {
    pub coverage: Arc<str>,
    pub launch: u64,
    pub dates: DateSet,
    pub target: Table,
    pub deadline_seconds: i64,
    pub program: String,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub folder: String,
    pub grace_seconds: u64,
}

/// How a Job ended.
pub(super) struct Ended {
    pub at: Timestamp,
    pub end: End,
}

fields!(Written { coverage, launch, dates, target, deadline_seconds, program, args, env, folder, grace_seconds });
fields!(Ended { at, end });

use crate::local::codec::Code;

/// The folder of one Job.
pub(super) struct JobFolder {
    pub path: PathBuf,
    name: Arc<str>,
}

impl JobFolder {
    pub fn new(jobs: &Path, name: &str) -> Self {
        Self { path: jobs.join(name), name: name.into() }
    }

    pub fn at(path: &Path) -> Self {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Self { path: path.into(), name: name.into() }
    }

    pub fn termination(&self) -> PathBuf {
        self.absolute().join("termination")
    }

    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    fn absolute(&self) -> PathBuf {
        std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone())
    }

    /// A Job of the same name and launch is the same Job.
    pub fn uid(&self, launch: &Launch) -> Arc<str> {
        format!("{}/{}", launch.uid, launch.launch).into()
    }

    /// Writes what the Job is, before anything of it runs.
    pub fn write(&self, launch: &Launch, prepared: &Prepared) -> io::Result<()> {
        fs::create_dir_all(&self.path)?;
        let mut bytes = Writer::default();
        bytes.put(&Written {
            coverage: launch.uid.clone(),
            launch: launch.launch,
            dates: launch.dates.clone(),
            target: launch.target.clone(),
            deadline_seconds: launch.deadline_seconds,
            program: prepared.program.clone(),
            args: prepared.args.clone(),
            env: prepared.env.clone(),
            folder: prepared.folder.clone(),
            grace_seconds: prepared.grace_seconds,
        });
        disk::replace(&self.path.join("job"), &bytes.0)
    }

    pub fn read(&self) -> Option<Written> {
        Reader::new(&fs::read(self.path.join("job")).ok()?).all()
    }

    /// The lock, or nothing when a live Job holds it.
    pub fn lock(&self) -> io::Result<Option<File>> {
        let file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(self.path.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }

    /// Whether the filler may have been started: then it is never started again.
    pub fn was_started(&self) -> bool {
        self.path.join("started").exists()
    }

    /// A Job that was created is listed: its runner must have begun before the create is answered.
    pub fn wait_until_started(&self) -> bool {
        let begun = std::time::Instant::now();
        while !self.was_started() && begun.elapsed() < START {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        self.was_started()
    }

    pub fn mark_started(&self) -> io::Result<()> {
        disk::replace(&self.path.join("started"), b"")
    }

    pub fn write_end(&self, at: Timestamp, end: End) -> io::Result<()> {
        let mut bytes = Writer::default();
        bytes.put(&Ended { at, end });
        disk::replace(&self.path.join("end"), &bytes.0)
    }

    pub fn end(&self) -> Option<Ended> {
        Reader::new(&fs::read(self.path.join("end")).ok()?).all()
    }

    /// The Job as the engine sees it; nothing when it was never fully written, or not started yet.
    pub fn job(&self) -> Option<Job> {
        let written = self.read()?;
        if !self.was_started() {
            return None;
        }
        // The order matters: the end is written before the lock is let go, so a free lock is looked at first.
        let free = self.lock().ok().flatten().is_some();
        let ended = match self.end() {
            Some(ended) => Some((ended.at, ended.end)),
            None if free => Some((self.last_sign(), End::Lost)),
            None => None,
        };
        Some(Job {
            namespace: "default".into(),
            name: self.name.clone(),
            uid: format!("{}/{}", written.coverage, written.launch).into(),
            coverage: written.coverage,
            launch: written.launch,
            dates: written.dates,
            target: written.target,
            message: ended.map_or_else(String::new, |(_, end)| self.message(end)),
            ended,
            pending: None,
        })
    }

    /// When a Job that vanished was last seen: its log was last written.
    fn last_sign(&self) -> Timestamp {
        let modified = fs::metadata(self.log()).and_then(|m| m.modified()).ok();
        modified.and_then(|m| Timestamp::try_from(m).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// What the filler says of itself: the first 1 KiB, without control characters. Where it says nothing, how it ended.
    fn message(&self, end: End) -> String {
        let mut bytes = Vec::new();
        if let Ok(file) = File::open(self.termination()) {
            let _ = file.take(MAX_MESSAGE as u64).read_to_end(&mut bytes);
        }
        let said = clean(&String::from_utf8_lossy(&bytes));
        if said.is_empty() { untold(end, &self.name) } else { said }
    }
}

/// How a Job ended whose filler left no words, and where its output is.
fn untold(end: End, name: &str) -> String {
    let how = match end {
        End::Exit(code) => format!("exit status {code}"),
        End::Deadline => "stopped at its deadline".to_string(),
        End::Killed => "killed by a signal".to_string(),
        End::Succeeded | End::Disrupted | End::Lost | End::NeverStarted => return String::new(),
    };
    format!("{how}; its output is jobs/{name}/log in the state folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filler_that_says_nothing_is_told_by_its_end() {
        let rows = [
            ("", End::Exit(3), "exit status 3; its output is jobs/load-l1/log in the state folder"),
            ("", End::Deadline, "stopped at its deadline; its output is jobs/load-l1/log in the state folder"),
            ("", End::Succeeded, ""),
            ("no such game\n", End::Exit(3), "no such game"),
        ];
        for (said, end, expected) in rows {
            let root = tempfile::tempdir().unwrap();
            let folder = JobFolder::new(root.path(), "load-l1");
            fs::create_dir(&folder.path).unwrap();
            fs::write(folder.termination(), said).unwrap();
            assert_eq!(folder.message(end), expected);
        }
    }
}
