//! Reading one part for several questions: rows as ids, and for each question whether its columns exist.

use std::collections::BTreeSet;

use super::column::Column;
use super::footer::cut;
use super::format::Format;
use super::meter::{MAX_PAGE, Meter};
use super::partition::Constant;
use super::parts::Part;
use super::quiet::quietly;
use super::rows::Rows;
use crate::domain::dates::DateSet;
use crate::domain::probe::{DateColumn, DateFormat, Filter};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::budget::size;

/// Why a part was not read.
#[derive(Debug)]
pub(super) enum Fault {
    /// The part cannot be read: its dates are unknown.
    Part(Unknown),
    /// The whole read fails.
    Stop(Unknown),
}

impl Fault {
    /// The error.
    pub fn unknown(&self) -> &Unknown {
        match self {
            Self::Part(unknown) | Self::Stop(unknown) => unknown,
        }
    }

    /// The operating system failed to read it. The next attempt may succeed.
    pub fn io(part: &Part, why: &str) -> Self {
        Self::Part(part.fault(UnknownReason::ProbeFailed, &format!("cannot be read: {why}")))
    }
}

/// Receives rows as they are read. Each question has an entry in the last list: what prevents an answer from this part.
pub(super) type Each<'a> = &'a mut dyn FnMut(&[Column], &Rows, &mut [Option<Unknown>]);

/// What to read of a part.
pub(super) struct Reader<'a> {
    /// The needed columns.
    pub columns: &'a mut [Column],
    /// The column that dates a row.
    pub date: &'a DateColumn,
    /// Row groups without one of these dates are skipped.
    pub dates: Option<&'a DateSet>,
    /// The filters of the questions. Row groups without a row that satisfies one of them are skipped.
    pub filters: &'a [&'a [Filter]],
    /// For each question: what prevents an answer from this part.
    pub refused: &'a mut [Option<Unknown>],
    pub bounds: &'a Bounds<'a>,
    /// Columns that hold texts, not numbers, in parts without types.
    pub texts: &'a Texts,
    /// Columns that turned out to hold texts.
    pub found_texts: &'a mut Texts,
}

/// A column of a CSV part holds numbers if all of its values are numbers, else texts. By the identity of the part and the
/// index of the column.
pub(super) type Texts = BTreeSet<(u64, usize)>;

/// The bounds of a read.
pub(super) struct Bounds<'a> {
    pub table: &'a str,
    pub meter: &'a Meter,
    /// CSV files without a byte order mark are read as Latin-1.
    pub latin1: bool,
}

impl<'a> Reader<'a> {
    /// Reads a part in batches; returns the bytes that were read.
    pub fn part(&mut self, part: &Part, each: Each<'_>) -> Result<u64, Fault> {
        if matches!(self.date.format, Some(DateFormat::Folders(..))) && part.partition_text(self.date).is_none() {
            return Err(self.misfiled(
                part,
                "lies in no folder of the form that dateFormat says; move it to the folder of its date",
            ));
        }
        let read = quietly(|| match &part.format {
            Format::Parquet => self.parquet(part, each),
            Format::Csv { gzip } => self.csv(part, *gzip, each),
            Format::Unread(why) => Err(Fault::Part(part.fault(UnknownReason::ProbeFailed, why).lasting())),
        });
        let read = read.unwrap_or_else(|| Err(self.damaged(part, "is damaged: its decoder failed")));
        self.bounds.meter.stopped(self.bounds.table).map_or(read, |unknown| Err(Fault::Stop(unknown)))
    }

    /// No question needs more of this part.
    pub(super) fn is_over(&self) -> bool {
        self.refused.iter().all(Option::is_some) || self.bounds.meter.add(0).is_err()
    }

    /// A column cannot be read: questions that need it get no answer from this part.
    pub(super) fn refuse(&mut self, at: usize, why: &Unknown) {
        for user in &self.columns[at].users {
            self.refused[*user].get_or_insert_with(|| why.clone());
        }
    }

    /// The dates by which row groups are skipped. `None` if a partition names the date: then each row is compared with it.
    pub(super) fn pruned_dates(&self, part: &Part) -> Option<(&'a DateColumn, &'a DateSet)> {
        self.dates.filter(|_| part.partition_date(self.date).is_none()).map(|dates| (self.date, dates))
    }

    /// What the folders of a part say about a column.
    pub(super) fn constant(&self, part: &Part, column: &str) -> Option<Constant> {
        Constant::new(part, column, self.date)
    }

    /// The part stays broken until it is replaced, unless it was the file system that failed.
    pub(super) fn damaged(&self, part: &Part, why: &str) -> Fault {
        if self.bounds.meter.io_failed() {
            return Fault::io(part, "the file system failed; it is read again at the next look");
        }
        Fault::Part(part.fault(UnknownReason::ProbeFailed, &format!("{why}; replace it")).lasting())
    }

    /// The decoder rejects the part, or decoding it would take too much.
    pub(super) fn undecoded(&self, part: &Part, error: &dyn std::fmt::Display) -> Fault {
        let Some(page) = self.bounds.meter.too_large() else {
            return self.damaged(part, &format!("is not a readable Parquet file ({})", cut(&error.to_string())));
        };
        let (page, most) = (size(page), size(MAX_PAGE));
        let why =
            format!("has a page that takes {page} when it is decoded, more than {most}; write it with smaller pages");
        Fault::Part(part.fault(UnknownReason::ProbeBudget, &why).lasting())
    }

    /// A folder and a column contradict each other.
    pub(super) fn misfiled(&self, part: &Part, why: &str) -> Fault {
        Fault::Part(part.fault(UnknownReason::ProbeFailed, why).lasting())
    }
}

/// The column does not exist. Names those that do.
pub(super) fn no_column<'n>(column: &str, part: &Part, found: impl Iterator<Item = &'n str>) -> Unknown {
    let names: Vec<&str> = found.collect();
    let near = |name: &&&str| name.trim().eq_ignore_ascii_case(column);
    let hint = names.iter().find(near).map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default();
    let names = cut(&names.join(", "));
    let text = format!("column `{column}` is not in part `{}`{hint}, which has: {names}", part.name);
    Unknown::new(UnknownReason::SchemaMismatch, text).lasting()
}
