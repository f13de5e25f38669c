//! Whether a Job has ended, when and how. Total: whatever a status says, there is an answer.

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::{Job, JobCondition, JobStatus};
use k8s_openapi::api::core::v1::Pod;

use super::STOPPED;
use super::pods::{self, Start};
use super::read::{NO_POD, has_no_pod};
use super::starts::never_started;
use crate::domain::ledger::End;
use crate::engine::contract::clean;

pub(super) struct Ended {
    pub at: Timestamp,
    pub end: End,
    pub message: String,
}

/// The end of a Job; `None` while it is live or one of its pods may be.
///
/// `FailureTarget` and `SuccessCriteriaMet` only announce an end. One without an instant does not count: no later read could
/// be distinguished from an earlier one.
pub(super) fn ended(job: &Job, own: &[&Pod]) -> Option<Ended> {
    let Some(terminal) = job.status.as_ref().and_then(terminal) else { return of_deleted(job, own) };
    let status = job.status.as_ref().filter(|status| !is_running(status, own))?;
    let at = terminal.last_transition_time.as_ref().or(status.completion_time.as_ref())?.0;
    let end = how(job, terminal, own);
    if let Some(why) = not_started(job, status, own, at).filter(|_| matches!(end, End::Deadline | End::Killed)) {
        return Some(Ended { at, end: End::NeverStarted, message: never_started(&why) });
    }
    Some(Ended { at, end, message: message(job, terminal.message.as_deref(), end, own) })
}

/// Why nothing of it ever ran, where what is left of it shows that: no pod was ever made, or each remaining one still waits.
fn not_started(job: &Job, status: &JobStatus, own: &[&Pod], at: Timestamp) -> Option<String> {
    let Some(youngest) = pods::youngest(own.iter().copied()) else {
        return has_no_pod(status).then(|| NO_POD.into());
    };
    // More pods failed than are there: those that are gone may have run.
    let all_seen = usize::try_from(status.failed.unwrap_or(0)).is_ok_and(|failed| failed <= own.len());
    let filler = pods::filler(job);
    let none_ran = all_seen && own.iter().all(|pod| pods::start(pod, filler) == Start::Waits);
    none_ran.then(|| pods::waits(youngest, at).unwrap_or_else(|| "it was about to".into()))
}

/// The end of a Job that was deleted and that a finalizer holds. The Job controller no longer counts its pods and makes none,
/// so the end is read from its pod.
fn of_deleted(job: &Job, own: &[&Pod]) -> Option<Ended> {
    job.metadata.deletion_timestamp.as_ref()?;
    let pod = pods::youngest(own.iter().copied()).filter(|_| !own.iter().any(|pod| pods::is_running(pod)))?;
    let filler = pods::filler(job);
    let at = pods::ended_at(pod, filler)?;
    let succeeded = pod.status.as_ref().and_then(|s| s.phase.as_deref()) == Some("Succeeded");
    let end = if succeeded { End::Succeeded } else { pods::end(pod, filler) };
    Some(Ended { at, end, message: message(job, None, end, own) })
}

/// Whether a Job of any owner is live, by its own status.
pub(super) fn is_live(job: &Job) -> bool {
    job.status.as_ref().is_none_or(|status| terminal(status).is_none() || is_running(status, &[]))
}

/// The condition that ends a Job. If both are there, which Kubernetes excludes, the failure counts.
fn terminal(status: &JobStatus) -> Option<&JobCondition> {
    let of = |type_: &str| status.conditions.iter().flatten().find(|c| c.type_ == type_ && c.status == "True");
    of("Failed").or_else(|| of("Complete"))
}

/// A date is free again only when no pod is left (`docs/filler.md`).
fn is_running(status: &JobStatus, own: &[&Pod]) -> bool {
    let left = [status.active, status.terminating].iter().any(|n| n.unwrap_or(0) > 0);
    left || own.iter().any(|pod| pods::is_running(pod))
}

fn how(job: &Job, terminal: &JobCondition, own: &[&Pod]) -> End {
    let message = terminal.message.as_deref().unwrap_or_default();
    let by_pod = || failed(own).map_or(End::Killed, |pod| pods::end(pod, pods::filler(job)));
    match (terminal.type_.as_str(), terminal.reason.as_deref()) {
        ("Complete", _) => End::Succeeded,
        (_, Some("DeadlineExceeded")) if stopped_by(job).is_some() => End::Disrupted,
        (_, Some("DeadlineExceeded")) => End::Deadline,
        (_, Some("PodFailurePolicy")) => by_rule(job, message).or_else(|| by_code(message)).unwrap_or_else(by_pod),
        // `BackoffLimitExceeded`, or the reason of another controller: only the pod has the exit code.
        _ => by_pod(),
    }
}

/// What a person used to end it.
fn stopped_by(job: &Job) -> Option<&str> {
    Some(job.metadata.annotations.as_ref()?.get(STOPPED)?)
}

/// `Container fill for pod ns/name failed with exit code 65 matching FailJob rule at index 0`: by the rule's index.
fn by_rule(job: &Job, message: &str) -> Option<End> {
    let index: usize = message.rsplit_once("rule at index ")?.1.trim().parse().ok()?;
    let rule = job.spec.as_ref()?.pod_failure_policy.as_ref()?.rules.get(index)?;
    let disrupts = rule.on_pod_conditions.iter().flatten().any(|c| c.type_ == "DisruptionTarget");
    match rule.on_exit_codes.as_ref().map(|codes| codes.values.as_slice()) {
        Some([code]) => Some(End::Exit(*code)),
        _ => disrupts.then_some(End::Disrupted),
    }
}

/// The same by the text of the message, in case a webhook changed the rules.
fn by_code(message: &str) -> Option<End> {
    let code = message.split_once("failed with exit code ").map(|(_, rest)| rest.split(' ').next().unwrap_or(rest));
    match code {
        Some(code) => code.parse().ok().map(End::Exit),
        None => message.contains("has condition DisruptionTarget").then_some(End::Disrupted),
    }
}

fn failed<'a>(own: &[&'a Pod]) -> Option<&'a Pod> {
    let phase = |pod: &Pod| pod.status.as_ref().and_then(|s| s.phase.as_deref()) == Some("Failed");
    pods::youngest(own.iter().copied().filter(|pod| phase(pod)))
}

/// The filler's termination message, else what is known of its end.
fn message(job: &Job, said: Option<&str>, end: End, own: &[&Pod]) -> String {
    if let Some(by) = stopped_by(job).filter(|_| end == End::Disrupted) {
        return clean(&format!("stopped by {by}"));
    }
    let pod = failed(own).or_else(|| pods::youngest(own.iter().copied()));
    let words = pod.and_then(|pod| pods::termination_message(pod, pods::filler(job)));
    words.unwrap_or_else(|| match end {
        End::Succeeded => String::new(),
        End::Exit(code) => format!("exit code {code}"),
        _ => clean(said.unwrap_or_default()),
    })
}
