//! The zone of the dates, where timestamps beside them prove it.

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::Given;
use super::dating::How;
use super::profile::{Profile, is_moment};
use super::text;
use crate::domain::dates::Date;
use crate::domain::probe::{DateColumn, DateReading};
use crate::warehouse::files::sample::{Form, Sampled};

/// Parts of the names of columns that say when a row was written.
pub(super) const WRITTEN: [&str; 8] = ["updat", "process", "load", "ingest", "modif", "fetch", "scrap", "insert"];
/// Zones that are tried, where starts show which one their dates are in.
const ZONES: [&str; 11] = [
    "UTC",
    "America/New_York",
    "America/Los_Angeles",
    "America/Chicago",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Tokyo",
    "Australia/Sydney",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Shanghai",
];

/// The zone that a timestamp beside the date column proves.
pub(super) fn of_rows(profile: &Profile<'_>, given: &Given) -> Option<(String, String)> {
    let is_written = |name: &str| WRITTEN.iter().any(|word| name.to_lowercase().contains(word));
    let beside =
        |column: &&Sampled| is_moment(column) && !is_written(&column.name) && column.name != profile.dated.column;
    profile.table.sample.columns.iter().filter(beside).find_map(|column| proved(profile, column, given))
}

/// The first zone in which each start falls on the date of its row.
pub(super) fn proved(profile: &Profile<'_>, starts: &Sampled, given: &Given) -> Option<(String, String)> {
    let is_clear = profile.dated.how != How::Instant && starts.values.iter().all(|v| v.form == Form::Instant);
    if !is_clear || given.zone.1 {
        return None;
    }
    let fits = |name: &&str| {
        let zone = TimeZone::get(name).ok()?;
        let reading = DateReading::Instant { zone, day_starts: Time::midnight() };
        let column = DateColumn::new(starts.name.as_str(), reading);
        let dates: Vec<Option<Date>> = starts.values.iter().map(|value| value.date(&column)).collect();
        let of = |row: usize| Some((profile.dated.rows[row]?, dates[(starts.cells[row] as usize).checked_sub(1)?]?));
        let pairs: Vec<(Date, Date)> = (0..profile.table.sample.rows).filter_map(of).collect();
        let right = pairs.iter().filter(|(own, start)| own == start).count();
        Some((right, pairs.len()))
    };
    let all = [given.zone.0.as_str()].into_iter().chain(ZONES);
    let tried: Vec<(&str, usize, usize)> =
        all.filter_map(|name| fits(&name).map(|(right, of)| (name, right, of))).collect();
    let most = tried.iter().map(|(_, right, _)| *right).max()?;
    let (name, right, of) = *tried.iter().find(|(_, right, _)| *right == most)?;
    let others = tried.iter().filter(|(other, right, _)| *right == most && *other != name).map(|(other, ..)| *other);
    let others: Vec<&str> = others.collect();
    let besides = if others.is_empty() { String::new() } else { format!(", as in {}", others.join(", ")) };
    let remark = format!(
        "In this zone `{}` falls on the date of its row in {} of {} rows{besides}.",
        starts.name,
        text::count(right as u64),
        text::count(of as u64)
    );
    (right * 10 >= of * 9).then(|| (name.to_string(), remark))
}
