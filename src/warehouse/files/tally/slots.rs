//! Which date and unit a row belongs to: a slot, found by the ids of the row's values, one column at a time.

use rustc_hash::{FxHashMap, FxHashSet};

use super::select::Row;
use crate::domain::dates::{Date, Timestamp};
use crate::domain::probe::{MAX_UNITS_PER_DATE, Probe, UnitForm, UnitKey, WHOLE_DATE, unit_key};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::files::column::Column;
use crate::warehouse::files::datum::Datum;
use crate::warehouse::files::read::Rows;
use crate::warehouse::files::scan::Needs;

/// More different units than this in one read are a wrong mapping; the read is refused, its memory bounded.
const MAX_PAIRS: usize = 4_000_000;
/// A matrix of pairs has at most so many places.
const MAX_DENSE: usize = 1 << 21;
/// A pair that was not met yet.
const NEW: u32 = u32::MAX;

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
    pub start: Option<Timestamp>,
}

/// All slots of a probe.
pub(super) struct Slots<'a> {
    probe: &'a Probe,
    unit: Vec<usize>,
    levels: Vec<Pairs>,
    by_name: FxHashMap<(u32, Option<UnitKey>), u32>,
    /// One text per name, however many dates have it.
    names: FxHashSet<UnitKey>,
    units_of: Vec<usize>,
    pub all: Vec<Slot>,
    pub caps: Vec<Option<Timestamp>>,
    pub rows: Vec<u64>,
}

impl<'a> Slots<'a> {
    pub fn new(probe: &'a Probe, needs: &mut Needs) -> Self {
        let unit: Vec<usize> = match &probe.question.unit {
            UnitForm::Whole => Vec::new(),
            UnitForm::Columns { columns, .. } => columns.iter().map(|c| needs.column(c)).collect(),
            UnitForm::Split { column, .. } => vec![needs.column(column)],
        };
        let levels = (0..unit.len().max(1)).map(|_| Pairs::default()).collect();
        let (by_name, names, units_of) = (FxHashMap::default(), FxHashSet::default(), Vec::new());
        Self { probe, unit, levels, by_name, names, units_of, all: Vec::new(), caps: Vec::new(), rows: Vec::new() }
    }

    /// Turns the day of each row into its slot, and counts it.
    pub fn find(&mut self, columns: &[Column], rows: &Rows, picked: &mut [Row], dates: &[Date]) -> Result<(), Unknown> {
        let ids: Vec<&[u32]> = self.unit.iter().map(|column| rows.ids(*column)).collect();
        for (level, pairs) in self.levels.iter_mut().enumerate() {
            pairs.widen(self.unit.get(level).map_or(1, |column| columns[*column].len() + 1));
        }
        let place = |slots: &mut Self, row| slots.place(&ids, columns, rows, row, dates);
        match *ids.as_slice() {
            [] => self.find_alike(picked, |_, _| true, place),
            [a] => self.find_alike(picked, |x, y| a[x] == a[y], place),
            [a, b] => self.find_alike(picked, |x, y| a[x] == a[y] && b[x] == b[y], place),
            _ => self.find_alike(picked, |x, y| ids.iter().all(|ids| ids[x] == ids[y]), place),
        }
    }

    /// Rows of one unit mostly stand together: a row that is like the one before has its slot.
    fn find_alike(
        &mut self,
        picked: &mut [Row],
        are_alike: impl Fn(usize, usize) -> bool,
        place: impl Fn(&mut Self, Row) -> Result<u32, Unknown>,
    ) -> Result<(), Unknown> {
        let mut before: Option<(Row, u32)> = None;
        for row in picked {
            let slot = match before {
                Some((other, slot)) if other.of == row.of && are_alike(other.at as usize, row.at as usize) => slot,
                _ => place(self, *row)?,
            };
            before = Some((*row, slot));
            row.of = slot;
            self.rows[slot as usize] += 1;
        }
        Ok(())
    }

    /// The slot of a row, found one column after the other.
    fn place(
        &mut self,
        ids: &[&[u32]],
        columns: &[Column],
        rows: &Rows,
        row: Row,
        dates: &[Date],
    ) -> Result<u32, Unknown> {
        let mut slot = row.of;
        for level in 0..self.levels.len() {
            let pair = (slot, ids.get(level).map_or(0, |ids| ids[row.at as usize]));
            slot = match self.levels[level].get(pair) {
                NEW => self.meet(level, pair, columns, rows, row, dates)?,
                found => found,
            };
        }
        Ok(slot)
    }

    #[cold]
    fn meet(
        &mut self,
        level: usize,
        pair: (u32, u32),
        columns: &[Column],
        rows: &Rows,
        row: Row,
        dates: &[Date],
    ) -> Result<u32, Unknown> {
        let last = level + 1 == self.levels.len();
        let found = if last { self.slot(columns, rows, row, dates) } else { self.levels[level].len };
        self.levels[level].insert(pair, found)
    }

    /// The slot of a row whose ids were not seen together before.
    fn slot(&mut self, columns: &[Column], rows: &Rows, Row { at, of: day }: Row, dates: &[Date]) -> u32 {
        let name = self.name(columns, rows, at as usize).map(|name| self.shared(name));
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
        self.all.push(Slot { day, whose, start });
        self.rows.push(0);
        self.caps.push(self.probe.caps.get(&date).copied());
        self.by_name.insert((day, name), slot);
        slot
    }

    fn shared(&mut self, name: UnitKey) -> UnitKey {
        if let Some(known) = self.names.get(&name) {
            return known.clone();
        }
        self.names.insert(name.clone());
        name
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

/// What two ids stand for together: a matrix while it is small, a map beyond.
#[derive(Default)]
struct Pairs {
    len: u32,
    width: usize,
    dense: Vec<u32>,
    sparse: FxHashMap<(u32, u32), u32>,
}

impl Pairs {
    #[inline]
    fn get(&self, (row, column): (u32, u32)) -> u32 {
        match self.dense.get(row as usize * self.width + column as usize) {
            Some(found) => *found,
            None => self.sparse.get(&(row, column)).copied().unwrap_or(NEW),
        }
    }

    /// Makes room for ids below `width`; twice as much each time, so that it happens seldom.
    fn widen(&mut self, width: usize) {
        if width <= self.width {
            return;
        }
        let (old, new) = (self.width.max(1), width.next_power_of_two());
        let rows: Vec<&[u32]> = self.dense.chunks(old).collect();
        let mut dense = Vec::new();
        if rows.len() * new <= MAX_DENSE {
            dense.reserve_exact(rows.len() * new);
            for row in &rows {
                dense.extend_from_slice(row);
                dense.resize(dense.len() + new - row.len(), NEW);
            }
        } else {
            let known =
                rows.iter().enumerate().flat_map(|(n, row)| row.iter().enumerate().map(move |(c, f)| (n, c, *f)));
            self.sparse.extend(known.filter(|(.., f)| *f != NEW).map(|(n, c, f)| ((n as u32, c as u32), f)));
        }
        (self.dense, self.width) = (dense, new);
    }

    fn insert(&mut self, (row, column): (u32, u32), found: u32) -> Result<u32, Unknown> {
        if self.len as usize >= MAX_PAIRS {
            let text = format!("more than {MAX_PAIRS} different units; check spec.unit, or narrow spec.dates");
            return Err(Unknown::new(UnknownReason::ProbeBudget, text));
        }
        self.len += 1;
        let end = (row as usize + 1) * self.width;
        if end <= MAX_DENSE && self.dense.len() < end && self.sparse.is_empty() {
            self.dense.resize(end, NEW);
        }
        match self.dense.get_mut(row as usize * self.width + column as usize) {
            Some(place) => *place = found,
            None => _ = self.sparse.insert((row, column), found),
        }
        Ok(found)
    }
}
