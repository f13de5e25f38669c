//! However the tests end, nothing of their cluster stays running or mounted.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::harness::{Cluster, Options, eventually, outside, remove_left_over};
use super::jobs::job;

const VICTIM: &str = "teardown::a_cluster_that_is_left_alone";

#[test]
fn a_killed_or_interrupted_test_run_leaves_nothing() {
    for signal in [Signal::KILL, Signal::INT] {
        let (mut tests, folder) = victim();
        assert!(!traces(&folder).is_empty());
        kill_process_group(Pid::from_child(&tests), signal).unwrap();
        assert_eq!(tests.wait().unwrap().signal(), Some(signal.as_raw()));
        let start = Instant::now();
        while folder.exists() {
            assert!(start.elapsed() < Duration::from_secs(60), "still there: {:?}", traces(&folder));
            std::thread::sleep(Duration::from_millis(100));
        }
        assert_gone(&folder);
    }
}

#[test]
fn what_a_killed_guard_leaves_is_removed_by_the_next_start() {
    let (mut tests, folder) = victim();
    let ours = |command: &str| command.contains("guard.sh") && command.contains(folder.to_str().unwrap());
    let guard = processes().find(|(_, command)| ours(command)).unwrap();
    kill_process(guard.0, Signal::KILL).unwrap();
    kill_process_group(Pid::from_child(&tests), Signal::KILL).unwrap();
    tests.wait().unwrap();
    assert!(!traces(&folder).is_empty());
    remove_left_over();
    assert_gone(&folder);
}

/// A separate test run in its own process group, and the folder of its cluster.
fn victim() -> (Child, PathBuf) {
    // A background run ignores interrupts, and its children inherit that.
    let mut tests = Command::new("env");
    tests.arg("--default-signal=INT").arg(std::env::current_exe().unwrap());
    tests.args(["--ignored", "--exact", "--nocapture", VICTIM]).process_group(0).stdout(Stdio::piped());
    let mut tests = outside(|| tests.env_remove("GAPLESS_KEEP_CLUSTER").spawn().unwrap());
    let lines = BufReader::new(tests.stdout.take().unwrap()).lines();
    let folder = lines.map(Result::unwrap).find_map(|line| line.split_once("left: ").map(|(_, f)| PathBuf::from(f)));
    (tests, folder.expect("the victim says where its cluster is"))
}

/// Every process and its command line.
fn processes() -> impl Iterator<Item = (Pid, String)> {
    let pids = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: i32| {
        let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        Some((Pid::from_raw(pid)?, String::from_utf8_lossy(&command).replace('\0', " ")))
    })
}

#[tokio::test]
#[ignore = "run by the tests above, which kill it"]
async fn a_cluster_that_is_left_alone() {
    let cluster = Cluster::start(Options::default());
    cluster.load_shell();
    let namespace = cluster.namespace("left");
    cluster.apply(&job(&namespace.name, "endless", "echo > /warehouse/began; sleep 600", ""));
    let began = namespace.folder().join("began");
    eventually(&cluster, "the Job's script", Duration::from_secs(60), async || began.exists().then_some(())).await;
    println!("left: {}", cluster.folder().display());
    std::thread::sleep(Duration::from_secs(600));
}

/// Asserts that nothing of a removed cluster is left.
pub fn assert_gone(folder: &Path) {
    assert!(!folder.exists());
    assert_eq!(traces(folder), Vec::<String>::new());
}

/// Processes, mounts, control groups and links of a cluster.
fn traces(folder: &Path) -> Vec<String> {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let listed = |folder: &str| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let processes = listed("/proc").filter(|process| {
        // A zombie process has no command line.
        if fs::read(process.join("cmdline")).is_ok_and(|command| command.is_empty()) {
            return false;
        }
        let below = fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
        below || fs::read_to_string(process.join("cgroup")).is_ok_and(|groups| groups.contains(name))
    });
    let groups = listed("/sys/fs/cgroup")
        .flat_map(|entry| [entry.join(name), entry])
        .filter(|group| group.ends_with(name) && group.exists());
    let links = listed("/var/log/containers").filter(|link| fs::read_link(link).is_ok_and(|to| to.starts_with(folder)));
    let networks = listed("/var/lib/cni/results").filter(|result| result.display().to_string().contains(name));
    let mut traces: Vec<String> =
        processes.chain(groups).chain(links).chain(networks).map(|t| t.display().to_string()).collect();
    traces.extend(listed("/run/netns").filter(|network| network.ends_with(name)).map(|n| n.display().to_string()));
    let mounts = fs::read_to_string("/proc/mounts").unwrap();
    traces.extend(mounts.lines().filter(|line| line.contains(name)).map(String::from));
    traces
}
