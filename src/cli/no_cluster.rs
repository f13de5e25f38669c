//! The cluster of a gapless that was built without one.

use jiff::Timestamp;

use super::args::ClusterArgs;
use super::exit::{Exit, Stop};
use super::wish::Wish;
use crate::domain::dates::DateSet;
use crate::status::read::Told;

const ABSENT: &str = "this build does not support clusters: use -f DIR";

pub(super) fn look(_: &ClusterArgs, _: bool, _: Option<Timestamp>) -> Result<Told, Stop> {
    Err(Stop::bad_input(ABSENT))
}

pub(super) fn write(_: &ClusterArgs, _: &str, _: &DateSet, _: &Wish) -> Result<Exit, Stop> {
    Err(Stop::bad_input(ABSENT))
}
