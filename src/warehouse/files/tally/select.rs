//! Conditions on rows: worked out once per value, then only looked up.

use std::borrow::Cow;

use crate::domain::probe::{Filter, Test, Value};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::files::column::{Column, Memo};
use crate::warehouse::files::datum::satisfies;
use crate::warehouse::files::read::Rows;
use crate::warehouse::files::scan::Needs;

/// A condition on a column.
pub(super) struct Condition<'a> {
    at: usize,
    test: Cow<'a, Test>,
    memo: Memo<bool>,
}

impl<'a> Condition<'a> {
    pub fn filter(filter: &'a Filter, needs: &mut Needs) -> Self {
        Self { at: needs.column(&filter.column), test: Cow::Borrowed(&filter.test), memo: Memo::default() }
    }

    pub fn equals(column: &str, value: &Value, needs: &mut Needs) -> Self {
        let test = Cow::Owned(Test::Equals(value.clone()));
        Self { at: needs.column(column), test, memo: Memo::default() }
    }

    fn holds(&self, columns: &[Column], id: u32) -> Result<bool, Unknown> {
        let column = &columns[self.at];
        self.memo.get(id, || {
            satisfies(column.value(id), &self.test).map_err(|found| {
                let text =
                    format!("column `{}` is of type {found}, and a filter compares it with another type", column.name);
                Unknown::new(UnknownReason::SchemaMismatch, text)
            })
        })
    }
}

/// Rows of a batch that count, each with its slot.
#[derive(Debug, Default)]
pub(super) struct Picked {
    pub rows: Vec<u32>,
    pub slots: Vec<u32>,
}

impl Picked {
    pub fn clear(&mut self) {
        self.rows.clear();
        self.slots.clear();
    }

    pub fn push(&mut self, row: u32, slot: u32) {
        self.rows.push(row);
        self.slots.push(slot);
    }

    /// Each row with its slot.
    pub fn iter(&self) -> impl Iterator<Item = (usize, u32)> + '_ {
        self.rows.iter().map(|row| *row as usize).zip(self.slots.iter().copied())
    }
}

/// Keeps the rows that satisfy all conditions, from `0..rows.len`.
pub(super) fn select(
    conditions: &[Condition<'_>],
    columns: &[Column],
    rows: &Rows,
    into: &mut Vec<u32>,
) -> Result<(), Unknown> {
    into.clear();
    into.extend(0..rows.len as u32);
    for condition in conditions {
        let ids = rows.ids(condition.at);
        let mut failure = None;
        into.retain(|row| {
            condition.holds(columns, ids[*row as usize]).unwrap_or_else(|unknown| {
                failure = Some(unknown);
                false
            })
        });
        failure.map_or(Ok(()), Err)?;
    }
    Ok(())
}

/// Whether a row satisfies all conditions.
pub(super) fn all(conditions: &[Condition<'_>], columns: &[Column], rows: &Rows, row: usize) -> Result<bool, Unknown> {
    for condition in conditions {
        if !condition.holds(columns, rows.ids(condition.at)[row])? {
            return Ok(false);
        }
    }
    Ok(true)
}
