//! A real cluster for the tests: etcd, the API server, the controllers, the scheduler, a kubelet on containerd and
//! runc, as separate processes in their own network (`network.rs`). Nothing is simulated, and nothing outlives the test
//! process: see `guard.sh`.
//!
//! Most tests share one cluster (`shared`); each test uses its own namespace. A test that kills components starts its
//! own (`Cluster::start`). `GAPLESS_TEST_KUBECONFIG` names a cluster that replaces the shared one in tests that need no
//! node. `GAPLESS_KEEP_CLUSTER=1` keeps the shared cluster and those of failed tests, and prints where they are.

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

/// A running cluster. Dropping it removes it, and waits until it is gone.
pub struct Cluster {
    kubeconfig: std::path::PathBuf,
    kube: std::path::PathBuf,
    node: Option<Node>,
    images: Mutex<std::collections::BTreeSet<String>>,
    definitions: OnceLock<()>,
    stripped: OnceLock<()>,
}

/// What a cluster of the harness has and an external one lacks.
struct Node {
    components: Components,
    home: Home,
}

impl Cluster {
    /// The cluster that tests share, started on first use: ours, or the one that `GAPLESS_TEST_KUBECONFIG` names.
    pub fn shared() -> &'static Self {
        static FOREIGN: OnceLock<Option<Cluster>> = OnceLock::new();
        let cluster = FOREIGN.get_or_init(Self::foreign).as_ref().unwrap_or_else(Self::shared_node);
        cluster.enter();
        cluster
    }

    /// The shared cluster for tests that load images, read the audit log or inspect the node's folders and processes.
    /// It is never an external one.
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

    /// Moves the calling thread into the cluster's network. Getting a cluster or calling its methods does this, too. A
    /// thread that only opens its own connections must call this first.
    pub fn enter(&self) {
        self.node.as_ref().map_or_else(network::leave, |node| node.home.enter());
    }

    /// A kubelet with a cloud provider waits for that provider. There is none, so its taint is removed.
    fn admit_node(&self) {
        let taint = "node.cloudprovider.kubernetes.io/uninitialized-";
        home::until("the node to register", || self.try_kubectl(&["taint", "node", "localhost", taint]).ok());
        self.kubectl(&["wait", "node/localhost", "--for=condition=Ready", "--timeout=60s"]);
        home::until("the namespace's account", || self.try_kubectl(&["get", "serviceaccount", "default"]).ok());
    }

    /// One component, to kill, stop, start or signal it.
    pub fn component(&self, which: Component) -> Handle<'_> {
        let node = self.node();
        node.components.handle(&node.home, which)
    }

    /// The folder with all files of this cluster.
    pub fn folder(&self) -> &std::path::Path {
        &self.node().home.folder
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &std::path::Path {
        &self.kubeconfig
    }

    /// The binary with every component, including kubectl.
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
