//! Reading one part: only the needed columns, row groups that can hold a needed date, rows as ids.

use std::any::Any;
use std::fs::File;
use std::io::{BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Date32Type;
use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::{DataType, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowFilter,
};
use parquet::file::metadata::{ParquetStatisticsPolicy, RowGroupMetaData};
use parquet::file::statistics::Statistics;

use super::column::Column;
use super::decode::{Translated, day_number, dictionaries, epoch_day, loose, values};
use super::parts::{Format, Part, parse_date};
use super::prune;
use super::source::Source;
use crate::domain::dates::{DateRange, DateSet, FIRST_DATE, LAST_DATE, next_day, previous_day};
use crate::domain::probe::{DateColumn, DateReading, Filter};
use crate::domain::verdict::{Unknown, UnknownReason};

/// Rows that are looked at together.
const BATCH: usize = 8_192;

/// Why a part was not read.
#[derive(Debug)]
pub(super) enum ReadFault {
    /// The part is broken: its dates are unknown.
    Part(String),
    /// The table is not what was asked for: the whole read fails.
    Table(Unknown),
}

impl From<Unknown> for ReadFault {
    fn from(unknown: Unknown) -> Self {
        Self::Table(unknown)
    }
}

/// The values of one column of some rows.
#[derive(Clone, Debug)]
pub(super) enum Values {
    /// Ids, where somebody needs to know the values.
    Ids(Vec<u32>),
    /// Bits: equal values have equal bits, and seldom others.
    Bits(Vec<u64>),
}

impl Values {
    fn for_column(column: &Column, len: usize) -> Self {
        if column.interned { Self::Ids(Vec::with_capacity(len)) } else { Self::Bits(Vec::with_capacity(len)) }
    }
}

/// Some rows: for each needed column its values.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub len: usize,
    pub values: Vec<Values>,
}

impl Rows {
    /// The ids of an interned column.
    pub fn ids(&self, at: usize) -> &[u32] {
        match &self.values[at] {
            Values::Ids(ids) => ids,
            Values::Bits(_) => unreachable!("only columns that nobody interned have bits"),
        }
    }
}

/// Takes rows as they are read.
pub(super) type Each<'a> = &'a mut dyn FnMut(&[Column], &Rows) -> Result<(), Unknown>;

/// What is read of a part.
pub(super) struct Reader<'a> {
    /// The needed columns.
    pub columns: &'a mut [Column],
    /// Row groups without such a date are skipped.
    pub dates: Option<(&'a DateColumn, &'a DateSet)>,
    /// Who counts rows counts those that satisfy these: row groups without a row for anybody are skipped.
    pub filters: &'a [&'a [Filter]],
}

impl Reader<'_> {
    /// Reads a part in batches; returns the bytes that were read.
    pub fn part(&mut self, part: &Part, each: Each<'_>) -> Result<u64, ReadFault> {
        // A damaged file can make a decoder panic; that is the part's fault and must not stop another object.
        let read = catch_unwind(AssertUnwindSafe(|| match part.format {
            Format::Parquet => self.parquet(part, each),
            Format::Csv => self.csv(part, each),
        }));
        read.unwrap_or_else(|panic| Err(ReadFault::Part(panic_text(&panic).into())))
    }

    fn parquet(&mut self, part: &Part, each: Each<'_>) -> Result<u64, ReadFault> {
        let broken = |e: &dyn std::fmt::Display| {
            ReadFault::Part(format!("is no readable Parquet file ({})", cut(&e.to_string())))
        };
        let source =
            Source::open(&part.path()).map_err(|e| ReadFault::Part(format!("cannot be opened ({})", e.kind())))?;
        let found = ArrowReaderMetadata::load(&source, options()).map_err(|e| broken(&e))?;
        let schema = Arc::new(dictionaries(found.schema()));
        let wanted = self.positions(part, &schema)?;
        let metadata = ArrowReaderMetadata::try_new(found.metadata().clone(), options().with_schema(schema))
            .map_err(|e| broken(&e))?;
        let mut bytes = 0;
        for (n, group) in metadata.metadata().row_groups().iter().enumerate() {
            if !self.can_hold(group, found.schema()) {
                continue;
            }
            let needed: Vec<usize> = wanted.iter().flatten().copied().collect();
            let mask =
                ProjectionMask::roots(metadata.metadata().file_metadata().schema_descr(), needed.iter().copied());
            bytes += needed
                .iter()
                .filter_map(|c| group.columns().get(*c))
                .map(|c| c.compressed_size().unsigned_abs())
                .sum::<u64>();
            let mut reader = ParquetRecordBatchReaderBuilder::new_with_metadata(source.clone(), metadata.clone())
                .with_projection(mask)
                .with_row_groups(vec![n])
                .with_batch_size(BATCH);
            if let Some(filter) = self.row_filter(&metadata, group) {
                reader = reader.with_row_filter(filter);
            }
            let reader = reader.build().map_err(|e| broken(&e))?;
            let mut dictionaries = vec![None; self.columns.len()];
            let mut left = usize::try_from(group.num_rows()).unwrap_or(0);
            for batch in reader {
                let batch = batch.map_err(|e| broken(&e))?;
                let rows = self.batch(part, &batch, &mut dictionaries)?;
                each(self.columns, &rows)?;
                // To be told that nothing follows costs an empty array of each column.
                if rows.len == left {
                    break;
                }
                left = left.wrapping_sub(rows.len);
            }
        }
        Ok(bytes)
    }

    /// Where each needed column stands in the file; nothing for a partition column.
    fn positions(&self, part: &Part, schema: &Schema) -> Result<Vec<Option<usize>>, ReadFault> {
        let position = |column: &Column| match schema.index_of(&column.name) {
            Ok(at) => Ok(Some(at)),
            Err(_) if part.partition_value(&column.name).is_some() => Ok(None),
            Err(_) => Err(ReadFault::Table(no_column(&column.name, part, &names(schema)))),
        };
        self.columns.iter().map(position).collect()
    }

    fn can_hold(&self, group: &RowGroupMetaData, schema: &Schema) -> bool {
        let is_dated = self.dates.is_none_or(|(date, dates)| {
            group_range(group, date).is_none_or(|r| dates.ranges().iter().any(|d| d.intersect(&r).is_some()))
        });
        is_dated && self.filters.iter().any(|filters| prune::may_hold(group, schema, filters))
    }

    /// Where few dates of a row group are wanted, the others are told by the date column alone and not decoded further.
    fn row_filter(&self, metadata: &ArrowReaderMetadata, group: &RowGroupMetaData) -> Option<RowFilter> {
        let (date, dates) = self.dates?;
        let range = group_range(group, date)?;
        let wanted: DateSet = dates.ranges().iter().filter_map(|d| d.intersect(&range)).collect();
        let at = metadata.schema().index_of(&date.column).ok()?;
        let plain = *metadata.schema().field(at).data_type() == DataType::Date32;
        if !plain || wanted.len() * 2 > range.days() {
            return None;
        }
        let ranges: Vec<(i32, i32)> =
            wanted.ranges().iter().map(|r| (day_number(r.from()), day_number(r.through()))).collect();
        let mask = ProjectionMask::roots(metadata.metadata().file_metadata().schema_descr(), [at]);
        let possible = day_number(FIRST_DATE)..=day_number(LAST_DATE);
        let holds = move |day: i32| {
            !possible.contains(&day) || ranges.iter().any(|(from, through)| (*from..=*through).contains(&day))
        };
        // Rows without a date that a season can have are kept: they are counted apart.
        let predicate = move |batch: RecordBatch| {
            let days = batch.column(0).as_primitive::<Date32Type>();
            Ok(days.iter().map(|day| Some(day.is_none_or(&holds))).collect::<BooleanArray>())
        };
        Some(RowFilter::new(vec![Box::new(ArrowPredicateFn::new(mask, predicate))]))
    }

    fn batch(&mut self, part: &Part, batch: &RecordBatch, seen: &mut [Translated]) -> Result<Rows, ReadFault> {
        let mut rows = Rows { len: batch.num_rows(), values: Vec::with_capacity(self.columns.len()) };
        for (column, seen) in self.columns.iter_mut().zip(seen) {
            rows.values.push(match batch.column_by_name(&column.name) {
                Some(array) => values(column, array, seen, &part.name)?,
                None => constant(column, part, batch.num_rows())?,
            });
        }
        Ok(rows)
    }

    fn csv(&mut self, part: &Part, each: Each<'_>) -> Result<u64, ReadFault> {
        let broken = |e: csv::Error| ReadFault::Part(csv_fault(&part.path(), &e));
        let mut reader = csv::ReaderBuilder::new().from_path(part.path()).map_err(broken)?;
        let header = reader.headers().map_err(broken)?.clone();
        let at = |name: &str| header.iter().position(|h| h.trim_start_matches('\u{feff}') == name);
        let mut positions = Vec::new();
        for column in &*self.columns {
            match at(&column.name) {
                None if part.partition_value(&column.name).is_none() => {
                    let names: Vec<&str> = header.iter().collect();
                    return Err(ReadFault::Table(no_column(&column.name, part, &names.join(", "))));
                }
                found => positions.push(found),
            }
        }
        let mut rows = self.empty();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(broken)? {
            for ((column, at), values) in self.columns.iter_mut().zip(&positions).zip(&mut rows.values) {
                let field = at.map_or_else(|| part.partition_value(&column.name), |at| record.get(at)).unwrap_or("");
                loose(column, field, values)?;
            }
            rows.len += 1;
            if rows.len == BATCH {
                each(self.columns, &rows)?;
                rows = self.empty();
            }
        }
        each(self.columns, &rows)?;
        Ok(part.size)
    }

    fn empty(&self) -> Rows {
        Rows { len: 0, values: self.columns.iter().map(|c| Values::for_column(c, BATCH)).collect() }
    }
}

/// What is decoded of a footer: not what was said of encodings and sizes.
fn options() -> ArrowReaderOptions {
    ArrowReaderOptions::new()
        .with_skip_arrow_metadata(true)
        .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
}

/// The bytes that a read of these columns takes of a part, by its footer; nothing of a part that cannot be read.
pub(super) fn weight(part: &Part, columns: &[String], asked: &Reader<'_>) -> u64 {
    if part.format == Format::Csv {
        return part.size;
    }
    let read = || {
        let metadata = ArrowReaderMetadata::load(&File::open(part.path()).ok()?, options()).ok()?;
        let schema = metadata.schema();
        let groups = metadata.metadata().row_groups().iter().filter(|group| asked.can_hold(group, schema));
        let needed = groups.flat_map(RowGroupMetaData::columns).filter(|c| columns.contains(&c.column_path().string()));
        Some(needed.map(|c| c.compressed_size().unsigned_abs()).sum())
    };
    catch_unwind(AssertUnwindSafe(read)).ok().flatten().unwrap_or(0)
}

/// A partition column has one value for all rows of a part.
fn constant(column: &mut Column, part: &Part, len: usize) -> Result<Values, Unknown> {
    let mut one = Values::for_column(column, 1);
    let value = part.partition_value(&column.name).unwrap_or("").to_string();
    loose(column, &value, &mut one)?;
    Ok(match one {
        Values::Ids(ids) => Values::Ids(vec![ids[0]; len]),
        Values::Bits(bits) => Values::Bits(vec![bits[0]; len]),
    })
}

/// The dates that a part can hold, told by its footer; nothing when it does not tell.
pub(super) fn footer_range(part: &Part, date: &DateColumn) -> Option<DateRange> {
    if part.format != Format::Parquet {
        return None;
    }
    let read = || {
        let file = File::open(part.path()).ok()?;
        let metadata = ArrowReaderMetadata::load(&file, options()).ok()?;
        let mut hull: Option<DateRange> = None;
        for group in metadata.metadata().row_groups() {
            let range = group_range(group, date)?;
            hull = Some(hull.map_or(range, |h| {
                DateRange::new(h.from().min(range.from()), h.through().max(range.through())).unwrap_or(h)
            }));
        }
        hull
    };
    catch_unwind(AssertUnwindSafe(read)).ok().flatten()
}

fn group_range(group: &RowGroupMetaData, date: &DateColumn) -> Option<DateRange> {
    let column = group.columns().iter().find(|c| c.column_path().string() == date.column)?;
    statistics_range(column.statistics()?, date)
}

/// The dates between a column's smallest and largest value, nothing when no season has one of them: such rows are counted
/// whatever is asked. Instants are widened by a day: the zone decides later.
fn statistics_range(statistics: &Statistics, date: &DateColumn) -> Option<DateRange> {
    let (min, max) = match statistics {
        Statistics::Int32(s) => (epoch_day(*s.min_opt()?), epoch_day(*s.max_opt()?)),
        Statistics::ByteArray(s) => {
            let text = |b: &parquet::data_type::ByteArray| parse_date(std::str::from_utf8(b.data()).ok()?);
            (text(s.min_opt()?)?, text(s.max_opt()?)?)
        }
        _ => return None,
    };
    let widened = matches!(date.reading, DateReading::Instant { .. });
    let (min, max) = if widened { (previous_day(min), next_day(max)) } else { (min, max) };
    DateRange::new(min, max)?.intersect(&DateRange::new(FIRST_DATE, LAST_DATE)?)
}

fn no_column(column: &str, part: &Part, found: &str) -> Unknown {
    let text = format!("column `{column}` is not in part `{}`, which has: {}", part.name, cut(found));
    Unknown::new(UnknownReason::SchemaMismatch, text)
}

fn names(schema: &Schema) -> String {
    schema.fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>().join(", ")
}

fn csv_fault(path: &Path, error: &csv::Error) -> String {
    let line = error.position().map_or(0, |at| line_of(path, at.byte()).unwrap_or(at.line()));
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("is broken at line {line}: expected {expected_len} fields, found {len}")
        }
        csv::ErrorKind::Utf8 { .. } => format!("is no UTF-8 text at line {line}"),
        csv::ErrorKind::Io(e) => format!("cannot be read ({})", e.kind()),
        _ => "is no readable CSV file".into(),
    }
}

/// The line of the record that begins at a byte. The reader's own count is one behind where lines end with CRLF, and knows
/// nothing of blank lines before it.
fn line_of(path: &Path, byte: u64) -> std::io::Result<u64> {
    let mut line = 1;
    for (at, read) in (0..).zip(BufReader::new(File::open(path)?).bytes()) {
        let read = read?;
        if at >= byte && !matches!(read, b'\r' | b'\n') {
            break;
        }
        line += u64::from(read == b'\n');
    }
    Ok(line)
}

/// A library's sentence, cut to a length that fits a status; control characters removed.
fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

fn panic_text(_: &Box<dyn Any + Send>) -> &'static str {
    "is damaged: its decoder failed"
}
