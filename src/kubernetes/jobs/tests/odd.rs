//! Whatever people and controllers write, it is read without a panic.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::*;
use crate::engine::contract::MAX_MESSAGE;
use crate::kubernetes::jobs::identity::Identity;
use crate::kubernetes::jobs::read::{daily_run, is_of, list};
use crate::kubernetes::jobs::slim::Slim;

/// A value in the place of another of its kind, or of any kind.
fn odd(which: usize, old: &Value) -> Value {
    let texts = ["", "True", "Failed", "Complete", "\u{202e}\u{0}", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z"];
    match (which % 4, old) {
        (0, _) => Value::Null,
        (1, Value::Array(all)) => all.iter().chain(all).cloned().collect(),
        (_, Value::Array(_)) => json!([]),
        (_, Value::Object(_)) => json!({}),
        (1, Value::Number(_)) => json!(i64::from(i32::MAX)),
        (_, Value::Number(_)) => json!(-1),
        (1, Value::String(text)) => text.repeat(400).into(),
        (_, Value::String(_)) => texts[which / 4 % texts.len()].into(),
        (_, Value::Bool(old)) => (!old).into(),
        (_, Value::Null) => json!("x"),
    }
}

/// The paths of everything in a value.
fn paths(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_string());
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(map) => map.iter().for_each(|(n, v)| paths(v, &format!("{at}/{}", escaped(n)), out)),
        Value::Array(all) => all.iter().enumerate().for_each(|(n, v)| paths(v, &format!("{at}/{n}"), out)),
        _ => {}
    }
}

fn spoil(mut value: Value, edits: &[(Index, usize)]) -> Value {
    for (place, which) in edits {
        let mut all = Vec::new();
        paths(&value, "", &mut all);
        if let Some(place) = value.pointer_mut(&all[place.index(all.len())]) {
            *place = odd(*which, place);
        }
    }
    value
}

fn whole_job() -> Value {
    let message = "Container fill for pod nba/x failed with exit code 65 matching FailJob rule at index 0";
    let mut job = created();
    job["status"] = json!({
        "active": 0, "terminating": 0, "failed": 1, "startTime": "2026-11-24T10:59:50Z",
        "uncountedTerminatedPods": { "failed": ["a"] },
        "conditions": [{ "type": "Failed", "status": "True", "reason": "PodFailurePolicy", "message": message,
            "lastTransitionTime": "2026-11-24T10:59:58Z" }],
    });
    job
}

fn whole_pod() -> Value {
    let status = |state: Value| json!([{ "name": "fill", "image": "f", "imageID": "", "ready": false, "restartCount": 0, "state": state }]);
    serde_json::to_value(pod_with(json!({
        "phase": "Failed", "reason": "Evicted", "message": "no memory",
        "conditions": [{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no. node" }],
        "initContainerStatuses": status(json!({ "waiting": { "reason": "ErrImagePull", "message": "m" } })),
        "containerStatuses": status(json!({ "terminated": { "exitCode": 65, "signal": 9, "message": "m", "reason": "r" } })),
    })))
    .unwrap()
}

fn edits() -> impl Strategy<Value = Vec<(Index, usize)>> {
    prop::collection::vec((any::<Index>(), 0_usize..1000), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_job_and_no_pod_makes_a_reader_panic(of_job in edits(), of_pod in edits()) {
        let spoilt = spoil(whole_job(), &of_job);
        let (Ok(odd), Ok(pod)) = (
            serde_json::from_value::<Job>(spoilt.clone()),
            serde_json::from_value::<Pod>(spoil(whole_pod(), &of_pod)),
        ) else { return Ok(()) };
        let (pods, untouched) = (std::slice::from_ref(&pod), of_job.is_empty() && of_pod.is_empty());
        let now = "2026-11-24T11:00:58Z".parse().unwrap();
        let read = job(&odd, pods, now);
        prop_assert!(read.is_some() || !untouched);
        let kept: Slim = serde_json::from_value(spoilt).unwrap();
        prop_assert_eq!(&job(&kept.job, pods, now), &read, "what a watch keeps says the same");
        prop_assert_eq!((is_of(&kept.job, &launch()), daily_run(&kept.job)), (is_of(&odd, &launch()), daily_run(&odd)));
        for read in list([&odd], pods, now).jobs.iter().chain(&read) {
            prop_assert!(read.message.len() <= MAX_MESSAGE && !read.message.contains(char::is_control));
            prop_assert!(read.ended.is_none() || read.pending.is_none());
            prop_assert!(!read.dates.is_empty());
        }
    }

    #[test]
    fn no_key_makes_a_reader_panic(text in "\\PC*", edits in edits()) {
        prop_assert_eq!(Identity::from_text(&text), None);
        let key: Value = serde_json::from_str(&Identity::from(&launch()).to_text()).unwrap();
        let spoilt = spoil(key, &edits);
        if let Some(read) = Identity::from_text(&spoilt.to_string()) {
            prop_assert_eq!(Identity::from_text(&read.to_text()), Some(read));
        }
    }
}

#[test]
fn a_key_out_of_bounds_is_not_read() {
    let key = |launch: u64, dates: Vec<&str>| {
        let target = json!({ "place": "p", "name": "t" });
        let key = json!({ "coverage": "u", "launch": launch, "rung": "r", "dates": dates, "target": target });
        Identity::from_text(&key.to_string()).is_some()
    };
    assert!(key(1, vec!["2025-11-14"]));
    assert!(!key(u64::MAX, vec!["2025-11-14"]), "a launch that fits no name");
    assert!(!key(1, vec![]), "no dates");
    assert!(!key(1, vec!["2025-11-14"; 367]), "more dates than a Job takes");
    assert!(!key(1, vec!["2025-02-30"]), "no date");
}
