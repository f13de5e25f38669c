//! The number of a row's day in a statement, and the date of a number.

use crate::domain::dates::{Date, DateRange, FIRST_DATE, shift};
use crate::domain::mark::{Holds, TableMark};

/// The numbers of rows that have no date, one out of the possible range, and one that is not among those that are asked for.
pub(super) const NULL: i64 = -2;
pub(super) const OUT_OF_RANGE: i64 = -1;
pub(super) const OTHER: i64 = -3;

/// Which rows without a possible date a statement counts, and the part of the table that they are noted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Astray {
    /// None: parts of other dates are not read.
    None,
    /// Those whose date is NULL: they have a part of their own.
    Nulls(u64),
    /// All: any part can hold any date, so the whole table is looked through anyway.
    All(u64),
}

impl Astray {
    /// What the parts of a table allow.
    pub fn of(mark: &TableMark) -> Self {
        let first = |holds| mark.parts.iter().find(|part| part.holds == holds).map(|part| part.hash);
        let is_dated = mark.parts.iter().any(|part| matches!(part.holds, Holds::Dates(_)));
        match (first(Holds::Any), first(Holds::Nothing)) {
            (Some(hash), _) if !is_dated => Self::All(hash),
            (_, Some(hash)) => Self::Nulls(hash),
            _ => Self::None,
        }
    }

    /// The hash of that part.
    pub fn part(self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Nulls(hash) | Self::All(hash) => Some(hash),
        }
    }
}

/// The date of the counted rows.
pub(super) struct Days {
    /// The number of a row's day.
    pub sql: String,
    /// A table of bound rows that it needs.
    pub join: String,
    /// The value of a written date that is not among those that are asked for.
    pub other: Option<String>,
    /// Which rows are read at all.
    pub within: String,
    /// The ranges that are read.
    pub ranges: Vec<DateRange>,
    /// The date whose number is 0.
    origin: Date,
}

impl Days {
    /// Days that are counted since 1970.
    pub fn from_epoch(sql: String, within: String, ranges: Vec<DateRange>) -> Self {
        Self::since(FIRST_DATE, sql, within, ranges)
    }

    /// Days that are counted since a date.
    pub fn since(origin: Date, sql: String, within: String, ranges: Vec<DateRange>) -> Self {
        Self { sql, join: String::new(), other: None, within, ranges, origin }
    }

    /// The number of a date.
    pub fn number(&self, date: Date) -> i64 {
        (date - self.origin).get_days().into()
    }

    /// The date of a number.
    pub fn date(&self, number: i64) -> Option<Date> {
        Some(shift(self.origin, i32::try_from(number).ok()?))
    }
}

/// One of several conditions, or FALSE.
pub(super) fn any(conditions: Vec<String>) -> String {
    if conditions.is_empty() { "FALSE".into() } else { format!("({})", conditions.join(" OR ")) }
}
