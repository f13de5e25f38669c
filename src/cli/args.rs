//! The arguments of every verb.

mod manual;
mod reading;
mod requests;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

pub use manual::{CompletionsArgs, ManArgs, Shell};
pub use reading::{CalendarArgs, ExplainArgs, StatusArgs, WatchArgs};
pub use requests::{RetryArgs, StopArgs, UnwaiveArgs, WaiveArgs};

use super::first_args::{DemoArgs, FieldsArgs, InitArgs};
use super::instant::instant;
use super::operator_args::OperatorArgs;
use super::switch::Switch;

/// Keep date-partitioned data complete: find gaps, fill them with Jobs, verify by reading again.
#[derive(Debug, Parser)]
#[command(
    name = "gapless",
    version,
    propagate_version = true,
    after_help = "\
Examples:
  gapless demo                                     watch gapless fill a season with deliberate gaps
  gapless init data/                               propose manifests for the tables of a folder
  gapless check -f manifests/                      list every problem of the manifests, with file and line
  gapless calendar -f manifests/                   show the season as a heat map
  gapless explain -f manifests/ tc/boxscores 2025-11-14
  gapless local -f manifests/ --once               fill gaps until nothing more can be done now
  kubectl gapless calendar -n sports               show the season of a cluster, read from its objects only

Exit status: 0 every due date is done, 3 gaps remain or dates are Unknown, 2 wrong usage or bad input, 1 internal error."
)]
pub struct Cli {
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Colors::Auto)]
    pub color: Colors,
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Colors {
    /// In a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Colors {
    pub(super) fn apply(self) {
        let choice = match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Keep the coverages of a cluster complete.
    Operator(Box<OperatorArgs>),
    /// Propose manifests for the tables of a folder; check them and show their calendar.
    Init(InitArgs),
    /// Fill gaps on this machine, with Jobs as child processes and state in a folder.
    Local(LocalArgs),
    /// Show what would be launched, in which order, and why the rest would not; change nothing.
    Plan(PlanArgs),
    /// Show the dates of all coverages as a heat map.
    Calendar(CalendarArgs),
    /// Explain one date of one coverage.
    Explain(ExplainArgs),
    /// Show one line per coverage.
    Status(StatusArgs),
    /// Retry dates, from the first rung; write GameDates.
    Retry(RetryArgs),
    /// Waive dates, with a reason; write GameDates.
    Waive(WaiveArgs),
    /// Take waivers of dates back that `waive` wrote.
    Unwaive(UnwaiveArgs),
    /// End the running Jobs of dates, by their grace period.
    Stop(StopArgs),
    /// Validate every resource as the API server does; list all problems with file, line and field.
    Check(CheckArgs),
    /// Describe a field: its meaning, default, unit and an example.
    Fields(FieldsArgs),
    /// Print the CustomResourceDefinitions.
    Crds(CrdsArgs),
    /// Print the RoleBindings that a cluster-wide operator needs for its grants file.
    Grants(GrantsArgs),
    /// Print a script that completes verbs and flags in a shell.
    Completions(CompletionsArgs),
    /// Print the manual page; with --out, one page for each verb as well.
    Man(ManArgs),
    /// Create a season with deliberate gaps in a folder and fill it.
    Demo(DemoArgs),
    /// Run the Job of a folder.
    #[command(hide = true)]
    RunJob {
        /// The folder.
        folder: PathBuf,
    },
    /// The demo's filler.
    #[command(hide = true)]
    DemoFiller {
        /// Its arguments.
        #[arg(trailing_var_arg = true)]
        args: Vec<String>,
    },
}

/// The paths of the manifests and the state.
#[derive(Clone, Debug, Args)]
pub struct ManifestArgs {
    /// A folder or file with manifests; may be repeated.
    #[arg(short, long = "file", value_name = "DIR")]
    pub files: Vec<PathBuf>,
    /// The folder for ledger, Jobs and cached facts; default: `state` beside the manifests.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// The parent folder of all Warehouse folders; default: that of the manifests.
    #[arg(long, value_name = "DIR", env = "GAPLESS_FILES_ROOT")]
    pub files_root: Option<PathBuf>,
    /// The folder with a folder for each connection to PostgreSQL: its address and credentials in files.
    #[arg(long, value_name = "DIR", env = "GAPLESS_CONNECTIONS_DIR")]
    pub connections_dir: Option<PathBuf>,
}

impl ManifestArgs {
    /// These arguments as flags, for another verb.
    pub(super) fn flags(&self) -> Vec<String> {
        let path = |flag: &str, path: &PathBuf| [flag.to_string(), path.display().to_string()];
        let files = self.files.iter().map(|file| path("-f", file));
        let others = [("--state", &self.state), ("--files-root", &self.files_root)];
        let others = others.into_iter().filter_map(|(flag, given)| Some(path(flag, given.as_ref()?)));
        files.chain(others).flatten().collect()
    }
}

/// The cluster, if no manifests are given. gapless uses the rights of the user.
#[derive(Clone, Debug, Default, Args)]
pub struct ClusterArgs {
    /// The kubeconfig; default: the one that kubectl uses.
    #[arg(long, value_name = "FILE", conflicts_with = "files", help_heading = "In a cluster (without -f)")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; default: its current context.
    #[arg(long, value_name = "NAME", conflicts_with = "files", help_heading = "In a cluster (without -f)")]
    pub context: Option<String>,
    /// The namespace; default: that of the context.
    #[arg(short, long, value_name = "NAME", conflicts_with = "files", help_heading = "In a cluster (without -f)")]
    pub namespace: Option<String>,
}

impl ClusterArgs {
    /// These arguments as flags, for another verb.
    pub(super) fn flags(&self) -> Vec<String> {
        let kubeconfig = self.kubeconfig.as_ref().map(|file| file.display().to_string());
        let all = [("--kubeconfig", &kubeconfig), ("--context", &self.context), ("-n", &self.namespace)];
        all.into_iter().filter_map(|(flag, given)| Some([flag.to_string(), given.clone()?])).flatten().collect()
    }
}

/// The output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people to read.
    Text,
    /// For scripts; documented; fields are only added.
    Json,
}

/// A verb that only reads.
#[derive(Clone, Debug, Args)]
pub struct ReadArgs {
    /// The paths of the manifests.
    #[command(flatten)]
    pub manifests: ManifestArgs,
    /// Output as text for people or JSON for scripts.
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Use this timestamp instead of the clock.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub now: Option<Timestamp>,
}

/// The default maximum of live Jobs on one machine.
pub const MAX_JOBS: u32 = 4;

/// The maximum of live Jobs, the same for `plan` and `local`.
#[derive(Clone, Copy, Debug, Args)]
pub struct Slots {
    /// Maximum number of live Jobs of all coverages.
    #[arg(long, value_name = "N", default_value_t = MAX_JOBS)]
    pub max_jobs: u32,
}

/// `plan`.
#[derive(Clone, Debug, Args)]
pub struct PlanArgs {
    /// Common arguments.
    #[command(flatten)]
    pub read: ReadArgs,
    /// The maximum of live Jobs.
    #[command(flatten)]
    pub slots: Slots,
}

/// What `local --once` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Wait {
    /// Nothing: launch what can start, and leave the Jobs running.
    None,
    /// The end of its Jobs, and the read of what they wrote. Dates that wait for a retry are named.
    Settled,
    /// Retries, too, until nothing changes without a person.
    All,
}

/// `local`.
#[derive(Clone, Debug, Args)]
pub struct LocalArgs {
    /// The paths of the manifests.
    #[command(flatten)]
    pub manifests: ManifestArgs,
    /// Exit when nothing more can be done now.
    #[arg(long)]
    pub once: bool,
    /// With --once: what to wait for before the exit.
    #[arg(long, value_enum, default_value_t = Wait::Settled, requires = "once")]
    pub wait: Wait,
    /// With --once: exit after this time at the latest, such as `30m`. Running Jobs continue, and the next run finds them.
    #[arg(long, value_name = "DURATION", requires = "once")]
    pub timeout: Option<String>,
    /// The maximum of live Jobs.
    #[command(flatten)]
    pub slots: Slots,
    /// Whether to launch Jobs.
    #[arg(long, value_enum, default_value_t = Switch::On)]
    pub launches: Switch,
    /// The step of the slow start (1, 2, 4, 8 … launches per step); 0s: no slow start.
    #[arg(long, default_value = "1s")]
    pub slow_start: String,
}

/// `check`.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// A folder or file with manifests; may be repeated.
    #[arg(short, long = "file", value_name = "DIR", required = true)]
    pub files: Vec<PathBuf>,
    /// The folder with a folder for each connection to PostgreSQL. With it, `check` also says which connections it does not have;
    /// it opens none.
    #[arg(long, value_name = "DIR", env = "GAPLESS_CONNECTIONS_DIR")]
    pub connections_dir: Option<PathBuf>,
}

/// `crds`.
#[derive(Clone, Debug, Args)]
pub struct CrdsArgs {
    /// Write one file per CRD into this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `grants`.
#[derive(Clone, Debug, Args)]
pub struct GrantsArgs {
    /// The grants file: what each namespace may read.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The namespace of the operator.
    #[arg(short, long, value_name = "NAME", default_value = "gapless-system")]
    pub namespace: String,
    /// The operator's service account.
    #[arg(long, value_name = "NAME", default_value = "gapless")]
    pub service_account: String,
}
