//! The state of a Job: live, or when and how it ended.

use std::fs;
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

use super::folder::JobFolder;
use super::process;
use crate::domain::ledger::{End, Job};
use crate::engine::contract::{MAX_MESSAGE, clean};
use crate::host::files;

impl JobFolder {
    /// The Job for the engine. `None` if it was never fully written, or not started yet.
    pub fn job(&self) -> Result<Option<Job>, String> {
        let tell =
            |e| format!("the Job in {} cannot be read: {e}; nothing is launched until it can", self.path.display());
        self.seen().map_err(tell)
    }

    fn seen(&self) -> io::Result<Option<Job>> {
        let written = self.read()?;
        // Checked first: a Job that begins meanwhile must not seem to have ended before.
        let was_started = self.was_started()?;
        let ended = self.ended()?;
        // Without `started` it has begun nevertheless if it is live, or if its end is stored.
        if !was_started && matches!(ended, Some((_, End::Lost))) {
            return Ok(None);
        }
        let Some(written) = written else {
            // Its dates are no longer known: while it lives, it may fill any date.
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
            draw: self.draw()?,
            message: ended.map_or_else(String::new, |(_, end)| self.message(end)),
            ended,
            pending: None,
        }))
    }

    /// When and how it ended. `None` while it is live. A held lock or a live process means a live Job, even if its end is
    /// already stored. The runner writes the end before it releases both, so the end is checked after them.
    pub fn ended(&self) -> io::Result<Option<(Timestamp, End)>> {
        if self.is_locked()? {
            return Ok(None);
        }
        let stored = || Ok::<_, io::Error>(self.end()?.map(|ended| (ended.at, ended.end)));
        if let Some(ended) = stored()? {
            return Ok(Some(ended));
        }
        let session = self.started()?.and_then(|started| started.session);
        if process::is_alive(session.as_ref(), &self.mark()?) {
            return Ok(None);
        }
        Ok(stored()?.or_else(|| Some((self.last_sign(), End::Lost))))
    }

    /// The path in the environment of its processes: that of its termination message, as written at the start.
    fn mark(&self) -> io::Result<PathBuf> {
        Ok(self.read()?.and_then(|job| job.mark()).unwrap_or_else(|| self.termination()))
    }

    /// The last sign of a Job that vanished: its log was written, or it was started.
    fn last_sign(&self) -> Timestamp {
        let modified = |path| fs::metadata(path).and_then(|m| m.modified()).ok();
        let modified = modified(self.log()).or_else(|| modified(self.path.join("started")));
        modified.and_then(|m| Timestamp::try_from(m).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// How it ended, if that is not obvious, and the filler's message: the first 1 KiB, without control characters.
    pub fn message(&self, end: End) -> String {
        let said = files::read_first(&self.termination(), MAX_MESSAGE as u64).ok().flatten().unwrap_or_default();
        let said = clean(&String::from_utf8_lossy(&said));
        let how = match end {
            End::Lost => Some(self.lost()),
            End::Disrupted => self.stopped_by().map(|by| format!("stopped by {by}")),
            end => how(end),
        };
        match (how, said.is_empty()) {
            (None, _) => said,
            // The outcome already names these.
            (Some(_), false) if matches!(end, End::Exit(65 | 69 | 75 | 77)) => said,
            (Some(how), true) => format!("{how}; {}", self.output()),
            (Some(how), false) => clean(&format!("{how}: {said}")),
        }
    }

    /// The message of a Job whose end is unknown.
    fn lost(&self) -> String {
        let is_there = fs::metadata(self.path.join("end")).is_ok();
        let file = if is_there { "is damaged" } else { "is missing" };
        format!("none of its processes is alive, and its file `end`, which says how it ended, {file}")
    }

    /// Where its output is.
    pub fn output(&self) -> String {
        let is_there = self.log().exists();
        let (name, file) = (&self.name, "in the state folder");
        if is_there {
            format!("its output is jobs/{name}/log {file}")
        } else {
            format!("its output, jobs/{name}/log {file}, is missing")
        }
    }
}

/// How a Job ended, in cases where its filler's message may not say it.
fn how(end: End) -> Option<String> {
    match end {
        End::Exit(code) => Some(format!("exit status {code}")),
        End::Deadline => Some("stopped at its deadline".to_string()),
        End::Killed => Some("killed by a signal".to_string()),
        End::Succeeded | End::Disrupted | End::Lost | End::NeverStarted => None,
    }
}
