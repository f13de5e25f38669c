//! How a real cluster reports every way in which a Job can end. The words that gapless reads are asserted here, so a
//! Kubernetes release that changes them fails this test instead of a user's season.

use std::time::Duration;

use serde_json::Value;

use super::harness::{Cluster, Mark, Namespace, eventually, filler_pod};

/// A Job like those of gapless: one pod, one try, its exit code in its condition.
pub fn job(namespace: &str, name: &str, script: &str, more: &str) -> String {
    format!(
        r#"
apiVersion: batch/v1
kind: Job
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  parallelism: 1
  completions: 1
  backoffLimit: 0
  podReplacementPolicy: Failed
  podFailurePolicy:
    rules:
    - {{action: FailJob, onExitCodes: {{containerName: fill, operator: In, values: [65]}}}}
    - {{action: FailJob, onExitCodes: {{containerName: fill, operator: In, values: [69]}}}}
    - {{action: FailJob, onExitCodes: {{containerName: fill, operator: In, values: [75]}}}}
    - {{action: FailJob, onExitCodes: {{containerName: fill, operator: In, values: [77]}}}}
    - {{action: FailJob, onPodConditions: [{{type: DisruptionTarget, status: 'True'}}]}}
  template:
    spec:
{}  {more}
"#,
        filler_pod(script, 6)
    )
}

/// The terminal condition of a Job, as `TYPE REASON: MESSAGE`, if any.
async fn end(cluster: &Cluster, namespace: &Namespace<'_>, name: &str) -> Option<String> {
    let job = cluster.get(&format!("/apis/batch/v1/namespaces/{}/jobs/{name}", namespace.name)).await?;
    let conditions = job["status"]["conditions"].as_array()?;
    let terminal = conditions.iter().find(|c| c["type"] == "Complete" || c["type"] == "Failed")?;
    assert_eq!(terminal["status"], "True");
    let text = |field: &str| terminal[field].as_str().unwrap_or_default().to_string();
    Some(format!("{} {}: {}", text("type"), text("reason"), text("message")))
}

/// Awaits a Job's end.
pub async fn ended(cluster: &Cluster, namespace: &Namespace<'_>, name: &str) -> String {
    let ask = async || end(cluster, namespace, name).await;
    eventually(cluster, &format!("the end of Job {name}"), Duration::from_secs(90), ask).await
}

/// Waits for a pod of a Job for which `seen` holds.
async fn pod(cluster: &Cluster, namespace: &Namespace<'_>, job: &str, seen: impl Fn(&Value) -> bool) -> Value {
    let path = format!("/api/v1/namespaces/{}/pods?labelSelector=job-name={job}", namespace.name);
    let ask = async || cluster.get(&path).await?["items"].as_array()?.iter().find(|pod| seen(pod)).cloned();
    eventually(cluster, &format!("the pod of Job {job}"), Duration::from_secs(60), ask).await
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

const REACHED: &str = "Complete CompletionsReached: Reached expected number of succeeded pods";
const BACKOFF: &str = "Failed BackoffLimitExceeded: Job has reached the specified backoff limit";
const DEADLINE: &str = "Failed DeadlineExceeded: Job was active longer than specified deadline";

#[tokio::test]
async fn a_job_shows_its_exit_code_in_its_own_condition() {
    let cluster = Cluster::shared_node();
    cluster.load_shell();
    let namespace = cluster.namespace("exits");
    let codes = [0, 1, 65, 69, 75, 77, 137];
    for code in codes {
        let script = format!("echo said {code} > /dev/termination-log; exit {code}");
        cluster.apply(&job(&namespace.name, &format!("exit-{code}"), &script, ""));
    }
    for code in codes {
        let job = format!("exit-{code}");
        let pod = pod(cluster, &namespace, &job, |pod| {
            !pod["status"]["containerStatuses"][0]["state"]["terminated"].is_null()
        })
        .await;
        let place = format!("Container fill for pod {}/{}", namespace.name, name(&pod));
        let rule = |rule: u32| {
            format!(
                "Failed PodFailurePolicy: {place} failed with exit code {code} matching FailJob rule at index {rule}"
            )
        };
        let expected = match code {
            0 => REACHED.to_string(),
            65 => rule(0),
            69 => rule(1),
            75 => rule(2),
            77 => rule(3),
            // The Job does not show any other exit code. The pod does, as long as it exists.
            _ => BACKOFF.to_string(),
        };
        assert_eq!(ended(cluster, &namespace, &job).await, expected);
        let terminated = &pod["status"]["containerStatuses"][0]["state"]["terminated"];
        assert_eq!(terminated["exitCode"], code);
        assert_eq!(terminated["message"], format!("said {code}\n"));
    }
}

#[tokio::test]
async fn a_job_past_its_deadline_says_so() {
    let cluster = Cluster::shared_node();
    cluster.load_shell();
    let namespace = cluster.namespace("deadline");
    cluster.apply(&job(&namespace.name, "slow", "sleep 600", "activeDeadlineSeconds: 2"));
    assert_eq!(ended(cluster, &namespace, "slow").await, DEADLINE);
}

#[tokio::test]
async fn an_evicted_pod_fails_its_job_as_disrupted_and_a_deleted_one_does_not() {
    let cluster = Cluster::shared_node();
    cluster.load_shell();
    let namespace = cluster.namespace("evicted");
    for name in ["evicted", "deleted"] {
        cluster.apply(&job(&namespace.name, name, "sleep 600", ""));
    }
    let running = |pod: &Value| pod["status"]["phase"] == "Running";
    let evicted = pod(cluster, &namespace, "evicted", running).await;
    let path = format!("/api/v1/namespaces/{}/pods/{}/eviction", namespace.name, name(&evicted));
    let eviction = format!("{{apiVersion: policy/v1, kind: Eviction, metadata: {{name: {}}}}}", name(&evicted));
    cluster.create(&path, &eviction).await.unwrap();
    let deleted = pod(cluster, &namespace, "deleted", running).await;
    cluster.kubectl(&["delete", "-n", &namespace.name, "pod", name(&deleted), "--wait=false"]);
    let place = format!("Pod {}/{}", namespace.name, name(&evicted));
    assert_eq!(
        ended(cluster, &namespace, "evicted").await,
        format!("Failed PodFailurePolicy: {place} has condition DisruptionTarget matching FailJob rule at index 4")
    );
    // It cannot be distinguished from a failed filler: its pod is gone, and its Job has no DisruptionTarget.
    assert_eq!(ended(cluster, &namespace, "deleted").await, BACKOFF);
}

#[tokio::test]
async fn a_pod_that_cannot_start_says_why_and_its_job_ends_by_its_deadline() {
    let cluster = Cluster::shared_node();
    cluster.load_shell();
    let namespace = cluster.namespace("stuck");
    let image = job(&namespace.name, "image", "", "").replace("local/shell:test", "local/nowhere:1");
    cluster.apply(&image);
    let secret = "securityContext: {allowPrivilegeEscalation";
    let with_secret =
        format!("env: [{{name: A, valueFrom: {{secretKeyRef: {{name: nowhere, key: a}}}}}}]\n        {secret}");
    cluster.apply(&job(&namespace.name, "secret", "", "").replace(secret, &with_secret));
    cluster.apply(&job(&namespace.name, "claim", "", "").replace("claimName: warehouse", "claimName: nowhere"));
    let waiting = |reason: &'static str| {
        move |pod: &Value| pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == reason
    };
    pod(cluster, &namespace, "image", waiting("ErrImageNeverPull")).await;
    pod(cluster, &namespace, "secret", waiting("CreateContainerConfigError")).await;
    let unscheduled = |pod: &Value| {
        let condition = &pod["status"]["conditions"][0];
        condition["type"] == "PodScheduled" && condition["reason"] == "Unschedulable"
    };
    pod(cluster, &namespace, "claim", unscheduled).await;
    for name in ["image", "secret", "claim"] {
        cluster.kubectl(&[
            "patch",
            "-n",
            &namespace.name,
            "job",
            name,
            "-p",
            r#"{"spec": {"activeDeadlineSeconds": 1}}"#,
        ]);
        assert_eq!(ended(cluster, &namespace, name).await, DEADLINE);
    }
}

#[tokio::test]
async fn pod_security_refuses_a_pod_and_only_an_event_shows_it() {
    let cluster = Cluster::shared_node();
    cluster.load_shell();
    let namespace = cluster.namespace("refused");
    cluster.apply(
        &job(&namespace.name, "host", "", "").replace("restartPolicy", "hostNetwork: true\n      restartPolicy"),
    );
    let ask = async || {
        let events = cluster.kubectl(&["get", "-n", &namespace.name, "events", "-o", "jsonpath={.items[*].message}"]);
        events
            .contains("is forbidden: violates PodSecurity \"restricted:latest\": host namespaces (hostNetwork=true)")
            .then_some(())
    };
    eventually(cluster, "the event of the refused pod", Duration::from_secs(30), ask).await;
    assert_eq!(end(cluster, &namespace, "host").await, None);
}

#[tokio::test]
async fn the_audit_log_shows_two_live_jobs_on_one_date() {
    let cluster = Cluster::shared_node();
    cluster.load_shell();
    let namespace = cluster.namespace("overlap");
    let of = |name: &str, target: &str, script: &str| {
        let ours =
            format!("labels: {{gapless.dev/target: {target}}}, annotations: {{gapless.dev/dates: 2026-01-01}}, ");
        job(&namespace.name, name, script, "").replacen("metadata: {", &format!("metadata: {{{ours}"), 1)
    };
    let since = cluster.mark();
    for (first, second) in [("one", "two"), ("three", "four")] {
        let together = first == "one";
        let target = if together { "together" } else { "apart" };
        cluster.apply(&of(first, target, "sleep 2"));
        if !together {
            ended(cluster, &namespace, first).await;
        }
        cluster.apply(&of(second, target, "true"));
        ended(cluster, &namespace, first).await;
        ended(cluster, &namespace, second).await;
    }
    let overlaps = cluster.overlapping_jobs();
    let mine: Vec<_> = overlaps.iter().filter(|o| o.jobs[0].starts_with(&format!("{}/", namespace.name))).collect();
    let [overlap] = mine.as_slice() else { panic!("{mine:?}") };
    assert_eq!((overlap.target.as_str(), overlap.date.as_str()), ("together", "2026-01-01"));
    let audit = cluster.audit(since);
    let mine = audit.writes("admin").filter(|event| event.resource == "jobs" && event.namespace == namespace.name);
    let made: Vec<_> = mine.map(|event| (event.name.as_str(), event.request["kind"].as_str())).collect();
    assert_eq!(made, ["one", "two", "three", "four"].map(|name| (name, Some("Job"))));
    assert!(audit.writes(":job-controller").any(|event| event.subresource == "status" && event.name == "four"));
    assert!(cluster.audit(Mark::default()).events.len() > audit.events.len());
}
