//! The binary: arguments in, exit status out.

use std::process::ExitCode;

fn main() -> ExitCode {
    gapless::cli::run(gapless::cli::parse(std::env::args_os())).into()
}
