//! The arguments of `completions` and `man`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `completions`.
#[derive(Clone, Copy, Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

/// A shell that is completed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// `man`.
#[derive(Clone, Debug, Args)]
pub struct ManArgs {
    /// Write the pages into this folder, one for each verb.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
