//! The demo's season, end to end: applied as people apply it, filled by pods, verified, waived, Ready.

use std::process::Command;
use std::time::Duration;

use super::harness::{Cluster, eventually};

/// Six coverages; two dates of it cannot be had by anybody (see `src/cli/demo`).
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
    let refused = cluster.audit(Default::default()).events;
    let forbidden: Vec<_> = refused.iter().filter(|e| e.user == deployed.user() && e.code == 403).collect();
    assert!(forbidden.is_empty(), "{forbidden:?}");
    let overlaps: Vec<_> =
        cluster.overlapping_jobs().into_iter().filter(|o| o.jobs[0].starts_with(&namespace.name)).collect();
    assert!(overlaps.is_empty(), "{overlaps:?}");
}

/// As a person does it, with the plugin.
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
