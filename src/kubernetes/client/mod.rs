//! The client for a cluster's API server: from a kubeconfig or from inside a pod, with a deadline on every call, counted, and
//! behind the gate when it is the operator's. It never repeats a call, follows no address but the configured one,
//! and its errors show neither token nor query.
//!
//! From outside to inside: count → gate → deadline → token of a file → kube's own layers (authorization otherwise, TLS,
//! connection).

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use kube::client::ClientBuilder;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::runtime::watcher;
use kube::{Client, Config};
use tower::ServiceBuilder;

use crate::kubernetes::faults;
use crate::kubernetes::leadership::gate::Gate;
use deadline::Deadlines;
use token::TokenFile;

pub use calls::{Call, Calls};
pub use error::ConnectError;

mod calls;
mod deadline;
mod error;
pub mod scope;
#[cfg(test)]
mod tests;
mod token;

/// How long any call may take; a write behind the gate ends sooner, see [`Gate::deadline`].
pub const DEADLINE: Duration = Duration::from_secs(15);

/// How long every watch asks to last: a connection that died silently is noticed when the watch has not ended five seconds
/// later. Longer ones would outlast [`SILENCE`].
const WATCH_SECONDS: u32 = 50;

/// A connection on which nothing arrives is dead after that time. Longer than any watch stays silent.
const SILENCE: Duration = Duration::from_secs(60);

/// The user agent, for audit logs; the part before the slash is the field manager.
const AGENT: &str = concat!("gapless/", env!("CARGO_PKG_VERSION"));

/// To reach an API server, name and handshake included.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);

/// Which cluster, and how.
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    /// The kubeconfig; without one `KUBECONFIG`, `~/.kube/config`, or the pod's own service account, in this order.
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; without one its current one.
    pub context: Option<String>,
    /// What the operator's writes must pass. Writes of the command line pass none.
    pub gate: Option<Gate>,
    /// Hears of every call.
    pub calls: Calls,
}

/// A client, and what its configuration says.
#[derive(Clone)]
pub struct Connected {
    pub client: Client,
    /// The namespace of the context or of the pod.
    pub namespace: String,
    /// The address of the API server, for messages.
    pub server: String,
}

/// A client for the cluster. Nothing is asked of the API server yet.
///
/// # Errors
/// The configuration cannot be used.
pub async fn connect(options: &ConnectOptions) -> Result<Connected, ConnectError> {
    install_provider();
    let mut config = timed(config(options).await?);
    config.headers.push((USER_AGENT, HeaderValue::from_static(AGENT)));
    let token = TokenFile::of(&mut config)?;
    let (namespace, server) = (config.default_namespace.clone(), faults::scrub(&config.cluster_url.to_string()));
    // A kubeconfig may name a program that fetches the credential: it runs here, and takes its time.
    let builder = tokio::task::spawn_blocking(move || ClientBuilder::try_from(config)).await;
    let builder = builder.map_err(ConnectError::Task)?.map_err(|error| ConnectError::Client(Box::new(error)))?;
    let write = options.gate.as_ref().map_or(DEADLINE, |gate| gate.deadline().min(DEADLINE));
    // From outside to inside, above kube's own layers.
    let layers = ServiceBuilder::new()
        .layer(options.calls.clone())
        .option_layer(options.gate.clone())
        .layer(Deadlines { read: DEADLINE, write })
        .option_layer(token);
    let client = builder.with_layer(&layers).build();
    Ok(Connected { client, namespace, server })
}

/// How everything is watched: in stretches of less than a minute, so that a dead link is noticed.
pub fn watching() -> watcher::Config {
    watcher::Config::default().timeout(WATCH_SECONDS)
}

/// One TLS stack, chosen once for the process.
pub fn install_provider() {
    // If another thread was first, it installed the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Sets our deadlines, and switches retries off.
fn timed(mut config: Config) -> Config {
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_DEADLINE);
    config.read_timeout = Some(SILENCE);
    config.write_timeout = Some(DEADLINE);
    // A connection that was idle for almost that long may be reused: its silence is counted again from the request.
    config.reset_reader_on_write = true;
    config
}

async fn config(options: &ConnectOptions) -> Result<Config, ConnectError> {
    let found = match &options.kubeconfig {
        Some(path) => Some(Kubeconfig::read_from(path).map_err(|error| unusable(error, None))?),
        None => default_kubeconfig()?,
    };
    match found {
        Some(kubeconfig) => of_kubeconfig(kubeconfig, options).await,
        None if options.context.is_some() => Err(ConnectError::NoKubeconfig),
        None => Config::incluster_env().map_err(ConnectError::InCluster),
    }
}

/// The kubeconfig that kubectl would take; one that is named but unreadable is an error, not an absent one.
fn default_kubeconfig() -> Result<Option<Kubeconfig>, ConnectError> {
    use kube::config::KubeconfigError::{FindPath, ReadConfig};
    match Kubeconfig::read() {
        Ok(kubeconfig) => Ok(Some(kubeconfig)),
        Err(FindPath) => Ok(None),
        Err(ReadConfig(error, _)) if error.kind() == std::io::ErrorKind::NotFound && !names_kubeconfig() => Ok(None),
        Err(error) => Err(unusable(error, None)),
    }
}

fn unusable(error: KubeconfigError, contexts: Option<Vec<String>>) -> ConnectError {
    ConnectError::Kubeconfig(Box::new(error), contexts)
}

fn names_kubeconfig() -> bool {
    std::env::var_os("KUBECONFIG").is_some_and(|paths| !paths.is_empty())
}

async fn of_kubeconfig(kubeconfig: Kubeconfig, options: &ConnectOptions) -> Result<Config, ConnectError> {
    let contexts: Vec<_> = kubeconfig.contexts.iter().map(|context| context.name.clone()).collect();
    let wants_proxy =
        kubeconfig.clusters.iter().filter_map(|named| named.cluster.as_ref()?.proxy_url.as_ref()).next().is_some();
    let choice = KubeConfigOptions { context: options.context.clone(), ..KubeConfigOptions::default() };
    let loaded = Config::from_custom_kubeconfig(kubeconfig, &choice).await;
    let mut config = loaded.map_err(|error| unusable(error, Some(contexts)))?;
    if !wants_proxy {
        // From the environment, without its list of exceptions: an API server is reached directly.
        config.proxy_url = None;
    }
    Ok(config)
}
