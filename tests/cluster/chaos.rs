//! Processes are killed at random while Jobs run. In the end every date is complete, no two Jobs ever covered one date
//! at the same time, and the ledger holds each attempt once. The API server's audit log proves it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::harness::{Cluster, Component, Deployed, Mark, Namespace, Options, Table, eventually};

const ENV: [(&str, &str); 5] = [
    ("GAPLESS_SLOW_START", "0s"),
    ("GAPLESS_MAX_JOBS", "50"),
    ("GAPLESS_CADENCE_HOT", "10s"),
    ("GAPLESS_CADENCE_WARM", "10s"),
    ("GAPLESS_CADENCE_COLD", "10s"),
];

/// The coverage's status.
async fn status(cluster: &Cluster, namespace: &str) -> Option<Value> {
    let path = format!("/apis/gapless.dev/v1alpha1/namespaces/{namespace}/tablecoverages/t");
    Some(cluster.get(&path).await?["status"].clone())
}

async fn complete(cluster: &Cluster, namespace: &str, dates: u32) {
    let ask = async || {
        let status = status(cluster, namespace).await?;
        let settled = status["attempts"].as_array().is_none_or(Vec::is_empty);
        (status["summary"]["complete"] == dates && settled).then_some(())
    };
    eventually(cluster, "every date complete and every attempt settled", Duration::from_secs(240), ask).await;
}

async fn running(cluster: &Cluster, namespace: &str, least: u64) {
    let ask = async || {
        let running = status(cluster, namespace).await?["summary"]["running"].as_u64()?;
        (running >= least).then_some(())
    };
    eventually(cluster, "Jobs are running", Duration::from_secs(90), ask).await;
}

/// Each launch has one Job, each Job was created once, no launch was skipped or lost, and no two Jobs covered a date at
/// once.
async fn nothing_was_doubled_or_lost(cluster: &Cluster, deployed: &Deployed<'_>) {
    let namespace = &deployed.namespace;
    let mut created: BTreeMap<String, u32> = BTreeMap::new();
    let audit = cluster.audit(Mark::default());
    for event in audit.events.iter().filter(|e| e.verb == "create" && e.resource == "jobs" && e.is_done()) {
        if event.user == deployed.user() && event.namespace == *namespace {
            *created.entry(event.name.clone()).or_default() += 1;
        }
    }
    assert!(created.values().all(|n| *n == 1), "created twice: {created:?}");
    let status = status(cluster, namespace).await.unwrap();
    let launches = status["ledger"]["launches"].as_u64().unwrap();
    let lived: std::collections::BTreeSet<u64> =
        created.keys().filter_map(|name| name.rsplit_once("-l")?.1.parse().ok()).collect();
    let jobs = cluster.kubectl(&["-n", namespace, "get", "jobs", "-o", "name"]);
    let unwritten = jobs.lines().filter_map(|name| name.rsplit_once("-l")?.1.parse::<u64>().ok());
    let lived: std::collections::BTreeSet<u64> = lived.into_iter().chain(unwritten).collect();
    assert_eq!(lived, (1..=launches).collect(), "one Job for every launch of the ledger, and no others");
    let overlaps: Vec<_> = cluster.overlapping_jobs();
    assert!(overlaps.is_empty(), "{overlaps:?}");
}

/// A small random generator: the same seed kills at the same moments.
fn random(seed: &mut u64, below: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % below
}

fn start(cluster: &Cluster, dates: u32, least: u32, replicas: u32) -> (Namespace<'_>, Deployed<'_>) {
    let namespace = cluster.namespace("chaos");
    let deployed = cluster.deploy(&namespace, replicas, &ENV);
    Table::slow(dates, least, 15).apply(cluster, &namespace);
    (namespace, deployed)
}

#[tokio::test]
async fn an_operator_killed_ten_times_while_fifty_jobs_run_loses_and_doubles_nothing() {
    let cluster = Cluster::start(Options::default());
    let (namespace, deployed) = start(&cluster, 50, 20, 2);
    running(&cluster, &namespace.name, 50).await;
    let (mut seed, mut killed) = (7, 0);
    while killed < 10 {
        tokio::time::sleep(Duration::from_millis(500 + random(&mut seed, 4_000))).await;
        let operators = cluster.operators();
        if let Some(operator) = operators.get(random(&mut seed, operators.len().max(1) as u64) as usize) {
            operator.signal(Signal::KILL);
            killed += 1;
        }
    }
    complete(&cluster, &namespace.name, 50).await;
    nothing_was_doubled_or_lost(&cluster, &deployed).await;
}

#[tokio::test]
async fn components_killed_while_jobs_run_change_nothing_in_the_end() {
    let cluster = Cluster::start(Options { fsync: true });
    let (namespace, deployed) = start(&cluster, 30, 20, 2);
    running(&cluster, &namespace.name, 10).await;
    for which in [Component::ApiServer, Component::Etcd, Component::Kubelet, Component::ControllerManager] {
        let component = cluster.component(which);
        component.kill();
        tokio::time::sleep(Duration::from_secs(2)).await;
        component.start();
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    complete(&cluster, &namespace.name, 30).await;
    nothing_was_doubled_or_lost(&cluster, &deployed).await;
}

#[tokio::test]
async fn a_leader_that_is_stopped_and_wakes_writes_nothing_and_another_leads_within_twenty_seconds() {
    let cluster = Cluster::start(Options::default());
    let (namespace, deployed) = start(&cluster, 20, 25, 2);
    running(&cluster, &namespace.name, 5).await;
    let leader = deployed.leader().unwrap();
    let process = cluster.operators().into_iter().find(|o| o.pod == leader).unwrap();
    process.signal(Signal::STOP);
    let stopped = Instant::now();
    let other = async || deployed.leader().filter(|l| *l != leader);
    eventually(&cluster, "another leads", Duration::from_secs(40), other).await;
    let took = stopped.elapsed();
    let woken = cluster.mark();
    process.signal(Signal::CONT);
    complete(&cluster, &namespace.name, 20).await;
    println!("another leads after {took:?}");
    assert!(took <= Duration::from_secs(20), "{took:?}");
    let audit = cluster.audit(woken);
    let user = deployed.user();
    let wrote: Vec<_> = audit.writes(&user).filter(|e| e.pod == leader).collect();
    assert!(wrote.is_empty(), "the woken leader wrote: {wrote:?}");
    nothing_was_doubled_or_lost(&cluster, &deployed).await;
}

#[tokio::test]
async fn a_leader_that_is_stopped_gracefully_gives_the_lease_to_the_other_within_ten_seconds() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("stop");
    let deployed = cluster.deploy(&namespace, 2, &ENV);
    let leader = eventually(cluster, "one leads", Duration::from_secs(30), async || deployed.leader()).await;
    let began = Instant::now();
    deployed.kubectl(&["delete", "pod", &leader, "--wait=true", "--timeout=30s"]);
    let ended = began.elapsed();
    let other = async || deployed.leader().filter(|l| *l != leader);
    eventually(cluster, "the other leads", Duration::from_secs(10), other).await;
    assert!(ended < Duration::from_secs(10), "{ended:?}");
    assert!(began.elapsed() < Duration::from_secs(14), "released, not run out: {:?}", began.elapsed());
}
