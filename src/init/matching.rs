//! How the rows of a table name the units of a schedule: tried against the schedule, and taken where nine rows in ten fit.

use std::collections::{BTreeMap, BTreeSet};

use super::games::{Schedule, values};
use super::profile::Profile;
use super::text;
use crate::domain::dates::Date;
use crate::warehouse::files::sample::Sampled;

/// Rows that a form is tried on.
const ROWS: usize = 5_000;
/// Columns that are tried.
const COLUMNS: usize = 10;
const SEPARATORS: [&str; 9] = ["_", "-", "@", "|", "/", ":", " vs ", " ", "."];

/// A form of `unit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Columns(Vec<String>),
    AnyOrder(Vec<String>),
    Split { column: String, separator: &'static str, parts: Vec<usize> },
    EachOf(String),
}

impl Form {
    /// As the spec has it.
    pub fn yaml(&self) -> String {
        match self {
            Self::Columns(columns) => format!("{{columns: {}}}", names(columns)),
            Self::AnyOrder(columns) => format!("{{columns: {}, anyOrder: true}}", names(columns)),
            Self::Split { column, separator, parts } => format!(
                "{{split: {{column: {}, separator: \"{separator}\", parts: {}}}}}",
                text::scalar(column),
                text::list(
                    parts.iter().map(|part| (part + 1).to_string()).collect::<Vec<_>>().iter().map(String::as_str),
                    str::to_string
                )
            ),
            Self::EachOf(column) => format!("{{eachOf: {}}}", text::scalar(column)),
        }
    }

    /// Columns that it uses.
    pub fn columns(&self) -> Vec<String> {
        match self {
            Self::Columns(columns) | Self::AnyOrder(columns) => columns.clone(),
            Self::Split { column, .. } | Self::EachOf(column) => vec![column.clone()],
        }
    }

    /// Columns that are the same in all rows of a unit.
    pub fn fixes(&self, name: &str) -> bool {
        // In any order, the first column has both sides. The second has the same.
        let from = usize::from(matches!(self, Self::AnyOrder(_)));
        self.columns().iter().skip(from).any(|column| column == name)
    }

    /// The units that a row is of, in the schedule's words.
    fn of(&self, profile: &Profile<'_>, row: usize, scheduled: &BTreeSet<Vec<String>>) -> Option<Vec<String>> {
        let own = match self {
            Self::Columns(columns) => values(profile, columns, row)?,
            Self::AnyOrder(columns) => {
                let own = values(profile, columns, row)?;
                let turned: Vec<String> = own.iter().rev().cloned().collect();
                if scheduled.contains(&own) { own } else { turned }
            }
            Self::Split { column, separator, parts } => {
                let whole = profile.column(column)?.value(row)?.text.clone();
                let all: Vec<&str> = whole.split(separator).collect();
                parts.iter().map(|part| Some((*all.get(*part)?).to_string())).collect::<Option<Vec<_>>>()?
            }
            Self::EachOf(column) => {
                let side = profile.column(column)?.value(row)?.text.to_string();
                return scheduled.iter().find(|unit| unit.contains(&side)).cloned();
            }
        };
        scheduled.contains(&own).then_some(own)
    }

    /// What a row counts for: a unit, or one side of it.
    fn group(&self, profile: &Profile<'_>, row: usize, unit: &[String]) -> Vec<String> {
        match self {
            Self::EachOf(column) => {
                profile.column(column).and_then(|c| c.value(row)).map(|v| vec![v.text.to_string()]).unwrap_or_default()
            }
            _ => unit.to_vec(),
        }
    }
}

fn names(columns: &[String]) -> String {
    text::list(columns.iter().map(String::as_str), text::scalar)
}

/// A table that names the schedule's units.
#[derive(Clone, Debug)]
pub(super) struct Match {
    pub form: Form,
    /// The rows of each unit that the table has.
    pub groups: BTreeMap<(Date, Vec<String>), Vec<usize>>,
    units: BTreeSet<(Date, Vec<String>)>,
    /// Rows whose names fit no unit.
    pub strangers: usize,
    /// Scheduled units between the first and the last date of the table that it has no row of.
    pub missing: usize,
}

impl Match {
    pub fn of(profile: &Profile<'_>, schedule: &Schedule) -> Option<Self> {
        let form = form(profile, schedule)?;
        let (mut groups, mut units, mut strangers) = (BTreeMap::<_, Vec<usize>>::new(), BTreeSet::new(), 0);
        for (date, rows) in &profile.by_date {
            let scheduled = schedule.units.get(date).cloned().unwrap_or_default();
            for row in rows {
                match form.of(profile, *row, &scheduled) {
                    Some(unit) => {
                        groups.entry((*date, form.group(profile, *row, &unit))).or_default().push(*row);
                        units.insert((*date, unit));
                    }
                    None => strangers += 1,
                }
            }
        }
        let (first, last) = (profile.first()?, profile.last()?);
        let expected: usize = schedule.units.range(first..=last).map(|(_, units)| units.len()).sum();
        Some(Self { form, missing: expected.saturating_sub(units.len()), groups, units, strangers })
    }

    pub fn has(&self, date: Date, unit: &[String]) -> bool {
        self.units.contains(&(date, unit.to_vec()))
    }

    pub fn first(&self) -> Option<Date> {
        self.units.first().map(|(date, _)| *date)
    }

    pub fn last(&self) -> Option<Date> {
        self.units.last().map(|(date, _)| *date)
    }
}

fn form(profile: &Profile<'_>, schedule: &Schedule) -> Option<Form> {
    let columns: Vec<&Sampled> = match schedule.unit.len() {
        1 => profile.names().take(COLUMNS).collect(),
        _ => profile.texts().take(COLUMNS).collect(),
    };
    let rows = sample(profile, schedule);
    let fits = |form: &Form| {
        let fitting = rows
            .iter()
            .filter(|(date, row)| schedule.units.get(date).is_some_and(|s| form.of(profile, *row, s).is_some()));
        !rows.is_empty() && fitting.count() * 10 >= rows.len() * 9
    };
    let each_of =
        || columns.iter().map(|c| Form::EachOf(c.name.clone())).find(&fits).filter(|_| schedule.unit.len() == 2);
    // A table with one row per side is best described by its sides.
    let one_each = each_of().filter(|form| {
        let mut counts: BTreeMap<(Date, Vec<String>), usize> = BTreeMap::new();
        rows.iter().for_each(|(date, row)| *counts.entry((*date, form.group(profile, *row, &[]))).or_default() += 1);
        counts.values().filter(|n| **n == 1).count() * 20 >= counts.len() * 19
    });
    one_each
        .or_else(|| by_columns(&columns, schedule.unit.len()).find(&fits))
        .or_else(|| by_parts(&columns, schedule.unit.len()).find(&fits))
        .or_else(each_of)
}

/// Rows of dates that the schedule speaks of, spread evenly.
fn sample(profile: &Profile<'_>, schedule: &Schedule) -> Vec<(Date, usize)> {
    let (Some(first), Some(last)) = (schedule.first(), schedule.last()) else { return Vec::new() };
    let all: Vec<(Date, usize)> =
        profile.by_date.range(first..=last).flat_map(|(date, rows)| rows.iter().map(|row| (*date, *row))).collect();
    let step = all.len().div_ceil(ROWS).max(1);
    all.into_iter().step_by(step).collect()
}

fn by_columns<'a>(columns: &'a [&Sampled], of: usize) -> Box<dyn Iterator<Item = Form> + 'a> {
    let name = |column: &&Sampled| column.name.clone();
    if of == 1 {
        return Box::new(columns.iter().map(move |column| Form::Columns(vec![name(column)])));
    }
    let pairs = move || {
        let all = columns.iter().flat_map(move |a| columns.iter().map(move |b| vec![name(a), name(b)]));
        all.filter(|pair| pair[0] != pair[1])
    };
    Box::new(pairs().map(Form::Columns).chain(pairs().map(Form::AnyOrder)))
}

fn by_parts<'a>(columns: &'a [&Sampled], of: usize) -> impl Iterator<Item = Form> + 'a {
    columns.iter().flat_map(move |column| {
        SEPARATORS.into_iter().flat_map(move |separator| {
            let count = column.values.first().map_or(0, |value| value.text.split(separator).count());
            let count = if (2..=6).contains(&count) { count } else { 0 };
            let form = move |parts: Vec<usize>| Form::Split { column: column.name.clone(), separator, parts };
            let lists: Vec<Vec<usize>> = match of {
                1 => (0..count).map(|a| vec![a]).collect(),
                _ => (0..count).flat_map(|a| (0..count).filter(move |b| *b != a).map(move |b| vec![a, b])).collect(),
            };
            lists.into_iter().map(form)
        })
    })
}
