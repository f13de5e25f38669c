//! The fixed points of a date, computed once per season and date: local midnights and the starts of its units. A moment
//! in a skipped hour becomes the next valid instant; in a repeated hour, the first one.

use jiff::tz::TimeZone;

use super::dates::{Date, Timestamp, next_day};
use super::policy::{Anchor, Moment};

/// The instants that moments count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Anchors {
    date_start: Timestamp,
    starts: Option<(Timestamp, Timestamp)>,
    date_end: Timestamp,
}

impl Anchors {
    /// The anchors of a date whose units start at `starts`. Any unknown start makes both Start anchors fall to DateEnd.
    pub fn new(date: Date, zone: &TimeZone, starts: impl IntoIterator<Item = Option<Timestamp>>) -> Self {
        Self::between(midnight(date, zone), midnight(next_day(date), zone), starts)
    }

    /// The anchors of a date between these two midnights.
    pub fn between(
        date_start: Timestamp,
        date_end: Timestamp,
        starts: impl IntoIterator<Item = Option<Timestamp>>,
    ) -> Self {
        let mut span: Option<(Timestamp, Timestamp)> = None;
        let mut known = true;
        for start in starts {
            match start {
                None => known = false,
                Some(at) => span = Some(span.map_or((at, at), |(a, b)| (a.min(at), b.max(at)))),
            }
        }
        Self { date_start, starts: span.filter(|_| known), date_end }
    }

    /// The instant of an anchor.
    pub fn at(&self, anchor: Anchor) -> Timestamp {
        let (first, last) = self.starts.unwrap_or((self.date_end, self.date_end));
        match anchor {
            Anchor::DateStart => self.date_start,
            Anchor::FirstStart => first,
            Anchor::LastStart => last,
            Anchor::DateEnd => self.date_end,
        }
    }

    /// The instant of a moment.
    pub fn moment(&self, moment: Moment, zone: &TimeZone) -> Timestamp {
        moment.offset.after(self.at(moment.after), zone)
    }
}

/// The first instant of a date in a zone, saturating at the ends of time.
pub fn midnight(date: Date, zone: &TimeZone) -> Timestamp {
    date.to_zoned(zone.clone()).map(|z| z.timestamp()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::dates::shift;
    use crate::domain::span::Span;
    use proptest::prelude::*;

    /// Where clocks are moved by an hour, by half an hour, by two, at midnight, in Ramadan; where dates were skipped.
    pub(crate) const ZONES: [&str; 9] = [
        "UTC",
        "America/New_York",
        "Australia/Lord_Howe",
        "Antarctica/Troll",
        "America/Sao_Paulo",
        "Africa/Casablanca",
        "Asia/Gaza",
        "Pacific/Apia",
        "Pacific/Kiritimati",
    ];

    fn new_york() -> TimeZone {
        TimeZone::get("America/New_York").unwrap()
    }

    fn moment(date: &str, starts: &[Option<&str>], after: Anchor, offset: &str) -> alloc::string::String {
        let starts = starts.iter().map(|s| s.map(|s| s.parse().unwrap()));
        let anchors = Anchors::new(date.parse().unwrap(), &new_york(), starts);
        let offset: Span = offset.parse().unwrap();
        alloc::string::ToString::to_string(&anchors.moment(Moment { after, offset }, &new_york()))
    }

    #[test]
    fn moments_count_from_the_league_zone_not_from_utc() {
        let tips = [Some("2025-11-15T00:00:00Z"), Some("2025-11-15T03:30:00Z")];
        assert_eq!(moment("2025-11-14", &tips, Anchor::DateStart, "10h"), "2025-11-14T15:00:00Z");
        assert_eq!(moment("2025-11-14", &tips, Anchor::FirstStart, "-1h"), "2025-11-14T23:00:00Z");
        assert_eq!(moment("2025-11-14", &tips, Anchor::LastStart, "6h"), "2025-11-15T09:30:00Z");
        assert_eq!(moment("2025-11-14", &tips, Anchor::DateEnd, "0s"), "2025-11-15T05:00:00Z");
    }

    #[test]
    fn an_unknown_start_falls_to_the_end_of_the_date() {
        let tips = [Some("2025-11-15T00:00:00Z"), None];
        for anchor in [Anchor::FirstStart, Anchor::LastStart] {
            assert_eq!(moment("2025-11-14", &tips, anchor, "0s"), "2025-11-15T05:00:00Z");
        }
    }

    #[test]
    fn days_of_23_and_25_hours_end_at_their_own_midnight() {
        assert_eq!(moment("2026-03-08", &[], Anchor::DateStart, "0s"), "2026-03-08T05:00:00Z");
        assert_eq!(moment("2026-03-08", &[], Anchor::DateEnd, "0s"), "2026-03-09T04:00:00Z");
        assert_eq!(moment("2025-11-02", &[], Anchor::DateEnd, "0s"), "2025-11-03T05:00:00Z");
        assert_eq!(
            moment("2025-11-01", &[], Anchor::DateStart, "1d"),
            "2025-11-02T04:00:00Z",
            "a day is a calendar day"
        );
    }

    proptest! {
        #[test]
        fn dates_follow_one_another_without_a_gap_in_every_zone(
            n in 0..84_000i32,
            starts in proptest::collection::vec(proptest::option::of(0..7_000_000_000i64), 0..4),
            zone in proptest::sample::select(&ZONES[..]),
        ) {
            let (date, zone) = (shift(jiff::civil::date(1970, 1, 2), n), TimeZone::get(zone).unwrap());
            let starts = starts.iter().map(|s| s.map(|s| Timestamp::from_second(s).unwrap()));
            let anchors = Anchors::new(date, &zone, starts);
            let (start, end) = (anchors.at(Anchor::DateStart), anchors.at(Anchor::DateEnd));
            prop_assert_eq!(end, Anchors::new(next_day(date), &zone, []).at(Anchor::DateStart));
            prop_assert!((0..=26).contains(&((end.as_second() - start.as_second()) / 3600)), "{start}..{end}");
            prop_assert!(start == end || start.to_zoned(zone).date() == date, "a date that is skipped has no length");
            prop_assert!(anchors.at(Anchor::FirstStart) <= anchors.at(Anchor::LastStart));
        }
    }
}
