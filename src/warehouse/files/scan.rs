//! One pass over a table for all probes: each needed column is read once, whoever needs it.

use std::collections::BTreeMap;

use super::column::Column;
use super::parts::Part;
use super::read::{ReadFault, Reader};
use super::tally::Tally;
use crate::domain::dates::{DateRange, DateSet};
use crate::domain::probe::{Filter, Of, Probe, Question, Reading, UnitForm};
use crate::domain::verdict::{Unknown, UnknownReason};

/// Where the needed columns stand in a scan.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub columns: Vec<Column>,
}

impl Needs {
    /// The place of a column, a new one when nobody needed it before.
    pub fn column(&mut self, name: &str) -> usize {
        self.columns.iter().position(|c| c.name == name).unwrap_or_else(|| {
            self.columns.push(Column::new(name));
            self.columns.len() - 1
        })
    }

    /// The places of a question's columns, in no order.
    fn question(&mut self, question: &Question) {
        self.column(&question.date.column);
        let filters = question.filters.iter().chain(question.shares.iter().flatten());
        let filters: Vec<&Filter> = filters.collect();
        filters.iter().for_each(|f| _ = self.column(&f.column));
        match &question.unit {
            UnitForm::Whole => {}
            UnitForm::Columns { columns, .. } => columns.iter().for_each(|c| _ = self.column(c)),
            UnitForm::Split { column, .. } => _ = self.column(column),
        }
        question.before.iter().chain(&question.unique).for_each(|c| _ = self.column(c));
        for measure in &question.measures {
            measure.only.iter().for_each(|(c, _)| _ = self.column(c));
            if let Of::Distinct(column) | Of::Newest(column) = &measure.of {
                self.column(column);
            }
        }
    }
}

/// Answers probes over parts whose date ranges are known as far as they can be.
pub(super) fn scan(
    parts: &[Part],
    ranges: &[Option<DateRange>],
    probes: &[Probe],
) -> Result<(Vec<Reading>, u64), Unknown> {
    let mut needs = Needs::default();
    probes.iter().for_each(|p| needs.question(&p.question));
    let mut wanted = DateSet::new();
    probes.iter().for_each(|p| wanted.extend(&p.dates));
    let mut tallies: Vec<Tally<'_>> = probes.iter().map(|p| Tally::new(p, &mut needs)).collect();
    let date = &probes[0].question.date;
    let mut broken: Vec<(Option<DateRange>, String)> = Vec::new();
    let mut bytes = 0;
    for (n, (part, range)) in parts.iter().zip(ranges).enumerate() {
        if range.is_some_and(|r| !wanted.ranges().iter().any(|w| w.intersect(&r).is_some())) {
            continue;
        }
        let mut reader = Reader { columns: &mut needs.columns, dates: Some((date, &wanted)) };
        let read =
            reader.part(part, &mut |columns, rows| tallies.iter_mut().try_for_each(|t| t.rows(columns, rows, part)));
        match read {
            Ok(n) => bytes += n,
            Err(ReadFault::Table(unknown)) => return Err(unknown),
            Err(ReadFault::Part(why)) => broken.push((*range, format!("part `{}` {why}; replace it", part.name))),
        }
        let ahead = &ranges[n + 1..];
        tallies.iter_mut().for_each(|t| t.close(|d| !ahead.iter().any(|r| r.is_none_or(|r| r.contains(d)))));
    }
    Ok((tallies.into_iter().map(|t| with_broken(t.finish(), &broken)).collect(), bytes))
}

/// A broken part makes every date that it may hold unknown, never empty.
fn with_broken(mut reading: Reading, broken: &[(Option<DateRange>, String)]) -> Reading {
    for (range, text) in broken {
        let hit = reading.dates.iter_mut().filter(|(d, _)| range.is_none_or(|r| r.contains(**d)));
        let hit: BTreeMap<_, _> = hit.collect();
        hit.into_values().for_each(|facts| *facts = Err(Unknown::new(UnknownReason::ProbeFailed, text.clone())));
    }
    reading
}
