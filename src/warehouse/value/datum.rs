//! One value of one column, in its column's type. Equal values have equal texts, whatever their type.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::date::parse_date;
use super::instant::{Moment, Nanos, day_of, in_zone, print, timestamp, utc_date};
use super::number::{of_decimal, of_float};
use crate::domain::dates::{Date, Timestamp};
use crate::domain::probe::{DateColumn, DateFormat, DateReading, InstantColumn};
use crate::domain::words::is_hidden;

/// A value. Neither NULL nor NaN is a datum.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::warehouse) enum Datum {
    /// A whole number of any width, signed or not.
    Int(i128),
    /// The bits of a float. Both zeros are equal.
    Float(u64),
    /// The bits of a 32-bit float, compared as such.
    Float32(u32),
    /// An unscaled value and its scale.
    Decimal(i128, i8),
    Bool(bool),
    Date(Date),
    /// An instant.
    Instant(Nanos),
    /// A time whose column has no zone, as if in UTC.
    Local(Nanos),
    Text(Arc<str>),
    /// A text of a CSV part or of a partition, without a declared type. A number is stored as its digits.
    Loose(Arc<str>),
}

impl Datum {
    /// The column's type in the user's words.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Int(_) => "INTEGER",
            Self::Float(_) | Self::Float32(_) => "FLOAT",
            Self::Decimal(..) => "DECIMAL",
            Self::Bool(_) => "BOOLEAN",
            Self::Date(_) => "DATE",
            Self::Instant(_) => "TIMESTAMP",
            Self::Local(_) => "TIMESTAMP without a zone",
            Self::Text(_) | Self::Loose(_) => "TEXT",
        }
    }

    /// The value as a text, for the names of units and for equality across types.
    pub fn text(&self) -> Arc<str> {
        match self {
            Self::Text(t) | Self::Loose(t) => t.clone(),
            Self::Bool(b) => b.to_string().into(),
            Self::Date(d) => d.to_string().into(),
            Self::Instant(nanos) => print(*nanos, false).into(),
            Self::Local(nanos) => print(*nanos, true).into(),
            Self::Int(_) | Self::Float(_) | Self::Float32(_) | Self::Decimal(..) => {
                self.digits().unwrap_or_default().into()
            }
        }
    }

    /// The digits of a value in a numeric column.
    pub fn digits(&self) -> Option<String> {
        match self {
            Self::Int(n) => Some(n.to_string()),
            Self::Float(bits) => Some(of_float(f64::from_bits(*bits))),
            Self::Float32(bits) => Some(of_float(f32::from_bits(*bits))),
            Self::Decimal(n, scale) => Some(of_decimal(*n, *scale)),
            _ => None,
        }
    }

    /// The value as an instant, or the error.
    pub fn instant(&self, column: &InstantColumn, home: &TimeZone) -> Result<Timestamp, String> {
        let moment = self.moment().ok_or_else(|| match self {
            Self::Text(t) | Self::Loose(t) if parse_date(t).is_some() => "holds a date, which is not an instant".into(),
            Self::Text(_) | Self::Loose(_) => "holds a text that is not an instant".into(),
            other => format!("is of type {}, which is not an instant", other.type_name()),
        })?;
        moment.instant(column.zone.as_ref()).map(timestamp).ok_or_else(|| zoneless(moment, home))
    }

    /// The value as a time, with its zone or without.
    pub fn moment(&self) -> Option<Moment> {
        match self {
            Self::Instant(nanos) => Some(Moment::At(*nanos)),
            Self::Local(nanos) => Some(Moment::Local(*nanos)),
            Self::Text(t) | Self::Loose(t) => Moment::parse(t),
            _ => None,
        }
    }

    /// Whether the value is a text that contains no time, such as `TBD`.
    pub fn says_no_time(&self) -> bool {
        matches!(self, Self::Text(t) | Self::Loose(t) if Moment::parse(t).is_none() && parse_date(t).is_none())
    }

    /// The date of a row with this value, or the error.
    pub fn date(&self, column: &DateColumn) -> Result<Date, String> {
        match (&column.format, self) {
            // A date from several folders is stored as an ISO date.
            (Some(DateFormat::Folders(..)), Self::Loose(t)) => text_date(t, column),
            (Some(format), Self::Text(_) | Self::Loose(_) | Self::Int(_)) => {
                let text = self.text();
                format
                    .parse(&text)
                    .ok_or_else(|| format!("holds `{}`, which is not written as dateFormat says", shown(&text)))
            }
            (_, Self::Date(date)) if !matches!(column.reading, DateReading::Instant { .. }) => Ok(*date),
            (_, Self::Text(t) | Self::Loose(t)) => text_date(t, column),
            (_, Self::Instant(nanos)) => moment_date(Moment::At(*nanos), column),
            (_, Self::Local(nanos)) => moment_date(Moment::Local(*nanos), column),
            (_, Self::Int(_)) => Err(
                "is of type INTEGER, which is not a date; if it counts as 20251021 does, add dateFormat: \"%Y%m%d\""
                    .into(),
            ),
            (_, other) => Err(format!("is of type {}, which is not {}", other.type_name(), wanted(&column.reading))),
        }
    }
}

fn wanted(reading: &DateReading) -> &'static str {
    if matches!(reading, DateReading::Instant { .. }) { "an instant" } else { "a date" }
}

fn text_date(text: &str, column: &DateColumn) -> Result<Date, String> {
    let is_instant = matches!(column.reading, DateReading::Instant { .. });
    match (parse_date(text), Moment::parse(text)) {
        (Some(date), _) if !is_instant => Ok(date),
        (Some(_), _) => {
            Err("holds a date, which is not an instant; remove dateAs: Instant, or name a column of instants".into())
        }
        (None, Some(moment)) => moment_date(moment, column),
        (None, None) if is_instant => Err(format!("holds `{}`, which is not an instant", shown(text))),
        (None, None) => {
            let shown = shown(text);
            Err(format!(
                "holds `{shown}`, which is not a date YYYY-MM-DD; if its dates are written otherwise, add dateFormat"
            ))
        }
    }
}

/// The beginning of a value.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !is_hidden(*c)).take(40).collect()
}

fn moment_date(moment: Moment, column: &DateColumn) -> Result<Date, String> {
    match (&column.reading, moment) {
        (DateReading::Plain, _) => Err(ambiguous(moment, &column.home)),
        // The calendar date of a time needs no zone.
        (DateReading::Date, Moment::Local(nanos)) => {
            Ok(utc_date(column.zone.as_ref().map_or(nanos, |z| in_zone(nanos, z))))
        }
        (DateReading::Date, Moment::At(nanos)) => Ok(utc_date(nanos)),
        (DateReading::Instant { zone, day_starts }, _) => {
            let nanos = moment.instant(column.zone.as_ref()).ok_or_else(|| zoneless(moment, &column.home))?;
            Ok(day_of(timestamp(nanos), zone, *day_starts))
        }
    }
}

/// A time in a column of dates: the error names both dates that it may mean.
fn ambiguous(moment: Moment, home: &TimeZone) -> String {
    let (shown, nanos, needs_zone) = match moment {
        Moment::At(nanos) => (print(nanos, false), nanos, ""),
        Moment::Local(nanos) => {
            (print(nanos, true), in_zone(nanos, home), " and dateZone, for the column names no zone")
        }
    };
    let utc = utc_date(moment.nanos());
    let season = timestamp(nanos).to_zoned(home.clone()).date();
    let zone = home.iana_name().unwrap_or("the season's zone");
    format!(
        "is a TIMESTAMP, and nothing says how it names a date: its value {shown} is {utc} with dateAs: Date, and {season} \
         ({zone}) with dateAs: Instant; add one of them beside date{needs_zone}"
    )
}

/// A time without a zone where an instant is needed: the error names both instants that it may mean.
fn zoneless(moment: Moment, home: &TimeZone) -> String {
    let nanos = moment.nanos();
    let (utc, own) = (print(nanos, false), print(in_zone(nanos, home), false));
    let zone = home.iana_name().filter(|_| own != utc).map(|zone| format!(", and {own} if it means {zone}"));
    format!(
        "has times that name no zone: its value {} is {utc} if it means UTC{}; say the zone in the field beside the column \
         (dateZone, startsAtZone, updatedAtZone, snapshotZone, freshness.zone)",
        print(nanos, true),
        zone.unwrap_or_default(),
    )
}
