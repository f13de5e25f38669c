//! Ending Jobs by request. A file in the Job's folder asks its runner, which stops the filler as at a deadline: SIGTERM, and
//! SIGKILL after its grace period. So the runner alone ends its filler, and stores how it ended.

use std::io;
use std::path::PathBuf;

use super::Jobs;
use super::folder::JobFolder;
use crate::domain::ledger::Job;
use crate::engine::contract::{MAX_MESSAGE, clean};
use crate::host::{disk, files};

/// How long a Job whose description is lost is given to end, in seconds.
const GRACE: u64 = 30;

impl JobFolder {
    fn request(&self) -> PathBuf {
        self.path.join("stop")
    }

    /// Whether its runner was asked to end it.
    pub fn is_to_stop(&self) -> bool {
        self.request().exists()
    }

    /// Who asked for its end, if anyone did.
    pub fn stopped_by(&self) -> Option<String> {
        let text = files::read_first(&self.request(), MAX_MESSAGE as u64).ok()??;
        Some(clean(&String::from_utf8_lossy(&text)))
    }
}

impl Jobs {
    /// Asks the runner of a Job to end it; `by` is what people read about it. Gives the seconds of its grace period.
    pub fn stop(&self, job: &Job, by: &str) -> io::Result<u64> {
        let folder = JobFolder::new(&self.folder, &job.name);
        if !folder.is_to_stop() {
            disk::replace(&folder.request(), by.as_bytes())?;
        }
        Ok(folder.read().ok().flatten().map_or(GRACE, |written| written.grace_seconds))
    }

    /// Asks the runners of all live Jobs. One that cannot be asked runs on.
    pub fn stop_all(&self, by: &str) {
        let live = self.list().unwrap_or_default().into_iter().filter(|job| job.ended.is_none());
        live.for_each(|job| _ = self.stop(&job, by));
    }
}
