//! Scripts of audit events, and the overlaps that they show.

use super::*;
use serde_json::json;

fn job(uid: &str, name: &str, date: &str, version: u32, ended: bool) -> Value {
    let condition = json!([{"type": "Complete", "status": "True", "lastTransitionTime": "2026-01-01T00:00:09Z"}]);
    json!({"metadata": {"uid": uid, "name": name, "namespace": "n", "resourceVersion": version.to_string(),
        "labels": {"gapless.dev/target": "t"}, "annotations": {"gapless.dev/dates": date}},
        "status": {"conditions": if ended { condition } else { json!([]) }}})
}

fn pod(job: &str, version: u32, phase: &str) -> Value {
    json!({"metadata": {"labels": {"batch.kubernetes.io/controller-uid": job}, "resourceVersion": version.to_string()},
        "spec": {"nodeName": "localhost"}, "status": {"phase": phase}})
}

/// An event at a second of the script.
fn event(second: u32, verb: &str, resource: &str, name: &str, response: Value) -> Event {
    let at = |fraction: u32| format!("2026-01-01T00:00:{second:02}.{fraction:06}Z");
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    Event {
        verb: verb.into(),
        resource: resource.into(),
        subresource: subresource.into(),
        namespace: "n".into(),
        name: name.into(),
        code: 200,
        received: at(100),
        answered: at(900),
        response,
        ..Event::default()
    }
}

fn dates(script: Vec<Event>, now: &[Value]) -> Vec<String> {
    overlaps(&Audit { events: script }, &json!({"items": now})).into_iter().map(|o| o.date).collect()
}

#[test]
fn a_job_created_before_the_other_ended_overlaps() {
    let script = |second_at: u32, ended_at: u32| {
        let mut script = vec![
            event(1, "create", "jobs", "a", job("a", "a", "2026-01-01,2026-01-02", 1, false)),
            event(2, "create", "jobs", "b", job("b", "b", "2026-01-02,2026-01-03", second_at, false)),
            event(2, "update", "jobs/status", "a", job("a", "a", "2026-01-01,2026-01-02", ended_at, true)),
        ];
        script.sort_by_key(|e| e.response["metadata"]["resourceVersion"].to_string());
        script
    };
    assert_eq!(dates(script(5, 7), &[]), ["2026-01-02"]);
    assert!(dates(script(7, 5), &[]).is_empty());
}

#[test]
fn jobs_of_other_dates_never_overlap() {
    let create = |name: &str, date: &str| event(1, "create", "jobs", name, job(name, name, date, 1, false));
    assert!(dates(vec![create("a", "2026-01-01"), create("b", "2026-01-02")], &[]).is_empty());
}

#[test]
fn a_deleted_job_is_live_until_its_pod_has_ended() {
    let script = |pod_ended: u32| {
        let mut script = vec![
            event(1, "create", "jobs", "a", job("a", "a", "2026-01-01", 1, false)),
            event(2, "delete", "jobs", "a", json!({"kind": "Status"})),
            event(4, "create", "jobs", "b", job("b", "b", "2026-01-01", 4, false)),
            event(pod_ended, "patch", "pods/status", "p", pod("a", pod_ended, "Failed")),
        ];
        script.sort_by_key(|e| e.received.clone());
        script
    };
    assert_eq!(dates(script(6), &[]), ["2026-01-01"]);
    assert!(dates(script(3), &[]).is_empty());
    // The node does this to a pod that a finalizer holds.
    let again = || event(7, "delete", "pods", "p", pod("a", 7, "Failed"));
    assert!(dates(script(3).into_iter().chain([again()]).collect(), &[]).is_empty());
}

#[test]
fn an_end_that_was_not_written_down_is_read_from_the_job_itself() {
    let script = || {
        vec![
            event(1, "create", "jobs", "a", job("a", "a", "2026-01-01", 1, false)),
            event(20, "create", "jobs", "b", job("b", "b", "2026-01-01", 30, false)),
        ]
    };
    let second = job("b", "b", "2026-01-01", 30, false);
    let first = |ended: bool| job("a", "a", "2026-01-01", 9, ended);
    assert_eq!(dates(script(), &[first(false), second.clone()]), ["2026-01-01"]);
    assert!(dates(script(), &[first(true), second]).is_empty());
}

#[test]
fn a_name_used_again_is_another_job() {
    let script = vec![
        event(1, "create", "jobs", "a", job("1", "a", "2026-01-01", 1, false)),
        event(2, "delete", "jobs", "a", json!({"kind": "Status"})),
        event(3, "create", "jobs", "a", job("2", "a", "2026-01-01", 3, false)),
    ];
    assert!(dates(script, &[]).is_empty());
}
