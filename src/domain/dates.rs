//! Ranges and sets of civil dates. Ranges are inclusive at both ends, always.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

pub use jiff::Timestamp;
pub use jiff::civil::Date;

/// The day after, saturating at the end of time.
pub fn next_day(date: Date) -> Date {
    date.tomorrow().unwrap_or(Date::MAX)
}

/// The day before, saturating at the beginning of time.
pub fn previous_day(date: Date) -> Date {
    date.yesterday().unwrap_or(Date::MIN)
}

/// The date `days` later (earlier when negative), saturating at the ends of time.
pub fn shift(date: Date, days: i32) -> Date {
    let fallback = if days < 0 { Date::MIN } else { Date::MAX };
    let span = jiff::Span::new().try_days(days);
    span.and_then(|span| date.checked_add(span)).unwrap_or(fallback)
}

/// How many days lie between two dates, both counted.
pub fn days_between(from: Date, through: Date) -> i32 {
    (through - from).get_days() + 1
}

/// The earliest date of a season.
pub const FIRST_DATE: Date = jiff::civil::date(1970, 1, 1);
/// The latest date of a season.
pub const LAST_DATE: Date = jiff::civil::date(2199, 12, 31);

/// All dates from `from` to `through`, both included. Never empty: `from <= through`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateRange {
    from: Date,
    through: Date,
}

impl DateRange {
    /// The range; `None` if `through` is before `from`.
    pub fn new(from: Date, through: Date) -> Option<Self> {
        (from <= through).then_some(Self { from, through })
    }

    pub fn day(date: Date) -> Self {
        Self { from: date, through: date }
    }

    pub fn from(&self) -> Date {
        self.from
    }

    pub fn through(&self) -> Date {
        self.through
    }

    /// Whether the date lies inside.
    pub fn contains(&self, date: Date) -> bool {
        self.from <= date && date <= self.through
    }

    pub fn days(&self) -> u32 {
        days_between(self.from, self.through).unsigned_abs()
    }

    /// The dates in both ranges.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.through.min(other.through))
    }

    /// Every date, in order.
    pub fn iter(&self) -> impl Iterator<Item = Date> + use<> {
        let through = self.through;
        core::iter::successors(Some(self.from), move |d| (*d < through).then(|| next_day(*d)))
    }
}

impl fmt::Display for DateRange {
    /// `2025-10-21`, or `2025-10-21..2025-11-03`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.through {
            write!(f, "{}", self.from)
        } else {
            write!(f, "{}..{}", self.from, self.through)
        }
    }
}

/// A set of dates, kept as sorted ranges that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DateSet {
    ranges: Vec<DateRange>,
}

impl DateSet {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one date.
    pub fn insert(&mut self, date: Date) {
        self.insert_range(DateRange::day(date));
    }

    /// Adds a range, joining what it overlaps or touches.
    pub fn insert_range(&mut self, new: DateRange) {
        // Most sets grow at the end.
        let Some(last) = self.ranges.last_mut() else { return self.ranges.push(new) };
        match next_day(last.through).cmp(&new.from) {
            Ordering::Less => return self.ranges.push(new),
            Ordering::Equal => return last.through = new.through,
            Ordering::Greater => {}
        }
        // Complete dates are added at each read, so a date that is already present must be cheap.
        if self.position(new.from).is_ok_and(|at| new.through <= self.ranges[at].through) {
            return;
        }
        let start = self.ranges.partition_point(|r| next_day(r.through) < new.from);
        let end = self.ranges.partition_point(|r| r.from <= next_day(new.through));
        let joined = self.ranges[start..end.max(start)]
            .iter()
            .fold(new, |a, b| DateRange { from: a.from.min(b.from), through: a.through.max(b.through) });
        self.ranges.splice(start..end.max(start), [joined]);
    }

    /// Removes one date.
    pub fn remove(&mut self, date: Date) {
        let Ok(at) = self.position(date) else { return };
        let hit = self.ranges[at];
        let before = DateRange::new(hit.from, previous_day(date)).filter(|_| hit.from < date);
        let after = DateRange::new(next_day(date), hit.through).filter(|_| date < hit.through);
        self.ranges.splice(at..=at, before.into_iter().chain(after));
    }

    /// Whether the date is in the set.
    pub fn contains(&self, date: Date) -> bool {
        self.position(date).is_ok()
    }

    /// Returns a test for membership. Dates must be tested in ascending order.
    pub fn in_order(&self) -> impl FnMut(Date) -> bool + '_ {
        let mut ranges = self.ranges.iter().peekable();
        move |date| {
            while ranges.next_if(|range| range.through < date).is_some() {}
            ranges.peek().is_some_and(|range| range.from <= date)
        }
    }

    /// Whether a date of the range is in the set.
    pub fn overlaps(&self, range: &DateRange) -> bool {
        let next = self.ranges.partition_point(|r| r.through() < range.from());
        self.ranges.get(next).is_some_and(|r| r.from() <= range.through())
    }

    /// The dates in both sets.
    pub fn intersect(&self, other: &Self) -> Self {
        let mut out = Self::new();
        for a in &self.ranges {
            for b in other.ranges.iter().filter_map(|b| a.intersect(b)) {
                out.insert_range(b);
            }
        }
        out
    }

    /// Adds all dates of another set.
    pub fn extend(&mut self, other: &Self) {
        other.ranges.iter().for_each(|r| self.insert_range(*r));
    }

    pub fn len(&self) -> u32 {
        self.ranges.iter().map(DateRange::days).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The ranges, sorted, with gaps between them.
    pub fn ranges(&self) -> &[DateRange] {
        &self.ranges
    }

    /// Every date, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Date> + Clone + '_ {
        self.ranges.iter().flat_map(|r| {
            let (from, days) = (r.from, r.days() as i32);
            (0..days).map(move |n| shift(from, n))
        })
    }

    pub fn first(&self) -> Option<Date> {
        self.ranges.first().map(|r| r.from)
    }

    pub fn last(&self) -> Option<Date> {
        self.ranges.last().map(|r| r.through)
    }

    /// The smallest range that holds every date.
    pub fn hull(&self) -> Option<DateRange> {
        DateRange::new(self.first()?, self.last()?)
    }

    fn position(&self, date: Date) -> Result<usize, usize> {
        self.ranges.binary_search_by(|r| {
            if r.through < date {
                Ordering::Less
            } else if r.from > date {
                Ordering::Greater
            } else {
                Ordering::Equal
            }
        })
    }
}

impl FromIterator<Date> for DateSet {
    fn from_iter<I: IntoIterator<Item = Date>>(dates: I) -> Self {
        let mut set = Self::new();
        dates.into_iter().for_each(|d| set.insert(d));
        set
    }
}

impl FromIterator<DateRange> for DateSet {
    fn from_iter<I: IntoIterator<Item = DateRange>>(ranges: I) -> Self {
        let mut set = Self::new();
        ranges.into_iter().for_each(|r| set.insert_range(r));
        set
    }
}

impl fmt::Display for DateSet {
    /// `2025-10-21..2025-11-03, 2025-11-14`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.ranges.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join(", "))
    }
}

#[cfg(test)]
mod tests;
