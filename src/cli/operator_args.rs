//! The flags of `gapless operator`, each with an environment variable. They are checked together, and become the operator's
//! own [`Options`](crate::kubernetes::operator::Options).

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::switch::Switch;
use crate::kubernetes::serving::logs::Format;

/// Flags of the operator.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
In a cluster every flag has a sensible default: the namespace is the pod's. With a kubeconfig, set the namespace:
  gapless operator --kubeconfig ~/.kube/config --namespace nba --files-root ./data --leader-elect false")]
pub struct OperatorArgs {
    /// The namespace to watch and work in; default: that of the pod, or of the kubeconfig's context.
    #[arg(long, env = "GAPLESS_NAMESPACE", value_name = "NAME", help_heading = "Scope")]
    pub namespace: Option<String>,
    /// Watch and work in every namespace; --grants lists what each may read.
    #[arg(long, env = "GAPLESS_ALL_NAMESPACES", help_heading = "Scope")]
    pub all_namespaces: bool,
    /// A YAML file with the folders, datasets and databases that the coverages of each namespace may read; nothing is granted by default.
    #[arg(long, env = "GAPLESS_GRANTS", value_name = "FILE", help_heading = "Scope")]
    pub grants: Option<PathBuf>,
    /// The parent folder of all Warehouse folders, mounted read-only.
    #[arg(long, env = "GAPLESS_FILES_ROOT", value_name = "DIR", help_heading = "Scope")]
    pub files_root: Option<PathBuf>,
    /// The folder with a folder for each connection to PostgreSQL: its address and credentials in files.
    #[arg(long, env = "GAPLESS_CONNECTIONS_DIR", value_name = "DIR", help_heading = "Scope")]
    pub connections_dir: Option<PathBuf>,
    /// A folder for cached facts, which make a restart cheap (an emptyDir is enough).
    #[arg(long, env = "GAPLESS_STATE", value_name = "DIR", help_heading = "Scope")]
    pub state: Option<PathBuf>,

    /// The kubeconfig; default: the pod's service account, else $KUBECONFIG, else ~/.kube/config.
    #[arg(long, env = "GAPLESS_KUBECONFIG", value_name = "FILE", help_heading = "API server")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; default: its current context.
    #[arg(long, env = "GAPLESS_CONTEXT", value_name = "NAME", help_heading = "API server")]
    pub context: Option<String>,
    /// Maximum writes per second; excess waits.
    #[arg(long, env = "GAPLESS_WRITE_RATE", default_value_t = 50, value_name = "N", help_heading = "API server")]
    pub write_rate: u32,
    /// Maximum burst of writes after a quiet period.
    #[arg(long, env = "GAPLESS_WRITE_BURST", default_value_t = 100, value_name = "N", help_heading = "API server")]
    pub write_burst: u32,
    /// Minimum interval between status updates of a coverage; ledger changes are immediate. 0s: no minimum.
    #[arg(long, env = "GAPLESS_REPORT_EVERY", default_value = "2s", value_name = "SPAN", help_heading = "API server")]
    pub report_every: String,

    /// Work only while holding the Lease; required with two replicas.
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
    /// How long a leader that cannot renew the Lease continues: at least 1s less than --lease-duration.
    #[arg(
        long,
        env = "GAPLESS_LEASE_RENEW_DEADLINE",
        default_value = "10s",
        value_name = "SPAN",
        help_heading = "Leader election"
    )]
    pub lease_renew_deadline: String,
    /// How often the Lease is renewed or checked: at most half of --lease-renew-deadline.
    #[arg(
        long,
        env = "GAPLESS_LEASE_RETRY",
        default_value = "2s",
        value_name = "SPAN",
        help_heading = "Leader election"
    )]
    pub lease_retry: String,
    /// The identity that holds the Lease; default: $POD_NAME, else the host name. It must be unique to the process.
    #[arg(long, env = "GAPLESS_IDENTITY", value_name = "NAME", help_heading = "Leader election")]
    pub identity: Option<String>,

    /// Maximum number of live Jobs of all coverages.
    #[arg(long, env = "GAPLESS_MAX_JOBS", default_value_t = 20, value_name = "N", help_heading = "Limits")]
    pub max_jobs: u32,
    /// Whether to launch Jobs; if off, gapless still observes and reports.
    #[arg(long, env = "GAPLESS_LAUNCHES", value_enum, default_value_t = Switch::On, help_heading = "Limits")]
    pub launches: Switch,
    /// The step of the slow start (1, 2, 4, 8 … launches per step); 0s: no slow start.
    #[arg(long, env = "GAPLESS_SLOW_START", default_value = "1m", value_name = "SPAN", help_heading = "Limits")]
    pub slow_start: String,
    /// How often a table is checked for changes while a date is due within two days.
    #[arg(long, env = "GAPLESS_CADENCE_HOT", default_value = "1m", value_name = "SPAN", help_heading = "Limits")]
    pub cadence_hot: String,
    /// How often a table is checked while its newest date is less than thirty days old.
    #[arg(long, env = "GAPLESS_CADENCE_WARM", default_value = "1h", value_name = "SPAN", help_heading = "Limits")]
    pub cadence_warm: String,
    /// How often a table is checked when all its dates are older.
    #[arg(long, env = "GAPLESS_CADENCE_COLD", default_value = "24h", value_name = "SPAN", help_heading = "Limits")]
    pub cadence_cold: String,

    /// The listen address of /livez, /readyz and /metrics.
    #[arg(
        long,
        env = "GAPLESS_LISTEN",
        default_value = "0.0.0.0:8080",
        value_name = "ADDRESS",
        help_heading = "Operations"
    )]
    pub listen: String,
    /// The format of log lines; default: text in a terminal, JSON elsewhere.
    #[arg(long, env = "GAPLESS_LOG_FORMAT", value_enum, help_heading = "Operations")]
    pub log_format: Option<Format>,
    /// What to log: a level, or targets such as `gapless=debug,kube=warn`; default: $RUST_LOG, else info.
    #[arg(long, env = "GAPLESS_LOG_LEVEL", value_name = "FILTER", help_heading = "Operations")]
    pub log_level: Option<String>,
}

/// Input from the environment beside the flags: read once, passed as values.
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
    /// The surroundings of this process.
    pub fn of_process() -> Self {
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        // Linux provides it in a file; elsewhere the shell may set it.
        let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let host_name = kernel.map(|name| name.trim().to_string()).or_else(|| var("HOSTNAME"));
        Self { pod_name: var("POD_NAME"), host_name, rust_log: var("RUST_LOG") }
    }
}

mod validate;
