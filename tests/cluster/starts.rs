//! Jobs whose pods do not start: each reports what is missing, and a queue may hold its Jobs indefinitely.

use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{Cluster, Namespace, Table, coverage, eventually, filler};

const ENV: [(&str, &str); 3] =
    [("GAPLESS_SLOW_START", "0s"), ("GAPLESS_CADENCE_HOT", "5s"), ("GAPLESS_CADENCE_WARM", "5s")];

/// What a filler lacks: its name, the change to its CronJob, and the message about its pod.
struct Lacking {
    name: &'static str,
    edits: &'static [(&'static str, &'static str)],
    told: &'static str,
}

/// The kubelet only checks volumes that a container mounts.
const MOUNTED: (&str, &str) = ("volumeMounts: [", "volumeMounts: [{name: x, mountPath: /x}, ");
const CONTAINER: &str = "- name: fill";

const LACKING: [Lacking; 8] = [
    Lacking {
        name: "secret-volume",
        edits: &[("volumes: [", "volumes: [{name: x, secret: {secretName: nowhere}}, "), MOUNTED],
        told: "NotStarted: since ",
    },
    Lacking {
        name: "map-volume",
        edits: &[("volumes: [", "volumes: [{name: x, configMap: {name: nowhere}}, "), MOUNTED],
        told: "volumes or network not ready; see `kubectl describe pod map-volume-",
    },
    Lacking {
        name: "secret-env",
        edits: &[(
            CONTAINER,
            "- env: [{name: A, valueFrom: {secretKeyRef: {name: nowhere, key: a}}}]\n            name: fill",
        )],
        told: r#"CreateContainerConfigError: secret "nowhere" not found"#,
    },
    Lacking {
        name: "map-env",
        edits: &[(CONTAINER, "- envFrom: [{configMapRef: {name: nowhere}}]\n            name: fill")],
        told: r#"CreateContainerConfigError: configmap "nowhere" not found"#,
    },
    Lacking {
        name: "node",
        edits: &[("restartPolicy: Never", "restartPolicy: Never\n          nodeSelector: {nowhere: here}")],
        told: "Unschedulable: 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector",
    },
    Lacking {
        name: "claim",
        edits: &[("volumes: [", "volumes: [{name: x, persistentVolumeClaim: {claimName: nowhere}}, ")],
        told: r#"Unschedulable: 0/1 nodes are available: persistentvolumeclaim "nowhere" not found"#,
    },
    Lacking {
        name: "never-pulled",
        edits: &[("local/shell", "local/nowhere")],
        told: "ErrImageNeverPull: local/nowhere:test",
    },
    Lacking {
        name: "pulled",
        edits: &[("local/shell", "images.example.com/nowhere"), ("imagePullPolicy: Never", "imagePullPolicy: Always")],
        told: "ImagePullBackOff: images.example.com/nowhere:test",
    },
];

impl Lacking {
    /// Its filler, and a coverage of a separate table.
    fn manifests(&self, namespace: &str) -> String {
        let mut filler = filler(namespace, self.name, "true");
        for (from, to) in self.edits {
            assert!(filler.contains(from), "{from}");
            filler = filler.replace(from, to);
        }
        let coverage = coverage(namespace, self.name, 1, 600).replace("table: t", &format!("table: {}", self.table()));
        format!("---{filler}---{}", coverage.replace("cronJob: fill", &format!("cronJob: {}", self.name)))
    }

    fn table(&self) -> String {
        self.name.replace('-', "_")
    }
}

#[tokio::test]
async fn a_pod_that_cannot_start_says_what_it_lacks() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("lacking");
    let _deployed = cluster.deploy(&namespace, 1, &ENV);
    let mut text = String::new();
    for lacking in &LACKING {
        std::fs::create_dir_all(namespace.folder().join("w").join(lacking.table())).unwrap();
        text += &lacking.manifests(&namespace.name);
    }
    Table { dates: 1, ..Table::held(1) }.apply(cluster, &namespace);
    cluster.apply(&text);
    for Lacking { name, told, .. } in LACKING {
        let coverage = format!("tablecoverages/{name}");
        println!("{}", namespace.told(&coverage).line(&["Running/PodPending 2026-01-01", told]).await);
    }
    let found = namespace.kubectl(&[
        "get",
        "events",
        "-o",
        "jsonpath={range .items[?(@.reason=='GapFound')]}{.note}{.message}\n{end}",
    ]);
    assert!(found.lines().count() > LACKING.len() && !found.contains("switched off"), "{found}");
}

/// Kueue suspends a Job with its label on creation, and resumes it when there is capacity.
async fn suspend(namespace: &Namespace<'_>, job: &str, suspended: bool) {
    let patch = json!({"spec": {"suspend": suspended}}).to_string();
    namespace.kubectl(&["patch", "job", job, "--type=merge", "-p", &patch]);
}

#[tokio::test]
async fn a_queue_gets_its_label_and_holds_a_job_as_long_as_it_likes() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("queue");
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    let labels = json!({"kueue.x-k8s.io/queue-name": "night"});
    // The API server knows this field of a pod; gapless's own types, those of Kubernetes 1.33, do not.
    let younger = json!({"template": {"spec": {"hostnameOverride": "filler"}}});
    let queue = json!({"spec": {"jobTemplate": {"metadata": {"labels": labels}, "spec": younger}}});
    // The deadline, which is shorter than the Job's wait, counts from its release.
    let table = Table { deadline: 15, ..Table::held(1) };
    cluster.load_shell();
    namespace.apply(&filler(&namespace.name, "fill", &table.script));
    namespace.kubectl(&["patch", "cronjob", "fill", "--type=merge", "-p", &queue.to_string()]);
    table.apply(cluster, &namespace);
    let path = format!("/apis/batch/v1/namespaces/{}/jobs", namespace.name);
    let made = async || cluster.get(&path).await?["items"].as_array()?.first().cloned();
    let job: Value = eventually(cluster, "a Job", Duration::from_secs(60), made).await;
    assert_eq!(job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"], "night");
    assert_eq!(job["spec"]["template"]["spec"]["hostnameOverride"], "filler", "what is younger than gapless passes");
    let name = job["metadata"]["name"].as_str().unwrap();
    suspend(&namespace, name, true).await;
    // Kueue does this too. Otherwise the deadline would count from the first start.
    let restarted = r#"{"status": {"startTime": null}}"#;
    namespace.kubectl(&["patch", "job", name, "--subresource=status", "--type=merge", "-p", restarted]);
    let told = namespace.told("tablecoverages/t");
    println!("{}", told.line(&["Running/Queued 2026-01-01"]).await);
    tokio::time::sleep(Duration::from_secs(20)).await;
    println!("{}", told.line(&["Running/Queued 2026-01-01"]).await);
    suspend(&namespace, name, false).await;
    println!("{}", told.line(&["Running/Started 2026-01-01"]).await);
    namespace.let_go();
    told.complete(1).await;
    let lines = told.lines().await;
    assert_eq!(told.launches().await, 1, "{lines:?}: a waiting Job is not launched again");
    let audit = cluster.audit(Default::default());
    let user = deployed.user();
    let edits = audit.writes(&user).filter(|e| e.resource == "jobs" && e.verb != "create");
    assert_eq!(edits.count(), 0, "only the queue changes it");
}
