//! The ledger's fields of a status by themselves: what is stored where there is no object that could hold it.

use serde::Serialize;

use super::super::misread::Misread;
use super::{ledger, write};
use crate::api::kinds::{AttemptStatus, CoverageStatus, LedgerStatus, SettledStatus};
use crate::domain::ledger::Ledger;

#[derive(Serialize)]
struct Fields<'a> {
    ledger: &'a Option<LedgerStatus>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    attempts: &'a [AttemptStatus],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    recent: &'a [SettledStatus],
}

/// The ledger of the coverage with this name and uid.
///
/// # Errors
/// None that a ledger can cause.
pub fn to_json(of: &Ledger, name: &str, uid: &str) -> Result<Vec<u8>, serde_json::Error> {
    let mut status = CoverageStatus::default();
    write(of, name, uid, &mut status);
    serde_json::to_vec(&Fields { ledger: &status.ledger, attempts: &status.attempts, recent: &status.recent })
}

/// Reads what [`to_json`] wrote; fields of a later version are skipped.
///
/// # Errors
/// What is wrong with it, and where.
pub fn from_json(json: &[u8]) -> Result<Ledger, Misread> {
    let status: CoverageStatus = serde_json::from_slice(json).map_err(|e| Misread::Json(e.to_string()))?;
    ledger(&status)
}
