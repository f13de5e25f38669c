//! Why there is no client: what is wrong with the configuration of a cluster.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

use kube::config::{InClusterError, KubeconfigError};

use crate::kubernetes::faults;

/// Why there is no client.
#[derive(Debug)]
pub enum ConnectError {
    /// The kubeconfig cannot be used; with the contexts that it has, where they are known.
    Kubeconfig(Box<KubeconfigError>, Option<Vec<String>>),
    /// A context is named, and there is no kubeconfig.
    NoKubeconfig,
    /// There is no kubeconfig, and this is not a pod that may use its service account.
    InCluster(InClusterError),
    /// The file of the token cannot be used.
    Token(PathBuf, TokenError),
    /// The client refuses the configuration.
    Client(Box<kube::Error>),
    /// The task that makes the client failed.
    Task(tokio::task::JoinError),
}

/// What is wrong with the file of a token.
#[derive(Debug)]
pub enum TokenError {
    /// It cannot be read.
    Read(std::io::Error),
    /// It is empty.
    Empty,
    /// Its content cannot be sent.
    Malformed,
}

impl Display for ConnectError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kubeconfig(error, contexts) => f.write_str(&faults::kubeconfig(error, contexts.as_deref())),
            Self::NoKubeconfig => f.write_str("there is no kubeconfig to take the context from: give --kubeconfig"),
            Self::InCluster(error) => f.write_str(&faults::in_cluster(error)),
            Self::Token(path, why) => write!(f, "the token file {} {why}", path.display()),
            Self::Client(error) => f.write_str(&faults::sentence(error)),
            Self::Task(error) => write!(f, "the client could not be made: {error}"),
        }
    }
}

impl Display for TokenError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "cannot be read: {error}"),
            Self::Empty => f.write_str("is empty"),
            Self::Malformed => f.write_str("holds no token"),
        }
    }
}

impl std::error::Error for ConnectError {}
