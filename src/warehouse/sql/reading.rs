//! From the rows of an answer to readings, one for each probe. Rows arrive one by one and are not kept.

use std::collections::{BTreeMap, BTreeSet};

use super::days::{Astray, NULL, OTHER, OUT_OF_RANGE};
use super::schema::{Type, mismatch};
use super::server::{Cell, Fault};
use super::statement::{MAX_ROWS, Plan};
use super::texts::datum;
use super::times;
use crate::domain::dates::{Date, FIRST_DATE, LAST_DATE};
use crate::domain::probe::{
    DateFacts, MAX_UNITS_PER_DATE, Measured, Of, Probe, Reading, Undated, UnitFacts, UnitKey, WHOLE_DATE, unit_key,
};
use crate::domain::verdict::{Unknown, UnknownReason};

/// The facts of the probes of one statement, as far as they were read.
pub(super) struct Decoder<'a> {
    plan: &'a Plan,
    probes: &'a [&'a Probe],
    all: Vec<Facts>,
    names: BTreeSet<UnitKey>,
    rows: usize,
}

/// The facts of one probe.
#[derive(Default)]
struct Facts {
    dates: BTreeMap<Date, DateFacts>,
    units: BTreeMap<Date, BTreeMap<UnitKey, UnitFacts>>,
    /// Dates on which two units have one name, and values of theirs cannot be added.
    merged: BTreeSet<Date>,
    undated: Undated,
    /// Why the question cannot be answered: its date column holds a value that is not a date.
    refused: Option<Unknown>,
}

/// An answer that does not have the form that was asked for.
pub(super) fn malformed(what: &str) -> Fault {
    Fault::Unknown(Unknown::new(UnknownReason::ProbeFailed, format!("the answer has {what}; it is read again")))
}

pub(super) fn int(cell: Cell<'_>) -> Result<Option<i64>, Fault> {
    match cell {
        Cell::Null => Ok(None),
        Cell::Int(n) => Ok(Some(n)),
        Cell::Text(_) => Err(malformed("a text in the place of a number")),
    }
}

fn count(cell: Cell<'_>) -> Result<u64, Fault> {
    u64::try_from(int(cell)?.unwrap_or(0)).map_err(|_| malformed("a count below zero"))
}

fn text(cell: Cell<'_>) -> Result<Option<&str>, Fault> {
    match cell {
        Cell::Null => Ok(None),
        Cell::Text(text) => Ok(Some(text)),
        Cell::Int(_) => Err(malformed("a number in the place of a text")),
    }
}

impl<'a> Decoder<'a> {
    pub fn new(plan: &'a Plan, probes: &'a [&'a Probe]) -> Self {
        let facts = |probe: &&Probe| {
            let empty = || DateFacts { shares: vec![0; probe.question.shares.len()], ..DateFacts::default() };
            Facts { dates: probe.dates.iter().map(|date| (date, empty())).collect(), ..Facts::default() }
        };
        Self { plan, probes, all: probes.iter().map(facts).collect(), names: BTreeSet::new(), rows: 0 }
    }

    /// Takes a row.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Fault> {
        self.rows += 1;
        if self.rows > MAX_ROWS {
            let text = format!("more than {MAX_ROWS} different units; check spec.unit, or narrow spec.dates");
            return Err(Fault::TooMany(Unknown::new(UnknownReason::ProbeBudget, text)));
        }
        if cells.len() != self.plan.statement.columns.len() {
            return Err(malformed("another number of columns than was asked for"));
        }
        let part = int(cells[0])?.ok_or_else(|| malformed("no number of its part"))?;
        let day = int(cells[1])?.ok_or_else(|| malformed("no day"))?;
        let probe = usize::try_from(part.unsigned_abs()).unwrap_or(usize::MAX).wrapping_sub(1);
        match part {
            0 if day == OTHER => Ok(()),
            0 => (0..self.probes.len()).try_for_each(|probe| self.figures(probe, day, cells)),
            1.. => self.surplus(probe, day, cells),
            _ => self.other(probe, day.unsigned_abs(), cells),
        }
    }

    /// Takes a written date that is not among those that are asked for, with its rows.
    fn other(&mut self, probe: usize, rows: u64, cells: &[Cell<'_>]) -> Result<(), Fault> {
        let (Some(facts), Some(Cell::Text(written))) = (self.all.get_mut(probe), cells.last()) else {
            return Err(malformed("a date of an unknown part"));
        };
        let column = &self.probes[probe].question.date;
        let value = datum(self.plan.dated_by, written).ok_or_else(|| malformed("a date of another type"))?;
        match value.date(column) {
            Ok(date) if !(FIRST_DATE..=LAST_DATE).contains(&date) => {
                let counts = matches!(self.plan.astray, Astray::All(_));
                facts.undated.out_of_range += if counts { rows } else { 0 };
            }
            Ok(date) if facts.dates.contains_key(&date) => {
                let why = format!(
                    "date column `{}` writes {date} in a way that was not looked for; make a view with a DATE",
                    column.column
                );
                facts.refused.get_or_insert_with(|| mismatch(why));
            }
            Ok(_) => {}
            Err(why) => {
                _ = facts.refused.get_or_insert_with(|| mismatch(format!("date column `{}` {why}", column.column)))
            }
        }
        Ok(())
    }

    fn surplus(&mut self, probe: usize, day: i64, cells: &[Cell<'_>]) -> Result<(), Fault> {
        let at = *self.plan.at.get(probe).ok_or_else(|| malformed("an unknown part"))?;
        let date = self.plan.days.date(day).filter(|_| day >= 0);
        if let Some(facts) = date.and_then(|date| self.all[probe].dates.get_mut(&date)) {
            facts.surplus = count(cells[at])?;
        }
        Ok(())
    }

    /// Adds the figures of a date and unit to one probe.
    fn figures(&mut self, probe: usize, day: i64, cells: &[Cell<'_>]) -> Result<(), Fault> {
        let (question, at) = (&self.probes[probe].question, self.plan.at[probe]);
        let (rows, facts) = (count(cells[at])?, &mut self.all[probe]);
        let date = match day {
            NULL => {
                facts.undated.nulls += rows;
                return Ok(());
            }
            OUT_OF_RANGE => {
                facts.undated.out_of_range += rows;
                return Ok(());
            }
            day => self.plan.days.date(day).filter(|date| (FIRST_DATE..=LAST_DATE).contains(date)),
        };
        let known = date.and_then(|date| Some((date, facts.dates.get_mut(&date)?)));
        let Some((date, own)) = known.filter(|_| rows > 0) else { return Ok(()) };
        own.rows += rows;
        for (n, share) in own.shares.iter_mut().enumerate() {
            *share += count(cells[at + 1 + question.measures.len() + n])?;
        }
        let Some(key) = self.key(cells)? else {
            self.all[probe].dates.entry(date).and_modify(|own| own.blank += rows);
            return Ok(());
        };
        let measures = self.measures(probe, &cells[at + 1..])?;
        let facts = &mut self.all[probe];
        let units = facts.units.entry(date).or_default();
        let is_full = units.len() >= MAX_UNITS_PER_DATE;
        match units.get_mut(&key) {
            Some(known) => {
                let may_add = question.measures.iter().all(|measure| !matches!(measure.of, Of::Distinct(_)));
                facts.merged.extend((!may_add).then_some(date));
                known.rows += rows;
                known.measures = known.measures.iter().zip(&measures).map(|(a, b)| added(*a, *b)).collect();
            }
            None if is_full => {
                facts.dates.entry(date).and_modify(|own| own.overflow = true);
            }
            None => _ = units.insert(key, UnitFacts { rows, measures }),
        }
        Ok(())
    }

    /// The name of a row's unit; `None` if it names none. Each name is stored once, however many dates have it.
    fn key(&mut self, cells: &[Cell<'_>]) -> Result<Option<UnitKey>, Fault> {
        if self.plan.units == 0 {
            return Ok(Some(WHOLE_DATE.into()));
        }
        let values =
            cells[2..2 + self.plan.units].iter().map(|cell| text(*cell)).collect::<Result<Option<Vec<_>>, _>>()?;
        let Some(key) = values.and_then(unit_key) else { return Ok(None) };
        if let Some(known) = self.names.get(&key) {
            return Ok(Some(known.clone()));
        }
        self.names.insert(key.clone());
        Ok(Some(key))
    }

    fn measures(&self, probe: usize, cells: &[Cell<'_>]) -> Result<Box<[Measured]>, Fault> {
        let measures = self.probes[probe].question.measures.iter().zip(&self.plan.instants[probe]).zip(cells);
        let measured = measures.map(|((measure, of), cell)| match &measure.of {
            Of::Newest(column) => {
                let at = int(*cell)?.map(|micros| times::read(micros, of.unwrap_or(Type::Instant), column));
                Ok(Measured::Newest(at))
            }
            Of::Rows | Of::Distinct(_) => Ok(Measured::Count(count(*cell)?)),
        });
        measured.collect()
    }

    /// The readings, once all rows were taken.
    pub fn finish(self) -> Vec<Reading> {
        let part = self.plan.astray.part();
        self.all.into_iter().map(|facts| facts.reading(part)).collect()
    }
}

fn added(a: Measured, b: Measured) -> Measured {
    match (a, b) {
        (Measured::Count(a), Measured::Count(b)) => Measured::Count(a + b),
        (a, b) => a.max(b),
    }
}

impl Facts {
    fn reading(mut self, part: Option<u64>) -> Reading {
        for (date, units) in self.units {
            if let Some(facts) = self.dates.get_mut(&date) {
                facts.units = units.into_iter().collect();
            }
        }
        let merged = || {
            mismatch("two units of the date have one name, for a value contains `@`; name other columns in spec.unit")
        };
        let facts = |(date, facts)| match &self.refused {
            Some(why) => (date, Err(why.clone())),
            None if self.merged.contains(&date) => (date, Err(merged())),
            None => (date, Ok(facts)),
        };
        let undated = part.filter(|_| self.undated != Undated::default()).map(|part| (part, self.undated));
        Reading { dates: self.dates.into_iter().map(facts).collect(), undated: undated.into_iter().collect() }
    }
}
