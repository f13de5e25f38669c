//! What an operator is configured with. The flags of `gapless operator` become this once, and nothing stands in between.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::engine::spec::Limits;
use crate::kubernetes::client::scope::Scope;
use crate::kubernetes::leadership::gate::Rate;
use crate::kubernetes::leadership::lease::Timing;
use crate::kubernetes::serving::logs::Format;
use crate::kubernetes::watching::grants::{Grants, GrantsError};

/// The configuration of an operator: values only, nothing that is open or runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The kubeconfig; without one the usual places.
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig.
    pub context: Option<String>,
    /// What is watched; `None`: the namespace of the context or of the pod.
    pub scope: Option<Scope>,
    /// The parent folder of all Warehouse folders.
    pub files_root: PathBuf,
    /// The folder with a folder for each connection to a server.
    pub connections: Option<PathBuf>,
    /// The file with what each namespace may read; only with [`Scope::All`], where without it nothing is granted.
    pub grants: Option<PathBuf>,
    /// The limits of the engine.
    pub limits: Limits,
    /// The folder where facts are kept between two processes.
    pub state: Option<PathBuf>,
    /// The listen address of health and metrics.
    pub listen: SocketAddr,
    /// The name of this process.
    pub identity: String,
    /// The Lease; `None`: this process leads without election.
    pub lease: Option<LeaseOptions>,
    /// Writes per second, and at once.
    pub writes: Rate,
    /// The format of log lines.
    pub log_format: Format,
    /// Which log lines are written.
    pub log_filter: String,
}

/// The Lease that the leader holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseOptions {
    pub name: String,
    /// Its namespace; `None`: that of the context or of the pod.
    pub namespace: Option<String>,
    /// How long it holds, and how its holder keeps it.
    pub timing: Timing,
}

impl Options {
    /// What each namespace may read, from the folders and the file that are named here.
    ///
    /// # Errors
    /// A folder cannot be opened, or the file cannot be read.
    pub fn open_grants(&self) -> Result<Grants, GrantsError> {
        let root = self.files_root.canonicalize();
        let root = root.map_err(|e| GrantsError::Root(self.files_root.clone(), e))?;
        if let Some(connections) = &self.connections {
            std::fs::read_dir(connections).map_err(|e| GrantsError::Connections(connections.clone(), e))?;
        }
        match (&self.scope, &self.grants) {
            (Some(Scope::All), Some(file)) => Grants::read(root, file),
            (Some(Scope::All), None) => Ok(Grants::none(root)),
            (Some(Scope::Namespace(_)) | None, _) => Ok(Grants::all(root)),
        }
    }
}
