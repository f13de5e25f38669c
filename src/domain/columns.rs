//! Columns of dates and of instants, and how ambiguous values are read.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::dates::Date;

/// How a date is read from a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DateReading {
    /// A DATE column (or a text `YYYY-MM-DD`); a TIMESTAMP is refused, with both interpretations of a sample value.
    Plain,
    /// An instant: the local date in `zone`; an instant before `day_starts` belongs to the previous day.
    Instant {
        /// The season's zone.
        zone: TimeZone,
        /// When a day begins.
        day_starts: Time,
    },
    /// The UTC calendar date of a timestamp (what data frames write for dates), or a DATE.
    Date,
}

/// The column that dates a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateColumn {
    pub column: String,
    /// How it is read.
    pub reading: DateReading,
    /// The zone of instants without one. If `None`, they are refused.
    pub zone: Option<TimeZone>,
    /// The format of its dates, unless they are ISO.
    pub format: Option<DateFormat>,
    /// The season's zone. A refusal names it as a possible interpretation; no fact depends on it.
    pub home: TimeZone,
}

impl DateColumn {
    /// A column of ISO dates, or of instants that name their zone.
    pub fn new(column: impl Into<String>, reading: DateReading) -> Self {
        Self { column: column.into(), reading, zone: None, format: None, home: TimeZone::UTC }
    }
}

/// A date format other than ISO, in `strptime` directives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DateFormat {
    /// The column's value, a text or a whole number: `%Y%m%d`.
    Value(String),
    /// The values of several partitions, joined by `/`: `%Y/%m/%d` of `year`, `month` and `day`.
    Folders(Vec<String>, String),
}

impl DateFormat {
    /// The date of a value; `None` if it does not match the format. Leading zeros may be missing, digits may not:
    /// `2025102` is not 2 October.
    pub fn parse(&self, text: &str) -> Option<Date> {
        match self {
            Self::Value(pattern) => {
                let is_so = |date: &Date| numbers(&date.strftime(pattern).to_string()).eq(numbers(text));
                Date::strptime(pattern, text).ok().filter(is_so)
            }
            // Folder names have numbers with and without leading zeros.
            Self::Folders(_, pattern) => Date::strptime(pattern, text).ok(),
        }
    }
}

/// A text without the leading zeros of its numbers.
fn numbers(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    core::iter::from_fn(move || {
        while !before.is_ascii_digit() && rest.peek() == Some(&'0') {
            let mut ahead = rest.clone();
            ahead.next();
            if !ahead.peek().is_some_and(char::is_ascii_digit) {
                break;
            }
            rest.next();
        }
        before = rest.next()?;
        Some(before)
    })
}

/// A column of instants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstantColumn {
    pub column: String,
    /// The zone of instants without one. If `None`, they are refused.
    pub zone: Option<TimeZone>,
}

impl From<&str> for InstantColumn {
    fn from(column: &str) -> Self {
        Self { column: column.into(), zone: None }
    }
}
