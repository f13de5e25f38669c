//! `gapless operator` in a build for one machine alone.

use clap::Args;

use super::args::GrantsArgs;
use super::exit::{Exit, Stop};

/// Flags that this build does not understand.
#[derive(Clone, Debug, Args)]
pub struct OperatorArgs {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _flags: Vec<String>,
}

const ABSENT: &str = "this build does not include the operator: build it with the feature `kubernetes`";

pub(super) fn operator(_: &OperatorArgs) -> Result<Exit, Stop> {
    Err(Stop::bad_input(ABSENT))
}

pub(super) fn grants(_: &GrantsArgs) -> Result<Exit, Stop> {
    Err(Stop::bad_input(ABSENT))
}
