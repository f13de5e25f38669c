//! The network of a cluster: a separate name space, made by its test and removed with it. Inside, the API server listens
//! on the address of its Service, on the loopback interface: pods reach it as they do in any cluster, with no proxy
//! between and no host network. From outside it cannot be reached, and nothing gets out.
//!
//! A thread is in one network at a time: that of the cluster that it asked last. What it starts, threads and processes,
//! is in there too; a thread that was there before is not, and calls `Cluster::enter` for itself.

use std::fs::File;
use std::os::fd::AsFd;
use std::process::Command;
use std::sync::OnceLock;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// The API server's address: the first of the Services'. Of the range that is kept for tests of networks.
pub const SERVICE: &str = "198.18.0.1";
/// The Services' addresses.
pub const SERVICES: &str = "198.18.0.0/24";
/// The pods' addresses, of the range for carriers' own use.
pub const PODS: &str = "100.64.0.0/24";

/// The network in which the tests were started: that of the first thread that leaves it, before it does.
static BEFORE: OnceLock<File> = OnceLock::new();

/// Makes the network of that name, and moves the calling thread into it.
pub fn make(name: &str) {
    ip(&["netns", "add", name]);
    enter(name);
    ip(&["link", "set", "lo", "up"]);
    ip(&["address", "add", &format!("{SERVICE}/32"), "dev", "lo", "scope", "host"]);
}

/// Moves the calling thread into the network of that name.
pub fn enter(name: &str) {
    BEFORE.get_or_init(|| File::open("/proc/thread-self/ns/net").expect("this thread's network"));
    move_to(&File::open(format!("/run/netns/{name}")).unwrap_or_else(|error| panic!("the network {name}: {error}")));
}

/// Moves the calling thread back to the network in which the tests were started. It needs no rights where no thread left it.
pub fn leave() {
    BEFORE.get().into_iter().for_each(move_to);
}

/// Does something in the network in which the tests were started, wherever the calling thread is.
pub fn outside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let there = || {
        leave();
        work()
    };
    std::thread::scope(|scope| scope.spawn(there).join()).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn move_to(network: &File) {
    let network_only = Some(LinkNameSpaceType::Network);
    move_into_link_name_space(network.as_fd(), network_only).expect("root may change its network");
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("iproute2 is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {}: {said}(root with SYS_ADMIN and NET_ADMIN is needed)", arguments.join(" "));
}
