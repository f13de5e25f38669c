//! The ledger on the wire: the history of attempts, which cannot be read again. Compact, exact, and never truncated.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::game_date_status::is_zero;

/// The history of attempts, without the attempts themselves.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerStatus {
    /// The number of launches so far, which is the number of the last Job. It only rises.
    #[schemars(extend("format" = "int64"))]
    pub launches: u64,
    /// A hash of the coverage's queries and its definition of complete. If it changes, the charges are cleared.
    #[schemars(length(max = 16), regex(pattern = "^[0-9a-f]{1,16}$"))]
    pub fingerprint: String,
    /// The version of the hash rule. Absent: an earlier version of gapless, whose charges are kept.
    #[serde(default, rename = "fingerprintForm", skip_serializing_if = "is_zero")]
    #[schemars(extend("format" = "int64"))]
    pub fingerprint_form: u64,
    /// A hash of each rung's settings, one text each: `reload 5f`. If it changes, the charges of the rung are cleared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 128)), extend("x-kubernetes-list-type" = "atomic"))]
    pub fingerprints: Vec<String>,
    /// The template of each rung's Jobs, one text each: `reload 5f`; `reload 5f trial` if it changed and is to be tried on the
    /// newest exhausted date; `reload 5f trial=7` if launch 7 tries it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 128)), extend("x-kubernetes-list-type" = "atomic"))]
    pub templates: Vec<String>,
    /// The breakers of rungs whose last attempts brought nothing. A rung that is missing here has a closed breaker.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub breakers: Vec<BreakerStatus>,
    /// What was spent, one text for each source: `odds-api 2025-11-01T00:00:00Z 120` with the start of the last window in which
    /// something was spent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 128)), extend("x-kubernetes-list-type" = "atomic"))]
    pub spent: Vec<String>,
    /// Dates that were complete at their last read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 65536))]
    pub complete: String,
    /// The last used rerun token of each date.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3660), extend("x-kubernetes-list-type" = "atomic"))]
    pub tokens: Vec<SpentToken>,
    /// The rerun tokens used before that, at most seven for each date.
    #[serde(default, rename = "earlierTokens", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 25620), extend("x-kubernetes-list-type" = "atomic"))]
    pub earlier_tokens: Vec<SpentToken>,
    /// Launch numbers whose create was refused. The next launches reuse them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), extend("x-kubernetes-list-type" = "atomic"))]
    pub spare: Vec<i64>,
    /// The charges by rung.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub charges: Vec<RungCharges>,
}

/// The breaker of a rung. It is open until `until`, then half-open until a trial brings something. Without `until` it is closed.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerStatus {
    /// The rung.
    #[schemars(length(max = 64))]
    pub rung: String,
    /// While it is closed: the dates of the last attempts in a row that brought nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 65536))]
    pub failed: String,
    /// When it opened first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub since: Option<String>,
    /// When one trial may start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub until: Option<String>,
    /// The number of trials in a row that brought nothing.
    #[serde(default, skip_serializing_if = "is_none_of")]
    pub trials: u8,
    /// The launch whose attempt opened it last.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(extend("format" = "int64"))]
    pub launch: u64,
    /// The outcome of that attempt.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 32))]
    pub outcome: String,
    /// The filler's termination message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub message: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_none_of(count: &u8) -> bool {
    *count == 0
}

/// A rerun token and the dates on which it was used.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpentToken {
    /// The token.
    #[schemars(length(max = 64))]
    pub token: String,
    /// The dates.
    #[schemars(length(max = 65536))]
    pub dates: String,
}

/// The charges on one rung.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungCharges {
    /// The rung.
    #[schemars(length(max = 64))]
    pub rung: String,
    /// Dates with equal histories, one text each: `2025-11-14 Failed charged=2 retry=2025-11-20T12:05:00Z`.
    /// `free` is the number of uncharged outcomes in a row, `reads` that of complete reads in a row; `alone` marks dates that run in
    /// a Job of their own next.
    #[schemars(length(max = 3660), inner(length(max = 65536)), extend("x-kubernetes-list-type" = "atomic"))]
    pub dates: Vec<String>,
}

/// An attempt that is not settled.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttemptStatus {
    /// The launch number.
    #[schemars(extend("format" = "int64"))]
    pub launch: u64,
    /// The name of the Job.
    #[schemars(length(max = 63))]
    pub job: String,
    /// The stage: Recorded, Created, Ended.
    #[schemars(length(max = 16))]
    pub stage: String,
    /// The Job's uid, after it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uid: Option<String>,
    /// The rung.
    #[schemars(length(max = 64))]
    pub rung: String,
    /// The location of the table that it fills, as of the record.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 4096))]
    pub place: String,
    /// The table at that location.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub table: String,
    /// Other names of the table at that time: as declared, and the device and inode of its folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub aliases: Vec<TableName>,
    /// The number of the attempt for its dates.
    pub number: u32,
    /// The dates.
    #[schemars(length(max = 65536))]
    pub dates: String,
    /// The contents of the dates before the attempt, one text for dates with equal contents:
    /// `2025-11-14 mark=5f rows=120 covered=8 values=240`, with `complete` at the end if nothing was missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3660), inner(length(max = 65536)), extend("x-kubernetes-list-type" = "atomic"))]
    pub before: Vec<String>,
    /// The rerun tokens that it uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3660), extend("x-kubernetes-list-type" = "atomic"))]
    pub tokens: Vec<SpentToken>,
    /// What its Job draws from a Source: `odds-api credits=12 requests=15`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub draws: Option<String>,
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
    /// The filler's termination message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub message: String,
}

/// A table under one of its names.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableName {
    /// The location of the table.
    #[schemars(length(max = 4096))]
    pub place: String,
    /// The table at that location.
    #[schemars(length(max = 1024))]
    pub table: String,
}

/// A settled attempt.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledStatus {
    /// The launch number.
    #[schemars(extend("format" = "int64"))]
    pub launch: u64,
    /// The rung.
    #[schemars(length(max = 64))]
    pub rung: String,
    /// When it was settled.
    #[schemars(length(max = 40))]
    pub at: String,
    /// The outcomes of its dates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub outcomes: Vec<OutcomeStatus>,
    /// The filler's termination message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub message: String,
}

/// The dates with one outcome.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeStatus {
    /// The outcome.
    #[schemars(length(max = 32))]
    pub outcome: String,
    /// The dates.
    #[schemars(length(max = 65536))]
    pub dates: String,
}
