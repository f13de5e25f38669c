//! The ledger on the wire: what was tried and cannot be read again. Compact, exact, and never cut.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::game_date_status::is_zero;

/// What was tried, apart from the attempts themselves.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerStatus {
    /// Launches so far, the number of the last Job. It only rises.
    #[schemars(extend("format" = "int64"))]
    pub launches: u64,
    /// What is asked of the table and what complete means, as a hash.
    #[schemars(length(max = 16), regex(pattern = "^[0-9a-f]{1,16}$"))]
    pub fingerprint: String,
    /// How the hashes are made. Absent: by an earlier version, whose charges are kept.
    #[serde(default, rename = "fingerprintForm", skip_serializing_if = "is_zero")]
    #[schemars(extend("format" = "int64"))]
    pub fingerprint_form: u64,
    /// What the charges of each rung belong to, one text each: `reload 5f`. It changes when what it takes to fill a date changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 128)), extend("x-kubernetes-list-type" = "atomic"))]
    pub fingerprints: Vec<String>,
    /// What the Jobs of each rung were made from, one text each: `reload 5f`, `reload 5f trial` when that changed and is to be
    /// tried on the newest exhausted date, `reload 5f trial=7` when launch 7 tries it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 128)), extend("x-kubernetes-list-type" = "atomic"))]
    pub templates: Vec<String>,
    /// Dates that were complete at their last read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 65536))]
    pub complete: String,
    /// The rerun token that was spent last, by date.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3660), extend("x-kubernetes-list-type" = "atomic"))]
    pub tokens: Vec<SpentToken>,
    /// The rerun tokens that were spent before, at most seven for each date.
    #[serde(default, rename = "earlierTokens", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 25620), extend("x-kubernetes-list-type" = "atomic"))]
    pub earlier_tokens: Vec<SpentToken>,
    /// Launch numbers whose create was refused. The next launches take them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), extend("x-kubernetes-list-type" = "atomic"))]
    pub spare: Vec<i64>,
    /// What was charged, by rung.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub charges: Vec<RungCharges>,
}

/// A rerun token and the dates on which it was spent.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpentToken {
    /// The token.
    #[schemars(length(max = 64))]
    pub token: String,
    /// The dates.
    #[schemars(length(max = 65536))]
    pub dates: String,
}

/// What was charged on one rung.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungCharges {
    /// The rung.
    #[schemars(length(max = 64))]
    pub rung: String,
    /// Dates with equal histories, one text each: `2025-11-14 Failed charged=2 retry=2025-11-20T12:05:00Z`.
    /// `free` counts uncharged outcomes in a row, `reads` complete reads in a row, `alone` dates that run alone next.
    #[schemars(length(max = 3660), inner(length(max = 65536)), extend("x-kubernetes-list-type" = "atomic"))]
    pub dates: Vec<String>,
}

/// An attempt that is not settled.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttemptStatus {
    /// Its launch number.
    #[schemars(extend("format" = "int64"))]
    pub launch: u64,
    /// Its Job.
    #[schemars(length(max = 63))]
    pub job: String,
    /// How far it is: Recorded, Created, Ended.
    #[schemars(length(max = 16))]
    pub stage: String,
    /// The Job's uid, once it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uid: Option<String>,
    /// Its rung.
    #[schemars(length(max = 64))]
    pub rung: String,
    /// Where the table is that it fills, as it was when this was recorded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 4096))]
    pub place: String,
    /// The table there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub table: String,
    /// Other names of that table then: as it was declared, and the device and inode of its folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub aliases: Vec<TableName>,
    /// Which attempt of its dates it is.
    pub number: u32,
    /// Its dates.
    #[schemars(length(max = 65536))]
    pub dates: String,
    /// What dates held before, one text for dates that held the same: `2025-11-14 mark=5f rows=120 covered=8 values=240`, and
    /// `complete` at its end where nothing was lacking.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3660), inner(length(max = 65536)), extend("x-kubernetes-list-type" = "atomic"))]
    pub before: Vec<String>,
    /// The rerun tokens that it spends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3660), extend("x-kubernetes-list-type" = "atomic"))]
    pub tokens: Vec<SpentToken>,
    /// When it was recorded.
    #[schemars(length(max = 40))]
    pub recorded_at: String,
    /// When its Job ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub ended_at: Option<String>,
    /// How its Job ended: `Succeeded`, `Exit 65`, `Deadline`, `Killed`, `Disrupted`, `Lost`, `NeverStarted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub end: Option<String>,
    /// What the filler said at its end.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub message: String,
}

/// A table by one of its names.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableName {
    /// Where it is.
    #[schemars(length(max = 4096))]
    pub place: String,
    /// The table there.
    #[schemars(length(max = 1024))]
    pub table: String,
}

/// A settled attempt.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledStatus {
    /// Its launch number.
    #[schemars(extend("format" = "int64"))]
    pub launch: u64,
    /// Its rung.
    #[schemars(length(max = 64))]
    pub rung: String,
    /// When it was settled.
    #[schemars(length(max = 40))]
    pub at: String,
    /// What became of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub outcomes: Vec<OutcomeStatus>,
    /// What the filler said at its end.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub message: String,
}

/// Dates of one outcome.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeStatus {
    /// The outcome.
    #[schemars(length(max = 32))]
    pub outcome: String,
    /// The dates.
    #[schemars(length(max = 65536))]
    pub dates: String,
}
