//! What is wrong with a stored status, and where: a person edited it, or another version wrote it.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use super::text::cut;
use crate::domain::dates::Date;

/// Bytes of a stored text that are quoted.
const QUOTED: usize = 80;

/// What is wrong with a stored status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misread {
    /// It is not the JSON of a status.
    Json(String),
    /// In a field, or in an item of it: `status.attempts[3]`.
    At(String, Box<Self>),
    /// Attempts are there without the ledger that counts them.
    LedgerGone,
    /// The ledger counts fewer launches than there were.
    TooFewLaunches {
        /// What the ledger counts.
        counted: u64,
        /// The newest launch of an attempt.
        newest: u64,
    },
    /// No launch of the ledger has this number.
    NoLaunch(i64),
    /// A text has another form than it must have.
    Not(Form, String),
    /// A text has nothing to do here, whatever its form.
    Unexpected(String),
    /// A text ends too early.
    Lacks(String, &'static str),
    /// An attempt in this stage must have a field.
    StageLacks(String, &'static str),
    /// A list of dates that overlap.
    Overlaps(String),
    /// Two items are about one date.
    Twice(Date),
    /// Two items are about one date of a rung.
    TwiceOnRung(Arc<str>, Date),
}

/// The form that a text must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `2025-11-14`, `2025-11-14..2025-11-16`.
    Dates,
    /// `2025-11-14T06:00:00Z`.
    Instant,
    /// `Succeeded`, `Exit 65`.
    End,
    /// The hexadecimal hash of a fingerprint.
    Hash,
    /// The hexadecimal mark of a date.
    Mark,
    /// A whole number.
    Number,
    /// The word of an outcome.
    Outcome,
    /// The word of a stage.
    Stage,
}

impl Misread {
    pub(super) fn at(self, field: impl Into<String>) -> Self {
        Self::At(field.into(), Box::new(self))
    }
}

impl Form {
    fn denied(self) -> &'static str {
        match self {
            Self::Dates => "neither a date nor a range of dates",
            Self::Instant => "not a timestamp",
            Self::End => "not an end of a Job",
            Self::Hash => "not a hash",
            Self::Mark => "not a mark",
            Self::Number => "not a number",
            Self::Outcome => "not an outcome",
            Self::Stage => "not a stage",
        }
    }
}

impl Display for Misread {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(why) => f.write_str(why),
            Self::At(field, why) => write!(f, "{field}: {why}"),
            Self::LedgerGone => f.write_str("status.ledger is gone, its attempts are not"),
            Self::TooFewLaunches { counted, newest } => {
                write!(f, "status.ledger.launches is {counted}, and there was a launch {newest}")
            }
            Self::NoLaunch(number) => write!(f, "{number} is not the number of a launch"),
            Self::Not(form, text) => write!(f, "'{}' is {}", cut(text, QUOTED), form.denied()),
            Self::Unexpected(text) => write!(f, "'{}' is unexpected", cut(text, QUOTED)),
            Self::Lacks(text, what) => write!(f, "'{}' lacks {what}", cut(text, QUOTED)),
            Self::StageLacks(stage, field) => write!(f, "stage {stage} lacks `{field}`"),
            Self::Overlaps(text) => write!(f, "'{}' names a date twice", cut(text, QUOTED)),
            Self::Twice(date) => write!(f, "{date} appears twice"),
            Self::TwiceOnRung(rung, date) => write!(f, "rung {rung} names {date} twice"),
        }
    }
}

impl std::error::Error for Misread {}
