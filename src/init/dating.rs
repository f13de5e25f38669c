//! Which column dates the rows of a table, and in which form.

use std::collections::BTreeSet;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::domain::dates::{Date, days_between};
use crate::domain::probe::{DateColumn, DateFormat, DateReading};
use crate::warehouse::files::sample::{Form, Sample, Sampled, Value};

/// Forms of dates, the likely ones first.
const FORMATS: [&str; 11] = [
    "%Y%m%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%d-%b-%Y",
];
/// Beginnings of the names of columns that say when a row was written, not which date it is of.
const WRITTEN: [&str; 11] =
    ["updat", "load", "creat", "insert", "process", "ingest", "modif", "fetch", "scrap", "extract", "birth"];

/// How the date column is read: one of the forms of the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// ISO dates.
    Plain,
    /// `dateAs: Date`.
    Calendar,
    /// `dateAs: Instant`.
    Instant,
    /// `dateFormat`.
    Format(String),
}

/// The dates of a table's rows.
#[derive(Clone, Debug)]
pub(super) struct Dated {
    pub column: String,
    pub how: How,
    /// Why this column, and what else it could mean.
    pub remark: String,
    pub rows: Vec<Option<Date>>,
    score: i64,
}

/// Finds the column that dates the rows, or says why there is none.
pub(super) fn dated(sample: &Sample, zone: &TimeZone) -> Result<Dated, String> {
    let named = sample.files.iter().filter_map(|file| date_in(file.rsplit('/').next()?)).collect::<BTreeSet<_>>();
    if sample.rows == 0 {
        return Err(no_rows(sample));
    }
    if let Some(dated) = by_folders(sample) {
        return Ok(dated);
    }
    let found = sample.columns.iter().filter_map(|column| of_column(column, zone, &named));
    found.max_by_key(|dated| dated.score).ok_or_else(|| none(sample, &named))
}

fn no_rows(sample: &Sample) -> String {
    match sample.unread.first() {
        Some((file, why)) => format!("nothing in it can be read: `{file}` {why}"),
        None => "it has no rows, so nothing can be learnt from it".into(),
    }
}

/// The year, the month and the day in a folder each.
fn by_folders(sample: &Sample) -> Option<Dated> {
    let folder = |names: [&str; 3]| {
        sample.columns.iter().find(|c| c.in_folders && names.contains(&c.name.to_lowercase().as_str()))
    };
    let (year, month, day) =
        (folder(["year", "yyyy", "y"])?, folder(["month", "mm", "m"])?, folder(["day", "dd", "d"])?);
    let columns = [year, month, day];
    let format = DateFormat::Folders(columns.map(|c| c.name.clone()).to_vec(), "%Y/%m/%d".into());
    let rows = (0..sample.rows).map(|row| {
        let values: Option<Vec<&str>> = columns.iter().map(|c| Some(&*c.value(row)?.text)).collect();
        format.parse(&values?.join("/"))
    });
    let text = format!("{}=%Y/{}=%m/{}=%d", year.name, month.name, day.name);
    let remark = "the year, the month and the day are folders".to_string();
    Some(Dated { column: year.name.clone(), how: How::Format(text), remark, rows: rows.collect(), score: 0 })
}

fn of_column(column: &Sampled, zone: &TimeZone, named: &BTreeSet<Date>) -> Option<Dated> {
    let (how, mut score, mut remark) = form(column, zone)?;
    let reading = reading(column, &how, zone);
    let dates: Vec<Option<Date>> = column.values.iter().map(|value| value.date(&reading)).collect();
    let distinct: BTreeSet<Date> = dates.iter().flatten().copied().collect();
    let (first, last) = (distinct.first()?, distinct.last()?);
    let name = column.name.to_lowercase();
    let is_named = ["date", "day", "dt", "ds"].iter().any(|end| name == *end || name.ends_with(&format!("_{end}")));
    score += if is_named || name.contains("date") { 20 } else { 0 };
    score -= if WRITTEN.iter().any(|begin| name.starts_with(begin)) { 40 } else { 0 };
    score += if column.in_folders { 20 } else { 0 };
    score -= if i64::from(days_between(*first, *last)) > 20 * distinct.len() as i64 { 20 } else { 0 };
    score -=
        i64::try_from(column.cells.iter().filter(|cell| **cell == 0).count() * 100 / column.cells.len().max(1)).ok()?;
    if !named.is_empty() && *named == distinct {
        score += 25;
        remark.push_str("; the same dates as in the names of the files");
    } else if column.in_folders {
        remark.push_str(", from the folders");
    }
    let rows = column.cells.iter().map(|cell| dates.get((*cell as usize).checked_sub(1)?).copied().flatten());
    Some(Dated { column: column.name.clone(), how, remark, rows: rows.collect(), score })
}

/// The form of all values, how good a date column of this form is, and a remark.
fn form(column: &Sampled, zone: &TimeZone) -> Option<(How, i64, String)> {
    let forms: BTreeSet<Form> = column.values.iter().map(|value| value.form).collect();
    let all = |form| forms.iter().eq([&form]);
    let is_midnight = || {
        let reading = DateColumn::new("", DateReading::Date);
        column.values.iter().all(|v| v.date(&reading).is_some() && starts_a_day(&v.text))
    };
    match () {
        () if all(Form::Date) => Some((How::Plain, 50, "ISO dates".into())),
        () if all(Form::Whole) || all(Form::Text) => formatted(column, zone),
        () if all(Form::Local) && is_midnight() => {
            Some((How::Calendar, 40, "timestamps at midnight, which are dates".into()))
        }
        () if all(Form::Local) => {
            Some((How::Calendar, 20, "timestamps without a zone: each counts for the date that is written".into()))
        }
        () if all(Form::Instant) && is_midnight() => {
            Some((How::Calendar, 40, "timestamps at midnight UTC, which are dates".into()))
        }
        () if all(Form::Instant) => {
            Some((How::Instant, 20, "timestamps: each counts for its date in the season's zone".into()))
        }
        () => None,
    }
}

fn starts_a_day(text: &str) -> bool {
    let time = text.get(11..19).unwrap_or_default();
    time == "00:00:00"
}

/// Texts and numbers in one of the usual formats. Where two fit, the one whose dates lie closer together.
fn formatted(column: &Sampled, zone: &TimeZone) -> Option<(How, i64, String)> {
    let fits = |format: &&str| {
        let how = How::Format((*format).into());
        let reading = reading(column, &how, zone);
        let dates: Option<BTreeSet<Date>> = column.values.iter().map(|value| value.date(&reading)).collect();
        let dates = dates?;
        let span = days_between(*dates.first()?, *dates.last()?);
        Some((span, (*format).to_string()))
    };
    let mut fitting: Vec<(i32, String)> = FORMATS
        .iter()
        .filter_map(|format| fits(format))
        .map(|(span, format)| (i32::try_from(span).unwrap_or(i32::MAX), format))
        .collect();
    fitting.sort_by_key(|(span, _)| *span);
    let (_, best) = fitting.first()?.clone();
    let example = column.values.first().map(|value| value.text.to_string()).unwrap_or_default();
    let other = fitting.get(1).map(|(_, other)| {
        format!(
            "; `{other}` is possible, too, and its dates would lie further apart: check the first date in the calendar"
        )
    });
    let remark = format!("written as `{example}`{}", other.unwrap_or_default());
    Some((How::Format(best), 45, remark))
}

/// As a coverage with this form would read the column.
pub(super) fn reading(column: &Sampled, how: &How, zone: &TimeZone) -> DateColumn {
    let reading = match how {
        How::Plain | How::Format(_) => DateReading::Plain,
        How::Calendar => DateReading::Date,
        How::Instant => DateReading::Instant { zone: zone.clone(), day_starts: Time::midnight() },
    };
    let format = if let How::Format(format) = how { Some(DateFormat::Value(format.clone())) } else { None };
    DateColumn { format, ..DateColumn::new(column.name.as_str(), reading) }
}

/// The first date in a name: `obs-2026-01-02.csv`, `20260102.csv`.
pub(super) fn date_in(name: &str) -> Option<Date> {
    let plain: Vec<char> = name.chars().collect();
    (0..plain.len()).find_map(|at| {
        let before = at.checked_sub(1).and_then(|at| plain.get(at));
        if before.is_some_and(char::is_ascii_digit) {
            return None;
        }
        let of = |length: usize| plain.get(at..at + length).map(|part| part.iter().collect::<String>());
        let iso = of(10).and_then(|text| text.replace('_', "-").parse().ok());
        iso.or_else(|| DateFormat::Value("%Y%m%d".into()).parse(&of(8)?))
    })
}

/// Why no column dates the rows.
fn none(sample: &Sample, named: &BTreeSet<Date>) -> String {
    if !named.is_empty() {
        return "its files are named by date, but no column holds the date, and gapless reads dates from columns and folders: \
                move each file to a folder such as `dt=2026-01-02/`, or write the date into each row"
            .into();
    }
    let epoch = |value: &Value| value.form == Form::Whole && matches!(value.text.len(), 10 | 13);
    let seconds = sample.columns.iter().find(|c| !c.values.is_empty() && c.values.iter().all(epoch));
    if let Some(column) = seconds {
        return format!(
            "`{}` looks like seconds since 1970, which gapless does not read as a date: write it as a timestamp",
            column.name
        );
    }
    let mixed =
        sample.columns.iter().find(|c| c.values.iter().filter(|v| v.form == Form::Date).count() * 2 > c.values.len());
    if let Some((column, other)) = mixed.and_then(|c| Some((c, c.values.iter().find(|v| v.form != Form::Date)?))) {
        return format!("`{}` holds dates, but `{}` as well: write NULL or a date", column.name, other.text);
    }
    let names: Vec<&str> = sample.columns.iter().map(|c| c.name.as_str()).collect();
    format!("no column holds a date in a form that gapless knows; it has: {}", names.join(", "))
}
