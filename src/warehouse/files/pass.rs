//! One pass over the parts of a table for several questions. A question that cannot be answered, for one part or for all,
//! does not harm the others.

use super::Allowance;
use super::column::Column;
use super::parts::Part;
use super::prune::weight;
use super::read::{Fault, Reader, Texts};
use super::rows::Rows;
use super::scan::{Counter, Needs, Table};
use crate::domain::dates::{DateRange, DateSet};
use crate::domain::probe::{DateColumn, Filter, Probe, Reading};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::budget::Taken;

/// The result of a pass.
pub(super) struct Passed<C> {
    pub counters: Vec<C>,
    pub bytes: u64,
    /// For each question: the parts that cannot answer it, or why it has no answer at all.
    pub outcomes: Vec<Result<Broken, Unknown>>,
    /// A part could not be read at all, perhaps because of a column that only some questions need.
    pub is_hurt: bool,
}

/// The parts that cannot answer a question, each with the dates that it may hold.
#[derive(Debug, Default)]
pub(super) struct Broken {
    parts: Vec<(Option<DateRange>, Unknown)>,
    /// Whether another part did answer.
    is_read: bool,
}

impl Broken {
    /// A broken part makes every date that it may hold unknown, never empty. If no part answers, the question itself is
    /// wrong, and dates without parts are unknown, too.
    pub fn mark(&self, mut reading: Reading) -> Reading {
        for (range, unknown) in &self.parts {
            let hit = reading.dates.iter_mut().filter(|(d, _)| range.is_none_or(|r| r.contains(**d)));
            hit.for_each(|(_, facts)| *facts = Err(unknown.clone()));
        }
        let mismatch = self.parts.iter().find(|(_, unknown)| unknown.reason == UnknownReason::SchemaMismatch);
        if let Some((_, unknown)) = mismatch.filter(|_| !self.is_read) {
            reading.dates.values_mut().filter(|facts| facts.is_ok()).for_each(|facts| *facts = Err(unknown.clone()));
        }
        reading
    }
}

/// What one pass asks of the parts.
struct Asked<'a> {
    date: &'a DateColumn,
    wanted: DateSet,
    filters: Vec<&'a [Filter]>,
    /// The parts that can hold an asked date.
    parts: Vec<usize>,
}

/// Reads every part that can hold a requested date, once. Reads it again if a column turns out to have several types, so
/// that its bits cannot be compared, or to mix texts with what looked like numbers.
pub(super) fn pass<'p, C: Counter>(
    table: Table<'_>,
    probes: &'p [Probe],
    make: impl Fn(&'p Probe, &mut Needs) -> C,
) -> Result<Passed<C>, Unknown> {
    let asked = Asked::new(table, probes);
    let (mut needs, mut texts) = (Needs::default(), Texts::new());
    loop {
        let counter = |(user, probe): (usize, &'p Probe)| needs.next(user, |needs| make(probe, needs));
        let counters = probes.iter().enumerate().map(counter).collect();
        let mut found = Texts::new();
        table.bounds.meter.restart();
        let passed = over_parts(table, &asked, (&mut needs.columns, &texts, &mut found), counters)?;
        let mixed = needs.columns.iter().filter(|c| c.has_mixed_bits()).map(|c| c.name.clone()).collect::<Vec<_>>();
        if mixed.is_empty() && found.is_empty() {
            return Ok(passed);
        }
        texts.extend(found);
        let known = std::mem::take(&mut needs.mixed);
        needs = Needs { mixed: known.into_iter().chain(mixed).collect(), ..Needs::default() };
    }
}

impl<'a> Asked<'a> {
    fn new(table: Table<'_>, probes: &'a [Probe]) -> Self {
        let mut wanted = DateSet::new();
        probes.iter().for_each(|p| wanted.extend(&p.dates));
        let can_hold = |n: &usize| table.ranges[*n].is_none_or(|r| wanted.overlaps(&r));
        let parts = (0..table.parts.len()).filter(can_hold).collect();
        let filters = probes.iter().map(|p| p.question.filters.as_slice()).collect();
        Self { date: &probes[0].question.date, wanted, filters, parts }
    }

    fn take<'t>(&self, allowance: Allowance<'t>, all: &[Part], columns: &[Column]) -> Result<Taken<'t>, Unknown> {
        let names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
        let weigh = |part: &Part| weight(part, &names, Some((self.date, &self.wanted)), &self.filters);
        allowance.take(self.parts.iter().map(|n| &all[*n]), weigh)
    }
}

fn over_parts<C: Counter>(
    table: Table<'_>,
    asked: &Asked<'_>,
    (columns, texts, found_texts): (&mut [Column], &Texts, &mut Texts),
    mut counters: Vec<C>,
) -> Result<Passed<C>, Unknown> {
    let taken = asked.take(table.allowance, table.parts, columns)?;
    let mut outcomes: Vec<Result<Broken, Unknown>> = counters.iter().map(|_| Ok(Broken::default())).collect();
    let (mut bytes, mut is_hurt) = (0, false);
    for n in &asked.parts {
        let (part, range) = (&table.parts[*n], table.ranges[*n]);
        // A question without an answer is dropped.
        let mut refused: Vec<Option<Unknown>> = outcomes.iter().map(|o| o.as_ref().err().cloned()).collect();
        let mut reader = Reader {
            columns: &mut *columns,
            date: asked.date,
            dates: Some(&asked.wanted),
            filters: &asked.filters,
            refused: &mut refused,
            bounds: table.bounds,
            texts,
            found_texts: &mut *found_texts,
        };
        match reader.part(part, &mut |columns, rows, refused| count(&mut counters, columns, rows, part, refused)) {
            Ok(read) => {
                bytes += read;
                outcomes.iter_mut().zip(refused).for_each(|(outcome, refused)| note(outcome, range, refused));
            }
            Err(Fault::Stop(unknown)) => return Err(unknown),
            Err(Fault::Part(unknown)) => {
                is_hurt = true;
                outcomes.iter_mut().flatten().for_each(|broken| broken.parts.push((range, unknown.clone())));
            }
        }
        let ahead = &table.ranges[*n + 1..];
        let closed = |date| !ahead.iter().any(|r| r.is_none_or(|r| r.contains(date)));
        counters.iter_mut().for_each(|c| c.close(&closed));
    }
    taken.used(bytes);
    Ok(Passed { counters, bytes, outcomes, is_hurt })
}

/// Counts rows for every question that this part can answer.
fn count<C: Counter>(
    counters: &mut [C],
    columns: &[Column],
    rows: &Rows,
    part: &Part,
    refused: &mut [Option<Unknown>],
) {
    for (counter, refused) in counters.iter_mut().zip(refused) {
        if refused.is_none() {
            *refused = counter.rows(columns, rows, part).err();
        }
    }
}

/// The result of a part for one question. A wrong type is the part's fault. Too many values are the question's fault.
fn note(outcome: &mut Result<Broken, Unknown>, range: Option<DateRange>, refused: Option<Unknown>) {
    let Ok(broken) = outcome else { return };
    match refused {
        None => broken.is_read = true,
        Some(unknown) if unknown.reason == UnknownReason::ProbeBudget => *outcome = Err(unknown),
        Some(unknown) => broken.parts.push((range, unknown)),
    }
}
