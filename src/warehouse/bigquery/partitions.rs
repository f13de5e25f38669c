//! Which dates a partition can hold. Its id says which time it is of: `2025`, `202511`, `20251114` or `2025111423`.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

use super::schema::{ARRIVED, ARRIVED_ON};
use super::wire::Meta;
use crate::domain::dates::{DateRange, next_day, previous_day};
use crate::domain::mark::Holds;
use crate::domain::probe::{DateColumn, DateReading};

/// The partition of rows without a value in the partition column.
const NULL: &str = "__NULL__";

/// How the times of partitions become dates.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dating<'a> {
    /// Partitions are of another column.
    Unknown,
    /// Times are dated as they are written.
    Written(Time),
    /// Times are in UTC, dates in a zone.
    Zone(&'a TimeZone, Time),
}

/// How the partitions of a table are dated by a column.
pub(super) fn dating<'a>(meta: &Meta, date: &'a DateColumn) -> Dating<'a> {
    let Some(partitioning) = &meta.time_partitioning else { return Dating::Unknown };
    let of = match (partitioning.field.as_deref(), date.column.as_str()) {
        (None, ARRIVED) => "TIMESTAMP",
        (None, ARRIVED_ON) => "DATE",
        (Some(field), column) if field == column => {
            let field = meta.schema.fields.iter().find(|own| own.name == column);
            field.map_or("", |field| field.of.as_str())
        }
        _ => "",
    };
    match (of, &date.reading) {
        ("DATE", _) | ("TIMESTAMP", DateReading::Plain | DateReading::Date) => Dating::Written(Time::midnight()),
        ("DATETIME", DateReading::Plain | DateReading::Date)
            if date.zone.as_ref().is_none_or(|z| *z == TimeZone::UTC) =>
        {
            Dating::Written(Time::midnight())
        }
        ("TIMESTAMP", DateReading::Instant { zone, day_starts }) => Dating::Zone(zone, *day_starts),
        ("DATETIME", DateReading::Instant { zone, day_starts }) if date.zone.as_ref() == Some(zone) => {
            Dating::Written(*day_starts)
        }
        _ => Dating::Unknown,
    }
}

impl Dating<'_> {
    /// The dates that the partition with this id can hold.
    pub fn holds(self, id: &str) -> Holds {
        if id == NULL && !matches!(self, Self::Unknown) {
            return Holds::Nothing;
        }
        let Some((first, last)) = span(id) else { return Holds::Any };
        let dates = match self {
            Self::Unknown => None,
            Self::Written(starts) => DateRange::new(dated(first, starts), dated(last, starts)),
            Self::Zone(zone, starts) => in_zone(first, last, zone, starts),
        };
        dates.map_or(Holds::Any, Holds::Dates)
    }
}

/// The dates of a time in UTC. If clocks change in it, the day before and after are added: a date can come twice.
fn in_zone(first: DateTime, last: DateTime, zone: &TimeZone, starts: Time) -> Option<DateRange> {
    let local = |time: DateTime| time.to_zoned(TimeZone::UTC).map(|at| at.with_time_zone(zone.clone())).ok();
    let (first, last) = (local(first)?, local(last)?);
    let (from, through) = (dated(first.datetime(), starts), dated(last.datetime(), starts));
    if first.offset() == last.offset() {
        return DateRange::new(from, through);
    }
    DateRange::new(previous_day(from), next_day(through))
}

fn dated(time: DateTime, day_starts: Time) -> Date {
    if time.time() < day_starts { previous_day(time.date()) } else { time.date() }
}

/// The first and last instant of a partition's time.
fn span(id: &str) -> Option<(DateTime, DateTime)> {
    let digits = |range: std::ops::Range<usize>, otherwise: i16| {
        if id.len() < range.end { Some(otherwise) } else { id.get(range)?.parse::<i16>().ok() }
    };
    let length: Span = match id.len() {
        4 => 1.year(),
        6 => 1.month(),
        8 => 1.day(),
        10 => 1.hour(),
        _ => return None,
    };
    let is_number = id.bytes().all(|byte| byte.is_ascii_digit());
    let (year, month, day, hour) = (digits(0..4, 0)?, digits(4..6, 1)?, digits(6..8, 1)?, digits(8..10, 0)?);
    let small = |n: i16| i8::try_from(n).ok();
    let date = Date::new(year, small(month)?, small(day)?).ok().filter(|_| is_number)?;
    let first = date.to_datetime(Time::new(small(hour)?, 0, 0, 0).ok()?);
    let last = first.checked_add(length).and_then(|end| end.checked_sub(1.nanosecond()));
    // The last year of the calendar has no next one.
    Some((first, last.unwrap_or(DateTime::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn range(from: &str, through: &str) -> Holds {
        Holds::Dates(DateRange::new(from.parse().unwrap(), through.parse().unwrap()).unwrap())
    }

    fn meta(partitioning: &str) -> Meta {
        let fields =
            r#"[{"name":"d","type":"DATE"},{"name":"at","type":"TIMESTAMP"},{"name":"local","type":"DATETIME"}]"#;
        let text = format!(
            r#"{{"type":"TABLE","creationTime":"1","lastModifiedTime":"1","schema":{{"fields":{fields}}},"timePartitioning":{partitioning}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn holds(field: &str, date: &DateColumn, id: &str) -> Holds {
        dating(&meta(&format!(r#"{{"field":"{field}"}}"#)), date).holds(id)
    }

    #[test]
    fn a_partition_of_the_date_column_holds_its_own_dates() {
        let date = DateColumn::new("d", DateReading::Plain);
        assert_eq!(holds("d", &date, "20251114"), range("2025-11-14", "2025-11-14"));
        assert_eq!(holds("d", &date, "202402"), range("2024-02-01", "2024-02-29"));
        assert_eq!(holds("d", &date, "2025"), range("2025-01-01", "2025-12-31"));
        assert_eq!(holds("d", &date, "__NULL__"), Holds::Nothing);
        assert_eq!(holds("d", &date, "9999"), range("9999-01-01", "9999-12-31"));
        for odd in ["__UNPARTITIONED__", "20251340", "2025111", "", "+2025", "-123"] {
            assert_eq!(holds("d", &date, odd), Holds::Any, "{odd}");
        }
    }

    #[test]
    fn a_partition_of_another_column_may_hold_any_date() {
        let date = DateColumn::new("d", DateReading::Plain);
        assert_eq!(holds("at", &date, "20251114"), Holds::Any);
        assert_eq!(holds("at", &date, "__NULL__"), Holds::Any, "a row without an instant can have a date");
    }

    #[test]
    fn a_partition_of_instants_holds_the_dates_of_the_zone() {
        let reading = |day_starts| DateReading::Instant { zone: zone("America/New_York"), day_starts };
        let date = DateColumn::new("at", reading(Time::midnight()));
        assert_eq!(holds("at", &date, "20251114"), range("2025-11-13", "2025-11-14"));
        assert_eq!(holds("at", &date, "2025111404"), range("2025-11-13", "2025-11-13"));
        assert_eq!(holds("at", &date, "2025111405"), range("2025-11-14", "2025-11-14"));
        let seven = DateColumn::new("at", reading(jiff::civil::time(7, 30, 0, 0)));
        assert_eq!(holds("at", &seven, "2025111411"), range("2025-11-13", "2025-11-13"));
        assert_eq!(holds("at", &seven, "2025111412"), range("2025-11-13", "2025-11-14"));
        let utc = DateColumn::new("at", DateReading::Date);
        assert_eq!(holds("at", &utc, "20251114"), range("2025-11-14", "2025-11-14"));
    }

    #[test]
    fn a_day_on_which_clocks_change_may_hold_its_neighbours() {
        let reading = DateReading::Instant { zone: zone("America/St_Johns"), day_starts: Time::midnight() };
        let date = DateColumn::new("at", reading);
        // Clocks went from 00:01 back to 23:01 of the day before.
        assert_eq!(holds("at", &date, "20061029"), range("2006-10-27", "2006-10-30"));
    }

    #[test]
    fn a_partition_by_arrival_is_dated_by_that_alone() {
        let of = |column: &str| {
            let date = DateColumn::new(column, DateReading::Date);
            dating(&meta(r#"{"type":"DAY"}"#), &date).holds("20251114")
        };
        assert_eq!(
            [of(ARRIVED), of(ARRIVED_ON), of("d")],
            [range("2025-11-14", "2025-11-14"), range("2025-11-14", "2025-11-14"), Holds::Any]
        );
    }

    #[test]
    fn a_time_without_a_zone_is_dated_as_written() {
        let plain = DateColumn::new("local", DateReading::Date);
        assert_eq!(holds("local", &plain, "20251114"), range("2025-11-14", "2025-11-14"));
        let shifted = DateColumn { zone: Some(zone("America/New_York")), ..plain };
        assert_eq!(holds("local", &shifted, "20251114"), Holds::Any, "its UTC date is another one");
        let reading =
            DateReading::Instant { zone: zone("America/New_York"), day_starts: jiff::civil::time(6, 0, 0, 0) };
        let home = DateColumn { zone: Some(zone("America/New_York")), ..DateColumn::new("local", reading.clone()) };
        assert_eq!(holds("local", &home, "20251114"), range("2025-11-13", "2025-11-14"));
        let other = DateColumn { zone: Some(TimeZone::UTC), ..DateColumn::new("local", reading) };
        assert_eq!(holds("local", &other, "20251114"), Holds::Any);
    }
}
