//! Awaiting a condition. What does not come to pass fails with all that explains it.

use std::time::{Duration, Instant};

use super::Cluster;

/// Asks again and again until there is an answer. When there is none in time, it panics with the operator's logs, the
/// events and the statuses.
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

/// What happened, from outside.
fn story(cluster: &Cluster) -> String {
    let operator = "app.kubernetes.io/name=gapless";
    let questions: [&[&str]; 5] = [
        &["logs", "-A", "-l", operator, "--all-containers", "--prefix", "--tail=200"],
        &["logs", "-A", "-l", operator, "--all-containers", "--prefix", "--tail=50", "--previous"],
        &["get", "pods,jobs", "-A", "-o", "wide"],
        &["get", "events", "-A", "--sort-by=.metadata.creationTimestamp"],
        &["get", "warehouses,seasons,tablecoverages,propcoverages", "-A", "-o", "yaml", "--show-managed-fields=false"],
    ];
    let answer = |question: &&[&str]| {
        let answer = match *question {
            ["logs", rest @ ..] => logs(cluster, rest),
            question => cluster.try_kubectl(question).unwrap_or_else(|error| error),
        };
        format!("$ kubectl {}\n{answer}", question.join(" "))
    };
    questions.iter().map(answer).collect()
}

/// `kubectl logs` knows no `-A`: one namespace after the other.
fn logs(cluster: &Cluster, arguments: &[&str]) -> String {
    let namespaces = cluster.try_kubectl(&[
        "get",
        "pods",
        "-A",
        "-l",
        arguments[2],
        "-o",
        "jsonpath={.items[*].metadata.namespace}",
    ]);
    let mut namespaces: Vec<String> = namespaces.unwrap_or_default().split_whitespace().map(String::from).collect();
    namespaces.dedup();
    let of = |namespace: &String| {
        let arguments: Vec<&str> =
            ["logs", "-n", namespace].into_iter().chain(arguments[1..].iter().copied()).collect();
        cluster.try_kubectl(&arguments).unwrap_or_else(|error| error)
    };
    namespaces.iter().map(of).collect()
}
