//! What users see of Jobs that cannot be created, cannot start, end in any way, or are changed by hand.

use std::time::Duration;

use serde_json::Value;

use super::harness::{Cluster, Namespace, Table, WRITE, eventually};

const ENV: [(&str, &str); 3] =
    [("GAPLESS_SLOW_START", "0s"), ("GAPLESS_CADENCE_HOT", "5s"), ("GAPLESS_CADENCE_WARM", "5s")];
const T: &str = "tablecoverages/t";

/// The Job that covers a date.
async fn job_of(cluster: &Cluster, namespace: &Namespace<'_>, date: &str) -> String {
    let path = format!("/apis/batch/v1/namespaces/{}/jobs", namespace.name);
    let ask = async || {
        let jobs = cluster.get(&path).await?["items"].as_array()?.clone();
        let of = |job: &&Value| job["metadata"]["annotations"]["gapless.dev/dates"] == date;
        Some(jobs.iter().find(of)?["metadata"]["name"].as_str()?.to_string())
    };
    eventually(cluster, &format!("a Job of {date}"), Duration::from_secs(60), ask).await
}

#[tokio::test]
async fn a_quota_holds_launches_with_one_doomed_call_at_a_time_and_they_resume_when_there_is_room() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("quota");
    let quota = |jobs: u32| {
        let name = &namespace.name;
        format!(
            "{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: q, namespace: {name}}}, \
             spec: {{hard: {{count/jobs.batch: {jobs}}}}}}}"
        )
    };
    cluster.apply(&quota(0));
    namespace.kubectl(&["wait", "resourcequota/q", "--for=jsonpath={.status.used}", "--timeout=30s"]);
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    Table::slow(4, 1, 1).apply(cluster, &namespace);
    let told = namespace.told(T);
    let line = told.line(&["Blocked/LaunchRefused", "exceeded quota: q, requested: count/jobs.batch=1"]).await;
    println!("{line}");
    let refused = || {
        let (audit, user) = (cluster.audit(Default::default()), deployed.user());
        let mine = audit.writes(&user).filter(|e| e.resource == "jobs" && e.verb == "create");
        mine.filter(|e| e.code == 403).map(|e| e.received.parse().unwrap()).collect::<Vec<jiff::Timestamp>>()
    };
    // Launches that were decided before the first answer are refused together, at most one call per date. Later ones
    // follow one at a time.
    let enough = async || (refused().len() >= 6).then_some(());
    eventually(cluster, "doomed calls", Duration::from_secs(60), enough).await;
    let waits: Vec<_> = refused().windows(2).map(|pair| pair[1].duration_since(pair[0]).as_millis()).collect();
    assert!(waits[3..].iter().all(|wait| *wait >= 900), "one at a time, backing off: {waits:?}");
    cluster.apply(&quota(10));
    told.complete(4).await;
    assert!(told.launches().await >= 4);
}

#[tokio::test]
async fn a_template_that_the_server_refuses_stalls_with_its_own_words_until_the_cron_job_is_fixed() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("broken");
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    let label = |value: &str| {
        let patch = format!(r#"{{"spec": {{"jobTemplate": {{"metadata": {{"labels": {{"team": "{value}"}}}}}}}}}}"#);
        namespace.kubectl(&["patch", "cronjob", "fill", "--type=merge", "-p", &patch]);
    };
    // The API server checks a CronJob's jobTemplate, but not the labels of its future Jobs.
    Table { jobs: 9, ..Table::held(2) }.apply(cluster, &namespace);
    job_of(cluster, &namespace, "2026-01-02").await;
    label("no label!");
    let told = namespace.told(T);
    let patch = |dates: &str| {
        let patch = format!(r#"{{"spec": {{"dates": {{"from": "2026-01-01", "through": "{dates}"}}}}}}"#);
        namespace.kubectl(&["patch", "season", "s", "--type=merge", "-p", &patch]);
    };
    patch("2026-01-03");
    let line = told.line(&["Stalled=True/Refused", "metadata.labels: Invalid value: \"no label!\""]).await;
    println!("{line}");
    let audit = cluster.audit(Default::default());
    let refused = audit.writes(&deployed.user()).filter(|e| e.resource == "jobs" && e.code == 422).count();
    assert!((1..=2).contains(&refused), "no storm of doomed calls: {refused}");
    label("odds");
    told.line(&["Stalled=False"]).await;
    let job = job_of(cluster, &namespace, "2026-01-03").await;
    assert_eq!(namespace.kubectl(&["get", "job", &job, "-o", "jsonpath={.metadata.labels.team}"]), "odds");
    namespace.let_go();
    told.complete(3).await;
}

#[tokio::test]
async fn what_a_filler_says_and_how_it_ends_is_in_the_status() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("ends");
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    let ends = "say() { echo $2 > /dev/termination-log; exit $1; }; case $GAPLESS_DATE in \
        *-01) say 65 never had it;; *-02) say 69 provider is down;; *-03) say 75 too many calls;; \
        *-04) say 77 key was refused;; *-05) say 1 a bug;; *-06) true;; *)";
    Table { script: format!("{ends} {WRITE};; esac"), ..Table::slow(7, 1, 1) }.apply(cluster, &namespace);
    let told = namespace.told(T);
    for (outcome, date, said) in [
        ("Permanent", "2026-01-01", "never"),
        ("SourceDown", "2026-01-02", "provider"),
        ("RateLimited", "2026-01-03", "too"),
        ("CredentialsRefused", "2026-01-04", "key"),
        ("Failed", "2026-01-05", "a"),
        ("Ineffective", "2026-01-06", ""),
        ("Filled", "2026-01-07", ""),
    ] {
        let words = format!("{outcome} {date}: {said}");
        told.line(&["#", &words]).await;
    }
    for (state, dates) in [("Exhausted/Permanent", "2026-01-01"), ("Exhausted/Failed", "2026-01-05")] {
        told.line(&[state, dates]).await;
    }
    // From here on there is no image. Running Jobs are unaffected, and later ones say why they cannot start.
    let image = r#"[{"op": "replace", "path": "/spec/jobTemplate/spec/template/spec/containers/0/image", "value": "local/nowhere:1"}]"#;
    namespace.kubectl(&["patch", "cronjob", "fill", "--type=json", "-p", image]);
    let line = told.line(&["Running/PodPending", "ErrImageNeverPull: local/nowhere:1"]).await;
    println!("{line}");
    let audit = cluster.audit(Default::default());
    let forbidden: Vec<_> = audit.events.iter().filter(|e| e.user == deployed.user() && e.code == 403).collect();
    assert!(forbidden.is_empty(), "{forbidden:?}");
    let asked = audit.events.iter().filter(|e| e.user == deployed.user());
    let never = asked.filter(|e| e.resource == "secrets" || !["", "status"].contains(&e.subresource.as_str()));
    assert_eq!(never.count(), 0, "no Secret, no log, no exec is ever asked for");
}

#[tokio::test]
async fn jobs_that_people_edit_are_reported_and_never_doubled() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("meddled");
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    Table::held(5).apply(cluster, &namespace);
    let queue = r#"{"spec": {"jobTemplate": {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "night"}}}}}"#;
    namespace.kubectl(&["patch", "cronjob", "fill", "--type=merge", "-p", queue]);
    let told = namespace.told(T);
    let mut jobs = Vec::new();
    for day in 1..=5 {
        jobs.push(job_of(cluster, &namespace, &format!("2026-01-0{day}")).await);
    }
    let edit =
        |job: usize, patch: &str| _ = namespace.kubectl(&["patch", "job", &jobs[job], "--type=merge", "-p", patch]);
    edit(0, r#"{"spec": {"suspend": true}}"#);
    println!("{}", told.line(&["Running/Queued", "2026-01-01"]).await);
    let none = r#"{"gapless.dev/kind": null, "gapless.dev/coverage": null, "gapless.dev/launch": null, "gapless.dev/target": null}"#;
    edit(1, &format!(r#"{{"metadata": {{"labels": {none}, "annotations": {{"gapless.dev/key": null}}}}}}"#));
    edit(2, r#"{"metadata": {"ownerReferences": null}}"#);
    println!("{}", told.line(&["2026-01-03", "Lost"]).await);
    forge(cluster, &namespace, &jobs[3]).await;
    edit(0, r#"{"spec": {"suspend": false}}"#);
    namespace.let_go();
    told.complete(5).await;
    let (audit, user) = (cluster.audit(Default::default()), deployed.user());
    let created = audit.writes(&user).filter(|e| e.resource == "jobs" && e.verb == "create" && e.is_done());
    assert_eq!(created.count(), 5, "one Job for each date, whatever people do to it");
    let left = namespace.kubectl(&["get", "jobs", "-o", "name"]);
    assert!(left.contains("job.batch/forged"), "what is not ours is left alone: {left}");
    let overlaps = cluster.overlapping_jobs();
    let mine: Vec<_> = overlaps
        .iter()
        .filter(|o| o.jobs.iter().all(|j| j.starts_with(&namespace.name) && !j.ends_with("/forged")))
        .collect();
    assert!(mine.is_empty(), "{mine:?}");
}

/// A Job copied by hand: our labels, annotations and owner, with another name.
async fn forge(cluster: &Cluster, namespace: &Namespace<'_>, of: &str) {
    let path = format!("/apis/batch/v1/namespaces/{}/jobs", namespace.name);
    let mut job = cluster.get(&format!("{path}/{of}")).await.unwrap();
    let template = &mut job["spec"]["template"]["metadata"]["labels"];
    for label in ["controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"] {
        template.as_object_mut().unwrap().remove(label);
    }
    let (metadata, labels) =
        (job["metadata"].clone(), ["gapless.dev/kind", "gapless.dev/coverage", "gapless.dev/launch"]);
    let labels: serde_json::Map<String, Value> =
        labels.iter().map(|label| (label.to_string(), metadata["labels"][label].clone())).collect();
    job["metadata"] = serde_json::json!({
        "name": "forged", "namespace": namespace.name, "labels": labels, "annotations": metadata["annotations"],
        "ownerReferences": metadata["ownerReferences"],
    });
    let spec = job["spec"].as_object_mut().unwrap();
    spec.remove("selector");
    job.as_object_mut().unwrap().remove("status");
    cluster.create(&path, &job.to_string()).await.unwrap();
}
