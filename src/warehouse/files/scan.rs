//! Passes over a table for all probes together: each needed column is read once, whoever needs it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Allowance;
use super::column::Column;
use super::parts::Part;
use super::read::{ReadFault, Reader, Rows, weight};
use super::tally::{Confirm, Counted, Tally};
use crate::domain::dates::{Date, DateRange, DateSet};
use crate::domain::probe::{DateColumn, Filter, Probe, Question, Reading, UnitForm};
use crate::domain::verdict::{Unknown, UnknownReason};

/// What a read may hold in memory. A value, so that tests can make it small.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Rows of open dates whose keys are kept: eight bytes each.
    pub open_rows: usize,
    /// Suspect rows that are compared by value in one pass.
    pub suspect_rows: usize,
    /// The bits of a key that are kept.
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
    /// No row of these dates comes any more.
    fn close(&mut self, is_closed: &dyn Fn(Date) -> bool);
}

/// Where the needed columns stand in a pass.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub columns: Vec<Column>,
}

impl Needs {
    /// The place of a column whose values somebody must know.
    pub fn column(&mut self, name: &str) -> usize {
        let at = self.bits(name);
        self.columns[at].interned = true;
        at
    }

    /// The place of a column whose values are only compared.
    pub fn bits(&mut self, name: &str) -> usize {
        self.columns.iter().position(|c| c.name == name).unwrap_or_else(|| {
            self.columns.push(Column::new(name));
            self.columns.len() - 1
        })
    }
}

/// A table's parts, with the dates that each can hold as far as they are known.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    pub parts: &'a [Part],
    pub ranges: &'a [Option<DateRange>],
    pub limits: Limits,
    pub allowance: Allowance<'a>,
}

/// Answers probes; returns the bytes that were read.
pub(super) fn scan(table: Table<'_>, probes: &[Probe]) -> Result<(Vec<Reading>, u64), Unknown> {
    let mut needs = Needs::default();
    let tallies: Vec<Tally<'_>> = probes.iter().map(|p| Tally::new(p, table.limits, &mut needs)).collect();
    let (tallies, mut bytes, broken) = pass(table, needs, probes, tallies)?;
    let mut readings = Vec::with_capacity(probes.len());
    for (probe, tally) in probes.iter().zip(tallies) {
        let Counted { mut reading, deferred, suspects } = tally.finish();
        for (date, surplus) in repeats(table, probe, deferred, suspects, &mut bytes)? {
            if let Some(Ok(facts)) = reading.dates.get_mut(&date) {
                facts.surplus = surplus;
            }
        }
        readings.push(with_broken(reading, &broken));
    }
    Ok((readings, bytes))
}

/// Surplus rows of the dates that one pass could not settle.
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
        let mut needs = Needs::default();
        let confirm = vec![Confirm::new(&probe, &mut needs)];
        let (confirm, read, _) = pass(table, needs, std::slice::from_ref(&probe), confirm)?;
        *bytes += read;
        surplus.extend(confirm.into_iter().flat_map(Confirm::finish));
    }
    if !deferred.is_empty() {
        let probe = Probe { question: Arc::new(keys_only(&probe.question)), dates: deferred, ..probe.clone() };
        let (readings, read) = scan(table, &[probe])?;
        *bytes += read;
        let facts = readings.into_iter().flat_map(|r| r.dates);
        surplus.extend(facts.filter_map(|(date, facts)| Some((date, facts.ok()?.surplus))));
    }
    Ok(surplus)
}

fn keys_only(question: &Question) -> Question {
    Question { unit: UnitForm::Whole, before: None, measures: Vec::new(), shares: Vec::new(), ..question.clone() }
}

type Broken = Vec<(Option<DateRange>, String)>;

/// Reads every part that can hold an asked date, once.
fn pass<C: Counter>(
    table: Table<'_>,
    mut needs: Needs,
    probes: &[Probe],
    mut counters: Vec<C>,
) -> Result<(Vec<C>, u64, Broken), Unknown> {
    let mut wanted = DateSet::new();
    probes.iter().for_each(|p| wanted.extend(&p.dates));
    let date: &DateColumn = &probes[0].question.date;
    let asked = |n: &usize| table.ranges[*n].is_none_or(|r| wanted.overlaps(&r));
    let asked: Vec<usize> = (0..table.parts.len()).filter(asked).collect();
    let names: Vec<String> = needs.columns.iter().map(|c| c.name.clone()).collect();
    let filters: Vec<&[Filter]> = probes.iter().map(|p| p.question.filters.as_slice()).collect();
    let dates = Some((date, &wanted));
    let asked_of = Reader { columns: &mut [], dates, filters: &filters };
    let weigh = |part: &Part| weight(part, &names, &asked_of);
    let taken = table.allowance.take(asked.iter().map(|n| &table.parts[*n]), weigh)?;
    let (mut broken, mut bytes) = (Vec::new(), 0);
    for n in asked {
        let (part, range) = (&table.parts[n], &table.ranges[n]);
        let mut reader = Reader { columns: &mut needs.columns, dates, filters: &filters };
        let count =
            &mut |columns: &[Column], rows: &Rows| counters.iter_mut().try_for_each(|c| c.rows(columns, rows, part));
        match reader.part(part, count) {
            Ok(read) => bytes += read,
            Err(ReadFault::Table(unknown)) => return Err(unknown),
            Err(ReadFault::Part(why)) => broken.push((*range, format!("part `{}` {why}; replace it", part.name))),
        }
        let ahead = &table.ranges[n + 1..];
        let closed = |date| !ahead.iter().any(|r| r.is_none_or(|r| r.contains(date)));
        counters.iter_mut().for_each(|c| c.close(&closed));
    }
    taken.used(bytes);
    Ok((counters, bytes, broken))
}

/// A broken part makes every date that it may hold unknown, never empty.
fn with_broken(mut reading: Reading, broken: &Broken) -> Reading {
    for (range, text) in broken {
        let hit = reading.dates.iter_mut().filter(|(d, _)| range.is_none_or(|r| r.contains(**d)));
        hit.for_each(|(_, facts)| *facts = Err(Unknown::new(UnknownReason::ProbeFailed, text.clone())));
    }
    reading
}
