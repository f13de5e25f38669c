//! `gapless operator` in a build for one machine alone.

use super::args::GrantsArgs;
use super::exit::{Exit, Stop};
use super::operator_args::OperatorArgs;

const ABSENT: &str = "this build does not include the operator: build it with the feature `kubernetes`";

pub(super) fn operator(_: &OperatorArgs) -> Result<Exit, Stop> {
    Err(Stop::bad_input(ABSENT))
}

pub(super) fn grants(_: &GrantsArgs) -> Result<Exit, Stop> {
    Err(Stop::bad_input(ABSENT))
}
