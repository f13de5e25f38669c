//! The flags of `gapless operator`, each with a name in the environment, and what they mean together. Every problem is
//! told at once, each in one sentence.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgAction, Args};
use jiff::SignedDuration;

use super::args::Switch;
use crate::engine::spec::Limits;
use crate::kubernetes::leadership::lease::Timing;
use crate::kubernetes::serving::logs::Format;

/// Live Jobs are watched; they are also listed so often, for a watch may be blind.
const JOB_LIST: SignedDuration = SignedDuration::from_secs(60);
/// A name of Kubernetes is at most so long.
const MAX_NAME: usize = 63;

/// Flags of the operator.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
In a cluster every flag has a sensible value: the namespace is the pod's own. Against a kubeconfig, name the namespace:
  gapless operator --kubeconfig ~/.kube/config --namespace nba --files-root ./data --leader-elect false")]
pub struct OperatorArgs {
    /// The namespace that it watches and works in; default: that of its pod, or of the kubeconfig's context.
    #[arg(long, env = "GAPLESS_NAMESPACE", value_name = "NAME", help_heading = "What it works on")]
    pub namespace: Option<String>,
    /// Watch and work in every namespace; what each may read stands in --grants.
    #[arg(long, env = "GAPLESS_ALL_NAMESPACES", help_heading = "What it works on")]
    pub all_namespaces: bool,
    /// Which folders the coverages of a namespace may read, as YAML; nothing is granted by default.
    #[arg(long, env = "GAPLESS_GRANTS", value_name = "FILE", help_heading = "What it works on")]
    pub grants: Option<PathBuf>,
    /// The folder below which Warehouse folders lie, mounted read-only.
    #[arg(long, env = "GAPLESS_FILES_ROOT", value_name = "DIR", help_heading = "What it works on")]
    pub files_root: Option<PathBuf>,
    /// A folder for facts that can be read again: they make a restart cheap (an emptyDir will do).
    #[arg(long, env = "GAPLESS_STATE", value_name = "DIR", help_heading = "What it works on")]
    pub state: Option<PathBuf>,

    /// The kubeconfig; default: the pod's own account, else $KUBECONFIG, else ~/.kube/config.
    #[arg(long, env = "GAPLESS_KUBECONFIG", value_name = "FILE", help_heading = "API server")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; default: its current one.
    #[arg(long, env = "GAPLESS_CONTEXT", value_name = "NAME", help_heading = "API server")]
    pub context: Option<String>,
    /// Maximum writes per second; excess waits.
    #[arg(long, env = "GAPLESS_WRITE_RATE", default_value_t = 50, value_name = "N", help_heading = "API server")]
    pub write_rate: u32,
    /// Writes that may go out at once after a quiet time.
    #[arg(long, env = "GAPLESS_WRITE_BURST", default_value_t = 100, value_name = "N", help_heading = "API server")]
    pub write_burst: u32,
    /// Minimum interval between status updates of a coverage; ledger changes are immediate. 0s: no minimum.
    #[arg(long, env = "GAPLESS_REPORT_EVERY", default_value = "2s", value_name = "SPAN", help_heading = "API server")]
    pub report_every: String,

    /// Work only while holding the Lease: needed as soon as there are two replicas.
    #[arg(
        long,
        env = "GAPLESS_LEADER_ELECT",
        action = ArgAction::Set,
        default_value_t = true,
        value_name = "BOOL",
        help_heading = "Leader election"
    )]
    pub leader_elect: bool,
    /// The name of the Lease.
    #[arg(
        long,
        env = "GAPLESS_LEASE_NAME",
        default_value = "gapless",
        value_name = "NAME",
        help_heading = "Leader election"
    )]
    pub lease_name: String,
    /// The namespace of the Lease; default: that of --namespace, or of the pod.
    #[arg(long, env = "GAPLESS_LEASE_NAMESPACE", value_name = "NAME", help_heading = "Leader election")]
    pub lease_namespace: Option<String>,
    /// How long an unrenewed Lease is respected: whole seconds from 3s to 60s.
    #[arg(
        long,
        env = "GAPLESS_LEASE_DURATION",
        default_value = "15s",
        value_name = "SPAN",
        help_heading = "Leader election"
    )]
    pub lease_duration: String,
    /// How long a leader that cannot renew goes on: at least 1s less than --lease-duration.
    #[arg(
        long,
        env = "GAPLESS_LEASE_RENEW_DEADLINE",
        default_value = "10s",
        value_name = "SPAN",
        help_heading = "Leader election"
    )]
    pub lease_renew_deadline: String,
    /// How often the Lease is renewed or looked at: at most half of --lease-renew-deadline.
    #[arg(
        long,
        env = "GAPLESS_LEASE_RETRY",
        default_value = "2s",
        value_name = "SPAN",
        help_heading = "Leader election"
    )]
    pub lease_retry: String,
    /// Who holds the Lease; default: $POD_NAME, else the host's name. No two processes may share it.
    #[arg(long, env = "GAPLESS_IDENTITY", value_name = "NAME", help_heading = "Leader election")]
    pub identity: Option<String>,

    /// Live Jobs of all coverages at most.
    #[arg(long, env = "GAPLESS_MAX_JOBS", default_value_t = 20, value_name = "N", help_heading = "Limits")]
    pub max_jobs: u32,
    /// Whether anything is launched; off: everything is still observed and reported.
    #[arg(long, env = "GAPLESS_LAUNCHES", value_enum, default_value_t = Switch::On, help_heading = "Limits")]
    pub launches: Switch,
    /// The step of slow start (1, 2, 4, 8 … launches a step); 0s: none.
    #[arg(long, env = "GAPLESS_SLOW_START", default_value = "1m", value_name = "SPAN", help_heading = "Limits")]
    pub slow_start: String,
    /// How often a table is asked whether it changed while a date is due within two days.
    #[arg(long, env = "GAPLESS_CADENCE_HOT", default_value = "1m", value_name = "SPAN", help_heading = "Limits")]
    pub cadence_hot: String,
    /// How often, while its newest date is younger than thirty days.
    #[arg(long, env = "GAPLESS_CADENCE_WARM", default_value = "1h", value_name = "SPAN", help_heading = "Limits")]
    pub cadence_warm: String,
    /// How often, when all its dates are older.
    #[arg(long, env = "GAPLESS_CADENCE_COLD", default_value = "24h", value_name = "SPAN", help_heading = "Limits")]
    pub cadence_cold: String,

    /// Where /livez, /readyz and /metrics listen.
    #[arg(
        long,
        env = "GAPLESS_LISTEN",
        default_value = "0.0.0.0:8080",
        value_name = "ADDRESS",
        help_heading = "Operations"
    )]
    pub listen: String,
    /// How log lines are written; default: text in a terminal, JSON elsewhere.
    #[arg(long, env = "GAPLESS_LOG_FORMAT", value_enum, help_heading = "Operations")]
    pub log_format: Option<Format>,
    /// What is logged: a level, or targets such as `gapless=debug,kube=warn`; default: $RUST_LOG, else info.
    #[arg(long, env = "GAPLESS_LOG_LEVEL", value_name = "FILTER", help_heading = "Operations")]
    pub log_level: Option<String>,
}

/// What the environment says beside the flags: read at the edge, passed as values.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// `POD_NAME`.
    pub pod_name: Option<String>,
    /// The host's name.
    pub host_name: Option<String>,
    /// `RUST_LOG`.
    pub rust_log: Option<String>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        // Linux tells it in a file; elsewhere the shell may.
        let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let host_name = kernel.map(|name| name.trim().to_string()).or_else(|| var("HOSTNAME"));
        Self { pod_name: var("POD_NAME"), host_name, rust_log: var("RUST_LOG") }
    }
}

/// The flags, understood. Where a namespace is not told, the client's own is meant.
#[derive(Clone, Debug)]
pub struct OperatorConfig {
    /// What is watched.
    pub scope: Scope,
    /// `--files-root`.
    pub files_root: Option<PathBuf>,
    /// `--state`.
    pub state: Option<PathBuf>,
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// Writes a second, and at once.
    pub writes: (u32, u32),
    /// Nothing: it leads without asking.
    pub lease: Option<LeaseConfig>,
    /// The limits of the engine.
    pub limits: Limits,
    /// Where the endpoints listen.
    pub listen: SocketAddr,
    /// How log lines are written.
    pub log_format: Format,
    /// What is logged.
    pub log_filter: String,
}

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One namespace; nothing: the client's own.
    Namespace(Option<String>),
    /// Every namespace, with what each may read.
    All {
        /// The file of grants; nothing: nothing is granted.
        grants: Option<PathBuf>,
    },
}

/// How the leader is elected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseConfig {
    /// The Lease's name.
    pub name: String,
    /// Its namespace; nothing: the client's own.
    pub namespace: Option<String>,
    /// Who this is.
    pub identity: String,
    /// How long the Lease holds, and how its holder keeps it.
    pub timing: Timing,
}

mod validate;
