//! Sources in a real cluster: an operator that is killed overspends nothing, and starts one trial at a time.

use std::time::Duration;

use jiff::Timestamp;
use rustix::process::Signal;
use serde_json::Value;

use super::harness::{Cluster, Options, Table, WRITE, eventually};

const ENV: [(&str, &str); 4] = [
    ("GAPLESS_SLOW_START", "0s"),
    ("GAPLESS_CADENCE_HOT", "5s"),
    ("GAPLESS_CADENCE_WARM", "5s"),
    ("GAPLESS_CADENCE_COLD", "5s"),
];

async fn source(cluster: &Cluster, namespace: &str) -> Option<Value> {
    cluster.get(&format!("/apis/gapless.dev/v1alpha1/namespaces/{namespace}/sources/odds")).await
}

/// Kills every operator a few times, a moment apart.
async fn kill(cluster: &Cluster, times: u64) {
    for n in 0..times {
        tokio::time::sleep(Duration::from_millis(900 + 700 * n)).await;
        cluster.operators().iter().for_each(|operator| operator.signal(Signal::KILL));
    }
}

#[tokio::test]
async fn an_operator_killed_while_the_last_credits_are_taken_overspends_nothing() {
    let cluster = Cluster::start(Options::default());
    let namespace = cluster.namespace("credits");
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    Table { jobs: 3, ..Table::slow(12, 2, 3) }.apply_on(&cluster, &namespace, "{budget: {credits: 8, per: Month}}");
    namespace.told("tablecoverages/t").line(&["Running"]).await;
    kill(&cluster, 6).await;
    let told = namespace.told("tablecoverages/t");
    let line = told.line(&["Blocked/Budget", "source odds"]).await;
    println!("{line}");
    told.complete(8).await;
    let jobs = namespace.kubectl(&["get", "jobs", "-o", "name"]);
    assert_eq!(jobs.lines().count(), 8, "one Job for each credit: {jobs}");
    assert_eq!(told.launches().await, 8);
    let object = source(&cluster, &namespace.name).await.unwrap();
    assert_eq!(object["status"]["window"]["used"], 8, "{object}");
    // The rows of dates that were filled are written a little later.
    tokio::time::sleep(Duration::from_secs(45)).await;
    let mark = cluster.mark();
    tokio::time::sleep(Duration::from_secs(20)).await;
    let audit = cluster.audit(mark);
    let user = deployed.user();
    let wrote: Vec<_> = audit.writes(&user).filter(|e| e.resource != "leases").collect();
    assert!(wrote.is_empty(), "nothing is written while the budget is spent: {wrote:?}");
}

#[tokio::test]
async fn an_operator_killed_while_a_breaker_is_half_open_starts_one_trial_at_a_time() {
    let cluster = Cluster::start(Options::default());
    let namespace = cluster.namespace("trials");
    cluster.deploy(&namespace, 1, &ENV);
    let script = format!("sleep 4; test -e /warehouse/go || {{ echo 503 > /dev/termination-log; exit 69; }}; {WRITE}");
    let table = Table { jobs: 3, script, ..Table::slow(9, 1, 1) };
    table.apply_on(&cluster, &namespace, "{breaker: {openFor: 3s, maxOpenFor: 6s}}");
    let opened = async || {
        let status = source(&cluster, &namespace.name).await?["status"]["breaker"].clone();
        status["since"].as_str()?.parse::<Timestamp>().ok()
    };
    let since = eventually(&cluster, "the breaker opens", Duration::from_secs(90), opened).await;
    kill(&cluster, 8).await;
    namespace.let_go();
    namespace.told("tablecoverages/t").complete(9).await;
    let object = source(&cluster, &namespace.name).await.unwrap();
    assert_eq!(object["status"]["breaker"]["state"], "Closed", "{object}");
    let overlaps = overlapping_trials(&cluster, &namespace.name, since).await;
    assert_eq!(overlaps, Vec::<String>::new());
}

/// Failed Jobs that were created after the breaker opened, while another one of them lived.
async fn overlapping_trials(cluster: &Cluster, namespace: &str, since: Timestamp) -> Vec<String> {
    let jobs = cluster.get(&format!("/apis/batch/v1/namespaces/{namespace}/jobs")).await.unwrap();
    let at = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let mut trials: Vec<(Timestamp, Timestamp, String)> = Vec::new();
    for job in jobs["items"].as_array().into_iter().flatten() {
        let failed = job["status"]["conditions"].as_array().into_iter().flatten().find(|c| c["type"] == "Failed");
        let ended = failed.and_then(|condition| at(&condition["lastTransitionTime"]));
        let (Some(created), Some(ended)) = (at(&job["metadata"]["creationTimestamp"]), ended) else { continue };
        if created > since {
            trials.push((created, ended, job["metadata"]["name"].to_string()));
        }
    }
    trials.sort();
    let overlaps = trials.windows(2).filter(|pair| pair[1].0 < pair[0].1);
    overlaps.map(|pair| format!("{} began while {} lived", pair[1].2, pair[0].2)).collect()
}
