//! The binary: arguments in, exit status out.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    gapless::cli::run(gapless::cli::Cli::parse()).into()
}
