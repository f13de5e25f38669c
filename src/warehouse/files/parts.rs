//! The parts of a table: which files are data, what identifies them, which date a partition names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::dates::{Date, DateRange, FIRST_DATE, LAST_DATE, Timestamp};
use crate::domain::mark::{mix, stable_hash};
use crate::domain::probe::{DateColumn, DateReading};
use crate::domain::verdict::{Unknown, UnknownReason};

/// A part younger than this may still be written.
pub(super) const YOUNG_MILLIS: i64 = 2_000;
/// What Hive and those who follow it call the partition of NULL.
const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// How a part is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Parquet,
    Csv,
}

impl Format {
    /// Of a file, by the end of its name; nothing of one that holds no data.
    pub fn of(file: &str) -> Option<Self> {
        match Path::new(file).extension()?.to_str()? {
            "parquet" => Some(Self::Parquet),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// One file of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The table's folder.
    pub table: Arc<Path>,
    /// Its name below the table: the folders above it, `COLUMN=VALUE`, and its own.
    pub name: String,
    pub format: Format,
    pub size: u64,
    pub modified: Timestamp,
    /// Its times and its inode.
    pub stamps: [i64; 5],
}

impl Part {
    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.table.join(&self.name)
    }

    /// Changes whenever the file is replaced or written.
    pub fn identity(&self) -> u64 {
        mix(stable_hash(&self.name), stable_hash(&(self.size, self.stamps)))
    }

    pub fn is_young(&self, now: Timestamp) -> bool {
        now.duration_since(self.modified).as_millis() < i128::from(YOUNG_MILLIS)
    }

    /// The value of a partition column, empty for NULL; nothing when the part has no such partition.
    pub fn partition_value(&self, column: &str) -> Option<&str> {
        let (folders, _) = self.name.rsplit_once('/')?;
        let mut partitions = folders.split('/').filter_map(|folder| folder.split_once('='));
        let (_, value) = partitions.find(|(name, _)| *name == column)?;
        Some(if value == HIVE_NULL { "" } else { value })
    }

    /// The date that the partition names, when the date column is a partition and a season can have that date.
    pub fn partition_range(&self, date: &DateColumn) -> Option<DateRange> {
        partition_date(self.partition_value(&date.column)?, date).map(DateRange::day)
    }
}

/// The date that a value of the date column's partition names, if a season can have it.
pub(super) fn partition_date(value: &str, date: &DateColumn) -> Option<Date> {
    let plain = matches!(date.reading, DateReading::Plain | DateReading::Date);
    parse_date(value).filter(|date| plain && (FIRST_DATE..=LAST_DATE).contains(date))
}

/// `YYYY-MM-DD`, nothing else.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok())?
}

/// What the operating system says, without a path of this machine.
pub(super) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist".into(),
        kind => kind.to_string(),
    }
}

pub(super) fn failed(table: &str, text: &str) -> Unknown {
    Unknown::new(UnknownReason::ProbeFailed, format!("table `{table}`: {text}"))
}
