//! Jobs, pods, the operator and the status are removed by hand while gapless works. Every date is filled in the end,
//! within the attempts of its policy, and no two Jobs ever cover it at once.

mod finalizers;

use std::fs;
use std::time::Duration;

use serde_json::Value;

use super::harness::{Cluster, Deployed, Mark, Namespace, Table, WRITE, eventually};

const ENV: [(&str, &str); 4] = [
    ("GAPLESS_SLOW_START", "0s"),
    ("GAPLESS_CADENCE_HOT", "24h"),
    ("GAPLESS_CADENCE_WARM", "24h"),
    ("GAPLESS_CADENCE_COLD", "24h"),
];
const PATIENCE: Duration = Duration::from_secs(60);

/// A namespace where each date of the table is filled when the test permits it.
struct World<'a> {
    cluster: &'a Cluster,
    namespace: Namespace<'a>,
}

impl<'a> World<'a> {
    /// Without an operator. `first`: what the filler does before it waits.
    fn new(like: &str, dates: u32, first: &str) -> Self {
        let cluster = Cluster::shared_node();
        cluster.install_definitions();
        let namespace = cluster.namespace(like);
        let wait = "while [ ! -e /warehouse/go-$GAPLESS_DATE ]; do sleep 0.2; done";
        let script = format!("{first}; {wait}; {WRITE}");
        let table = Table { script, ..Table::slow(dates, 0, 1) };
        table.apply(cluster, &namespace);
        Self { cluster, namespace }
    }

    fn kubectl(&self, arguments: &[&str]) -> String {
        let words: Vec<&str> = ["-n", &self.namespace.name].into_iter().chain(arguments.iter().copied()).collect();
        self.cluster.kubectl(&words)
    }

    /// Lets the fillers of a day of January write.
    fn let_go(&self, day: u32) {
        fs::write(self.namespace.folder().join(format!("go-2026-01-{day:02}")), "").unwrap();
    }

    async fn status(&self) -> Value {
        let path = format!("/apis/gapless.dev/v1alpha1/namespaces/{}/tablecoverages/t", self.namespace.name);
        self.cluster.get(&path).await.map(|it| it["status"].clone()).unwrap_or_default()
    }

    async fn pods(&self) -> Vec<Value> {
        let path = format!("/api/v1/namespaces/{}/pods?labelSelector=gapless.dev/launch", self.namespace.name);
        self.cluster.get(&path).await.and_then(|pods| pods["items"].as_array().cloned()).unwrap_or_default()
    }

    /// Waits for the one running pod of a day, and returns its name.
    async fn running(&self, day: u32) -> Pod {
        let date = format!("2026-01-{day:02}");
        let ask = async || {
            let of_date = |pod: &&Value| {
                pod["metadata"]["annotations"]["gapless.dev/dates"] == *date
                    && pod["status"]["phase"] == "Running"
                    && pod["metadata"]["deletionTimestamp"].is_null()
            };
            self.pods().await.iter().find(of_date).map(Pod::of)
        };
        eventually(self.cluster, &format!("a running pod for {date}"), PATIENCE, ask).await
    }

    /// Awaits the outcome of the newest settled attempt of a day.
    async fn outcome(&self, day: u32, wanted: &str) {
        let date = format!("2026-01-{day:02}");
        let ask = async || {
            let status = self.status().await;
            let of_date = |settled: &Value| {
                let outcomes = settled["outcomes"].as_array().into_iter().flatten();
                outcomes.filter(|o| o["dates"] == *date).filter_map(|o| Some(o["outcome"].as_str()?.to_string())).next()
            };
            let all = status["recent"].as_array()?.iter().filter_map(of_date).collect::<Vec<_>>();
            all.contains(&wanted.to_string()).then_some(())
        };
        eventually(self.cluster, &format!("{date} is {wanted}"), PATIENCE, ask).await;
    }

    async fn complete(&self, dates: u32) {
        let ask = async || {
            let status = self.status().await;
            let settled = status["attempts"].as_array().is_none_or(Vec::is_empty);
            (status["summary"]["complete"] == dates && settled).then_some(())
        };
        eventually(self.cluster, &format!("{dates} dates are complete"), PATIENCE, ask).await;
    }

    /// The charges of a day in the ledger.
    async fn charges(&self, day: u32) -> String {
        let status = self.status().await;
        let texts = status["ledger"]["charges"][0]["dates"].as_array().cloned().unwrap_or_default();
        let date = format!("2026-01-{day:02}");
        let of_date = texts.iter().filter_map(Value::as_str).find(|text| text.starts_with(&date));
        of_date.unwrap_or_default().to_string()
    }

    /// The launch numbers of all Jobs that were ever created here. Those of one decision are created concurrently, in
    /// any order.
    fn launches(&self) -> Vec<u64> {
        let audit = self.cluster.audit(Mark::default());
        let made = audit.events.iter().filter(|e| e.verb == "create" && e.resource == "jobs" && e.is_done());
        let ours = made.filter(|e| e.namespace == self.namespace.name && e.user.ends_with(":gapless"));
        let mut launches: Vec<u64> = ours.filter_map(|e| e.name.rsplit_once("-l")?.1.parse().ok()).collect();
        launches.sort_unstable();
        launches
    }

    fn assert_no_overlap(&self) {
        let ours = format!("{}/", self.namespace.name);
        let overlaps = self.cluster.overlapping_jobs();
        // Each test has its own installation and claim, so the same name is another table there.
        let ours: Vec<_> = overlaps.iter().filter(|o| o.jobs.iter().all(|job| job.starts_with(&ours))).collect();
        assert!(ours.is_empty(), "{ours:?}");
    }
}

/// A pod of a filler.
struct Pod {
    name: String,
    job: String,
}

impl Pod {
    fn of(pod: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        Self {
            name: text(&pod["metadata"]["name"]),
            job: text(&pod["metadata"]["labels"]["batch.kubernetes.io/job-name"]),
        }
    }
}

fn deploy<'a>(world: &World<'a>) -> Deployed<'a> {
    world.cluster.deploy(&world.namespace, 1, &ENV)
}

#[tokio::test]
async fn a_job_that_is_deleted_by_hand_is_lost_and_its_date_is_tried_again_by_policy() {
    let world = World::new("lost", 3, "case $GAPLESS_DATE$GAPLESS_ATTEMPT in *031) trap '' TERM;; esac");
    // The third date's first filler ignores signals: its pod lives for the whole grace period after its Job is gone.
    world.kubectl(&[
        "patch",
        "cronjob",
        "fill",
        "--type=json",
        "-p",
        r#"[{"op": "replace", "path": "/spec/jobTemplate/spec/template/spec/terminationGracePeriodSeconds", "value": 6}]"#,
    ]);
    let _deployed = deploy(&world);
    let running = world.running(1).await;
    let queued = world.running(2).await;
    let deaf = world.running(3).await;
    world.kubectl(&["delete", "job", &running.job, "--wait=false"]);
    // Without a pod, like a Job that a queue holds.
    world.kubectl(&["patch", "job", &queued.job, "-p", r#"{"spec": {"suspend": true}}"#]);
    world.kubectl(&["delete", "job", &queued.job, "--wait=false"]);
    world.kubectl(&["delete", "job", &deaf.job, "--wait=false"]);
    for day in 1..=3 {
        world.outcome(day, "Lost").await;
        assert!(world.charges(day).await.contains("Lost charged=1"), "{}", world.charges(day).await);
    }
    for day in 1..=3 {
        world.let_go(day);
    }
    world.complete(3).await;
    assert_eq!(world.launches(), [1, 2, 3, 4, 5, 6]);
    world.assert_no_overlap();
}

#[tokio::test]
async fn an_evicted_pod_is_not_charged_and_its_date_is_tried_again() {
    let world = World::new("disrupted", 1, "true");
    let _deployed = deploy(&world);
    let pod = world.running(1).await;
    let path = format!("/api/v1/namespaces/{}/pods/{}/eviction", world.namespace.name, pod.name);
    let eviction = format!("{{apiVersion: policy/v1, kind: Eviction, metadata: {{name: {}}}}}", pod.name);
    world.cluster.create(&path, &eviction).await.unwrap();
    world.outcome(1, "Disrupted").await;
    assert!(world.charges(1).await.contains("Disrupted free=1"), "{}", world.charges(1).await);
    world.let_go(1);
    world.complete(1).await;
    assert_eq!(world.launches(), [1, 2]);
    world.assert_no_overlap();
}

#[tokio::test]
async fn a_job_that_ended_and_went_while_no_operator_ran_is_judged_by_its_data() {
    let world = World::new("unseen", 2, "true");
    let deployed = deploy(&world);
    let (filled, failed) = (world.running(1).await, world.running(2).await);
    deployed.scale(0);
    world.let_go(1);
    world.kubectl(&["wait", "--for=condition=Complete", "--timeout=60s", "job", &filled.job]);
    // Its time to live has expired.
    world.kubectl(&["delete", "job", &filled.job, &failed.job]);
    deployed.scale(1);
    world.outcome(1, "Filled").await;
    world.outcome(2, "Lost").await;
    world.let_go(2);
    world.complete(2).await;
    assert_eq!(world.launches(), [1, 2, 3], "the date whose data is there is not filled again");
    world.assert_no_overlap();
}

/// Wipes the status while Jobs run, with or without a running operator.
async fn wiped(like: &str, seen: bool) {
    let world = World::new(like, 3, "true");
    let deployed = deploy(&world);
    for day in 1..=3 {
        world.running(day).await;
    }
    if !seen {
        deployed.scale(0);
    }
    world.kubectl(&[
        "patch",
        "tablecoverage",
        "t",
        "--subresource=status",
        "--type=merge",
        "-p",
        r#"{"status": null}"#,
    ]);
    if !seen {
        deployed.scale(1);
    }
    let ask = async || {
        let events = world.kubectl(&["get", "events", "-o", "jsonpath={.items[*].reason}"]);
        let launches = world.status().await["ledger"]["launches"] == 3;
        (events.contains("AttemptHistoryRebuilt") && launches).then_some(())
    };
    eventually(world.cluster, "the launch numbers from the Jobs", PATIENCE, ask).await;
    for day in 1..=3 {
        world.let_go(day);
    }
    world.complete(3).await;
    assert_eq!(world.launches(), [1, 2, 3], "the dates of live Jobs stay taken until their data was read");
    // A lost attempt is repeated under a number that no Job ever had.
    fs::remove_dir_all(world.namespace.folder().join("w/t/day=2026-01-02")).unwrap();
    deployed.kubectl(&["rollout", "restart", "deployment/gapless"]);
    let again = async || (world.launches() == [1, 2, 3, 4]).then_some(());
    eventually(world.cluster, "launch 4", PATIENCE, again).await;
    world.complete(3).await;
    world.assert_no_overlap();
}

#[tokio::test]
async fn a_status_that_is_wiped_under_a_running_operator_is_rebuilt_from_the_jobs() {
    wiped("wiped", true).await;
}

#[tokio::test]
async fn a_status_that_is_wiped_while_no_operator_runs_is_rebuilt_from_the_jobs() {
    wiped("restored", false).await;
}
