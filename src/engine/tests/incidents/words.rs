//! The words of a line.

use crate::domain::dates::{Date, DateRange, Timestamp};
use crate::domain::judge::tests::{at, day};

/// The words of a line that are not read yet.
pub struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    pub fn of(line: &'a str) -> Self {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        words.reverse();
        Self(words)
    }

    pub fn next(&mut self) -> Option<&'a str> {
        self.0.pop()
    }

    pub fn word(&mut self) -> &'a str {
        self.next().expect("a word is missing")
    }

    pub fn number(&mut self) -> u64 {
        number(self.word())
    }

    pub fn range(&mut self) -> DateRange {
        let word = self.word();
        range(word).unwrap_or_else(|| panic!("{word} is not a date"))
    }

    /// The next word, if it is dates.
    pub fn maybe_range(&mut self) -> Option<DateRange> {
        let range = range(self.0.last()?)?;
        self.0.pop();
        Some(range)
    }

    pub fn rest(&mut self) -> String {
        let mut rest = std::mem::take(&mut self.0);
        rest.reverse();
        rest.join(" ")
    }
}

pub fn number(word: &str) -> u64 {
    word.parse().unwrap_or_else(|_| panic!("{word} is not a number"))
}

/// `3`, `3..9` or `3..`.
pub fn bounds(word: &str) -> std::ops::RangeInclusive<u64> {
    match word.split_once("..") {
        Some((from, "")) => number(from)..=u64::MAX,
        Some((from, through)) => number(from)..=number(through),
        None => number(word)..=number(word),
    }
}

/// `2025-11-01` or `2025-11-01..2025-11-09`.
fn range(word: &str) -> Option<DateRange> {
    let is_date = |word: &str| word.parse::<Date>().is_ok();
    let (from, through) = word.split_once("..").unwrap_or((word, word));
    (is_date(from) && is_date(through)).then(|| DateRange::new(day(from), day(through)).unwrap())
}

/// `+6h`, `+2d`, or an instant.
pub fn instant(word: &str, start: Timestamp) -> Timestamp {
    let Some(after) = word.strip_prefix('+') else { return at(word) };
    let (count, unit) = after.split_at(after.len() - 1);
    let hours = number(count) as i64 * if unit == "d" { 24 } else { 1 };
    start + jiff::SignedDuration::from_hours(hours)
}
