//! The arguments of the verbs that read files or a cluster.

use clap::Args;
use jiff::civil::Date;

use super::{ClusterArgs, ReadArgs};
use crate::domain::dates::previous_day;

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
    /// Look again every few seconds, until Ctrl-C.
    #[command(flatten)]
    pub watch: WatchArgs,
}

/// Whether a verb looks again and again.
#[derive(Clone, Copy, Debug, Args)]
pub struct WatchArgs {
    /// Look again every few seconds, until Ctrl-C.
    #[arg(short, long, conflicts_with = "now")]
    pub watch: bool,
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
    /// Whether it looks again.
    #[command(flatten)]
    pub watch: WatchArgs,
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
    /// The date, `yesterday` or `today` in the season's zone; default: the newest date that is not done.
    #[arg(value_parser = day)]
    pub date: Option<Day>,
    /// Print the output of its last Job as well, whole.
    #[arg(long, conflicts_with = "output")]
    pub logs: bool,
}

/// A date as a person names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    Date(Date),
    Yesterday,
    Today,
}

impl Day {
    /// The date, where it is this day.
    pub(in crate::cli) fn of(self, today: Date) -> Date {
        match self {
            Self::Date(date) => date,
            Self::Yesterday => previous_day(today),
            Self::Today => today,
        }
    }
}

fn day(text: &str) -> Result<Day, String> {
    match text {
        "yesterday" => Ok(Day::Yesterday),
        "today" => Ok(Day::Today),
        _ => text
            .parse()
            .map(Day::Date)
            .map_err(|_| "expected a date such as 2025-11-14, yesterday or today".to_string()),
    }
}
