//! A cheap check that a table, or one date of it, has not changed: a fingerprint of its parts.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cell::OnceCell;

use jiff::SignedDuration;

use super::dates::{Date, DateRange, DateSet, Timestamp, next_day};
use super::names::Table;
use super::span::Span;

/// The mark of one part of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartMark {
    /// The dates that the part can hold.
    pub holds: Holds,
    /// Changes whenever the part changes.
    pub hash: u64,
}

/// The dates that a part can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Unknown, so that it may hold any.
    Any,
    /// None: its rows have no date. They count as undated rows and change no date.
    Nothing,
    /// These alone.
    Dates(DateRange),
}

impl Holds {
    /// Whether the part can hold a date.
    pub fn contains(self, date: Date) -> bool {
        match self {
            Self::Any => true,
            Self::Nothing => false,
            Self::Dates(range) => range.contains(date),
        }
    }

    /// Whether the part can hold one of these dates.
    pub fn meets(self, dates: &DateSet) -> bool {
        match self {
            Self::Any => true,
            Self::Nothing => false,
            Self::Dates(range) => dates.overlaps(&range),
        }
    }

    /// The range, if the part can hold this range alone.
    fn range(self) -> Option<DateRange> {
        if let Self::Dates(range) = self { Some(range) } else { None }
    }
}

/// Which changes leave no trace in a mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Blind {
    /// None: equal marks mean equal data.
    #[default]
    No,
    /// Recent writes: rows may be there already that the mark does not show, as in a buffer for streamed rows.
    Recent,
    /// All: rows come and go without a trace, as in a view that cannot be seen through.
    All,
}

/// When a table wants to be looked at again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Again {
    /// At its cadence.
    #[default]
    AtCadence,
    /// Sooner, by then at the latest: a part is so new that it may still be written.
    Within(Span),
    /// Not before, whatever waits for it: a look costs too much, or a quota is used up.
    NotBefore(Span),
}

/// The mark of a table, taken before it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableMark {
    /// Every part, sorted by name.
    pub parts: Vec<PartMark>,
    /// When the newest part was modified.
    pub modified: Option<Timestamp>,
    /// What was committed up to this long before the look may not show yet. All that the look proves is that much older.
    pub lag: Span,
    /// Which changes leave no trace.
    pub blind: Blind,
    /// When to look again.
    pub again: Again,
    /// Every name of the table, its location first, regardless of how it is declared. Tables that share a name are the
    /// same table.
    pub names: Vec<Table>,
}

impl TableMark {
    /// The marks of its dates, each computed from the parts that can hold it.
    pub fn dates(&self) -> DateMarks {
        let mut marks = DateMarks::default();
        for part in &self.parts {
            match part.holds {
                Holds::Dates(range) if range.days() == 1 => {
                    let mark = marks.days.entry(range.from()).or_insert(SEED);
                    *mark = mix(*mark, part.hash);
                }
                _ => marks.wide.push(*part),
            }
        }
        let bounds = marks.wide.iter().filter_map(|p| p.holds.range()).flat_map(|r| [r.from(), next_day(r.through())]);
        marks.steps = core::iter::once(Date::MIN).chain(bounds).map(|from| (from, OnceCell::new())).collect();
        marks.steps.sort_unstable_by_key(|(from, _)| *from);
        marks
    }

    /// The instant that a look or a read at `at` proves: what was committed until then shows.
    pub fn proves(&self, at: Timestamp) -> Timestamp {
        at.saturating_sub(SignedDuration::from_secs(self.lag.as_seconds())).unwrap_or(Timestamp::MIN)
    }

    /// The mark of the whole table.
    pub fn whole(&self) -> u64 {
        self.parts.iter().fold(SEED, |h, p| mix(h, p.hash))
    }
}

/// The marks of a table's dates.
#[derive(Clone, Debug, Default)]
pub struct DateMarks {
    /// The marks of parts that hold one date.
    days: BTreeMap<Date, u64>,
    /// The parts that can hold several dates.
    wide: Vec<PartMark>,
    /// Each key begins a range of dates that the same wide parts can hold. Dates in the range without a part of their
    /// own share one mark, computed on demand.
    steps: Vec<(Date, OnceCell<u64>)>,
}

impl DateMarks {
    /// The mark of one date: of all parts that can hold it. Equal marks mean equal data of that date.
    pub fn of(&self, date: Date) -> u64 {
        let with_wide = |own| self.wide.iter().filter(|p| p.holds.contains(date)).fold(own, |h, p| mix(h, p.hash));
        let step = || self.steps[..self.steps.partition_point(|(from, _)| *from <= date)].last();
        match (self.days.get(&date), step()) {
            (None, Some((_, mark))) => *mark.get_or_init(|| with_wide(SEED)),
            (own, _) => with_wide(own.copied().unwrap_or(SEED)),
        }
    }
}

/// The initial value of every mark. A table without parts has a mark too.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes a value into a mark; the order matters. A fingerprint that is stable across releases, not fit for secrets.
pub fn mix(mark: u64, value: u64) -> u64 {
    let mut x = mark.rotate_left(5) ^ value;
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Mixes bytes into a mark.
pub fn mix_bytes(mark: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks();
    let mark = words.iter().fold(mix(mark, bytes.len() as u64), |mark, word| mix(mark, u64::from_le_bytes(*word)));
    if rest.is_empty() { mark } else { mix(mark, rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))) }
}

/// A [`core::hash::Hasher`] over [`mix_bytes`]: hashes a value identically on every machine and in every run.
#[derive(Clone, Copy, Debug)]
pub struct StableHasher(u64);

impl Default for StableHasher {
    fn default() -> Self {
        Self(SEED)
    }
}

impl core::hash::Hasher for StableHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = mix_bytes(self.0, bytes);
    }

    // A number is hashed as its little-endian bytes on every machine.

    fn write_u8(&mut self, n: u8) {
        self.0 = mix(mix(self.0, 1), n.into());
    }

    fn write_u32(&mut self, n: u32) {
        self.0 = mix(mix(self.0, 4), n.into());
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = mix(mix(self.0, 8), n);
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }
}

/// The stable hash of a value.
pub fn stable_hash<T: core::hash::Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = StableHasher::default();
    value.hash(&mut hasher);
    core::hash::Hasher::finish(&hasher)
}

#[cfg(test)]
mod tests;
