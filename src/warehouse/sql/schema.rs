//! The columns of a table, as far as a statement must know them.

use std::collections::{BTreeMap, BTreeSet};

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
}
