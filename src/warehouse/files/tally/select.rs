//! Which rows of a batch count: each condition is computed once per value, then looked up.

use std::borrow::Cow;

use crate::domain::probe::{Filter, Test, Value};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::files::column::{Column, Memo};
use crate::warehouse::files::rows::Rows;
use crate::warehouse::files::scan::Needs;
use crate::warehouse::value::compare::satisfies;

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

    /// A column is not NULL.
    pub fn present(column: &str, needs: &mut Needs) -> Self {
        Self { at: needs.column(column), test: Cow::Owned(Test::IsNull(false)), memo: Memo::default() }
    }

    pub fn equals(column: &str, value: &Value, needs: &mut Needs) -> Self {
        let test = Cow::Owned(Test::Equals(value.clone()));
        Self { at: needs.column(column), test, memo: Memo::default() }
    }

    /// Keeps the rows that satisfy it.
    pub fn narrow(&mut self, columns: &[Column], rows: &Rows, picked: &mut Picked) -> Result<(), Unknown> {
        picked.keep(self.holds(columns, rows))
    }

    /// Picks the rows that satisfy it.
    pub fn pick(&mut self, columns: &[Column], rows: &Rows, from: &[Row], picked: &mut Picked) -> Result<(), Unknown> {
        picked.keep_of(from, self.holds(columns, rows))
    }

    /// Whether a row satisfies it, computed once per value.
    fn holds(&mut self, columns: &[Column], rows: &Rows) -> impl FnMut(&mut Row) -> Result<bool, Unknown> {
        let (column, ids, test, memo) = (&columns[self.at], rows.ids(self.at), &self.test, &mut self.memo);
        let satisfied = |id| {
            satisfies(column.value(id), test)
                .map_err(|why| Unknown::new(UnknownReason::SchemaMismatch, why.of_filter(&column.name)).lasting())
        };
        move |row| {
            let id = ids[row.at as usize];
            memo.get(id, || satisfied(id))
        }
    }
}

/// A row of a batch, and the day it belongs to, later the slot.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::warehouse::files) struct Row {
    pub at: u32,
    pub of: u32,
}

/// Picked rows of a batch. The buffer keeps its old content, so that no batch has to fill it again.
#[derive(Default)]
pub(in crate::warehouse::files) struct Picked {
    rows: Vec<Row>,
    len: usize,
}

impl std::ops::Deref for Picked {
    type Target = [Row];

    fn deref(&self) -> &[Row] {
        &self.rows[..self.len]
    }
}

impl std::ops::DerefMut for Picked {
    fn deref_mut(&mut self) -> &mut [Row] {
        &mut self.rows[..self.len]
    }
}

impl Picked {
    /// All rows of a batch, not assigned yet.
    pub fn all(&mut self, len: usize) {
        self.rows.clear();
        self.rows.extend((0..len as u32).map(|at| Row { at, of: 0 }));
        self.len = len;
    }

    /// Keeps the rows for which it holds, without a branch: rows of many kinds alternate, and a mispredicted branch costs
    /// more than a copy.
    pub fn keep(&mut self, mut holds: impl FnMut(&mut Row) -> Result<bool, Unknown>) -> Result<(), Unknown> {
        let (mut kept, rows) = (0, &mut self.rows[..self.len]);
        for n in 0..rows.len() {
            let mut row = rows[n];
            let held = holds(&mut row)?;
            rows[kept] = row;
            kept += usize::from(held);
        }
        self.len = kept;
        Ok(())
    }

    /// Picks from other rows those for which it holds, also without a branch.
    pub fn keep_of(
        &mut self,
        from: &[Row],
        mut holds: impl FnMut(&mut Row) -> Result<bool, Unknown>,
    ) -> Result<(), Unknown> {
        if self.rows.len() < from.len() {
            self.rows.resize(from.len(), Row::default());
        }
        let (mut kept, rows) = (0, &mut self.rows[..from.len()]);
        for row in from {
            let mut row = *row;
            let held = holds(&mut row)?;
            rows[kept] = row;
            kept += usize::from(held);
        }
        self.len = kept;
        Ok(())
    }
}

/// Picks the rows of a batch that satisfy all conditions, not assigned yet.
pub(super) fn select(
    conditions: &mut [Condition<'_>],
    columns: &[Column],
    rows: &Rows,
    picked: &mut Picked,
) -> Result<(), Unknown> {
    picked.all(rows.len);
    conditions.iter_mut().try_for_each(|condition| condition.narrow(columns, rows, picked))
}
