//! Passes Jobs on to the engine as a watch sees them. Pods are only listed for what the status of a Job does not hold: its
//! termination message, or why it cannot start.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::batch::v1::Job as WireJob;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::launcher::Jobs;
use super::slim::Kept;
use crate::domain::ledger::Job;
use crate::engine::drive::Command;
use crate::engine::ports::JobList;
use crate::kubernetes::watching::mirror::Mirror;

/// Changes within this time are passed on together: sooner than a changed spec, so that a daily run that exists before a spec
/// is also known before it.
const GATHER: Duration = Duration::from_millis(150);
/// How often the pods of a Job that has not started are listed.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// Tells the engine what the watch sees, until the engine is gone. The first time even that there are no Jobs: no watch
/// reports a pod whose Job is gone.
pub async fn follow(jobs: Jobs, mirror: Mirror<Kept>, changed: Arc<Notify>, commands: UnboundedSender<Command>) {
    let mut follower = Follower { jobs, known: BTreeMap::new(), asked: Instant::now(), last: None };
    loop {
        if let Some(list) = follower.look(&mirror).await
            && commands.send(Command::Seen(list)).is_err()
        {
            return;
        }
        if follower.last.iter().flat_map(|last| &last.jobs).any(|j| j.ended.is_none()) {
            let _ = tokio::time::timeout(ASK_AGAIN, changed.notified()).await;
        } else {
            changed.notified().await;
        }
        tokio::time::sleep(GATHER).await;
    }
}

struct Follower {
    jobs: Jobs,
    /// Jobs as their pods last showed them: an end is final, a wait lasts until the pod starts.
    known: BTreeMap<Arc<str>, Job>,
    asked: Instant,
    last: Option<JobList>,
}

impl Follower {
    /// What there is; `None` when it is what was passed on last.
    async fn look(&mut self, mirror: &Mirror<Kept>) -> Option<JobList> {
        let all = mirror.all();
        let listed: Vec<&WireJob> = all.iter().filter_map(|(_, kept)| kept.job.as_deref()).collect();
        self.jobs.glance(&listed);
        let waiting: BTreeSet<&str> = listed.iter().filter(|j| is_waiting(j)).filter_map(|j| uid(j)).collect();
        let mut list = self.jobs.allowed(all.iter().map(|(_, kept)| kept.alone.clone()).collect());
        let again = !waiting.is_empty() && self.asked.elapsed() >= ASK_AGAIN;
        let about = |j: &&Job| match j.ended {
            Some(_) => !self.has_ended(&j.uid),
            None => again && waiting.contains(&*j.uid) && !self.has_ended(&j.uid),
        };
        let names: BTreeSet<&str> = list.jobs.iter().filter(about).map(|j| &*j.name).collect();
        if !names.is_empty() {
            self.ask(&listed, &names, again).await;
        }
        for job in &mut list.jobs {
            match self.known.get(&job.uid) {
                // If a finalizer holds it, only its pod shows the end.
                Some(known) if known.ended.is_some() => *job = known.clone(),
                Some(known) if waiting.contains(&*job.uid) => job.pending.clone_from(&known.pending),
                _ => {}
            }
        }
        let there: BTreeSet<&str> = list.jobs.iter().map(|j| &*j.uid).collect();
        self.known.retain(|uid, _| there.contains(&**uid));
        self.jobs.retain(&there);
        (self.last.as_ref() != Some(&list)).then(|| {
            self.last = Some(list.clone());
            list
        })
    }

    fn has_ended(&self, uid: &str) -> bool {
        self.known.get(uid).is_some_and(|j| j.ended.is_some())
    }

    /// Lists the pods of some Jobs. Without an answer the Jobs are passed on as their own status has them; the next look asks again.
    async fn ask(&mut self, listed: &[&WireJob], names: &BTreeSet<&str>, again: bool) {
        if again {
            self.asked = Instant::now();
        }
        let named: Vec<&str> = names.iter().copied().collect();
        if let Ok(pods) = self.jobs.pods_of(&named).await {
            let is_named = |j: &&WireJob| j.metadata.name.as_deref().is_some_and(|n| names.contains(n));
            let about: Vec<&WireJob> = listed.iter().copied().filter(is_named).collect();
            let jobs = self.jobs.read(&about, &pods).jobs;
            self.known.extend(jobs.into_iter().map(|j| (j.uid.clone(), j)));
        }
    }
}

fn uid(job: &WireJob) -> Option<&str> {
    job.metadata.uid.as_deref()
}

/// A live Job none of whose pods is ready.
fn is_waiting(job: &WireJob) -> bool {
    let Some(status) = &job.status else { return true };
    let ended =
        status.conditions.iter().flatten().any(|c| c.status == "True" && matches!(&*c.type_, "Complete" | "Failed"));
    !ended && status.ready.unwrap_or(0) == 0
}
