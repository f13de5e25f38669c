//! The footer of a Parquet part: its columns, its row groups, the dates and bytes of each. A footer that contradicts itself
//! is rejected.

use arrow_schema::{DataType, Schema};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::Type as Physical;
use parquet::file::metadata::{ParquetStatisticsPolicy, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::statistics::Statistics;

use super::format::Format;
use super::meter::Meter;
use super::parts::Part;
use super::quiet::quietly;
use super::source::Source;
use crate::domain::dates::{DateRange, FIRST_DATE, LAST_DATE, next_day, previous_day};
use crate::domain::probe::{DateColumn, DateReading};
use crate::domain::words::is_hidden;
use crate::warehouse::budget::size;
use crate::warehouse::value::date::parse_date;
use crate::warehouse::value::instant::epoch_day;

/// A larger footer is refused: decoded, it takes ten times as much memory.
const MAX_FOOTER: u64 = 64 << 20;
/// What follows a footer: its length, and a magic word.
const TAIL: u64 = 8;

/// The footer of an open part.
pub(super) struct Footer {
    pub arrow: ArrowReaderMetadata,
}

/// The decoded fields of a footer: without encodings and sizes.
pub(super) fn options() -> ArrowReaderOptions {
    ArrowReaderOptions::new()
        .with_skip_arrow_metadata(true)
        .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
}

impl Footer {
    /// Reads it, or returns the error.
    pub fn read(source: &Source) -> Result<Self, String> {
        let len = source.len();
        let unreadable =
            |e: &dyn std::fmt::Display| format!("is not a readable Parquet file ({})", cut(&e.to_string()));
        if len < TAIL {
            return Err(if len == 0 { "is empty".into() } else { format!("is cut: it has {}", size(len)) });
        }
        let tail = source.get_bytes(len - TAIL, 4).map_err(|e| unreadable(&e))?;
        let footer = tail.iter().rev().fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
        if footer > MAX_FOOTER && footer < len {
            return Err(format!(
                "has a footer of {}, more than {}; write fewer columns or row groups",
                size(footer),
                size(MAX_FOOTER)
            ));
        }
        let arrow = ArrowReaderMetadata::load(source, options()).map_err(|e| unreadable(&e))?;
        let footer = Self { arrow };
        footer.check()?;
        Ok(footer)
    }

    pub fn schema(&self) -> &Schema {
        self.arrow.schema()
    }

    pub fn groups(&self) -> &[RowGroupMetaData] {
        self.arrow.metadata().row_groups()
    }

    /// A footer counts rows twice: in total, and by row group.
    fn check(&self) -> Result<(), String> {
        let all = self.arrow.metadata().file_metadata().num_rows();
        let groups: Option<i64> = self
            .groups()
            .iter()
            .map(RowGroupMetaData::num_rows)
            .try_fold(0, |sum: i64, rows| sum.checked_add(rows).filter(|_| rows >= 0));
        match groups {
            Some(groups) if groups == all => Ok(()),
            Some(groups) => Err(format!("contradicts itself: its footer says {all} rows, its row groups {groups}")),
            None => Err("has a footer with an impossible number of rows".into()),
        }
    }

    /// The index of a column of plain values in a row group.
    pub fn leaf(&self, column: &str) -> Option<usize> {
        self.leaves(column).next()
    }

    /// The column of plain values that takes the fewest bytes.
    pub fn smallest(&self) -> Option<usize> {
        let group = self.groups().first()?;
        let plain = |at: &usize| {
            let of = group.column(*at).column_descr();
            of.max_rep_level() == 0 && of.path().parts().len() == 1
        };
        (0..group.num_columns()).filter(plain).min_by_key(|at| group.column(*at).compressed_size())
    }

    /// Whether two columns have this name.
    pub fn is_twice(&self, column: &str) -> bool {
        self.leaves(column).nth(1).is_some()
    }

    /// Whether a column holds 96-bit instants.
    pub fn is_int96(&self, column: &str) -> bool {
        let leaf = self.leaf(column).map(|at| self.arrow.parquet_schema().column(at));
        leaf.is_some_and(|leaf| leaf.physical_type() == Physical::INT96)
    }

    fn leaves(&self, column: &str) -> impl Iterator<Item = usize> {
        let columns = self.arrow.parquet_schema().columns().iter().enumerate();
        columns.filter(move |(_, leaf)| matches!(leaf.path().parts(), [name] if name == column)).map(|(at, _)| at)
    }

    /// The dates of a row group, if its statistics contain them.
    pub fn group_range(&self, group: &RowGroupMetaData, date: &DateColumn) -> Option<DateRange> {
        let leaf = self.leaf(&date.column).filter(|_| date.format.is_none())?;
        let of = self.schema().field_with_name(&date.column).ok()?.data_type();
        statistics_range(group.columns().get(leaf)?.statistics()?, of, date)
    }

    /// The dates of all row groups, if all of them have statistics.
    fn range(&self, date: &DateColumn) -> Option<DateRange> {
        let mut hull: Option<DateRange> = None;
        for group in self.groups().iter().filter(|group| group.num_rows() > 0) {
            let range = self.group_range(group, date)?;
            hull = Some(hull.map_or(range, |h| {
                DateRange::new(h.from().min(range.from()), h.through().max(range.through())).unwrap_or(h)
            }));
        }
        hull
    }
}

/// The dates that a part can hold, from its footer. `None` if the footer does not say.
pub(super) fn footer_range(part: &Part, date: &DateColumn) -> Option<DateRange> {
    if part.format != Format::Parquet {
        return None;
    }
    quietly(|| Footer::read(&Source::of(part.open().ok()?, Meter::unbounded()).ok()?).ok()?.range(date)).flatten()
}

/// The bytes of some columns of a row group.
pub(super) fn compressed(group: &RowGroupMetaData, leaves: &[usize]) -> u64 {
    leaves.iter().filter_map(|at| group.columns().get(*at)).map(|c| c.compressed_size().unsigned_abs()).sum()
}

/// The dates between a column's smallest and largest value. `None` if none of them is possible: such rows are always
/// counted. Instants are widened by a day, because the zone is applied later.
fn statistics_range(statistics: &Statistics, of: &DataType, date: &DateColumn) -> Option<DateRange> {
    let (min, max) = match (statistics, of) {
        (Statistics::Int32(s), DataType::Date32) => (epoch_day(*s.min_opt()?), epoch_day(*s.max_opt()?)),
        (Statistics::ByteArray(s), DataType::Utf8) => {
            let text = |b: &parquet::data_type::ByteArray| parse_date(std::str::from_utf8(b.data()).ok()?);
            (text(s.min_opt()?)?, text(s.max_opt()?)?)
        }
        _ => return None,
    };
    let widened = matches!(date.reading, DateReading::Instant { .. });
    let (min, max) = if widened { (previous_day(min), next_day(max)) } else { (min, max) };
    DateRange::new(min, max)?.intersect(&DateRange::new(FIRST_DATE, LAST_DATE)?)
}

/// A library's error text, cut to a length that fits a status, without control characters.
pub(super) fn cut(text: &str) -> String {
    text.chars().filter(|c| !is_hidden(*c)).take(300).collect()
}
