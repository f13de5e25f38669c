//! A table whose rows are dated: its dates, its rows by date, and on which days of the week it has any.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::Table;
use super::dating::{Dated, How, dated};
use super::week::{Week, week};
use crate::domain::dates::Date;
use crate::warehouse::files::sample::{Form, Sampled};

#[derive(Clone, Debug)]
pub(super) struct Profile<'a> {
    pub table: &'a Table,
    pub dated: Dated,
    /// The rows of each date.
    pub by_date: BTreeMap<Date, Vec<usize>>,
    pub week: Week,
}

impl<'a> Profile<'a> {
    /// Or why nothing can be proposed for the table.
    pub fn new(table: &'a Table, zone: &TimeZone) -> Result<Self, String> {
        let dated = dated(&table.sample, zone)?;
        let mut by_date: BTreeMap<Date, Vec<usize>> = BTreeMap::new();
        for (row, date) in dated.rows.iter().enumerate() {
            if let Some(date) = date {
                by_date.entry(*date).or_default().push(row);
            }
        }
        let week = week(&by_date.keys().copied().collect());
        Ok(Self { table, dated, by_date, week })
    }

    pub fn first(&self) -> Option<Date> {
        self.by_date.keys().next().copied()
    }

    pub fn last(&self) -> Option<Date> {
        self.by_date.keys().next_back().copied()
    }

    /// Rows without a date.
    pub fn undated(&self) -> usize {
        self.dated.rows.iter().filter(|date| date.is_none()).count()
    }

    pub fn column(&self, name: &str) -> Option<&Sampled> {
        self.table.sample.columns.iter().find(|column| column.name == name)
    }

    /// Columns that can name something: not the date, and neither measures nor flags.
    pub fn names(&self) -> impl Iterator<Item = &Sampled> {
        let is_part = move |name: &str| match &self.dated.how {
            How::Format(format) if format.contains('=') => format.split(['=', '/']).any(|part| part == name),
            _ => name == self.dated.column,
        };
        let is_name = move |column: &&Sampled| {
            let forms = |form| column.values.iter().any(|value| value.form == form);
            !is_part(&column.name) && column.values.len() > 1 && !forms(Form::Decimal) && !forms(Form::Bool)
        };
        self.table.sample.columns.iter().filter(is_name)
    }

    /// Columns of texts.
    pub fn texts(&self) -> impl Iterator<Item = &Sampled> {
        self.names().filter(|column| is_text(column))
    }
}

/// Whether most values are texts.
pub(super) fn is_text(column: &Sampled) -> bool {
    column.values.iter().filter(|value| value.form == Form::Text).count() * 2 > column.values.len()
}

/// Whether every value is a timestamp.
pub(super) fn is_moment(column: &Sampled) -> bool {
    !column.values.is_empty() && column.values.iter().all(|v| matches!(v.form, Form::Instant | Form::Local))
}
