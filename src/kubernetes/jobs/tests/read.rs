//! What a Job and its pods say, as a table: statuses as a cluster of 1.35 wrote them.

use serde_json::{Value, json};

use super::*;
use crate::domain::ledger::{self, Pending};
use crate::kubernetes::jobs::read::{daily_run, job, list};
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

/// `Exit(65): its last words`, or `live`, or why it waits.
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
        for told in [whole, kept.job] {
            assert_eq!(say(&job(&told, &pods, now()).unwrap()), expected, "{case}");
        }
    }
}

#[test]
fn an_end_is_told_by_the_jobs_own_condition() {
    let complete = json!({ "succeeded": 1, "completionTime": AT, "conditions": [
        condition("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods"),
        condition("Complete", "CompletionsReached", "Reached expected number of succeeded pods"),
    ] });
    let mut done = terminated(json!({ "exitCode": 0, "reason": "Completed", "message": "12 rows for 1 dates\n" }));
    done["phase"] = "Succeeded".into();
    let evicted = "Pod nba/evicted-cqcxn has condition DisruptionTarget matching FailJob rule at index 4";
    let nothing = "2026-01-03: the provider has nothing for this date";
    check([
        ("exit 0, pod gone", complete.clone(), None, "Succeeded"),
        ("exit 0", complete, Some(done), "Succeeded: 12 rows for 1 dates"),
        ("deadline", late(1), None, "Deadline: Job was active longer than specified deadline"),
        (
            "exit 65",
            by_rule(65, 0),
            Some(terminated(json!({ "exitCode": 65, "message": nothing }))),
            "Exit(65): 2026-01-03: the provider has nothing for this date",
        ),
        ("exit 65, pod gone", by_rule(65, 0), None, "Exit(65): exit code 65"),
        ("exit 69", by_rule(69, 1), None, "Exit(69): exit code 69"),
        ("exit 75", by_rule(75, 2), None, "Exit(75): exit code 75"),
        ("exit 77", by_rule(77, 3), None, "Exit(77): exit code 77"),
        ("rules that were changed: the words tell", by_rule(75, 19), None, "Exit(75): exit code 75"),
        (
            "evicted",
            failed("PodFailurePolicy", evicted),
            None,
            "Disrupted: Pod nba/evicted-cqcxn has condition DisruptionTarget matching FailJob rule at index 4",
        ),
        ("words that nobody knows", failed("PodFailurePolicy", "eh"), None, "Killed: eh"),
    ]);
}

#[test]
fn an_end_that_the_job_does_not_tell_is_told_by_its_pod() {
    let disrupted = json!({ "phase": "Failed", "conditions": [{ "type": "DisruptionTarget", "status": "True" }] });
    let refused = json!({ "phase": "Failed", "reason": "OutOfcpu", "message": "node has no room" });
    let late = json!({ "phase": "Failed", "reason": "DeadlineExceeded", "message": "Pod was active too long" });
    let no_entry = json!({ "exitCode": 128, "reason": "StartError", "message": "exec: \"/nowhere\": no such file" });
    let still = json!({ "phase": "Running" });
    check([
        (
            "exit 1",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 1, "reason": "Error" }))),
            "Exit(1): exit code 1",
        ),
        (
            "its words",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 1, "message": "no\u{7} way" }))),
            "Exit(1): no  way",
        ),
        (
            "exit 137",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 137, "reason": "Error" }))),
            "Exit(137): exit code 137",
        ),
        (
            "memory",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 137, "reason": "OOMKilled" }))),
            "Exit(137): OOMKilled",
        ),
        (
            "signal",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 1, "signal": 9, "reason": "Error" }))),
            "Killed: Job has reached the specified backoff limit",
        ),
        (
            "no such program",
            beyond_limit(),
            Some(terminated(no_entry)),
            "NeverStarted: its command cannot be started, correct it in the CronJob: exec: \"/nowhere\": no such file",
        ),
        (
            "no such program, of another runtime",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 127, "reason": "ContainerCannotRun", "message": "no such file" }))),
            "NeverStarted: its command cannot be started, correct it in the CronJob: no such file",
        ),
        (
            "a program that its shell does not find",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 127, "reason": "Error" }))),
            "Exit(127): exit code 127",
        ),
        (
            "another container's code",
            beyond_limit(),
            Some(terminated(json!({ "exitCode": 0, "reason": "Completed" }))),
            "Killed: Job has reached the specified backoff limit",
        ),
        ("pod deleted by hand", beyond_limit(), None, "Killed: Job has reached the specified backoff limit"),
        ("disrupted", beyond_limit(), Some(disrupted), "Disrupted: Job has reached the specified backoff limit"),
        ("refused by its node", beyond_limit(), Some(refused), "Disrupted: OutOfcpu: node has no room"),
        ("its pod's own deadline", beyond_limit(), Some(late), "Deadline: DeadlineExceeded: Pod was active too long"),
        ("a pod is left", beyond_limit(), Some(still), "live"),
        (
            "another controller's word",
            failed("Weird", "?"),
            Some(terminated(json!({ "exitCode": 75 }))),
            "Exit(75): exit code 75",
        ),
    ]);
}

#[test]
fn a_job_is_live_until_it_says_otherwise_and_no_pod_is_left() {
    let early = |type_: &str| json!({ "terminating": 1, "conditions": [condition(type_, "DeadlineExceeded", "")] });
    let with = |field: &str| {
        let mut status = by_rule(65, 0);
        status[field] = json!(1);
        status
    };
    let no_instant = json!({ "conditions": [{ "type": "Failed", "status": "True" }] });
    let both = json!({ "failed": 1, "conditions": [
        condition("Complete", "", ""),
        condition("Failed", "DeadlineExceeded", ""),
    ] });
    let no_more = json!({ "conditions": [{ "type": "Failed", "status": "False", "lastTransitionTime": AT }] });
    let lost = json!({ "phase": "Unknown", "reason": "NodeLost" });
    check([
        ("nothing yet", json!({}), None, "live"),
        ("running", running(), Some(json!({ "phase": "Running" })), "live"),
        ("announced: fails", early("FailureTarget"), None, "live"),
        ("announced: succeeds", early("SuccessCriteriaMet"), None, "live"),
        ("active", with("active"), None, "live"),
        ("terminating", with("terminating"), None, "live"),
        ("its node is lost", by_rule(65, 0), Some(lost), "live"),
        ("an end without an instant", no_instant, None, "live"),
        ("not true", no_more, None, "live"),
        ("both ends", both, None, "Deadline"),
    ]);
}

#[test]
fn why_it_has_not_started_is_told_without_values_and_stays_put() {
    let unschedulable = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to \
        deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
    let no_claim = "0/1 nodes are available: persistentvolumeclaim \"nowhere\" not found. not found";
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
        ("no pod is admitted", refused, None, "NoPod: none is admitted; see the events of the Job"),
        ("its pod is not counted yet", ended, None, "live"),
    ]);
}

#[test]
fn a_suspended_job_waits_in_a_queue() {
    let mut suspended = job_with(json!({ "conditions": [condition("Suspended", "JobSuspended", "Job suspended")] }));
    suspended.spec.as_mut().unwrap().suspend = Some(true);
    assert_eq!(say(&job(&suspended, &[], now()).unwrap()), "queued");
}

#[test]
fn a_job_that_somebody_deleted_and_a_finalizer_holds_is_live_and_says_so_unless_its_pod_goes_on() {
    let held = "Deleting: somebody deleted the Job; its finalizers (example.com/hold) hold it, and its dates with it";
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

#[test]
fn a_job_says_whose_it_is_and_what_it_fills() {
    let read = job(&job_with(running()), &[], now()).unwrap();
    let launch = launch();
    assert_eq!((&*read.name, &*read.uid, &*read.coverage), (&*launch.name, JOB_UID, UID));
    assert_eq!((read.launch, read.dates, read.target), (launch.launch, launch.dates, launch.target));
}

/// Each edit, and the coverage that the Job counts for: nobody's when it cannot be believed.
#[test]
fn a_job_that_its_coverage_does_not_control_keeps_its_dates_and_counts_for_nobody() {
    type Edit = fn(&mut Value);
    let edits: [(&str, Edit, Option<&str>); 10] = [
        ("untouched", |_| {}, Some(UID)),
        ("labels removed", |m| m["labels"] = Value::Null, Some(UID)),
        ("annotations removed: the pod template has them", |m| m["annotations"] = Value::Null, Some(UID)),
        ("its key forged", |m| m["annotations"]["gapless.dev/key"] = "{}".into(), Some(UID)),
        ("orphaned", |m| m["ownerReferences"] = Value::Null, Some("")),
        ("owned, not controlled", |m| m["ownerReferences"][0]["controller"] = false.into(), Some("")),
        ("another uid", |m| m["ownerReferences"][0]["uid"] = "other".into(), Some("")),
        ("another kind", |m| m["ownerReferences"][0]["kind"] = "Season".into(), Some("")),
        ("another group", |m| m["ownerReferences"][0]["apiVersion"] = "example.com/v1".into(), Some("")),
        ("another name", |m| m["name"] = "boxscores-by-hand".into(), Some("")),
    ];
    for (edit, apply, expected) in edits {
        let mut value = created();
        apply(&mut value["metadata"]);
        let read = job(&serde_json::from_value(value).unwrap(), &[], now());
        assert_eq!(read.as_ref().map(|j| &*j.coverage), expected, "{edit}");
        assert_eq!(read.unwrap().dates, launch().dates, "{edit}");
    }
}

#[test]
fn a_job_without_a_key_is_not_ours() {
    let mut value = created();
    value["metadata"]["annotations"] = Value::Null;
    value["spec"]["template"]["metadata"]["annotations"] = Value::Null;
    assert_eq!(job(&serde_json::from_value(value).unwrap(), &[], now()), None);
}

#[test]
fn pods_whose_job_is_gone_stand_for_it_while_they_run() {
    let said = |jobs: &[Job], pods: &[Pod]| -> Vec<String> {
        list(jobs, pods, now()).jobs.iter().map(|j| format!("{} of {}: {}", j.launch, j.coverage, say(j))).collect()
    };
    let live = pod_with(json!({ "phase": "Running" }));
    let dead = pod_with(json!({ "phase": "Failed" }));
    let mut orphan = live.clone();
    orphan.metadata.owner_references = None;
    let mut forged = orphan.clone();
    forged.metadata.labels.as_mut().unwrap().insert("gapless.dev/coverage".into(), "another".into());
    let mut stranger = live.clone();
    stranger.metadata.annotations = None;
    let there = job_with(running());
    let of_coverage = format!("7 of {UID}: live");
    assert_eq!(said(&[], std::slice::from_ref(&live)), [of_coverage.as_str()]);
    assert_eq!(said(&[], &[live.clone(), orphan.clone()]), [of_coverage.as_str()], "one Job, however many pods");
    assert_eq!(said(&[], &[orphan]), [of_coverage.as_str()]);
    assert_eq!(said(&[there], &[live]), [of_coverage.as_str()], "its Job speaks for it");
    assert_eq!(said(&[], &[forged]), ["7 of : live"]);
    assert!(said(&[], &[dead, stranger]).is_empty());
}

#[test]
fn a_daily_run_is_a_live_job_that_a_cron_job_controls() {
    let run = |owner: Value, status: Value| {
        let job = json!({ "metadata": { "name": "load-29", "namespace": "nba", "ownerReferences": [owner] }, "status": status });
        daily_run(&serde_json::from_value(job).unwrap()).map(|(namespace, name)| format!("{namespace}/{name}"))
    };
    let owner = |kind: &str, version: &str, controller: bool| json!({ "apiVersion": version, "kind": kind, "name": "load", "uid": "u", "controller": controller });
    let cron_job = || owner("CronJob", "batch/v1", true);
    assert_eq!(run(cron_job(), running()).as_deref(), Some("nba/load"));
    assert_eq!(run(cron_job(), json!({})).as_deref(), Some("nba/load"));
    assert_eq!(run(cron_job(), beyond_limit()), None, "ended");
    assert_eq!(run(owner("CronJob", "batch/v1", false), running()), None, "not controlled");
    assert_eq!(run(owner("Workflow", "batch/v1", true), running()), None, "another kind");
    assert_eq!(run(owner("CronJob", "example.com/v1", true), running()), None, "another group");
    assert_eq!(daily_run(&job_with(running())), None, "ours");
}

#[test]
fn a_pod_that_never_started_is_told_from_a_filler_that_took_too_long() {
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
    use crate::kubernetes::jobs::starts::Starts;
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
