//! The person's own way into a cluster: their kubeconfig, their context, their rights. The client bounds every call.

use std::future::Future;

use kube::Client;
use kube::core::Status;

use crate::cli::args::ClusterArgs;
use crate::cli::exit::Stop;
use crate::kubernetes::client::{ConnectOptions, connect};
use crate::kubernetes::faults::sentence;

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
        let (kubeconfig, context) = (args.kubeconfig.clone(), args.context.clone());
        let connected = connect(&ConnectOptions { kubeconfig, context, ..ConnectOptions::default() }).await;
        let connected = connected.map_err(|why| Stop::bad_input(format!("{why}; or use -f DIR")))?;
        let namespace = args.namespace.clone().unwrap_or(connected.namespace);
        Ok(Self { client: connected.client, namespace, server: connected.server })
    }

    /// Waits for a call; the client gives it up at its deadline.
    pub(super) async fn call<T>(&self, call: impl Future<Output = Result<T, kube::Error>>) -> Result<T, Fault> {
        call.await.map_err(|error| match error {
            kube::Error::Api(status) => Fault::Refused(status),
            error => Fault::Silent(sentence(&error)),
        })
    }

    /// The sentence for a person, with what was tried.
    pub(super) fn stop(&self, tried: &str, fault: Fault) -> Stop {
        let server = &self.server;
        match fault {
            Fault::Silent(why) => Stop::failed(format!("the API server at {server} cannot be reached: {why}")),
            Fault::Refused(status) if status.code == 401 => {
                Stop::failed(format!("the API server at {server} does not accept your credentials: {}", status.message))
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
