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

    /// What the Job is; nothing where that was never fully written, or is damaged. A Job that cannot be read is not gone.
    pub fn read(&self) -> io::Result<Option<Written>> {
        Ok(if_there(fs::read(self.path.join("job")))?.and_then(|bytes| Reader::new(&bytes).all()))
    }

    /// Removes the Job. Without what it is, it is no Job any more, however much of the rest is still there.
    pub fn remove(&self) -> io::Result<()> {
        if_there(fs::remove_file(self.path.join("job")))?;
        if_there(fs::remove_dir_all(&self.path)).map(|_| ())
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
    pub fn was_started(&self) -> io::Result<bool> {
        Ok(if_there(fs::metadata(self.path.join("started")))?.is_some())
    }

    /// A Job that was created is listed: its runner must have begun before the create is answered.
    pub fn wait_until_started(&self) -> bool {
        let begun = std::time::Instant::now();
        let was_started = || self.was_started().unwrap_or(false);
        while !was_started() && begun.elapsed() < START {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        was_started()
    }

    pub fn mark_started(&self) -> io::Result<()> {
        disk::replace(&self.path.join("started"), b"")
    }

    pub fn write_end(&self, at: Timestamp, end: End) -> io::Result<()> {
        let mut bytes = Writer::default();
        bytes.put(&Ended { at, end });
        disk::replace(&self.path.join("end"), &bytes.0)
    }

    pub fn end(&self) -> io::Result<Option<Ended>> {
        Ok(if_there(fs::read(self.path.join("end")))?.and_then(|bytes| Reader::new(&bytes).all()))
    }

    /// The Job as the engine sees it; nothing when it was never fully written, or not started yet.
    pub fn job(&self) -> Result<Option<Job>, String> {
        let tell =
            |e| format!("the Job in {} cannot be read: {e}; nothing is launched until it can", self.path.display());
        self.seen().map_err(tell)
    }

    fn seen(&self) -> io::Result<Option<Job>> {
        let written = self.read()?;
        if !self.was_started()? {
            return Ok(None);
        }
        let ended = self.ended()?;
        let Some(written) = written else {
            // Which dates it fills cannot be told any more: while it lives, any date may be one of them.
            let text = "it is live, and its file `job` is gone or damaged; wait for its end, or stop its process";
            return if ended.is_some() { Ok(None) } else { Err(io::Error::other(text)) };
        };
        Ok(Some(Job {
            namespace: "".into(),
            name: self.name.clone(),
            uid: format!("{}/{}", written.coverage, written.launch).into(),
            coverage: written.coverage,
            launch: written.launch,
            dates: written.dates,
            target: written.target,
            message: ended.map_or_else(String::new, |(_, end)| self.message(end)),
            ended,
            pending: None,
        }))
    }

    /// When and how it ended; nothing while it lives. A free lock without an end is Lost, and the end is written before the
    /// lock is let go: it is looked for once more after the lock.
    fn ended(&self) -> io::Result<Option<(Timestamp, End)>> {
        let told = || Ok::<_, io::Error>(self.end()?.map(|ended| (ended.at, ended.end)));
        if let Some(ended) = told()? {
            return Ok(Some(ended));
        }
        let is_free = self.lock()?.is_some();
        Ok(told()?.or_else(|| is_free.then(|| (self.last_sign(), End::Lost))))
    }

    /// When a Job that vanished was last seen: its log was last written, or it was started.
    fn last_sign(&self) -> Timestamp {
        let modified = |path| fs::metadata(path).and_then(|m| m.modified()).ok();
        let modified = modified(self.log()).or_else(|| modified(self.path.join("started")));
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

/// What is there; nothing where nothing is.
fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    use io::ErrorKind::{NotADirectory, NotFound};
    match result {
        Ok(there) => Ok(Some(there)),
        Err(e) if matches!(e.kind(), NotFound | NotADirectory) => Ok(None),
        Err(e) => Err(e),
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

    /// The folder of a Job that was started.
    fn started(root: &Path) -> JobFolder {
        let folder = JobFolder::new(root, "load-l1");
        fs::create_dir_all(&folder.path).unwrap();
        let dates = [jiff::civil::date(2025, 11, 14)].into_iter().collect();
        let written = Written {
            coverage: "uid".into(),
            launch: 1,
            dates,
            target: Table { place: "files:/data".into(), name: "props".into() },
            deadline_seconds: 60,
            program: "sh".into(),
            args: Vec::new(),
            env: Vec::new(),
            folder: "/".into(),
            grace_seconds: 1,
        };
        let mut bytes = Writer::default();
        bytes.put(&written);
        fs::write(folder.path.join("job"), bytes.0).unwrap();
        fs::write(folder.path.join("started"), "").unwrap();
        folder
    }

    /// What is to be seen of a Job: that it lives, that it ended in some way, that there is none, or that nobody can tell.
    fn seen(folder: &JobFolder) -> Result<Option<Option<End>>, String> {
        folder.job().map(|job| job.map(|job| job.ended.map(|(_, end)| end)))
    }

    fn replace_by_folder(path: &Path) {
        let _ = fs::remove_file(path);
        fs::create_dir(path).unwrap();
    }

    /// A folder in the place of a file cannot be read, as a file under EIO, EACCES or EMFILE.
    #[test]
    fn a_job_of_which_a_file_cannot_be_read_is_neither_gone_nor_lost() {
        for file in ["job", "end", "lock"] {
            let root = tempfile::tempdir().unwrap();
            let folder = started(root.path());
            replace_by_folder(&folder.path.join(file));
            let told = seen(&folder).unwrap_err();
            assert!(told.contains("load-l1 cannot be read: "), "{file}: {told}");
        }
    }

    #[test]
    fn a_job_whose_file_is_damaged_keeps_every_date_while_it_lives_and_none_afterwards() {
        for bytes in [None, Some(""), Some("half")] {
            let root = tempfile::tempdir().unwrap();
            let folder = started(root.path());
            let job = folder.path.join("job");
            bytes.map_or_else(|| fs::remove_file(&job), |bytes| fs::write(&job, bytes)).unwrap();
            let held = folder.lock().unwrap();
            assert!(seen(&folder).unwrap_err().contains("it is live"), "{bytes:?}");
            drop(held);
            assert_eq!(seen(&folder), Ok(None), "{bytes:?}");
        }
    }

    #[test]
    fn a_job_ends_as_its_folder_says() {
        let root = tempfile::tempdir().unwrap();
        let folder = started(root.path());
        let held = folder.lock().unwrap();
        assert_eq!(seen(&folder), Ok(Some(None)), "it lives");
        drop(held);
        assert_eq!(seen(&folder), Ok(Some(Some(End::Lost))));
        fs::write(folder.path.join("end"), "").unwrap();
        assert_eq!(seen(&folder), Ok(Some(Some(End::Lost))), "a power cut left nothing of its end");
        folder.write_end(Timestamp::UNIX_EPOCH, End::Exit(3)).unwrap();
        assert_eq!(seen(&folder), Ok(Some(Some(End::Exit(3)))));
    }

    #[test]
    fn what_is_half_written_or_half_removed_is_no_job() {
        let root = tempfile::tempdir().unwrap();
        let folder = started(root.path());
        fs::remove_file(folder.path.join("started")).unwrap();
        assert_eq!(seen(&folder), Ok(None), "its runner has not begun");
        let folder = started(root.path());
        folder.write_end(Timestamp::UNIX_EPOCH, End::Succeeded).unwrap();
        fs::remove_file(folder.path.join("job")).unwrap();
        assert_eq!(seen(&folder), Ok(None), "what a process left that died in the middle of its removal");
        folder.remove().unwrap();
        folder.remove().unwrap();
        fs::write(root.path().join("notes"), "").unwrap();
        assert_eq!(seen(&JobFolder::new(root.path(), "notes")), Ok(None), "a file is no folder of a Job");
    }

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
