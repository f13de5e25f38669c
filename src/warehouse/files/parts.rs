//! The parts of a table: which files are data, what identifies them, which date a partition names.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use crate::domain::dates::{Date, DateRange, DateSet, FIRST_DATE, LAST_DATE, Timestamp};
use crate::domain::mark::{mix, stable_hash};
use crate::domain::probe::{DateColumn, DateReading};
use crate::domain::verdict::{Unknown, UnknownReason};

/// A part younger than this may still be written.
const YOUNG_MILLIS: i64 = 2_000;
/// What Hive and those who follow it call the partition of NULL.
const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";
/// Partitions nest at most so deep.
const MAX_DEPTH: usize = 8;
/// A table has at most so many parts.
const MAX_PARTS: usize = 200_000;

/// How a part is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Parquet,
    Csv,
}

/// One file of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub path: PathBuf,
    /// Its name below the table, for messages.
    pub name: String,
    pub format: Format,
    /// `COLUMN=VALUE` of the folders above it.
    pub partition: Vec<(String, String)>,
    pub size: u64,
    pub modified: Timestamp,
    stamps: [i64; 5],
}

/// Every part of a table, in the order of their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listing {
    pub parts: Vec<Part>,
}

impl Part {
    /// Changes whenever the file is replaced or written.
    pub fn identity(&self) -> u64 {
        mix(stable_hash(&self.name), stable_hash(&(self.size, self.stamps)))
    }

    pub fn is_young(&self, now: Timestamp) -> bool {
        now.duration_since(self.modified).as_millis() < i128::from(YOUNG_MILLIS)
    }

    /// The value of a partition column, empty for NULL; nothing when the part has no such partition.
    pub fn partition_value(&self, column: &str) -> Option<&str> {
        let value = self.partition.iter().find(|(c, _)| c == column).map(|(_, v)| v.as_str())?;
        Some(if value == HIVE_NULL { "" } else { value })
    }

    /// The date that the partition names, when the date column is a partition and a season can have that date.
    pub fn partition_range(&self, date: &DateColumn) -> Option<DateRange> {
        partition_date(self.partition_value(&date.column)?, date).map(DateRange::day)
    }
}

/// The date that a value of the date column's partition names, if a season can have it.
fn partition_date(value: &str, date: &DateColumn) -> Option<Date> {
    let plain = matches!(date.reading, DateReading::Plain | DateReading::Date);
    parse_date(value).filter(|date| plain && (FIRST_DATE..=LAST_DATE).contains(date))
}

/// `YYYY-MM-DD`, nothing else.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok())?
}

/// Lists a table's parts: all, or without those in partitions of other dates.
pub(super) fn list(root: &Path, table: &str, only: Option<(&DateColumn, &DateSet)>) -> Result<Listing, Unknown> {
    let folder = folder_of(root, table)?;
    let root = root
        .canonicalize()
        .map_err(|e| failed(table, &format!("its warehouse folder cannot be opened: {}", reason(&e))))?;
    let mut walk = Walk { root, table, only, parts: Vec::new() };
    walk.stay_inside(&folder, &table.replace('.', "/"))?;
    walk.folder(&folder, "", &[], 0)?;
    walk.parts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Listing { parts: walk.parts })
}

/// `nba_raw.props` is the folder `nba_raw/props` below the root.
fn folder_of(root: &Path, table: &str) -> Result<PathBuf, Unknown> {
    let relative = PathBuf::from(table.replace('.', "/"));
    let plain = relative.components().all(|c| matches!(c, Component::Normal(_)));
    if table.is_empty() || table.contains("..") || !plain {
        return Err(failed(table, "its name must be folders joined by dots, below the warehouse's folder"));
    }
    Ok(root.join(relative))
}

struct Walk<'a> {
    root: PathBuf,
    table: &'a str,
    only: Option<(&'a DateColumn, &'a DateSet)>,
    parts: Vec<Part>,
}

impl Walk<'_> {
    /// A link may lead anywhere within the warehouse's folder.
    fn stay_inside(&self, path: &Path, name: &str) -> Result<(), Unknown> {
        let inside = path
            .canonicalize()
            .map_err(|e| failed(self.table, &format!("its folder `{name}` cannot be opened: {}", reason(&e))))?;
        if inside.starts_with(&self.root) {
            return Ok(());
        }
        Err(failed(
            self.table,
            &format!("`{name}` leads out of the warehouse's folder; links that leave it are refused"),
        ))
    }

    fn folder(
        &mut self,
        folder: &Path,
        name: &str,
        partition: &[(String, String)],
        depth: usize,
    ) -> Result<(), Unknown> {
        let entries = fs::read_dir(folder)
            .map_err(|e| failed(self.table, &format!("its folder cannot be listed: {}", reason(&e))))?;
        for entry in entries {
            let entry =
                entry.map_err(|e| failed(self.table, &format!("its folder cannot be listed: {}", reason(&e))))?;
            let file_name = entry.file_name();
            let Some(text) = file_name.to_str() else { continue };
            if text.starts_with(['.', '_']) {
                continue;
            }
            let below = if name.is_empty() { text.to_string() } else { format!("{name}/{text}") };
            self.entry(&entry, &below, text, partition, depth)?;
        }
        Ok(())
    }

    fn is_of_another_date(&self, column: &str, value: &str) -> bool {
        let date = |(date, _): &(&DateColumn, _)| partition_date(value, date).filter(|_| date.column == column);
        self.only.is_some_and(|only| date(&only).is_some_and(|named| !only.1.contains(named)))
    }

    fn entry(
        &mut self,
        entry: &fs::DirEntry,
        name: &str,
        text: &str,
        partition: &[(String, String)],
        depth: usize,
    ) -> Result<(), Unknown> {
        let path = &entry.path();
        // A file that a filler renamed away between list and look is seen by the second list.
        let Ok(mut kind) = entry.file_type() else { return Ok(()) };
        let is_link = kind.is_symlink();
        if is_link {
            self.stay_inside(path, name)?;
            let Ok(target) = fs::metadata(path) else { return Ok(()) };
            kind = target.file_type();
        }
        if kind.is_dir() {
            let Some((column, value)) = text.split_once('=').filter(|_| depth < MAX_DEPTH) else { return Ok(()) };
            if self.is_of_another_date(column, value) {
                return Ok(());
            }
            let mut inner = partition.to_vec();
            inner.push((column.to_string(), value.to_string()));
            return self.folder(path, name, &inner, depth + 1);
        }
        let format = match path.extension().and_then(|e| e.to_str()) {
            Some("parquet") => Format::Parquet,
            Some("csv") => Format::Csv,
            _ => return Ok(()),
        };
        // Relative to its folder, which costs half of what a whole path does.
        let Ok(meta) = (if is_link { fs::metadata(path) } else { entry.metadata() }) else { return Ok(()) };
        if self.parts.len() == MAX_PARTS {
            return Err(failed(self.table, &format!("it has more than {MAX_PARTS} parts; compact it")));
        }
        self.parts.push(part(path, name, format, partition, &meta));
        Ok(())
    }
}

fn part(path: &Path, name: &str, format: Format, partition: &[(String, String)], meta: &fs::Metadata) -> Part {
    let stamps = [meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec(), meta.ino().cast_signed()];
    let nanos = i32::try_from(meta.mtime_nsec()).unwrap_or(0);
    let modified = Timestamp::new(meta.mtime(), nanos).unwrap_or(Timestamp::MIN);
    Part {
        path: path.into(),
        name: name.into(),
        format,
        partition: partition.to_vec(),
        size: meta.len(),
        modified,
        stamps,
    }
}

/// What the operating system says, without a path of this machine.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist".into(),
        kind => kind.to_string(),
    }
}

fn failed(table: &str, text: &str) -> Unknown {
    Unknown::new(UnknownReason::ProbeFailed, format!("table `{table}`: {text}"))
}
