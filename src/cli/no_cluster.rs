//! The cluster of a gapless that was built without one.

use jiff::Timestamp;

use super::args::ClusterArgs;
use super::date_request::DateRequest;
use super::exit::{Exit, Stop};
use crate::domain::dates::DateSet;
use crate::status::read::ClusterOverview;

const ABSENT: &str = "this build does not support clusters: use -f DIR";

pub(super) fn look(_: &ClusterArgs, _: bool, _: Option<Timestamp>) -> Result<ClusterOverview, Stop> {
    Err(Stop::bad_input(ABSENT))
}

pub(super) fn stop(_: &ClusterArgs, _: &str, _: &DateSet) -> Result<Exit, Stop> {
    Err(Stop::bad_input(ABSENT))
}

pub(super) fn write(_: &ClusterArgs, _: &str, _: &DateSet, _: &DateRequest) -> Result<Exit, Stop> {
    Err(Stop::bad_input(ABSENT))
}
