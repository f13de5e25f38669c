//! Every condition type and every reason, one line each. `docs/conditions.md` is generated from this file, and a test compares
//! them. A reason that is not listed here cannot be set.

use std::fmt::Write;

use crate::domain::state::{Cause, Hold};
use crate::domain::verdict::UnknownReason;
use crate::domain::words::words;

words! {
    /// The types of conditions.
    pub enum ConditionType {
        /// Coverage: every due date is done. Season: its dates are known. Warehouse: it can be read. Source: launches may draw on it.
        Ready,
        /// Work is in progress or will start automatically, and the object is not suspended.
        Reconciling,
        /// Nothing changes until a person acts: the spec is invalid, it asks what the table cannot answer, or open dates have
        /// no attempts left. With `mode: Observe`, when other programs fill the table: a date is late.
        Stalled,
    }
}

words! {
    /// The reasons; within each group from the best to the worst.
    pub enum Reason {
        /// Every due date is complete, waived or not expected.
        Complete,
        /// The spec is accepted, and open dates need no action. Used when `Stalled` is False, for a Warehouse that can be
        /// read, and for a Source that launches may draw on.
        Accepted,
        /// The dates of the Season are known.
        Scheduled,
        /// No work is in progress. Used when `Reconciling` is False.
        Idle,
        /// No date expects data: the calendar is empty, or all dates are off days.
        NothingExpected,
        /// Some dates have not been read yet. For a Warehouse: no table of it was read yet.
        NotProbed,
        /// A read failed; gapless retries.
        ProbeFailed,
        /// A read would exceed a limit of its Warehouse.
        ProbeBudget,
        /// The schedule is older than `maxAge`: refresh the schedule.
        ScheduleStale,
        /// The schedule has no information about a date, or no units at all: the message says whether to refresh it, to correct
        /// `where`, or to correct the dates of the Season.
        ScheduleMissing,
        /// The start of a unit is unknown, and only rows before the start count: add it to the schedule.
        StartUnknown,
        /// A date has rows of unexpected units that may be the missing ones, or two games have the same name: correct `unit`, or
        /// add `aliases` to the Season.
        UnitsUnmatched,
        /// A date has rows, but none matches a filter: correct the filter's spelling, or the data.
        FilterUnmatched,
        /// The warehouse denied access: fix the permissions.
        Unauthorized,
        /// A column is missing, or has a type that cannot be read as declared.
        SchemaMismatch,
        /// Jobs of open dates are live.
        Running,
        /// Jobs have ended, and gapless is verifying their results.
        Verifying,
        /// An earlier date is not done yet, and the order is Sequential.
        Sequence,
        /// The CronJob's own run is live; gapless continues when it has ended.
        DailyRun,
        /// Another Job of gapless is filling the same dates of the same table.
        Busy,
        /// The API server refused a Job; gapless retries.
        LaunchRefused,
        /// The backoff of a failed attempt has not passed.
        Waiting,
        /// Dates have rows, but are not complete.
        Partial,
        /// Dates have no rows.
        Missing,
        /// The breaker of a rung is open, because its last attempts brought nothing: one trial at a time runs until one brings
        /// something. The message has the last words of the filler.
        BreakerOpen,
        /// The budget of a source does not pay for dates before its window ends.
        Budget,
        /// The source of a rung is suspended.
        SourceSuspended,
        /// So many complete dates lost data at once that the read is distrusted; launches wait until two more reads agree.
        SuspectProbe,
        /// The schedule lost games on so many dates at once that it is distrusted; the earlier schedule is used until two more
        /// reads agree.
        ScheduleSuspect,
        /// Launches are switched off for the namespace or the operator.
        LaunchesOff,
        /// The ledger has reached its size limit: split the coverage.
        StatusFull,
        /// No rung repairs the problem, or none delivers the dates any more: they need manual repair, or a waiver.
        Unrecoverable,
        /// No attempts are left: fix the cause, then run `gapless retry`.
        Exhausted,
        /// The coverage or its Season is suspended while dates are open, or the Source is.
        Suspended,
        /// Another Job already has the name that a launch needs: delete it.
        NameTaken,
        /// The CronJob does not allow gapless to use it: set its annotation `gapless.dev/fill: allowed`.
        FillNotAllowed,
        /// The CronJob of a rung does not exist.
        TemplateNotFound,
        /// The Warehouse does not exist, or is invalid.
        WarehouseNotFound,
        /// The Source of a rung does not exist, or is invalid.
        SourceNotFound,
        /// The Season does not exist, or is invalid.
        SeasonNotFound,
        /// A coverage that a GameDate names does not exist, or is invalid.
        CoverageNotFound,
        /// The date of a GameDate is not one of its Season's dates.
        UnknownDate,
        /// The namespace may not read the folder, project, dataset or database of a Warehouse, charge its `billTo`, or read the
        /// target of a link in its folder: ask your gapless administrator for access.
        NotGranted,
        /// The folder of a Warehouse does not exist: create it, or mount its volume.
        FolderNotFound,
        /// The spec, or a Job made from it, is refused; the message says which field and why.
        Refused,
    }
}

impl Reason {
    /// The reasons for which a spec is invalid.
    pub const REFUSALS: [Self; 10] = [
        Self::NameTaken,
        Self::FillNotAllowed,
        Self::TemplateNotFound,
        Self::WarehouseNotFound,
        Self::SeasonNotFound,
        Self::SourceNotFound,
        Self::CoverageNotFound,
        Self::UnknownDate,
        Self::NotGranted,
        Self::Refused,
    ];

    /// The reason of a cell's state.
    pub fn of(cause: Cause) -> Self {
        match cause {
            Cause::Running(_) => Self::Running,
            Cause::Verifying { .. } => Self::Verifying,
            Cause::NotExpected(_) | Cause::NotDue { .. } | Cause::Complete | Cause::Waived => Self::Complete,
            Cause::Unknown(unknown) => Self::of_unknown(unknown),
            Cause::NoRung | Cause::Undeliverable(_) => Self::Unrecoverable,
            Cause::Exhausted(_) => Self::Exhausted,
            Cause::Blocked(hold) => Self::of_hold(hold),
            Cause::Waiting(_) => Self::Waiting,
            Cause::Partial(_) => Self::Partial,
            Cause::Missing => Self::Missing,
        }
    }

    /// The reason for Unknown.
    pub fn of_unknown(unknown: UnknownReason) -> Self {
        match unknown {
            UnknownReason::NotProbed => Self::NotProbed,
            UnknownReason::ProbeFailed => Self::ProbeFailed,
            UnknownReason::SchemaMismatch => Self::SchemaMismatch,
            UnknownReason::Unauthorized => Self::Unauthorized,
            UnknownReason::ProbeBudget => Self::ProbeBudget,
            UnknownReason::ScheduleStale => Self::ScheduleStale,
            UnknownReason::ScheduleMissing => Self::ScheduleMissing,
            UnknownReason::UnitsUnmatched => Self::UnitsUnmatched,
            UnknownReason::FilterUnmatched => Self::FilterUnmatched,
            UnknownReason::StartUnknown => Self::StartUnknown,
        }
    }

    fn of_hold(hold: Hold) -> Self {
        match hold {
            Hold::Suspended => Self::Suspended,
            Hold::LaunchesOff => Self::LaunchesOff,
            Hold::Busy => Self::Busy,
            Hold::DailyRun => Self::DailyRun,
            Hold::SuspectProbe => Self::SuspectProbe,
            Hold::BreakerOpen => Self::BreakerOpen,
            Hold::Budget => Self::Budget,
            Hold::SourceSuspended => Self::SourceSuspended,
            Hold::LaunchRefused => Self::LaunchRefused,
            Hold::StatusFull => Self::StatusFull,
            Hold::Sequence => Self::Sequence,
        }
    }

    /// The reason for which a spec is refused, from its message: `spec.season: SeasonNotFound: there is no …`.
    pub fn of_refusal(sentence: &str) -> Self {
        let told = |r: &Reason| sentence.split(": ").take(2).any(|part| part == r.word());
        Self::REFUSALS.into_iter().find(told).unwrap_or(Self::Refused)
    }
}

/// How tools that wait for an object interpret the conditions.
const WAITING: &str = "
## Waiting for an object

An object that gapless has not processed yet has `status.observedGeneration: -1`. After an edit, `observedGeneration` is less than
`metadata.generation` until gapless has processed the edit. A GameDate has conditions only while its spec is invalid.

| conditions | kstatus (Flux and others) | when |
|---|---|---|
| none, or of an older generation | InProgress | shortly after it was applied |
| `Reconciling` True | InProgress | gaps are being filled, or data is read again |
| `Stalled` True | Failed | a person must act; the message says what to do |
| `Ready` True | Current | every due date is done |
| `Ready` False or Unknown, and neither of the others True | InProgress | suspended, or launches are off: until that is lifted. The schedule is \
stale or has no information about a date: until it is loaded. `mode: Observe` with gaps: until they are filled, or late (then Stalled) |

`kubectl wait --for=condition=Ready` waits for complete data. A deployment must not do that, because tonight's date is open every \
evening. With Flux, leave coverages out of `healthChecks`, or check only whether they are accepted:

```yaml
healthCheckExprs:
  - apiVersion: gapless.dev/v1alpha1
    kind: TableCoverage
    inProgress: status.observedGeneration != metadata.generation
    failed: has(status.conditions) && status.conditions.exists(c, c.type == 'Stalled' && c.status == 'True')
    current: status.observedGeneration == metadata.generation
```

`examples/gitops/argocd.yaml` has the equivalent for Argo CD.
";

/// The page of conditions and reasons.
pub fn page() -> String {
    let mut out = String::from(
        "# Conditions\n\nGenerated from `src/status/reasons.rs`; regenerate with `make update`.\n\nEvery object has these three conditions. \
         `Reconciling` and `Stalled` are never True together, and neither is True while `Ready` is. While one\nof them is True, \
         `Ready` has the same reason and message.\n\n| type | True means |\n|---|---|\n",
    );
    for kind in ConditionType::ALL {
        let _ = writeln!(out, "| `{}` | {} |", kind.word(), kind.meaning());
    }
    out += WAITING;
    out += "\n## Reasons\n\n| reason | meaning |\n|---|---|\n";
    for reason in Reason::ALL {
        let _ = writeln!(out, "| `{}` | {} |", reason.word(), reason.meaning());
    }
    out
}
