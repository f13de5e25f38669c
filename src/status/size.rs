//! How large a status may be, and how large it is.

use crate::api::kinds::CoverageStatus;

/// The maximum size of a status, in bytes of JSON (docs/adr/0008-ledger-in-the-status.md).
pub const LIMIT: usize = 256 * 1024;
/// A ledger of this size has hardly room left: launches stop. The rest is kept for what live attempts still add, and
/// for the report.
pub const NEARLY_FULL: usize = LIMIT / 8 * 7;

/// The size of a status, in bytes of JSON.
pub fn size(status: &CoverageStatus) -> usize {
    serde_json::to_vec(status).map_or(usize::MAX, |bytes| bytes.len())
}

/// Whether the ledger within a status has hardly room left.
pub fn is_nearly_full(status: &CoverageStatus) -> bool {
    let ledger = CoverageStatus {
        attempts: status.attempts.clone(),
        ledger: status.ledger.clone(),
        recent: status.recent.clone(),
        ..CoverageStatus::default()
    };
    size(&ledger) > NEARLY_FULL
}
