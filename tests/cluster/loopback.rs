//! The cluster lives in a network of its own: nobody outside can reach what the tests start, and it reaches nobody.

use std::collections::BTreeSet;
use std::fs;

use super::harness::Cluster;

#[test]
fn every_port_of_the_cluster_is_on_loopback_in_a_network_of_its_own() {
    let cluster = Cluster::shared_node();
    let kubeconfig = fs::read_to_string(cluster.kubeconfig()).unwrap();
    let address = cluster.address();
    assert!(kubeconfig.contains(&format!("server: 'https://{address}'")), "{kubeconfig}");
    let on_loopback = std::process::Command::new("ip").args(["address", "show", "dev", "lo"]).output().unwrap();
    assert!(String::from_utf8_lossy(&on_loopback.stdout).contains(&format!("inet {address}/32 scope host")));
    let ours = sockets(cluster.folder());
    let heard: Vec<(String, u16)> =
        listeners("thread-self").filter(|(_, _, socket)| ours.contains(socket)).map(|(a, p, _)| (a, p)).collect();
    assert!(heard.iter().any(|(_, port)| *port == 443), "{heard:?}");
    let foreign: Vec<_> = heard.iter().filter(|(heard, _)| *heard != "127.0.0.1" && *heard != address).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    // The process itself stands outside: there is nothing of the cluster.
    let outside: Vec<_> = listeners("self").filter(|(_, _, socket)| ours.contains(socket)).collect();
    assert!(outside.is_empty(), "{outside:?}");
    let routes = std::process::Command::new("ip").args(["route", "show", "default"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&routes.stdout), "", "no way out");
}

/// The sockets of the components, as `socket:[INODE]`.
fn sockets(folder: &std::path::Path) -> BTreeSet<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let ours = processes.filter(|process| fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == folder));
    let files = ours.flat_map(|process| fs::read_dir(process.join("fd")).into_iter().flatten().flatten());
    files.filter_map(|file| fs::read_link(file.path()).ok()).map(|to| to.display().to_string()).collect()
}

/// Every listening socket of this machine: address, port, and the socket as `sockets` names it.
fn listeners(whose: &str) -> impl Iterator<Item = (String, u16, String)> + use<> {
    let lines = ["tcp", "tcp6"].map(|file| fs::read_to_string(format!("/proc/{whose}/net/{file}")).unwrap_or_default());
    let rows = lines.into_iter().flat_map(|text| text.lines().skip(1).map(String::from).collect::<Vec<_>>());
    rows.filter_map(|row| {
        let words: Vec<&str> = row.split_whitespace().collect();
        let (address, port) = words.get(1)?.split_once(':')?;
        let listening = *words.get(3)? == "0A";
        // The address of version 4 in the machine's own byte order, last byte first; of version 6 it stays unread.
        let bytes = u32::from_str_radix(address, 16).ok().map(|n| std::net::Ipv4Addr::from(n.swap_bytes()).to_string());
        let address = bytes.unwrap_or_else(|| address.to_string());
        let port = u16::from_str_radix(port, 16).ok()?;
        listening.then(|| (address, port, format!("socket:[{}]", words[9])))
    })
}
