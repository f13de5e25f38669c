//! The binary: arguments in, exit status out.

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gapless::cli::run(gapless::cli::Cli::parse()).into()
}
