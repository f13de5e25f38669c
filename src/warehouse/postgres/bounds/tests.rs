//! The dates of partitions, for each kind of bound and of date.

use super::*;
use jiff::civil::{date, time};

fn key(strategy: &str, columns: i64, of: Wire) -> Key {
    Key { strategy: strategy.into(), columns, first: Some(("game_date".into(), of.oid())) }
}

fn column(reading: DateReading) -> DateColumn {
    DateColumn::new("game_date", reading)
}

fn eastern(day_starts: Time) -> DateReading {
    DateReading::Instant { zone: TimeZone::get("America/New_York").unwrap(), day_starts }
}

fn dates(from: &str, through: &str) -> Holds {
    Holds::Dates(DateRange::new(from.parse().unwrap(), through.parse().unwrap()).unwrap())
}

#[test]
fn a_range_of_dates_ends_before_its_bound() {
    let plain = column(DateReading::Plain);
    let held = |bound: &str| holds(bound, &key("r", 1, Wire::DATE), &plain);
    let nov = "FOR VALUES FROM ('2025-11-01') TO ('2025-12-01')";
    assert_eq!(held(nov), dates("2025-11-01", "2025-11-30"));
    assert_eq!(
        held("FOR VALUES FROM (MINVALUE) TO ('2025-12-01')"),
        Holds::Dates(DateRange::new(Date::MIN, date(2025, 11, 30)).unwrap())
    );
    assert_eq!(
        held("FOR VALUES FROM ('2025-11-01') TO (MAXVALUE)"),
        Holds::Dates(DateRange::new(date(2025, 11, 1), Date::MAX).unwrap())
    );
    assert_eq!(
        held("FOR VALUES FROM ('-infinity') TO ('infinity')"),
        Holds::Dates(DateRange::new(Date::MIN, Date::MAX).unwrap())
    );
    assert_eq!(held("FOR VALUES FROM ('0044-03-15 BC') TO ('0044-03-16 BC')"), Holds::Dates(DateRange::day(Date::MIN)));
    assert_eq!(held("DEFAULT"), Holds::Any);
    let two = "FOR VALUES FROM ('2025-11-01', 'a') TO ('2025-12-01', MINVALUE)";
    assert_eq!(holds(two, &key("r", 2, Wire::DATE), &plain), dates("2025-11-01", "2025-12-01"));
}

#[test]
fn a_list_holds_its_dates_and_one_of_null_holds_none() {
    let held = |bound: &str| holds(bound, &key("l", 1, Wire::DATE), &column(DateReading::Date));
    assert_eq!(held("FOR VALUES IN ('2025-11-03', NULL, '2025-11-01')"), dates("2025-11-01", "2025-11-03"));
    assert_eq!(held("FOR VALUES IN (NULL)"), Holds::Nothing);
    assert_eq!(held("DEFAULT"), Holds::Any);
}

#[test]
fn instants_are_read_as_the_question_reads_them() {
    let nov = "FOR VALUES FROM ('2025-11-01 00:00:00+00') TO ('2025-12-01 00:00:00+00')";
    let held = |reading| holds(nov, &key("r", 1, Wire::TIMESTAMPTZ), &column(reading));
    assert_eq!(held(DateReading::Date), dates("2025-11-01", "2025-11-30"));
    assert_eq!(held(eastern(Time::midnight())), dates("2025-10-31", "2025-11-30"));
    assert_eq!(held(eastern(time(22, 0, 0, 0))), dates("2025-10-30", "2025-11-29"));
    assert_eq!(held(DateReading::Plain), Holds::Any, "such a column is refused");
}

#[test]
fn times_without_a_zone_need_the_zone_of_the_field() {
    let nov = "FOR VALUES FROM ('2025-11-01 00:00:00') TO ('2025-12-01 00:00:00')";
    let key = key("r", 1, Wire::TIMESTAMP);
    assert_eq!(holds(nov, &key, &column(DateReading::Date)), dates("2025-11-01", "2025-11-30"));
    assert_eq!(holds(nov, &key, &column(eastern(Time::midnight()))), Holds::Any);
    let zoned = DateColumn { zone: Some(TimeZone::UTC), ..column(eastern(Time::midnight())) };
    assert_eq!(holds(nov, &key, &zoned), dates("2025-10-31", "2025-11-30"));
}

#[test]
fn another_column_a_hash_an_expression_and_a_format_tell_nothing() {
    let nov = "FOR VALUES FROM ('2025-11-01') TO ('2025-12-01')";
    let (ranged, plain) = (key("r", 1, Wire::DATE), column(DateReading::Plain));
    assert_eq!(holds(nov, &ranged, &DateColumn::new("other", DateReading::Plain)), Holds::Any);
    assert_eq!(holds(nov, &Key { first: None, ..ranged.clone() }, &plain), Holds::Any);
    assert_eq!(holds("FOR VALUES WITH (modulus 2, remainder 0)", &key("h", 1, Wire::DATE), &plain), Holds::Any);
    assert_eq!(holds(nov, &key("r", 1, Wire::TEXT), &plain), Holds::Any);
}

#[test]
fn a_partition_of_a_partition_holds_what_both_hold() {
    let (nov, week) = (dates("2025-11-01", "2025-11-30"), dates("2025-11-24", "2025-12-07"));
    assert_eq!(both(nov, week), dates("2025-11-24", "2025-11-30"));
    assert_eq!(both(Holds::Any, week), week);
    assert_eq!(both(week, Holds::Nothing), Holds::Nothing);
    assert_eq!(both(dates("2025-01-01", "2025-01-02"), week), Holds::Nothing);
}

#[test]
fn items_keep_their_quotes() {
    let text = |text: &str| Item::Text(text.into());
    assert_eq!(
        items("'it''s, so', 5, NULL, ''"),
        [text("it's, so"), Item::Word("5".into()), Item::Word("NULL".into()), text("")]
    );
}
