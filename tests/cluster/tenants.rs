//! One gapless for all namespaces: who may read what, no date filled twice across namespaces, and definitions that
//! disappear while it runs.

use std::time::Duration;

use super::harness::{Cluster, Deployed, Namespace, Options, Table, eventually};

const T: &str = "tablecoverages/t";

/// `manifests/cluster-wide` in a separate namespace, with grants for the first two of these.
async fn install<'a>(cluster: &'a Cluster, home: &Namespace<'_>, granted: [&str; 2]) -> Deployed<'a> {
    cluster.load_gapless();
    cluster.install_definitions();
    let [a, b] = granted;
    let grants = format!("namespaces: {{{a}: {{folders: [w]}}, {b}: {{folders: [w]}}}}");
    let text = cluster.rendered("manifests/cluster-wide", &home.name).replace("gapless-system", &home.name);
    let text = text.replace("namespaces: {}", &grants) + &bindings(home, &grants);
    let slow = "- name: GAPLESS_ALL_NAMESPACES\n";
    assert!(text.contains(slow), "{text}");
    let env = "- {name: GAPLESS_SLOW_START, value: 0s}\n        - {name: GAPLESS_CADENCE_HOT, value: 5s}\n        - {name: GAPLESS_CADENCE_WARM, value: 5s}\n        ";
    cluster.apply(&text.replace(slow, &format!("{env}{slow}")));
    let deployed = Deployed { cluster, namespace: home.name.clone() };
    let available = async || {
        let path = format!("/apis/apps/v1/namespaces/{}/deployments/gapless", home.name);
        (cluster.get(&path).await?["status"]["availableReplicas"] == 2).then_some(())
    };
    eventually(cluster, "both replicas to be available", Duration::from_secs(60), available).await;
    deployed
}

/// The RoleBindings of a grants file.
fn bindings(home: &Namespace<'_>, grants: &str) -> String {
    let file = home.folder().join("grants.yaml");
    std::fs::write(&file, grants).unwrap();
    let gapless = std::process::Command::new(env!("CARGO_BIN_EXE_gapless"));
    let printed = { gapless }.arg("grants").arg(&file).args(["--namespace", &home.name]).output().unwrap();
    format!("\n{}", String::from_utf8(printed.stdout).unwrap())
}

/// A suspended Job that only claims dates of a table.
fn a_claim(namespace: &str) -> String {
    let target = r#"{"place":"files:/warehouse/w","name":"t"}"#;
    let key =
        format!(r#"{{"coverage":"x","launch":1,"rung":"load","dates":["2026-01-01","2026-01-02"],"target":{target}}}"#);
    let pod = super::harness::filler_pod("true", 6);
    format!(
        "
apiVersion: batch/v1
kind: Job
metadata: {{name: claims, namespace: {namespace}, annotations: {{gapless.dev/key: '{key}'}}}}
spec:
  suspend: true
  template:
    spec:
{pod}"
    )
}

/// Warnings and errors of the operator's log that contain a text.
fn complaints(deployed: &Deployed<'_>, about: &str) -> Vec<String> {
    let log = deployed.log();
    let bad = |line: &&str| line.contains(r#""level":"WARN""#) || line.contains(r#""level":"ERROR""#);
    log.lines().filter(bad).filter(|line| line.contains(about)).map(String::from).collect()
}

#[tokio::test]
async fn tenants_read_what_is_granted_share_single_flight_and_go_away_in_silence() {
    let cluster = Cluster::start(Options::default());
    let home = cluster.namespace("system");
    let [a, b, c] = ["first", "second", "stranger"].map(|name| cluster.namespace(name));
    std::fs::create_dir_all(home.folder().join("w/t")).unwrap();
    let deployed = install(&cluster, &home, [&a.name, &b.name]).await;
    // A namespace that does not fill the table cannot block its dates, regardless of what its Job claims.
    cluster.apply(&a_claim(&b.name));
    Table::held(2).apply(&cluster, &a);
    a.told(T).line(&["Running/Started", "2026-01-01..2026-01-02"]).await;
    b.kubectl(&["delete", "job", "claims"]);
    Table::held(2).apply(&cluster, &b);
    Table::held(2).apply(&cluster, &c);
    // The other replica logs that another process leads.
    let said = |line: &&str| line.contains(r#""message":"leading""#) || line.contains("this process leads");
    let leads = deployed.log().lines().filter(said).count();
    assert_eq!(leads, 1, "{}", deployed.log());
    let busy = b.told(T).line(&["Blocked/Busy", "2026-01-01..2026-01-02"]).await;
    assert!(!busy.contains(&a.name), "no object of another namespace is named: {busy}");
    let refused = async || {
        let warehouse = c.kubectl(&["get", "warehouse", "w", "-o", "yaml"]);
        (warehouse.contains("NotGranted") && warehouse.contains(&c.name)).then_some(())
    };
    eventually(&cluster, "what is not granted to be refused", Duration::from_secs(60), refused).await;
    assert_eq!(c.kubectl(&["get", "jobs", "-o", "name"]), "");
    cluster.kubectl(&["delete", "namespace", &a.name, "--wait=true", "--timeout=90s"]);
    b.told(T).line(&["Running/Started", "2026-01-01..2026-01-02"]).await;
    let said = complaints(&deployed, &a.name);
    assert!(said.len() <= 3, "a namespace ends in silence: {said:?}");
    definitions_come_and_go(&cluster, &deployed, &b).await;
}

/// Without its definitions it waits and says so. With them the same process continues.
async fn definitions_come_and_go(cluster: &Cluster, deployed: &Deployed<'_>, tenant: &Namespace<'_>) {
    let crds = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");
    cluster.kubectl(&["delete", "-k", crds, "--wait=true", "--timeout=60s"]);
    let told = async || {
        let said = complaints(deployed, "tablecoverages");
        said.into_iter().next()
    };
    println!(
        "{}",
        eventually(cluster, "the message about the missing definition", Duration::from_secs(60), told).await
    );
    // Long enough for a few retries of the watch.
    tokio::time::sleep(Duration::from_secs(10)).await;
    cluster.kubectl(&["apply", "--server-side", "-k", crds]);
    cluster.kubectl(&["wait", "crd", "--all", "--for=condition=Established", "--timeout=30s"]);
    Table::held(2).apply(cluster, tenant);
    tenant.told(T).line(&["Running/Started", "2026-01-01..2026-01-02"]).await;
    let said = complaints(deployed, "tablecoverages");
    let failing = said.iter().filter(|line| line.contains("a watch fails")).count();
    // While the definitions are removed and restored, the server may fail, work and fail again. Each failure is a
    // separate outage.
    assert!((1..=4).contains(&failing), "once for each replica and outage, however long it lasts: {said:?}");
    let restarts = "jsonpath={.items[*].status.containerStatuses[*].restartCount}";
    let restarts = deployed.kubectl(&["get", "pods", "-l", "app.kubernetes.io/name=gapless", "-o", restarts]);
    assert!(restarts.split_whitespace().all(|n| n == "0"), "{restarts}");
}
