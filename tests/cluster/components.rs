//! Every component of the cluster is killed and restarted during a running Job, and nothing is lost. Later tests of
//! gapless rely on this.

use std::fs;
use std::time::Duration;

use rustix::process::Signal;

use super::harness::{Cluster, Component, Mark, Options, eventually};
use super::jobs::{ended, job};

#[tokio::test]
async fn every_component_is_killed_and_started_again_under_a_running_job() {
    let cluster = Cluster::start(Options { fsync: true });
    cluster.load_shell();
    let namespace = cluster.namespace("killed");
    let script = "echo $$ > /warehouse/began; while [ ! -e /warehouse/go ]; do sleep 0.1; done";
    cluster.apply(&job(&namespace.name, "steady", script, ""));
    let began = namespace.folder().join("began");
    eventually(&cluster, "the Job's script", Duration::from_secs(60), async || began.exists().then_some(())).await;
    for which in Component::ALL {
        cluster.component(which).kill();
        cluster.component(which).start();
    }
    cluster.component(Component::ControllerManager).stop();
    cluster.component(Component::ControllerManager).start();
    cluster.component(Component::Scheduler).signal(Signal::STOP);
    cluster.apply(&job(&namespace.name, "later", "true", ""));
    cluster.component(Component::Scheduler).signal(Signal::CONT);
    assert!(ended(&cluster, &namespace, "later").await.starts_with("Complete"));
    fs::write(namespace.folder().join("go"), "").unwrap();
    assert!(ended(&cluster, &namespace, "steady").await.starts_with("Complete"));
    let audit = cluster.audit(Mark::default());
    let made = |name: &str| audit.writes("admin").filter(|e| e.resource == "jobs" && e.name == name).count();
    assert_eq!((made("steady"), made("later")), (1, 1), "the audit log outlives the API server");
    let folder = cluster.folder().to_path_buf();
    drop(namespace);
    drop(cluster);
    super::teardown::assert_gone(&folder);
}
