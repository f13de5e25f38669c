//! The arguments of the verbs about dates of one coverage.

use clap::Args;
use jiff::civil::Date;

use super::{ClusterArgs, ManifestArgs};

/// `retry`.
#[derive(Clone, Debug, Args)]
pub struct RetryArgs {
    /// The paths of the manifests.
    #[command(flatten)]
    pub manifests: ManifestArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The coverage: `tc/boxscores`.
    pub coverage: String,
    /// Dates: `2025-11-14`, or `2025-11-14..2025-11-20`.
    #[arg(required = true)]
    pub dates: Vec<String>,
    /// The token of the rerun; default: derived from the current time.
    #[arg(long)]
    pub token: Option<String>,
}

/// `waive`.
#[derive(Clone, Debug, Args)]
pub struct WaiveArgs {
    /// The paths of the manifests.
    #[command(flatten)]
    pub manifests: ManifestArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The coverage: `tc/boxscores`.
    pub coverage: String,
    /// Dates: `2025-11-14`, or `2025-11-14..2025-11-20`.
    #[arg(required = true)]
    pub dates: Vec<String>,
    /// The reason for the waiver.
    #[arg(long)]
    pub reason: String,
    /// The last date on which the waiver applies.
    #[arg(long)]
    pub expires: Option<Date>,
}

/// `unwaive`.
#[derive(Clone, Debug, Args)]
pub struct UnwaiveArgs {
    /// The paths of the manifests.
    #[command(flatten)]
    pub manifests: ManifestArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The coverage: `tc/boxscores`.
    pub coverage: String,
    /// Dates: `2025-11-14`, or `2025-11-14..2025-11-20`.
    #[arg(required = true)]
    pub dates: Vec<String>,
}

/// `stop`.
#[derive(Clone, Debug, Args)]
pub struct StopArgs {
    /// The paths of the manifests.
    #[command(flatten)]
    pub manifests: ManifestArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The coverage: `tc/boxscores`.
    pub coverage: String,
    /// Dates: `2025-11-14`, or `2025-11-14..2025-11-20`. A Job of several dates is ended as a whole.
    #[arg(required = true)]
    pub dates: Vec<String>,
}
