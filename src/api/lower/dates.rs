//! How a column, or folders, date a row.

use std::collections::BTreeSet;

use jiff::civil::{Time, date};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::fields::Fields;
use crate::api::kinds::DateAs;
use crate::api::schema::{ColumnText, DateFormatText, TimeText, ZoneText};
use crate::domain::dates::{Date, FIRST_DATE, LAST_DATE};
use crate::domain::probe::{DateColumn, DateFormat, DateReading};

/// What a spec says of its date column.
pub(super) struct Dating<'a> {
    pub column: &'a ColumnText,
    pub date_as: Option<DateAs>,
    pub date_zone: Option<&'a ZoneText>,
    pub date_format: Option<&'a DateFormatText>,
    pub day_starts: Option<&'a TimeText>,
}

impl Fields<'_> {
    /// How a column gives the date of a row; `field` is the parent of its fields, `zone` the season's.
    pub fn date_column(&mut self, field: &str, dating: &Dating<'_>, zone: &TimeZone) -> DateColumn {
        let is_instant = dating.date_as == Some(DateAs::Instant);
        if dating.day_starts.is_some() && !is_instant {
            self.problem(&format!("{field}.dayStarts"), "needs 'dateAs: Instant'");
        }
        if dating.date_zone.is_some() && dating.date_as.is_none() {
            self.problem(&format!("{field}.dateZone"), "needs 'dateAs': a plain date has no time zone");
        }
        let day_starts = dating.day_starts.and_then(|t| t.0.parse().ok()).unwrap_or(Time::midnight());
        let reading = match dating.date_as {
            None => DateReading::Plain,
            Some(DateAs::Date) => DateReading::Date,
            Some(DateAs::Instant) => DateReading::Instant { zone: zone.clone(), day_starts },
        };
        let home = zone.clone();
        let zone = dating.date_zone.map(|zone| self.zone(&format!("{field}.dateZone"), zone));
        let format = dating.date_format.and_then(|format| {
            let read =
                if is_instant { Err(NO_INSTANT.into()) } else { date_format(&format.0, field, &dating.column.0) };
            read.map_err(|why: String| self.problem(&format!("{field}.dateFormat"), why)).ok()
        });
        DateColumn { zone, format, home, ..DateColumn::new(&*dating.column.0, reading) }
    }
}

const NO_INSTANT: &str =
    "must not be used with 'dateAs: Instant': it is a format of dates, and a timestamp is not a date";
const RIGHT: &str = "for example '%Y%m%d', or 'year=%Y/month=%m/day=%d' for folders";

/// A format of values, or of the folders that hold parts of a date.
fn date_format(format: &str, field: &str, column: &str) -> Result<DateFormat, String> {
    if !format.contains('=') {
        return names_each_date(format).then(|| DateFormat::Value(format.into())).ok_or_else(|| unfit(format));
    }
    let folders: Option<Vec<(&str, &str)>> = format.split('/').map(|folder| folder.split_once('=')).collect();
    let folders = folders.filter(|f| f.iter().all(|(name, of)| !name.is_empty() && !of.is_empty()));
    let folders = folders.ok_or_else(|| {
        format!("'{format}' must name each folder as NAME=DIRECTIVES, joined by '/': 'year=%Y/month=%m/day=%d'")
    })?;
    let (names, patterns): (Vec<&str>, Vec<&str>) = folders.into_iter().unzip();
    if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
        return Err(format!("'{format}' names a folder twice"));
    }
    if names.first() != Some(&column) {
        let first = names.first().copied().unwrap_or_default();
        return Err(format!("its first folder is '{first}', so {field}.date must be '{first}', not '{column}'"));
    }
    let pattern = patterns.join("/");
    let names = names.into_iter().map(String::from).collect();
    names_each_date(&pattern).then_some(DateFormat::Folders(names, pattern)).ok_or_else(|| unfit(format))
}

fn unfit(format: &str) -> String {
    format!(
        "'{format}' must name the year in four digits, the month and the day, so that each date is read back as it was written; {RIGHT}"
    )
}

/// Whether dates are read back as they were written: early and late ones, and those that differ only in where a digit
/// belongs to.
fn names_each_date(pattern: &str) -> bool {
    let twins = [date(2025, 1, 11), date(2025, 11, 1), date(2025, 1, 1), date(2025, 12, 31), date(2024, 2, 29)];
    let format = DateFormat::Value(pattern.into());
    let reads_back = |date: Date| strtime::format(pattern, date).is_ok_and(|text| format.parse(&text) == Some(date));
    [FIRST_DATE, LAST_DATE].into_iter().chain(twins).all(reads_back)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_taken_where_it_reads_back_each_date() {
        for format in ["%Y%m%d", "%d/%m/%Y", "%Y-%j", "%F", "%B %d, %Y", "part-%Y%m%d"] {
            assert_eq!(date_format(format, "spec", "dt"), Ok(DateFormat::Value(format.into())), "{format}");
        }
        for format in ["%Y%m", "%y%m%d", "%m%d", "20251021", "%Y%-m%-d", "%Y-%m-%dT%H", "%Q", "%", "%s"] {
            let why = date_format(format, "spec", "dt").unwrap_err();
            assert!(why.starts_with(&format!("'{format}' must name the year in four digits")), "{why}");
        }
    }

    #[test]
    fn a_format_of_folders_begins_with_the_date_column() {
        let folders = |names: &[&str], pattern: &str| {
            Ok(DateFormat::Folders(names.iter().map(|name| (*name).to_string()).collect(), pattern.into()))
        };
        let read = |format: &str, column: &str| date_format(format, "spec.schedule", column);
        assert_eq!(read("year=%Y/month=%m/day=%d", "year"), folders(&["year", "month", "day"], "%Y/%m/%d"));
        assert_eq!(read("dt=%Y%m%d", "dt"), folders(&["dt"], "%Y%m%d"));
        for (format, column, why) in [
            (
                "year=%Y/month=%m/day=%d",
                "dt",
                "its first folder is 'year', so spec.schedule.date must be 'year', not 'dt'",
            ),
            ("year=%Y/month=%m", "year", "'year=%Y/month=%m' must name the year in four digits"),
            ("year=%Y/%m/day=%d", "year", "'year=%Y/%m/day=%d' must name each folder as NAME=DIRECTIVES"),
            ("y=%Y/y=%m/day=%d", "y", "'y=%Y/y=%m/day=%d' names a folder twice"),
            ("=%Y%m%d", "", "'=%Y%m%d' must name each folder"),
        ] {
            let said = read(format, column).unwrap_err();
            assert!(said.starts_with(why), "{format}: {said}");
        }
    }
}
