//! stub
use super::args::DemoArgs;
use super::exit::{Exit, Stop};
pub(super) fn demo(_: &DemoArgs) -> Result<Exit, Stop> {
    Err(Stop::failed("not yet"))
}
