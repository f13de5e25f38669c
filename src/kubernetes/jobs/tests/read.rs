//! What a Job and its pods say, as a table: statuses as a cluster of 1.35 wrote them.

mod ends;
mod owners;
mod starts;
mod waits;

use serde_json::{Value, json};

use super::*;
use crate::domain::ledger::Pending;
use crate::kubernetes::jobs::read::{daily_run, list};
use crate::kubernetes::jobs::slim::Slim;

const AT: &str = "2026-11-24T10:59:58Z";

/// A minute after everything of these tests.
fn now() -> jiff::Timestamp {
    "2026-11-24T11:00:58Z".parse().unwrap()
}

fn condition(type_: &str, reason: &str, message: &str) -> Value {
    json!({ "type": type_, "status": "True", "reason": reason, "message": message, "lastTransitionTime": AT })
}

fn failed(reason: &str, message: &str) -> Value {
    let conditions = ["FailureTarget", "Failed"].map(|type_| condition(type_, reason, message));
    json!({ "failed": 1, "ready": 0, "terminating": 0, "startTime": AT, "conditions": conditions })
}

/// No policy matched: what every other exit, a kill and a pod deleted by hand look like.
fn beyond_limit() -> Value {
    failed("BackoffLimitExceeded", "Job has reached the specified backoff limit")
}

fn by_rule(code: i32, index: usize) -> Value {
    let pod = "Container fill for pod nba/exit-vbhtd";
    failed("PodFailurePolicy", &format!("{pod} failed with exit code {code} matching FailJob rule at index {index}"))
}

fn running() -> Value {
    json!({ "active": 1, "ready": 0, "terminating": 0, "startTime": AT, "uncountedTerminatedPods": {} })
}

fn terminated(state: Value) -> Value {
    let sidecar = json!({ "name": "metrics", "image": "m", "imageID": "", "ready": false, "restartCount": 0,
        "state": { "terminated": { "exitCode": 65, "message": "not the filler's" } } });
    let filler = json!({ "name": "fill", "image": "f", "imageID": "", "ready": false, "restartCount": 0,
        "state": { "terminated": state } });
    json!({ "phase": "Failed", "containerStatuses": [sidecar, filler] })
}

fn waiting(reason: &str, message: &str) -> Value {
    json!({ "phase": "Pending", "containerStatuses": [{
        "name": "fill", "image": "images.example.com/x:1", "imageID": "", "ready": false, "restartCount": 0,
        "state": { "waiting": { "reason": reason, "message": message } },
    }] })
}

/// A pod that was given to its node at that time and of which no container was started.
fn on_its_node(at: &str, ready_to_start: &str) -> Value {
    let mut pod = waiting("ContainerCreating", "");
    pod["conditions"] = json!([
        { "type": "PodReadyToStartContainers", "status": ready_to_start },
        { "type": "PodScheduled", "status": "True", "lastTransitionTime": format!("2026-11-24T{at}Z") },
    ]);
    pod
}

fn unscheduled(reason: &str, message: &str) -> Value {
    json!({ "phase": "Pending", "conditions": [
        { "type": "PodScheduled", "status": "False", "reason": reason, "message": message },
    ] })
}

const LATE: &str = "Job was active longer than specified deadline";

/// A Job that ended by its deadline; so many of its pods were counted.
fn late(pods: u32) -> Value {
    let mut status = failed("DeadlineExceeded", LATE);
    status["failed"] = pods.into();
    status
}

/// A pod that its deadline ended while the filler's container stood so, behind these init containers.
fn given_up(filler: Value, init: Value) -> Value {
    let status = |name: &str, state: Value| json!({ "name": name, "image": "f", "imageID": "", "ready": false, "restartCount": 0, "state": state });
    let mut pod = json!({ "phase": "Failed", "reason": "DeadlineExceeded", "message": "late",
        "containerStatuses": [status("fill", filler)] });
    if !init.is_null() {
        pod["initContainerStatuses"] = json!([status("wait", init)]);
    }
    pod
}

/// `Exit(65): its termination message`, or `live`, or why it waits.
fn say(job: &ledger::Job) -> String {
    match (&job.ended, &job.pending) {
        (Some((at, end)), None) => {
            assert_eq!(at.to_string(), AT);
            let message = if job.message.is_empty() { String::new() } else { format!(": {}", job.message) };
            format!("{end:?}{message}")
        }
        (None, None) => "live".into(),
        (None, Some(Pending::Queued)) => "queued".into(),
        (None, Some(Pending::Pod(why))) => why.clone(),
        (Some(_), Some(_)) => panic!("an ended Job waits for nothing"),
    }
}

/// A Job as its watch holds it.
fn kept(job: &Value) -> Slim {
    serde_json::from_value(job.clone()).unwrap()
}

#[track_caller]
fn check(cases: impl IntoIterator<Item = (&'static str, Value, Option<Value>, &'static str)>) {
    for (case, status, pod, expected) in cases {
        let pods: Vec<Pod> = pod.into_iter().map(pod_with).collect();
        let whole = job_with(status);
        let kept = kept(&serde_json::to_value(&whole).unwrap());
        for form in [whole, kept.job] {
            assert_eq!(say(&job(&form, &pods, now()).unwrap()), expected, "{case}");
        }
    }
}
