//! One value of one column, and how it compares with what a user wrote: in the column's own type.

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::parts::parse_date;
use crate::domain::dates::{Date, Timestamp, previous_day};
use crate::domain::probe::{DateReading, Test, Value};

/// A value. NULL is no datum.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Datum {
    Int(i64),
    /// The bits of a float; every NaN is the same.
    Float(u64),
    /// An unscaled value and its scale.
    Decimal(i128, i8),
    Bool(bool),
    Date(Date),
    Instant(Timestamp),
    Text(Arc<str>),
    /// A text of a CSV part: nobody declared its type, so it compares as a number where both are numbers.
    Loose(Arc<str>),
}

impl Datum {
    /// The column's type, as users know it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Int(_) => "INTEGER",
            Self::Float(_) => "FLOAT",
            Self::Decimal(..) => "DECIMAL",
            Self::Bool(_) => "BOOLEAN",
            Self::Date(_) => "DATE",
            Self::Instant(_) => "TIMESTAMP",
            Self::Text(_) | Self::Loose(_) => "TEXT",
        }
    }

    /// How it compares with a user's value; nothing when the two cannot be compared.
    pub fn compare(&self, value: &Value) -> Option<Ordering> {
        match (self, value) {
            (Self::Int(a), Value::Int(b)) => Some(a.cmp(b)),
            (Self::Int(_) | Self::Float(_) | Self::Decimal(..), _) => self.number()?.partial_cmp(&number(value)?),
            (Self::Bool(a), Value::Text(b)) => b.parse::<bool>().ok().map(|b| a.cmp(&b)),
            (Self::Date(a), Value::Text(b)) => parse_date(b).map(|b| a.cmp(&b)),
            (Self::Instant(a), Value::Text(b)) => b.parse::<Timestamp>().ok().map(|b| a.cmp(&b)),
            (Self::Text(a), value) => Some((**a).cmp(text(value).as_str())),
            (Self::Loose(a), value) => match (a.parse::<f64>(), number(value)) {
                (Ok(a), Some(b)) => a.partial_cmp(&b),
                _ => Some((**a).cmp(text(value).as_str())),
            },
            (Self::Bool(_) | Self::Date(_) | Self::Instant(_), Value::Int(_)) => None,
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Int(n) => Some(*n as f64),
            Self::Float(bits) => Some(f64::from_bits(*bits)),
            Self::Decimal(n, scale) => Some(*n as f64 / 10_f64.powi(i32::from(*scale))),
            _ => None,
        }
    }

    /// The value as a text: what a unit's name is made of.
    pub fn text(&self) -> Arc<str> {
        match self {
            Self::Text(t) | Self::Loose(t) => t.clone(),
            Self::Int(n) => n.to_string().into(),
            Self::Float(bits) => f64::from_bits(*bits).to_string().into(),
            Self::Decimal(n, scale) => format!("{n}e-{scale}").into(),
            Self::Bool(b) => b.to_string().into(),
            Self::Date(d) => d.to_string().into(),
            Self::Instant(t) => t.to_string().into(),
        }
    }

    /// The value as an instant; nothing when it is none.
    pub fn instant(&self) -> Option<Timestamp> {
        match self {
            Self::Instant(at) => Some(*at),
            Self::Text(t) | Self::Loose(t) => parse_instant(t),
            Self::Date(d) => d.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp()),
            _ => None,
        }
    }

    /// The date that a row with this value belongs to, or what is wrong.
    pub fn date(&self, reading: &DateReading) -> Result<Date, String> {
        match (reading, self) {
            (DateReading::Plain | DateReading::Date, Self::Date(d)) => Ok(*d),
            (DateReading::Plain, Self::Instant(at)) => Err(ambiguous(*at)),
            (DateReading::Date, Self::Instant(at)) => Ok(at.to_zoned(TimeZone::UTC).date()),
            (DateReading::Instant { zone, day_starts }, Self::Instant(at)) => Ok(local(*at, zone, *day_starts)),
            (DateReading::Instant { zone, day_starts }, Self::Text(t) | Self::Loose(t)) => parse_instant(t)
                .map(|at| local(at, zone, *day_starts))
                .ok_or_else(|| "holds a text that is no instant".into()),
            (DateReading::Plain, Self::Text(t) | Self::Loose(t)) => {
                parse_date(t).ok_or_else(|| "holds a text that is no date YYYY-MM-DD".into())
            }
            (DateReading::Date, Self::Text(t) | Self::Loose(t)) => parse_date(t)
                .or_else(|| parse_instant(t).map(|at| at.to_zoned(TimeZone::UTC).date()))
                .ok_or_else(|| "holds a text that is neither date nor instant".into()),
            (_, other) => Err(format!("is of type {}, which is no {}", other.type_name(), wanted(reading))),
        }
    }
}

fn wanted(reading: &DateReading) -> &'static str {
    if matches!(reading, DateReading::Instant { .. }) { "instant" } else { "date" }
}

fn local(at: Timestamp, zone: &TimeZone, day_starts: jiff::civil::Time) -> Date {
    let zoned = at.to_zoned(zone.clone());
    if zoned.time() < day_starts { previous_day(zoned.date()) } else { zoned.date() }
}

fn ambiguous(at: Timestamp) -> String {
    let utc = at.to_zoned(TimeZone::UTC).date();
    format!(
        "is a TIMESTAMP, and nothing says how it names a date: with 'as: Date' its value {at} is {utc}, with 'as: Instant' \
         it is the date of that instant in the season's zone; say which in spec.date.as"
    )
}

/// RFC 3339, or as databases print it: `2025-11-14 19:00:00`, `… UTC`.
fn parse_instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let plain = text.strip_suffix(" UTC").unwrap_or(text);
    let civil: jiff::civil::DateTime = plain.parse().ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp())
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(*n as f64),
        Value::Text(t) => t.parse().ok(),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Int(n) => n.to_string(),
        Value::Text(t) => t.clone(),
    }
}

/// Whether a value, or NULL, satisfies a test. `Err`: the two cannot be compared.
pub(super) fn satisfies(datum: Option<&Datum>, test: &Test) -> Result<bool, &'static str> {
    let Some(datum) = datum else { return Ok(matches!(test, Test::IsNull(true))) };
    let compare = |value: &Value| datum.compare(value).ok_or_else(|| datum.type_name());
    let any = |values: &[Value]| -> Result<bool, &'static str> {
        values.iter().try_fold(false, |found, v| Ok(found || compare(v)? == Ordering::Equal))
    };
    match test {
        Test::Equals(value) => Ok(compare(value)? == Ordering::Equal),
        Test::NotEquals(value) => Ok(compare(value)? != Ordering::Equal),
        Test::In(values) => any(values),
        Test::NotIn(values) => any(values).map(|found| !found),
        Test::StartsWith(heads) => Ok(heads.iter().any(|h| datum.text().starts_with(h.as_str()))),
        Test::IsNull(wanted) => Ok(!*wanted),
        Test::LessThan(value) => Ok(compare(value)? == Ordering::Less),
        Test::AtLeast(value) => Ok(compare(value)? != Ordering::Less),
    }
}
