//! Talking to the cluster: a typed client, kubectl, manifests.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::Value;

use super::Cluster;
use super::component::PROXIES;

thread_local! {
    /// A handshake costs more than most requests, and waiting needs many of them.
    static CLIENTS: RefCell<HashMap<(tokio::runtime::Id, PathBuf), kube::Client>> = RefCell::default();
}

/// A refusal by the API server: the status code and the message.
#[derive(Debug)]
pub struct Refused {
    pub code: u16,
    pub message: String,
}

impl Cluster {
    /// A client as the administrator. It belongs to the calling test: connections live in that test's runtime, which
    /// must be single-threaded, as with `#[tokio::test]`.
    pub async fn client(&self) -> kube::Client {
        self.enter();
        let whose = (tokio::runtime::Handle::current().id(), self.kubeconfig.clone());
        if let Some(client) = CLIENTS.with_borrow(|clients| clients.get(&whose).cloned()) {
            return client;
        }
        let client = self.new_client().await;
        CLIENTS.with_borrow_mut(|clients| clients.insert(whose, client.clone()));
        client
    }

    async fn new_client(&self) -> kube::Client {
        let _ = rustls::crypto::ring::default_provider().install_default(); // a second installation changes nothing
        let kubeconfig = Kubeconfig::read_from(&self.kubeconfig).unwrap();
        let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
        if self.node.is_some() {
            config.proxy_url = None;
        }
        kube::Client::try_from(config).unwrap()
    }

    /// The output of kubectl. Panics with its error.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.try_kubectl(arguments).unwrap_or_else(|error| panic!("kubectl {}: {error}", arguments.join(" ")))
    }

    /// The output of kubectl, or its error.
    pub fn try_kubectl(&self, arguments: &[&str]) -> Result<String, String> {
        self.kubectl_with(arguments, "")
    }

    /// Applies manifests server-side, with strict validation. Panics with the refusal.
    pub fn apply(&self, yaml: &str) {
        self.try_apply(yaml).unwrap_or_else(|error| panic!("{error}in\n{yaml}"));
    }

    /// Applies manifests server-side, with strict validation.
    pub fn try_apply(&self, yaml: &str) -> Result<String, String> {
        self.kubectl_with(&["apply", "--server-side", "--validate=strict", "-f", "-"], yaml)
    }

    /// An object or a list by its path; `None` if it does not exist, or if the API server does not answer. Cheaper than
    /// kubectl for frequent requests.
    pub async fn get(&self, path: &str) -> Option<Value> {
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        match self.client().await.request(request).await {
            Ok(object) => Some(object),
            Err(kube::Error::Api(status)) if status.code == 404 => None,
            Err(kube::Error::Api(status)) => panic!("{path}: {status}"),
            Err(_) => None,
        }
    }

    /// Posts one manifest unchanged, with strict validation, to get the API server's answer without kubectl.
    pub async fn create(&self, path: &str, yaml: &str) -> Result<Value, Refused> {
        self.post(&format!("{path}?fieldValidation=Strict"), yaml).await
    }

    /// The same, as a dry run.
    pub async fn try_out(&self, path: &str, yaml: &str) -> Result<Value, Refused> {
        self.post(&format!("{path}?fieldValidation=Strict&dryRun=All"), yaml).await
    }

    /// Changes an object by a merge patch, with strict validation.
    pub async fn merge(&self, path: &str, patch: &Value) -> Result<Value, Refused> {
        let address = format!("{path}?fieldValidation=Strict");
        let request = http::Request::patch(address).header("content-type", "application/merge-patch+json");
        self.ask(path, request, patch.to_string()).await
    }

    async fn post(&self, path: &str, yaml: &str) -> Result<Value, Refused> {
        self.ask(path, http::Request::post(path).header("content-type", "application/yaml"), yaml.to_string()).await
    }

    async fn ask(&self, path: &str, request: http::request::Builder, body: String) -> Result<Value, Refused> {
        match self.client().await.request(request.body(body.into_bytes()).unwrap()).await {
            Ok(object) => Ok(object),
            Err(kube::Error::Api(status)) => Err(Refused { code: status.code, message: status.message.clone() }),
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// Every cluster has the same address, so kubectl's cache for one is wrong for the next.
    fn kubectl_cache(&self) -> PathBuf {
        let foreign = concat!(env!("CARGO_TARGET_TMPDIR"), "/kubectl");
        self.node.as_ref().map_or_else(|| foreign.into(), |node| node.home.path("kubectl"))
    }

    fn kubectl_with(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        self.enter();
        let mut command = Command::new(&self.kube);
        command.arg("kubectl").arg("--kubeconfig").arg(&self.kubeconfig);
        if self.node.is_some() {
            PROXIES.into_iter().for_each(|proxy| _ = command.env_remove(proxy));
        }
        command.arg("--cache-dir").arg(self.kubectl_cache()).args(arguments);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // kubectl may refuse before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }
}
