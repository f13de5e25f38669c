//! Observe (many, async) → decide (one, sync) → apply (many, async) → report, over the [`ports`].

pub mod overview;
pub mod ports;
