//! Which date a row belongs to.

use jiff::civil::time;
use jiff::tz::TimeZone;

use super::*;

fn by(column: DateColumn) -> Probe {
    ask(|q| q.date = column)
}

fn rows(data: &Data, probe: Probe) -> Vec<u64> {
    let mut readings = agree(data, &[probe]);
    readings.remove(0).unwrap().dates.into_values().map(|facts| facts.unwrap().rows).collect()
}

fn new_york() -> TimeZone {
    TimeZone::get("America/New_York").unwrap()
}

#[test]
fn null_and_impossible_dates_are_counted_and_belong_to_no_date() {
    let data = Data::new(
        &[("day", Type::Date), ("k", Type::Int)],
        "2025-11-14 | 1
         NULL       | 1
         NULL       | 2
         1969-12-31 | 1
         0001-01-01 | 1
         2200-01-01 | 1
         9999-12-31 | 2
         2199-12-31 | 1
         1970-01-01 | 1",
    );
    let mut readings = agree(&data, &[ask(|q| q.filters = vec![filter("k", Test::Equals(Value::Int(1)))])]);
    let reading = readings.remove(0).unwrap();
    assert_eq!(Undated::sum(reading.undated.values()), Undated { nulls: 1, out_of_range: 3 });
}

#[test]
fn instants_belong_to_days_of_the_seasons_zone_also_when_clocks_change() {
    let data = Data::new(
        &[("day", Type::Instant)],
        "2025-11-14T04:59:59.999999Z
         2025-11-14T05:00:00Z
         2025-11-15T04:59:59Z
         2025-11-15T05:00:00Z
         2025-11-02T03:59:59Z
         2025-11-02T05:30:00Z
         2025-11-02T06:30:00Z
         2025-11-03T04:59:59Z
         2025-03-09T06:59:59Z
         2025-03-09T07:00:00Z
         2025-03-10T03:59:59Z
         2025-03-10T04:00:00Z
         NULL
         0001-01-01T00:00:00Z
         9999-01-01T00:00:00Z",
    );
    for (from, through) in [("2025-11-13", "2025-11-15"), ("2025-11-01", "2025-11-03"), ("2025-03-08", "2025-03-10")] {
        for starts in [time(0, 0, 0, 0), time(2, 30, 0, 0), time(6, 0, 0, 0)] {
            let reading = DateReading::Instant { zone: new_york(), day_starts: starts };
            rows(&data, Probe { dates: days(from, through), ..by(DateColumn::new("day", reading)) });
        }
        rows(&data, Probe { dates: days(from, through), ..by(DateColumn::new("day", DateReading::Date)) });
    }
}

#[test]
fn scattered_dates_are_read_in_a_few_ranges() {
    let all: Vec<String> = days("2025-10-01", "2025-12-31").iter().map(|date| date.to_string()).collect();
    let data = Data::new(&[("day", Type::Date)], &all.join("\n"));
    let dates: DateSet = days("2025-10-01", "2025-12-31").iter().filter(|date| date.day() % 3 == 0).collect();
    let counts = rows(&data, Probe { dates, ..ask(|_| {}) });
    assert!(counts.len() == 30 && counts.iter().all(|rows| *rows == 1), "{counts:?}");
}

#[test]
fn times_without_a_zone_need_one_or_are_calendar_dates() {
    let data = Data::new(
        &[("day", Type::Local)],
        "2025-11-14T00:00:00
         2025-11-14T23:59:59.999999
         2025-11-15T00:00:00
         2025-11-15T05:00:00
         NULL",
    );
    assert_eq!(rows(&data, by(DateColumn::new("day", DateReading::Date))), [2, 2, 0]);
    let in_zone = |zone: &str| DateColumn {
        zone: Some(TimeZone::get(zone).unwrap()),
        ..DateColumn::new("day", DateReading::Instant { zone: new_york(), day_starts: time(0, 0, 0, 0) })
    };
    assert_eq!(rows(&data, by(in_zone("UTC"))), [2, 1, 0]);
    rows(&data, by(in_zone("America/New_York")));
    rows(&data, by(in_zone("Asia/Tokyo")));
    let utc_date = DateColumn { zone: Some(new_york()), ..DateColumn::new("day", DateReading::Date) };
    rows(&data, by(utc_date));
    let zoneless = DateColumn::new("day", DateReading::Instant { zone: new_york(), day_starts: time(0, 0, 0, 0) });
    let why = refused(&data, by(zoneless));
    assert!(why.iter().all(|why| why.text.contains("name no zone")), "{why:#?}");
}

#[test]
fn a_timestamp_needs_to_be_told_how_it_names_a_date() {
    for of in [Type::Instant, Type::Local] {
        let z = if of == Type::Instant { "Z" } else { "" };
        let data = Data::new(&[("day", of)], &format!("2025-11-15T01:30:00{z}"));
        let column = DateColumn { home: new_york(), ..DateColumn::new("day", DateReading::Plain) };
        let why = refused(&data, by(column));
        for why in why {
            assert!(why.text.contains("dateAs: Date") && why.text.contains("dateAs: Instant"), "{}", why.text);
            assert!(why.text.contains("2025-11-1"), "{}", why.text);
        }
    }
}

#[test]
fn dates_are_written_as_texts_and_numbers() {
    let iso = Data::new(
        &[("day", Type::Text)],
        "2025-11-14\n2025-11-14\n2025-11-16\nNULL\n1960-01-01\n2300-01-01\n2025-12-01",
    );
    let mut readings = agree(&iso, &[ask(|_| {})]);
    let reading = readings.remove(0).unwrap();
    assert_eq!(Undated::sum(reading.undated.values()), Undated { nulls: 1, out_of_range: 2 });
    let written = |pattern: &str| DateColumn {
        format: Some(DateFormat::Value(pattern.into())),
        ..DateColumn::new("day", DateReading::Plain)
    };
    let slashes = Data::new(&[("day", Type::Text)], "14/11/2025\n15/11/2025\n1/2/2025\n01/02/2025\n1/02/2025\nNULL");
    assert_eq!(rows(&slashes, by(written("%d/%m/%Y"))), [1, 1, 0]);
    let february = Probe { dates: days("2025-02-01", "2025-02-02"), ..by(written("%d/%m/%Y")) };
    assert_eq!(rows(&slashes, february), [3, 0]);
    let numbers = Data::new(&[("day", Type::Int)], "20251114\n20251115\n20251115\nNULL");
    assert_eq!(rows(&numbers, by(written("%Y%m%d"))), [1, 2, 0]);
}

#[test]
fn a_text_that_is_no_date_is_found_and_never_passed_over() {
    for text in ["2025-11-14 ", "14.11.2025", "2025-1-2", "x"] {
        let data = Data::new(&[("day", Type::Text)], &format!("2025-11-14\n\"{text}\""));
        refused(&data, ask(|_| {}));
    }
    let data = Data::new(&[("day", Type::Int)], "20251114");
    refused(&data, ask(|_| {}));
}

/// A format that no value has would otherwise make every date empty.
#[test]
fn a_format_that_the_values_do_not_have_is_found() {
    for (of, value, pattern) in [
        (Type::Text, "20/11/2026", "%m/%d/%Y"),
        (Type::Text, "2026/11/20", "%Y/%d/%m"),
        (Type::Int, "261120", "%Y%m%d"),
        (Type::Int, "20260230", "%Y%m%d"),
    ] {
        let data = Data::new(&[("day", of)], value);
        let format = Some(DateFormat::Value(pattern.into()));
        refused(&data, by(DateColumn { format, ..DateColumn::new("day", DateReading::Plain) }));
    }
    refused(&Data::new(&[("day", Type::Text)], "2026-02-30\n2025-11-14"), ask(|_| {}));
    let only = Data::new(&[("day", Type::Text), ("k", Type::Int)], "x | 1\n2025-11-14 | 2");
    let counted = |k| ask(|q| q.filters = vec![filter("k", Test::Equals(Value::Int(k)))]);
    let readings = agree(&only, &[counted(1), counted(2)]);
    assert!(readings[1].as_ref().unwrap().dates[&date("2025-11-14")].is_ok(), "rows that do not count harm nothing");
}

#[test]
fn a_column_of_another_type_dates_no_row() {
    for (of, value) in [(Type::Bool, "true"), (Type::Float, "1.5"), (Type::Decimal, "1")] {
        refused(&Data::new(&[("day", of)], value), ask(|_| {}));
    }
    let instant = DateReading::Instant { zone: new_york(), day_starts: time(0, 0, 0, 0) };
    refused(&Data::new(&[("day", Type::Date)], "2025-11-14"), by(DateColumn::new("day", instant)));
}
