//! The network of a cluster: a namespace that its test creates and removes. Inside, the API server listens on the
//! address of its own Service, on the loopback interface: pods reach it as in any cluster, without a proxy and without
//! the host network. There is no way in or out.
//!
//! A thread is in one network at a time: that of the cluster it used last. Threads and processes that it starts are
//! there too. A thread that existed before is not, and must call `Cluster::enter` itself.

use std::fs::File;
use std::os::fd::AsFd;
use std::process::Command;
use std::sync::OnceLock;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// The API server's address: the first Service address, in the range reserved for network tests.
pub const SERVICE: &str = "198.18.0.1";
/// The Services' addresses.
pub const SERVICES: &str = "198.18.0.0/24";
/// The pods' addresses, in the range for carrier-grade NAT.
pub const PODS: &str = "100.64.0.0/24";

/// The network in which the tests were started, saved before the first thread leaves it.
static BEFORE: OnceLock<File> = OnceLock::new();

/// Creates a network with this name, and moves the calling thread into it.
pub fn make(name: &str) {
    ip(&["netns", "add", name]);
    enter(name);
    ip(&["link", "set", "lo", "up"]);
    ip(&["address", "add", &format!("{SERVICE}/32"), "dev", "lo", "scope", "host"]);
}

/// Moves the calling thread into the network with this name.
pub fn enter(name: &str) {
    BEFORE.get_or_init(|| File::open("/proc/thread-self/ns/net").expect("this thread's network"));
    move_to(&File::open(format!("/run/netns/{name}")).unwrap_or_else(|error| panic!("the network {name}: {error}")));
}

/// Moves the calling thread back to the network in which the tests were started. It needs no rights if no thread has
/// left it.
pub fn leave() {
    BEFORE.get().into_iter().for_each(move_to);
}

/// Runs a function in the network in which the tests were started.
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
