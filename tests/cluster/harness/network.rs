//! The network of a cluster: a name space of its own, made by its test and gone with it. Inside, the API server listens
//! on the address of its own Service, on the loopback interface: pods reach it as they do in any cluster, with no proxy
//! between and no host network. From outside nobody does, and nothing gets out. A test's thread is inside from the
//! moment it has the cluster; what it starts inherits that.

use std::fs::File;
use std::os::fd::AsFd;
use std::process::Command;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// The API server's address: the first of the Services'. Of the range that is kept for tests of networks.
pub const SERVICE: &str = "198.18.0.1";
/// The Services' addresses.
pub const SERVICES: &str = "198.18.0.0/24";
/// The pods' addresses, of the range for carriers' own use.
pub const PODS: &str = "100.64.0.0/24";

/// Makes the network of that name, and moves the calling thread into it.
pub fn make(name: &str) {
    ip(&["netns", "add", name]);
    enter(name);
    ip(&["link", "set", "lo", "up"]);
    ip(&["address", "add", &format!("{SERVICE}/32"), "dev", "lo", "scope", "host"]);
}

/// Moves the calling thread into a network; what it starts from now on, threads and processes, is in there too.
pub fn enter(name: &str) {
    let network = File::open(format!("/run/netns/{name}")).unwrap_or_else(|e| panic!("the network {name}: {e}"));
    move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))
        .expect("root may enter its own network");
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("iproute2 is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {}: {said}(root with SYS_ADMIN and NET_ADMIN is needed)", arguments.join(" "));
}
