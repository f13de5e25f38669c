//! A real cluster for the tests: etcd, the API server, the controllers, the scheduler, a kubelet on containerd and runc,
//! each a process of its own, in a network of their own (`network.rs`). Nothing is simulated, and nothing outlives the test
//! process: see `guard.sh`.
//!
//! Most tests share one cluster (`shared`); what they make lies in a namespace of their own. A test that kills components
//! starts its own (`Cluster::start`). `GAPLESS_TEST_KUBECONFIG` names a cluster to be used instead of the shared one, by the
//! tests that need no node. `GAPLESS_KEEP_CLUSTER=1` keeps the shared one, and those of failed tests, and says where they are.

mod arguments;
mod audit;
mod client;
mod component;
mod configuration;
mod eventually;
mod gapless;
mod home;
mod image;
mod live;
mod namespace;
mod network;
mod operators;
mod parts;
mod table;
mod terminal;
mod told;

use std::sync::{Mutex, OnceLock};

pub use audit::{Event, Mark};
pub use client::Refused;
pub use component::{Component, Handle};
pub use eventually::eventually;
pub use gapless::Deployed;
pub use home::{Options, remove_left_over};
pub use namespace::Namespace;
pub use network::outside;
pub use table::{Table, WRITE, coverage, filler, filler_pod};
pub use terminal::{Said, Terminal};

use component::Components;
use home::Home;

/// A running cluster. Dropping it removes it, and waits for that.
pub struct Cluster {
    kubeconfig: std::path::PathBuf,
    kube: std::path::PathBuf,
    node: Option<Node>,
    images: Mutex<std::collections::BTreeSet<String>>,
    definitions: OnceLock<()>,
    stripped: OnceLock<()>,
}

/// What a cluster of the harness has and a foreign one has not.
struct Node {
    components: Components,
    home: Home,
}

impl Cluster {
    /// The cluster that tests share, started when the first one asks: ours, or the one that `GAPLESS_TEST_KUBECONFIG` names.
    pub fn shared() -> &'static Self {
        static FOREIGN: OnceLock<Option<Cluster>> = OnceLock::new();
        let cluster = FOREIGN.get_or_init(Self::foreign).as_ref().unwrap_or_else(Self::shared_node);
        cluster.enter();
        cluster
    }

    /// The shared cluster for tests that load images, read the audit log or look at the node's folders and processes:
    /// never a foreign one.
    pub fn shared_node() -> &'static Self {
        static OWN: OnceLock<Cluster> = OnceLock::new();
        let cluster = OWN.get_or_init(|| {
            let cluster = Self::start(Options::default());
            cluster.node().home.keep_if_asked();
            cluster
        });
        cluster.enter();
        cluster
    }

    /// A cluster for one test alone.
    pub fn start(options: Options) -> Self {
        let kube = parts::with_node();
        let home = Home::new(kube.clone(), options);
        let kubeconfig = home.path("kubeconfig");
        let components = Components::start(&home);
        let node = Some(Node { components, home });
        let cluster = Self {
            kubeconfig,
            kube,
            node,
            images: Mutex::default(),
            definitions: OnceLock::new(),
            stripped: OnceLock::new(),
        };
        cluster.admit_node();
        cluster
    }

    fn foreign() -> Option<Self> {
        let kubeconfig = std::env::var_os("GAPLESS_TEST_KUBECONFIG")?.into();
        Some(Self {
            kubeconfig,
            kube: parts::kube(),
            node: None,
            images: Mutex::default(),
            definitions: OnceLock::new(),
            stripped: OnceLock::new(),
        })
    }

    /// Moves the calling thread into the cluster's network, out of any other. Whoever gets a cluster or asks it anything
    /// is moved by that; a thread that only connects to it on its own calls this first.
    pub fn enter(&self) {
        self.node.as_ref().map_or_else(network::leave, |node| node.home.enter());
    }

    /// The kubelet of a cloud waits for its cloud; ours has none, so its mark is taken off.
    fn admit_node(&self) {
        let taint = "node.cloudprovider.kubernetes.io/uninitialized-";
        home::until("the node to register", || self.try_kubectl(&["taint", "node", "localhost", taint]).ok());
        self.kubectl(&["wait", "node/localhost", "--for=condition=Ready", "--timeout=60s"]);
        home::until("the namespace's account", || self.try_kubectl(&["get", "serviceaccount", "default"]).ok());
    }

    /// One component, to be killed, stopped, started or signalled.
    pub fn component(&self, which: Component) -> Handle<'_> {
        let node = self.node();
        node.components.handle(&node.home, which)
    }

    /// The folder in which everything of this cluster lies.
    pub fn folder(&self) -> &std::path::Path {
        &self.node().home.folder
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &std::path::Path {
        &self.kubeconfig
    }

    /// The binary with every component, kubectl among them.
    pub fn kube(&self) -> &std::path::Path {
        &self.kube
    }

    /// The API server's address, for this machine and for pods alike; its port is 443.
    pub fn address(&self) -> String {
        network::SERVICE.into()
    }

    fn node(&self) -> &Node {
        self.node.as_ref().expect("this needs a node of the harness: use Cluster::shared_node or Cluster::start")
    }
}
