//! What a Job is built to be.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::api::template::Refusal;
use crate::domain::source::Draw;
use crate::kubernetes::jobs::build::{Built, job};
use crate::kubernetes::jobs::identity::Identity;
use crate::kubernetes::jobs::read::is_of;

/// A Job as this program's types know it.
struct Typed {
    job: Job,
    left_out: Vec<String>,
}

fn made(cron_job: &CronJob, launch: &Launch) -> Result<Typed, Refusal> {
    let Built { job, left_out } = job(&serde_json::to_value(cron_job).unwrap(), launch)?;
    Ok(Typed { job: serde_json::from_value(serde_json::to_value(job).unwrap()).unwrap(), left_out })
}

fn built(cron_job: &CronJob) -> Typed {
    made(cron_job, &launch()).unwrap()
}

#[test]
fn what_is_newer_than_gapless_passes_with_the_pod_and_is_reported_of_the_job() {
    let mut manifest = serde_json::to_value(cron_job()).unwrap();
    let spec = &mut manifest["spec"]["jobTemplate"]["spec"];
    spec["fromTheFuture"] = json!({ "a": 1 });
    let pod = &mut spec["template"]["spec"];
    pod["fromTheFuture"] = json!([{ "depth": 2.5 }]);
    pod["containers"][1]["fromTheFuture"] = json!("x");
    pod["containers"][1]["env"][1]["valueFrom"]["fromTheFuture"] = json!({ "key": "k" });
    let asked = pod.clone();
    let Built { job, left_out } = job(&manifest, &launch()).unwrap();
    let made = &job.data["spec"]["template"]["spec"];
    assert_eq!(made["fromTheFuture"], asked["fromTheFuture"]);
    let (made, asked) = (&made["containers"][1], &asked["containers"][1]);
    assert_eq!(made["fromTheFuture"], asked["fromTheFuture"]);
    assert_eq!(made["env"].as_array().unwrap().last(), asked["env"].as_array().unwrap().last());
    assert_eq!(job.data["spec"]["fromTheFuture"], Value::Null, "its effect is not known here");
    assert!(left_out.contains(&"spec.fromTheFuture".to_string()), "{left_out:?}");
}

#[test]
fn a_template_that_cannot_be_read_is_refused_without_repeating_it() {
    let mut manifest = serde_json::to_value(cron_job()).unwrap();
    manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][1]["env"] = json!("hunter2");
    let why = job(&manifest, &launch()).unwrap_err().to_string();
    assert_eq!(why, "CronJob 'load-boxscores' has a field of a type that this version of gapless cannot read");
}

#[test]
fn the_job_of_a_launch_is_the_committed_one() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kubernetes/jobs/tests/job.yaml");
    let text = serde_saphyr::to_string(&built(&cron_job()).job).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == text, "{} is stale: run `make update` and commit it", file.display());
}

#[test]
fn the_pod_is_what_the_template_says_but_for_what_a_fill_needs() {
    let template = serde_json::to_value(cron_job()).unwrap();
    let mut asked = template["spec"]["jobTemplate"]["spec"]["template"]["spec"].clone();
    let made = serde_json::to_value(built(&cron_job()).job).unwrap();
    let mut made = made["spec"]["template"]["spec"].clone();
    let env = made["containers"][1]["env"].as_array_mut().unwrap();
    let told = env.len() - 2;
    assert!(env.drain(..told).all(|e| e["name"].as_str().unwrap().starts_with("GAPLESS_")), "ours come first");
    assert_eq!(made["automountServiceAccountToken"].take(), json!(false));
    assert_eq!((made["restartPolicy"].take(), asked["restartPolicy"].take()), (json!("Never"), json!("OnFailure")));
    asked["automountServiceAccountToken"] = Value::Null;
    assert_eq!(made, asked);
}

#[test]
fn what_a_template_asks_for_without_effect_is_reported() {
    for (spec, expected) in [
        (json!({}), ""),
        (json!({ "backoffLimit": 0, "completions": 1, "parallelism": 1, "suspend": false }), ""),
        (
            json!({ "completionMode": "NonIndexed", "podReplacementPolicy": "Failed", "activeDeadlineSeconds": 7200 }),
            "",
        ),
        (json!({ "activeDeadlineSeconds": 60 }), "spec.activeDeadlineSeconds"),
        (json!({ "backoffLimit": 100 }), "spec.backoffLimit"),
        (
            json!({ "backoffLimitPerIndex": 1, "maxFailedIndexes": 1, "completionMode": "Indexed", "completions": 9 }),
            "spec.backoffLimitPerIndex, spec.completionMode, spec.completions, spec.maxFailedIndexes",
        ),
        (json!({ "managedBy": "example.com/other" }), "spec.managedBy"),
        (
            json!({ "manualSelector": true, "selector": { "matchLabels": { "a": "b" } } }),
            "spec.manualSelector, spec.selector",
        ),
        (json!({ "parallelism": 50 }), "spec.parallelism"),
        (json!({ "podFailurePolicy": { "rules": [] } }), "spec.podFailurePolicy"),
        (json!({ "podReplacementPolicy": "TerminatingOrFailed" }), "spec.podReplacementPolicy"),
        (json!({ "successPolicy": { "rules": [] } }), "spec.successPolicy"),
        (json!({ "suspend": true }), "spec.suspend"),
        (json!({ "template": { "spec": { "restartPolicy": "OnFailure" } } }), "spec.template.spec.restartPolicy"),
        (json!({ "ttlSecondsAfterFinished": 0 }), "spec.ttlSecondsAfterFinished"),
    ] {
        let with = built(&simple(spec.clone()));
        assert_eq!(with.left_out.join(", "), expected, "{spec}");
        let (mut asked, mut plain) = (with.job.spec.unwrap(), built(&simple(json!({}))).job.spec.unwrap());
        (asked.template, plain.template) = Default::default();
        assert_eq!(asked, plain, "{spec}");
    }
}

#[test]
fn reserved_names_are_left_out_and_a_queue_passes() {
    let built = built(&cron_job());
    let expected = [
        "metadata.annotations[gapless.dev/key]",
        "metadata.labels[gapless.dev/launch]",
        "metadata.labels[job-name]",
        "spec.backoffLimit",
        "spec.suspend",
        "spec.template.metadata.labels[batch.kubernetes.io/controller-uid]",
        "spec.template.spec.restartPolicy",
    ];
    assert_eq!(built.left_out, expected);
    let labels = built.job.metadata.labels.unwrap();
    assert_eq!(labels["kueue.x-k8s.io/queue-name"], "backfill");
    assert_eq!(built.job.metadata.finalizers, None);
    assert_eq!(built.job.spec.unwrap().suspend, None, "a queue suspends it");
}

#[test]
fn a_template_that_cannot_be_used_is_refused_in_one_sentence() {
    let allowed = simple(json!({}));
    let two = json!([{ "name": "a", "env": [{ "name": "GAPLESS_DATES", "value": "x" }] }, { "name": "b" }]);
    let containers = |containers: Value| simple(json!({ "template": { "spec": { "containers": containers } } }));
    let mut forbidden = allowed.clone();
    forbidden.metadata.annotations = Some([("gapless.dev/fill".to_string(), "true".to_string())].into());
    for (cron_job, container, expected) in [
        (&forbidden, None, "FillNotAllowed: CronJob 'load-boxscores' lacks the annotation 'gapless.dev/fill: allowed'"),
        (&allowed, Some("load"), "CronJob 'load-boxscores' has no container 'load'; it has: fill"),
        (&containers(two.clone()), None, "must name the container that fills the date: one of a, b"),
        (&containers(two.clone()), Some("a"), "CronJob 'load-boxscores' sets the reserved name 'GAPLESS_DATES'"),
        (&containers(two), Some("b"), ""),
        (&containers(json!([])), None, "CronJob 'load-boxscores' has no container"),
        (&CronJob { spec: None, ..allowed.clone() }, None, "CronJob 'load-boxscores' has no container"),
        (&allowed, None, ""),
    ] {
        let launch = Launch { container: container.map(Arc::from), ..launch() };
        let refused = made(cron_job, &launch).err().map(|refusal| refusal.to_string());
        assert_eq!(refused.unwrap_or_default(), expected);
    }
}

#[test]
fn data_in_the_environment_is_not_expanded() {
    let launch = Launch { container: None, ..launch() };
    let job = made(&simple(json!({})), &launch).unwrap().job;
    let env = job.spec.unwrap().template.spec.unwrap().containers.remove(0).env.unwrap();
    let value = |name: &str| env.iter().find(|e| e.name == name).unwrap().value.clone().unwrap();
    assert_eq!(value("GAPLESS_MISSING_UNITS"), r#"{"2025-11-14":["BOS@MIA","$$(HOME)@$$5"]}"#);
    assert_eq!(value("GAPLESS_TERMINATION_LOG"), "/dev/termination-log");
}

#[test]
fn a_filler_gets_a_token_only_when_its_template_says_so() {
    for (asked, expected) in [(json!(null), Some(false)), (json!(false), Some(false)), (json!(true), Some(true))] {
        let spec = json!({ "template": { "spec": { "automountServiceAccountToken": asked } } });
        let pod = built(&simple(spec)).job.spec.unwrap().template.spec.unwrap();
        assert_eq!(pod.automount_service_account_token, expected);
    }
}

#[test]
fn a_job_that_is_there_is_ours_only_when_everything_of_it_is_equal() {
    let there: Job = serde_json::from_value(created()).unwrap();
    let mut other = launch();
    other.dates.insert("2025-11-15".parse().unwrap());
    assert!(is_of(&there, &launch()));
    for (what, different) in [
        ("dates", other),
        ("launch", Launch { launch: 8, ..launch() }),
        ("rung", Launch { rung: "other".into(), ..launch() }),
        ("tokens", Launch { tokens: Default::default(), ..launch() }),
        ("target", Launch { target: Table { name: "x".into(), ..launch().target }, ..launch() }),
        ("uid", Launch { uid: "another".into(), ..launch() }),
    ] {
        assert!(!is_of(&there, &different), "{what}");
    }
    let drawing = |credits| Launch { draw: Some(draw(credits)), ..launch() };
    assert!(is_of(&there, &drawing(12)), "an earlier version does not write what its Job draws");
    let there_drawing = made(&cron_job(), &drawing(12)).unwrap().job;
    assert!(is_of(&there_drawing, &drawing(12)) && !is_of(&there_drawing, &drawing(13)), "draw");
    let mut orphan = there;
    orphan.metadata.owner_references = None;
    assert!(!is_of(&orphan, &launch()), "it has no owner");
}

fn draw(credits: u64) -> Draw {
    Draw { source: "odds-api".into(), credits, requests: 15 }
}

/// A filler needs to know whose account it uses, and how fast it may go.
#[test]
fn a_filler_is_told_its_source_and_its_share_of_the_requests() {
    let told = |requests| {
        let built = made(&cron_job(), &Launch { draw: Some(Draw { requests, ..draw(12) }), ..launch() }).unwrap().job;
        assert_eq!(Identity::of(&built.metadata).unwrap().draw, Some(Draw { requests, ..draw(12) }));
        let text = serde_json::to_value(built).unwrap()["spec"]["template"]["spec"]["containers"][1]["env"].to_string();
        (text.contains(r#"{"name":"GAPLESS_SOURCE","value":"odds-api"}"#), text.contains("GAPLESS_REQUESTS_PER_MINUTE"))
    };
    assert_eq!(told(15), (true, true));
    assert_eq!(told(0), (true, false), "its Source does not limit them");
}

fn is_label(value: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let outer = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    value.len() <= 63 && value.chars().all(inner) && outer(value.chars().next()) && outer(value.chars().last())
}

proptest! {
    #[test]
    fn names_and_labels_fit_whatever_a_coverage_is_called(
        name in "[a-z]([-a-z0-9]{0,50}[a-z0-9])?",
        rung in "[a-z]([-a-z0-9]{0,50}[a-z0-9])?",
        uid in "\\PC{0,40}",
        number in 1..=999_999_999_999_u64,
        table in "\\PC{0,300}",
    ) {
        let launch = Launch {
            coverage: Key { name: name.as_str().into(), ..launch().coverage },
            uid: uid.as_str().into(),
            name: job_name(&name, &uid, number),
            launch: number,
            rung: rung.as_str().into(),
            target: Table { place: "files:/data".into(), name: table.as_str().into() },
            aliases: vec![Table { place: "device:7".into(), name: table.as_str().into() }],
            ..launch()
        };
        let built = made(&cron_job(), &launch).unwrap().job;
        let text = built.metadata.name.as_deref().unwrap();
        prop_assert!(is_label(text) && !text.contains(['.', '_']), "{text}");
        prop_assert!(built.metadata.labels.as_ref().unwrap().values().all(|value| is_label(value)));
        prop_assert!(is_of(&built, &launch));
        prop_assert_eq!(Identity::of(&built.metadata), Some(Identity::from(&launch)));
    }
}
