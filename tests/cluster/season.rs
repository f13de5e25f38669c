//! The demo's season, end to end: applied as people apply it, filled by pods, verified, waived, Ready.

use std::process::Command;
use std::time::Duration;

use super::harness::{Cluster, Deployed, eventually};

/// Six coverages; two of its dates have no data anywhere (see `src/cli/demo`).
const KINDS: &str = "propcoverages,tablecoverages";

#[tokio::test]
async fn a_season_is_filled_by_pods_until_every_date_is_complete_or_waived() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("season");
    let env = [
        ("GAPLESS_SLOW_START", "0s"),
        ("GAPLESS_MAX_JOBS", "12"),
        ("GAPLESS_CADENCE_HOT", "5s"),
        ("GAPLESS_CADENCE_WARM", "5s"),
        ("GAPLESS_CADENCE_COLD", "5s"),
    ];
    let deployed = cluster.deploy(&namespace, 1, &env);
    cluster.apply(&cluster.rendered("examples/demo-cluster", &namespace.name));
    deployed.kubectl(&["wait", "job/demo-seed", "--for=condition=Complete", "--timeout=120s"]);
    let open = async || {
        let counts = deployed.kubectl(&["get", KINDS, "-o", "jsonpath={range .items[*]}{.status.summary.open} {end}"]);
        let counts: Vec<u32> = counts.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        (counts.len() == 6 && counts.iter().sum::<u32>() == 2).then_some(())
    };
    eventually(cluster, "all but the two impossible dates", Duration::from_secs(300), open).await;
    waive_what_cannot_be_had(cluster, &namespace.name);
    deployed.kubectl(&["wait", KINDS, "--all", "--for=condition=Ready", "--timeout=60s"]);
    let table = deployed.kubectl(&["get", "propcoverages,tablecoverages,seasons,warehouses"]);
    println!("{table}\n{}", deployed.kubectl(&["get", "gamedates"]).lines().take(6).collect::<Vec<_>>().join("\n"));
    assert!(table.lines().filter(|l| l.contains("coverage.gapless.dev")).all(|l| l.contains("True")), "{table}");
    told(&deployed);
    let refused = cluster.audit(Default::default()).events;
    let forbidden: Vec<_> = refused.iter().filter(|e| e.user == deployed.user() && e.code == 403).collect();
    assert!(forbidden.is_empty(), "{forbidden:?}");
    let overlaps: Vec<_> =
        cluster.overlapping_jobs().into_iter().filter(|o| o.jobs[0].starts_with(&namespace.name)).collect();
    assert!(overlaps.is_empty(), "{overlaps:?}");
}

/// The operator's output beside statuses: metrics, Events, and a log whose warnings all match a reason in a status.
fn told(deployed: &Deployed<'_>) {
    let log = deployed.kubectl(&["logs", "-l", "app.kubernetes.io/name=gapless", "--tail=-1"]);
    // Nothing could be read before the seed was there, two dates have no data, and the provider limits its rate for a while.
    let expected = ["Unknown", "NoRung", "Exhausted", "BreakerOpened"].map(|reason| format!("\"reason\":\"{reason}\""));
    let is_expected = |line: &str| expected.iter().any(|reason| line.contains(reason));
    let is_loud = |line: &str| line.contains("\"level\":\"WARN\"") || line.contains("\"level\":\"ERROR\"");
    let loud = log.lines().filter(|line| is_loud(line) && line.contains("\"reason\":"));
    let unexpected: Vec<&str> = loud.filter(|line| !is_expected(line)).collect();
    assert!(unexpected.is_empty() && log.contains("\"reason\":\"Filled\""), "{unexpected:#?}");
    let metrics = deployed.metrics(&deployed.leader().unwrap());
    for line in ["gapless_leader 1", "gapless_season_schedule_known", "state=\"Exhausted\"", "gapless_launches_total"] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    let events = deployed.kubectl(&["get", "events", "-o", "jsonpath={range .items[*]}{.reason} {end}"]);
    for reason in ["GapFound", "JobLaunched", "Filled", "Exhausted"] {
        assert!(events.split(' ').any(|r| r == reason), "{reason}: {events}");
    }
}

/// As a user does, with the plugin.
fn waive_what_cannot_be_had(cluster: &Cluster, namespace: &str) {
    for coverage in ["TableCoverage/gamebook", "PropCoverage/points-lines"] {
        let (kind, name) = coverage.split_once('/').unwrap();
        let open = "jsonpath={range .status.states[*]}{.state} {.dates}{\"\\n\"}{end}";
        let states = cluster.kubectl(&["-n", namespace, "get", kind, name, "-o", open]);
        let line = states.lines().find(|l| l.starts_with("Exhausted") || l.starts_with("Unrecoverable"));
        let (_, dates) = line.unwrap_or_else(|| panic!("{coverage}: {states}")).split_once(' ').unwrap();
        let reason = ["--reason", "nobody has it"];
        let done = Command::new(env!("CARGO_BIN_EXE_gapless"))
            .args(["waive", "--kubeconfig"])
            .arg(cluster.kubeconfig())
            .args(["-n", namespace])
            .args(reason)
            .args([coverage, dates])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}
