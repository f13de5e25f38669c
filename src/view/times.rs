//! Instants as people read them: in the zone of their season, and how far away.

use jiff::tz::TimeZone;

use super::names::relative;
use crate::domain::dates::Timestamp;

/// `2025-11-14 09:00:00 EST (in 4 h)`.
pub(super) fn at(at: Timestamp, zone: &TimeZone, now: Timestamp) -> String {
    format!("{} ({})", clock(at, zone), relative(at, now))
}

/// `2025-11-14 09:00:00 EST`.
pub(super) fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_shown_in_its_seasons_zone_with_its_distance() {
        let now: Timestamp = "2025-11-14T12:00:00Z".parse().unwrap();
        let due: Timestamp = "2025-11-14T14:30:00.5Z".parse().unwrap();
        let zone = TimeZone::get("America/New_York").unwrap();
        assert_eq!(at(due, &zone, now), "2025-11-14 09:30:00 EST (in 2 h)");
        assert_eq!(clock(due, &TimeZone::UTC), "2025-11-14 14:30:00 UTC");
    }
}
