//! Objects that were stored under looser definitions than those of today: whatever stands in them, they stall nobody but
//! themselves, and say why.

use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{Cluster, Options, Table, eventually};

const ENV: [(&str, &str); 3] =
    [("GAPLESS_SLOW_START", "0s"), ("GAPLESS_CADENCE_HOT", "5s"), ("GAPLESS_CADENCE_WARM", "5s")];

/// A definition that keeps and accepts whatever an object holds.
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

/// What was stored long ago (an unknown field is none of it: the server leaves it out as it reads): its name, its spec, and what is told of it.
fn stored() -> [(&'static str, Value, &'static str); 2] {
    let good = json!({"season": "s", "table": "old", "date": "day", "unit": {"whole": "Date"}});
    let with = |field: &str, value: Value| {
        let mut spec = good.clone();
        spec[field] = value;
        spec
    };
    [
        // A rule was tightened since.
        ("tightened", with("where", json!([{"column": "n", "equals": 1, "lessThan": 5}])), "must have exactly one of"),
        // No type of today can hold it, so the server refuses every status of it too: the log tells.
        ("undecodable", with("fill", json!("nightly")), "must be of type object"),
    ]
}

#[tokio::test]
async fn what_older_definitions_let_in_stalls_nobody_but_itself() {
    let cluster = Cluster::start(Options::default());
    cluster.install_definitions();
    let namespace = cluster.namespace("older");
    loosened(&cluster, "tablecoverages");
    let path = format!("/apis/gapless.dev/v1alpha1/namespaces/{}/tablecoverages", namespace.name);
    for (name, spec, _) in stored() {
        cluster.create(&path, &coverage(&namespace.name, name, &spec)).await.unwrap();
    }
    let crds = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");
    cluster.kubectl(&["apply", "--server-side", "--force-conflicts", "--validate=strict", "-f", crds]);
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    Table::slow(2, 1, 1).apply(&cluster, &namespace);
    namespace.told("tablecoverages/t").complete(2).await;
    let (tightened, _, why) = &stored()[0];
    println!("{}", namespace.told(&format!("tablecoverages/{tightened}")).line(&["Stalled=True/Refused", why]).await);
    let (undecodable, _, why) = &stored()[1];
    let heard = async || {
        let log = deployed.log();
        let of = |line: &&str| line.contains(&format!("TableCoverage/{undecodable}")) && line.contains(why);
        log.lines().find(of).map(ToString::to_string)
    };
    println!("{}", eventually(&cluster, "the log to tell of the other", Duration::from_secs(60), heard).await);
    let mended = json!({"spec": {"where": [{"column": "n", "equals": 1, "lessThan": null}]}});
    let path = format!("/apis/gapless.dev/v1alpha1/namespaces/{}/tablecoverages/tightened", namespace.name);
    cluster.merge(&path, &mended).await.unwrap();
    let path = "tablecoverages/tightened";
    std::fs::create_dir_all(namespace.folder().join("w/old")).unwrap();
    let obeyed = async || namespace.told(path).lines().await?.into_iter().find(|line| line.contains("Stalled=False"));
    println!("{}", eventually(&cluster, "the mended one to be obeyed", Duration::from_secs(60), obeyed).await);
}
