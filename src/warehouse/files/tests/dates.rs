//! Which date a row belongs to is never guessed. A value without a zone, or in another format, is refused unless a field
//! says how to read it.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, TimestampMicrosecondArray, TimestampNanosecondArray};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use parquet::data_type::{ByteArray, Int96, Int96Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::super::Files;
use super::rules::{ask, day, now, parquet, put, unknown};
use crate::domain::probe::*;
use crate::domain::verdict::UnknownReason;

fn new_york() -> TimeZone {
    TimeZone::get("America/New_York").unwrap()
}

fn instant() -> DateReading {
    DateReading::Instant { zone: new_york(), day_starts: Time::midnight() }
}

fn rows_with(root: &Path, date: &str, change: impl Fn(&mut Question)) -> u64 {
    ask(root, &[date], change).unwrap().readings[0].as_ref().unwrap().dates[&day(date)].as_ref().unwrap().rows
}

#[test]
fn a_time_without_a_zone_is_refused_with_both_readings_until_a_field_says_the_zone() {
    let (root, text) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let local: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![1_763_091_000_000_000]));
    parquet(root.path(), "t/a.parquet", "day", local);
    put(text.path(), "t/a.csv", "day,x\n2025-11-14 03:30:00,1\n");
    for root in [root.path(), text.path()] {
        let as_instant = |q: &mut Question| (q.date.reading, q.date.home) = (instant(), new_york());
        let why = unknown(root, "2025-11-14", as_instant);
        assert_eq!(why.reason, UnknownReason::SchemaMismatch);
        let both = "its value 2025-11-14T03:30:00 is 2025-11-14T03:30:00Z if it means UTC, and 2025-11-14T08:30:00Z if it means \
                    America/New_York; say the zone";
        assert!(why.text.contains(both), "{}", why.text);
        for (zone, date) in [(TimeZone::UTC, "2025-11-13"), (new_york(), "2025-11-14")] {
            let said = |q: &mut Question| (q.date.reading, q.date.zone) = (instant(), Some(zone.clone()));
            assert_eq!(rows_with(root, date, said), 1, "{date}");
        }
        assert_eq!(rows_with(root, "2025-11-14", |q| q.date.reading = DateReading::Date), 1, "its own calendar date");
    }
}

#[test]
fn a_date_is_no_instant_and_a_number_is_no_date() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "t/a.csv", "day,x\n2025-11-14,1\n");
    let why = unknown(root.path(), "2025-11-14", |q| q.date.reading = instant());
    assert!(why.text.contains("holds a date, which is not an instant"), "{}", why.text);
    let numbers = tempfile::tempdir().unwrap();
    parquet(numbers.path(), "t/a.parquet", "day", Arc::new(Int32Array::from(vec![2_025, 20_251_114])));
    let why = unknown(numbers.path(), "2025-11-14", |_| {});
    assert!(why.text.contains("is of type INTEGER, which is not a date"), "{}", why.text);
}

#[test]
fn dates_are_read_as_they_are_said_to_be_written() {
    let format = |pattern: &str| Some(DateFormat::Value(pattern.into()));
    let numbers = tempfile::tempdir().unwrap();
    parquet(numbers.path(), "t/a.parquet", "day", Arc::new(Int32Array::from(vec![20_251_114, 20_251_114, 20_251_115])));
    assert_eq!(rows_with(numbers.path(), "2025-11-14", |q| q.date.format = format("%Y%m%d")), 2);
    let texts = tempfile::tempdir().unwrap();
    put(texts.path(), "t/a.csv", "day,x\n14/11/2025,1\n5/1/2025,1\n15/11/2025,1\n");
    assert_eq!(rows_with(texts.path(), "2025-11-14", |q| q.date.format = format("%d/%m/%Y")), 1);
    let why = unknown(texts.path(), "2025-11-14", |q| q.date.format = format("%Y%m%d"));
    assert!(why.text.contains("holds `14/11/2025`, which is not written as dateFormat says"), "{}", why.text);
    assert_eq!(rows_with(texts.path(), "2025-01-05", |q| q.date.format = format("%d/%m/%Y")), 1);
    put(texts.path(), "u/a.csv", "day,x\n2025102,1\n");
    let cut = Files::new(texts.path().into()).probe(
        "u",
        None,
        &[super::rules::asked(&["2025-10-02"], |q| q.date.format = format("%Y%m%d"))],
        now(),
    );
    assert!(cut.unwrap().readings[0].as_ref().unwrap().dates[&day("2025-10-02")].is_err(), "a digit is lacking");
    let folders = tempfile::tempdir().unwrap();
    put(folders.path(), "t/day=20251114/a.csv", "x\n1\n");
    put(folders.path(), "t/day=20251115/a.csv", "x\n1\n2\n");
    assert_eq!(rows_with(folders.path(), "2025-11-15", |q| q.date.format = format("%Y%m%d")), 2);
}

#[test]
fn several_partitions_name_a_date_together() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "t/year=2025/month=11/day=14/a.csv", "x\n1\n");
    put(root.path(), "t/year=2025/month=11/day=5/a.csv", "x\n1\n2\n");
    let columns = ["year", "month", "day"].map(String::from).to_vec();
    let folders = |q: &mut Question| {
        q.date.column = "year".into();
        q.date.format = Some(DateFormat::Folders(columns.clone(), "%Y/%m/%d".into()));
    };
    assert_eq!(rows_with(root.path(), "2025-11-14", folders), 1);
    assert_eq!(rows_with(root.path(), "2025-11-05", folders), 2);
    assert_eq!(rows_with(root.path(), "2025-11-06", folders), 0);
    put(root.path(), "t/a.csv", "x\n1\n");
    let why = unknown(root.path(), "2025-11-14", folders);
    assert!(why.text.contains("lies in no folder of the form that dateFormat says"), "{}", why.text);
}

#[test]
fn names_of_partitions_are_decoded() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "t/day=2025-11-14/team=New%20York/a.csv", "x\n1\n");
    put(root.path(), "t/day=2025-11-14/team=100%/a.csv", "x\n1\n");
    let is = |team: &str| Filter { column: "team".into(), test: Test::Equals(Value::Text(team.into())) };
    for team in ["New York", "100%"] {
        assert_eq!(rows_with(root.path(), "2025-11-14", |q| q.filters = vec![is(team)]), 1, "{team}");
    }
    put(root.path(), "t/day=2025-11-15/_source=a/a.csv", "x\n1\n");
    assert_eq!(rows_with(root.path(), "2025-11-15", |_| {}), 1, "and a column may begin as hidden files do");
}

#[test]
fn a_schedule_whose_order_is_neither_number_nor_time_does_not_say_which_row_is_newer() {
    let root = tempfile::tempdir().unwrap();
    let question = ScheduleQuestion {
        date: DateColumn::new("day", DateReading::Plain),
        unit: vec!["home".into()],
        aliases: Arc::default(),
        starts_at: None,
        filters: vec![],
        void: vec![],
        is_final: None,
        latest_by: Some(("id".into(), "at".into())),
        updated_at: None,
    };
    let read = |order: [&str; 2]| {
        let [first, second] = order;
        put(root.path(), "s/a.csv", &format!("day,home,id,at\n2025-11-14,BOS,1,{first}\n2025-11-15,BOS,1,{second}\n"));
        Files::new(root.path().into()).schedule("s", &question, now())
    };
    for order in
        [["9", "10"], ["9.5", "10.25"], ["2025-09-30", "2025-10-02"], ["2025-09-30 10:00:00", "2025-10-02T09:00:00"]]
    {
        let rows = read(order).unwrap().rows;
        assert!(rows[0].order < rows[1].order, "{order:?}");
    }
    let why = read(["9/30/2025 10:00", "10/2/2025 10:00"]).unwrap_err();
    assert!(why.text.contains("holds `9/30/2025 10:00`, which is not a number"), "{}", why.text);
}

/// A file with a column of 96-bit instants, as old writers make them.
fn int96(root: &Path, days: &[i64]) {
    let schema = Arc::new(parse_message_type("message m { required binary day (UTF8); required int96 at; }").unwrap());
    std::fs::create_dir_all(root.join("t")).unwrap();
    let file = std::fs::File::create(root.join("t/a.parquet")).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(WriterProperties::new())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let texts: Vec<ByteArray> = days.iter().map(|_| "2025-11-14".into()).collect();
    column.typed::<parquet::data_type::ByteArrayType>().write_batch(&texts, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let instant = |day: &i64| {
        let mut instant = Int96::new();
        instant.set_data(1_000, 0, u32::try_from(day + 2_440_588).unwrap());
        instant
    };
    column.typed::<Int96Type>().write_batch(&days.iter().map(instant).collect::<Vec<_>>(), None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn instants_far_away_stand_for_themselves() {
    let root = tempfile::tempdir().unwrap();
    // 1700, 2025, 2400 and two days of 9999: in nanoseconds these would come back as other years.
    int96(root.path(), &[-98_615, 20_406, 157_054, 2_932_895, 2_932_896]);
    let distinct = Measure { of: Of::Distinct("at".into()), only: vec![] };
    let late = Filter { column: "at".into(), test: Test::AtLeast(Value::Text("2300-01-01".into())) };
    let answer = ask(root.path(), &["2025-11-14"], |q| {
        (q.measures, q.unique) = (vec![distinct.clone()], vec!["at".into()]);
        q.shares = vec![vec![late.clone()]];
    });
    let mut answer = answer.unwrap();
    let facts = answer.readings.remove(0).unwrap().dates.remove(&day("2025-11-14")).unwrap().unwrap();
    assert_eq!(*facts.units.get(WHOLE_DATE).unwrap().measures, [Measured::Count(5)]);
    assert_eq!((facts.surplus, facts.shares), (0, vec![3]));
}

#[test]
fn a_snapshot_and_a_start_without_a_zone_are_refused_until_a_field_says_it() {
    let root = tempfile::tempdir().unwrap();
    let at: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1_763_091_000_000_000_000]));
    parquet(root.path(), "t/day=2025-11-14/a.parquet", "at", at);
    let newest = |zone: Option<TimeZone>| {
        move |q: &mut Question| {
            let of = Of::Newest(InstantColumn { column: "at".into(), zone: zone.clone() });
            q.measures = vec![Measure { of, only: vec![] }];
        }
    };
    let why = unknown(root.path(), "2025-11-14", newest(None));
    assert!(why.text.starts_with("column `at` has times that name no zone"), "{}", why.text);
    let answer = ask(root.path(), &["2025-11-14"], newest(Some(new_york()))).unwrap();
    let facts = answer.readings[0].as_ref().unwrap().dates[&day("2025-11-14")].clone().unwrap();
    let read = Measured::Newest(Some("2025-11-14T08:30:00Z".parse().unwrap()));
    assert_eq!(*facts.units.get(WHOLE_DATE).unwrap().measures, [read]);

    put(root.path(), "s/a.csv", "day,home,start\n2025-11-14,BOS,2025-11-14 19:00:00\n2025-11-15,BOS,TBD\n");
    let schedule = |zone: Option<TimeZone>| {
        let question = ScheduleQuestion {
            date: DateColumn::new("day", DateReading::Plain),
            unit: vec!["home".into()],
            aliases: Arc::default(),
            starts_at: Some(InstantColumn { column: "start".into(), zone }),
            filters: vec![],
            void: vec![],
            is_final: None,
            latest_by: None,
            updated_at: None,
        };
        Files::new(root.path().into()).schedule("s", &question, now())
    };
    let why = schedule(None).unwrap_err();
    assert!(why.text.starts_with("column `start` of the schedule has times that name no zone"), "{}", why.text);
    let rows = schedule(Some(new_york())).unwrap().rows;
    let starts: Vec<_> = rows.iter().map(|row| row.start.map(|at| at.to_string())).collect();
    assert_eq!(
        starts,
        [Some("2025-11-15T00:00:00Z".to_string()), None],
        "and a start to be determined is not known yet"
    );
}
