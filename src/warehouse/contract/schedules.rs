//! Schedules: the same rows of every kind of warehouse.

use jiff::tz::TimeZone;

use super::*;

/// The rows of all kinds of warehouse are equal, but for their order.
fn schedule(data: &Data, question: &ScheduleQuestion) -> Result<Vec<ScheduleRow>, Unknown> {
    RUNTIME.block_on(async {
        let question = Arc::new(question.clone());
        let sorted = |read: Result<ScheduleReading, Unknown>| {
            read.map(|read| {
                let mut rows = read.rows;
                rows.sort_by_key(|row| format!("{row:?}"));
                rows
            })
        };
        let (folders, table) = served::folders(data);
        let expected = sorted(folders.tables.schedule(call(), &table, question.clone()).await);
        for home in served::servers(data) {
            let own = sorted(home.tables.schedule(call(), &home.table, question.clone()).await);
            match (&own, &expected) {
                (Ok(own), Ok(expected)) => assert_eq!(own, expected, "{}", home.name),
                (Err(own), Err(expected)) => assert_eq!(own.reason, expected.reason, "{}: {}", home.name, own.text),
                (own, expected) => panic!("{}: {own:?}, folders: {expected:?}", home.name),
            }
        }
        expected
    })
}

fn question() -> ScheduleQuestion {
    ScheduleQuestion {
        date: DateColumn::new("day", DateReading::Plain),
        unit: vec!["away".into(), "home".into()],
        aliases: Arc::new(BTreeMap::from([("PHO".into(), "PHX".into())])),
        starts_at: Some("starts".into()),
        filters: vec![filter("id", Test::StartsWith(vec!["002".into()]))],
        void: vec![filter("status", Test::Equals(Value::Int(3))), filter("score", Test::IsNull(true))],
        is_final: Some(filter("status", Test::Equals(text("3")))),
        latest_by: Some(("id".into(), "version".into())),
        updated_at: Some("updated".into()),
    }
}

fn games() -> Data {
    Data::new(
        &[
            ("day", Type::Date),
            ("away", Type::Text),
            ("home", Type::Text),
            ("starts", Type::Instant),
            ("id", Type::Text),
            ("status", Type::Int),
            ("score", Type::Float),
            ("version", Type::Decimal),
            ("updated", Type::Instant),
        ],
        "2025-11-14 | PHO | LAL | 2025-11-15T00:30:00Z | 0021 | 3 | 101 | 1.5 | 2025-11-15T06:00:00Z
         2025-11-14 | BOS | NYK | NULL                 | 0022 | 3 | NaN | 2   | NULL
         2025-11-15 | BOS | \" \" | 2025-11-15T00:00:00.123456Z | 0023 | 1 | NULL | NULL | 2025-11-15T06:00:00Z
         NULL       | BOS | MIA | NULL                 | 0024 | 1 | 1 | 3 | NULL
         2025-11-15 | BOS | MIA | NULL                 | 0014 | 1 | 1 | 3 | NULL",
    )
}

#[test]
fn rows_of_a_schedule_are_the_same_everywhere() {
    let rows = schedule(&games(), &question()).unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows.iter().filter(|row| row.void).count(), 1);
    assert!(rows.iter().any(|row| row.unit.as_deref() == Some("PHX@LAL") && row.order == Some(Order(1_500_000_000))));
}

#[test]
fn a_start_beyond_the_calendar_is_unknown_like_none() {
    let data = Data::new(
        &[("day", Type::Date), ("away", Type::Text), ("home", Type::Text), ("starts", Type::Instant)],
        "2025-11-14 | BOS | NYK | 2025-11-15T00:30:00Z
         2025-11-15 | BOS | NYK | 2200-01-02T00:00:00Z
         2025-11-16 | BOS | NYK | 1969-12-31T00:00:00Z
         2025-11-17 | BOS | NYK | NULL",
    );
    let plain = ScheduleQuestion {
        filters: Vec::new(),
        void: Vec::new(),
        is_final: None,
        latest_by: None,
        updated_at: None,
        ..question()
    };
    let rows = schedule(&data, &plain).unwrap();
    assert_eq!(rows.iter().filter(|row| row.start.is_some()).count(), 1, "{rows:#?}");
}

#[test]
fn a_schedule_may_be_dated_by_instants_and_say_times_as_texts() {
    let data = Data::new(
        &[
            ("day", Type::Instant),
            ("away", Type::Text),
            ("home", Type::Text),
            ("starts", Type::Text),
            ("day2", Type::Text),
        ],
        "2025-11-15T00:30:00Z | BOS | NYK | 2025-11-15T00:30:00Z | 2025-11-14
         2025-11-15T05:30:00Z | BOS | NYK | TBD | 2025-11-15
         NULL | BOS | NYK | NULL | NULL",
    );
    let zone = TimeZone::get("America/New_York").unwrap();
    let dated = |date| ScheduleQuestion {
        date,
        filters: Vec::new(),
        void: Vec::new(),
        is_final: None,
        latest_by: None,
        updated_at: None,
        ..question()
    };
    let instant = DateReading::Instant { zone, day_starts: jiff::civil::time(0, 0, 0, 0) };
    assert_eq!(schedule(&data, &dated(DateColumn::new("day", instant))).unwrap().len(), 3);
    assert_eq!(schedule(&data, &dated(DateColumn::new("day2", DateReading::Plain))).unwrap().len(), 3);
    schedule(&data, &dated(DateColumn::new("day", DateReading::Plain))).unwrap_err();
    schedule(&data, &dated(DateColumn::new("absent", DateReading::Plain))).unwrap_err();
}
