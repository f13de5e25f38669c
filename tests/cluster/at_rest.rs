//! Tests that take ten minutes: an idle operator, the removal of finished Jobs, an outage that lasts too long. They
//! begin first (tests run in the order of their names) and wait while the others work.

use std::fs;
use std::time::Duration;

use jiff::{Timestamp, ToSpan, Zoned};

use super::harness::{Cluster, Deployed, Event, Namespace, Table, eventually, filler};

/// A number of coverages with a number of dates each.
const COVERAGES: usize = 100;
const DATES: i64 = 200;
const TEN_MINUTES: Duration = Duration::from_secs(600);

/// The present time in a zone where it is about noon: no date begins or ends while the test waits.
fn noon() -> Zoned {
    #[allow(clippy::disallowed_methods, reason = "a test of the real cluster lives in real time")]
    let now = Timestamp::now();
    let hour = now.to_zoned(jiff::tz::TimeZone::UTC).hour() - 12;
    // The signs of these zones are inverted.
    let name = if hour >= 0 { format!("Etc/GMT+{hour}") } else { format!("Etc/GMT{hour}") };
    now.in_tz(&name).unwrap()
}

fn complete_table(cluster: &Cluster, namespace: &Namespace<'_>) {
    let now = noon();
    for n in 0..DATES {
        let date = now.date().checked_sub(n.days()).unwrap();
        let folder = namespace.folder().join(format!("w/t/day={date}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("part.csv"), "n\n1\n2\n").unwrap();
    }
    let name = &namespace.name;
    let mut text = format!(
        "
apiVersion: gapless.dev/v1alpha1
kind: Warehouse
metadata: {{name: w, namespace: {name}}}
spec: {{files: {{folder: w}}}}
---
apiVersion: gapless.dev/v1alpha1
kind: Season
metadata: {{name: s, namespace: {name}}}
spec: {{warehouse: w, timeZone: {}, dates: {{lastDays: {DATES}}}}}
",
        now.time_zone().iana_name().unwrap()
    );
    for n in 0..COVERAGES {
        text += &format!(
            "
---
apiVersion: gapless.dev/v1alpha1
kind: TableCoverage
metadata: {{name: c{n}, namespace: {name}}}
spec: {{season: s, table: t, date: day, unit: {{whole: Date}}, complete: {{perUnit: {{rows: {{min: {}}}}}}}}}
",
            1 + n % 2
        );
    }
    cluster.apply(&text);
}

/// A season that is over: its dates are long past and filled, the last by a Job.
fn off_season(cluster: &Cluster, namespace: &Namespace<'_>) {
    Table::slow(60, 0, 1).apply(cluster, namespace);
    for n in 0..59 {
        let date = jiff::civil::date(2026, 1, 1).checked_add(n.days()).unwrap();
        let folder = namespace.folder().join(format!("w/t/day={date}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("part.csv"), "n\n1\n").unwrap();
    }
}

/// The bytes of data read so far, according to the operator's metrics.
fn bytes_read(deployed: &Deployed<'_>) -> String {
    let metrics = deployed.metrics(&deployed.leader().unwrap());
    metrics.lines().find(|l| l.starts_with("gapless_probe_bytes_total")).unwrap().to_string()
}

/// Seconds since the least recently checked coverage was checked.
fn oldest_confirmation(deployed: &Deployed<'_>) -> f64 {
    let metrics = deployed.metrics(&deployed.leader().unwrap());
    let of = metrics.lines().filter(|l| l.starts_with("gapless_confirmed_age_seconds{"));
    of.filter_map(|l| l.rsplit(' ').next()?.parse().ok()).fold(0.0, f64::max)
}

#[tokio::test]
async fn at_rest_nothing_is_written_and_no_data_is_read_for_ten_minutes() {
    let cluster = Cluster::shared_node();
    let [namespace, over] = ["rest", "rest-over"].map(|like| cluster.namespace(like));
    let deployed = cluster.deploy(&namespace, 2, &[]);
    let ended = cluster.deploy(&over, 1, &[("GAPLESS_SLOW_START", "0s")]);
    off_season(cluster, &over);
    complete_table(cluster, &namespace);
    over.told("tablecoverages/t").complete(60).await;
    let ready = || {
        deployed.kubectl(&[
            "get",
            "tablecoverages",
            "-o",
            "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}",
        ])
    };
    let all = async || (ready().split(' ').filter(|s| *s == "True").count() == COVERAGES).then_some(());
    eventually(cluster, "every coverage is Ready", Duration::from_secs(120), all).await;
    // The GameDates of the season follow, with up to 35 seconds between two rounds of many writes. Then nothing is left
    // to write.
    let users = [deployed.user(), ended.user()];
    let writes = |mark| -> Vec<String> {
        let audit = cluster.audit(mark);
        let own = users.iter().flat_map(|user| audit.writes(user));
        own.map(|e| format!("{} {} {}/{}", e.verb, e.resource, e.namespace, e.name)).collect()
    };
    let quiet = async || {
        let mark = cluster.mark();
        tokio::time::sleep(Duration::from_secs(40)).await;
        writes(mark).is_empty().then_some(())
    };
    eventually(cluster, "every status to be written", Duration::from_secs(240), quiet).await;
    let (mark, read) = (cluster.mark(), [&deployed, &ended].map(bytes_read));
    tokio::time::sleep(TEN_MINUTES).await;
    assert_eq!(writes(mark), Vec::<String>::new());
    let audit = cluster.audit(mark);
    for user in &users {
        let renewed = audit.events.iter().filter(|e| e.user == *user && e.resource == "leases" && e.verb == "update");
        assert!(renewed.count() > 100, "it was there all the time");
    }
    assert_eq!([&deployed, &ended].map(bytes_read), read);
    // A table with recent dates is checked every minute, which is visible although nothing changes.
    let confirmed = oldest_confirmation(&deployed);
    assert!(confirmed < 120.0, "every table was proved unchanged lately, the oldest {confirmed} s ago");
}

#[tokio::test]
async fn finished_jobs_beyond_three_are_removed_when_ten_minutes_have_passed() {
    let cluster = Cluster::shared_node();
    let [namespace, lacking] = ["history", "history-lacking"].map(|like| cluster.namespace(like));
    let env = [("GAPLESS_SLOW_START", "0s")];
    let deployed = cluster.deploy(&namespace, 1, &env);
    let refused = cluster.install(&lacking, 1, &env, |object| super::rights::without(object, "delete", "jobs"));
    let mark = cluster.mark();
    for namespace in [&namespace, &lacking] {
        Table::slow(5, 1, 2).apply(cluster, namespace);
    }
    let jobs = || deployed.kubectl(&["get", "jobs", "-o", "name"]).lines().count();
    eventually(cluster, "five Jobs", Duration::from_secs(90), async || (jobs() == 5).then_some(())).await;
    namespace.told("tablecoverages/t").complete(5).await;
    let held = deployed.kubectl(&["get", "jobs", "-l", "gapless.dev/launch=1", "-o", "name"]);
    let finalizers = |patch: &str| deployed.kubectl(&["patch", held.trim(), "--type=merge", "-p", patch]);
    finalizers(r#"{"metadata": {"finalizers": ["example.com/hold"]}}"#);
    tokio::time::sleep(TEN_MINUTES).await;
    eventually(cluster, "four Jobs", Duration::from_secs(120), async || (jobs() == 4).then_some(())).await;
    a_job_that_is_listed_often(&namespace).await;
    let log = deployed.log();
    assert_eq!(log.matches("a Job was removed; its finalizers hold it").count(), 1, "{log}");
    finalizers(r#"{"metadata": {"finalizers": null}}"#);
    // The Job of the sixth date is kept, with the two before it.
    eventually(cluster, "three Jobs", Duration::from_secs(120), async || (jobs() == 3).then_some(())).await;
    let audit = cluster.audit(mark);
    let removals = audit.writes(&deployed.user()).filter(|e| e.verb == "delete").cloned().collect::<Vec<_>>();
    assert!(removals.iter().all(|e| e.request["preconditions"]["uid"].is_string()), "{removals:?}");
    assert_eq!(removals.len(), 3, "one call for each, held or not: {removals:?}");
    let asked = async || {
        let audit = cluster.audit(mark);
        audit.events.iter().any(|e| e.user == refused.user() && e.verb == "delete" && e.code == 403).then_some(())
    };
    eventually(cluster, "the lacking right is asked for", Duration::from_secs(60), asked).await;
    let audit = cluster.audit(mark);
    let (user, delete) = (refused.user(), |e: &&Event| e.verb == "delete" && e.resource == "jobs");
    let calls = audit.events.iter().filter(|e| e.user == user).filter(delete).count();
    println!("{calls} removals were refused");
    assert!(calls <= 2 * 6, "each at most once a minute: {calls}");
}

/// One more date, whose Job runs for ten seconds. Jobs are listed every second while one is live.
async fn a_job_that_is_listed_often(namespace: &Namespace<'_>) {
    let told = namespace.told("tablecoverages/t");
    namespace.apply(&filler(&namespace.name, "fill", &Table::slow(6, 10, 1).script));
    let dates = r#"{"spec": {"dates": {"from": "2026-01-01", "through": "2026-01-06"}}}"#;
    namespace.kubectl(&["patch", "season", "s", "--type=merge", "-p", dates]);
    told.complete(6).await;
}

/// From a field report: one watch is refused forever while everything else works, so the process looks healthy.
#[tokio::test]
async fn a_process_whose_watch_has_no_answer_for_ten_minutes_is_not_live_and_is_restarted() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("blind");
    let deployed = cluster.deploy(&namespace, 1, &[("GAPLESS_SLOW_START", "0s")]);
    Table::slow(1, 0, 1).apply(cluster, &namespace);
    namespace.told("tablecoverages/t").complete(1).await;
    let pod = deployed.leader().unwrap();
    let rules = deployed.kubectl(&["get", "role", "gapless", "-o", "json"]);
    let mut role: serde_json::Value = serde_json::from_str(&rules).unwrap();
    for verb in ["list", "watch"] {
        super::rights::without(&mut role, verb, "propcoverages");
    }
    role["metadata"] = serde_json::json!({"name": "gapless", "namespace": namespace.name});
    cluster.kubectl(&["replace", "--validate=strict", "-f", &written(&namespace, &role)]);
    tokio::time::sleep(TEN_MINUTES - Duration::from_secs(60)).await;
    let livez = format!("/api/v1/namespaces/{}/pods/{pod}:8080/proxy/livez", namespace.name);
    assert_eq!(cluster.try_kubectl(&["get", "--raw", &livez]).as_deref(), Ok("live\n"));
    let restarts = "jsonpath={.status.containerStatuses[0].restartCount}";
    let restarted = async || (deployed.kubectl(&["get", "pod", &pod, "-o", restarts]) != "0").then_some(());
    eventually(cluster, "the kubelet to restart it", Duration::from_secs(180), restarted).await;
    let log = deployed.kubectl(&["logs", &pod, "--previous"]);
    let why = log.lines().find(|line| line.contains("not live")).unwrap_or_else(|| panic!("{log}"));
    println!("{why}");
    assert!(why.contains("the watch of PropCoverage's last answer was"), "{why}");
    let own = |line: &&str| line.contains("a watch fails") && line.contains("/propcoverages");
    assert_eq!(log.lines().filter(own).count(), 1, "it is logged once, regardless of the number of retries: {log}");
}

/// A file with an object.
fn written(namespace: &Namespace<'_>, object: &serde_json::Value) -> String {
    let path = namespace.folder().join("object.json");
    fs::write(&path, object.to_string()).unwrap();
    path.display().to_string()
}
