//! Jobs on one machine. A Job is a folder, and its processes run in their own session, which outlives gapless.
//!
//! The file `job` describes it. `started` repeats that, with the runner's session. `lock` is locked by the runner and,
//! through its standard input, by the filler. `end` is written last, by rename. A Job is live while the lock is held, or
//! while a process of its session or with its environment lives. A Job with neither, and without `end`, is Lost.

mod begin;
mod folder;
mod known;
mod process;
mod run;
mod sight;
mod stop;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

pub use run::run;
pub use template::Template;

use super::journal::Journal;
use crate::api::template::Refusal;
use crate::domain::ledger::{Job, Launch};
use crate::domain::policy::Rung;
use crate::engine::ports::{Clock, Created, JobList, Launcher, Recorded};
use crate::host::clock::SystemClock;
use crate::host::complaint::Complaint;
use crate::host::files;
use begin::{Begun, begin};
use folder::JobFolder;
use known::Known;

/// Starts and lists the Jobs in a folder.
#[derive(Clone, Debug)]
pub struct Jobs {
    folder: PathBuf,
    templates: Arc<Mutex<BTreeMap<Arc<str>, Template>>>,
    /// The folder's device and inode, once this process has seen it.
    home: Arc<OnceLock<(u64, u64)>>,
    journal: Option<Arc<Journal>>,
    known: Known,
    complaints: Arc<Complaints>,
}

/// What is printed about Jobs on standard error.
#[derive(Debug, Default)]
struct Complaints {
    lists: Complaint,
    starts: Complaint,
    settled: Complaint,
    unstored: Complaint,
}

impl Jobs {
    /// The Jobs of a state folder, made from these templates.
    pub fn new(state: &Path, templates: BTreeMap<Arc<str>, Template>) -> Self {
        let templates = Arc::new(Mutex::new(templates));
        Self {
            folder: state.join("jobs"),
            templates,
            home: Arc::default(),
            journal: None,
            known: Known::default(),
            complaints: Arc::default(),
        }
    }

    /// Makes these the Jobs of a journal. If the journal is written, their folder must exist and stay the same.
    pub fn belong_to(&mut self, journal: &Arc<Journal>) -> Result<(), String> {
        self.journal = Some(journal.clone());
        if !journal.is_to_write() {
            return Ok(());
        }
        std::fs::create_dir_all(&self.folder).and_then(|()| self.find_home()).map(drop).map_err(|e| self.unlisted(&e))
    }

    /// Finds the folder of all Jobs. `None` if there is none yet. A folder that was there and is gone, or was replaced, says
    /// nothing about its Jobs: an error.
    fn find_home(&self) -> std::io::Result<Option<()>> {
        let Some(found) = files::if_there(std::fs::metadata(&self.folder))? else {
            let gone = "it was there and is gone; put it back, or stop this gapless and start it again";
            return if self.home.get().is_some() { Err(std::io::Error::other(gone)) } else { Ok(None) };
        };
        let found = (found.dev(), found.ino());
        if *self.home.get_or_init(|| found) == found {
            return Ok(Some(()));
        }
        let other = "another folder is in its place; put it back, or stop this gapless and start it again";
        Err(std::io::Error::other(other))
    }

    fn unlisted(&self, error: &std::io::Error) -> String {
        let folder = self.folder.display();
        format!("the Jobs in {folder} cannot be listed: {error}; nothing is launched until they can")
    }

    pub fn make_from(&self, templates: BTreeMap<Arc<str>, Template>) {
        *self.templates() = templates;
    }

    fn templates(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Template>> {
        self.templates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, launch: &Launch) -> Created {
        let folder = JobFolder::new(&self.folder, &launch.name);
        let _beginning = self.known.begins(&folder.name);
        match self.find_home() {
            Ok(Some(())) => {}
            Ok(None) => return Created::Unclear(format!("the folder {} does not exist", self.folder.display())),
            Err(error) => return Created::Unclear(self.unlisted(&error)),
        }
        let written = match folder.read() {
            Ok(Some(job)) if job.coverage != launch.uid || job.launch != launch.launch || job.dates != launch.dates => {
                return Created::Foreign;
            }
            Ok(written) => written,
            Err(error) => return unclear(&error),
        };
        // Its folder was removed while it was begun: it runs all the same.
        if written.is_none() && process::is_alive(None, &folder.termination()) {
            return Created::Ours(folder.uid(launch));
        }
        if written.is_none() {
            let Some(template) = self.templates().get(&launch.cron_job).cloned() else {
                return refused(Refusal::not_found(&launch.cron_job).to_string());
            };
            let command = match template.command(launch, &folder.termination()) {
                Ok(command) => command,
                Err(why) => return refused(why),
            };
            if let Err(error) = folder.write(launch, &command) {
                return unclear(&error);
            }
        }
        match begin(&folder) {
            Ok(Begun::Before) => Created::Ours(folder.uid(launch)),
            Ok(Begun::Now) => Created::New(folder.uid(launch)),
            Ok(Begun::NotYet) => Created::Unclear("its runner has not started yet".into()),
            Ok(Begun::Cannot { why, lasts }) => {
                Created::Refused { permanent: lasts, why: template::unstartable(&launch.cron_job, &why) }
            }
            Err(error) => unclear(&error),
        }
    }

    /// Why no Job of a rung can be started on this machine.
    pub fn refusal(&self, rung: &Rung) -> Option<String> {
        self.templates().get(&rung.cron_job)?.refusal(rung.container.as_deref())
    }

    /// Why no Job at all can be launched now: it cannot be recorded, or the existing Jobs are not known.
    pub fn trouble(&self) -> Option<String> {
        let unrecorded = || self.journal.as_ref()?.trouble();
        self.complaints.lists.current().or_else(unrecorded)
    }

    /// The file with a Job's output, if its folder still exists.
    pub fn log(&self, name: &str) -> Option<PathBuf> {
        Some(JobFolder::new(&self.folder, name).log()).filter(|log| log.exists())
    }

    /// Every Job. If one cannot be read, the whole list is an error, because the Job may be live.
    pub fn list(&self) -> Result<Vec<Job>, String> {
        if self.find_home().map_err(|e| self.unlisted(&e))?.is_none() {
            return Ok(Vec::new());
        }
        let entries = std::fs::read_dir(&self.folder).map_err(|e| self.unlisted(&e))?;
        let (mut jobs, mut unread, mut unstored) = (Vec::new(), Vec::new(), Vec::new());
        for entry in entries {
            let folder = JobFolder::at(&entry.map_err(|e| self.unlisted(&e))?.path());
            if self.known.is_beginning(&folder.name) {
                continue;
            }
            match self.look(&folder) {
                Err(_) if self.is_settled(&folder) => unread.push(folder.path.display().to_string()),
                seen => jobs.extend(seen?),
            }
            unstored.extend(folder.is_unstored().then(|| folder.path.display().to_string()));
        }
        jobs.extend(self.vanished(&jobs));
        // A list that was read while the folder was moved is incomplete.
        self.find_home().map_err(|e| self.unlisted(&e))?;
        self.known.keep(&jobs.iter().map(|job: &Job| job.name.clone()).collect());
        self.tell_unread(unread);
        self.tell_unstored(unstored);
        jobs.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(jobs)
    }

    fn writes(&self) -> bool {
        self.journal.as_ref().is_some_and(|journal| journal.is_to_write())
    }

    fn look(&self, folder: &JobFolder) -> Result<Option<Job>, String> {
        if self.writes() {
            let stopped = self.known.stop_overdue(folder, SystemClock.now());
            stopped.map_err(|e| format!("the Job in {} cannot be stopped: {e}", folder.path.display()))?;
        }
        folder.job()
    }

    /// Jobs of the ledgers that are no longer in the folder. Their processes may still run.
    fn vanished(&self, listed: &[Job]) -> Vec<Job> {
        let names: BTreeSet<&str> = listed.iter().map(|job| &*job.name).collect();
        let open = self.journal.iter().flat_map(|journal| journal.created());
        let gone = open.filter(|open| !names.contains(&*open.name) && !self.known.is_beginning(&open.name));
        let folder = |name: &str| JobFolder::new(&self.folder, name);
        gone.map(|open| self.known.vanished(&folder(&open.name), open, self.writes(), SystemClock.now())).collect()
    }

    /// Whether its outcome is recorded: then its files no longer matter.
    fn is_settled(&self, folder: &JobFolder) -> bool {
        self.journal.as_ref().is_some_and(|journal| journal.is_settled(&folder.name))
    }

    fn tell_unread(&self, mut unread: Vec<String>) {
        unread.sort();
        let text =
            format!("cannot be read: {}; these Jobs have ended, and their folders can be removed", unread.join(", "));
        let _ = self.complaints.settled.hear(if unread.is_empty() { Ok(()) } else { Err(text) });
    }

    /// Reports Jobs whose runners cannot store the outcome. The runners retry for an hour.
    fn tell_unstored(&self, mut unstored: Vec<String>) {
        unstored.sort();
        let text = format!(
            "the outcome cannot be stored in {}: make room on the disk, or move away what is in the place of the file `end`; \
             until then these Jobs count as running, and after an hour as lost",
            unstored.join(", ")
        );
        let _ = self.complaints.unstored.hear(if unstored.is_empty() { Ok(()) } else { Err(text) });
    }
}

fn unclear(error: &std::io::Error) -> Created {
    Created::Unclear(error.to_string())
}

fn refused(why: String) -> Created {
    Created::Refused { permanent: true, why }
}

impl Launcher for Jobs {
    /// One machine has no daily runs: nothing starts its CronJobs.
    async fn live(&self) -> Result<JobList, String> {
        let jobs = self.clone();
        let listed = tokio::task::spawn_blocking(move || jobs.list()).await.map_err(|e| e.to_string())?;
        self.complaints.lists.hear(listed).map(|jobs| JobList { jobs, ..JobList::default() })
    }

    async fn create(&self, launch: &Launch, _: &Recorded) -> Created {
        let (jobs, launch) = (self.clone(), launch.clone());
        let created = tokio::task::spawn_blocking(move || jobs.start(&launch)).await;
        let created = created.unwrap_or_else(|e| Created::Unclear(e.to_string()));
        let trouble = match &created {
            Created::Unclear(why) => Err(format!("a Job cannot be started: {why}; retrying")),
            _ => Ok(()),
        };
        let _ = self.complaints.starts.hear(trouble);
        created
    }

    async fn remove(&self, job: &Job) -> Result<(), String> {
        let folder = JobFolder::new(&self.folder, &job.name);
        folder.remove().map_err(|e| format!("{} cannot be removed: {e}", folder.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_one_of_the_jobs_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let jobs = Jobs::new(root.path(), BTreeMap::new());
        assert_eq!(jobs.list(), Ok(Vec::new()), "there is none yet");
        std::fs::create_dir_all(root.path().join("jobs/load-12345678-l1/job")).unwrap();
        let error = jobs.list().unwrap_err();
        assert!(error.contains("jobs/load-12345678-l1 cannot be read"), "{error}");
        std::fs::remove_dir_all(root.path().join("jobs")).unwrap();
        std::fs::write(root.path().join("jobs"), "").unwrap();
        assert!(jobs.list().unwrap_err().contains("cannot be listed"));
    }

    /// A disk that is unplugged for a moment, or a folder that is moved and put back.
    #[test]
    fn a_folder_of_jobs_that_is_gone_or_another_one_says_nothing_of_its_jobs() {
        let root = tempfile::tempdir().unwrap();
        let state = root.path().join("state");
        std::fs::create_dir_all(state.join("jobs")).unwrap();
        let jobs = Jobs::new(&state, BTreeMap::new());
        assert_eq!(jobs.list(), Ok(Vec::new()));
        std::fs::rename(&state, root.path().join("away")).unwrap();
        assert!(jobs.list().unwrap_err().contains("cannot be listed: it was there and is gone"));
        std::fs::create_dir_all(state.join("jobs")).unwrap();
        assert!(jobs.list().unwrap_err().contains("another folder is in its place"));
        std::fs::remove_dir_all(&state).unwrap();
        std::fs::rename(root.path().join("away"), &state).unwrap();
        assert_eq!(jobs.list(), Ok(Vec::new()), "it is back");
    }
}
