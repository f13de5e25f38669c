//! What the pods of a Job say: whether one is left, why it has not started, how its filler ended and its termination message.
//! Of messages only what is known to hold no value of a Secret or an environment is passed on.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ContainerState, ContainerStateTerminated, ContainerStatus, Pod, PodCondition};

use super::identity::controller;
use crate::domain::ledger::End;
use crate::engine::contract::clean;

/// Reasons that every pod passes through.
const STARTING: [&str; 2] = ["ContainerCreating", "PodInitializing"];
/// They alternate while an image cannot be pulled. Reported as one, they do not change the status.
const PULLING: [&str; 2] = ["ErrImagePull", "ImagePullBackOff"];
/// Of these the image is what people look for.
const OF_IMAGE: [&str; 3] = ["ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"];
/// Of these the message names an object, a key or a rule, never a value.
const TELLING: [&str; 1] = ["CreateContainerConfigError"];
/// How long a pod that is on its node may take to start before that is reported.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);
/// Reasons of a container that its runtime could not start: the command does not exist, or may not be run.
const NO_COMMAND: [&str; 2] = ["StartError", "ContainerCannotRun"];
/// The longest reason that is reported, in characters.
const MAX_REASON: usize = 240;

/// The uid of the Job that a pod belongs to. An orphaned pod keeps the label.
pub(super) fn job_uid(pod: &Pod) -> Option<&str> {
    let owner = controller(&pod.metadata).filter(|owner| owner.kind == "Job").map(|owner| owner.uid.as_str());
    owner.or_else(|| Some(pod.metadata.labels.as_ref()?.get("batch.kubernetes.io/controller-uid")?))
}

/// Whether anything of it may still run. A pod on a lost node may.
pub(super) fn is_running(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref());
    !matches!(phase, Some("Succeeded" | "Failed"))
}

/// The filler: the container that gets the dates.
pub(super) fn filler(job: &Job) -> Option<&str> {
    let containers = &job.spec.as_ref()?.template.spec.as_ref()?.containers;
    let filler = containers.iter().find(|c| c.env.iter().flatten().any(|e| e.name == "GAPLESS_DATES"));
    filler.or(containers.first()).map(|c| c.name.as_str())
}

/// The youngest of these pods.
pub(super) fn youngest<'a>(pods: impl Iterator<Item = &'a Pod>) -> Option<&'a Pod> {
    pods.max_by_key(|pod| (pod.metadata.creation_timestamp.as_ref().map(|t| t.0), pod.metadata.name.clone()))
}

/// Whether the filler of a pod ever started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// It did, or an init container that failed or runs: they are the filler's own, too.
    Ran,
    /// It waits, or waited until its pod was given up.
    Waits,
    /// The pod does not show it.
    Unknown,
}

/// Whether the filler of a pod ever started.
pub(super) fn start(pod: &Pod, filler: Option<&str>) -> Start {
    let filler = container(pod, filler);
    let ran = |state: &&ContainerState| state.running.is_some() || state.terminated.as_ref().is_some_and(has_begun);
    let mut states = filler.iter().flat_map(|status| [&status.state, &status.last_state]).flatten();
    if states.any(|state| ran(&state)) || filler.is_some_and(|status| status.restart_count > 0) {
        return Start::Ran;
    }
    let waiting = filler.and_then(|status| status.state.as_ref()?.waiting.as_ref()).map(|w| w.reason.as_deref());
    // It is the filler's own turn: whatever came before it, and what runs beside it, is well.
    if waiting.flatten().is_some_and(|reason| !STARTING.contains(&reason)) {
        return Start::Waits;
    }
    let init = pod.status.iter().flat_map(|s| s.init_container_statuses.iter().flatten());
    let goes_on = |state: &ContainerState| {
        state.running.is_some() || state.terminated.as_ref().is_some_and(|ended| ended.exit_code != 0)
    };
    match filler.and_then(|status| status.state.as_ref()) {
        _ if init.filter_map(|status| status.state.as_ref()).any(goes_on) => Start::Ran,
        Some(state) if state.terminated.is_some() => Start::Unknown,
        // The pod failed before its node reported anything. Only a pod that never had a node is certain.
        None if !is_running(pod) && condition(pod, "PodScheduled").is_none_or(|c| c.status != "False") => {
            Start::Unknown
        }
        _ => Start::Waits,
    }
}

/// A container that the kubelet only gave up has no start, one that its runtime could not start has that of 1970.
fn has_begun(ended: &ContainerStateTerminated) -> bool {
    ended.started_at.as_ref().is_some_and(|at| at.0 > Timestamp::UNIX_EPOCH)
}

/// Why the command of a pod's filler could not be started: that is a fault of the template.
pub(super) fn no_command(pod: &Pod, filler: Option<&str>) -> Option<String> {
    let ended = terminated(pod, filler)?;
    ended.reason.as_deref().filter(|reason| NO_COMMAND.contains(reason))?;
    let why = ended.message.as_deref().unwrap_or("its container runtime does not say why");
    Some(clean(&format!("its command cannot be started, correct it in the CronJob: {why}")))
}

/// How the filler of a pod that failed has ended.
pub(super) fn end(pod: &Pod, filler: Option<&str>) -> End {
    let reason = pod.status.as_ref().and_then(|s| s.reason.as_deref());
    match (terminated(pod, filler), reason) {
        _ if condition(pod, "DisruptionTarget").is_some_and(|c| c.status == "True") => End::Disrupted,
        _ if no_command(pod, filler).is_some() => End::NeverStarted,
        (None, Some("DeadlineExceeded")) if start(pod, filler) == Start::Waits => End::NeverStarted,
        (_, Some("DeadlineExceeded")) => End::Deadline,
        // The node refused it before anything ran: out of room, out of pods, a taint that came too late.
        (None, Some(_)) if states(pod).next().is_none() => End::Disrupted,
        (Some(ended), _) if ended.exit_code != 0 && ended.signal.unwrap_or(0) == 0 => End::Exit(ended.exit_code),
        _ => End::Killed,
    }
}

/// When the filler of a pod ended.
pub(super) fn ended_at(pod: &Pod, filler: Option<&str>) -> Option<Timestamp> {
    Some(terminated(pod, filler)?.finished_at.as_ref()?.0)
}

/// What a pod that ended says of itself: its filler's termination message, else what the kubelet says of it.
pub(super) fn termination_message(pod: &Pod, filler: Option<&str>) -> Option<String> {
    if let Some(why) = no_command(pod, filler) {
        return Some(why);
    }
    let ended = terminated(pod, filler);
    let words = ended.and_then(|t| t.message.clone());
    let reason = ended.and_then(|t| t.reason.clone()).filter(|r| !["Error", "Completed"].contains(&r.as_str()));
    let of_pod = pod.status.as_ref().and_then(|status| {
        let reason = status.reason.as_deref()?;
        Some(status.message.as_deref().map_or_else(|| reason.to_string(), |m| format!("{reason}: {m}")))
    });
    [words, reason, of_pod].into_iter().flatten().map(|text| clean(&text)).find(|text| !text.is_empty())
}

/// Why a pod has not started; `None` when it has, or is about to.
pub(super) fn waits(pod: &Pod, now: Timestamp) -> Option<String> {
    let unscheduled = condition(pod, "PodScheduled").filter(|c| c.status == "False");
    if let Some(unscheduled) = unscheduled {
        let reason = unscheduled.reason.as_deref().filter(|r| !r.is_empty())?;
        // After the first sentence comes what preemption could not do: it changes often and does not help the reader.
        let message = unscheduled.message.as_deref().unwrap_or_default();
        return Some(reported(reason, message.split(". ").next().unwrap_or_default().trim_end_matches('.')));
    }
    let waiting = |status: &ContainerStatus| {
        let waiting = status.state.as_ref()?.waiting.as_ref()?;
        let reason = waiting.reason.as_deref().filter(|r| !r.is_empty() && !STARTING.contains(r))?;
        let reason = if PULLING.contains(&reason) { PULLING[1] } else { reason };
        let message = match reason {
            _ if OF_IMAGE.contains(&reason) => status.image.as_str(),
            _ if TELLING.contains(&reason) => waiting.message.as_deref().unwrap_or_default(),
            _ => "",
        };
        Some(reported(reason, message))
    };
    statuses(pod).find_map(waiting).or_else(|| not_started(pod, now))
}

/// A pod that has been on its node for long, and of which no container says why it does not start. A volume that cannot be
/// mounted (its Secret or ConfigMap does not exist) shows only in Events, which gapless cannot read. The text says since when
/// and not for how long, which would be a different text every minute.
fn not_started(pod: &Pod, now: Timestamp) -> Option<String> {
    let since = condition(pod, "PodScheduled").filter(|c| c.status == "True")?.last_transition_time.as_ref()?.0;
    if now.duration_since(since) < PATIENCE || states(pod).next().is_some() {
        return None;
    }
    // Volumes and network come before images.
    let lacks = match condition(pod, "PodReadyToStartContainers").map(|c| c.status.as_str()) {
        Some("True") => "image or container",
        _ => "volumes or network",
    };
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    Some(reported("NotStarted", &format!("since {since} {lacks} not ready; see `kubectl describe pod {name}`")))
}

/// A reason with its message, short.
pub(super) fn reported(reason: &str, message: &str) -> String {
    let text = if message.is_empty() { reason.to_string() } else { format!("{reason}: {message}") };
    clean(&text).chars().take(MAX_REASON).collect()
}

fn condition<'a>(pod: &'a Pod, type_: &str) -> Option<&'a PodCondition> {
    pod.status.as_ref()?.conditions.iter().flatten().find(|c| c.type_ == type_)
}

/// Init containers come first, as they run.
fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let all = pod.status.iter().flat_map(|s| [&s.init_container_statuses, &s.container_statuses]);
    all.flat_map(|statuses| statuses.iter().flatten())
}

/// The states of containers that were started.
fn states(pod: &Pod) -> impl Iterator<Item = &ContainerState> {
    statuses(pod).filter_map(|s| s.state.as_ref()).filter(|s| s.running.is_some() || s.terminated.is_some())
}

fn terminated<'a>(pod: &'a Pod, filler: Option<&str>) -> Option<&'a ContainerStateTerminated> {
    container(pod, filler)?.state.as_ref()?.terminated.as_ref()
}

/// The status of the filler's container.
fn container<'a>(pod: &'a Pod, filler: Option<&str>) -> Option<&'a ContainerStatus> {
    let mut ordinary = pod.status.as_ref()?.container_statuses.iter().flatten();
    ordinary.find(|status| filler.is_none_or(|name| status.name == name))
}
