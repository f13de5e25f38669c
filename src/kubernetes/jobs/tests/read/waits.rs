//! Why a live Job has not started.

use super::*;

#[test]
fn a_pod_that_has_not_started_for_long_says_where_to_look() {
    let refused = json!({ "ready": 0, "startTime": AT, "terminating": 0, "uncountedTerminatedPods": {} });
    let mut ended = refused.clone();
    ended["uncountedTerminatedPods"] = json!({ "failed": ["a"] });
    check([
        ("about to start", running(), Some(waiting("ContainerCreating", "")), "live"),
        ("about to start for a minute", running(), Some(on_its_node("10:59:59", "False")), "live"),
        (
            "a volume is lacking",
            running(),
            Some(on_its_node("10:59:58", "False")),
            "NotStarted: since 2026-11-24T10:59:58Z volumes or network not ready; see `kubectl describe pod boxscores-l7-x8k2p`",
        ),
        (
            "an image is pulled for long",
            running(),
            Some(on_its_node("10:30:00", "True")),
            "NotStarted: since 2026-11-24T10:30:00Z image or container not ready; see `kubectl describe pod boxscores-l7-x8k2p`",
        ),
        (
            "it runs at last",
            running(),
            Some(json!({ "phase": "Running", "conditions": on_its_node("10:30:00", "True")["conditions"],
            "containerStatuses": [{ "name": "fill", "image": "f", "imageID": "", "ready": true, "restartCount": 0,
                "state": { "running": {} } }] })),
            "live",
        ),
        ("no pod is admitted", refused, None, "NoPod: none is admitted; see the events of the Job"),
        ("its pod is not counted yet", ended, None, "live"),
    ]);
}

#[test]
fn of_a_container_that_waits_no_value_is_reported_and_the_reason_does_not_flap() {
    check([
        (
            "pulls",
            running(),
            Some(waiting("ErrImagePull", "code = NotFound")),
            "ImagePullBackOff: images.example.com/x:1",
        ),
        (
            "waits to pull",
            running(),
            Some(waiting("ImagePullBackOff", "Back-off")),
            "ImagePullBackOff: images.example.com/x:1",
        ),
        ("never pulls", running(), Some(waiting("ErrImageNeverPull", "")), "ErrImageNeverPull: images.example.com/x:1"),
        (
            "no secret",
            running(),
            Some(waiting("CreateContainerConfigError", "secret \"nowhere\" not found")),
            "CreateContainerConfigError: secret \"nowhere\" not found",
        ),
        (
            "what may hold a value",
            running(),
            Some(waiting("RunContainerError", "password=hunter2")),
            "RunContainerError",
        ),
    ]);
}

#[test]
fn a_pod_without_a_node_says_why_without_what_preemption_tried() {
    let unschedulable = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to \
        deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
    let no_claim = "0/1 nodes are available: persistentvolumeclaim \"nowhere\" not found. not found";
    check([
        (
            "no node",
            running(),
            Some(unscheduled("Unschedulable", unschedulable)),
            "Unschedulable: 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector",
        ),
        (
            "no claim",
            running(),
            Some(unscheduled("Unschedulable", no_claim)),
            "Unschedulable: 0/1 nodes are available: persistentvolumeclaim \"nowhere\" not found",
        ),
    ]);
}

#[test]
fn a_suspended_job_waits_in_a_queue() {
    let mut suspended = job_with(json!({ "conditions": [condition("Suspended", "JobSuspended", "Job suspended")] }));
    suspended.spec.as_mut().unwrap().suspend = Some(true);
    assert_eq!(say(&job(&suspended, &[], now()).unwrap()), "queued");
}

#[test]
fn a_job_that_was_deleted_and_a_finalizer_holds_is_live_and_says_so_unless_its_pod_goes_on() {
    let held = "Deleting: the Job was deleted, but its finalizers (example.com/hold) hold it, and with it its dates";
    let of_pod = |phase: &str, code: i32| {
        let mut pod = terminated(json!({ "exitCode": code, "message": format!("said {code}"), "finishedAt": AT }));
        pod["phase"] = phase.into();
        pod
    };
    let suspended = || json!({ "conditions": [condition("Suspended", "JobSuspended", "Job suspended")] });
    for (case, status, is_suspended, pod, expected) in [
        ("never taken up", json!({}), false, None, held),
        ("in a queue", suspended(), true, None, held),
        ("its pod runs", running(), false, Some(json!({ "phase": "Running" })), "live"),
        ("its pod is not asked", running(), false, None, "live"),
        (
            "its pod waits",
            running(),
            false,
            Some(waiting("ErrImageNeverPull", "")),
            "ErrImageNeverPull: images.example.com/x:1",
        ),
        ("it ended", by_rule(65, 0), false, None, "Exit(65): exit code 65"),
        ("its pod succeeded, uncounted", json!({}), false, Some(of_pod("Succeeded", 0)), "Succeeded: said 0"),
        ("its pod failed, uncounted", json!({}), false, Some(of_pod("Failed", 75)), "Exit(75): said 75"),
    ] {
        let mut whole = serde_json::to_value(job_with(status)).unwrap();
        whole["metadata"]["deletionTimestamp"] = AT.into();
        whole["metadata"]["finalizers"] = json!(["example.com/hold"]);
        whole["spec"]["suspend"] = is_suspended.into();
        let pods: Vec<Pod> = pod.into_iter().map(pod_with).collect();
        assert_eq!(say(&job(&kept(&whole).job, &pods, now()).unwrap()), expected, "{case}");
    }
}
