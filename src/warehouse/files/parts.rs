//! The parts of a table: what identifies them, and which date their partitions name.

use std::borrow::Cow;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use percent_encoding::percent_decode_str;

use super::format::Format;
use super::within::{LEADS_OUT, Within, is_outside};
use crate::domain::dates::{Date, FIRST_DATE, LAST_DATE, Timestamp};
use crate::domain::mark::{mix, stable_hash};
use crate::domain::probe::{DateColumn, DateFormat, DateReading};
use crate::domain::span::Span;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::value::date::parse_date;

/// A part younger than this may still be written.
pub(super) const YOUNG: Span = Span::seconds(2);
/// A part that was written this recently can be written again with the same time, because file times have ticks.
const TICK_MILLIS: i128 = 20;
/// The name that Hive and compatible tools give the partition of NULL.
const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// The folder of a table and that of the warehouse, which no part may leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TableFolder {
    pub path: PathBuf,
    pub within: Within,
}

/// One file of a table, or something else in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The table's folder.
    pub table: Arc<TableFolder>,
    /// Its path below the table: partition folders `COLUMN=VALUE`, and the file name.
    pub name: String,
    pub format: Format,
    pub size: u64,
    pub modified: Timestamp,
    /// Its times and its inode.
    pub stamps: [i64; 5],
    /// It was written in the current tick of the clock.
    pub is_fresh: bool,
}

impl Part {
    /// Opens it. A link that changed since the listing cannot lead elsewhere.
    pub fn open(&self) -> std::io::Result<File> {
        self.table.within.file(&self.table.path.join(&self.name))
    }

    /// Changes whenever the part is replaced or rewritten.
    pub fn identity(&self) -> u64 {
        mix(stable_hash(&self.name), stable_hash(&(self.size, self.stamps, u8::from(self.is_fresh))))
    }

    /// Whether it may still be being written. A time far in the future comes from another clock and says nothing.
    pub fn is_young(&self, now: Timestamp) -> bool {
        now.duration_since(self.modified).as_millis().abs() < i128::from(YOUNG.as_seconds()) * 1_000
    }

    /// Whether another write could leave its times unchanged.
    pub fn is_in_tick(modified: Timestamp, now: Timestamp) -> bool {
        now.duration_since(modified).as_millis().abs() < TICK_MILLIS
    }

    /// The value of a partition column, empty for NULL. `None`: the part has no such partition.
    pub fn partition_value(&self, column: &str) -> Option<Cow<'_, str>> {
        let (folders, _) = self.name.rsplit_once('/')?;
        let mut partitions = folders.split('/').filter_map(partition);
        let (_, value) = partitions.find(|(name, _)| name == column)?;
        Some(value)
    }

    /// What the partitions say about the date column: its own value, or the date that several partitions give together.
    pub fn partition_text(&self, date: &DateColumn) -> Option<Cow<'_, str>> {
        let Some(format @ DateFormat::Folders(columns, _)) = &date.format else {
            return self.partition_value(&date.column);
        };
        let values: Option<Vec<_>> = columns.iter().map(|column| self.partition_value(column)).collect();
        Some(format.parse(&values?.join("/"))?.to_string().into())
    }

    /// The date of the partition, if the date column is a partition and its value is a possible date.
    pub fn partition_date(&self, date: &DateColumn) -> Option<Date> {
        partition_date(&self.partition_text(date)?, date)
    }

    /// An Unknown that names the part.
    pub fn fault(&self, reason: UnknownReason, why: &str) -> Unknown {
        Unknown::new(reason, format!("part `{}` {why}", self.name))
    }
}

/// The column and the value of a folder `COLUMN=VALUE`, percent-decoded. The value is empty for NULL.
pub(super) fn partition(folder: &str) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let decoded = |text| percent_decode_str(text).decode_utf8().unwrap_or(Cow::Borrowed(text));
    let (column, value) = folder.split_once('=')?;
    Some((decoded(column), if value == HIVE_NULL { "".into() } else { decoded(value) }))
}

/// The date in a value of the date column's partition, if it is a possible date.
pub(super) fn partition_date(value: &str, date: &DateColumn) -> Option<Date> {
    let named = match (&date.reading, &date.format) {
        (DateReading::Instant { .. }, _) => None,
        (_, Some(format @ DateFormat::Value(_))) => format.parse(value),
        _ => parse_date(value),
    };
    named.filter(|date| (FIRST_DATE..=LAST_DATE).contains(date))
}

/// The operating system's error, without a path of this machine.
pub(super) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist".into(),
        std::io::ErrorKind::InvalidInput => error.to_string(),
        _ if is_outside(error) => format!("it {LEADS_OUT}"),
        kind => kind.to_string(),
    }
}

pub(super) fn failed(table: &str, text: &str) -> Unknown {
    Unknown::new(UnknownReason::ProbeFailed, format!("table `{table}`: {text}"))
}
