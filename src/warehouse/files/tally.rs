//! Counting rows for one probe, batch by batch: which rows count, which unit they belong to, what they add to each measure.

mod days;
mod gauge;
mod instants;
mod keys;
mod select;
mod slots;
mod stretches;
mod subset;

use std::collections::BTreeMap;

use super::column::Column;
use super::parts::Part;
use super::rows::Rows;
use super::scan::{Counter, Limits, Needs};
use crate::domain::dates::{Date, DateSet};
use crate::domain::probe::{DateFacts, Probe, Reading, UnitFacts, UnitKey};
use crate::domain::verdict::Unknown;
pub(super) use days::Days;
use gauge::Gauge;
use instants::Instants;
pub(super) use keys::Confirm;
use keys::Keys;
pub(super) use select::Picked;
use select::{Condition, select};
use slots::{Slots, Whose};
use subset::Subsets;

/// The counts of one probe.
pub(super) struct Tally<'a> {
    probe: &'a Probe,
    filters: Vec<Condition<'a>>,
    days: Days<'a>,
    slots: Slots<'a>,
    before: Option<Instants<'a>>,
    needed: Vec<Condition<'a>>,
    subsets: Subsets<'a>,
    gauges: Vec<Gauge<'a>>,
    keys: Keys,
    shares: Vec<Vec<Condition<'a>>>,
    /// By day, how many rows satisfy each share.
    shared: Vec<Vec<u64>>,
    /// The rows of requested dates that satisfy the filters.
    counted: Picked,
    /// Those of them that a share or the measures count.
    picked: Picked,
}

/// The result of one pass over a table for a probe.
pub(super) struct Counted {
    pub reading: Reading,
    /// Dates whose keys did not fit.
    pub deferred: DateSet,
    /// Dates that may have surplus rows, with their rows.
    pub suspects: Vec<(Date, usize)>,
}

impl<'a> Tally<'a> {
    pub fn new(probe: &'a Probe, limits: Limits, needs: &mut Needs) -> Self {
        let question = &probe.question;
        let home = &question.date.home;
        let mut subsets = Subsets::default();
        Self {
            probe,
            filters: question.filters.iter().map(|f| Condition::filter(f, needs)).collect(),
            days: Days::new(probe, needs),
            slots: Slots::new(probe, needs),
            before: question.before.as_ref().map(|c| Instants::new(c, home, needs)),
            needed: question.needed.iter().map(|c| Condition::present(c, needs)).collect(),
            gauges: question.measures.iter().map(|m| Gauge::new(m, home, &mut subsets, needs)).collect(),
            subsets,
            keys: Keys::new(&question.unique, limits, needs),
            shares: question.shares.iter().map(|fs| fs.iter().map(|f| Condition::filter(f, needs)).collect()).collect(),
            shared: Vec::new(),
            counted: Picked::default(),
            picked: Picked::default(),
        }
    }

    fn share(&mut self, columns: &[Column], rows: &Rows) -> Result<(), Unknown> {
        self.shared.resize(self.days.dates.len(), vec![0; self.shares.len()]);
        for (n, conditions) in self.shares.iter_mut().enumerate() {
            match conditions.split_first_mut() {
                None => self.picked.keep_of(&self.counted, |_| Ok(true))?,
                Some((first, more)) => {
                    first.pick(columns, rows, &self.counted, &mut self.picked)?;
                    more.iter_mut().try_for_each(|condition| condition.narrow(columns, rows, &mut self.picked))?;
                }
            }
            for of_day in self.picked.chunk_by(|a, b| a.of == b.of) {
                self.shared[of_day[0].of as usize][n] += of_day.len() as u64;
            }
        }
        Ok(())
    }

    /// The rows that measures count: all, or those before the start of their unit that have the needed values.
    fn pick(&mut self, columns: &[Column], rows: &Rows) -> Result<(), Unknown> {
        match &mut self.before {
            None => std::mem::swap(&mut self.picked, &mut self.counted),
            Some(instants) => {
                let (ids, slots) = (rows.ids(instants.at), &self.slots.all);
                self.picked.keep_of(&self.counted, |row| {
                    let instant = instants.of(columns, ids[row.at as usize])?;
                    Ok(instant.zip(slots[row.of as usize].start).is_some_and(|(at, start)| at < start))
                })?;
            }
        }
        self.needed.iter_mut().try_for_each(|needed| needed.narrow(columns, rows, &mut self.picked))
    }

    /// The answer.
    pub fn finish(mut self) -> Counted {
        self.close(&|_| true);
        let empty = || DateFacts { shares: vec![0; self.shares.len()], ..DateFacts::default() };
        let mut dates: BTreeMap<Date, DateFacts> = self.probe.dates.iter().map(|date| (date, empty())).collect();
        for (day, date) in self.days.dates.iter().enumerate() {
            if let Some((facts, shared)) = dates.get_mut(date).zip(self.shared.get(day)) {
                facts.shares.clone_from(shared);
            }
        }
        let mut units: BTreeMap<Date, Vec<(UnitKey, UnitFacts)>> = BTreeMap::new();
        for (n, (slot, rows)) in self.slots.all.iter().zip(&self.slots.rows).enumerate() {
            let date = self.days.dates[slot.day as usize];
            let Some(facts) = dates.get_mut(&date) else { continue };
            facts.rows += rows;
            match &slot.whose {
                Whose::Blank => facts.blank += rows,
                Whose::Overflow => facts.overflow = true,
                Whose::Unit(name) => {
                    let measures = self.gauges.iter().map(|g| g.measured(n)).collect();
                    units.entry(date).or_default().push((name.clone(), UnitFacts { rows: *rows, measures }));
                }
            }
        }
        for (date, units) in units {
            if let Some(facts) = dates.get_mut(&date) {
                facts.units = units.into_iter().collect();
            }
        }
        let reading = Reading {
            dates: dates.into_iter().map(|(date, facts)| (date, Ok(facts))).collect(),
            undated: self.days.undated,
        };
        Counted { reading, deferred: self.keys.deferred, suspects: self.keys.suspects }
    }
}

impl Counter for Tally<'_> {
    fn rows(&mut self, columns: &[Column], rows: &Rows, part: &Part) -> Result<(), Unknown> {
        select(&mut self.filters, columns, rows, &mut self.counted)?;
        self.days.find(columns, rows, part, &mut self.counted)?;
        self.keys.note(columns, rows, &self.counted, &self.days.dates);
        self.share(columns, rows)?;
        self.slots.find(columns, rows, &mut self.counted, &self.days.dates)?;
        self.pick(columns, rows)?;
        self.subsets.narrow(columns, rows, &self.picked)?;
        let counted = (&*self.picked, &self.subsets);
        self.gauges.iter_mut().try_for_each(|gauge| gauge.count(columns, rows, counted, &self.slots.caps))
    }

    fn close(&mut self, is_closed: &dyn Fn(Date) -> bool) {
        for (day, date) in self.days.dates.iter().enumerate() {
            if self.keys.is_open(day) && is_closed(*date) {
                self.keys.close(day, *date);
            }
        }
    }
}
