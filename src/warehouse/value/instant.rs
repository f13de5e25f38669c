//! Instants and times as texts. With an offset, `Z`, `UTC` or a zone in brackets they are instants. Without, they are a time
//! in a zone that a field must give.

use jiff::Zoned;
use jiff::civil::{DateTime, Time, date};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::domain::dates::{Date, Timestamp, days_between, previous_day, shift};

const NANOS_OF_DAY: i128 = 86_400_000_000_000;

/// Nanoseconds since 1970. The type is wider than any calendar, so that every instant of a file is exact.
pub(in crate::warehouse) type Nanos = i128;

/// A time in a text or column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::warehouse) enum Moment {
    /// An instant.
    At(Nanos),
    /// A time without a zone, as if in UTC.
    Local(Nanos),
}

impl Moment {
    /// Parses the formats of databases, data frames and RFC 3339. `None` for a date without a time, and for an offset that
    /// contradicts the zone.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.contains('[') {
            return text.parse::<Zoned>().ok().map(|zoned| Self::At(zoned.timestamp().as_nanosecond()));
        }
        // `2025-11-14 19:00:00 +0000`
        let joined = text.rsplit_once(' ').filter(|(_, offset)| offset.starts_with(['+', '-']));
        let joined = joined.map(|(time, offset)| [time, offset].concat());
        if let Ok(at) = joined.as_deref().unwrap_or(text).parse::<Timestamp>() {
            return Some(Self::At(at.as_nanosecond()));
        }
        let utc = text.strip_suffix(" UTC").or_else(|| text.strip_suffix(['Z', 'z']));
        let civil = utc.unwrap_or(text);
        let has_time = civil.as_bytes().get(10).is_some_and(|b| b"Tt ".contains(b));
        let has_offset = civil.get(11..)?.contains(['+', '-']);
        let nanos = civil.parse().ok().filter(|_| has_time && !has_offset).map(nanos_of)?;
        Some(if utc.is_some() { Self::At(nanos) } else { Self::Local(nanos) })
    }

    /// The time as written, as if in UTC.
    pub fn nanos(self) -> Nanos {
        match self {
            Self::At(nanos) | Self::Local(nanos) => nanos,
        }
    }

    /// The instant. A time without a zone is read in the zone of a field.
    pub fn instant(self, zone: Option<&TimeZone>) -> Option<Nanos> {
        match (self, zone) {
            (Self::At(nanos), _) => Some(nanos),
            (Self::Local(nanos), Some(zone)) => Some(in_zone(nanos, zone)),
            (Self::Local(_), None) => None,
        }
    }
}

/// The instant at which clocks in a zone show a time. A time that they skip or show twice is read as jiff does: the later
/// instant of a gap, the earlier of a fold.
pub(in crate::warehouse) fn in_zone(nanos: Nanos, zone: &TimeZone) -> Nanos {
    let civil = timestamp(nanos).to_zoned(TimeZone::UTC).datetime();
    zone.to_ambiguous_zoned(civil).compatible().map_or(nanos, |zoned| zoned.timestamp().as_nanosecond())
}

/// The first instant of a day: the first at which clocks in a zone show `day_starts` or a later time of the date.
pub(in crate::warehouse) fn beginning(date: Date, zone: &TimeZone, day_starts: Time) -> Timestamp {
    let start = zone.to_ambiguous_zoned(date.to_datetime(day_starts));
    if matches!(start.offset(), AmbiguousOffset::Gap { .. }) {
        let before = start.clone().earlier().map(|zoned| zoned.timestamp());
        let change = before.ok().and_then(|before| zone.following(before).next());
        return change.map_or(Timestamp::MAX, |change| change.timestamp());
    }
    start.earlier().map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// The day of an instant, where days begin at a time in a zone.
pub(in crate::warehouse) fn day_of(at: Timestamp, zone: &TimeZone, day_starts: Time) -> Date {
    let date = at.to_zoned(zone.clone()).date();
    if at < beginning(date, zone, day_starts) { previous_day(date) } else { date }
}

/// The instant, limited to the calendar.
pub(in crate::warehouse) fn timestamp(nanos: Nanos) -> Timestamp {
    let edge = if nanos < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_nanosecond(nanos).unwrap_or(edge)
}

/// The date in UTC, limited to the calendar.
pub(in crate::warehouse) fn utc_date(nanos: Nanos) -> Date {
    let day = i32::try_from(nanos.div_euclid(NANOS_OF_DAY)).unwrap_or(if nanos < 0 { i32::MIN } else { i32::MAX });
    epoch_day(day)
}

/// The date of a day count since 1970. Beyond the calendar, its first or last date.
pub(in crate::warehouse) fn epoch_day(days: i32) -> Date {
    shift(date(1970, 1, 1), days)
}

/// In the format of RFC 3339, or in seconds beyond the calendar.
pub(in crate::warehouse) fn print(nanos: Nanos, local: bool) -> String {
    match Timestamp::from_nanosecond(nanos) {
        Ok(at) if local => at.to_zoned(TimeZone::UTC).datetime().to_string(),
        Ok(at) => at.to_string(),
        Err(_) => beyond(nanos, local),
    }
}

/// The last hours of 9999 are in the calendar, but not a valid instant.
fn beyond(nanos: Nanos, local: bool) -> String {
    let (day, zone) = (utc_date(nanos), if local { "" } else { "Z" });
    let in_calendar = nanos_of(day.into()) == nanos.div_euclid(NANOS_OF_DAY) * NANOS_OF_DAY;
    let time = jiff::SignedDuration::from_nanos(i64::try_from(nanos.rem_euclid(NANOS_OF_DAY)).unwrap_or(0));
    match DateTime::from(day).checked_add(time) {
        Ok(civil) if in_calendar => format!("{civil}{zone}"),
        _ => format!("{} ns since 1970", nanos),
    }
}

fn nanos_of(civil: DateTime) -> Nanos {
    let days = days_between(date(1970, 1, 1), civil.date()) - 1;
    let time = civil.time().duration_since(jiff::civil::Time::midnight()).as_nanos();
    i128::from(days) * NANOS_OF_DAY + time
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Moment> {
        Some(Moment::At(text.parse::<Timestamp>().unwrap().as_nanosecond()))
    }

    #[test]
    fn a_text_with_an_offset_or_a_zone_is_an_instant() {
        for text in [
            "2025-10-21T06:30:00Z",
            "2025-10-21 06:30:00 UTC",
            "2025-10-21 06:30:00+00",
            "2025-10-21 06:30:00.000 +0000",
            "2025-10-21T02:30:00-04:00",
            "2025-10-21T02:30:00[America/New_York]",
            "2025-10-21T02:30:00-04:00[America/New_York]",
        ] {
            assert_eq!(Moment::parse(text), at("2025-10-21T06:30:00Z"), "{text}");
        }
    }

    #[test]
    fn a_text_without_is_a_time_in_a_zone_that_a_field_must_say() {
        let zone = TimeZone::get("America/New_York").unwrap();
        for text in ["2025-10-21T02:30:00", "2025-10-21 02:30", "2025-10-21 02:30:00.000"] {
            let moment = Moment::parse(text).unwrap();
            assert!(matches!(moment, Moment::Local(_)), "{text}");
            assert_eq!(moment.instant(None), None);
            assert_eq!(moment.instant(Some(&zone)).map(Moment::At), at("2025-10-21T06:30:00Z"));
        }
    }

    #[test]
    fn a_date_is_no_instant_and_neither_is_an_offset_that_contradicts_its_zone() {
        for text in [
            "2025-10-21",
            "20251021",
            "",
            "TBD",
            "2025-10-21T02:30:00-07:00[America/New_York]",
            "2025-10-21T02:30:00[Mars/Base]",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_end_of_all_times_stands_for_itself() {
        let last = Moment::parse("9999-12-31T23:59:59Z").unwrap();
        let before = Moment::parse("9999-12-31T23:59:58Z").unwrap();
        assert_ne!(last, before);
        let Moment::At(nanos) = last else { panic!("{last:?}") };
        assert_eq!(print(nanos, false), "9999-12-31T23:59:59Z");
        assert_eq!(utc_date(nanos), date(9999, 12, 31));
    }

    #[test]
    fn a_day_begins_once_also_when_clocks_skip_or_repeat_its_first_time() {
        for (zone, day, starts, begins) in [
            ("Asia/Beirut", "2022-03-27", "00:00", "2022-03-26T22:00:00Z"),
            ("America/New_York", "2025-03-09", "02:30", "2025-03-09T07:00:00Z"),
            ("America/New_York", "2025-11-02", "01:30", "2025-11-02T05:30:00Z"),
            ("America/New_York", "2025-11-02", "06:00", "2025-11-02T11:00:00Z"),
        ] {
            let (zone, starts) = (TimeZone::get(zone).unwrap(), format!("{starts}:00").parse().unwrap());
            let (day, begins): (Date, Timestamp) = (day.parse().unwrap(), begins.parse().unwrap());
            assert_eq!(beginning(day, &zone, starts), begins, "{day}");
            let at = |seconds| day_of(begins + jiff::SignedDuration::from_secs(seconds), &zone, starts);
            assert_eq!((at(-1), at(0), at(3600)), (previous_day(day), day, day));
        }
    }
}
