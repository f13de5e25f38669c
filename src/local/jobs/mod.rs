//! Jobs on one machine: a Job is a folder, run by a process of its own session that outlives gapless.
//!
//! `job` holds what it is; `lock` is held by the runner and by the filler through its standard input, so a held lock is
//! a live Job whoever died meanwhile; `end` is written last, by rename. A free lock without `end` is Lost.

mod folder;
mod run;
mod template;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use run::run;
pub use template::Template;

use crate::api::template::Refusal;
use crate::domain::ledger::{Job, Launch};
use crate::domain::policy::Rung;
use crate::engine::ports::{Created, JobList, Launcher, Recorded};
use folder::JobFolder;

/// Starts and sees Jobs below a folder.
#[derive(Clone, Debug)]
pub struct Jobs {
    folder: PathBuf,
    templates: Arc<Mutex<BTreeMap<Arc<str>, Template>>>,
}

impl Jobs {
    /// The Jobs of a state folder, made from these templates.
    pub fn new(state: &Path, templates: BTreeMap<Arc<str>, Template>) -> Self {
        Self { folder: state.join("jobs"), templates: Arc::new(Mutex::new(templates)) }
    }

    /// From now on Jobs are made from these templates.
    pub fn make_from(&self, templates: BTreeMap<Arc<str>, Template>) {
        *self.templates() = templates;
    }

    fn templates(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Template>> {
        self.templates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, launch: &Launch) -> Created {
        let folder = JobFolder::new(&self.folder, &launch.name);
        if let Some(job) = folder.read() {
            if job.coverage != launch.uid || job.launch != launch.launch || job.dates != launch.dates {
                return Created::Foreign;
            }
        } else {
            let Some(template) = self.templates().get(&launch.cron_job).cloned() else {
                return refused(Refusal::not_found(&launch.cron_job).to_string());
            };
            let command = match template.command(launch, &folder.termination()) {
                Ok(command) => command,
                Err(why) => return refused(why),
            };
            if let Err(error) = folder.write(launch, &command) {
                return Created::Unclear(error.to_string());
            }
        }
        if folder.was_started() {
            return Created::Ours(folder.uid(launch));
        }
        match spawn(&folder.path).map(|()| folder.wait_until_started()) {
            Ok(true) => Created::New(folder.uid(launch)),
            Ok(false) => Created::Unclear("its runner has not started yet".into()),
            Err(error) => Created::Unclear(error.to_string()),
        }
    }

    /// Why no Job of a rung can be started on this machine.
    pub fn refusal(&self, rung: &Rung) -> Option<String> {
        self.templates().get(&rung.cron_job)?.refusal(rung.container.as_deref())
    }

    /// Where a Job's output stands, for as long as its folder is kept.
    pub fn log(&self, name: &str) -> Option<PathBuf> {
        Some(JobFolder::new(&self.folder, name).log()).filter(|log| log.exists())
    }

    fn list(&self) -> Result<Vec<Job>, String> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(format!("the Jobs in {} cannot be listed: {e}", self.folder.display())),
        };
        let names = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned());
        let mut jobs: Vec<Job> = names.filter_map(|name| JobFolder::new(&self.folder, &name).job()).collect();
        jobs.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(jobs)
    }
}

fn refused(why: String) -> Created {
    Created::Refused { permanent: true, why }
}

/// Starts the runner: the same binary under a hidden verb. It takes its own session and is not waited for by us; a
/// thread reaps it so that no zombie stays while this process lives.
fn spawn(folder: &Path) -> std::io::Result<()> {
    let program = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.env_remove(crate::local::disk::DIE_AT_WRITE);
    command.arg("run-job").arg(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    std::thread::spawn(move || child.wait());
    Ok(())
}

impl Launcher for Jobs {
    /// There is no daily run on one machine: nobody starts CronJobs.
    async fn live(&self) -> Result<JobList, String> {
        let jobs = self.clone();
        let listed = tokio::task::spawn_blocking(move || jobs.list()).await.map_err(|e| e.to_string())?;
        listed.map(|jobs| JobList { jobs, ..JobList::default() })
    }

    async fn create(&self, launch: &Launch, _: &Recorded) -> Created {
        let (jobs, launch) = (self.clone(), launch.clone());
        let created = tokio::task::spawn_blocking(move || jobs.start(&launch)).await;
        created.unwrap_or_else(|e| Created::Unclear(e.to_string()))
    }

    async fn remove(&self, job: &Job) -> Result<(), String> {
        let path = JobFolder::new(&self.folder, &job.name).path;
        std::fs::remove_dir_all(&path).map_err(|e| format!("{} cannot be removed: {e}", path.display()))
    }
}
