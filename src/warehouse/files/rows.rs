//! Rows as they are read from a part: for each needed column, the id or the bits of each value.

use super::column::{Column, NULL};

/// What a NULL adds to the bits of a key: NULL equals NULL. As the bits of a float it is NaN, which is not a value either.
pub(super) const NULL_BITS: u64 = 0x7ff8_0000_6e75_6c6c;

/// The values of one column of some rows.
#[derive(Clone, Debug)]
pub(super) enum Values {
    /// Ids, if a question needs the values.
    Ids(Vec<u32>),
    /// Bits: equal values have equal bits, different values seldom do.
    Bits(Vec<u64>),
}

impl Values {
    /// Empty, with capacity for this many.
    pub fn for_column(column: &Column, len: usize) -> Self {
        if column.interned { Self::Ids(Vec::with_capacity(len)) } else { Self::Bits(Vec::with_capacity(len)) }
    }

    /// This many NULLs.
    pub fn nulls(column: &Column, len: usize) -> Self {
        if column.interned { Self::Ids(vec![NULL; len]) } else { Self::Bits(vec![NULL_BITS; len]) }
    }
}

/// Some rows: the values of each needed column.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub len: usize,
    pub values: Vec<Values>,
}

impl Rows {
    pub fn ids(&self, at: usize) -> &[u32] {
        match &self.values[at] {
            Values::Ids(ids) => ids,
            Values::Bits(_) => unreachable!("a column with ids has no bits"),
        }
    }
}
