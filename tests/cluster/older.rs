//! Objects of other versions. One that was stored under a looser definition stalls only itself, and says why. A status
//! with another shape loses what cannot be read, but never its ledger.

use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{Cluster, Deployed, Namespace, Options, Table, WRITE, eventually};

const ENV: [(&str, &str); 3] =
    [("GAPLESS_SLOW_START", "0s"), ("GAPLESS_CADENCE_HOT", "5s"), ("GAPLESS_CADENCE_WARM", "5s")];

/// A definition that accepts and keeps every field.
fn loosened(cluster: &Cluster, plural: &str) {
    let anything = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let name = format!("{plural}.gapless.dev");
    let text = cluster.kubectl(&["get", "crd", &name, "-o", "json"]);
    let mut definition: Value = serde_json::from_str(&text).unwrap();
    let schema = &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    *schema = json!({"type": "object", "properties": {"spec": anything, "status": anything}});
    let patch = json!([{"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema", "value": schema}]);
    cluster.kubectl(&["patch", "crd", &name, "--type=json", "-p", &patch.to_string()]);
}

fn coverage(namespace: &str, name: &str, spec: &Value) -> String {
    let metadata = json!({"name": name, "namespace": namespace});
    let object =
        json!({"apiVersion": "gapless.dev/v1alpha1", "kind": "TableCoverage", "metadata": metadata, "spec": spec});
    object.to_string()
}

/// Objects stored long ago: the name, the spec, and the message about it. Unknown fields are not a case, because the
/// server drops them on reading.
fn stored() -> [(&'static str, Value, &'static str); 2] {
    let good = json!({"season": "s", "table": "old", "date": "day", "unit": {"whole": "Date"}});
    let with = |field: &str, value: Value| {
        let mut spec = good.clone();
        spec[field] = value;
        spec
    };
    [
        // A rule was tightened later.
        ("tightened", with("where", json!([{"column": "n", "equals": 1, "lessThan": 5}])), "must have exactly one of"),
        // No current type can hold it, so the server refuses its status, too, and only the log reports it.
        ("undecodable", with("fill", json!("nightly")), "must be of type object"),
    ]
}

#[tokio::test]
async fn what_older_definitions_let_in_stalls_only_itself() {
    let cluster = Cluster::start(Options::default());
    cluster.install_definitions();
    let namespace = cluster.namespace("older");
    loosened(&cluster, "tablecoverages");
    let path = format!("/apis/gapless.dev/v1alpha1/namespaces/{}/tablecoverages", namespace.name);
    for (name, spec, _) in stored() {
        cluster.create(&path, &coverage(&namespace.name, name, &spec)).await.unwrap();
    }
    strict(&cluster);
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    let script = format!("case $GAPLESS_DATE in *-02) exit 1;; esac; {WRITE}");
    Table { script, ..Table::slow(2, 1, 1) }.apply(&cluster, &namespace);
    let told = namespace.told("tablecoverages/t");
    told.line(&["Exhausted/Failed 2026-01-02"]).await;
    let (tightened, _, why) = &stored()[0];
    println!("{}", namespace.told(&format!("tablecoverages/{tightened}")).line(&["Stalled=True/Refused", why]).await);
    let (undecodable, _, why) = &stored()[1];
    let heard = async || {
        let log = deployed.log();
        let of = |line: &&str| line.contains(&format!("TableCoverage/{undecodable}")) && line.contains(why);
        log.lines().find(of).map(ToString::to_string)
    };
    println!("{}", eventually(&cluster, "the log to name the other", Duration::from_secs(60), heard).await);
    let fixed = json!({"spec": {"where": [{"column": "n", "equals": 1, "lessThan": null}]}});
    let path = format!("/apis/gapless.dev/v1alpha1/namespaces/{}/tablecoverages/tightened", namespace.name);
    cluster.merge(&path, &fixed).await.unwrap();
    let path = "tablecoverages/tightened";
    std::fs::create_dir_all(namespace.folder().join("w/old")).unwrap();
    let obeyed =
        async || namespace.told(path).lines().await?.into_iter().find(|line| line.contains("Stalled=True/Missing"));
    println!("{}", eventually(&cluster, "the fixed object to be accepted", Duration::from_secs(60), obeyed).await);
    a_status_of_another_version(&cluster, &namespace, &deployed).await;
}

/// One launch filled a date, three failed on the other. Another version writes into the status while no operator runs.
async fn a_status_of_another_version(cluster: &Cluster, namespace: &Namespace<'_>, deployed: &Deployed<'_>) {
    let told = namespace.told("tablecoverages/t");
    let written = async |status: Value| {
        deployed.scale(0);
        loosened(cluster, "tablecoverages");
        let patch = json!({ "status": status }).to_string();
        namespace.kubectl(&["patch", "tc", "t", "--subresource=status", "--type=merge", "-p", &patch]);
        strict(cluster);
        deployed.scale(1);
        told.line(&["Ready=False/"]).await;
    };
    let rows = async || told.object().await.map(|o| o["status"]["summary"]["exhausted"].clone());
    written(json!({"summary": "1 of 2", "states": [{"count": "many"}], "newer": {"a": 1}, "ledger": {"newer": 1}}))
        .await;
    let again = async || (rows().await == Some(json!(1))).then_some(());
    eventually(cluster, "the report to be as it was", Duration::from_secs(60), again).await;
    println!("{}", told.line(&["Exhausted/Failed 2026-01-02"]).await);
    let charged = told.object().await.unwrap()["status"]["ledger"]["charges"][0]["dates"][0].clone();
    assert!(charged.as_str().unwrap().starts_with("2026-01-02 Failed charged=3"), "{charged}");
    assert_eq!(told.launches().await, 4, "the ledger is kept beside what could not be read");
    // Unreadable parts of the ledger are counted from scratch, but no launch number is used twice, not even without
    // Jobs.
    namespace.kubectl(&["delete", "jobs", "--all"]);
    written(json!({"ledger": {"charges": [{"rung": "load", "dates": ["2026-01-02 Mislaid"]}]}})).await;
    told.line(&["#5 Failed 2026-01-02"]).await;
    let events = deployed.kubectl(&["get", "events", "-o", "jsonpath={.items[*].reason}"]);
    assert!(events.contains("AttemptHistoryRebuilt"), "{events}");
}

/// The current definitions.
fn strict(cluster: &Cluster) {
    let crds = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");
    cluster.kubectl(&["apply", "--server-side", "--force-conflicts", "--validate=strict", "-f", crds]);
}
