//! Which date and unit a row belongs to: a slot, found by the ids of the row's values, one column at a time.

use rustc_hash::FxHashMap;

use crate::domain::dates::{Date, Timestamp};
use crate::domain::probe::{MAX_UNITS_PER_DATE, Probe, UnitForm, UnitKey, WHOLE_DATE, unit_key};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::files::column::Column;
use crate::warehouse::files::datum::Datum;
use crate::warehouse::files::read::Rows;
use crate::warehouse::files::scan::Needs;

/// More different units than this in one read are a wrong mapping; the read is refused, its memory bounded.
const MAX_PAIRS: usize = 4_000_000;
/// Pairs that were seen last, found without a hash table.
const RECENT: usize = 1 << 13;

/// What the rows of a slot are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// A unit's.
    Unit(UnitKey),
    /// Nobody's: a blank or malformed value.
    Blank,
    /// Of a unit beyond [`MAX_UNITS_PER_DATE`].
    Overflow,
}

/// A date and whose rows they are.
pub(super) struct Slot {
    pub day: u32,
    pub whose: Whose,
    pub rows: u64,
    pub start: Option<Timestamp>,
}

/// All slots of a probe.
pub(super) struct Slots<'a> {
    probe: &'a Probe,
    unit: Vec<usize>,
    levels: Vec<Pairs>,
    by_name: FxHashMap<(u32, Option<UnitKey>), u32>,
    units_of: Vec<usize>,
    pub all: Vec<Slot>,
    pub caps: Vec<Option<Timestamp>>,
}

impl<'a> Slots<'a> {
    pub fn new(probe: &'a Probe, needs: &mut Needs) -> Self {
        let unit: Vec<usize> = match &probe.question.unit {
            UnitForm::Whole => Vec::new(),
            UnitForm::Columns { columns, .. } => columns.iter().map(|c| needs.column(c)).collect(),
            UnitForm::Split { column, .. } => vec![needs.column(column)],
        };
        let levels = (0..unit.len().max(1)).map(|_| Pairs::default()).collect();
        let (by_name, units_of) = (FxHashMap::default(), Vec::new());
        Self { probe, unit, levels, by_name, units_of, all: Vec::new(), caps: Vec::new() }
    }

    /// Turns the day of each row into its slot.
    pub fn find(
        &mut self,
        columns: &[Column],
        rows: &Rows,
        at: &[u32],
        slots: &mut [u32],
        dates: &[Date],
    ) -> Result<(), Unknown> {
        let days = slots.to_vec();
        for level in 0..self.levels.len() {
            let ids = self.unit.get(level).map(|column| rows.ids(*column));
            let last = level + 1 == self.levels.len();
            let mut previous = (u64::MAX, 0);
            for (n, row) in at.iter().enumerate() {
                let key = u64::from(slots[n]) << 32 | ids.map_or(0, |ids| u64::from(ids[*row as usize]));
                if key != previous.0 {
                    let known = self.levels[level].get(key);
                    let found = match known {
                        Some(found) => found,
                        None if last => {
                            let slot = self.slot(columns, rows, *row as usize, days[n], dates);
                            self.levels[level].insert(key, slot)?
                        }
                        None => self.levels[level].number(key)?,
                    };
                    previous = (key, found);
                }
                slots[n] = previous.1;
            }
        }
        Ok(())
    }

    /// The slot of a row whose ids were not seen together before.
    fn slot(&mut self, columns: &[Column], rows: &Rows, row: usize, day: u32, dates: &[Date]) -> u32 {
        let name = self.name(columns, rows, row);
        if let Some(slot) = self.by_name.get(&(day, name.clone())) {
            return *slot;
        }
        self.units_of.resize(dates.len(), 0);
        let units = &mut self.units_of[day as usize];
        let whose = match &name {
            None => Whose::Blank,
            Some(_) if *units >= MAX_UNITS_PER_DATE => Whose::Overflow,
            Some(name) => {
                *units += 1;
                Whose::Unit(name.clone())
            }
        };
        let date = dates[day as usize];
        let start = name.as_ref().and_then(|name| self.probe.starts.get(&date)?.get(name)).copied();
        let slot = self.all.len() as u32;
        self.all.push(Slot { day, whose, rows: 0, start });
        self.caps.push(self.probe.caps.get(&date).copied());
        self.by_name.insert((day, name), slot);
        slot
    }

    fn name(&self, columns: &[Column], rows: &Rows, row: usize) -> Option<UnitKey> {
        let text = |n: usize| columns[self.unit[n]].value(rows.ids(self.unit[n])[row]).map(Datum::text);
        let question = &self.probe.question;
        let alias = |v: &str| question.aliases.get(v).cloned().unwrap_or_else(|| v.to_string());
        let mut values: Vec<String> = match &question.unit {
            UnitForm::Whole => return Some(WHOLE_DATE.into()),
            UnitForm::Columns { columns, .. } => {
                (0..columns.len()).map(|n| text(n).map(|t| alias(&t))).collect::<Option<_>>()?
            }
            UnitForm::Split { separator, parts, .. } => {
                let value = text(0)?;
                let pieces: Vec<&str> = value.split(separator.as_str()).collect();
                let piece = |n: &u8| pieces.get(usize::from(*n).checked_sub(1)?).map(|p| alias(p));
                parts.iter().map(piece).collect::<Option<_>>()?
            }
        };
        if matches!(question.unit, UnitForm::Columns { any_order: true, .. }) {
            values.sort_unstable();
        }
        unit_key(values.iter().map(String::as_str))
    }
}

/// What two ids stand for together.
struct Pairs {
    known: FxHashMap<u64, u32>,
    recent: Vec<(u64, u32)>,
}

impl Default for Pairs {
    fn default() -> Self {
        Self { known: FxHashMap::default(), recent: vec![(u64::MAX, 0); RECENT] }
    }
}

impl Pairs {
    fn place(key: u64) -> usize {
        (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize % RECENT
    }

    #[inline]
    fn get(&mut self, key: u64) -> Option<u32> {
        let recent = &mut self.recent[Self::place(key)];
        if recent.0 == key {
            return Some(recent.1);
        }
        let found = *self.known.get(&key)?;
        *recent = (key, found);
        Some(found)
    }

    fn number(&mut self, key: u64) -> Result<u32, Unknown> {
        self.insert(key, self.known.len() as u32)
    }

    fn insert(&mut self, key: u64, found: u32) -> Result<u32, Unknown> {
        if self.known.len() >= MAX_PAIRS {
            let text = format!("more than {MAX_PAIRS} different units; check spec.unit, or narrow spec.dates");
            return Err(Unknown::new(UnknownReason::ProbeBudget, text));
        }
        self.known.insert(key, found);
        Ok(found)
    }
}
