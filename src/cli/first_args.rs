//! The arguments of the verbs that a new user begins with.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::instant::instant;

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

/// `fields`.
#[derive(Clone, Debug, Args)]
pub struct FieldsArgs {
    /// The field: `tc.spec.complete`, `Season.spec.dates.from`; without it: all kinds.
    pub field: Option<String>,
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
