//! What the operator writes, Jobs and the Lease apart: statuses with their ledgers, the rows of seasons, Events.

pub mod events;
pub mod reporter;
pub mod store;
