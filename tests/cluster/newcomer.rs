//! The README's section "In a cluster", typed as it stands by somebody who has never seen gapless, and gapless outside of a
//! cluster, as its help says.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::harness::{Cluster, Said, Table, Terminal, eventually};

/// What the harness does in another way: a cluster, an image, the binary.
const OTHERWISE: [&str; 4] = ["kind create", "docker build", "kind load", "cargo build"];

/// The commands of the section, in their order.
fn commands() -> Vec<&'static str> {
    let readme = include_str!("../../README.md");
    let (_, section) = readme.split_once("\n## In a cluster\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let blocks = section.split("```console\n").skip(1).map(|block| block.split_once("```").unwrap().0);
    let typed = blocks.flat_map(str::lines).filter_map(|line| line.strip_prefix("$ "));
    typed.filter(|line| !OTHERWISE.iter().any(|start| line.starts_with(start))).collect()
}

/// The volume that a cluster of kind would provide for the claim of `examples/cluster/namespace.yaml`.
fn volume(cluster: &Cluster) -> std::path::PathBuf {
    let folder = cluster.folder().join("volumes/readme");
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
    cluster.apply(&format!(
        "
apiVersion: v1
kind: PersistentVolume
metadata: {{name: readme}}
spec:
  accessModes: [ReadWriteOnce]
  capacity: {{storage: 1Gi}}
  persistentVolumeReclaimPolicy: Retain
  storageClassName: ''
  claimRef: {{namespace: gapless, name: warehouse}}
  hostPath: {{path: {}, type: Directory}}
",
        folder.display()
    ));
    folder
}

#[tokio::test]
async fn a_newcomer_types_what_the_readme_says_and_has_a_first_coverage() {
    let cluster = Cluster::shared_node();
    cluster.load_gapless_as("docker.io/library/gapless:0.1.0");
    let folder = volume(cluster);
    let terminal = cluster.terminal();
    let mut told = Vec::new();
    for line in commands() {
        if line.contains("--watch") {
            six_nights_and_one_exhausted(cluster, &terminal).await;
            continue;
        }
        let Said { code, out, err } = terminal.ask(line);
        println!("$ {line}\n{out}{err}");
        // A gap ends with 3, as the table of exit codes says.
        let expected = if line.contains("calendar") || line.contains("explain") { 3 } else { 0 };
        assert_eq!(code, Some(expected), "{line}\n{out}{err}");
        if line.contains("rollout") && std::env::var_os("GAPLESS_TEST_PATIENCE").is_none() {
            hurry(&terminal);
        }
        told.push((line, out));
    }
    let said = |part: &str| &told.iter().find(|(line, _)| line.contains(part)).unwrap().1;
    assert!(said("calendar").contains("X"), "{}", said("calendar"));
    assert!(said("explain").contains("Exhausted"), "{}", said("explain"));
    assert!(said("waive").contains("gamedate/opening-week-2025-10-24"), "{}", said("waive"));
    assert!(said("kubectl wait").contains("condition met"), "{}", said("kubectl wait"));
    // The operator is upgraded to the same and goes; nothing that is known or loaded goes with it.
    assert!(said("kubectl delete").contains("deployment.apps \"gapless\" deleted"), "{}", said("kubectl delete"));
    assert!(terminal.run("kubectl get tc -n gapless").contains("True"));
    assert_eq!(fs::read_dir(folder.join("tables/nba_raw/boxscores")).unwrap().count(), 6);
    terminal.run("kubectl delete namespace gapless --wait=false");
}

/// What a newcomer waits two minutes for: slow start, a minute a step.
fn hurry(terminal: &Terminal<'_>) {
    terminal.run("kubectl set env -n gapless deployment/gapless GAPLESS_SLOW_START=1s");
    terminal.run("kubectl rollout status -n gapless deployment/gapless --timeout=90s");
}

async fn six_nights_and_one_exhausted(cluster: &Cluster, terminal: &Terminal<'_>) {
    let seen = async || {
        let summary = "{.status.summary.complete} complete, {.status.summary.exhausted} exhausted";
        let said = terminal.ask(&format!("kubectl get tc -n gapless opening-nights -o jsonpath='{summary}'")).out;
        (said == "6 complete, 1 exhausted").then_some(())
    };
    let started = std::time::Instant::now();
    eventually(cluster, "six nights, and one that cannot be had", Duration::from_secs(300), seen).await;
    println!("{} s\n{}", started.elapsed().as_secs(), terminal.run("kubectl get tc -n gapless"));
}

#[tokio::test]
async fn an_operator_outside_works_by_a_kubeconfig_as_its_help_says() {
    let cluster = Cluster::shared_node();
    cluster.install_definitions();
    let namespace = cluster.namespace("outside");
    Table::slow(3, 0, 1).apply(cluster, &namespace);
    let terminal = cluster.terminal();
    let help = terminal.run("gapless operator --help");
    let example = help.lines().map(str::trim).find(|line| line.starts_with("gapless operator --kubeconfig")).unwrap();
    let line = example
        .replace("~/.kube/config", &terminal.kubeconfig().display().to_string())
        .replace("--namespace nba", &format!("--namespace {}", namespace.name))
        .replace("./data", &namespace.folder().display().to_string());
    let log = cluster.folder().join("outside.log");
    let mut command = terminal.command(&format!("exec {line}"));
    command.env("GAPLESS_SLOW_START", "0s").stdout(std::process::Stdio::null());
    let mut child = command.stderr(fs::File::create(&log).unwrap()).spawn().unwrap();
    let ready = async || {
        let wait = format!("kubectl get tc t -n {} -o jsonpath='{{.status.summary.complete}}'", namespace.name);
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "{ended:?}: {}", fs::read_to_string(&log).unwrap());
        (terminal.ask(&wait).out == "3").then_some(())
    };
    eventually(cluster, "three dates filled from outside", Duration::from_secs(60), ready).await;
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let ended = async || child.try_wait().unwrap();
    let status = eventually(cluster, "the operator ends", Duration::from_secs(10), ended).await;
    let log = fs::read_to_string(&log).unwrap();
    println!("{log}");
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(!log.contains("ERROR") && !log.contains("WARN"), "{log}");
}
