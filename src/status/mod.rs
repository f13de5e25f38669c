//! From the engine's view to the status on the wire, and back. Pure: `now` is an argument, and no value of a status
//! moves while nothing changes, so that an unchanged world writes nothing.
//!
//! `ready` is the one rule of readiness, `reasons` every word that a condition uses, `conditions` the one setter;
//! `coverage`, `season` and `game_date` render, `ledger` and `read` take back, `patch` tells what to send,
//! `lint` what must hold of every status.

pub(crate) mod conditions;
pub(crate) mod coverage;
pub(crate) mod game_date;
pub mod ledger;
pub(crate) mod lint;
pub mod misread;
pub(crate) mod patch;
pub(crate) mod read;
pub(crate) mod ready;
pub mod reasons;
pub(crate) mod season;
pub(crate) mod size;
pub(crate) mod source;
pub(crate) mod summary;
pub(crate) mod text;

pub(crate) use coverage::{coverage_status, ledger_status, stalled_status};
pub(crate) use game_date::{Row, game_date_answer, is_unread, rows};
pub(crate) use ledger::{ledger, ledger_launches};
pub(crate) use patch::{StoredStatus, merge_patch};
pub(crate) use read::reported;
pub(crate) use reasons::Reason;
pub(crate) use season::{Sight, Unfit, refused_season_status, season_status, warehouse_status};
pub(crate) use size::is_nearly_full;
pub(crate) use source::{refused_source_status, source_record, source_status};

#[cfg(test)]
pub(crate) mod tests;
