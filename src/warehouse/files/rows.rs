//! Rows as they come out of a part: for each needed column an id or the bits of each value.

use super::column::{Column, NULL};
use super::decode::{NULL_BITS, loose};
use crate::domain::verdict::Unknown;

/// The values of one column of some rows.
#[derive(Clone, Debug)]
pub(super) enum Values {
    /// Ids, where somebody needs to know the values.
    Ids(Vec<u32>),
    /// Bits: equal values have equal bits, and seldom others.
    Bits(Vec<u64>),
}

impl Values {
    /// Room for so many.
    pub fn for_column(column: &Column, len: usize) -> Self {
        if column.interned { Self::Ids(Vec::with_capacity(len)) } else { Self::Bits(Vec::with_capacity(len)) }
    }

    /// So many NULLs.
    pub fn nulls(column: &Column, len: usize) -> Self {
        if column.interned { Self::Ids(vec![NULL; len]) } else { Self::Bits(vec![NULL_BITS; len]) }
    }

    /// One text for so many rows.
    pub fn constant(column: &mut Column, text: &str, len: usize) -> Result<Self, Unknown> {
        column.begin_loose(false);
        let mut one = Self::for_column(column, 1);
        loose(column, text, &mut one)?;
        Ok(match one {
            Self::Ids(ids) => Self::Ids(vec![ids[0]; len]),
            Self::Bits(bits) => Self::Bits(vec![bits[0]; len]),
        })
    }
}

/// Some rows: for each needed column its values.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub len: usize,
    pub values: Vec<Values>,
}

impl Rows {
    /// The ids of an interned column.
    pub fn ids(&self, at: usize) -> &[u32] {
        match &self.values[at] {
            Values::Ids(ids) => ids,
            Values::Bits(_) => unreachable!("only columns that nobody interned have bits"),
        }
    }
}
