//! Observe (many, async) → decide (one, sync) → apply (many, async) → report, over the [`ports`].
//!
//! [`world`] is all that is known; `observe` and `jobs` bring answers into it; `pass` turns it into calls;
//! [`drive`] makes them; `report` and `events` show people what is known and what happened.

#![allow(missing_docs, reason = "a comment that only repeats a name is left out")]

mod assessing;
mod book;
pub mod call;
mod claims;
mod clock;
pub mod contract;
mod coverage;
mod creates;
mod creating;
mod deciding;
pub mod drive;
mod entry;
mod events;
mod facts;
mod idle;
mod known_jobs;
mod listing;
mod look;
pub mod memory;
mod observe;
pub mod overview;
mod pass;
pub mod ports;
pub mod progress;
mod removing;
mod report;
mod respec;
mod saved;
mod saving;
mod schedules;
mod season;
mod shown;
mod sources;
pub mod spec;
mod stale;
mod strangers;
mod timeline;
mod tracked;
mod turns;
mod verdicts;
pub mod world;

#[cfg(test)]
pub(crate) mod tests;
