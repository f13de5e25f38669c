//! Rows that repeat a key. A first pass keeps 64 bits of each row's key while its date is open. When the date closes, rows
//! with equal bits are suspects. Suspects are read again and compared by value, so the answer is exact, and memory is eight
//! bytes per row of the open dates.

use rustc_hash::FxHashSet;

use super::days::Days;
use super::select::{Condition, Picked, Row, select};
use crate::domain::dates::{Date, DateSet};
use crate::domain::mark::mix;
use crate::domain::probe::Probe;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::files::column::Column;
use crate::warehouse::files::parts::Part;
use crate::warehouse::files::rows::{Rows, Values};
use crate::warehouse::files::scan::{Counter, Limits, Needs};

/// A date with more rows cannot be compared within the memory that a read may take.
const MAX_ROWS_OF_A_DATE: usize = 8_000_000;

/// Up to this many rows of one date are compared in a hash table of twice as many words.
const TABLE: usize = 1 << 20;

/// The keys of the open dates.
pub(super) struct Keys {
    columns: Vec<usize>,
    limits: Limits,
    bits: Vec<u64>,
    open: Vec<Vec<u64>>,
    /// Buffers of closed days, to be reused.
    spare: Vec<Vec<u64>>,
    table: Vec<u32>,
    rows: usize,
    /// Dates that did not fit in this pass.
    pub deferred: DateSet,
    /// Dates on which two rows have equal bits, with their rows.
    pub suspects: Vec<(Date, usize)>,
}

impl Keys {
    pub fn new(unique: &[String], limits: Limits, needs: &mut Needs) -> Self {
        let columns = unique.iter().map(|c| needs.bits(c)).collect();
        let (bits, open, spare, table) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { columns, limits, bits, open, spare, table, rows: 0, deferred: DateSet::new(), suspects: Vec::new() }
    }

    /// Stores the keys of rows, by day.
    pub fn note(&mut self, columns: &[Column], rows: &Rows, picked: &[Row], dates: &[Date]) {
        if self.columns.is_empty() {
            return;
        }
        self.bits.clear();
        for column in &self.columns {
            match &rows.values[*column] {
                Values::Ids(ids) => {
                    let ids = columns[*column].identities(ids);
                    fold(&mut self.bits, ids.iter().map(|id| u64::from(*id)));
                }
                Values::Bits(bits) => fold(&mut self.bits, bits.iter().copied()),
            }
        }
        self.open.resize(dates.len(), Vec::new());
        // Rows of one day are mostly adjacent.
        for of_day in picked.chunk_by(|a, b| a.of == b.of) {
            let keys = opened(&mut self.open[of_day[0].of as usize], &mut self.spare);
            keys.extend(of_day.iter().map(|row| mix(0, self.bits[row.at as usize]) & self.limits.key_mask));
        }
        self.rows += picked.len();
        while self.rows > self.limits.open_rows && self.defer(dates) {}
    }

    /// Defers the latest open date to another pass. The only open date is never deferred, so that each pass makes progress.
    fn defer(&mut self, dates: &[Date]) -> bool {
        let open = || self.open.iter().enumerate().filter(|(_, rows)| !rows.is_empty());
        let Some((day, _)) = open().max_by_key(|(day, _)| dates[*day]).filter(|_| open().nth(1).is_some()) else {
            return false;
        };
        self.deferred.insert(dates[day]);
        self.rows -= std::mem::take(&mut self.open[day]).len();
        true
    }

    /// Whether keys of the day are kept. In a table of many parts most days are closed and need no further check.
    pub fn is_open(&self, day: usize) -> bool {
        self.open.get(day).is_some_and(|rows| !rows.is_empty())
    }

    /// No more rows of the day follow.
    pub fn close(&mut self, day: usize, date: Date) {
        let Some(open) = self.open.get_mut(day) else { return };
        let mut rows = std::mem::take(open);
        self.rows -= rows.len();
        if !self.deferred.contains(date) && has_equal(&mut rows, &mut self.table) {
            self.suspects.push((date, rows.len()));
        }
        // What is stored for later takes no more memory than open dates may.
        if self.spare.iter().map(Vec::capacity).sum::<usize>() + rows.capacity() <= self.limits.open_rows {
            rows.clear();
            self.spare.push(rows);
        }
    }
}

/// The keys of a day.
fn opened<'a>(keys: &'a mut Vec<u64>, spare: &mut Vec<Vec<u64>>) -> &'a mut Vec<u64> {
    if keys.capacity() == 0 {
        *keys = spare.pop().unwrap_or_default();
    }
    keys
}

/// Whether two of them are equal. Sorting is slower than a hash table, but needs no extra memory.
fn has_equal(rows: &mut [u64], table: &mut Vec<u32>) -> bool {
    if rows.len() > TABLE {
        rows.sort_unstable();
        return rows.windows(2).any(|pair| pair[0] == pair[1]);
    }
    table.clear();
    table.resize((rows.len() * 2).next_power_of_two(), 0);
    let mask = table.len() - 1;
    rows.iter().any(|bits| {
        // The lower half gives the index, the upper half is stored there. Zero means free: a key that is zero is a suspect
        // at worst.
        let (mut at, upper) = (*bits as usize & mask, ((*bits >> 32) as u32).max(1));
        while table[at] != 0 && table[at] != upper {
            at = (at + 1) & mask;
        }
        std::mem::replace(&mut table[at], upper) == upper
    })
}

/// One multiplication per column, and a thorough mix at the end. A collision only makes a suspect.
fn fold(into: &mut Vec<u64>, bits: impl Iterator<Item = u64>) {
    let join = |key: u64, bits: u64| (key.rotate_left(29) ^ bits).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    if into.is_empty() {
        return into.extend(bits.map(|bits| join(0, bits)));
    }
    into.iter_mut().zip(bits).for_each(|(key, bits)| *key = join(*key, bits));
}

/// The second pass: the keys of suspect dates, by value.
pub(in crate::warehouse::files) struct Confirm<'a> {
    filters: Vec<Condition<'a>>,
    days: Days<'a>,
    columns: Vec<usize>,
    picked: Picked,
    seen: Vec<FxHashSet<Box<[u32]>>>,
    surplus: Vec<u64>,
}

impl<'a> Confirm<'a> {
    pub fn new(probe: &'a Probe, needs: &mut Needs) -> Self {
        Self {
            filters: probe.question.filters.iter().map(|f| Condition::filter(f, needs)).collect(),
            days: Days::new(probe, needs),
            columns: probe.question.unique.iter().map(|c| needs.column(c)).collect(),
            picked: Picked::default(),
            seen: Vec::new(),
            surplus: Vec::new(),
        }
    }

    /// Surplus rows by date.
    pub fn finish(self) -> impl Iterator<Item = (Date, u64)> {
        self.days.dates.into_iter().zip(self.surplus)
    }
}

impl Counter for Confirm<'_> {
    fn rows(&mut self, columns: &[Column], rows: &Rows, part: &Part) -> Result<(), Unknown> {
        select(&mut self.filters, columns, rows, &mut self.picked)?;
        self.days.find(columns, rows, part, &mut self.picked)?;
        self.seen.resize(self.days.dates.len(), FxHashSet::default());
        self.surplus.resize(self.days.dates.len(), 0);
        let ids: Vec<_> = self.columns.iter().map(|at| columns[*at].identities(rows.ids(*at))).collect();
        for row in self.picked.iter() {
            let key: Box<[u32]> = ids.iter().map(|ids| ids[row.at as usize]).collect();
            let day = row.of as usize;
            let seen = &mut self.seen[day];
            self.surplus[day] += u64::from(!seen.insert(key));
            if seen.len() > MAX_ROWS_OF_A_DATE {
                let date = self.days.dates[day];
                let text = format!("{date} has more than {MAX_ROWS_OF_A_DATE} different keys; narrow spec.where");
                return Err(Unknown::new(UnknownReason::ProbeBudget, text));
            }
        }
        Ok(())
    }

    fn close(&mut self, is_closed: &dyn Fn(Date) -> bool) {
        let open = self.days.dates.iter().zip(&mut self.seen).filter(|(_, seen)| !seen.is_empty());
        open.filter(|(date, _)| is_closed(**date)).for_each(|(_, seen)| *seen = FxHashSet::default());
    }
}
