//! A coverage, its CronJob, its launch; the Jobs made of them.

mod build;
mod odd;
mod read;

use std::sync::Arc;

use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use crate::domain::dates::Timestamp;
use crate::domain::ledger::{self, Launch, job_name};
use crate::domain::policy::{Key, Table};

const UID: &str = "5c1d2f0e-8a4b-4f6e-9a39-0f2f7f0c1a11";
const JOB_UID: &str = "adcdba1a-00bf-4627-bc1d-677a9a7512d6";

fn launch() -> Launch {
    let date = "2025-11-14".parse().unwrap();
    Launch {
        coverage: Key { namespace: "nba".into(), kind: "TableCoverage".into(), name: "boxscores".into() },
        uid: UID.into(),
        name: job_name("boxscores", UID, 7),
        launch: 7,
        rung: "reload".into(),
        cron_job: "load-boxscores".into(),
        container: Some("fill".into()),
        dates: [date].into_iter().collect(),
        tokens: [(date, Arc::from("again"))].into(),
        number: 2,
        reason: "UnitsMissing",
        missing: [(date, vec!["BOS@MIA".into(), "$(HOME)@$5".into()])].into(),
        deadline_seconds: 7200,
        target: Table { place: "files:/data/nba".into(), name: "nba_raw.boxscores".into() },
        aliases: vec![Table { place: "device:7".into(), name: "12".into() }],
        draw: None,
    }
}

/// A typical CronJob: restricted, with a sidecar, and with fields that gapless does not honour.
fn cron_job() -> CronJob {
    serde_saphyr::from_str(include_str!("tests/cron-job.yaml")).unwrap()
}

/// A CronJob of one container, with more in its jobTemplate's spec.
fn simple(spec: Value) -> CronJob {
    let container = json!({ "name": "fill", "image": "filler:1" });
    let mut cron_job = json!({
        "metadata": { "name": "load-boxscores", "annotations": { "gapless.dev/fill": "allowed" } },
        "spec": { "schedule": "@daily", "jobTemplate": { "spec": { "template": { "spec": { "containers": [container] } } } } },
    });
    merge(&mut cron_job["spec"]["jobTemplate"]["spec"], spec);
    serde_json::from_value(cron_job).unwrap()
}

/// The Job of the launch as the API server has it.
fn created() -> Value {
    let built = super::build::job(&serde_json::to_value(cron_job()).unwrap(), &launch()).unwrap();
    let mut job = serde_json::to_value(built.job).unwrap();
    job["metadata"]["uid"] = JOB_UID.into();
    job["metadata"]["creationTimestamp"] = "2026-11-24T10:59:50Z".into();
    job
}

/// The Job with a status.
fn job_with(status: Value) -> Job {
    let mut job = created();
    job["status"] = status;
    serde_json::from_value(job).unwrap()
}

/// A pod of the Job with a status.
fn pod_with(status: Value) -> Pod {
    let (job, name) = (created(), launch().name.to_string());
    let mut metadata = job["spec"]["template"]["metadata"].clone();
    let more = json!({
        "name": "boxscores-l7-x8k2p", "namespace": "nba",
        "labels": { "batch.kubernetes.io/controller-uid": JOB_UID, "batch.kubernetes.io/job-name": name },
        "ownerReferences": [{
            "apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": JOB_UID, "controller": true,
        }],
    });
    merge(&mut metadata, more);
    serde_json::from_value(json!({ "metadata": metadata, "status": status })).unwrap()
}

/// A Job with its own of these pods, as the engine sees it.
fn job(job: &Job, pods: &[Pod], now: Timestamp) -> Option<ledger::Job> {
    let uid = job.metadata.uid.as_deref();
    let own: Vec<&Pod> = pods.iter().filter(|pod| super::pods::job_uid(pod) == uid).collect();
    super::read::read(job, &own, now)
}

/// Puts the fields of one value into another.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            from.into_iter().for_each(|(name, value)| merge(into.entry(name).or_insert(Value::Null), value));
        }
        (into, from) => *into = from,
    }
}
