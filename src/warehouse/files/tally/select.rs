//! Which rows of a batch count: conditions are worked out once per value, then only looked up.

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

    /// Keeps the rows that satisfy it.
    pub fn narrow(&mut self, columns: &[Column], rows: &Rows, picked: &mut Vec<Row>) -> Result<(), Unknown> {
        let (column, ids, test) = (&columns[self.at], rows.ids(self.at), &self.test);
        let satisfied = |id| {
            satisfies(column.value(id), test).map_err(|found| {
                let text =
                    format!("column `{}` is of type {found}, and a filter compares it with another type", column.name);
                Unknown::new(UnknownReason::SchemaMismatch, text)
            })
        };
        keep(picked, |row| {
            let id = ids[row.at as usize];
            self.memo.get(id, || satisfied(id))
        })
    }
}

/// A row of a batch, and whose it is: a day's at first, a slot's later.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub at: u32,
    pub of: u32,
}

/// Picks the rows of a batch that satisfy all conditions; nobody's yet.
pub(super) fn select(
    conditions: &mut [Condition<'_>],
    columns: &[Column],
    rows: &Rows,
    picked: &mut Vec<Row>,
) -> Result<(), Unknown> {
    picked.clear();
    picked.extend((0..rows.len as u32).map(|at| Row { at, of: 0 }));
    conditions.iter_mut().try_for_each(|condition| condition.narrow(columns, rows, picked))
}

/// Keeps the rows for which it holds. No jump depends on the answer: rows of many kinds alternate, and a jump that is
/// guessed wrongly costs more than a copy.
pub(super) fn keep(
    picked: &mut Vec<Row>,
    mut holds: impl FnMut(&mut Row) -> Result<bool, Unknown>,
) -> Result<(), Unknown> {
    let (mut kept, rows) = (0, picked.as_mut_slice());
    for n in 0..rows.len() {
        let mut row = rows[n];
        let held = holds(&mut row)?;
        rows[kept] = row;
        kept += usize::from(held);
    }
    picked.truncate(kept);
    Ok(())
}
