//! Creates that the API server refuses: because of a policy, a webhook that is down, or a Job of the same name. Each is
//! retried at increasing intervals, without listing Jobs, and launches resume without an edit once the cause is gone.

use std::time::Duration;

use jiff::Timestamp;

use super::harness::{Cluster, Deployed, Mark, Namespace, Table, eventually};

const ENV: [(&str, &str); 3] =
    [("GAPLESS_SLOW_START", "0s"), ("GAPLESS_CADENCE_HOT", "5s"), ("GAPLESS_CADENCE_WARM", "5s")];
const T: &str = "tablecoverages/t";
/// The time of the increasing waits, plus half of the next one.
const RAMP: Duration = Duration::from_secs(90);

/// A Job that never runs, as a user might create it.
fn suspended(namespace: &str, name: &str) -> String {
    let pod = super::harness::filler_pod("true", 6);
    format!(
        "
apiVersion: batch/v1
kind: Job
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  suspend: true
  template:
    spec:
{pod}"
    )
}

/// The operator's requests about Jobs since a mark: the time of each refused create, and the number of lists.
fn asked(cluster: &Cluster, deployed: &Deployed<'_>, since: Mark) -> (Vec<Timestamp>, usize) {
    let audit = cluster.audit(since);
    let user = deployed.user();
    let mine: Vec<_> = audit.events.iter().filter(|e| e.user == user && e.resource == "jobs").collect();
    let refused = mine.iter().filter(|e| e.verb == "create" && !e.is_done());
    (refused.map(|e| e.received.parse().unwrap()).collect(), mine.iter().filter(|e| e.verb == "list").count())
}

/// Waits through the refusals: each wait is longer than the previous one, and nothing is listed meanwhile.
async fn refused_for_a_while(cluster: &Cluster, deployed: &Deployed<'_>) {
    let since = cluster.mark();
    tokio::time::sleep(RAMP).await;
    let (refused, lists) = asked(cluster, deployed, since);
    let waits: Vec<_> = refused.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_secs()).collect();
    println!("{} refused creates in {RAMP:?}, waits {waits:?}, {lists} lists", refused.len());
    assert!((2..=8).contains(&refused.len()), "{refused:?}");
    assert!(waits.windows(2).skip(1).all(|pair| pair[1] > pair[0]), "{waits:?}");
    assert_eq!(lists, 0, "a refused create says everything that a list could");
}

/// Waits until the create of a Job is refused.
async fn in_force(cluster: &Cluster, namespace: &Namespace<'_>) {
    let path = format!("/apis/batch/v1/namespaces/{}/jobs", namespace.name);
    let ask = async || cluster.try_out(&path, &suspended(&namespace.name, "probe")).await.err().map(drop);
    eventually(cluster, "Jobs to be refused", Duration::from_secs(30), ask).await;
}

#[tokio::test]
async fn launches_that_an_admission_policy_refuses_resume_when_it_is_gone() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("policy");
    let name = &namespace.name;
    cluster.apply(&format!(
        "
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: {name}}}
spec:
  failurePolicy: Fail
  matchConstraints: {{resourceRules: [{{apiGroups: [batch], apiVersions: [v1], operations: [CREATE], resources: [jobs]}}]}}
  validations: [{{expression: 'false', message: change freeze until Monday}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: {name}}}
spec:
  policyName: {name}
  validationActions: [Deny]
  matchResources: {{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}}}
"
    ));
    in_force(cluster, &namespace).await;
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    Table::slow(2, 1, 1).apply(cluster, &namespace);
    let told = namespace.told(T);
    println!("{}", told.line(&["Blocked/LaunchRefused", "change freeze until Monday"]).await);
    refused_for_a_while(cluster, &deployed).await;
    cluster.kubectl(&["delete", "validatingadmissionpolicybinding", name]);
    cluster.kubectl(&["delete", "validatingadmissionpolicy", name]);
    told.complete(2).await;
    assert_eq!(told.launches().await, 2, "a refused try keeps its number");
    let managers = "jsonpath={.items[*].metadata.managedFields[*].manager}";
    let managers = namespace.kubectl(&["get", "jobs", "--show-managed-fields", "-o", managers]);
    assert!(managers.split(' ').any(|manager| manager == "gapless"), "{managers}");
}

#[tokio::test]
async fn a_webhook_that_is_down_is_asked_less_and_less_often() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("webhook");
    let name = &namespace.name;
    // There is no server at this address.
    cluster.apply(&format!(
        "
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{name: {name}}}
webhooks:
- name: down.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Fail
  timeoutSeconds: 1
  clientConfig: {{url: 'https://127.0.0.1:9/down'}}
  rules: [{{apiGroups: [batch], apiVersions: [v1], operations: [CREATE], resources: [jobs]}}]
  namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}
"
    ));
    in_force(cluster, &namespace).await;
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    Table::slow(2, 1, 1).apply(cluster, &namespace);
    let told = namespace.told(T);
    println!("{}", told.line(&["Blocked/LaunchRefused", "failed calling webhook"]).await);
    refused_for_a_while(cluster, &deployed).await;
    cluster.kubectl(&["delete", "validatingwebhookconfiguration", name]);
    told.complete(2).await;
}

#[tokio::test]
async fn a_job_that_has_the_name_of_a_launch_is_reported_and_launches_resume_when_it_is_gone() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("taken");
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    Table::slow(1, 1, 1).apply(cluster, &namespace);
    let told = namespace.told(T);
    told.complete(1).await;
    let first = namespace.kubectl(&["get", "jobs", "-o", "jsonpath={.items[0].metadata.name}"]);
    let taken = first.replace("-l1", "-l2");
    // Old complete dates are checked once an hour, and after a start.
    deployed.scale(0);
    cluster.apply(&suspended(&namespace.name, &taken));
    std::fs::remove_dir_all(namespace.folder().join("w/t/day=2026-01-01")).unwrap();
    deployed.scale(1);
    println!("{}", told.line(&["NameTaken", &taken]).await);
    namespace.kubectl(&["delete", "job", &taken]);
    told.complete(1).await;
}
