//! The ledger on the wire and back, exactly: what is read is what was written, or it is rejected.

mod decode;
mod encode;
mod stored;

use crate::domain::ledger::Stage;
use crate::domain::words::words;

pub(crate) use decode::last_outcome;
pub use decode::{ledger, ledger_launches};
pub(crate) use encode::write;
pub use stored::{from_json, to_json};

words! {
    /// The stages by their words.
    pub enum StageWord {
        /// See [`Stage::Recorded`].
        Recorded,
        /// See [`Stage::Created`].
        Created,
        /// See [`Stage::Ended`].
        Ended,
    }
}

impl StageWord {
    fn of(stage: &Stage) -> Self {
        match stage {
            Stage::Recorded => Self::Recorded,
            Stage::Created { .. } => Self::Created,
            Stage::Ended { .. } => Self::Ended,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
