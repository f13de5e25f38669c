//! What people and scripts see: pure functions from the engine's overview to text. Nothing here prints or asks the time.

pub(crate) mod calendar;
pub(crate) mod explain;
pub(crate) mod fields;
pub(crate) mod json;
pub(crate) mod live;
pub(crate) mod log;
#[cfg(feature = "kubernetes")]
pub mod metrics;
mod names;
pub(crate) mod palette;
pub(crate) mod plan;
pub(crate) mod problems;
pub(crate) mod status;
pub(crate) mod summary;

#[cfg(test)]
mod fixtures;
