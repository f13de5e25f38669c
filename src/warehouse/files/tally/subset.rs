//! The rows that measures count. Measures of one market, or of one bookmaker in it, share conditions: each prefix of a list
//! of conditions is evaluated once.

use super::select::{Condition, Picked, Row};
use crate::domain::probe::Value;
use crate::domain::verdict::Unknown;
use crate::warehouse::files::column::Column;
use crate::warehouse::files::rows::Rows;
use crate::warehouse::files::scan::Needs;

/// The subsets of a batch's rows that measures count.
#[derive(Default)]
pub(super) struct Subsets<'a>(Vec<Subset<'a>>);

/// The rows that satisfy a condition, out of all rows or of an earlier subset.
struct Subset<'a> {
    of: Option<usize>,
    only: &'a (String, Value),
    condition: Condition<'a>,
    rows: Picked,
}

impl<'a> Subsets<'a> {
    /// The index of the subset that satisfies all of these. `None` for all rows.
    pub fn place(&mut self, only: &'a [(String, Value)], needs: &mut Needs) -> Option<usize> {
        only.iter().fold(None, |of, only| {
            let known = self.0.iter().position(|s| s.of == of && s.only == only);
            Some(known.unwrap_or_else(|| {
                let condition = Condition::equals(&only.0, &only.1, needs);
                self.0.push(Subset { of, only, condition, rows: Picked::default() });
                self.0.len() - 1
            }))
        })
    }

    /// Computes all subsets of these rows.
    pub fn narrow(&mut self, columns: &[Column], rows: &Rows, picked: &[Row]) -> Result<(), Unknown> {
        for n in 0..self.0.len() {
            let (before, subset) = self.0.split_at_mut(n);
            let Subset { of, condition, rows: kept, .. } = &mut subset[0];
            let from = of.map_or(picked, |of| &before[of].rows);
            condition.pick(columns, rows, from, kept)?;
        }
        Ok(())
    }

    /// The rows at an index.
    pub fn rows(&self, place: usize) -> &[Row] {
        &self.0[place].rows
    }
}
