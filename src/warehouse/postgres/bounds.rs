//! The dates that a partition can hold, from its bounds as the server writes them.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::types::Type as Wire;

use super::catalog::Key;
use crate::domain::dates::{Date, DateRange, previous_day};
use crate::domain::mark::Holds;
use crate::domain::probe::{DateColumn, DateReading};

/// The dates that a partition with these bounds can hold. Any, where its bounds do not tell.
pub(super) fn holds(bound: &str, key: &Key, date: &DateColumn) -> Holds {
    let Some(days) = Days::new(key, date) else { return Holds::Any };
    let found = match key.strategy.as_str() {
        "r" => ranged(bound, key, &days),
        "l" => listed(bound, &days),
        _ => None,
    };
    found.unwrap_or(Holds::Any)
}

/// The dates in both.
pub(super) fn both(a: Holds, b: Holds) -> Holds {
    match (a, b) {
        (Holds::Nothing, _) | (_, Holds::Nothing) => Holds::Nothing,
        (Holds::Any, other) | (other, Holds::Any) => other,
        (Holds::Dates(a), Holds::Dates(b)) => a.intersect(&b).map_or(Holds::Nothing, Holds::Dates),
    }
}

/// `FOR VALUES FROM ('2025-11-01') TO ('2025-12-01')`. Rows without a date are in no such partition.
fn ranged(bound: &str, key: &Key, days: &Days<'_>) -> Option<Holds> {
    let rest = bound.strip_prefix("FOR VALUES FROM (")?;
    let (from, to) = rest.strip_suffix(')')?.split_once(") TO (")?;
    let (from, to) = (items(from).into_iter().next()?, items(to).into_iter().next()?);
    let from = days.first(&from)?;
    // With more columns the last date can be in the partition, too: its end is a value of the second column.
    let through = days.last(&to, key.columns > 1)?;
    Some(DateRange::new(from, through).map_or(Holds::Nothing, Holds::Dates))
}

/// `FOR VALUES IN ('2025-11-01', '2025-11-02', NULL)`.
fn listed(bound: &str, days: &Days<'_>) -> Option<Holds> {
    let list = items(bound.strip_prefix("FOR VALUES IN (")?.strip_suffix(')')?);
    let values: Vec<&Item> = list.iter().filter(|item| **item != Item::Word("NULL".into())).collect();
    let ranges: Option<Vec<(Date, Date)>> =
        values.iter().map(|item| Some((days.first(item)?, days.last(item, true)?))).collect();
    let ranges = ranges?;
    let (first, last) = (ranges.iter().map(|r| r.0).min(), ranges.iter().map(|r| r.1).max());
    Some(first.zip(last).and_then(|(a, b)| DateRange::new(a, b)).map_or(Holds::Nothing, Holds::Dates))
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    /// In quotes.
    Text(String),
    /// `MINVALUE`, `NULL`, a number.
    Word(String),
}

/// The items of a list, which commas separate. A text has its quotes doubled.
fn items(list: &str) -> Vec<Item> {
    let mut found = Vec::new();
    let mut rest = list.trim_start();
    while !rest.is_empty() {
        let Some(quoted) = rest.strip_prefix('\'') else {
            let (word, after) = rest.split_once(',').unwrap_or((rest, ""));
            found.push(Item::Word(word.trim().into()));
            rest = after.trim_start();
            continue;
        };
        let end = end_of_text(quoted);
        found.push(Item::Text(quoted[..end].replace("''", "'")));
        rest = quoted[end..].trim_start_matches('\'').trim_start_matches(',').trim_start();
    }
    found
}

/// Where the closing quote of a text stands.
fn end_of_text(quoted: &str) -> usize {
    let bytes = quoted.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'\'', Some(b'\'')) => at += 2,
            (b'\'', _) => return at,
            _ => at += 1,
        }
    }
    at
}

/// How values of a partition's key become dates.
enum Days<'a> {
    /// A DATE.
    Date,
    /// A time without a zone, by the date that it shows.
    Local,
    /// A time without a zone, by its instant.
    LocalIn(&'a TimeZone, Reading),
    Instant(Reading),
}

/// The date of an instant.
struct Reading {
    zone: TimeZone,
    day_starts: Time,
}

/// Clocks that are set back over midnight show a date twice; none is set back by more.
const FOLD: SignedDuration = SignedDuration::from_hours(3);
const MICROSECOND: SignedDuration = SignedDuration::from_micros(1);

impl<'a> Days<'a> {
    /// `None` if the key does not tell the date of a row.
    fn new(key: &Key, date: &'a DateColumn) -> Option<Self> {
        let (_, of) = key.first.as_ref().filter(|(column, _)| *column == date.column && date.format.is_none())?;
        let is = |wire: Wire| wire.oid() == *of;
        match &date.reading {
            DateReading::Plain | DateReading::Date if is(Wire::DATE) => Some(Self::Date),
            DateReading::Date if is(Wire::TIMESTAMP) => Some(Self::Local),
            DateReading::Date if is(Wire::TIMESTAMPTZ) => {
                Some(Self::Instant(Reading { zone: TimeZone::UTC, day_starts: Time::midnight() }))
            }
            DateReading::Instant { zone, day_starts } => {
                let reading = Reading { zone: zone.clone(), day_starts: *day_starts };
                match &date.zone {
                    _ if is(Wire::TIMESTAMPTZ) => Some(Self::Instant(reading)),
                    Some(own) if is(Wire::TIMESTAMP) => Some(Self::LocalIn(own, reading)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The earliest date of a value that is at least this one.
    fn first(&self, from: &Item) -> Option<Date> {
        let text = match from {
            Item::Word(word) => return (word == "MINVALUE").then_some(Date::MIN),
            Item::Text(text) => text,
        };
        // Beyond the calendar, and `-infinity`.
        Some(match self {
            Self::Date => text.parse().unwrap_or(Date::MIN),
            Self::Local => text.parse::<DateTime>().map_or(Date::MIN, DateTime::date),
            Self::LocalIn(own, reading) => instant(text, Some(own)).map_or(Date::MIN, |at| reading.earliest(at)),
            Self::Instant(reading) => instant(text, None).map_or(Date::MIN, |at| reading.earliest(at)),
        })
    }

    /// The latest date of a value that is before this one, or with `included` at most this one.
    fn last(&self, to: &Item, included: bool) -> Option<Date> {
        let text = match to {
            Item::Word(word) => return (word == "MAXVALUE").then_some(Date::MAX),
            Item::Text(text) => text,
        };
        let back = if included { SignedDuration::ZERO } else { MICROSECOND };
        let latest = |at: Option<Timestamp>, reading: &Reading| {
            at.and_then(|at| at.checked_sub(back).ok()).map_or(Date::MAX, |at| reading.latest(at))
        };
        Some(match self {
            Self::Date => match text.parse() {
                Ok(date) if included => date,
                Ok(date) => previous_day(date),
                Err(_) => beyond(text),
            },
            Self::Local => match text.parse::<DateTime>() {
                Ok(time) => time.checked_sub(back).map_or(Date::MAX, DateTime::date),
                Err(_) => beyond(text),
            },
            Self::LocalIn(own, reading) => latest(instant(text, Some(own)), reading),
            Self::Instant(reading) => latest(instant(text, None), reading),
        })
    }
}

/// A date that the calendar does not know: before it or after it.
fn beyond(text: &str) -> Date {
    if text.starts_with('-') || text.ends_with(" BC") { Date::MIN } else { Date::MAX }
}

/// An instant, `2025-11-01 00:00:00+00`; a time without a zone in its zone.
fn instant(text: &str, own: Option<&TimeZone>) -> Option<Timestamp> {
    match own {
        None => text.parse().ok(),
        Some(own) => own.to_ambiguous_zoned(text.parse::<DateTime>().ok()?).compatible().ok().map(|z| z.timestamp()),
    }
}

impl Reading {
    fn date(&self, at: Timestamp) -> Date {
        let local = at.to_zoned(self.zone.clone()).datetime();
        if local.time() < self.day_starts { previous_day(local.date()) } else { local.date() }
    }

    fn earliest(&self, at: Timestamp) -> Date {
        self.date(at).min(at.checked_add(FOLD).map_or(Date::MAX, |at| self.date(at)))
    }

    fn latest(&self, at: Timestamp) -> Date {
        self.date(at).max(at.checked_sub(FOLD).map_or(Date::MIN, |at| self.date(at)))
    }
}

#[cfg(test)]
mod tests;
