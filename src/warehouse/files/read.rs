//! Reading one part for all who ask: rows as ids, and for each of them whether its columns are there.

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
    /// The whole read ends.
    Stop(Unknown),
}

impl Fault {
    /// What is wrong.
    pub fn unknown(&self) -> &Unknown {
        match self {
            Self::Part(unknown) | Self::Stop(unknown) => unknown,
        }
    }

    /// The operating system did not let it be read; the next time it may.
    pub fn io(part: &Part, why: &str) -> Self {
        Self::Part(part.fault(UnknownReason::ProbeFailed, &format!("cannot be read: {why}")))
    }
}

/// Takes rows as they are read. Who asks has an entry of its own in the last list, with what keeps it from this part.
pub(super) type Each<'a> = &'a mut dyn FnMut(&[Column], &Rows, &mut [Option<Unknown>]);

/// What is read of a part.
pub(super) struct Reader<'a> {
    /// The needed columns.
    pub columns: &'a mut [Column],
    /// The column that dates a row.
    pub date: &'a DateColumn,
    /// Row groups without such a date are skipped.
    pub dates: Option<&'a DateSet>,
    /// Who counts rows counts those that satisfy these: row groups without a row for anybody are skipped.
    pub filters: &'a [&'a [Filter]],
    /// Who asks: what keeps each of them from this part.
    pub refused: &'a mut [Option<Unknown>],
    pub bounds: &'a Bounds<'a>,
    /// Columns of parts without types that hold texts, not numbers.
    pub texts: &'a Texts,
    /// Those that turned out to.
    pub found_texts: &'a mut Texts,
}

/// A column of a CSV part holds numbers where all of its values are numbers, and texts as they stand where one is none: by the
/// identity of the part and the place of the column.
pub(super) type Texts = BTreeSet<(u64, usize)>;

/// What every part of a read is read within.
pub(super) struct Bounds<'a> {
    pub table: &'a str,
    pub meter: &'a Meter,
    /// CSV files without a mark of their encoding are Latin-1.
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

    /// Nobody wants to know more of this part.
    pub(super) fn is_over(&self) -> bool {
        self.refused.iter().all(Option::is_some) || self.bounds.meter.add(0).is_err()
    }

    /// A column cannot be read: whoever needs it gets nothing of this part.
    pub(super) fn refuse(&mut self, at: usize, why: &Unknown) {
        for user in &self.columns[at].users {
            self.refused[*user].get_or_insert_with(|| why.clone());
        }
    }

    /// The dates that row groups are skipped by. Where a partition names the date, each row is held against it.
    pub(super) fn pruned_dates(&self, part: &Part) -> Option<(&'a DateColumn, &'a DateSet)> {
        self.dates.filter(|_| part.partition_date(self.date).is_none()).map(|dates| (self.date, dates))
    }

    /// What the folders of a part say of a column.
    pub(super) fn constant(&self, part: &Part, column: &str) -> Option<Constant> {
        Constant::new(part, column, self.date)
    }

    /// The part is as it is for good: only another one in its place helps. Unless it was the file system that failed.
    pub(super) fn damaged(&self, part: &Part, why: &str) -> Fault {
        if self.bounds.meter.io_failed() {
            return Fault::io(part, "the file system failed; it is read again at the next look");
        }
        Fault::Part(part.fault(UnknownReason::ProbeFailed, &format!("{why}; replace it")).lasting())
    }

    /// The decoder refuses the part, or it would take too much to decode it.
    pub(super) fn undecoded(&self, part: &Part, error: &dyn std::fmt::Display) -> Fault {
        let Some(page) = self.bounds.meter.too_large() else {
            return self.damaged(part, &format!("is not a readable Parquet file ({})", cut(&error.to_string())));
        };
        let (page, most) = (size(page), size(MAX_PAGE));
        let why =
            format!("has a page that takes {page} when it is decoded, more than {most}; write it with smaller pages");
        Fault::Part(part.fault(UnknownReason::ProbeBudget, &why).lasting())
    }

    /// Folder and column contradict each other.
    pub(super) fn misfiled(&self, part: &Part, why: &str) -> Fault {
        Fault::Part(part.fault(UnknownReason::ProbeFailed, why).lasting())
    }
}

/// A column that is not there, and what is.
pub(super) fn no_column<'n>(column: &str, part: &Part, found: impl Iterator<Item = &'n str>) -> Unknown {
    let names: Vec<&str> = found.collect();
    let near = |name: &&&str| name.trim().eq_ignore_ascii_case(column);
    let hint = names.iter().find(near).map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default();
    let names = cut(&names.join(", "));
    let text = format!("column `{column}` is not in part `{}`{hint}, which has: {names}", part.name);
    Unknown::new(UnknownReason::SchemaMismatch, text).lasting()
}
