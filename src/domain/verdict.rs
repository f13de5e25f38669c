//! The verdict on a cell, from the data alone. docs/concepts.md lists the verdicts.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::probe::UnitKey;
use super::words::words;

words! {
    /// Why nothing is expected.
    pub enum Off {
        /// The date has no units.
        OffDay,
        /// A break of the season that the user named.
        Break,
        /// The date is in the warm-up, and the coverage opted to skip that.
        WarmUp,
    }
}

words! {
    /// What is wrong with a date that has rows. The first one that holds is the reason.
    pub enum Flaw {
        /// Expected units have no row.
        UnitsMissing,
        /// Units have rows, but too few rows or values.
        ValuesMissing,
        /// Rows beyond the first of a unique key.
        Duplicated,
        /// Units have more rows than they may.
        Excess,
        /// A share of rows is larger than it may be.
        ShareExceeded,
        /// The newest value is too old.
        NotFresh,
        /// Everything that can be present is, but not every unit is final.
        NotFinal,
    }
}

words! {
    /// Why a date cannot be judged.
    pub enum UnknownReason {
        /// Not read yet.
        NotProbed,
        /// The read failed.
        ProbeFailed,
        /// A column is missing, or of a type that cannot be read as declared.
        SchemaMismatch,
        /// The warehouse refused the read.
        Unauthorized,
        /// The read would exceed a limit.
        ProbeBudget,
        /// The schedule is older than its `maxAge`.
        ScheduleStale,
        /// The schedule has no entry for the date.
        ScheduleMissing,
        /// The date has rows of unexpected units, or two units share a name: the mapping may be wrong.
        UnitsUnmatched,
        /// The date has rows, but none of them passes the filters.
        FilterUnmatched,
        /// A unit has no known start, and the coverage needs one.
        StartUnknown,
    }
}

/// A read without a usable result: the reason, and one sentence that says what, where and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    pub reason: UnknownReason,
    /// Never contains a row's content or a secret.
    pub text: String,
    /// Whether the same read fails again until the data or the question changes. It is not repeated before.
    pub lasts: bool,
}

impl Unknown {
    /// A reason with its sentence.
    pub fn new(reason: UnknownReason, text: impl Into<String>) -> Self {
        Self { reason, text: text.into(), lasts: false }
    }

    /// One that lasts until the data or the question changes.
    #[must_use]
    pub fn lasting(self) -> Self {
        Self { lasts: true, ..self }
    }
}

/// What the data says of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// No data is expected.
    NotExpected(Off),
    /// Everything expected is present.
    Complete,
    /// Some data is present, or something is wrong with it.
    Partial(Flaw),
    /// There are no rows.
    Missing,
    /// It cannot be judged.
    Unknown(UnknownReason),
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::NotExpected(_) => "NotExpected",
            Self::Complete => "Complete",
            Self::Partial(_) => "Partial",
            Self::Missing => "Missing",
            Self::Unknown(_) => "Unknown",
        }
    }

    /// The reason's word. Empty for `Complete`.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotExpected(off) => off.word(),
            Self::Complete => "",
            Self::Partial(flaw) => flaw.word(),
            Self::Missing => "NoRows",
            Self::Unknown(reason) => reason.word(),
        }
    }
}

/// A verdict with its figures: the result of `judge` for one date.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Judgement {
    /// The verdict; when several flaws hold, the first of [`Flaw`].
    pub verdict: Verdict,
    /// Every flaw that holds, in order.
    pub flaws: Vec<Flaw>,
    /// Units that are covered.
    pub covered: u32,
    /// Units that are expected.
    pub expected: u32,
    /// Expected units that are not covered, by name.
    pub missing: Vec<UnitKey>,
    /// Filtered rows, if known.
    pub rows: Option<u64>,
    /// Rows of units that are not (or no longer) expected, and rows that name no unit: a warning, never a gap.
    pub unexpected_rows: u64,
    /// One sentence: what is present and what is missing.
    pub message: Cow<'static, str>,
}
