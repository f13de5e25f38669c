//! The columns of a table, as far as a statement must know them.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::verdict::{Unknown, UnknownReason};

/// The type of a column, in terms that all servers share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Type {
    Bool,
    /// A whole number of at most 64 bits.
    Int,
    /// 64 bits.
    Float,
    /// 32 bits, compared as such.
    Float32,
    /// An exact number with decimal places.
    Decimal,
    Text,
    Date,
    /// A point in time.
    Instant,
    /// A time without a zone.
    Local,
    /// A type that gapless does not compare: nested, repeated, binary, JSON.
    Other,
}

impl Type {
    /// In the user's words, the same for every kind of warehouse.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "BOOLEAN",
            Self::Int => "INTEGER",
            Self::Float | Self::Float32 => "FLOAT",
            Self::Decimal => "DECIMAL",
            Self::Text => "TEXT",
            Self::Date => "DATE",
            Self::Instant => "TIMESTAMP",
            Self::Local => "TIMESTAMP without a zone",
            Self::Other => "another type",
        }
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub of: Type,
    /// Its type as the server says it: `NUMERIC`, `character varying`.
    pub native: String,
}

/// The columns that were asked for, and the names of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Schema {
    /// The types of those that were asked for and exist.
    pub columns: BTreeMap<String, Column>,
    /// Every name, for a message that suggests the nearest; empty if the server does not tell.
    pub names: BTreeSet<String>,
    /// The column that every statement must filter by, if the table requires it.
    pub must_filter: Option<String>,
}

/// Shown of the names of a table.
const MAX_NAMES: usize = 12;

impl Schema {
    /// A column, or why it cannot be read.
    pub fn column(&self, name: &str) -> Result<&Column, Unknown> {
        self.columns.get(name).ok_or_else(|| {
            let near = self.names.iter().min_by_key(|own| strsim::levenshtein(own, name));
            let hint =
                near.filter(|own| strsim::levenshtein(own, name) <= 3).map(|own| format!("; did you mean `{own}`?"));
            let names: Vec<&str> = self.names.iter().take(MAX_NAMES).map(String::as_str).collect();
            let more = if self.names.len() > MAX_NAMES { ", …" } else { "" };
            let has =
                || if names.is_empty() { String::new() } else { format!(", which has: {}{more}", names.join(", ")) };
            mismatch(format!("column `{name}` is not in the table{}", hint.unwrap_or_else(has)))
        })
    }

    /// Whether a statement that filters by these columns may be sent.
    pub fn allows<'a>(&self, mut filtered: impl Iterator<Item = &'a str>) -> Result<(), Unknown> {
        match &self.must_filter {
            Some(must) if !filtered.any(|column| column == must) => {
                Err(mismatch(format!("requires a filter on '{must}'; date the coverage by it or add it to where")))
            }
            _ => Ok(()),
        }
    }

    /// A column whose values are compared, or why it has none that can be.
    pub fn comparable(&self, name: &str) -> Result<&Column, Unknown> {
        let column = self.column(name)?;
        if column.of == Type::Other {
            return Err(mismatch(format!(
                "column `{name}` is of type {}, which gapless does not compare; name another column, or a view that converts it",
                column.native
            )));
        }
        Ok(column)
    }
}

/// A question that does not fit its table. It fails until one of them changes.
pub(crate) fn mismatch(text: impl Into<String>) -> Unknown {
    Unknown::new(UnknownReason::SchemaMismatch, text).lasting()
}
