//! The folder of one Job: what stands in it and what that says.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::files::{self, if_there};
use super::process::{self, Session};
use super::template::Prepared;
use crate::domain::dates::DateSet;
use crate::domain::ledger::{End, Job, Launch};
use crate::domain::policy::Table;
use crate::engine::contract::{MAX_MESSAGE, TERMINATION_LOG, clean};
use crate::local::codec::{Reader, Writer, fields};
use crate::local::disk;

/// A runner begins within this time, or its create is tried again.
const START: std::time::Duration = std::time::Duration::from_secs(10);

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

/// That a Job began. It holds all that is needed to follow it, should one of the other files be lost.
pub(super) struct Started {
    pub at: Timestamp,
    pub job: Written,
    pub session: Option<Session>,
}

/// How a Job ended.
pub(super) struct Ended {
    pub at: Timestamp,
    pub end: End,
}

fields!(Written { coverage, launch, dates, target, deadline_seconds, program, args, env, folder, grace_seconds });
fields!(Started { at, job, session });
fields!(Ended { at, end });

use crate::local::codec::Code;

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

    fn absolute(&self) -> PathBuf {
        std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone())
    }

    /// A Job of the same name and launch is the same Job.
    pub fn uid(&self, launch: &Launch) -> Arc<str> {
        format!("{}/{}", launch.uid, launch.launch).into()
    }

    /// Writes what the Job is, before anything of it runs.
    pub fn write(&self, launch: &Launch, prepared: &Prepared) -> io::Result<()> {
        // Only its own folder: where the folder of all Jobs is gone, another one in its place would hide the Jobs in it.
        match fs::create_dir(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
        self.write_aliases(&launch.aliases)?;
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

    /// The other names of its table, in a file of their own: older versions know none.
    fn write_aliases(&self, aliases: &Vec<Table>) -> io::Result<()> {
        let mut bytes = Writer::default();
        bytes.put(aliases);
        disk::replace(&self.path.join("aliases"), &bytes.0)
    }

    /// Nothing where an older version made the Job, or the file is lost.
    fn aliases(&self) -> io::Result<Vec<Table>> {
        let bytes = files::read(&self.path.join("aliases"))?;
        Ok(bytes.and_then(|bytes| Reader::new(&bytes).all()).unwrap_or_default())
    }

    /// What the Job is; nothing where that was never fully written, or is damaged. A Job that cannot be read is not gone.
    pub fn read(&self) -> io::Result<Option<Written>> {
        let written = files::read(&self.path.join("job"))?.and_then(|bytes| Reader::new(&bytes).all());
        if written.is_some() {
            return Ok(written);
        }
        Ok(self.started()?.map(|started| started.job))
    }

    /// Removes the Job. Without what it is, it is no Job any more, however much of the rest is still there.
    pub fn remove(&self) -> io::Result<()> {
        for name in ["job", "started"] {
            if_there(fs::remove_file(self.path.join(name)))?;
        }
        if_there(fs::remove_dir_all(&self.path)).map(|_| ())
    }

    /// The lock, for its runner. Who only looks holds it for a moment.
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

    /// Whether a live process of the Job holds the lock. Several may look at once, and none makes the file: one that is
    /// lost would only seem to be there again.
    fn is_locked(&self) -> io::Result<bool> {
        let Some(file) = files::open(&self.path.join("lock"), OpenOptions::new().read(true))? else { return Ok(false) };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }

    /// Whether the filler may have been started: then it is never started again.
    pub fn was_started(&self) -> io::Result<bool> {
        Ok(if_there(fs::metadata(self.path.join("started")))?.is_some())
    }

    fn started(&self) -> io::Result<Option<Started>> {
        Ok(files::read(&self.path.join("started"))?.and_then(|bytes| Reader::new(&bytes).all()))
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

    pub fn mark_started(&self, started: &Started) -> io::Result<()> {
        let mut bytes = Writer::default();
        bytes.put(started);
        disk::replace(&self.path.join("started"), &bytes.0)
    }

    pub fn write_end(&self, at: Timestamp, end: End) -> io::Result<()> {
        let mut bytes = Writer::default();
        bytes.put(&Ended { at, end });
        disk::replace(&self.path.join("end"), &bytes.0)
    }

    pub fn end(&self) -> io::Result<Option<Ended>> {
        Ok(files::read(&self.path.join("end"))?.and_then(|bytes| Reader::new(&bytes).all()))
    }

    /// The Job as the engine sees it; nothing when it was never fully written, or not started yet.
    pub fn job(&self) -> Result<Option<Job>, String> {
        let tell =
            |e| format!("the Job in {} cannot be read: {e}; nothing is launched until it can", self.path.display());
        self.seen().map_err(tell)
    }

    fn seen(&self) -> io::Result<Option<Job>> {
        let written = self.read()?;
        // Asked before: one that begins meanwhile did not end before it began.
        let was_started = self.was_started()?;
        let ended = self.ended()?;
        // Without `started` it began all the same if it lives, or if its end is there.
        if !was_started && matches!(ended, Some((_, End::Lost))) {
            return Ok(None);
        }
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
            aliases: self.aliases()?,
            message: ended.map_or_else(String::new, |(_, end)| self.message(end)),
            ended,
            pending: None,
        }))
    }

    /// When and how it ended; nothing while it lives. A held lock is a live Job, even where its end is there already; so is
    /// a live process of it. The end is written before the runner lets go of both: it is looked for after them.
    fn ended(&self) -> io::Result<Option<(Timestamp, End)>> {
        if self.is_locked()? {
            return Ok(None);
        }
        let told = || Ok::<_, io::Error>(self.end()?.map(|ended| (ended.at, ended.end)));
        if let Some(ended) = told()? {
            return Ok(Some(ended));
        }
        let session = self.started()?.and_then(|started| started.session);
        if process::is_alive(session.as_ref(), &self.mark()?) {
            return Ok(None);
        }
        Ok(told()?.or_else(|| Some((self.last_sign(), End::Lost))))
    }

    /// What its processes have in their environment: the path of its last words, as it was spelled when it was made.
    fn mark(&self) -> io::Result<PathBuf> {
        let told =
            |job: Written| job.env.into_iter().find(|(name, _)| name == TERMINATION_LOG).map(|(_, path)| path.into());
        Ok(self.read()?.and_then(told).unwrap_or_else(|| self.termination()))
    }

    /// Ends a Job that is past its deadline and has no runner any more that would.
    pub fn stop_overdue(&self, now: Timestamp) -> io::Result<()> {
        let Some(started) = self.started()?.filter(|started| started.is_overdue(now)) else { return Ok(()) };
        let has_runner = started.session.as_ref().is_none_or(Session::has_leader);
        if has_runner || self.ended()?.is_some() {
            return Ok(());
        }
        let is_over = process::end_named(&self.mark()?);
        if is_over && self.end()?.is_none() { self.write_end(now, End::Deadline) } else { Ok(()) }
    }

    /// When a Job that vanished was last seen: its log was last written, or it was started.
    fn last_sign(&self) -> Timestamp {
        let modified = |path| fs::metadata(path).and_then(|m| m.modified()).ok();
        let modified = modified(self.log()).or_else(|| modified(self.path.join("started")));
        modified.and_then(|m| Timestamp::try_from(m).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// How it ended where that is not plain, and what the filler says of itself: the first 1 KiB, without control characters.
    fn message(&self, end: End) -> String {
        let said = files::read_first(&self.termination(), MAX_MESSAGE as u64).ok().flatten().unwrap_or_default();
        let said = clean(&String::from_utf8_lossy(&said));
        match (how(end), said.is_empty()) {
            (None, _) => said,
            // The outcome has a word of its own for these.
            (Some(_), false) if matches!(end, End::Exit(65 | 69 | 75 | 77)) => said,
            (Some(how), true) => format!("{how}; its output is jobs/{}/log in the state folder", self.name),
            (Some(how), false) => clean(&format!("{how}: {said}")),
        }
    }
}

impl Started {
    /// Whether its runner would have killed it by now.
    fn is_overdue(&self, now: Timestamp) -> bool {
        let grace = i64::try_from(self.job.grace_seconds).unwrap_or(i64::MAX);
        let limit = SignedDuration::from_secs(self.job.deadline_seconds.max(1).saturating_add(grace));
        now.duration_since(self.at) >= limit
    }
}

/// How a Job ended, where its filler's words may not say it.
fn how(end: End) -> Option<String> {
    match end {
        End::Exit(code) => Some(format!("exit status {code}")),
        End::Deadline => Some("stopped at its deadline".to_string()),
        End::Killed => Some("killed by a signal".to_string()),
        End::Succeeded | End::Disrupted | End::Lost | End::NeverStarted => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Written {
        let dates = [jiff::civil::date(2025, 11, 14)].into_iter().collect();
        Written {
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
        }
    }

    /// The folder of a Job that was started, by a runner that left no other trace.
    fn started(root: &Path) -> JobFolder {
        let folder = JobFolder::new(root, "load-l1");
        fs::create_dir_all(&folder.path).unwrap();
        let mut bytes = Writer::default();
        bytes.put(&written());
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
    fn a_job_is_followed_by_what_is_left_of_its_files() {
        for lost in ["job", "started", "lock"] {
            let root = tempfile::tempdir().unwrap();
            let folder = started(root.path());
            let held = folder.lock().unwrap();
            let begun = Started { at: Timestamp::UNIX_EPOCH, job: written(), session: None };
            folder.mark_started(&begun).unwrap();
            let mut filler = std::process::Command::new("sleep")
                .arg("60")
                .env("GAPLESS_TERMINATION_LOG", folder.termination())
                .spawn()
                .unwrap();
            while !process::is_alive(None, &folder.termination()) {
                std::thread::yield_now();
            }
            fs::remove_file(folder.path.join(lost)).unwrap();
            assert_eq!(seen(&folder), Ok(Some(None)), "it lives without `{lost}`");
            drop(held);
            assert_eq!(seen(&folder), Ok(Some(None)), "its filler lives without `{lost}` and without its runner");
            filler.kill().unwrap();
            filler.wait().unwrap();
            folder.write_end(Timestamp::UNIX_EPOCH, End::Exit(69)).unwrap();
            assert_eq!(seen(&folder), Ok(Some(Some(End::Exit(69)))), "it ended without `{lost}`");
        }
    }

    #[test]
    fn a_job_whose_end_is_written_lives_until_its_lock_is_free() {
        let root = tempfile::tempdir().unwrap();
        let folder = started(root.path());
        let held = folder.lock().unwrap();
        folder.write_end(Timestamp::UNIX_EPOCH, End::Succeeded).unwrap();
        assert_eq!(seen(&folder), Ok(Some(None)));
        drop(held);
        assert_eq!(seen(&folder), Ok(Some(Some(End::Succeeded))));
    }

    #[test]
    fn a_job_without_runner_is_overdue_after_its_deadline_and_grace() {
        let begun = Started { at: Timestamp::UNIX_EPOCH, job: written(), session: None };
        for (second, is_overdue) in [(0, false), (60, false), (61, true)] {
            assert_eq!(begun.is_overdue(Timestamp::from_second(second).unwrap()), is_overdue, "{second}");
        }
    }

    #[test]
    fn a_pipe_in_the_place_of_a_file_holds_nothing_up() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        for name in ["job", "started", "lock", "end", "termination"] {
            let root = tempfile::tempdir().unwrap();
            let folder = started(root.path());
            let path = folder.path.join(name);
            let _ = fs::remove_file(&path);
            mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).unwrap();
            let told = seen(&folder);
            assert_eq!(told.is_ok(), name == "termination", "{name}: {told:?}");
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
    fn how_a_job_ended_stands_before_the_words_of_its_filler() {
        let rows = [
            ("", End::Exit(3), "exit status 3; its output is jobs/load-l1/log in the state folder"),
            ("", End::Deadline, "stopped at its deadline; its output is jobs/load-l1/log in the state folder"),
            ("", End::Succeeded, ""),
            ("no such game\n", End::Exit(3), "exit status 3: no such game"),
            ("no such game\n", End::Exit(65), "no such game"),
            ("12 of 30 games\n", End::Deadline, "stopped at its deadline: 12 of 30 games"),
            ("30 games\n", End::Succeeded, "30 games"),
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
