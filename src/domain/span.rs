//! Durations as users write them: `90d`, `6h`, `-1h30m`. A day is a calendar day, the rest elapsed time.

use core::fmt;
use core::str::FromStr;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A length of time: calendar days and elapsed seconds, of one sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    days: i32,
    seconds: i64,
}

/// The maximum length: a little more than ten years.
const MAX_DAYS: i64 = 3_660;
const UNITS: [(char, i64); 4] = [('d', 0), ('h', 3600), ('m', 60), ('s', 1)];

impl Span {
    /// A number of elapsed seconds.
    pub const fn seconds(seconds: i64) -> Self {
        Self { days: 0, seconds }
    }

    /// A number of elapsed minutes.
    pub const fn minutes(minutes: i64) -> Self {
        Self::seconds(minutes * 60)
    }

    /// A number of elapsed hours.
    pub const fn hours(hours: i64) -> Self {
        Self::seconds(hours * 3600)
    }

    /// A number of calendar days.
    pub const fn days(days: i32) -> Self {
        Self { days, seconds: 0 }
    }

    /// Whether this is longer than zero.
    pub fn is_positive(self) -> bool {
        self.days > 0 || self.seconds > 0
    }

    /// The calendar days and the elapsed seconds.
    pub fn parts(self) -> (i32, i64) {
        (self.days, self.seconds)
    }

    /// This span plus a number of elapsed hours. Days of the opposite sign become elapsed time.
    pub fn plus_hours(self, hours: i64) -> Self {
        let seconds = self.seconds.saturating_add(hours.saturating_mul(3600));
        if i64::from(self.days).signum() * seconds.signum() >= 0 {
            return Self { days: self.days, seconds };
        }
        Self::seconds(i64::from(self.days) * 86_400 + seconds)
    }

    /// The instant this much after `at`: days by the calendar of `zone`, the rest by the clock. Saturates at the ends of time.
    pub fn after(self, at: Timestamp, zone: &TimeZone) -> Timestamp {
        let elapsed = jiff::SignedDuration::from_secs(self.seconds);
        if self.days == 0 {
            return at.saturating_add(elapsed).unwrap_or(at);
        }
        let civil = at.to_zoned(zone.clone());
        let days = jiff::Span::new().try_days(self.days).unwrap_or_default();
        let moved = civil.checked_add(days).map(|z| z.timestamp()).unwrap_or(at);
        moved.saturating_add(elapsed).unwrap_or(moved)
    }

    /// The instant this much after `at`, a day counted as 24 hours: for waits such as `settle` and cadences, where no calendar
    /// is meant.
    pub fn elapsed_after(self, at: Timestamp) -> Timestamp {
        at.saturating_add(jiff::SignedDuration::from_secs(self.as_seconds())).unwrap_or(at)
    }

    /// The elapsed seconds, a day counted as 24 hours: for waits and limits, where no calendar is meant.
    pub fn as_seconds(self) -> i64 {
        i64::from(self.days) * 86_400 + self.seconds
    }

    fn negated(self) -> Self {
        Self { days: -self.days, seconds: -self.seconds }
    }
}

impl FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const ERROR: &str = "must be a duration such as '90d', '6h' or '-1h30m', at most 3660 days";
        let (digits, negative) = text.strip_prefix('-').map_or((text, false), |rest| (rest, true));
        let mut rest = digits;
        let (mut span, mut next) = (Self::default(), 0);
        if rest.is_empty() {
            return Err(ERROR);
        }
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or(ERROR)?;
            let unit = rest[end..].chars().next().ok_or(ERROR)?;
            let at = UNITS.iter().skip(next).position(|(u, _)| *u == unit).ok_or(ERROR)? + next;
            if end == 0 || end > 9 {
                return Err(ERROR);
            }
            let count: i64 = rest[..end].parse().map_err(|_| ERROR)?;
            match UNITS[at].1 {
                0 => span.days = i32::try_from(count).map_err(|_| ERROR)?,
                seconds => span.seconds += count * seconds,
            }
            rest = &rest[end + 1..];
            next = at + 1;
        }
        if span.as_seconds() > MAX_DAYS * 86_400 {
            return Err(ERROR);
        }
        Ok(if negative { span.negated() } else { span })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.days < 0 || self.seconds < 0 {
            return write!(f, "-{}", self.negated());
        }
        let (h, m, s) = (self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60);
        let parts = [(i64::from(self.days), 'd'), (h, 'h'), (m, 'm'), (s, 's')];
        if parts.iter().all(|(n, _)| *n == 0) {
            return f.write_str("0s");
        }
        parts.iter().filter(|(n, _)| *n != 0).try_for_each(|(n, unit)| write!(f, "{n}{unit}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for text in ["90d", "6h", "-1h30m", "45s", "1d12h", "0s"] {
            assert_eq!(text.parse::<Span>().map(|s| s.to_string()), Ok(text.into()));
        }
        assert_eq!("90m".parse::<Span>().map(|s| s.to_string()), Ok("1h30m".into()));
        for text in ["", "-", "5", "5 minutes", "1e9h", "PT1H", "1h1h", "1m1h", "9999d", "９h", "--1h"] {
            assert!(text.parse::<Span>().is_err(), "{text} must be refused");
        }
    }

    #[test]
    fn a_span_of_days_before_and_hours_after_is_written_as_elapsed_time() {
        let late = "-1d".parse::<Span>().unwrap().plus_hours(6);
        assert_eq!(late.to_string(), "-18h");
        assert_eq!("-2h".parse::<Span>().unwrap().plus_hours(6).to_string(), "4h");
        assert_eq!("2d".parse::<Span>().unwrap().plus_hours(-6).to_string(), "42h");
        assert_eq!("1d".parse::<Span>().unwrap().plus_hours(6).to_string(), "1d6h");
    }

    #[test]
    fn a_wait_of_a_day_is_24_hours_also_where_clocks_are_moved() {
        let (before, day) = ("2025-11-01T12:00:00Z".parse::<Timestamp>().unwrap(), Span::days(1));
        let hours = |at: Timestamp| at.duration_since(before).as_hours();
        assert_eq!(hours(day.elapsed_after(before)), 24);
        assert_eq!(hours(day.after(before, &TimeZone::get("America/New_York").unwrap())), 25);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_fall_and_what_is_written_is_read_again(text in "-?([0-9]{0,10}[dhms ]?){0,5}|\\PC{0,30}") {
            if let Ok(span) = text.parse::<Span>() {
                prop_assert!(span.as_seconds().abs() <= MAX_DAYS * 86_400);
                prop_assert_eq!(span.to_string().parse(), Ok(span));
            }
        }

        #[test]
        fn a_day_is_a_day_of_the_calendar_wherever_clocks_are_moved(
            days in -3_660..3_660i32,
            seconds in -100_000..100_000i64,
            at in 0..7_000_000_000i64,
            zone in proptest::sample::select(&crate::domain::anchors::tests::ZONES[..]),
        ) {
            let at = Timestamp::from_second(at).unwrap();
            let span = Span { days, seconds };
            let moved = span.after(at, &TimeZone::get(zone).unwrap());
            let off = moved.as_second() - at.as_second() - span.as_seconds();
            prop_assert!(off.abs() <= 26 * 3600, "{zone}: {off} s, more than a skipped date and summer time");
        }
    }
}
