//! gapless as users install it: the Deployment of `manifests/overlays/test`, with its own account and rights, in the
//! namespace of a test.

use serde_json::{Value, json};

use super::Cluster;
use super::namespace::Namespace;

/// A running installation. It is removed with its namespace.
pub struct Deployed<'a> {
    pub cluster: &'a Cluster,
    pub namespace: String,
}

impl Cluster {
    /// Applies `crds/` with strict validation and awaits that they are served, once.
    pub fn install_definitions(&self) {
        self.definitions.get_or_init(|| {
            let crds = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");
            self.kubectl(&["apply", "--server-side", "--validate=strict", "-f", crds]);
            self.kubectl(&["wait", "--for=condition=Established", "--timeout=30s", "-f", crds]);
        });
    }

    /// A rendered kustomization, with another namespace and the images of the tests.
    pub fn rendered(&self, folder: &str, namespace: &str) -> String {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/").to_string() + folder;
        let text = self.kubectl(&["kustomize", &path]);
        text.replace("namespace: gapless\n", &format!("namespace: {namespace}\n"))
            .replace("image: gapless:0.1.0", "image: local/gapless:test")
            .replace("imagePullPolicy: IfNotPresent", "imagePullPolicy: Never")
    }

    /// Installs gapless into a namespace and awaits that its replicas are available. `env`: variables that a test sets.
    pub fn deploy<'a>(&'a self, namespace: &Namespace<'_>, replicas: u32, env: &[(&str, &str)]) -> Deployed<'a> {
        let deployed = self.install(namespace, replicas, env, |_| {});
        deployed.await_rollout();
        deployed
    }

    /// Installs gapless into a namespace, with a test's change to each object, without waiting.
    pub fn install<'a>(
        &'a self,
        namespace: &Namespace<'_>,
        replicas: u32,
        env: &[(&str, &str)],
        mut change: impl FnMut(&mut Value),
    ) -> Deployed<'a> {
        self.load_gapless();
        self.install_definitions();
        let mut text = String::new();
        for document in self.rendered("manifests/overlays/test", &namespace.name).split("\n---\n") {
            let mut object: Value = serde_saphyr::from_str(document).unwrap();
            if object["kind"] == "Deployment" {
                object["spec"]["replicas"] = replicas.into();
                let container = &mut object["spec"]["template"]["spec"]["containers"][0];
                let own = env.iter().map(|(name, value)| json!({"name": name, "value": value}));
                container["env"].as_array_mut().unwrap().extend(own);
            }
            change(&mut object);
            text += &format!("---\n{object}\n");
        }
        self.apply(&text);
        Deployed { cluster: self, namespace: namespace.name.clone() }
    }
}

impl Deployed<'_> {
    /// Waits until the Deployment has reached its spec.
    pub fn await_rollout(&self) {
        self.kubectl(&["rollout", "status", "deployment/gapless", "--timeout=90s"]);
    }

    /// Scales to this many replicas, and waits until the others are gone.
    pub fn scale(&self, replicas: u32) {
        self.kubectl(&["scale", "deployment/gapless", "--replicas", &replicas.to_string()]);
        self.await_rollout();
        if replicas == 0 {
            let operators = "app.kubernetes.io/component=operator";
            self.kubectl(&["wait", "--for=delete", "pod", "-l", operators, "--timeout=30s"]);
        }
    }

    /// The operator's account, as the audit log names it.
    pub fn user(&self) -> String {
        format!("system:serviceaccount:{}:gapless", self.namespace)
    }

    /// kubectl in the namespace.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        let mut words = vec!["-n", self.namespace.as_str()];
        words.extend(arguments);
        self.cluster.kubectl(&words)
    }

    /// The logs of all replicas since they started.
    pub fn log(&self) -> String {
        self.kubectl(&["logs", "-l", "app.kubernetes.io/name=gapless", "--tail=-1", "--prefix"])
    }

    /// The pod that holds the Lease, if any.
    pub fn leader(&self) -> Option<String> {
        let holder = self.cluster.try_kubectl(&[
            "-n",
            &self.namespace,
            "get",
            "lease",
            "gapless",
            "-o",
            "jsonpath={.spec.holderIdentity}",
        ]);
        let holder = holder.ok()?;
        let (pod, _) = holder.split_once('_')?;
        Some(pod.to_string())
    }

    /// The text of `/metrics` of a pod, through the API server.
    pub fn metrics(&self, pod: &str) -> String {
        let path = format!("/api/v1/namespaces/{}/pods/{pod}:8080/proxy/metrics", self.namespace);
        self.cluster.kubectl(&["get", "--raw", &path])
    }
}
