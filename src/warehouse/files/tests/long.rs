//! Long texts are counted, compared and distinguished like any others, in bounded memory.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::super::column::Column;
use super::super::parquet_part::batch_size;
use super::rules::{ask, day, put};
use crate::domain::probe::*;
use crate::domain::verdict::UnknownReason;

const DATE: &str = "2025-11-14";

/// A text of this many bytes, different for each number, but only at its end.
fn long(bytes: usize, n: usize) -> String {
    format!("{}{n:08}", "x".repeat(bytes - 8))
}

/// A compressed part of this many rows with such texts in column `x`.
fn packed(root: &Path, rows: usize, bytes: usize) {
    let path = root.join(format!("t/day={DATE}/a.parquet"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let batch = |from: usize, through: usize| {
        let texts: StringArray = (from..through).map(|n| Some(long(bytes, n))).collect();
        RecordBatch::try_from_iter([("x", Arc::new(texts) as _)]).unwrap()
    };
    let level = ZstdLevel::try_new(1).unwrap();
    let properties =
        WriterProperties::builder().set_compression(Compression::ZSTD(level)).set_dictionary_enabled(false);
    let file = fs::File::create(&path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch(0, 0).schema(), Some(properties.build())).unwrap();
    for from in (0..rows).step_by(500) {
        writer.write(&batch(from, rows.min(from + 500))).unwrap();
    }
    writer.close().unwrap();
}

fn values(column: &str) -> Vec<Measure> {
    vec![Measure { of: Of::Distinct(column.into()), only: vec![] }]
}

fn facts(root: &Path, change: impl Fn(&mut Question)) -> DateFacts {
    let answer = ask(root, &[DATE], change).unwrap();
    let facts = answer.readings[0].as_ref().unwrap().dates[&day(DATE)].as_ref().unwrap();
    facts.clone()
}

#[test]
fn long_texts_are_counted_and_distinguished_by_their_ends() {
    let root = tempfile::tempdir().unwrap();
    packed(root.path(), 2_000, 8_192);
    let all = facts(root.path(), |q| q.measures = values("x"));
    let (_, unit) = all.units.iter().next().unwrap();
    assert_eq!((all.rows, &unit.measures[0]), (2_000, &Measured::Count(2_000)));
    let csv = tempfile::tempdir().unwrap();
    let rows: String = [0, 1, 1].map(|n| long(8_192, n) + "\n").concat();
    put(csv.path(), &format!("t/day={DATE}/a.csv"), &format!("x\n{rows}"));
    assert_eq!(facts(csv.path(), |q| q.unique = vec!["x".into()]).surplus, 1);
}

#[test]
fn a_filter_and_a_split_see_of_a_long_text_what_they_ask_for() {
    let root = tempfile::tempdir().unwrap();
    let rows = format!("day,x\n{DATE},{}_b\n{DATE},short_b\n", "a".repeat(600));
    put(root.path(), "t/a.csv", &rows);
    let matching = |test: Test| {
        let filter = Filter { column: "x".into(), test };
        facts(root.path(), |q| q.filters = vec![filter.clone()]).rows
    };
    assert_eq!(matching(Test::StartsWith(vec!["a".repeat(128)])), 1);
    assert_eq!(matching(Test::LessThan(Value::Text("a".repeat(128)))), 0, "it goes on where that ends");
    assert_eq!(matching(Test::AtLeast(Value::Text("a".repeat(128)))), 2);
    assert_eq!(matching(Test::NotEquals(Value::Text("short_b".into()))), 1);
    let split = UnitForm::Split { column: "x".into(), separator: "_".into(), parts: vec![2] };
    let units = facts(root.path(), |q| q.unit = split.clone()).units;
    assert_eq!(units.iter().map(|(key, unit)| (key.to_string(), unit.rows)).collect::<Vec<_>>(), [("b".into(), 2)]);
}

/// A hundred thousand texts of eight kilobytes are eight hundred megabytes. A few hundred bytes of each are kept.
#[test]
fn what_is_kept_of_distinct_texts_is_bounded_in_bytes() {
    let mut column = Column::new("x");
    column.interned = true;
    let mut ids: Vec<u32> = (0..10_000).map(|n| column.intern_text(&long(8_192, n)).unwrap()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 10_000);
    let kept = ids.iter().filter_map(|id| Some(column.value(*id)?.text().len())).max();
    assert!(kept.is_some_and(|most| most < 250), "{kept:?}");
    let mut whole = Column::new("x");
    (whole.interned, whole.is_whole) = (true, true);
    let why = (0..10_000).find_map(|n| whole.intern_text(&long(8_192, n)).err()).unwrap();
    assert_eq!(why.reason, UnknownReason::ProbeBudget);
    assert_eq!(why.text, "column `x` has more than 64.0 MiB of distinct values; narrow spec.where or spec.dates");
}

/// A page of long texts is in memory once while it is decoded. What is made from it row by row must not copy it again.
#[test]
fn fewer_long_rows_are_decoded_at_once() {
    for (bytes, rows, at_once) in [
        (0, 0, 8_192),
        (16 * 8_192, 8_192, 8_192),
        (8_192 * 100_000, 100_000, 1_024),
        (128 << 20, 128, 8),
        (u64::MAX, 1, 1),
    ] {
        assert_eq!(batch_size(bytes, rows), at_once, "{bytes} bytes in {rows} rows");
    }
}
