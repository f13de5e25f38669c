//! What people and scripts see: pure functions from the engine's overview to text. Nothing here prints or asks the time.

pub(crate) mod calendar;
pub(crate) mod commands;
mod deadlines;
pub(crate) mod explain;
pub(crate) mod fields;
pub(crate) mod helps;
pub(crate) mod json;
pub(crate) mod live;
pub(crate) mod log;
#[cfg(feature = "kubernetes")]
pub mod metrics;
pub(crate) mod morning;
mod names;
pub(crate) mod palette;
pub(crate) mod plan;
pub(crate) mod problems;
mod progress;
mod sources;
pub(crate) mod status;
pub(crate) mod stopping;
pub(crate) mod summary;
mod times;
mod waits;
pub(crate) mod width;

#[cfg(test)]
mod fixtures;
