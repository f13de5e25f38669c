//! The cluster has its own network: nothing outside can reach it, and it reaches nothing outside.

use std::collections::BTreeSet;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::harness::{Cluster, eventually, outside};
use super::jobs::job;

#[test]
fn every_port_of_the_cluster_is_on_loopback_in_its_own_network() {
    let cluster = Cluster::shared_node();
    let kubeconfig = fs::read_to_string(cluster.kubeconfig()).unwrap();
    let address = cluster.address();
    assert!(kubeconfig.contains(&format!("server: 'https://{address}'")), "{kubeconfig}");
    assert!(ip(&["address", "show", "dev", "lo"]).contains(&format!("inet {address}/32 scope host")));
    let ours: BTreeSet<String> = components(cluster.folder()).iter().flat_map(|process| sockets(process)).collect();
    let heard: Vec<(String, u16)> =
        listeners().into_iter().filter(|(_, _, socket)| ours.contains(socket)).map(|(a, p, _)| (a, p)).collect();
    assert!(heard.iter().any(|(_, port)| *port == 443), "{heard:?}");
    let foreign: Vec<_> = heard.iter().filter(|(heard, _)| *heard != "127.0.0.1" && *heard != address).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    let elsewhere: Vec<_> = outside(listeners).into_iter().filter(|(_, _, socket)| ours.contains(socket)).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}

#[tokio::test]
async fn nothing_of_the_cluster_and_its_pods_is_in_the_machines_network() {
    let cluster = Cluster::shared_node();
    cluster.load_shell();
    let namespace = cluster.namespace("network");
    cluster.apply(&job(&namespace.name, "stays", "echo > /warehouse/began; sleep 600", ""));
    let began = namespace.folder().join("began");
    eventually(cluster, "the Job's script", Duration::from_secs(60), async || began.exists().then_some(())).await;

    // Compare with the machine's network, not with the cluster's: processes that set up a container enter the network
    // of its pod.
    let machine = outside(|| network(Path::new("/proc/thread-self")));
    assert_ne!(machine, network(Path::new("/proc/thread-self")));
    let (components, pods) = (components(cluster.folder()), pods(cluster.folder()));
    assert!(components.len() >= 6 && !pods.is_empty(), "{components:?} {pods:?}");
    let strays: Vec<_> = components.iter().chain(&pods).filter(|process| network(process) == machine).collect();
    assert!(strays.is_empty(), "{strays:?}");

    // The pod's link ends in the cluster's network, which has no route beyond it.
    assert!(ip(&["-4", "route"]).contains("100.64.0."), "{}", ip(&["-4", "route"]));
    assert_eq!(ip(&["-4", "route", "show", "default"]) + &ip(&["-6", "route", "show", "default"]), "");
    let around = outside(|| ip(&["-oneline", "address"]) + &ip(&["route", "show", "table", "all"]));
    assert!(!around.contains("198.18.0.") && !around.contains("100.64.0."), "{around}");
    let listener = outside(|| TcpListener::bind("127.0.0.1:0").unwrap());
    assert!(TcpStream::connect(listener.local_addr().unwrap()).is_err(), "the machine's loopback is another one");
}

/// The output of `ip` in the network of the calling thread.
fn ip(arguments: &[&str]) -> String {
    let output = Command::new("ip").args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The network of a process: `net:[INODE]`. `None` if it has just ended.
fn network(process: &Path) -> Option<PathBuf> {
    fs::read_link(process.join("ns/net")).ok()
}

fn processes() -> impl Iterator<Item = PathBuf> {
    let number = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes()[0].is_ascii_digit());
    fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path()).filter(number)
}

/// The processes of the cluster's components.
fn components(folder: &Path) -> Vec<PathBuf> {
    processes().filter(|process| fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == folder)).collect()
}

/// The processes of its pods, alive.
fn pods(folder: &Path) -> Vec<PathBuf> {
    let group = format!("/{}/", folder.file_name().unwrap().to_str().unwrap());
    let ours = |process: &PathBuf| {
        network(process).is_some()
            && fs::read_to_string(process.join("cgroup")).is_ok_and(|groups| groups.contains(&group))
    };
    processes().filter(ours).collect()
}

/// The sockets of a process, as `socket:[INODE]`.
fn sockets(process: &Path) -> Vec<String> {
    let files = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    files.filter_map(|file| fs::read_link(file.path()).ok()).map(|to| to.display().to_string()).collect()
}

/// Every listening socket in the network of the calling thread: address, port, and the socket as `sockets` names it.
fn listeners() -> Vec<(String, u16, String)> {
    let lines =
        ["tcp", "tcp6"].map(|file| fs::read_to_string(format!("/proc/thread-self/net/{file}")).unwrap_or_default());
    lines.iter().flat_map(|text| text.lines().skip(1)).filter_map(listener).collect()
}

fn listener(row: &str) -> Option<(String, u16, String)> {
    let words: Vec<&str> = row.split_whitespace().collect();
    let (address, port) = words.get(1)?.split_once(':')?;
    let listening = *words.get(3)? == "0A";
    // IPv4 addresses are in the machine's byte order, last byte first. IPv6 addresses are not parsed.
    let bytes = u32::from_str_radix(address, 16).ok().map(|n| std::net::Ipv4Addr::from(n.swap_bytes()).to_string());
    let address = bytes.unwrap_or_else(|| address.to_string());
    let port = u16::from_str_radix(port, 16).ok()?;
    listening.then(|| (address, port, format!("socket:[{}]", words[9])))
}
