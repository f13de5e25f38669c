//! On which days of the week a table has rows.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::dates::{Date, days_between, next_day};

/// Fewer days do not show a week's pattern.
const MIN_SPAN: i32 = 14;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Week {
    Daily,
    /// Only these, counted from Monday = 0.
    Days(Vec<i8>),
    /// Nothing in the dates says which are missing.
    Irregular,
}

const NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Week {
    /// The names of the days, as `weekDays` has them.
    pub fn names(&self) -> Vec<&'static str> {
        match self {
            Self::Days(days) => days.iter().filter_map(|day| NAMES.get(usize::try_from(*day).ok()?).copied()).collect(),
            _ => Vec::new(),
        }
    }

    /// A name for a season of these days.
    pub fn season(&self) -> String {
        match (self, self.names().as_slice()) {
            (_, [day]) => format!("{}s", day.to_lowercase()),
            (Self::Days(days), _) if *days == [0, 1, 2, 3, 4] => "business-days".into(),
            (Self::Days(_), _) => "some-days".into(),
            _ => "daily".into(),
        }
    }

    pub fn has(&self, date: Date) -> bool {
        match self {
            Self::Days(days) => days.contains(&date.weekday().to_monday_zero_offset()),
            _ => true,
        }
    }
}

/// The pattern of these dates.
pub(super) fn week(dates: &BTreeSet<Date>) -> Week {
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else { return Week::Irregular };
    let span = days_between(*first, *last);
    let mut counts: BTreeMap<i8, (usize, usize)> = BTreeMap::new();
    let mut date = *first;
    while date <= *last {
        let (all, present) = counts.entry(date.weekday().to_monday_zero_offset()).or_default();
        *all += 1;
        *present += usize::from(dates.contains(&date));
        date = next_day(date);
    }
    let share = |day: &i8| counts.get(day).map_or(0, |(all, present)| present * 100 / (*all).max(1));
    let days: Vec<i8> = (0..7).collect();
    let often: Vec<i8> = days.iter().copied().filter(|day| share(day) >= 60).collect();
    let is_clear = days.iter().all(|day| share(day) >= 60 || share(day) <= 15);
    if span >= MIN_SPAN && is_clear && (1..7).contains(&often.len()) {
        return Week::Days(often);
    }
    if dates.len() * 2 >= usize::try_from(span).unwrap_or(0) { Week::Daily } else { Week::Irregular }
}

/// The day on which all dates of a monthly table fall, if they do.
pub(super) fn month_day(dates: &BTreeSet<Date>) -> Option<i8> {
    let days: BTreeSet<i8> = dates.iter().map(|date| date.day()).collect();
    days.first().copied().filter(|_| days.len() == 1 && dates.len() > 1)
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;

    use super::*;

    fn dates(from: &str, days: i32, keep: impl Fn(Date) -> bool) -> BTreeSet<Date> {
        let from: Date = from.parse().unwrap();
        (0..days).map(|n| crate::domain::dates::shift(from, n)).filter(|date| keep(*date)).collect()
    }

    #[test]
    fn gaps_do_not_hide_a_pattern() {
        let is_weekday = |date: Date| date.weekday().to_monday_zero_offset() < 5;
        assert_eq!(week(&dates("2026-01-01", 40, |d| d.day() != 7)), Week::Daily);
        assert_eq!(week(&dates("2026-01-01", 40, |d| is_weekday(d) && d.day() != 7)), Week::Days(vec![0, 1, 2, 3, 4]));
        assert_eq!(week(&dates("2026-01-01", 90, |d| d.weekday() == Weekday::Monday)).season(), "mondays");
        assert_eq!(week(&dates("2026-01-01", 90, |d| d.day() % 9 == 0)), Week::Irregular);
        assert_eq!(month_day(&dates("2026-01-01", 90, |d| d.day() == 1)), Some(1));
    }
}
