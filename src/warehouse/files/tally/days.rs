//! Which requested date a row belongs to: computed once per value of the date column.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::select::Picked;
use crate::domain::dates::{Date, FIRST_DATE, LAST_DATE};
use crate::domain::probe::{Probe, Undated};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::files::column::{Column, NULL};
use crate::warehouse::files::parts::Part;
use crate::warehouse::files::rows::Rows;
use crate::warehouse::files::scan::Needs;

/// A value of the date column that was not examined yet.
const NEW: u32 = u32::MAX;
/// A date that was not requested.
const OUT: u32 = u32::MAX - 1;
/// A date outside the possible range.
const OUT_OF_RANGE: u32 = u32::MAX - 2;

/// The requested dates that have rows, in the order in which they were found.
pub(in crate::warehouse::files) struct Days<'a> {
    probe: &'a Probe,
    column: usize,
    by_id: Vec<u32>,
    by_date: FxHashMap<Date, u32>,
    pub dates: Vec<Date>,
    pub undated: BTreeMap<u64, Undated>,
}

impl<'a> Days<'a> {
    pub fn new(probe: &'a Probe, needs: &mut Needs) -> Self {
        let column = needs.column(&probe.question.date.column);
        Self {
            probe,
            column,
            by_id: Vec::new(),
            by_date: FxHashMap::default(),
            dates: Vec::new(),
            undated: BTreeMap::new(),
        }
    }

    /// Keeps the rows of asked dates, each with its day.
    pub fn find(&mut self, columns: &[Column], rows: &Rows, part: &Part, picked: &mut Picked) -> Result<(), Unknown> {
        let (ids, mut undated) = (rows.ids(self.column), Undated::default());
        picked.keep(|row| {
            let id = ids[row.at as usize];
            row.of = match self.by_id.get(id as usize) {
                Some(day) if *day != NEW => *day,
                _ => self.meet(columns, id, part)?,
            };
            undated.nulls += u64::from(id == NULL);
            undated.out_of_range += u64::from(row.of == OUT_OF_RANGE);
            Ok(row.of < OUT_OF_RANGE)
        })?;
        if undated != Undated::default() {
            let part = self.undated.entry(part.identity()).or_default();
            *part = Undated::sum([&*part, &undated]);
        }
        Ok(())
    }

    fn meet(&mut self, columns: &[Column], id: u32, part: &Part) -> Result<u32, Unknown> {
        let column = &columns[self.column];
        let date = column.value(id).map(|datum| datum.date(&self.probe.question.date)).transpose();
        let date = date.map_err(|why| {
            let text = format!("date column `{}` of part `{}` {why}", column.name, part.name);
            Unknown::new(UnknownReason::SchemaMismatch, text).lasting()
        })?;
        let day = match date {
            Some(date) if !(FIRST_DATE..=LAST_DATE).contains(&date) => OUT_OF_RANGE,
            Some(date) if !self.probe.dates.contains(date) => OUT,
            None => OUT,
            Some(date) => *self.by_date.entry(date).or_insert_with(|| {
                self.dates.push(date);
                self.dates.len() as u32 - 1
            }),
        };
        if self.by_id.len() <= id as usize {
            self.by_id.resize((id as usize + 1).next_power_of_two(), NEW);
        }
        self.by_id[id as usize] = day;
        Ok(day)
    }
}
