//! The rules of folders and parts, one by one.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use parquet::arrow::ArrowWriter;

use super::super::Files;
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::mark::TableMark;
use crate::domain::probe::*;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::budget::Budget;

pub(super) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(super) fn now() -> Timestamp {
    "2100-01-01T00:00:00Z".parse().unwrap()
}

pub(super) fn put(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn column(reading: DateReading) -> DateColumn {
    DateColumn::new("day", reading)
}

pub(super) fn asked(dates: &[&str], change: impl Fn(&mut Question)) -> Probe {
    let mut question = Question {
        date: column(DateReading::Plain),
        filters: vec![],
        unit: UnitForm::Whole,
        aliases: Arc::default(),
        before: None,
        needed: Vec::new(),
        measures: vec![],
        unique: vec![],
        shares: vec![],
    };
    change(&mut question);
    let dates: DateSet = dates.iter().map(|d| day(d)).collect();
    Probe { question: Arc::new(question), dates, starts: Default::default(), caps: Default::default() }
}

pub(super) fn ask(root: &Path, dates: &[&str], change: impl Fn(&mut Question)) -> Result<Answer, Unknown> {
    Files::new(root.into()).probe("t", None, &[asked(dates, change)], now())
}

/// Why a date is unknown.
pub(super) fn unknown(root: &Path, date: &str, change: impl Fn(&mut Question)) -> Unknown {
    let answer = ask(root, &[date], change).unwrap();
    answer.readings[0].as_ref().unwrap().dates[&day(date)].clone().unwrap_err()
}

pub(super) fn rows(root: &Path, date: &str) -> u64 {
    ask(root, &[date], |_| {}).unwrap().readings[0].as_ref().unwrap().dates[&day(date)].as_ref().unwrap().rows
}

#[test]
fn no_part_is_no_row_and_no_folder_is_no_answer() {
    let root = tempfile::tempdir().unwrap();
    let missing = ask(root.path(), &["2025-11-14"], |_| {}).unwrap_err();
    assert_eq!(missing.reason, UnknownReason::ProbeFailed);
    assert!(missing.text.contains("table `t`"), "{}", missing.text);
    fs::create_dir(root.path().join("t")).unwrap();
    assert_eq!(rows(root.path(), "2025-11-14"), 0);
}

#[test]
fn hidden_names_and_files_in_the_making_are_no_data() {
    let root = tempfile::tempdir().unwrap();
    for name in ["t/.a.csv", "t/_tmp.csv", "t/_aside/day=2025-11-14/a.csv", "t/notes.md", "t/a.csv.tmp"] {
        put(root.path(), name, "day\n2025-11-14\n");
    }
    assert_eq!(rows(root.path(), "2025-11-14"), 0);
    put(root.path(), "t/a.csv", "\u{feff}day,x\r\n2025-11-14,1\r\n");
    assert_eq!(rows(root.path(), "2025-11-14"), 1, "a byte order mark and CRLF do no harm");
}

#[test]
fn a_broken_part_makes_its_own_date_unknown_and_no_other() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "t/day=2025-11-14/a.csv", "x\n1\n");
    put(root.path(), "t/day=2025-11-15/a.parquet", "this is no parquet");
    let answer = ask(root.path(), &["2025-11-14", "2025-11-15"], |_| {}).unwrap();
    let dates = &answer.readings[0].as_ref().unwrap().dates;
    assert_eq!(dates[&day("2025-11-14")].as_ref().unwrap().rows, 1);
    let broken = dates[&day("2025-11-15")].as_ref().unwrap_err();
    assert!(broken.text.contains("part `day=2025-11-15/a.parquet` is not a readable Parquet file"), "{}", broken.text);
    for (rows, said) in [
        ("day,x\n2025-11-14\n", "is broken at line 2: expected 2 fields, found 1"),
        ("day,x\r\n2025-11-14,1\r\n2025-11-14\r\n", "is broken at line 3: expected 2 fields, found 1"),
        ("\u{feff}day,x\r\n\n\n2025-11-14,1\n2025-11-14,1,2\r\n", "is broken at line 5: expected 2 fields, found 3"),
    ] {
        put(root.path(), "t/b.csv", rows);
        let flat = ask(root.path(), &["2025-11-14"], |_| {}).unwrap();
        let text = &flat.readings[0].as_ref().unwrap().dates[&day("2025-11-14")].as_ref().unwrap_err().text;
        assert!(text.contains(&format!("part `b.csv` {said}")), "{text}");
    }
}

#[test]
fn a_table_never_leaves_its_root() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    put(outside.path(), "secret.csv", "day\n2025-11-14\n");
    for table in ["../etc", "..", "/etc", "a..b", ""] {
        assert!(Files::new(root.path().into()).mark(table, &column(DateReading::Plain), now()).is_err(), "{table}");
    }
    std::os::unix::fs::symlink(outside.path(), root.path().join("t")).unwrap();
    let error = ask(root.path(), &["2025-11-14"], |_| {}).unwrap_err();
    assert!(error.text.contains("leads out of the warehouse's folder"), "{}", error.text);
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "t/a.csv", "date,x\n2025-11-14,1\n");
    let error = unknown(root.path(), "2025-11-14", |_| {});
    assert_eq!(error.reason, UnknownReason::SchemaMismatch);
    assert_eq!(error.text, "column `day` is not in part `a.csv`, which has: date, x");
}

#[test]
fn a_timestamp_names_no_date_by_itself_and_both_readings_are_shown() {
    let root = tempfile::tempdir().unwrap();
    let instants: ArrayRef =
        Arc::new(TimestampMicrosecondArray::from(vec![1_763_175_600_000_000]).with_timezone("UTC"));
    parquet(root.path(), "t/a.parquet", "day", instants);
    let error = unknown(root.path(), "2025-11-14", |q| q.date.home = TimeZone::get("America/New_York").unwrap());
    assert_eq!(error.reason, UnknownReason::SchemaMismatch);
    assert_eq!(
        error.text,
        "date column `day` of part `a.parquet` is a TIMESTAMP, and nothing says how it names a date: its value \
         2025-11-15T03:00:00Z is 2025-11-15 with dateAs: Date, and 2025-11-14 (America/New_York) with dateAs: Instant; add one \
         of them beside date"
    );
}

#[test]
fn a_part_whose_column_cannot_be_compared_makes_its_own_date_unknown() {
    let root = tempfile::tempdir().unwrap();
    parquet(root.path(), "t/day=2025-11-14/a.parquet", "x", Arc::new(Date32Array::from(vec![7])));
    put(root.path(), "t/day=2025-11-15/a.csv", "x\n7\n");
    let seven = Filter { column: "x".into(), test: Test::Equals(Value::Int(7)) };
    let answer = ask(root.path(), &["2025-11-14", "2025-11-15"], |q| q.filters = vec![seven.clone()]).unwrap();
    let dates = &answer.readings[0].as_ref().unwrap().dates;
    assert_eq!(
        dates[&day("2025-11-14")].as_ref().unwrap_err().text,
        "column `x` is of type DATE, and a filter or listed value of spec is none; write a date such as \"2025-10-21\""
    );
    assert_eq!(dates[&day("2025-11-15")].as_ref().unwrap().rows, 1);
}

/// A part of one column.
pub(super) fn parquet(root: &Path, name: &str, column: &str, values: ArrayRef) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let batch = RecordBatch::try_from_iter([(column, values)]).unwrap();
    let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn an_instant_is_the_date_of_its_zone_and_of_its_day_start() {
    let root = tempfile::tempdir().unwrap();
    put(
        root.path(),
        "t/a.csv",
        "day\n2025-11-15T04:59:00Z\n2025-11-15T05:00:00Z\n2025-11-15T10:59:00Z\n2025-11-15T11:00:00Z\n",
    );
    let count = |reading: DateReading, date: &str| {
        let answer = ask(root.path(), &[date], |q| q.date = column(reading.clone())).unwrap();
        answer.readings[0].as_ref().unwrap().dates[&day(date)].as_ref().unwrap().rows
    };
    let zone = TimeZone::get("America/New_York").unwrap();
    let midnight = DateReading::Instant { zone: zone.clone(), day_starts: jiff::civil::Time::midnight() };
    assert_eq!((count(midnight.clone(), "2025-11-14"), count(midnight, "2025-11-15")), (1, 3));
    let six = DateReading::Instant { zone, day_starts: jiff::civil::time(6, 0, 0, 0) };
    assert_eq!((count(six.clone(), "2025-11-14"), count(six, "2025-11-15")), (3, 1));
    assert_eq!(count(DateReading::Date, "2025-11-15"), 4, "the UTC calendar date");
}

#[test]
fn one_changed_date_changes_the_mark_of_that_date_alone() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "t/day=2025-11-14/a.csv", "x\n1\n");
    put(root.path(), "t/day=2025-11-15/a.csv", "x\n1\n");
    let files = Files::new(root.path().into());
    let mark = || files.mark("t", &column(DateReading::Plain), now()).unwrap();
    let before = mark();
    assert_eq!(before, mark(), "nothing changed");
    put(root.path(), "t/day=2025-11-15/_new.csv", "x\n1\n2\n");
    fs::rename(root.path().join("t/day=2025-11-15/_new.csv"), root.path().join("t/day=2025-11-15/a.csv")).unwrap();
    let after = mark();
    assert_eq!(before.dates().of(day("2025-11-14")), after.dates().of(day("2025-11-14")));
    assert_ne!(before.dates().of(day("2025-11-15")), after.dates().of(day("2025-11-15")));
    assert_ne!(before.whole(), after.whole());
}

#[test]
fn a_csv_column_holds_numbers_where_all_of_a_file_are_and_texts_as_they_stand_where_one_is_not() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "t/day=2025-11-14/a.csv", "v\n1.1\n1.10\n2.0.1\n");
    put(root.path(), "t/day=2025-11-15/a.csv", "v\n7\n7.0\n1e-05\n0.00001\nNaN\n\n");
    let distinct = Measure { of: Of::Distinct("v".into()), only: vec![] };
    for dates in [&["2025-11-14", "2025-11-15"][..], &["2025-11-14"], &["2025-11-15"]] {
        let change = |q: &mut Question| (q.measures, q.unique) = (vec![distinct.clone()], vec!["v".into()]);
        let answer = ask(root.path(), dates, change).unwrap();
        for date in dates {
            let facts = answer.readings[0].as_ref().unwrap().dates[&day(date)].clone().unwrap();
            let (rows, values, surplus) = if *date == "2025-11-14" { (3, 3, 0) } else { (5, 2, 2) };
            assert_eq!((facts.rows, facts.surplus), (rows, surplus), "{date} of {dates:?}");
            assert_eq!(
                *facts.units.get(WHOLE_DATE).unwrap().measures,
                [Measured::Count(values)],
                "{date} of {dates:?}"
            );
        }
    }
    let bits = asked(&["2025-11-14", "2025-11-15"], |q| q.unique = vec!["v".into()]);
    let answer = Files::new(root.path().into()).probe("t", None, &[bits], now()).unwrap();
    let surplus = answer.readings[0].as_ref().unwrap().dates.values().map(|f| f.as_ref().unwrap().surplus);
    assert_eq!(surplus.collect::<Vec<_>>(), [0, 2], "and if no question needs the values themselves");
}

#[test]
fn more_units_than_any_league_has_are_an_overflow() {
    let root = tempfile::tempdir().unwrap();
    let text: String = (0..MAX_UNITS_PER_DATE + 5).map(|n| format!("2025-11-14,u{n}\n")).collect();
    put(root.path(), "t/a.csv", &format!("day,u\n{text}"));
    let unit = UnitForm::Columns { columns: vec!["u".into()], any_order: false };
    let answer = ask(root.path(), &["2025-11-14"], |q| q.unit = unit.clone()).unwrap();
    let facts = answer.readings[0].as_ref().unwrap().dates[&day("2025-11-14")].as_ref().unwrap();
    assert!(facts.overflow);
    assert_eq!(facts.units.len(), MAX_UNITS_PER_DATE);
}

#[test]
fn a_split_value_with_too_few_parts_names_no_unit() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "t/a.csv", "day,id\n2025-11-14,20251114_BOS_NYK\n2025-11-14,0022500644\n");
    let unit = UnitForm::Split { column: "id".into(), separator: "_".into(), parts: vec![2, 3] };
    let answer = ask(root.path(), &["2025-11-14"], |q| q.unit = unit.clone()).unwrap();
    let facts = answer.readings[0].as_ref().unwrap().dates[&day("2025-11-14")].as_ref().unwrap();
    assert_eq!(facts.units.iter().map(|(k, _)| k.to_string()).collect::<Vec<_>>(), ["BOS@NYK"]);
    assert_eq!(facts.blank, 1);
}

#[test]
fn a_read_takes_no_more_bytes_than_its_warehouse_allows() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "t/game_date=2025-11-14/a.csv", "x\n1\n2\n");
    let files = |per_query, per_day| Files::new(folder.path().into()).within(Arc::new(Budget::new(per_query, per_day)));
    let probe = |files: &Files| {
        files.probe("t", None, &[asked(&["2025-11-14"], |q| q.date.column = "game_date".into())], now())
    };
    assert_eq!(probe(&files(6, 6)).unwrap().bytes, 6);
    let small = probe(&files(5, 6)).unwrap_err();
    assert!(small.reason == UnknownReason::ProbeBudget && small.text.contains("maxBytesPerQuery"), "{small:?}");
    let day = files(6, 11);
    assert!(probe(&day).is_ok());
    let spent = probe(&day).unwrap_err();
    assert!(spent.text.contains("needs 6 bytes, more than 5 bytes left today"), "{spent:?}");
}

#[test]
fn of_a_parquet_part_only_what_is_read_counts() {
    let folder = tempfile::tempdir().unwrap();
    let days: ArrayRef = Arc::new(Date32Array::from(vec![20_406; 1000]));
    let long: ArrayRef = Arc::new(StringArray::from_iter_values((0..1000).map(|n| format!("{n:0>90}"))));
    let batch = RecordBatch::try_from_iter([("day", days), ("long", long)]).unwrap();
    std::fs::create_dir_all(folder.path().join("t")).unwrap();
    let file = std::fs::File::create(folder.path().join("t/a.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let limited = |bytes| {
        let files = Files::new(folder.path().into()).within(Arc::new(Budget::new(bytes, u64::MAX)));
        files.probe("t", None, &[asked(&["2025-11-14"], |_| ())], now())
    };
    let needed = limited(u64::MAX).unwrap().bytes;
    assert!(needed < 1000, "{needed}");
    assert!(limited(needed).is_ok(), "the long column is not read, and does not count");
    assert!(limited(needed - 1).unwrap_err().text.contains(&format!("needs {needed} bytes")));
}

#[test]
fn a_part_too_large_to_be_read_whole_is_counted_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let days: ArrayRef = Arc::new(Date32Array::from(vec![20_406; 200_000]));
    let keys: ArrayRef =
        Arc::new(Int64Array::from_iter_values((1..=200_000_i64).map(|n| n.wrapping_mul(i64::MAX / 3))));
    let batch = RecordBatch::try_from_iter([("day", days), ("key", keys)]).unwrap();
    let path = folder.path().join("t/a.parquet");
    fs::create_dir_all(folder.path().join("t")).unwrap();
    let mut writer = ArrowWriter::try_new(fs::File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let whole = fs::read(&path).unwrap();
    assert!(whole.len() > 1 << 20, "{}", whole.len());
    let found = || {
        let keyed = |question: &mut Question| question.unique = vec!["key".into()];
        let mut answer = ask(folder.path(), &["2025-11-14"], keyed).unwrap();
        answer.readings.remove(0).unwrap().dates.remove(&day("2025-11-14")).unwrap()
    };
    let facts = found().unwrap();
    assert_eq!((facts.rows, facts.surplus), (200_000, 0));
    fs::write(&path, [&whole[..500_000], &whole[900_000..]].concat()).unwrap();
    assert_eq!(found().unwrap_err().reason, UnknownReason::ProbeFailed, "what is missing in the middle is not made up");
}

#[test]
fn row_groups_that_a_filter_rules_out_are_not_read() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("t")).unwrap();
    let days: ArrayRef = Arc::new(StringArray::from_iter_values((0..200).map(|_| "2025-11-14")));
    let market = |n| if n < 100 { "points" } else { "rebounds" };
    let markets: ArrayRef = Arc::new(StringArray::from_iter_values((0..200).map(market)));
    let batch = RecordBatch::try_from_iter([("day", days), ("market", markets)]).unwrap();
    let groups = parquet::file::properties::WriterProperties::builder().set_max_row_group_row_count(Some(100)).build();
    let file = fs::File::create(root.path().join("t/a.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(groups)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let read = |test: Test| {
        let filter = Filter { column: "market".into(), test };
        let answer = ask(root.path(), &["2025-11-14"], |q| q.filters = vec![filter.clone()]).unwrap();
        let facts = answer.readings[0].as_ref().unwrap().dates[&day("2025-11-14")].clone().unwrap();
        (facts.rows, answer.bytes, facts.instead)
    };
    let text = |t: &str| Value::Text(t.into());
    let (all, whole, _) = read(Test::NotEquals(text("assists")));
    let (some, half, _) = read(Test::Equals(text("points")));
    assert_eq!((all, some), (200, 100));
    assert!(half < whole, "{half} of {whole} bytes");
    let (none, _, instead) = read(Test::StartsWith(vec!["ass".into()]));
    let found = Found { values: vec!["points".into(), "rebounds".into()], more: false };
    assert_eq!(none, 0);
    assert_eq!(
        *instead.unwrap(),
        Instead { rows: 200, found: vec![("market".into(), found)] },
        "what is there instead"
    );
}

#[test]
fn the_mark_of_the_look_before_stands_while_what_is_read_is_as_it_was_seen() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "t/day=2025-11-14/a.csv", "x\n1\n");
    put(root.path(), "t/day=2025-11-15/a.csv", "x\n1\n");
    let files = Files::new(root.path().into());
    let probe = asked(&["2025-11-14"], |_| ());
    let look = || files.mark("t", &probe.question.date, now()).unwrap();
    let read = |seen: &TableMark| files.probe("t", Some(seen), std::slice::from_ref(&probe), now()).unwrap();
    let rows = |answer: &Answer| answer.readings[0].as_ref().unwrap().dates[&day("2025-11-14")].as_ref().unwrap().rows;

    let seen = look();
    put(root.path(), "t/day=2025-11-15/a.csv", "x\n1\n2\n");
    assert_eq!(read(&seen).mark, seen, "another date that changed since is for the next look to see");
    for (part, text, rows_now) in [
        ("t/day=2025-11-14/a.csv", "x\n1\n2\n", 2),
        ("t/day=2025-11-14/b.csv", "x\n3\n", 3),
        ("t/any.csv", "day,x\n2025-11-14,4\n2025-11-15,4\n", 4),
    ] {
        let seen = look();
        put(root.path(), part, text);
        let answer = read(&seen);
        assert_eq!((rows(&answer), answer.mark), (rows_now, look()), "{part} is read, and marked, as it is now");
    }
    let seen = look();
    std::fs::remove_file(root.path().join("t/day=2025-11-14/a.csv")).unwrap();
    let answer = read(&seen);
    assert_eq!((rows(&answer), answer.mark), (2, look()), "a part that is gone is not marked any more");
}
