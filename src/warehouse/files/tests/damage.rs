//! Files that contradict themselves, are truncated, or cannot be examined: unknown, with the file and what to do. Never
//! empty, and never another count.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::{
    FileMetaData, ParquetMetaData, ParquetMetaDataReader, ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::file::properties::WriterProperties;

use super::super::Files;
use super::rules::{ask, asked, day, now, parquet, put, rows, unknown};
use crate::domain::probe::*;
use crate::domain::verdict::UnknownReason;
use crate::warehouse::budget::Budget;

/// A part of five rows whose footer gives its row group another number of rows, and of values if given.
fn lying(root: &Path, name: &str, rows: i64, values: Option<i64>) {
    parquet(root, name, "x", Arc::new(Int64Array::from(vec![1, 2, 3, 4, 5])));
    let path = root.join(name);
    let bytes = fs::read(&path).unwrap();
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&fs::File::open(&path).unwrap()).unwrap();
    let file = metadata.file_metadata();
    let lie = |group: &RowGroupMetaData| {
        let column = group.column(0).clone().into_builder().set_num_values(values.unwrap_or(5)).build().unwrap();
        group.clone().into_builder().set_num_rows(rows).set_column_metadata(vec![column]).build().unwrap()
    };
    let groups: Vec<RowGroupMetaData> = metadata.row_groups().iter().map(lie).collect();
    let file = FileMetaData::new(file.version(), rows, None, None, file.schema_descr_ptr(), None);
    let footer =
        usize::try_from(u32::from_le_bytes(bytes[bytes.len() - 8..bytes.len() - 4].try_into().unwrap())).unwrap();
    let mut out = bytes[..bytes.len() - 8 - footer].to_vec();
    let lie = ParquetMetaData::new(file, groups);
    let mut buffer = Vec::new();
    ParquetMetaDataWriter::new(&mut buffer, &lie).finish().unwrap();
    out.extend(buffer);
    fs::write(path, out).unwrap();
}

#[test]
fn a_footer_that_contradicts_itself_or_its_pages_is_not_believed() {
    for (said, values) in
        [(4, None), (0, None), (6, None), (6, Some(6)), (-5, Some(-5)), (1 << 62, None), (1 << 62, Some(1 << 62))]
    {
        let root = tempfile::tempdir().unwrap();
        lying(root.path(), "t/day=2025-11-14/a.parquet", said, values);
        for change in [(|_: &mut Question| {}) as fn(&mut Question), |q| q.unique = vec!["x".into()]] {
            let why = unknown(root.path(), "2025-11-14", change);
            assert_eq!(why.reason, UnknownReason::ProbeFailed, "{said} {values:?}: {}", why.text);
            assert!(why.lasts && why.text.contains("part `day=2025-11-14/a.parquet` "), "{said}: {}", why.text);
        }
        assert_eq!(rows(root.path(), "2025-11-15"), 0, "and no other date");
    }
}

#[test]
fn what_is_not_read_is_named_and_makes_its_dates_unknown() {
    for (name, content, why) in [
        ("t/day=2025-11-14/a.jsonl", "{}", "is of a format that gapless does not read"),
        ("t/day=2025-11-14/000000000000", "PAR1", "has no extension"),
        ("t/day=2025-11-14/a.csv.zst", "x", "is of a format that gapless does not read"),
        ("t/day=2025-11-14/a.csv", "", "is empty: it does not even have a header line; replace it"),
        ("t/day=2025-11-14/a.csv", "x,y\n1,\"2\n3,4\n", "ends within a quoted field that begins at line 2; replace it"),
        ("t/day=2025-11-14/a.csv", "x,\"y\n1,2\n", "ends within a quoted field that begins at line 1; replace it"),
        ("t/day=2025-11-14/a.csv", "x,y\n1,\"5 in\n2,3\n4,\"6\n", "has a quote within a field at line 4; replace it"),
        ("t/day=2025-11-14/a.csv", "x\0\n1\n", "is not UTF-8 text at line 1"),
        ("t/day=2025-11-14/a.csv", "x,y\n1,2\n1\n", "is broken at line 3: expected 2 fields, found 1; replace it"),
        ("t/day=2025-11-14/a.csv.gz", "x\n1\n", "cannot be unpacked: it is cut or damaged; replace it"),
        ("t/day=2025-11-14/a.parquet", "", "is empty; replace it"),
        ("t/day=2025-11-14/a.parquet", "PAR1", "is cut: it has 4 bytes; replace it"),
        ("t/day=2025-11-14/inner/a.parquet", "PAR1", "is a folder without `COLUMN=VALUE` in its name"),
    ] {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), name, content);
        put(root.path(), "t/day=2025-11-15/a.csv", "x,y\n1,2\n");
        let told = unknown(root.path(), "2025-11-14", |_| {});
        assert!(told.text.contains(why) && told.lasts, "{name} {content:?}: {}", told.text);
        assert_eq!(rows(root.path(), "2025-11-15"), 1, "{name}");
    }
}

#[test]
fn a_table_of_another_engine_is_not_read_as_a_folder_of_parts() {
    for (name, engine) in [
        ("t/_delta_log/00000.json", "a Delta table"),
        ("t/.hoodie/hoodie.properties", "a Hudi table"),
        ("t/metadata/v1.metadata.json", "an Iceberg table"),
    ] {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "t/day=2025-11-14/a.csv", "x\n1\n");
        put(root.path(), name, "{}");
        let why = ask(root.path(), &["2025-11-14"], |_| {}).unwrap_err();
        assert!(why.text.contains(engine), "{}", why.text);
    }
}

#[test]
fn a_link_that_leads_nowhere_or_out_makes_its_own_date_unknown() {
    let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(outside.path(), "a.csv", "x\n1\n");
    for date in ["2025-11-13", "2025-11-14", "2025-11-15"] {
        put(root.path(), &format!("t/day={date}/b.csv"), "x\n1\n");
    }
    symlink(outside.path().join("a.csv"), root.path().join("t/day=2025-11-13/a.csv")).unwrap();
    symlink("nowhere", root.path().join("t/day=2025-11-14/a.csv")).unwrap();
    assert!(unknown(root.path(), "2025-11-13", |_| {}).text.contains("links that leave it are refused"));
    assert!(unknown(root.path(), "2025-11-14", |_| {}).text.contains("it does not exist"));
    assert_eq!(rows(root.path(), "2025-11-15"), 1);
}

#[test]
fn what_may_not_be_looked_at_is_not_absent() {
    if rustix::process::geteuid().is_root() {
        println!("NOT CHECKED: root may look at everything");
        return;
    }
    for (mode, of) in [(0o644, "t/day=2025-11-14"), (0o000, "t/day=2025-11-14"), (0o000, "t/day=2025-11-14/a.csv")] {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "t/day=2025-11-14/a.csv", "x\n1\n");
        put(root.path(), "t/day=2025-11-15/a.csv", "x\n1\n");
        fs::set_permissions(root.path().join(of), fs::Permissions::from_mode(mode)).unwrap();
        let why = unknown(root.path(), "2025-11-14", |_| {});
        fs::set_permissions(root.path().join(of), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(why.text.contains("permission denied"), "{}", why.text);
        assert_eq!(rows(root.path(), "2025-11-15"), 1);
    }
}

#[test]
fn a_part_of_a_date_holds_rows_of_that_date_alone_whatever_is_asked() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "t/day=2025-11-14/a.csv", "day,x\n2025-11-14,1\n2025-11-15,2\n");
    put(root.path(), "t/day=2025-11-16/a.csv", "day,x\n2025-11-16,1\n");
    let told = "part `day=2025-11-14/a.csv` lies in a folder of day 2025-11-14, and its own column `day` holds 2025-11-15; move it \
                to its own folder, or write it without the column";
    for dates in [&["2025-11-14"][..], &["2025-11-14", "2025-11-15"], &["2025-11-14", "2025-11-16"]] {
        let answer = ask(root.path(), dates, |_| {}).unwrap();
        let own = &answer.readings[0].as_ref().unwrap().dates;
        assert_eq!(own[&day("2025-11-14")].as_ref().unwrap_err().text, told, "{dates:?}");
    }
    assert_eq!(
        (rows(root.path(), "2025-11-15"), rows(root.path(), "2025-11-16")),
        (0, 1),
        "the folder says where rows belong"
    );
}

#[test]
fn a_part_that_lacks_a_column_makes_its_own_date_unknown_and_a_probe_harms_no_other() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "t/day=2025-11-14/a.csv", "x\n1\n");
    put(root.path(), "t/day=2025-11-15/a.csv", "x,y\n1,2\n");
    let dates = ["2025-11-14", "2025-11-15", "2025-11-16"];
    let plain = asked(&dates, |_| {});
    let needs_y = asked(&dates, |q| q.unique = vec!["y".into()]);
    let needs_z = asked(&dates, |q| q.unique = vec!["z".into()]);
    let answer = Files::new(root.path().into()).probe("t", None, &[plain, needs_y, needs_z], now()).unwrap();
    let told = |probe: usize, date: &str| match &answer.readings[probe].as_ref().unwrap().dates[&day(date)] {
        Ok(facts) => facts.rows.to_string(),
        Err(why) => why.text.clone(),
    };
    assert_eq!([0, 1, 2].map(|n| told(0, dates[n])), ["1", "1", "0"]);
    assert_eq!(told(1, "2025-11-14"), "column `y` is not in part `day=2025-11-14/a.csv`, which has: x");
    assert_eq!([1, 2].map(|n| told(1, dates[n])), ["1", "0"]);
    let absent = "column `z` is not in part `day=2025-11-14/a.csv`, which has: x";
    assert_eq!(told(2, "2025-11-16"), absent, "no part has it, so what is asked is wrong, and no date is called empty");
}

#[test]
fn a_damaged_column_harms_only_the_question_that_needs_it() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("t")).unwrap();
    let days: ArrayRef = Arc::new(StringArray::from_iter_values((0..1_000).map(|_| "2025-11-14")));
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..1_000).map(|n| format!("c{n}"))));
    let batch = RecordBatch::try_from_iter([("day", days), ("x", texts)]).unwrap();
    let properties =
        WriterProperties::builder().set_compression(Compression::SNAPPY).set_dictionary_enabled(false).build();
    let path = root.path().join("t/a.parquet");
    let mut writer = ArrowWriter::try_new(fs::File::create(&path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    let metadata = writer.close().unwrap();
    let (start, _) = metadata.row_group(0).column(1).byte_range();
    let mut bytes = fs::read(&path).unwrap();
    bytes[start as usize + 60..start as usize + 90].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let probes = [asked(&["2025-11-14"], |_| {}), asked(&["2025-11-14"], |q| q.unique = vec!["x".into()])];
    let answer = Files::new(root.path().into()).probe("t", None, &probes, now()).unwrap();
    let facts = |n: usize| answer.readings[n].as_ref().unwrap().dates[&day("2025-11-14")].clone();
    assert_eq!(facts(0).unwrap().rows, 1_000);
    assert_eq!(facts(1).unwrap_err().reason, UnknownReason::ProbeFailed);
}

#[test]
fn a_folder_of_numbers_may_have_zeros_before_them() {
    let root = tempfile::tempdir().unwrap();
    parquet(root.path(), "t/day=2025-11-14/month=01/a.parquet", "month", Arc::new(Int64Array::from(vec![1])));
    parquet(root.path(), "t/day=2025-11-15/month=02/a.parquet", "month", Arc::new(Int64Array::from(vec![1])));
    let probe = asked(&["2025-11-14", "2025-11-15"], |q| q.unique = vec!["month".into()]);
    let distinct = Measure { of: Of::Distinct("month".into()), only: vec![] };
    let needs_ids = asked(&["2025-11-14", "2025-11-15"], |q| q.measures = vec![distinct.clone()]);
    let answer = Files::new(root.path().into()).probe("t", None, &[probe, needs_ids], now()).unwrap();
    let dates = &answer.readings[1].as_ref().unwrap().dates;
    assert_eq!(dates[&day("2025-11-14")].as_ref().unwrap().rows, 1);
    let why = dates[&day("2025-11-15")].as_ref().unwrap_err();
    assert!(why.text.contains("lies in a folder of month 02, and its own column `month` holds 1"), "{}", why.text);
}

#[test]
fn a_read_decodes_no_more_than_it_may_and_ends_when_it_is_cancelled() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("t")).unwrap();
    // Ten texts of a megabyte in some kilobytes.
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..10).map(|n| format!("{n}").repeat(1 << 20))));
    let days: ArrayRef = Arc::new(StringArray::from_iter_values((0..10).map(|_| "2025-11-14")));
    let batch = RecordBatch::try_from_iter([("day", days), ("x", texts)]).unwrap();
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(Default::default())).build();
    let file = fs::File::create(root.path().join("t/a.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let within = |most| Files::new(root.path().into()).within(Arc::new(Budget::new(most, u64::MAX)));
    let probe = || asked(&["2025-11-14"], |q| q.unique = vec!["x".into()]);
    let why = within(5 << 20).probe("t", None, &[probe()], now()).unwrap_err();
    assert_eq!(why.reason, UnknownReason::ProbeBudget);
    assert!(why.text.starts_with("table `t`: this read decodes more than 5.0 MiB"), "{}", why.text);
    assert!(within(50 << 20).probe("t", None, &[probe()], now()).is_ok());
    let cancelled = Arc::new(AtomicBool::new(false));
    let files = within(50 << 20).cancelled_by(cancelled.clone());
    cancelled.store(true, Ordering::Relaxed);
    let why = files.probe("t", None, &[probe()], now()).unwrap_err();
    assert!(why.text.contains("given up at its deadline"), "{}", why.text);
}

#[test]
fn texts_are_read_by_their_mark_their_packing_and_their_delimiter() {
    use std::io::Write;
    let text = "day;team name;pct %\r\n2025-11-14;Münster, Köln;1\r\n";
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    let tabs = text.replace(';', "\t");
    let parts: [(&str, Vec<u8>, bool); 5] = [
        ("t/a.CSV", text.into(), false),
        ("t/a.tsv", tabs.into(), false),
        ("t/a.csv.gz", packed.finish().unwrap(), false),
        ("t/a.csv", utf16, false),
        ("t/a.csv", latin.clone(), true),
    ];
    let unit = UnitForm::Columns { columns: vec!["team name".into()], any_order: false };
    for (name, bytes, latin1) in parts {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("t")).unwrap();
        fs::write(root.path().join(name), bytes).unwrap();
        let probe = asked(&["2025-11-14"], |q| (q.unit, q.unique) = (unit.clone(), vec!["pct %".into()]));
        let answer = Files::new(root.path().into()).latin1(latin1).probe("t", None, &[probe], now()).unwrap();
        let facts = answer.readings[0].as_ref().unwrap().dates[&day("2025-11-14")].clone().unwrap();
        assert_eq!(facts.units.iter().map(|(key, _)| &**key).collect::<Vec<_>>(), ["Münster, Köln"], "{name}");
    }
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("t")).unwrap();
    fs::write(root.path().join("t/a.csv"), latin).unwrap();
    let why = unknown(root.path(), "2025-11-14", |_| {});
    assert!(why.text.contains("is not UTF-8 text at line 2"), "{}", why.text);
}
