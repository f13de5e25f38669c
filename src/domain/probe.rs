//! Questions to a table and their answers. An engine of `src/warehouse` turns a [`Probe`] into a [`Reading`] in one
//! pass.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

pub use super::columns::{DateColumn, DateFormat, DateReading, InstantColumn};
use super::dates::{Date, DateSet, Timestamp};
use super::mark::TableMark;
use super::verdict::Unknown;

/// A unit's identity within its date: its values, aliases applied, joined by `@` in the season's order (`BOS@MIA`).
pub type UnitKey = Arc<str>;

/// Joins the values of a unit. `None` if one is blank: such a row does not name a unit.
pub fn unit_key<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<UnitKey> {
    let mut key = String::new();
    for (n, value) in values.into_iter().enumerate() {
        if value.trim().is_empty() {
            return None;
        }
        if n > 0 {
            key.push('@');
        }
        key.push_str(value);
    }
    Some(key.into())
}

/// The unit of a table that is not per game: the date itself.
pub const WHOLE_DATE: &str = "*";

/// A value that a user wrote, compared in the column's own type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A whole number.
    Int(i64),
    /// A text, or a decimal, date or instant if the column has that type.
    Text(String),
}

/// One condition on one column. NULL satisfies only `IsNull(true)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Test {
    /// The same value.
    Equals(Value),
    /// A different value.
    NotEquals(Value),
    /// One of these.
    In(Vec<Value>),
    /// None of these.
    NotIn(Vec<Value>),
    /// A text that begins with one of these.
    StartsWith(Vec<String>),
    /// NULL, or with `false` anything else.
    IsNull(bool),
    /// Smaller.
    LessThan(Value),
    /// The same or larger.
    AtLeast(Value),
}

/// A condition on rows. All filters of a list must hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Filter {
    pub column: String,
    /// What it must satisfy.
    pub test: Test,
}

/// How a row names its unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitForm {
    /// Every row belongs to the one unit [`WHOLE_DATE`].
    Whole,
    /// The values of columns, by position.
    Columns {
        /// The columns, in the season's order.
        columns: Vec<String>,
        /// Compared as a set: the values are sorted before they are joined.
        any_order: bool,
    },
    /// Parts of one column: `20260115_ATL_POR` with `_` and parts 2, 3 is `ATL@POR`. A value with too few parts does
    /// not name a unit.
    Split {
        column: String,
        /// The text between the parts.
        separator: String,
        /// The numbers of the parts, from 1, in the season's order.
        parts: Vec<u8>,
    },
}

/// What one measure counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    Rows,
    /// Distinct non-NULL values of a column.
    Distinct(String),
    /// The newest value of an instant column that is not later than the date's cap.
    Newest(InstantColumn),
}

/// One figure for each unit, over its rows in which every `only` column equals its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    pub of: Of,
    /// Restricts the rows.
    pub only: Vec<(String, Value)>,
}

/// A coverage's question to its table. Equal questions about equal data have equal answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The column that dates a row.
    pub date: DateColumn,
    /// The rows of the coverage satisfy all of these.
    pub filters: Vec<Filter>,
    /// How a row names its unit.
    pub unit: UnitForm,
    /// Replaces unit values before they are joined: `PHO` → `PHX`.
    pub aliases: Arc<BTreeMap<String, String>>,
    /// An instant column: in measures only rows strictly before the unit's start count.
    pub before: Option<InstantColumn>,
    /// Columns in which a row must have a value to count in measures: a NULL betting line is not a line.
    pub needed: Vec<String>,
    /// The figures for each unit. Answers have the same order.
    pub measures: Vec<Measure>,
    /// A key: rows beyond the first of each key within a date are surplus. Empty: not checked. NULL equals NULL.
    pub unique: Vec<String>,
    /// For each list of filters, how many of the date's filtered rows satisfy it.
    pub shares: Vec<Vec<Filter>>,
}

/// A question bound to dates.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What is asked.
    pub question: Arc<Question>,
    /// The dates that are asked for.
    pub dates: DateSet,
    /// Starts of units, for `Question::before`: a unit without a start has no rows before it.
    pub starts: BTreeMap<Date, BTreeMap<UnitKey, Timestamp>>,
    /// The latest instant that `Of::Newest` may return, per date. Dates without an entry have no limit.
    pub caps: BTreeMap<Date, Timestamp>,
}

/// The answer to one measure of one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measured {
    /// `Of::Rows` and `Of::Distinct`.
    Count(u64),
    /// `Of::Newest`; `None` if no row has a value.
    Newest(Option<Timestamp>),
}

/// What a table holds for one unit on one date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitFacts {
    /// All filtered rows of the unit, including those after its start.
    pub rows: u64,
    /// In the order of `Question::measures`.
    pub measures: Box<[Measured]>,
}

/// The units of one date, sorted by name. There are millions of them, and a list takes half the memory of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units(Box<[(UnitKey, UnitFacts)]>);

impl Units {
    /// The facts about a unit.
    pub fn get(&self, key: &str) -> Option<&UnitFacts> {
        let at = self.0.binary_search_by(|(k, _)| (**k).cmp(key)).ok()?;
        Some(&self.0[at].1)
    }

    /// Every unit, sorted by name.
    pub fn iter(&self) -> core::slice::Iter<'_, (UnitKey, UnitFacts)> {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(UnitKey, UnitFacts)> for Units {
    fn from_iter<I: IntoIterator<Item = (UnitKey, UnitFacts)>>(units: I) -> Self {
        let mut units: Vec<_> = units.into_iter().collect();
        units.sort_by(|a, b| a.0.cmp(&b.0));
        Self(units.into())
    }
}

/// What a table holds on one date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DateFacts {
    /// Filtered rows.
    pub rows: u64,
    /// Filtered rows that name no unit (a blank or malformed value).
    pub blank: u64,
    /// Every unit that has rows, expected or not.
    pub units: Units,
    /// Whether there were more units than [`MAX_UNITS_PER_DATE`]; the rest is dropped, so `units` proves nothing.
    pub overflow: bool,
    /// Filtered rows beyond the first of each unique key.
    pub surplus: u64,
    /// In the order of `Question::shares`.
    pub shares: Vec<u64>,
    /// What the date holds instead, if no row matches a filter or a measure.
    pub instead: Option<Box<Instead>>,
}

/// What a date holds in columns where no row has the expected value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instead {
    /// All rows of the date. Never zero.
    pub rows: u64,
    /// The sorted values of each such column on that date.
    pub found: Vec<(String, Found)>,
}

/// The distinct values of a column on one date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Sorted, at most [`MAX_FOUND`].
    pub values: Vec<Arc<str>>,
    /// Whether there are more.
    pub more: bool,
}

/// The maximum number of distinct values that are reported for a column on one date.
pub const MAX_FOUND: usize = 200;

/// The maximum number of distinct units that are counted on one date.
pub const MAX_UNITS_PER_DATE: usize = 20_000;

/// The answer to one probe. It covers all dates of the probe.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// For every date of the probe its facts (an empty date has zero rows), or why they are unknown (a broken part).
    pub dates: BTreeMap<Date, Result<DateFacts, Unknown>>,
    /// Rows that belong to no date, for each part with such rows, by the hash of its mark.
    pub undated: BTreeMap<u64, Undated>,
}

/// Filtered rows that belong to no date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Undated {
    /// Their date is NULL.
    pub nulls: u64,
    /// Their date is outside the range of seasons: before [`FIRST_DATE`](super::dates::FIRST_DATE) or after
    /// [`LAST_DATE`](super::dates::LAST_DATE).
    pub out_of_range: u64,
}

impl Undated {
    /// The sums over all parts.
    pub fn sum<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        parts.into_iter().fold(Self::default(), |sum, part| Self {
            nulls: sum.nulls + part.nulls,
            out_of_range: sum.out_of_range + part.out_of_range,
        })
    }

    /// The larger counts of two reads of one part: a read for a few dates skips some of its rows.
    pub fn widest(self, other: Self) -> Self {
        Self { nulls: self.nulls.max(other.nulls), out_of_range: self.out_of_range.max(other.out_of_range) }
    }
}

/// The answers to several probes of one table, by one pass over it.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// In the order of the probes. One probe can fail without affecting the others.
    pub readings: Vec<Result<Reading, Unknown>>,
    /// The table's mark, taken before the scan.
    pub mark: TableMark,
    /// Bytes of data read.
    pub bytes: u64,
}

/// A season's question to its schedule table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleQuestion {
    /// The column that dates a row.
    pub date: DateColumn,
    /// The columns that identify a unit.
    pub unit: Vec<String>,
    /// As in [`Question::aliases`].
    pub aliases: Arc<BTreeMap<String, String>>,
    /// The instant at which a unit starts.
    pub starts_at: Option<InstantColumn>,
    /// The rows that are units satisfy all of these.
    pub filters: Vec<Filter>,
    /// If all hold, the unit is not played. Empty: never.
    pub void: Vec<Filter>,
    /// The filter that holds once a unit was played.
    pub is_final: Option<Filter>,
    /// The columns of an id and of its order: only the newest row of an id counts.
    pub latest_by: Option<(String, String)>,
    /// The instant at which a row was updated.
    pub updated_at: Option<InstantColumn>,
}

/// The sort key for rows of one id: a number in billionths, or an instant in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order(pub i128);

/// One filtered row of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleRow {
    /// Its date; `None` if NULL.
    pub date: Option<Date>,
    /// Its unit; `None` if a value is blank.
    pub unit: Option<UnitKey>,
    /// The values of the unit, aliases applied, in the order of `ScheduleQuestion::unit` (for `eachOf`).
    pub values: Arc<[Arc<str>]>,
    pub start: Option<Timestamp>,
    /// Whether every `void` filter holds.
    pub void: bool,
    /// Whether `is_final` holds.
    pub is_final: bool,
    /// The id of `latest_by`.
    pub id: Option<Arc<str>>,
    /// The sort key of `latest_by`. NULL sorts first.
    pub order: Option<Order>,
    /// The row's `updated_at`.
    pub updated: Option<Timestamp>,
}

/// A whole schedule, as read. At most [`MAX_SCHEDULE_ROWS`].
#[derive(Clone, Debug, Default)]
pub struct ScheduleReading {
    /// In any order.
    pub rows: Vec<ScheduleRow>,
    /// When the table itself was last modified, if the engine knows.
    pub modified: Option<Timestamp>,
    /// The table's mark, taken before the scan.
    pub mark: TableMark,
    /// Bytes of data read.
    pub bytes: u64,
}

/// The maximum number of rows in a schedule. A larger table is refused.
pub const MAX_SCHEDULE_ROWS: usize = 200_000;
