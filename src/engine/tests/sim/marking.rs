//! What the mark of the simulated table shows of its data, and when.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::dates::DateRange;
use crate::domain::mark::{Again, Blind, Holds, PartMark, TableMark, mix, stable_hash};
use crate::domain::span::Span;

/// The rows of the table, per date and unit.
pub type Rows = BTreeMap<Date, Vec<(&'static str, u64)>>;

/// How the table is marked. As it is at first: every change shows at once.
#[derive(Debug, Default)]
pub struct Marking {
    /// Seconds until a change shows; the mark says so.
    pub lag: i64,
    /// Which changes do not show; the mark says so while there are any.
    pub blind: Blind,
    /// Seconds until a recent change shows.
    pub buffer: i64,
    pub again: Again,
    /// Changes that do not show yet: the part's mark before them, and until when.
    pub hidden: BTreeMap<Date, (Option<u64>, Timestamp)>,
}

impl Marking {
    /// Rows are written at an instant. They are read from then on.
    pub fn commit(&mut self, table: &mut Rows, date: Date, units: Vec<(&'static str, u64)>, at: Timestamp) {
        let before = self.shown(table, date, at);
        table.insert(date, units);
        let delay = match self.blind {
            Blind::No => self.lag,
            Blind::Recent => self.buffer.max(self.lag),
            Blind::All => return,
        };
        self.hidden.insert(date, (before, Span::seconds(delay).elapsed_after(at)));
    }

    pub fn mark(&self, table: &Rows, now: Timestamp) -> TableMark {
        let is_buffered = self.hidden.values().any(|(_, until)| *until > now);
        let blind = if self.blind == Blind::Recent && !is_buffered { Blind::No } else { self.blind };
        let part = |date: &Date| {
            let hash = self.shown(table, *date, now)?;
            Some(PartMark { holds: Holds::Dates(DateRange::day(*date)), hash })
        };
        let dates: BTreeSet<&Date> = table.keys().chain(self.hidden.keys()).collect();
        let parts = match blind {
            Blind::All => vec![PartMark { holds: Holds::Any, hash: 1 }],
            _ => dates.into_iter().filter_map(part).collect(),
        };
        TableMark { parts, lag: Span::seconds(self.lag), blind, again: self.again, ..TableMark::default() }
    }

    fn shown(&self, table: &Rows, date: Date, now: Timestamp) -> Option<u64> {
        match self.hidden.get(&date) {
            Some((before, until)) if *until > now => *before,
            _ => table.get(&date).map(|units| mix(1, stable_hash(units))),
        }
    }
}

impl Sim {
    /// Rows are written that no Job of gapless wrote.
    pub fn commit(&self, date: Date, units: &[(&'static str, u64)]) {
        let now = self.now();
        let State_ { marking, table, .. } = &mut *self.state();
        marking.commit(table, date, units.to_vec(), now);
    }
}
