//! The README's section "In a cluster", typed verbatim by a newcomer, and gapless outside of a cluster, as its help
//! describes.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::harness::{Cluster, Options, Said, Table, Terminal, eventually};

/// Commands that need kind, docker or an hour of building. The harness replaces them: it starts a cluster, and loads
/// the tested binary under the image name of the README.
const OTHERWISE: [&str; 3] = ["kind create cluster", "docker build", "kind load"];

/// The commands of the section in order: after a prompt, and within a sentence.
fn commands() -> Vec<&'static str> {
    let readme = include_str!("../../README.md");
    let (_, section) = readme.split_once("\n## In a cluster\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let within = |line: &'static str| line.split('`').skip(1).step_by(2).filter(|text| text.starts_with("kubectl "));
    let typed =
        |line: &'static str| line.strip_prefix("$ ").map_or_else(|| within(line).collect(), |typed| vec![typed]);
    section.lines().flat_map(typed).collect()
}

/// The image that is built, which must be the one that is loaded.
fn image(commands: &[&str]) -> String {
    let after = |start: &str| commands.iter().find_map(|line| line.strip_prefix(start)).unwrap();
    let image = after("kind load docker-image ");
    assert_eq!(after("docker build "), format!("-f Containerfile -t {image} ."));
    format!("docker.io/library/{image}")
}

/// The volume that kind would provide for the claim of `examples/cluster/namespace.yaml`.
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
    let cluster = Cluster::start(Options::default());
    let commands = commands();
    cluster.load_gapless_as(&image(&commands));
    let folder = volume(&cluster);
    let terminal = cluster.terminal();
    terminal.run("rm $HOME/kubectl-gapless");
    let mut told = Vec::new();
    for line in commands.iter().filter(|line| !OTHERWISE.iter().any(|start| line.starts_with(start))) {
        let Said { code, out, err } = terminal.ask(&typed(line));
        println!("$ {line}\n{out}{err}");
        // A gap exits with 3, as the table of exit codes says. A watch ends when the user stops it.
        let expected = match line {
            _ if line.contains("--watch") => 124,
            _ if line.contains("calendar") || line.contains("explain") => 3,
            _ => 0,
        };
        assert_eq!(code, Some(expected), "{line}\n{out}{err}");
        told.push((*line, out));
        follow(&cluster, &terminal, line).await;
    }
    let said = |part: &str| &told.iter().find(|(line, _)| line.contains(part)).unwrap().1;
    assert!(said("--watch").contains("opening-nights"), "{}", said("--watch"));
    assert!(said("calendar").contains("X"), "{}", said("calendar"));
    assert!(said("explain").contains("Exhausted"), "{}", said("explain"));
    assert!(said("waive").contains("gamedate/opening-week-2025-10-24"), "{}", said("waive"));
    assert!(said("kubectl wait").contains("condition met"), "{}", said("kubectl wait"));
    assert!(said("get prop,tc,sn").contains("points-lines"), "{}", said("get prop,tc,sn"));
    let gone = said("delete -k manifests/namespaced");
    assert!(gone.contains("deployment.apps \"gapless\" deleted"), "{gone}");
    assert!(!terminal.run("kubectl get crd").contains("gapless.dev"));
    assert_eq!(fs::read_dir(folder.join("tables/nba_raw/boxscores")).unwrap().count(), 6, "tables are never touched");
}

/// Runs a command as typed, with two exceptions: the binary is built already, and a watch is stopped after a moment.
fn typed(line: &str) -> String {
    let built = line.replace("cargo build --release && ", "");
    let built = built.replace("target/release/gapless", env!("CARGO_BIN_EXE_gapless"));
    if line.contains("--watch") { format!("timeout 3 {built}") } else { built }
}

/// What the test awaits or checks after a command.
async fn follow(cluster: &Cluster, terminal: &Terminal<'_>, line: &str) {
    match line {
        _ if line.contains("rollout") && std::env::var_os("GAPLESS_TEST_PATIENCE").is_none() => hurry(terminal),
        _ if line.contains("--watch") => six_nights_and_one_exhausted(cluster, terminal).await,
        _ if line.contains("examples/demo-cluster") => a_season_with_gaps(cluster, terminal).await,
        // No state is lost with the operator.
        _ if line.contains("delete -k manifests/namespaced") => {
            let coverages = terminal.run("kubectl get tc -n gapless");
            assert!(coverages.contains("opening-nights") && coverages.contains("True"), "{coverages}");
        }
        _ => {}
    }
}

async fn a_season_with_gaps(cluster: &Cluster, terminal: &Terminal<'_>) {
    let seen = async || {
        let summary = "{.status.summary.expected} expected, {.status.ledger.launches} launched";
        let said = terminal.ask(&format!("kubectl get tc -n gapless boxscores -o jsonpath='{summary}'")).out;
        (said.starts_with("211 expected") && !said.ends_with(" 0 launched")).then_some(())
    };
    eventually(cluster, "the demo's season, and a launch in it", Duration::from_secs(180), seen).await;
}

/// Shortens slow start, for which a newcomer waits two minutes.
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
