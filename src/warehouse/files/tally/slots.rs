//! Which date and unit a row belongs to: a slot, found by the ids of the row's values, column by column.

use rustc_hash::FxHashMap;

use super::select::Row;
use super::stretches::Stretches;
use crate::domain::dates::{Date, Timestamp};
use crate::domain::probe::{MAX_UNITS_PER_DATE, Probe, UnitForm, UnitKey, WHOLE_DATE, unit_key};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::files::column::Column;
use crate::warehouse::files::rows::Rows;
use crate::warehouse::files::scan::Needs;
use crate::warehouse::value::datum::Datum;

/// More different units than this in one read are a wrong mapping: the read fails, which bounds its memory.
const MAX_PAIRS: usize = 4_000_000;
/// The size of a stretch of pairs, and of all together: 8 MiB. Pairs beyond that are found by a hash.
const LONGEST: u32 = 1 << 13;
const MAX_NEAR: usize = 1 << 21;
/// A pair that was not found yet.
const NEW: u32 = u32::MAX;

/// What the rows of a slot belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// A unit.
    Unit(UnitKey),
    /// No unit: the value is blank or malformed.
    Blank,
    /// A unit beyond [`MAX_UNITS_PER_DATE`].
    Overflow,
}

/// A date, and what its rows belong to.
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
    names: Names,
    /// By day and name.
    by_name: FxHashMap<(u32, u32), u32>,
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
            UnitForm::Split { column, .. } => vec![needs.whole(column)],
        };
        let levels = (0..unit.len().max(1)).map(|_| Pairs::default()).collect();
        let (by_name, names, units_of) = (FxHashMap::default(), Names::default(), Vec::new());
        Self { probe, unit, levels, by_name, names, units_of, all: Vec::new(), caps: Vec::new(), rows: Vec::new() }
    }

    /// Turns the day of each row into its slot, and counts it.
    pub fn find(&mut self, columns: &[Column], rows: &Rows, picked: &mut [Row], dates: &[Date]) -> Result<(), Unknown> {
        let ids: Vec<&[u32]> = self.unit.iter().map(|column| rows.ids(*column)).collect();
        let place = |slots: &mut Self, row| slots.place(&ids, columns, row, dates);
        match *ids.as_slice() {
            [] => self.find_by(picked, |_| (), place),
            [a] => self.find_by(picked, |row| a[row], place),
            [a, b] => self.find_by(picked, |row| (a[row], b[row]), place),
            // Units of this many columns are few: each row is looked up.
            _ => self.find_by(picked, |row| row, place),
        }
    }

    /// Rows of one unit are mostly adjacent: a row that equals the preceding one has its slot.
    fn find_by<T: PartialEq>(
        &mut self,
        picked: &mut [Row],
        ids: impl Fn(usize) -> T,
        place: impl Fn(&mut Self, Row) -> Result<u32, Unknown>,
    ) -> Result<(), Unknown> {
        let (mut before, mut slot, mut alike) = (None, 0, 0);
        for row in picked {
            let own = Some((row.of, ids(row.at as usize)));
            if own != before {
                self.count(slot, std::mem::take(&mut alike));
                (slot, before) = (place(self, *row)?, own);
            }
            row.of = slot;
            alike += 1;
        }
        self.count(slot, alike);
        Ok(())
    }

    fn count(&mut self, slot: u32, rows: u64) {
        if let Some(counted) = self.rows.get_mut(slot as usize) {
            *counted += rows;
        }
    }

    /// The slot of a row, found column by column.
    fn place(&mut self, ids: &[&[u32]], columns: &[Column], row: Row, dates: &[Date]) -> Result<u32, Unknown> {
        let mut slot = row.of;
        for level in 0..self.levels.len() {
            let pair = (slot, ids.get(level).map_or(0, |ids| ids[row.at as usize]));
            slot = match self.levels[level].get(pair) {
                NEW => self.meet(level, pair, ids, columns, row, dates)?,
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
        ids: &[&[u32]],
        columns: &[Column],
        row: Row,
        dates: &[Date],
    ) -> Result<u32, Unknown> {
        let last = level + 1 == self.levels.len();
        let found = if last { self.slot(ids, columns, row, dates) } else { self.levels[level].len };
        self.levels[level].insert(pair, found)
    }

    /// The slot of a row whose ids are a new combination.
    fn slot(&mut self, ids: &[&[u32]], columns: &[Column], Row { at, of: day }: Row, dates: &[Date]) -> u32 {
        let text =
            |ids: &[u32]| unit_name(self.probe, ids.iter().zip(&self.unit).map(|(id, at)| columns[*at].value(*id)));
        let name = self.names.of(ids.iter().map(|ids| ids[at as usize]), text);
        if let Some(slot) = self.by_name.get(&(day, name)) {
            return *slot;
        }
        self.units_of.resize(dates.len(), 0);
        let units = &mut self.units_of[day as usize];
        let whose = match &self.names.all[name as usize] {
            None => Whose::Blank,
            Some(_) if *units >= MAX_UNITS_PER_DATE => Whose::Overflow,
            Some(name) => {
                *units += 1;
                Whose::Unit(name.clone())
            }
        };
        let date = dates[day as usize];
        let named = self.names.all[name as usize].as_ref();
        let start = named.and_then(|name| self.probe.starts.get(&date)?.get(name)).copied();
        let slot = self.all.len() as u32;
        self.all.push(Slot { day, whose, start });
        self.rows.push(0);
        self.caps.push(self.probe.caps.get(&date).copied());
        self.by_name.insert((day, name), slot);
        slot
    }
}

/// The names of units. Each is made and stored once, however many dates and rows have it.
#[derive(Default)]
struct Names {
    /// `None` for a blank or malformed value.
    all: Vec<Option<UnitKey>>,
    by_ids: FxHashMap<Vec<u32>, u32>,
    /// Different ids can have one name.
    by_name: FxHashMap<Option<UnitKey>, u32>,
    asked: Vec<u32>,
}

impl Names {
    /// The index of the name of these ids.
    fn of(&mut self, ids: impl Iterator<Item = u32>, make: impl FnOnce(&[u32]) -> Option<UnitKey>) -> u32 {
        self.asked.clear();
        self.asked.extend(ids);
        if let Some(place) = self.by_ids.get(&self.asked) {
            return *place;
        }
        let name = make(&self.asked);
        let place = *self.by_name.entry(name.clone()).or_insert(self.all.len() as u32);
        if place as usize == self.all.len() {
            self.all.push(name);
        }
        self.by_ids.insert(self.asked.clone(), place);
        place
    }
}

/// The name of the unit whose columns have these values.
fn unit_name<'a>(probe: &Probe, mut values: impl Iterator<Item = Option<&'a Datum>>) -> Option<UnitKey> {
    let question = &probe.question;
    let alias = |v: &str| question.aliases.get(v).cloned().unwrap_or_else(|| v.to_string());
    let mut names: Vec<String> = match &question.unit {
        UnitForm::Whole => return Some(WHOLE_DATE.into()),
        UnitForm::Columns { .. } => values.map(|value| Some(alias(&value?.text()))).collect::<Option<_>>()?,
        UnitForm::Split { separator, parts, .. } => {
            let value = values.next()??.text();
            let pieces: Vec<&str> = value.split(separator.as_str()).collect();
            let piece = |n: &u8| pieces.get(usize::from(*n).checked_sub(1)?).map(|p| alias(p));
            parts.iter().map(piece).collect::<Option<_>>()?
        }
    };
    if matches!(question.unit, UnitForm::Columns { any_order: true, .. }) {
        names.sort_unstable();
    }
    unit_key(names.iter().map(String::as_str))
}

/// What a pair of ids means.
struct Pairs {
    len: u32,
    near: Stretches<u32>,
    /// Pairs that do not fit there.
    sparse: FxHashMap<(u32, u32), u32>,
}

impl Default for Pairs {
    fn default() -> Self {
        Self { len: 0, near: Stretches::new(NEW, LONGEST, MAX_NEAR), sparse: FxHashMap::default() }
    }
}

impl Pairs {
    #[inline]
    fn get(&self, (row, column): (u32, u32)) -> u32 {
        match self.near.get(row, column) {
            Some(found) => *found,
            None => self.sparse.get(&(row, column)).copied().unwrap_or(NEW),
        }
    }

    fn insert(&mut self, (row, column): (u32, u32), found: u32) -> Result<u32, Unknown> {
        if self.len as usize >= MAX_PAIRS {
            let text = format!("more than {MAX_PAIRS} different units; check spec.unit, or narrow spec.dates");
            return Err(Unknown::new(UnknownReason::ProbeBudget, text));
        }
        self.len += 1;
        match self.near.place(row, column) {
            Some(place) => *place = found,
            None => _ = self.sparse.insert((row, column), found),
        }
        Ok(found)
    }
}
