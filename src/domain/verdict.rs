//! What the data says of a cell, from the data alone (design §4).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::probe::UnitKey;
use super::words::words;

words! {
    /// Why nothing is expected.
    pub enum Off {
        /// No unit on that date.
        OffDay,
        /// A break of the season that the user named.
        Break,
        /// The season warms up, and the coverage opted in to skip that.
        WarmUp,
    }
}

words! {
    /// What is wrong with a date that has rows. In the order in which they are told.
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
        /// All that can be there is there, but not every unit is final.
        NotFinal,
    }
}

words! {
    /// Why nothing can be said.
    pub enum UnknownReason {
        /// Not read yet.
        NotProbed,
        /// The read failed.
        ProbeFailed,
        /// A column is missing, or of a type that cannot be read as declared.
        SchemaMismatch,
        /// The warehouse refused.
        Unauthorized,
        /// The read would exceed a limit.
        ProbeBudget,
        /// The schedule is older than it may be.
        ScheduleStale,
        /// The schedule says nothing of the date.
        ScheduleMissing,
        /// The date has rows of other units than expected, or two units have one name: the mapping may be wrong.
        UnitsUnmatched,
        /// The date has rows, and none of them has what a filter looks for.
        FilterUnmatched,
        /// A unit has no known start, and the coverage needs one.
        StartUnknown,
    }
}

/// A read that brought nothing to conclude from: the reason, and one sentence with what, where and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The class.
    pub reason: UnknownReason,
    /// The sentence. Never holds a row's content or a secret.
    pub text: String,
    /// The same read fails again until the data or the question changes: it is not repeated before.
    pub lasts: bool,
}

impl Unknown {
    /// An unknown with its sentence.
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
    /// Nothing has to be there.
    NotExpected(Off),
    /// All that is expected is there.
    Complete,
    /// Some of it is there, or something is wrong with it.
    Partial(Flaw),
    /// There is no row.
    Missing,
    /// Nothing can be said.
    Unknown(UnknownReason),
}

impl Verdict {
    /// The verdict's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotExpected(_) => "NotExpected",
            Self::Complete => "Complete",
            Self::Partial(_) => "Partial",
            Self::Missing => "Missing",
            Self::Unknown(_) => "Unknown",
        }
    }

    /// The verdict's reason; empty for `Complete`.
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

/// A verdict with its figures: what `judge` says of one date.
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
    /// Filtered rows; nothing when not known.
    pub rows: Option<u64>,
    /// Rows of units that are not (or no longer) expected, and rows that name no unit: a warning, never a gap.
    pub unexpected_rows: u64,
    /// One sentence: what is there and what is not.
    pub message: Cow<'static, str>,
}
