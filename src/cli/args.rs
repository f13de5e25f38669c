//! The arguments of every verb.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;

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
  gapless local -f manifests/ --once               fill gaps until nothing is left to do
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
    /// Validate every resource as the API server does; list all problems with file, line and field.
    Check(CheckArgs),
    /// Describe a field: its meaning, default, unit and an example.
    Fields(FieldsArgs),
    /// Print the CustomResourceDefinitions.
    Crds(CrdsArgs),
    /// Print the RoleBindings that a cluster-wide operator needs for its grants file.
    Grants(GrantsArgs),
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

/// `status`.
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
    /// Common arguments.
    #[command(flatten)]
    pub read: ReadArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// All namespaces.
    #[arg(short = 'A', long, conflicts_with_all = ["files", "namespace"], help_heading = "In a cluster (without -f)")]
    pub all_namespaces: bool,
}

/// `calendar`.
#[derive(Clone, Debug, Args)]
pub struct CalendarArgs {
    /// Common arguments.
    #[command(flatten)]
    pub read: ReadArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// All namespaces.
    #[arg(short = 'A', long, conflicts_with_all = ["files", "namespace"], help_heading = "In a cluster (without -f)")]
    pub all_namespaces: bool,
    /// Show only this coverage or season: `tc/boxscores`, `boxscores`, `nba-2024-25`.
    pub name: Option<String>,
    /// Show dates as rows and coverages as columns; only dates with an open coverage.
    #[arg(long)]
    pub grid: bool,
    /// With --grid: show all dates.
    #[arg(long, requires = "grid")]
    pub all: bool,
    /// The first date; earlier dates are not shown, not counted, and do not affect the exit status.
    #[arg(long)]
    pub from: Option<Date>,
    /// The last date; later dates are excluded in the same way.
    #[arg(long)]
    pub through: Option<Date>,
}

/// `explain`.
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// Common arguments.
    #[command(flatten)]
    pub read: ReadArgs,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The coverage: `tc/boxscores`, `PropCoverage/points`.
    pub coverage: String,
    /// The date.
    pub date: Date,
}

/// `local`.
#[derive(Clone, Debug, Args)]
pub struct LocalArgs {
    /// The paths of the manifests.
    #[command(flatten)]
    pub manifests: ManifestArgs,
    /// Exit when nothing is left to do.
    #[arg(long)]
    pub once: bool,
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

/// `init`.
#[derive(Clone, Debug, Args)]
pub struct InitArgs {
    /// The folder that contains the tables, or the folder of one table.
    #[arg(value_name = "FOLDER")]
    pub data: PathBuf,
    /// Propose only this table: `raw.boxscores`.
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// The folder for the manifests; `-`: print them.
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
    /// Overwrite files.
    #[arg(long)]
    pub force: bool,
    /// The time zone of the dates, as an IANA name; default: the one that the data proves, else that of this machine.
    #[arg(long, value_name = "NAME")]
    pub zone: Option<String>,
    /// Use this timestamp instead of the clock.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub now: Option<Timestamp>,
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

/// `fields`.
#[derive(Clone, Debug, Args)]
pub struct FieldsArgs {
    /// The field: `tc.spec.complete`, `Season.spec.dates.from`; without it: all kinds.
    pub field: Option<String>,
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

/// `demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Keep all files in this folder for you to inspect.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Only create the season with its gaps in this folder, and fill nothing: for a volume of a cluster.
    #[arg(long, value_name = "DIR", conflicts_with = "keep")]
    pub build: Option<PathBuf>,
    /// The seed for the gaps; the same seed creates the same demo.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "expected a timestamp such as 2025-11-14T12:00:00Z".to_string())
}
