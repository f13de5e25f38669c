//! What Jobs and pods of a cluster say, as the engine sees Jobs. Total: it has an answer for whatever people edited.
//!
//! A Job is only a hint: its end ends an attempt, and a read of the table judges it. Its owner reference decides whose it is,
//! not its labels. A Job that its coverage does not control (forged, orphaned, its owner edited away) keeps its dates busy
//! while it is live, since what it writes is not known. It is not an attempt of any coverage, so it is never counted and never
//! removed. `coverage: ""` means that: no coverage has this uid.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::{Job, JobStatus};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::end::{Ended, ended, is_live};
use super::identity::{Identity, controller};
use super::{COVERAGE, pods};
use crate::domain::ledger::{self, Launch, Pending};
use crate::engine::ports::JobList;

/// Why a Job that the Job controller has started has no pod: a quota or an admission refuses it, and only an Event says which.
pub(super) const NO_POD: &str = "NoPod: none is admitted; see the events of the Job";

/// Everything that Jobs and pods say, each read once. Jobs of other owners are read for daily runs only.
pub fn list<'a>(
    jobs: impl IntoIterator<Item = &'a Job>,
    pods: impl IntoIterator<Item = &'a Pod>,
    now: Timestamp,
) -> JobList {
    let mut by_job = by_job(pods);
    let mut list = JobList::default();
    for job in jobs {
        let own = job.metadata.uid.as_deref().and_then(|uid| by_job.remove(uid)).unwrap_or_default();
        list.jobs.extend(read(job, &own, now));
        list.daily_runs.extend(daily_run(job));
    }
    list.jobs.extend(by_job.into_values().filter_map(|own| leftover(&own)));
    list.jobs.sort_by(|a, b| (&a.name, &a.uid).cmp(&(&b.name, &b.uid)));
    list
}

/// The pods of each Job, by its uid.
pub(super) fn by_job<'a>(pods: impl IntoIterator<Item = &'a Pod>) -> BTreeMap<&'a str, Vec<&'a Pod>> {
    let mut by_job: BTreeMap<&str, Vec<&Pod>> = BTreeMap::new();
    for pod in pods {
        pods::job_uid(pod).into_iter().for_each(|uid| by_job.entry(uid).or_default().push(pod));
    }
    by_job
}

/// A Job of gapless, with what its own pods say; `None` when it is not one, or cannot be read as one.
pub(super) fn read(job: &Job, own: &[&Pod], now: Timestamp) -> Option<ledger::Job> {
    let identity = identity(job)?;
    let end = ended(job, own);
    let pending = if end.is_none() { pending(job, own, now) } else { None };
    let (ended, message) = end.map_or((None, String::new()), |Ended { at, end, message }| (Some((at, end)), message));
    Some(ledger::Job {
        namespace: job.metadata.namespace.as_deref()?.into(),
        name: job.metadata.name.as_deref()?.into(),
        uid: job.metadata.uid.as_deref()?.into(),
        coverage: if identity.is_owned(&job.metadata) { identity.coverage } else { Arc::from("") },
        launch: identity.launch,
        dates: identity.dates,
        target: identity.target,
        aliases: identity.aliases,
        draw: identity.draw,
        ended,
        message,
        pending,
    })
}

/// The identity of a Job. Its pod template cannot be edited once it runs, so that is read before its own annotations.
fn identity(job: &Job) -> Option<Identity> {
    let template = job.spec.as_ref().and_then(|spec| spec.template.metadata.as_ref());
    template.and_then(Identity::of).or_else(|| Identity::of(&job.metadata))
}

/// Why a live Job has not started.
fn pending(job: &Job, own: &[&Pod], now: Timestamp) -> Option<Pending> {
    let suspended = job.spec.as_ref()?.suspend == Some(true);
    let pod = pods::youngest(own.iter().copied().filter(|pod| pods::is_running(pod)));
    match (pod, &job.status) {
        (None, status) if job.metadata.deletion_timestamp.is_some() && status.as_ref().is_none_or(has_no_pod) => {
            Some(Pending::Pod(leaving(&job.metadata)))
        }
        _ if suspended => Some(Pending::Queued),
        (Some(pod), _) => pods::waits(pod, now).map(Pending::Pod),
        (None, status) => status.as_ref().filter(|s| is_without_pod(s)).map(|_| Pending::Pod(NO_POD.into())),
    }
}

/// Why a Job that is being deleted is still there: it starts no more pods, and is live until it is gone.
fn leaving(meta: &ObjectMeta) -> String {
    let holding = meta.finalizers.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
    pods::reported(
        "Deleting",
        &format!("the Job was deleted, but its finalizers ({holding}) hold it, and with it its dates"),
    )
}

/// The Job controller has started it, and no pod was ever made.
pub(super) fn is_without_pod(status: &JobStatus) -> bool {
    status.start_time.is_some() && has_no_pod(status) && !status.conditions.iter().flatten().any(|c| c.status == "True")
}

/// It has no pod and never had one, not even one that the Job controller has not counted yet.
pub(super) fn has_no_pod(status: &JobStatus) -> bool {
    let counts = [status.active, status.terminating, status.succeeded, status.failed];
    let uncounted = status.uncounted_terminated_pods.as_ref();
    counts.iter().all(|n| n.unwrap_or(0) == 0)
        && uncounted.is_none_or(|u| u.failed.iter().chain(&u.succeeded).flatten().next().is_none())
}

/// Pods whose Job is gone and that may still write: they count as a live Job (`docs/filler.md`).
fn leftover(own: &[&Pod]) -> Option<ledger::Job> {
    let pod = pods::youngest(own.iter().copied().filter(|pod| pods::is_running(pod)))?;
    let identity = Identity::of(&pod.metadata)?;
    let labels = pod.metadata.labels.as_ref()?;
    let owner = controller(&pod.metadata).map(|owner| owner.name.as_str());
    let name = owner.or_else(|| labels.get("batch.kubernetes.io/job-name").map(String::as_str))?;
    let named = labels.get(COVERAGE).is_some_and(|coverage| identity.is_named(coverage, name));
    Some(ledger::Job {
        namespace: pod.metadata.namespace.as_deref()?.into(),
        name: name.into(),
        uid: pods::job_uid(pod)?.into(),
        coverage: if named { identity.coverage } else { Arc::from("") },
        launch: identity.launch,
        dates: identity.dates,
        target: identity.target,
        aliases: identity.aliases,
        draw: identity.draw,
        ended: None,
        message: String::new(),
        pending: None,
    })
}

/// Whether an existing Job is the one of this launch: owned by the coverage, and with the same identity.
pub fn is_of(job: &Job, launch: &Launch) -> bool {
    let same = |identity: &Identity| identity.is_of(launch) && identity.is_owned(&job.metadata);
    identity(job).as_ref().is_some_and(same)
}

/// The CronJob, by namespace and name, of a live Job that it controls. Jobs of gapless have another owner.
pub fn daily_run(job: &Job) -> Option<(Arc<str>, Arc<str>)> {
    let owner = controller(&job.metadata)?;
    let runs = owner.kind == "CronJob" && owner.api_version.starts_with("batch/") && is_live(job);
    runs.then(|| Some((job.metadata.namespace.as_deref()?.into(), owner.name.as_str().into())))?
}
