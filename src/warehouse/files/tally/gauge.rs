//! Measures: what each has counted so far, by slot.

use jiff::tz::TimeZone;
use rustc_hash::FxHashSet;

use super::instants::Instants;
use super::select::Row;
use super::stretches::Stretches;
use super::subset::Subsets;
use crate::domain::dates::Timestamp;
use crate::domain::probe::{Measure, Measured, Of};
use crate::domain::verdict::Unknown;
use crate::warehouse::files::column::{Column, NULL};
use crate::warehouse::files::rows::Rows;
use crate::warehouse::files::scan::Needs;

/// Words of a slot. Ids that are farther apart are kept in a hash set, which costs less.
const LONGEST: u32 = 128;
/// Words of all slots: 16 MiB.
const MAX_WORDS: usize = 1 << 21;

/// One measure.
pub(super) struct Gauge<'a> {
    subset: Option<usize>,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Rows(Vec<u64>),
    Distinct(usize, Sets),
    Newest(Instants<'a>, Vec<Option<Timestamp>>),
}

impl<'a> Gauge<'a> {
    pub fn new(measure: &'a Measure, home: &'a TimeZone, subsets: &mut Subsets<'a>, needs: &mut Needs) -> Self {
        let kind = match &measure.of {
            Of::Rows => Kind::Rows(Vec::new()),
            Of::Distinct(column) => Kind::Distinct(needs.column(column), Sets::default()),
            Of::Newest(column) => Kind::Newest(Instants::new(column, home, needs), Vec::new()),
        };
        Self { subset: subsets.place(&measure.only, needs), kind }
    }

    /// Counts the picked rows, or those of its subset. `caps` are the limits of the slots.
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

    pub fn measured(&self, slot: usize) -> Measured {
        match &self.kind {
            Kind::Rows(counts) => Measured::Count(counts.get(slot).copied().unwrap_or(0)),
            Kind::Distinct(_, sets) => Measured::Count(sets.len(slot)),
            Kind::Newest(_, newest) => Measured::Newest(newest.get(slot).copied().flatten()),
        }
    }
}

impl Kind<'_> {
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
            Self::Distinct(column, sets) => sets.insert(&columns[*column].identities(rows.ids(*column)), picked),
            Self::Newest(instants, newest) => {
                newest.resize(caps.len(), None);
                let ids = rows.ids(instants.at);
                for row in picked {
                    let (id, slot) = (ids[row.at as usize], row.of as usize);
                    let instant = instants.of(columns, id)?;
                    let capped = instant.filter(|at| caps[slot].is_none_or(|cap| *at <= cap));
                    newest[slot] = newest[slot].max(capped);
                }
            }
        }
        Ok(())
    }
}

/// A set of ids per slot: bits in words, and a hash set for those that do not fit.
struct Sets {
    words: Stretches<u64>,
    wide: FxHashSet<(u32, u32)>,
    wide_counts: Vec<u64>,
}

impl Default for Sets {
    fn default() -> Self {
        Self { words: Stretches::new(0, LONGEST, MAX_WORDS), wide: FxHashSet::default(), wide_counts: Vec::new() }
    }
}

impl Sets {
    fn insert(&mut self, ids: &[u32], picked: &[Row]) {
        for row in picked {
            let id = ids[row.at as usize];
            match self.words.place(row.of, id / u64::BITS) {
                Some(word) => *word |= 1 << (id % u64::BITS),
                None => self.insert_wide(row.of, id),
            }
        }
    }

    fn insert_wide(&mut self, slot: u32, id: u32) {
        if self.wide.insert((slot, id)) {
            self.wide_counts.resize(self.wide_counts.len().max(slot as usize + 1), 0);
            self.wide_counts[slot as usize] += u64::from(id != NULL);
        }
    }

    /// Distinct values of a slot, without NULL.
    fn len(&self, slot: usize) -> u64 {
        let narrow: u32 = self.words.row(slot).iter().map(|word| word.count_ones()).sum();
        let null = self.words.get(slot as u32, NULL).is_some_and(|word| word & (1 << NULL) != 0);
        u64::from(narrow - u32::from(null)) + self.wide_counts.get(slot).copied().unwrap_or(0)
    }
}
