//! The person's own way into a cluster: their kubeconfig, their context, their rights, and a deadline on every call.

use std::future::Future;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::Status;
use kube::{Client, Config};

use crate::cli::args::ClusterArgs;
use crate::cli::exit::Stop;

/// How long one call may take, its whole answer included.
const DEADLINE: Duration = Duration::from_secs(15);

/// A cluster.
pub(super) struct Cluster {
    pub client: Client,
    pub namespace: String,
    /// Its address, without anything secret.
    pub server: String,
}

/// Why a call brought nothing.
#[derive(Debug)]
pub(super) enum Fault {
    /// The server said no.
    Refused(Box<Status>),
    /// It said nothing that can be understood, or nothing at all.
    Silent(String),
}

impl Cluster {
    /// The cluster that the arguments name. Nothing is asked of it yet.
    pub(super) async fn connect(args: &ClusterArgs) -> Result<Self, Stop> {
        // One TLS stack for the process; if it was chosen before, it was this one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut config = config(args).await.map_err(|why| {
            Stop::bad_input(format!("no cluster: {why}; give -f DIR for manifests, or --kubeconfig and --context"))
        })?;
        config.default_retry = false;
        config.connect_timeout = Some(Duration::from_secs(5));
        let namespace = args.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let server = address(&config.cluster_url);
        let client = Client::try_from(config).map_err(|e| Stop::bad_input(format!("no cluster: {e}")))?;
        Ok(Self { client, namespace, server })
    }

    /// Waits for a call, at most until its deadline.
    pub(super) async fn call<T>(&self, call: impl Future<Output = Result<T, kube::Error>>) -> Result<T, Fault> {
        match tokio::time::timeout(DEADLINE, call).await {
            Err(_) => Err(Fault::Silent(format!("did not answer within {} s", DEADLINE.as_secs()))),
            Ok(Err(kube::Error::Api(status))) => Err(Fault::Refused(status)),
            Ok(Err(error)) => Err(Fault::Silent(format!("cannot be asked: {}", root(&error)))),
            Ok(Ok(answer)) => Ok(answer),
        }
    }

    /// The sentence for a person, with what was tried.
    pub(super) fn stop(&self, tried: &str, fault: Fault) -> Stop {
        let server = &self.server;
        match fault {
            Fault::Silent(why) => Stop::failed(format!("the API server at {server} {why}")),
            Fault::Refused(status) if status.code == 401 => {
                Stop::failed(format!("the API server at {server} does not know you: {}", status.message))
            }
            Fault::Refused(status) if status.code == 403 => {
                Stop::failed(format!("you may not {tried}: {}", status.message))
            }
            Fault::Refused(status) if matches!(status.code, 400 | 422) => {
                Stop::bad_input(format!("the API server refuses to {tried}: {}", status.message))
            }
            Fault::Refused(status) => Stop::failed(format!("the API server failed to {tried}: {}", status.message)),
        }
    }
}

async fn config(args: &ClusterArgs) -> Result<Config, String> {
    let options = KubeConfigOptions { context: args.context.clone(), ..KubeConfigOptions::default() };
    let found = match &args.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    match found {
        Ok(kubeconfig) => Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|e| e.to_string()),
        Err(error) if args.kubeconfig.is_some() || args.context.is_some() => Err(error.to_string()),
        Err(error) => Config::incluster_env().map_err(|_| error.to_string()),
    }
}

/// Scheme, host and port alone.
fn address(url: &http::Uri) -> String {
    let port = url.port_u16().map(|p| format!(":{p}")).unwrap_or_default();
    format!("{}://{}{port}", url.scheme_str().unwrap_or("https"), url.host().unwrap_or_default())
}

/// The cause of causes: what stands around it says only who passed it on.
fn root(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
