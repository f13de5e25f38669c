//! Forged Jobs: the claims of a Job change no counter, and block no date of another namespace's table.

use std::time::Duration;

use serde_json::Value;

use super::harness::{Cluster, Namespace, Table, eventually};

const ENV: [(&str, &str); 3] =
    [("GAPLESS_SLOW_START", "0s"), ("GAPLESS_CADENCE_HOT", "5s"), ("GAPLESS_CADENCE_WARM", "5s")];
const T: &str = "tablecoverages/t";

/// A suspended copy of a Job that claims to be another launch, with consistent owner, key and name.
async fn forge(cluster: &Cluster, namespace: &Namespace<'_>, of: &str, launch: u64) -> String {
    let path = format!("/apis/batch/v1/namespaces/{}/jobs", namespace.name);
    let mut job = cluster.get(&format!("{path}/{of}")).await.unwrap();
    let mut key: Value =
        serde_json::from_str(job["metadata"]["annotations"]["gapless.dev/key"].as_str().unwrap()).unwrap();
    key["launch"] = launch.into();
    let name = format!("{}-l{launch}", of.rsplit_once("-l").unwrap().0);
    job["metadata"] = serde_json::json!({
        "name": name, "namespace": namespace.name, "annotations": { "gapless.dev/key": key.to_string() },
        "ownerReferences": job["metadata"]["ownerReferences"],
    });
    let spec = job["spec"].as_object_mut().unwrap();
    spec.remove("selector");
    spec.insert("suspend".into(), true.into());
    spec["template"]["metadata"] = serde_json::json!({});
    job.as_object_mut().unwrap().remove("status");
    cluster.create(&path, &job.to_string()).await.unwrap();
    name
}

#[tokio::test]
async fn a_forged_launch_number_moves_nothing_and_is_found_by_its_name() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("forged");
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    Table::held(2).apply(cluster, &namespace);
    let told = namespace.told(T);
    told.line(&["Running/Started", "2026-01-01..2026-01-02"]).await;
    let first = namespace.kubectl(&["get", "jobs", "-o", "jsonpath={.items[0].metadata.name}"]);
    // An operator that starts now knows only what is stored, and what Jobs claim.
    deployed.scale(0);
    let forged = forge(cluster, &namespace, &first, 999_999_999_999).await;
    deployed.scale(1);
    let stray = async || {
        let events = namespace.kubectl(&["get", "events", "-o", "jsonpath={.items[*].message}"]);
        events.contains(&format!("Job `{forged}` says that it fills these dates")).then_some(())
    };
    eventually(cluster, "the message about the forged Job", Duration::from_secs(60), stray).await;
    namespace.let_go();
    let settled = async || {
        let status = told.object().await?["status"].clone();
        status["attempts"].as_array().is_none_or(Vec::is_empty).then(|| status["ledger"]["launches"].as_u64())?
    };
    let launches = eventually(cluster, "every attempt to settle", Duration::from_secs(60), settled).await;
    assert_eq!(launches, 2);
    namespace.kubectl(&["delete", "job", &forged]);
    told.complete(2).await;
    let events = namespace.kubectl(&["get", "events", "-o", "jsonpath={.items[*].reason}"]);
    assert!(!events.contains("AttemptHistoryRebuilt"), "{events}");
}
