//! A namespace for one test, with a claim on a folder of the node that fillers and the operator share.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Cluster;

thread_local! {
    static MADE: RefCell<Vec<String>> = RefCell::default();
}

/// The namespaces that the calling thread created and still has.
pub fn namespaces_of_this_test() -> Vec<String> {
    MADE.with_borrow(Clone::clone)
}

/// A fresh namespace in which Pod Security `restricted` is enforced. Its claim is called `warehouse`.
pub struct Namespace<'a> {
    pub name: String,
    folder: Option<PathBuf>,
    pub(super) cluster: &'a Cluster,
}

impl Cluster {
    /// A fresh namespace whose name starts with this.
    pub fn namespace(&self, like: &str) -> Namespace<'_> {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let name = format!("{like}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        self.apply(&format!(
            "
apiVersion: v1
kind: Namespace
metadata: {{name: {name}, labels: {{pod-security.kubernetes.io/enforce: restricted}}}}
"
        ));
        let folder = self.node.as_ref().map(|node| node.home.path("volumes").join(&name));
        self.apply(&claim(&name, folder.as_ref()));
        super::home::until("the namespace's account", || {
            self.try_kubectl(&["get", "-n", &name, "serviceaccount", "default"]).ok()
        });
        if folder.is_some() {
            let bound = "--for=jsonpath={.status.phase}=Bound";
            self.kubectl(&["wait", "-n", &name, "persistentvolumeclaim/warehouse", bound, "--timeout=60s"]);
        }
        MADE.with_borrow_mut(|made| made.push(name.clone()));
        Namespace { name, folder, cluster: self }
    }
}

/// The claim: on the folder or, in an external cluster, on that cluster's default class.
fn claim(name: &str, folder: Option<&PathBuf>) -> String {
    let claim = |more: &str| {
        format!(
            "
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: warehouse, namespace: {name}}}
spec: {{accessModes: [ReadWriteMany], resources: {{requests: {{storage: 1Gi}}}}{more}}}
"
        )
    };
    let Some(folder) = folder else { return claim("") };
    fs::create_dir_all(folder).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
    format!(
        "
apiVersion: v1
kind: PersistentVolume
metadata: {{name: {name}}}
spec:
  accessModes: [ReadWriteMany]
  capacity: {{storage: 1Gi}}
  persistentVolumeReclaimPolicy: Retain
  storageClassName: ''
  claimRef: {{namespace: {name}, name: warehouse}}
  hostPath: {{path: {}, type: Directory}}
---{}",
        folder.display(),
        claim(&format!(", storageClassName: '', volumeName: {name}"))
    )
}

impl Namespace<'_> {
    /// The folder behind the claim, as the test sees it. Everyone may write there.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.as_deref().expect("the folder of a claim can be seen in a cluster of the harness only")
    }
}

impl Drop for Namespace<'_> {
    /// Cleans up in an external cluster only: ours is removed as a whole.
    fn drop(&mut self) {
        MADE.with_borrow_mut(|made| made.retain(|name| *name != self.name));
        if self.cluster.node.is_none() {
            let _ = self.cluster.try_kubectl(&["delete", "namespace", &self.name, "--wait=false"]);
        }
    }
}
