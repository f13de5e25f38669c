//! Instants on both sides of a statement: bound in the type of their column, and read from microseconds.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::bound::Scalar;
use super::schema::Type;
use crate::domain::dates::Timestamp;
use crate::domain::probe::InstantColumn;
use crate::warehouse::value::instant::{in_zone, timestamp};

/// The smallest time without a zone that is not before an instant when it is read in a zone: of times that clocks show twice
/// the first is meant, and times that they skip are read as later ones.
pub(super) fn local(at: Timestamp, zone: &TimeZone) -> DateTime {
    let own = end_of_times_before(at, zone);
    let is_earlier = |civil: DateTime| zone.to_ambiguous_zoned(civil).compatible().is_ok_and(|z| z.timestamp() < at);
    // In an hour that clocks show again, every time means the first.
    match zone.preceding(at).next() {
        Some(change) if is_earlier(own) => end_of_times_before(change.timestamp(), zone),
        _ => own,
    }
}

/// The time after the last one that clocks show before an instant.
fn end_of_times_before(at: Timestamp, zone: &TimeZone) -> DateTime {
    let instant = SignedDuration::from_nanos(1);
    let before = at.checked_sub(instant).unwrap_or(at).to_zoned(zone.clone()).datetime();
    before.checked_add(instant).unwrap_or(before)
}

/// An instant as it is bound to compare with a column of instants, or of times in a zone.
pub(super) fn bound(at: Timestamp, of: Type, zone: Option<&TimeZone>) -> Scalar {
    match (of, zone) {
        (Type::Local, Some(zone)) => Scalar::Local(local(at, zone)),
        _ => Scalar::Instant(at),
    }
}

/// The instant of the microseconds that a statement answers.
pub(super) fn read(micros: i64, of: Type, column: &InstantColumn) -> Timestamp {
    let nanos = i128::from(micros) * 1000;
    match (of, &column.zone) {
        (Type::Local, Some(zone)) => timestamp(in_zone(nanos, zone)),
        _ => timestamp(nanos),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> TimeZone {
        TimeZone::get("America/New_York").unwrap()
    }

    #[test]
    fn a_time_is_not_before_an_instant_exactly_if_it_is_not_smaller_than_the_bound_one() {
        let zone = zone();
        let around = |day: &str| {
            let from: DateTime = day.parse().unwrap();
            (0..40).map(move |n| from + SignedDuration::from_mins(15 * n))
        };
        for day in ["2025-03-09T00:00:00", "2025-11-02T00:00:00", "2025-07-01T00:00:00"] {
            for at in
                around(day).map(|t| t.to_zoned(TimeZone::UTC).unwrap().timestamp() + SignedDuration::from_hours(4))
            {
                let bound = local(at, &zone);
                for time in around(day) {
                    let is_read_later = zone.to_ambiguous_zoned(time).compatible().unwrap().timestamp() >= at;
                    // Times that clocks skip are read as later ones, out of order: only those are not compared.
                    let is_skipped =
                        matches!(zone.to_ambiguous_zoned(time).offset(), jiff::tz::AmbiguousOffset::Gap { .. });
                    assert!(is_skipped || is_read_later == (time >= bound), "{at} {bound} {time}");
                }
            }
        }
    }
}
