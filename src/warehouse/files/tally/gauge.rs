//! Measures: what each has counted so far, per slot.

use rustc_hash::FxHashSet;

use super::select::Row;
use super::subset::Subsets;
use crate::domain::dates::Timestamp;
use crate::domain::probe::{Measure, Measured, Of};
use crate::domain::verdict::Unknown;
use crate::warehouse::files::column::{Column, Memo, NULL};
use crate::warehouse::files::datum::Datum;
use crate::warehouse::files::read::Rows;
use crate::warehouse::files::scan::Needs;

/// Ids from here on are kept in a set: bits for them would cost more than they save.
const WIDE: u32 = 1 << 13;

/// One measure.
pub(super) struct Gauge {
    subset: Option<usize>,
    kind: Kind,
}

enum Kind {
    Rows(Vec<u64>),
    Distinct(usize, Sets),
    Newest(usize, Memo<Option<Timestamp>>, Vec<Option<Timestamp>>),
}

impl Gauge {
    pub fn new<'a>(measure: &'a Measure, subsets: &mut Subsets<'a>, needs: &mut Needs) -> Self {
        let kind = match &measure.of {
            Of::Rows => Kind::Rows(Vec::new()),
            Of::Distinct(column) => Kind::Distinct(needs.column(column), Sets::default()),
            Of::Newest(column) => Kind::Newest(needs.column(column), Memo::default(), Vec::new()),
        };
        Self { subset: subsets.place(&measure.only, needs), kind }
    }

    /// Counts the picked rows, or those of its subset; `caps` are those of the slots.
    pub fn count(
        &mut self,
        columns: &[Column],
        rows: &Rows,
        (picked, subsets): (&[Row], &Subsets<'_>),
        caps: &[Option<Timestamp>],
    ) -> Result<(), Unknown> {
        let counted = self.subset.map_or(picked, |place| subsets.rows(place));
        self.kind.count(columns, rows, counted, caps)
    }

    /// What was counted for a slot.
    pub fn measured(&self, slot: usize) -> Measured {
        match &self.kind {
            Kind::Rows(counts) => Measured::Count(counts.get(slot).copied().unwrap_or(0)),
            Kind::Distinct(_, sets) => Measured::Count(sets.len(slot)),
            Kind::Newest(_, _, newest) => Measured::Newest(newest.get(slot).copied().flatten()),
        }
    }
}

impl Kind {
    fn count(
        &mut self,
        columns: &[Column],
        rows: &Rows,
        picked: &[Row],
        caps: &[Option<Timestamp>],
    ) -> Result<(), Unknown> {
        match self {
            Self::Rows(counts) => {
                counts.resize(caps.len(), 0);
                picked.iter().for_each(|row| counts[row.of as usize] += 1);
            }
            Self::Distinct(column, sets) => {
                sets.fit(columns[*column].len(), caps.len());
                sets.insert(rows.ids(*column), picked);
            }
            Self::Newest(column, memo, newest) => {
                newest.resize(caps.len(), None);
                let (ids, column) = (rows.ids(*column), &columns[*column]);
                for row in picked {
                    let (id, slot) = (ids[row.at as usize], row.of as usize);
                    let instant = memo.get(id, || Ok(column.value(id).and_then(Datum::instant)))?;
                    let capped = instant.filter(|at| caps[slot].is_none_or(|cap| *at <= cap));
                    newest[slot] = newest[slot].max(capped);
                }
            }
        }
        Ok(())
    }
}

/// A set of ids per slot: a bit per id, so many words for every slot, and a hash set for what lies beyond.
#[derive(Default)]
struct Sets {
    words: usize,
    bits: Vec<u64>,
    wide: FxHashSet<(u32, u32)>,
    wide_counts: Vec<u64>,
}

impl Sets {
    /// Makes room for ids up to the largest, and for slots.
    fn fit(&mut self, largest: usize, slots: usize) {
        self.widen(largest.min(WIDE as usize - 1) / 64 + 1);
        self.bits.resize(slots * self.words, 0);
        self.wide_counts.resize(slots, 0);
    }

    fn insert(&mut self, ids: &[u32], picked: &[Row]) {
        for row in picked {
            let (id, slot) = (ids[row.at as usize], row.of as usize);
            if id < WIDE {
                self.bits[slot * self.words + id as usize / 64] |= 1 << (id % 64);
            } else if self.wide.insert((row.of, id)) {
                self.wide_counts[slot] += 1;
            }
        }
    }

    /// Gives every slot more words, at least twice as many, so that it happens seldom.
    fn widen(&mut self, words: usize) {
        if words <= self.words {
            return;
        }
        let (old, new) = (self.words.max(1), words.next_power_of_two());
        let mut bits = Vec::with_capacity(self.bits.len() / old * new);
        for slot in self.bits.chunks(old) {
            bits.extend_from_slice(slot);
            bits.resize(bits.len() + new - slot.len(), 0);
        }
        (self.bits, self.words) = (bits, new);
    }

    /// Distinct values of a slot; NULL is none.
    fn len(&self, slot: usize) -> u64 {
        let words = self.bits.get(slot * self.words..(slot + 1) * self.words).unwrap_or_default();
        let narrow: u32 = words.iter().map(|w| w.count_ones()).sum();
        let null = words.first().is_some_and(|w| w & (1 << NULL) != 0);
        u64::from(narrow - u32::from(null)) + self.wide_counts.get(slot).copied().unwrap_or(0)
    }
}
