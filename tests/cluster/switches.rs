//! Every way to hold launches, and to resume them.

use std::time::Duration;

use super::harness::{Cluster, Deployed, Namespace, Table, coverage, eventually};

const ENV: [(&str, &str); 3] =
    [("GAPLESS_SLOW_START", "0s"), ("GAPLESS_CADENCE_HOT", "5s"), ("GAPLESS_CADENCE_WARM", "5s")];
const T: &str = "tablecoverages/t";

fn launched(cluster: &Cluster, deployed: &Deployed<'_>) -> usize {
    let audit = cluster.audit(Default::default());
    audit.writes(&deployed.user()).filter(|e| e.resource == "jobs" && e.verb == "create").count()
}

fn suspend(namespace: &Namespace<'_>, object: &[&str], on: bool) {
    let patch = format!(r#"{{"spec": {{"suspend": {on}}}}}"#);
    namespace.kubectl(&[&["patch"], object, &["--type=merge", "-p", &patch]].concat());
}

#[tokio::test]
async fn each_switch_holds_launches_and_says_so_and_the_last_one_lets_them_go() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("switches");
    cluster.kubectl(&["annotate", "namespace", &namespace.name, "gapless.dev/launches=off"]);
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    Table::slow(2, 1, 1).apply(cluster, &namespace);
    let told = namespace.told(T);
    told.line(&["Ready=False/LaunchesOff"]).await;
    suspend(&namespace, &["season", "s"], true);
    told.line(&["Ready=False/Suspended"]).await;
    suspend(&namespace, &["tablecoverage", "t"], true);
    suspend(&namespace, &["season", "s"], false);
    cluster.kubectl(&["annotate", "namespace", &namespace.name, "gapless.dev/launches-"]);
    told.line(&["Ready=False/Suspended"]).await;
    told.line(&["Reconciling=False"]).await;
    // The namespace is read a few times a minute. By now its switch is off too, and only the coverage is suspended.
    assert_eq!(launched(cluster, &deployed), 0);
    suspend(&namespace, &["tablecoverage", "t"], false);
    told.complete(2).await;
    assert_eq!(launched(cluster, &deployed), 2);
}

#[tokio::test]
async fn two_coverages_of_one_table_never_fill_a_date_at_the_same_time() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("busy");
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    Table::held(2).apply(cluster, &namespace);
    let first = namespace.told(T);
    first.line(&["Running/Started", "2026-01-01..2026-01-02"]).await;
    cluster.apply(&coverage(&namespace.name, "u", 2, 60));
    let second = namespace.told("tablecoverages/u");
    println!("{}", second.line(&["Blocked/Busy", "2026-01-01..2026-01-02"]).await);
    namespace.let_go();
    first.complete(2).await;
    second.complete(2).await;
    assert_eq!((launched(cluster, &deployed), second.launches().await), (2, 0));
}

#[tokio::test]
async fn the_cron_jobs_own_run_holds_yesterday_and_later_only() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("daily");
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    let held = Table::held(1);
    let script = held.script.replace("while", "while [ -z \"$GAPLESS_DATE\" ] &&");
    Table { script, ..held }.apply(cluster, &namespace);
    namespace.told(T).complete(1).await;
    run_daily(cluster, &namespace).await;
    let recent = r#"{"spec": {"dates": {"from": null, "through": null, "lastDays": 4}}}"#;
    namespace.kubectl(&["patch", "season", "s", "--type=merge", "-p", recent]);
    let due = coverage(&namespace.name, "d", 9, 60) + "  due: {after: DateStart}\n";
    cluster.apply(&due);
    let told = namespace.told("tablecoverages/d");
    println!("{}", told.line(&["Blocked/DailyRun"]).await);
    told.complete(2).await;
    assert_eq!(launched(cluster, &deployed), 3, "history does not wait for the daily run");
    namespace.let_go();
    told.complete(4).await;
}

/// A Job as the CronJob controller creates it, running.
async fn run_daily(cluster: &Cluster, namespace: &Namespace<'_>) {
    let name = &namespace.name;
    let cron_job = cluster.get(&format!("/apis/batch/v1/namespaces/{name}/cronjobs/fill")).await.unwrap();
    let owner = serde_json::json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "name": "fill", "uid": cron_job["metadata"]["uid"], "controller": true,
    });
    let job = serde_json::json!({
        "apiVersion": "batch/v1", "kind": "Job", "spec": cron_job["spec"]["jobTemplate"]["spec"],
        "metadata": {"name": "fill-daily", "namespace": name, "ownerReferences": [owner]},
    });
    let path = format!("/apis/batch/v1/namespaces/{name}/jobs");
    cluster.create(&path, &job.to_string()).await.unwrap();
    let active = async || {
        let job = cluster.get(&format!("{path}/fill-daily")).await?;
        (job["status"]["active"] == 1).then_some(())
    };
    eventually(cluster, "the daily run", Duration::from_secs(30), active).await;
}
