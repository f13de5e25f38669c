//! The folder of one Job: its files and their meaning.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::process::Session;
use super::template::Prepared;
use crate::domain::dates::DateSet;
use crate::domain::ledger::{End, Launch};
use crate::domain::policy::Table;
use crate::domain::source::Draw;
use crate::engine::contract::TERMINATION_LOG;
use crate::host::codec::{Code, Reader, Writer, fields};
use crate::host::disk;
use crate::host::files::{self, if_there};

/// No file that gapless writes for a Job is larger.
const MAX_BYTES: u64 = 64 << 20;

/// What a Job is.
#[derive(Clone)]
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

/// The start of a Job, with everything needed to follow it if the other files are lost.
#[derive(Clone)]
pub(super) struct Started {
    pub at: Timestamp,
    pub job: Written,
    pub session: Option<Session>,
}

pub(super) struct Ended {
    pub at: Timestamp,
    pub end: End,
}

fields!(Written { coverage, launch, dates, target, deadline_seconds, program, args, env, folder, grace_seconds });
fields!(Started { at, job, session });
fields!(Ended { at, end });

/// The folder of one Job.
pub(super) struct JobFolder {
    pub path: PathBuf,
    pub name: Arc<str>,
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

    pub(super) fn absolute(&self) -> PathBuf {
        std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone())
    }

    /// A Job of the same coverage and launch is the same Job.
    pub fn uid(&self, launch: &Launch) -> Arc<str> {
        format!("{}/{}", launch.uid, launch.launch).into()
    }

    /// Writes the description of the Job, before anything of it runs.
    pub fn write(&self, launch: &Launch, prepared: &Prepared) -> io::Result<()> {
        // Creates only its own folder: if the folder of all Jobs is gone, a new one in its place would hide the Jobs in it.
        match fs::create_dir(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
        self.write_aliases(&launch.aliases)?;
        if let Some(draw) = &launch.draw {
            disk::replace(&self.path.join("draws"), draw.to_string().as_bytes())?;
        }
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

    /// The other names of its table, in a separate file: older versions have none.
    fn write_aliases(&self, aliases: &Vec<Table>) -> io::Result<()> {
        let mut bytes = Writer::default();
        bytes.put(aliases);
        disk::replace(&self.path.join("aliases"), &bytes.0)
    }

    /// Empty if an older version created the Job, or if the file is lost.
    pub fn aliases(&self) -> io::Result<Vec<Table>> {
        let bytes = files::read(&self.path.join("aliases"), MAX_BYTES)?;
        Ok(bytes.and_then(|bytes| Reader::new(&bytes).all()).unwrap_or_default())
    }

    /// What it draws from a Source. A file of its own: older versions have none.
    pub fn draw(&self) -> io::Result<Option<Draw>> {
        let bytes = files::read(&self.path.join("draws"), MAX_BYTES)?;
        Ok(bytes.and_then(|bytes| Draw::of_text(&String::from_utf8(bytes).ok()?)))
    }

    /// The description of the Job. `None` if it was never fully written, or is damaged. An error does not mean that the Job
    /// is gone.
    pub fn read(&self) -> io::Result<Option<Written>> {
        let written = files::read(&self.path.join("job"), MAX_BYTES)?.and_then(|bytes| Reader::new(&bytes).all());
        if written.is_some() {
            return Ok(written);
        }
        Ok(self.started()?.map(|started| started.job))
    }

    /// Removes the Job, its description first: without it, what remains is not a Job.
    pub fn remove(&self) -> io::Result<()> {
        for name in ["job", "started"] {
            if_there(fs::remove_file(self.path.join(name)))?;
        }
        if_there(fs::remove_dir_all(&self.path)).map(|_| ())
    }

    /// The lock, for its runner. A process that only checks it holds it for a moment.
    pub fn lock(&self) -> io::Result<Option<File>> {
        const TRIES: u32 = 100;
        const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        let Some(file) = files::open(&self.path.join("lock"), &mut options)? else { return Ok(None) };
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(TryLockError::Error(e)) => return Err(e),
            }
        }
        Ok(None)
    }

    /// Whether a live process of the Job holds the lock. Several processes may check at once. A missing lock file is not
    /// created here: it would look as if it had never been lost.
    pub(super) fn is_locked(&self) -> io::Result<bool> {
        self.is_held("lock")
    }

    fn is_held(&self, name: &str) -> io::Result<bool> {
        let Some(file) = files::open(&self.path.join(name), OpenOptions::new().read(true))? else { return Ok(false) };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }

    /// Marks that the runner cannot store how its filler ended, while the returned file is kept. The mark is a lock, which
    /// needs no room on a full disk.
    pub fn mark_unstored(&self) -> Option<File> {
        let file = files::open(&self.path.join("started"), OpenOptions::new().read(true)).ok()??;
        file.try_lock().ok().map(|()| file)
    }

    /// Whether its runner has set that mark.
    pub fn is_unstored(&self) -> bool {
        self.is_held("started").unwrap_or(false)
    }

    /// Whether the filler may have been started. Then it is never started again.
    pub fn was_started(&self) -> io::Result<bool> {
        Ok(if_there(fs::metadata(self.path.join("started")))?.is_some())
    }

    pub fn started(&self) -> io::Result<Option<Started>> {
        Ok(files::read(&self.path.join("started"), MAX_BYTES)?.and_then(|bytes| Reader::new(&bytes).all()))
    }

    pub fn mark_started(&self, started: &Started) -> io::Result<()> {
        let mut bytes = Writer::default();
        bytes.put(started);
        disk::replace(&self.path.join("started"), &bytes.0)
    }

    pub fn write_end(&self, at: Timestamp, end: End) -> io::Result<()> {
        Ended { at, end }.write_in(&disk::open_folder(&self.path)?)
    }

    pub fn end(&self) -> io::Result<Option<Ended>> {
        Ok(files::read(&self.path.join("end"), MAX_BYTES)?.and_then(|bytes| Reader::new(&bytes).all()))
    }
}

impl Ended {
    /// Stores it in the open folder of its Job.
    pub fn write_in(&self, folder: &File) -> io::Result<()> {
        let mut bytes = Writer::default();
        bytes.put(self);
        disk::replace_in(folder, "end".as_ref(), &bytes.0)
    }
}

impl Written {
    /// The path in the environment of its processes: that of its termination message, as written at the start.
    pub fn mark(&self) -> Option<PathBuf> {
        self.env.iter().find(|(name, _)| name == TERMINATION_LOG).map(|(_, path)| path.into())
    }
}

impl Started {
    /// How long ago its runner should have ended it. `None` before its deadline and grace period have passed.
    pub fn overdue(&self, now: Timestamp) -> Option<SignedDuration> {
        let grace = i64::try_from(self.job.grace_seconds).unwrap_or(i64::MAX);
        let limit = SignedDuration::from_secs(self.job.deadline_seconds.max(1).saturating_add(grace));
        Some(now.duration_since(self.at).saturating_sub(limit)).filter(|over| !over.is_negative())
    }
}

#[cfg(test)]
mod tests;
