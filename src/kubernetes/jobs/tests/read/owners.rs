//! Whose a Job is, and which pods count as a Job.

use super::*;

#[test]
fn a_job_says_whose_it_is_and_what_it_fills() {
    let read = job(&job_with(running()), &[], now()).unwrap();
    let launch = launch();
    assert_eq!((&*read.name, &*read.uid, &*read.coverage), (&*launch.name, JOB_UID, UID));
    assert_eq!((read.launch, read.dates, read.target), (launch.launch, launch.dates, launch.target));
}

/// Each edit, and the coverage that the Job counts for; empty when its owner cannot be verified.
#[test]
fn a_job_that_its_coverage_does_not_control_keeps_its_dates_and_counts_for_no_coverage() {
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
fn pods_whose_job_is_gone_count_as_it_while_they_run() {
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
