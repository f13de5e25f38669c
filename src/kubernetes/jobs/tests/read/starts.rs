//! Whether the filler of a Job that ended ever started.

use super::*;
use crate::kubernetes::jobs::starts::Starts;

#[test]
fn a_pod_that_never_started_is_distinguished_from_a_slow_filler() {
    let waits = |reason: &str| json!({ "waiting": { "reason": reason } });
    let ran = json!({ "terminated": { "exitCode": 137, "reason": "Error", "startedAt": AT } });
    let lost = json!({ "terminated": { "exitCode": 137, "reason": "ContainerStatusUnknown" } });
    let done = json!({ "terminated": { "exitCode": 0, "reason": "Completed", "startedAt": AT } });
    let failed = json!({ "terminated": { "exitCode": 1, "reason": "Error", "startedAt": AT } });
    let running = json!({ "running": { "startedAt": AT } });
    let pulls = "NeverStarted: its pod never started: ImagePullBackOff: f";
    let took_long = "Deadline: DeadlineExceeded: late";
    check([
        (
            "no pod was ever admitted",
            late(0),
            None,
            "NeverStarted: its pod never started: NoPod: none is admitted; see the events of the Job",
        ),
        ("its pod is gone", late(1), None, "Deadline: Job was active longer than specified deadline"),
        ("it ran", late(1), Some(given_up(ran, Value::Null)), took_long),
        ("no image", late(1), Some(given_up(waits("ErrImagePull"), Value::Null)), pulls),
        (
            "no image, beside a sidecar that runs",
            late(1),
            Some(given_up(waits("ErrImagePull"), running.clone())),
            pulls,
        ),
        (
            "no image, and another pod that is gone",
            late(2),
            Some(given_up(waits("ErrImagePull"), Value::Null)),
            took_long,
        ),
        ("its init container runs", late(1), Some(given_up(waits("PodInitializing"), running)), took_long),
        ("its init container failed", late(1), Some(given_up(waits("PodInitializing"), failed)), took_long),
        (
            "its init container is done",
            late(1),
            Some(given_up(waits("PodInitializing"), done)),
            "NeverStarted: its pod never started: it was about to",
        ),
        (
            "its kubelet gave it up, and does not know",
            late(1),
            Some(given_up(lost, Value::Null)),
            "Deadline: ContainerStatusUnknown",
        ),
        (
            "no node",
            late(1),
            Some(unscheduled("Unschedulable", "0/1 nodes are available: 1 node(s) were unschedulable. no")),
            "Unschedulable: 0/1 nodes are available: 1 node(s) were unschedulable",
        ),
    ]);
}

/// What was seen of the pods of a Job before it ended, and how its end reads when they are gone.
#[test]
fn what_was_seen_of_pods_is_remembered_until_their_job_has_ended() {
    let waits = || unscheduled("Unschedulable", "0/1 nodes are available: 1 node(s) were unschedulable. no");
    let runs = || {
        json!({ "phase": "Running", "containerStatuses": [{ "name": "fill", "image": "f", "imageID": "", "ready": true,
        "restartCount": 0, "state": { "running": { "startedAt": AT } } }] })
    };
    let never =
        "NeverStarted: its pod never started: Unschedulable: 0/1 nodes are available: 1 node(s) were unschedulable";
    let ready = || json!({ "active": 1, "ready": 1, "startTime": AT });
    let (deadline, killed) = (format!("Deadline: {LATE}"), "Killed: Job has reached the specified backoff limit");
    for (case, seen, glanced, end, expected) in [
        ("nothing was seen", vec![], None, late(1), &*deadline),
        ("it waited", vec![waits()], None, late(1), never),
        ("it waited, and its pod was deleted", vec![waits()], None, beyond_limit(), never),
        ("it waited, then ran", vec![waits(), runs()], None, late(1), &deadline),
        ("it waited, then was ready", vec![waits()], Some(ready()), late(1), &deadline),
        ("it ran, and a second pod waited", vec![runs(), waits()], None, late(1), &deadline),
        ("it ran, and was killed", vec![runs()], None, beyond_limit(), killed),
        ("it waited, and ended in another way", vec![waits()], None, by_rule(65, 0), "Exit(65): exit code 65"),
    ] {
        let mut starts = Starts::default();
        seen.into_iter().for_each(|pod| starts.see([&job_with(running())], &[pod_with(pod)], now()));
        glanced.into_iter().for_each(|status| starts.glance(&job_with(status)));
        let ended = job_with(end);
        let mut read = list([&ended], [], now());
        starts.correct(&mut read);
        assert_eq!(say(&read.jobs[0]), expected, "{case}");
    }
    let mut starts = Starts::default();
    starts.see([&job_with(running())], &[pod_with(waits())], now());
    starts.retain(&Default::default());
    let ended = job_with(late(1));
    let mut read = list([&ended], [], now());
    starts.correct(&mut read);
    assert_eq!(say(&read.jobs[0]), deadline, "of a Job that is gone nothing is kept");
}
