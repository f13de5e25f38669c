//! The ledger on the wire and back, exactly: what is read is what was written, or it is rejected.

mod decode;
mod encode;

pub use decode::{ledger, ledger_launches};
pub(super) use encode::write;

#[cfg(test)]
pub(crate) mod tests;
