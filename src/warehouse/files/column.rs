//! One needed column over a whole scan: every distinct value gets a small id once, so that filters, dates and units
//! are worked out per value and not per row.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::datum::Datum;
use crate::domain::verdict::{Unknown, UnknownReason};

/// The id of NULL.
pub(super) const NULL: u32 = 0;
/// A column with more distinct values than this is refused: interning it would not be bounded.
const MAX_VALUES: usize = 16_000_000;

/// The values of one column, by id.
#[derive(Debug)]
pub(super) struct Column {
    pub name: String,
    ids: FxHashMap<Datum, u32>,
    values: Vec<Datum>,
    texts: FxHashMap<Arc<str>, u32>,
}

impl Column {
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), ids: FxHashMap::default(), values: Vec::new(), texts: FxHashMap::default() }
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

/// Something worked out once per id.
#[derive(Debug)]
pub(super) struct Memo<T>(RefCell<Vec<Option<T>>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(RefCell::new(Vec::new()))
    }
}

impl<T: Clone> Memo<T> {
    pub fn get<E>(&self, id: u32, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let at = id as usize;
        if let Some(Some(known)) = self.0.borrow().get(at) {
            return Ok(known.clone());
        }
        let made = make()?;
        let mut memo = self.0.borrow_mut();
        if memo.len() <= at {
            memo.resize(at + 1, None);
        }
        memo[at] = Some(made.clone());
        Ok(made)
    }
}
