//! Waits for a condition. If it does not occur, the test fails with everything that explains why.

use std::time::{Duration, Instant};

use super::Cluster;
use super::namespace::namespaces_of_this_test;

/// Polls until there is an answer. If there is none in time, it panics with the test's pods, events, statuses and the
/// operator's logs.
pub async fn eventually<T>(
    cluster: &Cluster,
    what: &str,
    deadline: Duration,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        if start.elapsed() > deadline {
            panic!("not within {deadline:?}: {what}\n{}", story(cluster));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What happened, seen from outside: in the namespaces of this test, or everywhere if it has none.
fn story(cluster: &Cluster) -> String {
    let mut story: String =
        namespaces_of_this_test().iter().map(|namespace| chapter(cluster, &["-n", namespace])).collect();
    if story.is_empty() {
        story = chapter(cluster, &["-A"]);
    }
    story + "GAPLESS_KEEP_CLUSTER=1 keeps the cluster to be looked at, and says how.\n"
}

fn chapter(cluster: &Cluster, place: &[&str]) -> String {
    let logs = ["logs", "-l", "app.kubernetes.io/name=gapless", "--all-containers", "--prefix", "--tail=60"];
    let before = [&logs[..], &["--previous"]].concat();
    let kinds = "warehouses,seasons,sources,tablecoverages,propcoverages";
    let mut questions: Vec<Vec<&str>> = vec![
        vec!["get", "pods,jobs", "-o", "wide"],
        vec!["get", "events", "--sort-by=.metadata.creationTimestamp"],
        vec!["get", kinds],
        vec!["get", kinds, "-o", "yaml"],
    ];
    if place[0] == "-n" {
        questions.extend([before, logs.to_vec()]); // kubectl reads the logs of one namespace
    }
    let answer = |question: &Vec<&str>| {
        let question = [&question[..1], place, &question[1..]].concat();
        let answer = cluster.try_kubectl(&question).unwrap_or_else(|error| error);
        format!("$ kubectl {}\n{}\n", question.join(" "), shortened(&answer))
    };
    questions.iter().map(answer).collect()
}

/// The last lines, as many as a person will read. Errors are near the end.
fn shortened(text: &str) -> String {
    const LINES: usize = 120;
    let lines: Vec<&str> = text.lines().collect();
    let left_out = lines.len().saturating_sub(LINES);
    let note = if left_out > 0 { format!("… {left_out} lines before\n") } else { String::new() };
    note + &lines[left_out..].join("\n")
}
