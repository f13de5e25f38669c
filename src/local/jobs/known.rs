//! What a process knows of Jobs even if their files are lost: Jobs that it has seen running, and those of its ledgers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::folder::{JobFolder, Started};
use super::process::{self, Runner};
use crate::domain::ledger::{End, Job};
use crate::local::journal::OpenAttempt;

/// The extra time that a runner has to end its filler, unless it is known to be dead.
const SLACK: SignedDuration = SignedDuration::from_secs(10);

#[derive(Clone, Default)]
pub(super) struct Known(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    started: BTreeMap<Arc<str>, Started>,
    /// Jobs that this process is just starting. They are not listed before their create is answered.
    beginning: BTreeSet<Arc<str>>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.inner().started.keys()).finish()
    }
}

/// While this exists, the Job counts as just starting.
pub(super) struct Beginning {
    known: Known,
    name: Arc<str>,
}

impl Drop for Beginning {
    fn drop(&mut self) {
        self.known.inner().beginning.remove(&self.name);
    }
}

impl Known {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn begins(&self, name: &Arc<str>) -> Beginning {
        self.inner().beginning.insert(name.clone());
        Beginning { known: self.clone(), name: name.clone() }
    }

    pub fn is_beginning(&self, name: &str) -> bool {
        self.inner().beginning.contains(name)
    }

    /// Forgets Jobs other than these: they are gone and have ended.
    pub fn keep(&self, names: &BTreeSet<Arc<str>>) {
        self.inner().started.retain(|name, _| names.contains(name));
    }

    /// The start of a Job: from its files, else from what was seen of it before.
    pub fn started(&self, folder: &JobFolder) -> Option<Started> {
        if let Ok(Some(started)) = folder.started() {
            self.inner().started.insert(folder.name.clone(), started.clone());
            return Some(started);
        }
        let seen = self.inner().started.get(&folder.name).cloned();
        seen.or_else(|| by_job(folder))
    }

    /// Ends a Job that is past its deadline and grace period, if its runner does not.
    pub fn stop_overdue(&self, folder: &JobFolder, now: Timestamp) -> io::Result<()> {
        let Some(started) = self.started(folder) else { return Ok(()) };
        // Unreadable files must not keep it running.
        let has_ended = || folder.ended().is_ok_and(|ended| ended.is_some());
        if started.overdue(now).is_none() || has_ended() || !stop(folder, &started, now) {
            return Ok(());
        }
        match folder.end() {
            Ok(None) => folder.write_end(now, End::Deadline),
            _ => Ok(()),
        }
    }

    /// A Job that is no longer in its folder. While one of its processes lives, it is live.
    pub fn vanished(&self, folder: &JobFolder, open: OpenAttempt, writes: bool, now: Timestamp) -> Job {
        let started = self.started(folder);
        if let Some(started) = started.as_ref().filter(|started| writes && started.overdue(now).is_some()) {
            stop(folder, started, now);
        }
        let mark = mark_of(folder, started.as_ref());
        let is_alive = process::is_alive(started.as_ref().and_then(|started| started.session.as_ref()), &mark);
        let what = if folder.path.exists() { "its files `job` and `started` are" } else { "its folder is" };
        let message = format!(
            "{what} gone from jobs/{} in the state folder, and none of its processes is alive: how it ended is not known; {}",
            folder.name,
            folder.output()
        );
        let OpenAttempt { coverage, uid, launch, dates, target, aliases, draw, .. } = open;
        Job {
            namespace: "".into(),
            name: folder.name.clone(),
            uid,
            coverage,
            launch,
            dates,
            target,
            aliases,
            draw,
            message: if is_alive { String::new() } else { message },
            ended: (!is_alive).then_some((now, End::Lost)),
            pending: None,
        }
    }
}

/// The start by its description, if nothing else is known: a runner begins at once.
fn by_job(folder: &JobFolder) -> Option<Started> {
    let job = folder.read().ok()??;
    let at = fs::metadata(folder.path.join("job")).and_then(|meta| meta.modified()).ok()?;
    Some(Started { at: Timestamp::try_from(at).ok()?, job, session: None })
}

fn mark_of(folder: &JobFolder, started: Option<&Started>) -> std::path::PathBuf {
    started.and_then(|started| started.job.mark()).unwrap_or_else(|| folder.termination())
}

/// Ends the processes of an overdue Job, unless its runner does. Returns whether none is left.
fn stop(folder: &JobFolder, started: &Started, now: Timestamp) -> bool {
    let mark = mark_of(folder, Some(started));
    let is_patient = started.overdue(now).is_none_or(|over| over < SLACK);
    let Some(session) = &started.session else {
        // Its runner may be alive, and should have ended it by now.
        return !is_patient && process::can_be_seen() && process::end_named(&mark);
    };
    match session.runner() {
        Runner::Runs => false,
        Runner::Stopped if is_patient => {
            session.wake();
            false
        }
        // While its leader lives, the number identifies this session.
        Runner::Stopped => process::end_own(Some(session), &mark),
        Runner::Gone => process::end_named(&mark),
    }
}
