//! The arguments of every verb.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;

/// Keeps date-partitioned data complete: finds the gaps, fills them with Jobs, verifies by reading again.
#[derive(Debug, Parser)]
#[command(
    name = "gapless",
    version,
    propagate_version = true,
    after_help = "\
Examples:
  gapless demo                                     a season with deliberate gaps, filled while you watch
  gapless check -f manifests/                      every problem of the manifests, with file and line
  gapless calendar -f manifests/                   the season as a heat map
  gapless explain -f manifests/ tc/boxscores 2025-11-14
  gapless local -f manifests/ --once               fill until nothing is left to do
  kubectl gapless calendar -n sports               the same for a cluster, read from its objects only

Exit status: 0 every due date is done, 3 gaps remain or something is unknown, 2 wrong usage or bad input, 1 gapless failed."
)]
pub struct Cli {
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Colors::Auto)]
    pub color: Colors,
    /// What to do.
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

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Keep the coverages of a cluster complete.
    Operator(Box<super::operator::OperatorArgs>),
    /// Fill gaps on this machine: Jobs are child processes, state is a folder.
    Local(LocalArgs),
    /// Show what would be launched, in which order, and why the rest is not; changes nothing.
    Plan(PlanArgs),
    /// Draw the dates of all coverages as a heat map.
    Calendar(CalendarArgs),
    /// Explain one date of one coverage.
    Explain(ExplainArgs),
    /// One line per coverage.
    Status(StatusArgs),
    /// Retry dates, from the first rung; writes GameDates.
    Retry(RetryArgs),
    /// Waive dates, with a reason; writes GameDates.
    Waive(WaiveArgs),
    /// Read every resource as the API server would; list all problems with file, line and field.
    Check(CheckArgs),
    /// Print the CustomResourceDefinitions.
    Crds(CrdsArgs),
    /// Print the RoleBindings that a cluster-wide operator needs for its grants file.
    Grants(GrantsArgs),
    /// Make a season with deliberate gaps in a folder and fill it.
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

/// Where the manifests and the state are.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// A folder or file with manifests; may be given several times.
    #[arg(short, long = "file", value_name = "DIR")]
    pub files: Vec<PathBuf>,
    /// The folder for ledger, Jobs and remembered facts; default: `state` beside the manifests.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// The folder below which Warehouse folders lie; default: that of the manifests.
    #[arg(long, value_name = "DIR", env = "GAPLESS_FILES_ROOT")]
    pub files_root: Option<PathBuf>,
}

/// Which cluster, where no manifests are given. What the person may do there is what gapless may do.
#[derive(Clone, Debug, Default, Args)]
pub struct ClusterArgs {
    /// The kubeconfig; default: as kubectl finds it.
    #[arg(long, value_name = "FILE", conflicts_with = "files", help_heading = "In a cluster (without -f)")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; default: its current one.
    #[arg(long, value_name = "NAME", conflicts_with = "files", help_heading = "In a cluster (without -f)")]
    pub context: Option<String>,
    /// The namespace; default: that of the context.
    #[arg(short, long, value_name = "NAME", conflicts_with = "files", help_heading = "In a cluster (without -f)")]
    pub namespace: Option<String>,
}

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Text,
    /// For scripts; documented, additive only.
    Json,
}

/// A verb that only reads.
#[derive(Clone, Debug, Args)]
pub struct ReadArgs {
    /// Where the manifests are.
    #[command(flatten)]
    pub place: Place,
    /// Text for people or JSON for scripts.
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// A timestamp that replaces the clock.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub now: Option<Timestamp>,
}

/// Jobs of one machine that may be live at once, unless somebody says how many.
pub const MAX_JOBS: u32 = 4;

/// How many Jobs at once: what is planned is what is launched.
#[derive(Clone, Copy, Debug, Args)]
pub struct Slots {
    /// Live Jobs of all coverages at most.
    #[arg(long, value_name = "N", default_value_t = MAX_JOBS)]
    pub max_jobs: u32,
}

/// `plan`.
#[derive(Clone, Debug, Args)]
pub struct PlanArgs {
    /// Common arguments.
    #[command(flatten)]
    pub read: ReadArgs,
    /// How many Jobs at once.
    #[command(flatten)]
    pub slots: Slots,
}

/// `status`.
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
    /// Common arguments.
    #[command(flatten)]
    pub read: ReadArgs,
    /// Which cluster.
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
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// All namespaces.
    #[arg(short = 'A', long, conflicts_with_all = ["files", "namespace"], help_heading = "In a cluster (without -f)")]
    pub all_namespaces: bool,
    /// Only this coverage or season: `tc/boxscores`, `boxscores`, `nba-2024-25`.
    pub name: Option<String>,
    /// Dates as rows, coverages as columns; only rows with something open.
    #[arg(long)]
    pub grid: bool,
    /// With --grid: every row.
    #[arg(long, requires = "grid")]
    pub all: bool,
    /// The first date; earlier ones are neither shown, nor counted, nor part of the exit status.
    #[arg(long)]
    pub from: Option<Date>,
    /// The last date, likewise.
    #[arg(long)]
    pub through: Option<Date>,
}

/// `explain`.
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// Common arguments.
    #[command(flatten)]
    pub read: ReadArgs,
    /// Which cluster.
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
    /// Where the manifests are.
    #[command(flatten)]
    pub place: Place,
    /// End when nothing is left to do.
    #[arg(long)]
    pub once: bool,
    /// How many Jobs at once.
    #[command(flatten)]
    pub slots: Slots,
    /// Whether anything is launched.
    #[arg(long, value_enum, default_value_t = Switch::On)]
    pub launches: Switch,
    /// The step of slow start (1, 2, 4, 8 … launches a step); 0s: none.
    #[arg(long, default_value = "1s")]
    pub slow_start: String,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// `retry`.
#[derive(Clone, Debug, Args)]
pub struct RetryArgs {
    /// Where the manifests are.
    #[command(flatten)]
    pub place: Place,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The coverage: `tc/boxscores`.
    pub coverage: String,
    /// Dates: `2025-11-14`, or `2025-11-14..2025-11-20`.
    #[arg(required = true)]
    pub dates: Vec<String>,
    /// The token; default: derived from the current time.
    #[arg(long)]
    pub token: Option<String>,
}

/// `waive`.
#[derive(Clone, Debug, Args)]
pub struct WaiveArgs {
    /// Where the manifests are.
    #[command(flatten)]
    pub place: Place,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The coverage: `tc/boxscores`.
    pub coverage: String,
    /// Dates: `2025-11-14`, or `2025-11-14..2025-11-20`.
    #[arg(required = true)]
    pub dates: Vec<String>,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// The last date on which it holds.
    #[arg(long)]
    pub expires: Option<Date>,
}

/// `check`.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// A folder or file with manifests; may be given several times.
    #[arg(short, long = "file", value_name = "DIR", required = true)]
    pub files: Vec<PathBuf>,
}

/// `crds`.
#[derive(Clone, Debug, Args)]
pub struct CrdsArgs {
    /// Write one file each into this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `grants`.
#[derive(Clone, Debug, Args)]
pub struct GrantsArgs {
    /// The grants file: which folders each namespace may read.
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
    /// Leave everything in this folder to look at.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Only make the season in this folder, with its gaps, and fill nothing: for a volume of a cluster.
    #[arg(long, value_name = "DIR", conflicts_with = "keep")]
    pub build: Option<PathBuf>,
    /// Which gaps are made; the same number gives the same demo.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "expected a timestamp such as 2025-11-14T12:00:00Z".to_string())
}
