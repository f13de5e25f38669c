//! Observe (many, async) → decide (one, sync) → apply (many, async) → report, over the [`ports`].
//!
//! [`world`] is all that is known; `observe` and `jobs` bring answers into it; `pass` turns it into calls;
//! [`drive`] makes them; `report` and `events` tell people.

mod book;
pub mod call;
mod claims;
mod clock;
pub mod contract;
mod coverage;
pub mod drive;
mod events;
mod idle;
mod jobs;
mod known_jobs;
mod look;
pub mod memory;
mod observe;
pub mod overview;
mod pass;
pub mod ports;
mod refusal;
mod report;
mod respec;
mod saving;
pub mod spec;
mod stale;
mod strangers;
mod timeline;
mod told;
pub mod world;

#[cfg(test)]
pub(crate) mod tests;
