//! Reading a Parquet part: only the needed columns, and only row groups that can hold a needed row. The number of rows must
//! match the footer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use arrow_array::cast::AsArray;
use arrow_array::types::Date32Type;
use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::{DataType, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ArrowReaderMetadata, ParquetRecordBatchReaderBuilder, RowFilter};
use parquet::basic::Compression;
use parquet::file::metadata::RowGroupMetaData;

use super::decode::{Translated, constant, day_number, readable, values};
use super::footer::{Footer, compressed, cut, options};
use super::partition::Constant;
use super::parts::{Part, reason};
use super::prune::can_hold;
use super::read::{Each, Fault, Reader, no_column};
use super::rows::{Rows, Values};
use super::source::Source;
use crate::domain::dates::{DateSet, FIRST_DATE, LAST_DATE};
use crate::domain::verdict::{Unknown, UnknownReason};

/// Rows per batch.
const BATCH: usize = 8_192;
/// Fewer rows if they take more bytes than this: a batch is copied while it is decoded.
const BATCH_BYTES: u64 = 8 << 20;

/// Where the values of a column come from.
enum From {
    Leaf(usize, Option<Constant>),
    Constant(Constant),
    /// Missing: the questions that need the column know.
    Nothing,
}

/// An open part.
struct Open {
    source: Source,
    footer: Footer,
    /// With texts as dictionaries.
    arrow: ArrowReaderMetadata,
    from: Vec<From>,
    leaves: Vec<usize>,
}

impl<'a> Reader<'a> {
    /// Reads a part in batches, and returns the bytes that were read.
    pub(super) fn parquet(&mut self, part: &Part, each: Each<'_>) -> Result<u64, Fault> {
        let open = self.open(part)?;
        if self.is_over() {
            return Ok(0);
        }
        let dates = self.pruned_dates(part);
        let mut bytes = 0;
        for n in 0..open.footer.groups().len() {
            let group = &open.footer.groups()[n];
            if can_hold(&open.footer, group, dates, self.filters) {
                bytes += compressed(group, &open.leaves);
                self.group(part, &open, n, each)?;
            }
            if self.is_over() {
                break;
            }
        }
        Ok(bytes)
    }

    fn open(&mut self, part: &Part) -> Result<Open, Fault> {
        let source = part
            .open()
            .and_then(|file| Source::of(file, self.bounds.meter.clone()))
            .map_err(|e| Fault::io(part, &reason(&e)))?;
        let footer = Footer::read(&source).map_err(|why| self.damaged(part, &why))?;
        let from = self.sources_of(part, &footer);
        let leaves = from.iter().filter_map(|from| if let From::Leaf(leaf, _) = from { Some(*leaf) } else { None });
        let mut leaves: Vec<usize> = leaves.collect();
        if leaves.is_empty() {
            // Rows are counted: the footer is not trusted. The smallest column gives their number.
            leaves.extend(footer.smallest());
        }
        let schema: Schema = readable(footer.schema(), |name| footer.is_int96(name));
        let arrow =
            ArrowReaderMetadata::try_new(footer.arrow.metadata().clone(), options().with_schema(Arc::new(schema)))
                .map_err(|e| self.undecoded(part, &e))?;
        Ok(Open { source, footer, arrow, from, leaves })
    }

    /// The source of each needed column. A question whose column cannot be read gets an error.
    fn sources_of(&mut self, part: &Part, footer: &Footer) -> Vec<From> {
        let mut from = Vec::with_capacity(self.columns.len());
        for at in 0..self.columns.len() {
            from.push(self.source_of(part, footer, at).unwrap_or_else(|why| {
                self.refuse(at, &why);
                From::Nothing
            }));
        }
        from
    }

    fn source_of(&self, part: &Part, footer: &Footer, at: usize) -> Result<From, Unknown> {
        let name = &self.columns[at].name;
        let mismatch = |why: &str| part.fault(UnknownReason::SchemaMismatch, why).lasting();
        let constant = self.constant(part, name);
        match (footer.leaf(name), constant) {
            (_, Some(constant)) if constant.is_only => Ok(From::Constant(constant)),
            (Some(_), _) if footer.is_twice(name) => Err(mismatch(&format!("has two columns `{name}`; rename one"))),
            (Some(leaf), constant) => Ok(From::Leaf(leaf, constant)),
            (None, Some(constant)) => Ok(From::Constant(constant)),
            (None, None) => match footer.schema().field_with_name(name) {
                Ok(field) => {
                    let of = cut(&field.data_type().to_string());
                    Err(mismatch(&format!("has a column `{name}` of type {of}, which gapless does not compare")))
                }
                Err(_) => Err(no_column(name, part, footer.schema().fields().iter().map(|f| f.name().as_str()))),
            },
        }
    }

    fn group(&mut self, part: &Part, open: &Open, n: usize, each: Each<'_>) -> Result<(), Fault> {
        let group = &open.footer.groups()[n];
        let broken = |reader: &Self, e: &dyn std::fmt::Display| reader.undecoded(part, e);
        self.check_values(part, open, group)?;
        let mask = ProjectionMask::leaves(open.footer.arrow.parquet_schema(), open.leaves.iter().copied());
        let sizes = open.leaves.iter().map(|at| group.column(*at).uncompressed_size().unsigned_abs());
        let bytes = sizes.fold(0, u64::saturating_add);
        let batch_size = batch_size(bytes, group.num_rows().unsigned_abs());
        let mut reader = ParquetRecordBatchReaderBuilder::new_with_metadata(open.source.clone(), open.arrow.clone())
            .with_projection(mask)
            .with_row_groups(vec![n])
            .with_batch_size(batch_size);
        // If a filter examines the rows first, it counts them.
        let (filter, looked_at) = self.row_filter(part, &open.footer, group).unzip();
        if let Some(filter) = filter {
            reader = reader.with_row_filter(filter);
        }
        let reader = reader.build().map_err(|e| broken(self, &e))?;
        let mut dictionaries = vec![None; self.columns.len()];
        let (said, mut read) = (group.num_rows().unsigned_abs(), 0);
        for batch in reader {
            let batch = batch.map_err(|e| broken(self, &e))?;
            let rows = self.batch(part, &open.from, &batch, &mut dictionaries)?;
            each(self.columns, &rows, self.refused);
            read += rows.len as u64;
            // Asking for another batch costs an empty array per column. A batch that is not full is the last.
            if self.is_over() || (read == said && rows.len < batch_size) {
                break;
            }
        }
        let held = looked_at.map_or(read, |looked_at| looked_at.load(Relaxed));
        if held != said && !self.is_over() {
            let why = format!("contradicts itself: its footer says {said} rows of a row group that holds {held}");
            return Err(self.damaged(part, &why));
        }
        Ok(())
    }

    /// A column of plain values has one value per row.
    fn check_values(&self, part: &Part, open: &Open, group: &RowGroupMetaData) -> Result<(), Fault> {
        for at in open.leaves.iter().copied() {
            let column = group.column(at);
            if column.num_values() != group.num_rows() {
                let why = format!(
                    "contradicts itself: a row group of {} rows has {} values of a column",
                    group.num_rows(),
                    column.num_values()
                );
                return Err(self.damaged(part, &why));
            }
            if column.compression() == Compression::LZO {
                let why =
                    "is compressed with LZO, which gapless does not read; write Snappy, Zstandard, gzip, LZ4 or none";
                return Err(Fault::Part(part.fault(UnknownReason::ProbeFailed, why).lasting()));
            }
        }
        Ok(())
    }

    /// If few dates of a row group are needed, the date column alone excludes the others, and they are not decoded.
    fn row_filter(
        &self,
        part: &Part,
        footer: &Footer,
        group: &RowGroupMetaData,
    ) -> Option<(RowFilter, Arc<AtomicU64>)> {
        let (date, dates) = self.pruned_dates(part)?;
        let range = footer.group_range(group, date)?;
        let wanted: DateSet = dates.ranges().iter().filter_map(|d| d.intersect(&range)).collect();
        let leaf = footer.leaf(&date.column)?;
        let plain = *footer.schema().field_with_name(&date.column).ok()?.data_type() == DataType::Date32;
        if !plain || wanted.len() * 2 > range.days() {
            return None;
        }
        let ranges: Vec<(i32, i32)> =
            wanted.ranges().iter().map(|r| (day_number(r.from()), day_number(r.through()))).collect();
        let mask = ProjectionMask::leaves(footer.arrow.parquet_schema(), [leaf]);
        let possible = day_number(FIRST_DATE)..=day_number(LAST_DATE);
        let holds = move |day: i32| {
            !possible.contains(&day) || ranges.iter().any(|(from, through)| (*from..=*through).contains(&day))
        };
        let looked_at = Arc::new(AtomicU64::new(0));
        let counter = looked_at.clone();
        // Rows without a possible date are kept, because they are counted separately.
        let predicate = move |batch: RecordBatch| {
            counter.fetch_add(batch.num_rows() as u64, Relaxed);
            let days = batch.column(0).as_primitive::<Date32Type>();
            Ok(days.iter().map(|day| Some(day.is_none_or(&holds))).collect::<BooleanArray>())
        };
        Some((RowFilter::new(vec![Box::new(ArrowPredicateFn::new(mask, predicate))]), looked_at))
    }

    fn batch(
        &mut self,
        part: &Part,
        from: &[From],
        batch: &RecordBatch,
        seen: &mut [Translated],
    ) -> Result<Rows, Fault> {
        let mut rows = Rows { len: batch.num_rows(), values: Vec::with_capacity(self.columns.len()) };
        for (at, from) in from.iter().enumerate() {
            let column = &mut self.columns[at];
            let made = match from {
                From::Nothing => Ok(Values::nulls(column, rows.len)),
                From::Constant(folder) => constant(column, &folder.text, rows.len),
                From::Leaf(..) => match batch.column_by_name(&column.name) {
                    Some(array) => values(column, array, &mut seen[at]),
                    None => Ok(Values::nulls(column, rows.len)),
                },
            };
            let made = match (made, from) {
                (Ok(made), From::Leaf(_, Some(constant))) => {
                    constant.check(&self.columns[at], &made, self.date).map_err(|why| self.misfiled(part, &why))?;
                    made
                }
                (Ok(made), _) => made,
                (Err(why), _) => {
                    self.refuse(at, &why);
                    Values::nulls(&self.columns[at], rows.len)
                }
            };
            rows.values.push(made);
        }
        Ok(rows)
    }
}

/// The number of rows per batch, given the rows and bytes of a group.
pub(super) fn batch_size(bytes: u64, rows: u64) -> usize {
    let of_row = bytes / rows.max(1);
    usize::try_from(BATCH_BYTES / of_row.max(1)).unwrap_or(BATCH).clamp(1, BATCH)
}
