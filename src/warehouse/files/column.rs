//! One needed column over a whole scan. Every distinct value gets a small id once, so that filters, dates and units are
//! worked out per value and not per row. A column that is only part of a unique key is not interned: its values give
//! their bits.

use std::sync::Arc;

use arrow_schema::DataType;
use rustc_hash::FxHashMap;

use super::datum::Datum;
use crate::domain::verdict::{Unknown, UnknownReason};

/// The id of NULL.
pub(super) const NULL: u32 = 0;
/// A column with more distinct values than this is refused: interning it would not be bounded.
const MAX_VALUES: usize = 16_000_000;
/// Numbers that lie so close to the first one are found by their place, not by a hash.
const DENSE: usize = 1 << 16;
/// So many of the others are found without their hash table.
const RECENT: usize = 256;

/// The values of one column, by id.
#[derive(Debug)]
pub(super) struct Column {
    pub name: String,
    /// Whether somebody needs ids; else bits suffice.
    pub interned: bool,
    ids: FxHashMap<Datum, u32>,
    values: Vec<Datum>,
    texts: FxHashMap<Arc<str>, u32>,
    numbers: Numbers,
}

/// The ids of fixed-size values, by their bits in the column's present type.
#[derive(Debug, Default)]
struct Numbers {
    of: Option<DataType>,
    base: u64,
    dense: Vec<u32>,
    sparse: FxHashMap<u64, u32>,
    /// What was found last among the sparse, by some of its bits: few instants come again and again.
    recent: Vec<(u64, u32)>,
}

impl Column {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            interned: false,
            ids: FxHashMap::default(),
            values: Vec::new(),
            texts: FxHashMap::default(),
            numbers: Numbers::default(),
        }
    }

    /// The id of a value, a new one when it was not seen before.
    pub fn intern(&mut self, datum: Datum) -> Result<u32, Unknown> {
        if let Some(id) = self.ids.get(&datum) {
            return Ok(*id);
        }
        let id = self.push(datum.clone())?;
        self.ids.insert(datum, id);
        Ok(id)
    }

    /// The id of a text, without making a datum of one that was seen before.
    pub fn intern_text(&mut self, text: &str, loose: bool) -> Result<u32, Unknown> {
        if let Some(id) = self.texts.get(text) {
            return Ok(*id);
        }
        let shared: Arc<str> = text.into();
        let id = self.push(if loose { Datum::Loose(shared.clone()) } else { Datum::Text(shared.clone()) })?;
        self.texts.insert(shared, id);
        Ok(id)
    }

    /// Bits mean what the present part's type says: those of another type are forgotten.
    pub fn begin(&mut self, of: &DataType) {
        if self.numbers.of.as_ref() != Some(of) {
            self.numbers = Numbers { of: Some(of.clone()), ..Numbers::default() };
        }
    }

    /// The id of a fixed-size value, by its bits.
    #[inline]
    pub fn intern_bits(&mut self, bits: u64, make: impl FnOnce() -> Option<Datum>) -> Result<u32, Unknown> {
        let known = self.numbers.get(bits);
        if known != NULL { Ok(known) } else { self.intern_new(bits, make()) }
    }

    #[cold]
    fn intern_new(&mut self, bits: u64, datum: Option<Datum>) -> Result<u32, Unknown> {
        let Some(datum) = datum else { return Ok(NULL) };
        let id = self.intern(datum)?;
        self.numbers.insert(bits, id);
        Ok(id)
    }

    fn push(&mut self, datum: Datum) -> Result<u32, Unknown> {
        if self.values.len() >= MAX_VALUES {
            let text = format!(
                "column `{}` has more than {MAX_VALUES} distinct values; narrow spec.where or spec.dates",
                self.name
            );
            return Err(Unknown::new(UnknownReason::ProbeBudget, text));
        }
        self.values.push(datum);
        Ok(self.values.len() as u32)
    }

    /// The value of an id; nothing for NULL.
    pub fn value(&self, id: u32) -> Option<&Datum> {
        self.values.get((id as usize).wrapping_sub(1))
    }
}

impl Numbers {
    #[inline]
    fn get(&mut self, bits: u64) -> u32 {
        if let Some(id) = self.dense.get(bits.wrapping_sub(self.base) as usize) {
            return *id;
        }
        let at = bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - RECENT.ilog2());
        let Some(recent) = self.recent.get_mut(at as usize) else { return NULL };
        if recent.0 != bits || recent.1 == NULL {
            *recent = (bits, self.sparse.get(&bits).copied().unwrap_or(NULL));
        }
        recent.1
    }

    fn insert(&mut self, bits: u64, id: u32) {
        if self.dense.is_empty() {
            self.base = bits.wrapping_sub(DENSE as u64 / 2);
            self.dense = vec![NULL; DENSE];
            self.recent = vec![(0, NULL); RECENT];
        }
        match self.dense.get_mut(bits.wrapping_sub(self.base) as usize) {
            Some(slot) => *slot = id,
            None => _ = self.sparse.insert(bits, id),
        }
    }
}

/// Something worked out once per id.
#[derive(Debug)]
pub(super) struct Memo<T>(Vec<Option<T>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> Memo<T> {
    #[inline]
    pub fn get<E>(&mut self, id: u32, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        match self.0.get(id as usize) {
            Some(Some(known)) => Ok(*known),
            _ => self.make(id as usize, make),
        }
    }

    #[cold]
    fn make<E>(&mut self, at: usize, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let made = make()?;
        if self.0.len() <= at {
            self.0.resize((at + 1).next_power_of_two(), None);
        }
        self.0[at] = Some(made);
        Ok(made)
    }
}
