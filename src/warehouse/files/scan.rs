//! Passes over a table for all probes together: each needed column is read once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Allowance;
use super::column::Column;
use super::doubts;
use super::parts::Part;
use super::pass::{Broken, pass};
use super::read::Bounds;
use super::rows::Rows;
use super::tally::{Confirm, Counted, Tally};
use crate::domain::dates::{Date, DateRange, DateSet};
use crate::domain::probe::{Probe, Question, Reading, UnitForm};
use crate::domain::verdict::{Unknown, UnknownReason};

/// How much a read may hold in memory. A value, so that tests can make it small.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Rows of open dates whose keys are kept: eight bytes each.
    pub open_rows: usize,
    /// Suspect rows that one pass compares by value.
    pub suspect_rows: usize,
    /// Which bits of a key are kept.
    pub key_mask: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { open_rows: 4_000_000, suspect_rows: 500_000, key_mask: u64::MAX }
    }
}

/// Counts the rows of a pass.
pub(super) trait Counter {
    /// Counts some rows.
    fn rows(&mut self, columns: &[Column], rows: &Rows, part: &Part) -> Result<(), Unknown>;
    /// No more rows of these dates follow.
    fn close(&mut self, is_closed: &dyn Fn(Date) -> bool);
}

/// The needed columns of a pass, and which questions need them.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub columns: Vec<Column>,
    /// The current question.
    pub user: usize,
    /// Columns for which bits are not enough.
    pub mixed: Vec<String>,
}

impl Needs {
    /// Switches to the next question.
    pub fn next<T>(&mut self, user: usize, make: impl FnOnce(&mut Self) -> T) -> T {
        self.user = user;
        make(self)
    }

    /// The index of a column whose values must be known.
    pub fn column(&mut self, name: &str) -> usize {
        let at = self.bits(name);
        self.columns[at].interned = true;
        at
    }

    /// The index of a column whose texts are taken apart.
    pub fn whole(&mut self, name: &str) -> usize {
        let at = self.column(name);
        self.columns[at].is_whole = true;
        at
    }

    /// The index of a column whose values are only compared.
    pub fn bits(&mut self, name: &str) -> usize {
        let known = self.columns.iter().position(|c| c.name == name);
        let at = known.unwrap_or_else(|| {
            self.columns.push(Column::new(name));
            self.columns.len() - 1
        });
        let column = &mut self.columns[at];
        column.interned |= self.mixed.iter().any(|mixed| mixed == name);
        if column.users.last() != Some(&self.user) {
            column.users.push(self.user);
        }
        at
    }
}

/// A table's parts, with the dates that each can hold, if known.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    pub parts: &'a [Part],
    pub ranges: &'a [Option<DateRange>],
    pub limits: Limits,
    pub allowance: Allowance<'a>,
    pub bounds: &'a Bounds<'a>,
}

/// The answer to each probe, and the bytes that were read.
type Answers = (Vec<Result<Reading, Unknown>>, u64);

/// Answers probes together. If the needs of one probe kept a part, or the whole read, from the others, answers them one by
/// one.
pub(super) fn scan(table: Table<'_>, probes: &[Probe]) -> Result<Answers, Unknown> {
    let passed = pass(table, probes, |probe, needs| Tally::new(probe, table.limits, needs));
    let may_be_shared = match &passed {
        Ok(passed) => passed.is_hurt,
        Err(unknown) => unknown.reason == UnknownReason::ProbeBudget,
    };
    if may_be_shared && probes.len() > 1 {
        return one_by_one(table, probes);
    }
    let passed = passed?;
    let mut bytes = passed.bytes;
    let mut readings = Vec::with_capacity(probes.len());
    for ((probe, tally), outcome) in probes.iter().zip(passed.counters).zip(passed.outcomes) {
        readings.push(outcome.and_then(|broken| read(table, probe, tally, &broken, &mut bytes)));
    }
    Ok((readings, bytes))
}

fn one_by_one(table: Table<'_>, probes: &[Probe]) -> Result<Answers, Unknown> {
    let mut readings = Vec::with_capacity(probes.len());
    let mut bytes = 0;
    for probe in probes {
        readings.push(scan(table, std::slice::from_ref(probe)).and_then(|(mut own, read)| {
            bytes += read;
            own.swap_remove(0)
        }));
    }
    Ok((readings, bytes))
}

/// The result of a pass for one probe, and what needs more passes.
fn read(
    table: Table<'_>,
    probe: &Probe,
    tally: Tally<'_>,
    broken: &Broken,
    bytes: &mut u64,
) -> Result<Reading, Unknown> {
    let Counted { reading, deferred, suspects } = tally.finish();
    let mut reading = broken.mark(reading);
    for (date, surplus) in repeats(table, probe, deferred, suspects, bytes)? {
        if let Some(Ok(facts)) = reading.dates.get_mut(&date) {
            facts.surplus = surplus;
        }
    }
    doubts::look_instead(table, probe, &mut reading, bytes)?;
    Ok(reading)
}

/// Surplus rows of dates that one pass could not settle.
fn repeats(
    table: Table<'_>,
    probe: &Probe,
    deferred: DateSet,
    mut suspects: Vec<(Date, usize)>,
    bytes: &mut u64,
) -> Result<BTreeMap<Date, u64>, Unknown> {
    let mut surplus = BTreeMap::new();
    suspects.sort_unstable();
    while !suspects.is_empty() {
        let mut rows = 0;
        let fits = |(_, n): &&(Date, usize)| {
            rows += n;
            rows <= table.limits.suspect_rows
        };
        let first = suspects.iter().take_while(fits).count().max(1);
        let probe = Probe { dates: suspects.drain(..first).map(|(date, _)| date).collect(), ..probe.clone() };
        let passed = pass(table, std::slice::from_ref(&probe), Confirm::new)?;
        *bytes += passed.bytes;
        passed.outcomes.into_iter().collect::<Result<Vec<_>, _>>()?;
        surplus.extend(passed.counters.into_iter().flat_map(Confirm::finish));
    }
    if !deferred.is_empty() {
        let probe = Probe { question: Arc::new(keys_only(&probe.question)), dates: deferred, ..probe.clone() };
        let (readings, read) = scan(table, &[probe])?;
        *bytes += read;
        let facts = readings.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flat_map(|r| r.dates);
        surplus.extend(facts.filter_map(|(date, facts)| Some((date, facts.ok()?.surplus))));
    }
    Ok(surplus)
}

fn keys_only(question: &Question) -> Question {
    let (unit, measures) = (UnitForm::Whole, Vec::new());
    Question { unit, measures, before: None, needed: Vec::new(), shares: Vec::new(), ..question.clone() }
}
