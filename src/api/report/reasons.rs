//! Every condition type and every reason, one line each. `docs/conditions.md` is made from this file; a test proves it
//! fresh. A reason that is not here cannot be set.

use std::fmt::Write;

use crate::domain::state::{Cause, Hold};
use crate::domain::verdict::UnknownReason;

macro_rules! words {
    ($($(#[doc = $outer:literal])* $enum:ident { $($(#[doc = $doc:literal])* $name:ident,)* })*) => {$(
        $(#[doc = $outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum { $($(#[doc = $doc])* $name,)* }

        impl $enum {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word on the wire.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// What it means.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),*).trim_ascii(),)* }
            }
        }
    )*};
}

words! {
    /// The types of conditions.
    ConditionType {
        /// Every due date of a coverage is done; a Season knows its dates; a Warehouse can be read.
        Ready,
        /// Something will change without a person, and it is not suspended.
        Reconciling,
        /// Nothing will change without a person: the spec is invalid, it asks what the table cannot answer, or no attempt is
        /// left for what is open. Where gapless only reports, others fill: then it is a date that is late.
        Stalled,
    }

    /// The reasons, those of `Ready` from the best to the worst within each group.
    Reason {
        /// Every due date is complete, waived or not expected.
        Complete,
        /// The spec of a Warehouse is accepted, and its folder can be read.
        Accepted,
        /// The dates of a Season are known.
        Scheduled,
        /// No work in progress. Of `Reconciling`, when it is False.
        AtRest,
        /// The spec is valid, and what is open changes without a person. Of `Stalled`, when it is False.
        Obeyed,
        /// No date expects anything: the calendar is empty, or all of it is off.
        NothingExpected,
        /// Not every date was read yet.
        NotProbed,
        /// A read failed; gapless tries again.
        ProbeFailed,
        /// A read would exceed a limit of its Warehouse.
        ProbeBudget,
        /// The schedule is older than `maxAge`: refresh it.
        ScheduleStale,
        /// The schedule says nothing of a date, or has no unit at all: the message says whether to refresh it, to correct `where`,
        /// or to correct the dates of the Season.
        ScheduleMissing,
        /// A unit has no known start, and only rows before it count: complete the schedule.
        StartUnknown,
        /// A date has rows of units that are not expected, and the missing ones may be among them, or two games have one name:
        /// correct `unit`, or add `aliases` to the Season.
        UnitsUnmatched,
        /// A date has rows, and none has what a filter looks for: correct its spelling, or the data.
        FilterUnmatched,
        /// The warehouse refused to answer: fix the permissions.
        Unauthorized,
        /// A column is missing, or of a type that cannot be read as declared.
        SchemaMismatch,
        /// Jobs of open dates are live.
        Running,
        /// Jobs have ended, and what they wrote is being read.
        Verifying,
        /// An earlier date is not done yet, and the order is Sequential.
        Sequence,
        /// The CronJob's own run is live; gapless looks again when it has ended.
        DailyRun,
        /// Another Job of gapless covers the same dates of the same table.
        Busy,
        /// A Job was refused for now; gapless tries again.
        Quota,
        /// The backoff of a failed attempt has not passed.
        Waiting,
        /// Dates have rows, but not all that they must have.
        Partial,
        /// Dates have no row.
        Missing,
        /// So many complete dates vanished at once that the read is doubted; launches wait for two more.
        SuspectProbe,
        /// A schedule lost games on so many dates at once that it is doubted; what it said before stands until two more reads agree.
        ScheduleSuspect,
        /// Launches are switched off for the namespace or the operator.
        LaunchesOff,
        /// The ledger has reached its size limit: split the coverage.
        StatusFull,
        /// No rung repairs what is wrong: it needs manual repair.
        Unrecoverable,
        /// No attempt is left: fix the cause, then `retry`.
        Exhausted,
        /// It or its Season is suspended while dates are open.
        Suspended,
        /// Another Job has the name that a launch needs: remove it.
        NameTaken,
        /// The CronJob's author does not allow gapless to run it: set its annotation `gapless.dev/fill: allowed`.
        FillNotAllowed,
        /// The CronJob of a rung does not exist.
        TemplateNotFound,
        /// The Warehouse does not exist, or is invalid.
        WarehouseNotFound,
        /// The Season does not exist, or is invalid.
        SeasonNotFound,
        /// A coverage that a GameDate names does not exist, or is invalid.
        CoverageNotFound,
        /// The date of a GameDate is not one of its Season's dates.
        UnknownDate,
        /// The namespace may not read the folder of a Warehouse, or a link leads from it to where it may not: ask your gapless
        /// administrator to grant it.
        NotGranted,
        /// The folder of a Warehouse does not exist: create it, or mount its volume.
        FolderNotFound,
        /// The spec, or what was made of it, is refused; the message says which field and why.
        Refused,
    }
}

impl Reason {
    /// Why a spec cannot be obeyed.
    pub const REFUSALS: [Self; 9] = [
        Self::NameTaken,
        Self::FillNotAllowed,
        Self::TemplateNotFound,
        Self::WarehouseNotFound,
        Self::SeasonNotFound,
        Self::CoverageNotFound,
        Self::UnknownDate,
        Self::NotGranted,
        Self::Refused,
    ];

    /// What is the matter with an open cell.
    pub fn of(cause: Cause) -> Self {
        match cause {
            Cause::Running(_) => Self::Running,
            Cause::Verifying { .. } => Self::Verifying,
            Cause::NotExpected(_) | Cause::NotDue { .. } | Cause::Complete | Cause::Waived => Self::Complete,
            Cause::Unknown(unknown) => Self::of_unknown(unknown),
            Cause::NoRung => Self::Unrecoverable,
            Cause::Exhausted(_) => Self::Exhausted,
            Cause::Blocked(hold) => Self::of_hold(hold),
            Cause::Waiting(_) => Self::Waiting,
            Cause::Partial(_) => Self::Partial,
            Cause::Missing => Self::Missing,
        }
    }

    /// Why nothing can be said.
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
            Hold::Quota => Self::Quota,
            Hold::StatusFull => Self::StatusFull,
            Hold::Sequence => Self::Sequence,
        }
    }

    /// Why a spec is refused, told by the sentence: `spec.season: SeasonNotFound: there is no …`.
    pub fn of_refusal(sentence: &str) -> Self {
        let told = |r: &Reason| sentence.split(": ").take(2).any(|part| part == r.word());
        Self::REFUSALS.into_iter().find(told).unwrap_or(Self::Refused)
    }
}

/// What tools that wait for an object make of all this.
const WAITING: &str = "
## Waiting for an object

An object that gapless has not looked at has `status.observedGeneration: -1`, and after an edit `observedGeneration` is smaller than
`metadata.generation` until gapless has seen the edit. A GameDate has conditions only while it is refused.

| conditions | kstatus (Flux and others) | when |
|---|---|---|
| none, or of an older generation | InProgress | for a moment after it was applied |
| `Reconciling` True | InProgress | gaps are being filled; something is read again |
| `Stalled` True | Failed | a person must change something; the message says what |
| `Ready` True | Current | every due date is done |
| `Ready` False or Unknown, and none of the others True | InProgress | suspended, or launches are off: until that is lifted. A schedule is \
stale or says nothing of a date: until it is loaded. `mode: Observe` with gaps: until they are filled, or late, which is Stalled |

`kubectl wait --for=condition=Ready` waits for complete data. A deployment must not: in the evening tonight's date is open. For Flux \
leave coverages out of `healthChecks`, or ask only whether they are accepted:

```yaml
healthCheckExprs:
  - apiVersion: gapless.dev/v1alpha1
    kind: TableCoverage
    inProgress: status.observedGeneration != metadata.generation
    failed: has(status.conditions) && status.conditions.exists(c, c.type == 'Stalled' && c.status == 'True')
    current: status.observedGeneration == metadata.generation
```

`examples/gitops/argocd.yaml` has the same for Argo CD.
";

/// The page of conditions and reasons.
pub fn page() -> String {
    let mut out = String::from(
        "# Conditions\n\nGenerated from `src/api/report/reasons.rs`; regenerate with `make update`.\n\nEvery object has all three. \
         `Reconciling` and `Stalled` are never True together, and neither is True while `Ready` is. While one of them is\nTrue, \
         `Ready` repeats its reason and its message.\n\n| type | True means |\n|---|---|\n",
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
