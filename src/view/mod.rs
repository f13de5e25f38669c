//! What people and scripts see: pure functions from the engine's overview to text. Nothing here prints or asks the time.

pub mod calendar;
pub mod explain;
pub mod json;
pub mod live;
pub mod log;
#[cfg(feature = "kubernetes")]
pub mod metrics;
mod names;
pub mod palette;
pub mod plan;
pub mod problems;
pub mod status;
pub mod summary;

#[cfg(test)]
mod fixtures;
