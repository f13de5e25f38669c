//! Columns of every type, codec and encoding, in parts of one type or of several: counted by the kernel and by a second
//! reader, which decodes records one by one, without Arrow and without ids.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::*;
use arrow_array::*;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::SerializedFileReader;
use parquet::record::Field;
use proptest::prelude::*;

use super::super::Files;
use super::rules::day;
use crate::domain::probe::*;

/// How a part stores the column `k`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    Decimal(i8),
    Csv,
    Nothing,
    Text,
    Bool,
    Date,
    Millis,
    Micros,
}

const NUMBERS: [Kind; 13] = [
    Kind::I8,
    Kind::I16,
    Kind::I32,
    Kind::I64,
    Kind::U8,
    Kind::U16,
    Kind::U32,
    Kind::U64,
    Kind::F32,
    Kind::F64,
    Kind::Decimal(0),
    Kind::Decimal(3),
    Kind::Csv,
];
const OTHERS: [Kind; 6] = [Kind::Nothing, Kind::Text, Kind::Bool, Kind::Date, Kind::Millis, Kind::Micros];

/// A part: its type, how it is written, and for each row a day and the index of a value.
#[derive(Clone, Debug)]
struct Written {
    kind: Kind,
    codec: usize,
    encoded: bool,
    rows: Vec<(u8, Option<u8>)>,
}

fn any_part(kind: impl Strategy<Value = Kind>) -> impl Strategy<Value = Written> {
    let row = (0..3u8, proptest::option::weighted(0.8, 0..10u8));
    (kind, 0..6usize, any::<bool>(), prop::collection::vec(row, 0..20))
        .prop_map(|(kind, codec, encoded, rows)| Written { kind, codec, encoded, rows })
}

fn any_parts() -> impl Strategy<Value = Vec<Written>> {
    let numbers = prop::collection::vec(any_part(prop::sample::select(&NUMBERS[..])), 1..4);
    let others =
        prop::sample::select(&OTHERS[..]).prop_flat_map(|kind| prop::collection::vec(any_part(Just(kind)), 1..4));
    prop_oneof![2 => numbers, 1 => others]
}

/// Values that are hard to distinguish, and the limits of types.
fn array(kind: Kind, values: &[Option<u8>]) -> ArrayRef {
    macro_rules! ints {
        ($type:ty, $native:ty) => {{
            let all: [$native; 10] =
                [0, 1, 2, 7, 100, <$native>::MAX, <$native>::MAX - 1, <$native>::MIN, <$native>::MIN + 1, 12];
            Arc::new(values.iter().map(|v| v.map(|v| all[usize::from(v)])).collect::<PrimitiveArray<$type>>())
        }};
    }
    let pick = |all: [f64; 10]| values.iter().map(move |v| v.map(|v| all[usize::from(v)])).collect::<Vec<_>>();
    match kind {
        Kind::I8 => ints!(Int8Type, i8),
        Kind::I16 => ints!(Int16Type, i16),
        Kind::I32 => ints!(Int32Type, i32),
        Kind::I64 => ints!(Int64Type, i64),
        Kind::U8 => ints!(UInt8Type, u8),
        Kind::U16 => ints!(UInt16Type, u16),
        Kind::U32 => ints!(UInt32Type, u32),
        Kind::U64 => ints!(UInt64Type, u64),
        Kind::F32 => {
            let all = pick([0.0, -0.0, 7.0, 0.1, 1.1, f64::NAN, 16_777_216.0, f64::INFINITY, -2.5, 100.0]);
            Arc::new(all.into_iter().map(|v| v.map(|v| v as f32)).collect::<Float32Array>())
        }
        Kind::F64 => {
            let all =
                pick([0.0, -0.0, 7.0, 0.1, 1.1, f64::NAN, 9_007_199_254_740_992.0, f64::NEG_INFINITY, -2.5, 100.0]);
            Arc::new(all.into_iter().collect::<Float64Array>())
        }
        Kind::Decimal(scale) => {
            let all: [i128; 10] =
                [0, 7, 7_000, 7_100, 100, -2_500, 10_i128.pow(38) - 1, 1 - 10_i128.pow(38), 12, 100_000];
            let array: Decimal128Array = values.iter().map(|v| v.map(|v| all[usize::from(v)])).collect();
            Arc::new(array.with_precision_and_scale(38, scale).unwrap())
        }
        Kind::Nothing => Arc::new(NullArray::new(values.len())),
        Kind::Text => Arc::new(values.iter().map(|v| v.map(|v| TEXTS[usize::from(v)])).collect::<StringArray>()),
        Kind::Bool => Arc::new(values.iter().map(|v| v.map(|v| v % 2 == 0)).collect::<BooleanArray>()),
        Kind::Date => Arc::new(values.iter().map(|v| v.map(|v| i32::from(v) * 1_000)).collect::<Date32Array>()),
        Kind::Millis => Arc::new(
            values
                .iter()
                .map(|v| v.map(|v| TIMES[usize::from(v)]))
                .collect::<TimestampMillisecondArray>()
                .with_timezone("UTC"),
        ),
        Kind::Micros => {
            Arc::new(values.iter().map(|v| v.map(|v| TIMES[usize::from(v)])).collect::<TimestampMicrosecondArray>())
        }
        Kind::Csv => unreachable!("written as text"),
    }
}

const TEXTS: [&str; 10] = ["7", "07", "7.0", "a", "A", " a", "nan", "é", "0e1", "true"];
/// The last ones are beyond the range of nanoseconds.
const TIMES: [i64; 10] = [
    0,
    1,
    -1,
    1_000,
    1_761_004_800_000,
    1_761_004_800_001,
    253_402_300_799_000,
    253_402_300_799_999,
    253_402_300_798_000,
    60_000,
];
/// The same numbers in a CSV part.
const FIELDS: [&str; 10] = ["0", "-0.0", "7.0", "7.10", "0.1", "NaN", "9007199254740993", "100.000", "-2.50", "012"];

fn write(folder: &Path, n: usize, part: &Written) {
    if part.kind == Kind::Csv {
        let row = |(d, v): &(u8, Option<u8>)| format!("{},{}\n", date(*d), v.map_or("", |v| FIELDS[usize::from(v)]));
        let text = part.rows.iter().fold("day,k\n".to_string(), |text, r| text + &row(r));
        return fs::write(folder.join(format!("p{n}.csv")), text).unwrap();
    }
    let days: Date32Array = part.rows.iter().map(|(d, _)| Some(super::super::decode::day_number(date(*d)))).collect();
    let values: Vec<Option<u8>> = part.rows.iter().map(|(_, v)| *v).collect();
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("day", Arc::new(days) as ArrayRef, true),
        ("k", array(part.kind, &values), true),
    ]);
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::ZSTD(Default::default()),
        Compression::LZ4_RAW,
        Compression::BROTLI(Default::default()),
    ];
    let properties =
        WriterProperties::builder().set_compression(codecs[part.codec]).set_max_row_group_row_count(Some(7));
    let properties = match (part.encoded, encoding(part.kind)) {
        (true, Some(encoding)) => properties.set_dictionary_enabled(false).set_column_encoding("k".into(), encoding),
        (encoded, _) => properties.set_dictionary_enabled(encoded),
    };
    let file = fs::File::create(folder.join(format!("p{n}.parquet"))).unwrap();
    let batch = batch.unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// The encoding designed for a type.
fn encoding(kind: Kind) -> Option<Encoding> {
    match kind {
        Kind::F32 | Kind::F64 | Kind::Decimal(_) => Some(Encoding::BYTE_STREAM_SPLIT),
        Kind::Text => Some(Encoding::DELTA_BYTE_ARRAY),
        Kind::Bool => Some(Encoding::RLE),
        Kind::Nothing | Kind::Csv => None,
        _ => Some(Encoding::DELTA_BINARY_PACKED),
    }
}

fn date(n: u8) -> jiff::civil::Date {
    day("2025-11-10").checked_add(jiff::Span::new().days(i64::from(n))).unwrap()
}

/// The second reader's view of a value: what it equals, and its number.
type Known = (String, Option<f64>);
/// A day and its value.
type Seen = (u8, Option<Known>);

fn second_reading(folder: &Path, n: usize, part: &Written) -> Vec<Seen> {
    if part.kind == Kind::Csv {
        // A column with one value that is not a number is a column of texts, unchanged.
        let numbers = part.rows.iter().all(|(_, v)| v.is_none_or(|v| FIELDS[usize::from(v)] != "012"));
        let value = |v: u8| {
            let text = FIELDS[usize::from(v)];
            (text != "NaN").then(|| (key(text, numbers), numbers.then(|| text.parse().unwrap())))
        };
        return part.rows.iter().map(|(d, v)| (*d, v.and_then(value))).collect();
    }
    let file = fs::File::open(folder.join(format!("p{n}.parquet"))).unwrap();
    let rows = SerializedFileReader::new(file).unwrap().into_iter();
    let column = |row: parquet::record::Row| row.get_column_iter().nth(1).map(|(_, field)| field.clone()).unwrap();
    part.rows.iter().zip(rows).map(|((d, _), row)| (*d, read(&column(row.unwrap())))).collect()
}

fn read(field: &Field) -> Option<Known> {
    let number = |text: String| Some((key(&text, true), text.parse().ok()));
    match field {
        Field::Null => None,
        Field::Float(v) if v.is_nan() => None,
        Field::Double(v) if v.is_nan() => None,
        Field::Byte(v) => number(v.to_string()),
        Field::Short(v) => number(v.to_string()),
        Field::Int(v) => number(v.to_string()),
        Field::Long(v) => number(v.to_string()),
        Field::UByte(v) => number(v.to_string()),
        Field::UShort(v) => number(v.to_string()),
        Field::UInt(v) => number(v.to_string()),
        Field::ULong(v) => number(v.to_string()),
        Field::Float(v) => number(v.to_string()),
        Field::Double(v) => number(v.to_string()),
        Field::Decimal(v) => {
            let unscaled =
                v.data().iter().fold(if v.data()[0] & 0x80 == 0 { 0 } else { -1_i128 }, |n, b| n << 8 | i128::from(*b));
            let (unit, sign) = (10_u128.pow(v.scale().unsigned_abs()), if unscaled < 0 { "-" } else { "" });
            let (whole, fraction) = (unscaled.unsigned_abs() / unit, unscaled.unsigned_abs() % unit);
            number(format!("{sign}{whole}.{fraction:0width$}", width = v.scale().unsigned_abs() as usize))
        }
        other => Some((format!("{other:?}"), None)),
    }
}

/// Equal numbers have one text, without redundant zeros.
fn key(text: &str, is_number: bool) -> String {
    let text = if is_number && text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    if is_number && text == "-0" { "0".into() } else { text.into() }
}

fn question(filters: &[(&str, Test)]) -> Question {
    let filter = |(column, test): &(&str, Test)| Filter { column: (*column).into(), test: test.clone() };
    Question {
        date: DateColumn::new("day", DateReading::Plain),
        filters: Vec::new(),
        unit: UnitForm::Whole,
        aliases: Arc::default(),
        before: None,
        needed: Vec::new(),
        measures: vec![Measure { of: Of::Distinct("k".into()), only: vec![] }],
        unique: vec!["k".into()],
        shares: filters.iter().map(|f| vec![filter(f)]).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_value_is_what_its_column_says_in_whatever_part_it_is(parts in any_parts(), only_key in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("t")).unwrap();
        parts.iter().enumerate().for_each(|(n, part)| write(&folder.path().join("t"), n, part));
        let is_number = NUMBERS.contains(&parts[0].kind);
        let mut asked = question(&[("k", Test::IsNull(true))]);
        let texts = parts.iter().any(|part| part.kind == Kind::Csv);
        if is_number {
            asked.shares.push(vec![Filter { column: "k".into(), test: Test::Equals(Value::Text("7".into())) }]);
        }
        if is_number && !texts {
            asked.shares.push(vec![Filter { column: "k".into(), test: Test::AtLeast(Value::Int(7)) }]);
        }
        if only_key {
            // No question needs the values themselves: bits are compared.
            asked.shares.clear();
            asked.measures.clear();
        }
        let dates = (0..3).map(date).collect();
        let probe = Probe { question: Arc::new(asked), dates, starts: Default::default(), caps: Default::default() };
        let now = "2100-01-01T00:00:00Z".parse().unwrap();
        let mut answer = Files::new(folder.path().into()).probe("t", None, &[probe], now).unwrap();
        let reading = answer.readings.remove(0).unwrap();
        let seen = parts.iter().enumerate().flat_map(|(n, part)| second_reading(&folder.path().join("t"), n, part));
        let seen: Vec<Seen> = seen.collect();
        for d in 0..3 {
            let own: Vec<&Option<Known>> = seen.iter().filter(|(of, _)| *of == d).map(|(_, v)| v).collect();
            let facts = reading.dates[&date(d)].clone().unwrap();
            let distinct: BTreeSet<_> = own.iter().map(|v| v.as_ref().map(|(key, _)| key)).collect();
            prop_assert_eq!(facts.rows, own.len() as u64);
            prop_assert_eq!(facts.surplus, (own.len() - distinct.len()) as u64, "of {:?}", own);
            if only_key {
                continue;
            }
            let nulls = own.iter().filter(|v| v.is_none()).count();
            prop_assert_eq!(facts.shares[0], nulls as u64);
            if let Some((_, unit)) = facts.units.iter().next() {
                let values = distinct.iter().filter(|key| key.is_some()).count();
                prop_assert_eq!(&*unit.measures, &[Measured::Count(values as u64)], "of {:?}", own);
            }
            let count = |holds: &dyn Fn(&Known) -> bool| own.iter().filter(|v| v.as_ref().is_some_and(holds)).count() as u64;
            if is_number {
                prop_assert_eq!(facts.shares[1], count(&|(key, _)| key == "7"));
            }
            if is_number && !texts {
                prop_assert_eq!(facts.shares[2], count(&|(_, number)| number.is_some_and(|n| n >= 7.0)));
            }
        }
    }
}
