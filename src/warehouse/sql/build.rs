//! A statement in the making: its bound values, and the columns of the rows that it counts.

use super::bound::{Bound, Scalar};
use super::dialect::Dialect;
use super::schema::{Schema, Type, mismatch};
use crate::domain::probe::InstantColumn;
use crate::domain::verdict::Unknown;

/// What statements are made from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub dialect: &'a dyn Dialect,
    pub schema: &'a Schema,
    /// As the spec names it.
    pub table: &'a str,
}

/// A statement in the making. `t` is the table, `r` its rows that count.
pub(super) struct Build<'a> {
    pub source: Source<'a>,
    pub bound: Vec<Bound>,
    /// The columns of the table that the counted rows have, as `c0`, `c1`, …
    columns: Vec<String>,
}

impl<'a> Build<'a> {
    pub fn new(source: Source<'a>) -> Self {
        Self { source, bound: Vec::new(), columns: Vec::new() }
    }

    pub fn dialect(&self) -> &'a dyn Dialect {
        self.source.dialect
    }

    /// The placeholder of a value. Equal values are bound once.
    pub fn bind(&mut self, value: Bound) -> String {
        let known = self.bound.iter().position(|bound| *bound == value);
        let n = known.unwrap_or_else(|| {
            self.bound.push(value);
            self.bound.len() - 1
        });
        self.source.dialect.placeholder(n, &self.bound[n])
    }

    pub fn texts(&mut self, texts: impl IntoIterator<Item = String>) -> String {
        self.bind(Bound::List(Type::Text, texts.into_iter().map(Scalar::Text).collect()))
    }

    pub fn numbers(&mut self, numbers: impl IntoIterator<Item = i64>) -> String {
        self.bind(Bound::List(Type::Int, numbers.into_iter().map(Scalar::Int).collect()))
    }

    /// The type of a column that is compared.
    pub fn type_of(&self, column: &str) -> Result<Type, Unknown> {
        self.source.schema.comparable(column).map(|column| column.of)
    }

    /// The value of a column of the table.
    pub fn value(&self, column: &str) -> Result<String, Unknown> {
        let of = self.source.schema.column(column)?;
        Ok(self.dialect().value(&format!("t.{}", self.dialect().name(column)), of))
    }

    /// The value of a column in the rows that count.
    pub fn counted(&mut self, column: &str) -> Result<String, Unknown> {
        self.source.schema.column(column)?;
        let known = self.columns.iter().position(|c| c == column);
        let n = known.unwrap_or_else(|| {
            self.columns.push(column.into());
            self.columns.len() - 1
        });
        Ok(format!("r.c{n}"))
    }

    /// The value of a column in the rows that count, as text.
    pub fn text(&mut self, column: &str) -> Result<String, Unknown> {
        let (sql, of) = (self.counted(column)?, self.type_of(column)?);
        Ok(self.dialect().text(&sql, of))
    }

    /// `value AS c0, …`: the columns that the counted rows must have.
    pub fn selected(&self) -> Result<Vec<String>, Unknown> {
        let columns = self.columns.iter().enumerate();
        columns.map(|(n, column)| Ok(format!("{} AS c{n}", self.value(column)?))).collect()
    }
}

/// The type of a column that must hold instants.
pub(super) fn instants_of(build: &Build<'_>, column: &InstantColumn) -> Result<Type, Unknown> {
    let name = &column.column;
    match build.type_of(name)? {
        of @ Type::Instant => Ok(of),
        of @ Type::Local if column.zone.is_some() => Ok(of),
        Type::Local => Err(mismatch(format!(
            "column `{name}` has times that name no zone; say the zone in the field beside the column (startsAtZone, \
             updatedAtZone, snapshotZone, freshness.zone), or name a column of instants"
        ))),
        of => Err(mismatch(format!(
            "column `{name}` is of type {}, which is not an instant; name a column of instants, or a view that converts it",
            of.name()
        ))),
    }
}
