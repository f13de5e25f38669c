//! From the engine's view to the status on the wire, and back. Pure: `now` is an argument, and no value of a status
//! moves while nothing changes, so that an unchanged world writes nothing.
//!
//! [`ready`] is the one rule of readiness, [`reasons`] every word that a condition uses, [`conditions`] the one setter;
//! [`coverage`], [`season`] and [`game_date`] render, [`mod@ledger`] and [`read`] take back, [`patch`] tells what to send,
//! [`lint`] what must hold of every status.

pub mod conditions;
pub mod coverage;
pub mod game_date;
pub mod ledger;
pub mod lint;
pub mod patch;
pub mod read;
pub mod ready;
pub mod reasons;
pub mod season;
pub mod size;
pub(crate) mod summary;
pub(crate) mod text;

pub use coverage::{coverage_status, ledger_status, stalled_status};
pub use game_date::{Row, game_date_answer, is_unread, rows};
pub use ledger::{ledger, ledger_launches};
pub use patch::{StoredStatus, merge_patch};
pub use read::told;
pub use reasons::Reason;
pub use season::{Sight, Unfit, refused_season_status, season_status, warehouse_status};
pub use size::{LIMIT, NEARLY_FULL, is_nearly_full, size};

#[cfg(test)]
pub(crate) mod tests;
