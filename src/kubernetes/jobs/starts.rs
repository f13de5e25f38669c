//! Whether the filler of a Job ever started. A Job that ends by its deadline does not show that, and its pod is gone by then.
//! So what was seen of the pods of live Jobs is remembered until the Job is gone. A process that starts afterwards does not
//! know it, and attributes such an end to the filler.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::{Job, JobStatus};
use k8s_openapi::api::core::v1::Pod;

use super::pods::{self, Start};
use super::read::{NO_POD, by_job, is_without_pod};
use crate::domain::ledger::End;
use crate::engine::contract::clean;
use crate::engine::ports::JobList;

/// What was seen of each live Job, by its uid: why its pod waits, or that it ran.
#[derive(Debug, Default)]
pub struct Starts(BTreeMap<Arc<str>, Option<String>>);

impl Starts {
    /// Jobs with all their pods.
    pub fn see<'a>(&mut self, jobs: impl IntoIterator<Item = &'a Job>, all: &[Pod], now: Timestamp) {
        let mut pods = by_job(all);
        for job in jobs {
            let own = job.metadata.uid.as_deref().and_then(|uid| pods.remove(uid)).unwrap_or_default();
            self.note(job, start(job, &own, now));
        }
    }

    /// A Job as its watch shows it. Without its pods, only that they run is known.
    pub fn glance(&mut self, job: &Job) {
        let runs = |s: &JobStatus| [s.ready, s.succeeded].iter().any(|n| n.unwrap_or(0) > 0);
        self.note(job, job.status.as_ref().is_some_and(runs).then_some(None));
    }

    fn note(&mut self, job: &Job, seen: Option<Option<String>>) {
        let (Some(uid), Some(seen)) = (job.metadata.uid.as_deref(), seen) else { return };
        match self.0.get_mut(uid) {
            // What ran once has run, whatever a later pod waits for.
            Some(known) => *known = seen.filter(|_| known.is_some()),
            None => _ = self.0.insert(uid.into(), seen),
        }
    }

    /// Corrects the end of Jobs of which nothing ever ran.
    pub fn correct(&self, list: &mut JobList) {
        for job in &mut list.jobs {
            let Some((_, end @ (End::Deadline | End::Killed))) = &mut job.ended else { continue };
            let Some(Some(why)) = self.0.get(&job.uid) else { continue };
            *end = End::NeverStarted;
            job.message = never_started(why);
        }
    }

    /// Forgets all Jobs but these.
    pub fn retain(&mut self, there: &BTreeSet<&str>) {
        self.0.retain(|uid, _| there.contains(&**uid));
    }
}

/// The message of a Job whose pod never started.
pub(super) fn never_started(why: &str) -> String {
    clean(&format!("its pod never started: {why}"))
}

/// Why the pods of a Job wait, or that one ran (`Some(None)`); `None` where they do not show it.
fn start(job: &Job, own: &[&Pod], now: Timestamp) -> Option<Option<String>> {
    let filler = pods::filler(job);
    let starts: Vec<Start> = own.iter().map(|pod| pods::start(pod, filler)).collect();
    if starts.contains(&Start::Ran) {
        return Some(None);
    }
    let Some(youngest) = pods::youngest(own.iter().copied()) else {
        return job.status.as_ref().is_some_and(is_without_pod).then(|| Some(NO_POD.into()));
    };
    let why = || pods::waits(youngest, now).unwrap_or_else(|| "it was about to".into());
    starts.iter().all(|start| *start == Start::Waits).then(|| Some(why()))
}
