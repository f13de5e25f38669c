//! Counting rows for one probe: per date, per unit, per measure. Everything that depends on a value alone is worked
//! out once per value.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::column::{Column, Memo, NULL};
use super::datum::satisfies;
use super::parts::Part;
use super::read::Rows;
use super::scan::Needs;
use crate::domain::dates::{Date, Timestamp};
use crate::domain::probe::Test;
use crate::domain::probe::{
    DateFacts, Filter, MAX_UNITS_PER_DATE, Measured, Of, Probe, Reading, UnitFacts, UnitForm, UnitKey, Value,
    WHOLE_DATE, unit_key,
};
use crate::domain::verdict::{Unknown, UnknownReason};

/// A condition on a column: worked out once per value.
struct Condition<'a> {
    at: usize,
    test: std::borrow::Cow<'a, Test>,
    memo: Memo<bool>,
}

impl<'a> Condition<'a> {
    fn filter(filter: &'a Filter, needs: &mut Needs) -> Self {
        Self { at: needs.column(&filter.column), test: std::borrow::Cow::Borrowed(&filter.test), memo: Memo::default() }
    }

    fn equals(column: &str, value: &Value, needs: &mut Needs) -> Self {
        let test = std::borrow::Cow::Owned(Test::Equals(value.clone()));
        Self { at: needs.column(column), test, memo: Memo::default() }
    }

    fn holds(&self, columns: &[Column], rows: &Rows, row: usize) -> Result<bool, Unknown> {
        let id = rows.ids[self.at][row];
        let column = &columns[self.at];
        self.memo.get(id, || {
            satisfies(column.value(id), &self.test).map_err(|found| {
                let text =
                    format!("column `{}` is of type {found}, and a filter compares it with another type", column.name);
                Unknown::new(UnknownReason::SchemaMismatch, text)
            })
        })
    }
}

fn all(conditions: &[Condition<'_>], columns: &[Column], rows: &Rows, row: usize) -> Result<bool, Unknown> {
    for condition in conditions {
        if !condition.holds(columns, rows, row)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// One measure, and what it has counted so far per slot.
struct Gauge<'a> {
    only: Vec<Condition<'a>>,
    of: Kind,
}

enum Kind {
    Rows(Vec<u64>),
    Distinct(usize, FxHashSet<(u32, u32)>, Vec<u64>),
    Newest(usize, Memo<Option<Timestamp>>, Vec<Option<Timestamp>>),
}

/// A date and one of its units.
struct Slot {
    rows: u64,
    start: Option<Timestamp>,
    cap: Option<Timestamp>,
}

/// What a date amounts to besides its units.
#[derive(Default)]
struct Day {
    rows: u64,
    blank: u64,
    overflow: bool,
    shares: Vec<u64>,
    keys: Option<FxHashSet<Box<[u32]>>>,
    packed: Option<FxHashSet<u128>>,
    surplus: u64,
    units: FxHashMap<u32, u32>,
}

/// The counts of one probe.
pub(super) struct Tally<'a> {
    probe: &'a Probe,
    date: usize,
    dates: Memo<Option<Date>>,
    filters: Vec<Condition<'a>>,
    unit: Vec<usize>,
    unit_ids: FxHashMap<Box<[u32]>, Option<u32>>,
    last_unit: Option<(Vec<u32>, Option<u32>)>,
    unit_names: Vec<UnitKey>,
    unit_by_name: FxHashMap<UnitKey, u32>,
    before: Option<(usize, Memo<Option<Timestamp>>)>,
    gauges: Vec<Gauge<'a>>,
    unique: Vec<usize>,
    shares: Vec<Vec<Condition<'a>>>,
    days: FxHashMap<Date, Day>,
    slots: Vec<Slot>,
    null_dates: u64,
}

impl<'a> Tally<'a> {
    pub fn new(probe: &'a Probe, needs: &mut Needs) -> Self {
        let question = &probe.question;
        let unit = match &question.unit {
            UnitForm::Whole => Vec::new(),
            UnitForm::Columns { columns, .. } => columns.iter().map(|c| needs.column(c)).collect(),
            UnitForm::Split { column, .. } => vec![needs.column(column)],
        };
        let gauges = question.measures.iter().map(|m| Gauge {
            only: m.only.iter().map(|(c, v)| Condition::equals(c, v, needs)).collect(),
            of: match &m.of {
                Of::Rows => Kind::Rows(Vec::new()),
                Of::Distinct(c) => Kind::Distinct(needs.column(c), FxHashSet::default(), Vec::new()),
                Of::Newest(c) => Kind::Newest(needs.column(c), Memo::default(), Vec::new()),
            },
        });
        let gauges = gauges.collect();
        Self {
            probe,
            date: needs.column(&question.date.column),
            dates: Memo::default(),
            filters: question.filters.iter().map(|f| Condition::filter(f, needs)).collect(),
            unit,
            unit_ids: FxHashMap::default(),
            last_unit: None,
            unit_names: Vec::new(),
            unit_by_name: FxHashMap::default(),
            before: question.before.as_ref().map(|c| (needs.column(c), Memo::default())),
            gauges,
            unique: question.unique.iter().map(|c| needs.column(c)).collect(),
            shares: question.shares.iter().map(|fs| fs.iter().map(|f| Condition::filter(f, needs)).collect()).collect(),
            days: FxHashMap::default(),
            slots: Vec::new(),
            null_dates: 0,
        }
    }

    /// Counts some rows.
    pub fn rows(&mut self, columns: &[Column], rows: &Rows, part: &Part) -> Result<(), Unknown> {
        for row in 0..rows.len {
            if !all(&self.filters, columns, rows, row)? {
                continue;
            }
            match self.date_of(columns, rows.ids[self.date][row], part)? {
                None => self.null_dates += 1,
                Some(date) if self.probe.dates.contains(date) => self.row(columns, rows, row, date)?,
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn date_of(&self, columns: &[Column], id: u32, part: &Part) -> Result<Option<Date>, Unknown> {
        if id == NULL {
            return Ok(None);
        }
        let column = &columns[self.date];
        self.dates.get(id, || {
            let date = column.value(id).map(|datum| datum.date(&self.probe.question.date.reading)).transpose();
            date.map_err(|why| {
                let text = format!("date column `{}` of part `{}` {why}", column.name, part.name);
                Unknown::new(UnknownReason::SchemaMismatch, text)
            })
        })
    }

    fn row(&mut self, columns: &[Column], rows: &Rows, row: usize, date: Date) -> Result<(), Unknown> {
        let unit = self.unit_of(columns, rows, row);
        let shares = self.shares.len();
        let day = self.days.entry(date).or_default();
        day.rows += 1;
        day.shares.resize(shares, 0);
        for (count, conditions) in day.shares.iter_mut().zip(&self.shares) {
            *count += u64::from(all(conditions, columns, rows, row)?);
        }
        if !self.unique.is_empty() {
            day.key(&self.unique, rows, row);
        }
        let Some(unit) = unit else {
            day.blank += 1;
            return Ok(());
        };
        let slot = match day.units.get(&unit) {
            Some(slot) => *slot,
            None if day.units.len() >= MAX_UNITS_PER_DATE => {
                day.overflow = true;
                return Ok(());
            }
            None => {
                let slot = self.slots.len() as u32;
                day.units.insert(unit, slot);
                self.slots.push(Slot::new(self.probe, date, &self.unit_names[unit as usize]));
                slot
            }
        };
        self.measure(columns, rows, row, slot)
    }

    fn measure(&mut self, columns: &[Column], rows: &Rows, row: usize, at: u32) -> Result<(), Unknown> {
        let slot = &mut self.slots[at as usize];
        slot.rows += 1;
        if let Some((column, memo)) = &self.before {
            let id = rows.ids[*column][row];
            let instant =
                memo.get(id, || Ok::<_, Unknown>(columns[*column].value(id).and_then(super::datum::Datum::instant)))?;
            if instant.zip(slot.start).is_none_or(|(at, start)| at >= start) {
                return Ok(());
            }
        }
        for gauge in &mut self.gauges {
            if all(&gauge.only, columns, rows, row)? {
                gauge.of.count(columns, rows, row, at, slot.cap)?;
            }
        }
        Ok(())
    }

    /// The unit of a row; nothing when a value is blank or malformed.
    fn unit_of(&mut self, columns: &[Column], rows: &Rows, row: usize) -> Option<u32> {
        if let Some((last, unit)) = &self.last_unit
            && last.iter().zip(&self.unit).all(|(id, at)| *id == rows.ids[*at][row])
        {
            return *unit;
        }
        let ids: Vec<u32> = self.unit.iter().map(|at| rows.ids[*at][row]).collect();
        let unit = match self.unit_ids.get(ids.as_slice()) {
            Some(known) => *known,
            None => {
                let unit = self.name(columns, &ids).map(|name| self.unit_id(name));
                self.unit_ids.insert(ids.clone().into(), unit);
                unit
            }
        };
        self.last_unit = Some((ids, unit));
        unit
    }

    fn unit_id(&mut self, name: UnitKey) -> u32 {
        let next = self.unit_names.len() as u32;
        let names = &mut self.unit_names;
        *self.unit_by_name.entry(name).or_insert_with_key(|name| {
            names.push(name.clone());
            next
        })
    }

    fn name(&self, columns: &[Column], ids: &[u32]) -> Option<UnitKey> {
        let text = |n: usize| columns[self.unit[n]].value(ids[n]).map(super::datum::Datum::text);
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

    /// Dates that no part ahead can hold give back the memory of their keys.
    pub fn close(&mut self, is_closed: impl Fn(Date) -> bool) {
        let open = |d: &Day| d.keys.is_some() || d.packed.is_some();
        for (_, day) in self.days.iter_mut().filter(|(d, day)| open(day) && is_closed(**d)) {
            (day.keys, day.packed) = (None, None);
        }
    }

    /// The answer.
    pub fn finish(mut self) -> Reading {
        let mut dates = BTreeMap::new();
        for date in self.probe.dates.iter() {
            let day =
                self.days.remove(&date).unwrap_or_else(|| Day { shares: vec![0; self.shares.len()], ..Day::default() });
            let units =
                day.units.iter().map(|(unit, slot)| (self.unit_names[*unit as usize].clone(), self.unit_facts(*slot)));
            let facts = DateFacts {
                rows: day.rows,
                blank: day.blank,
                units: units.collect(),
                overflow: day.overflow,
                surplus: day.surplus,
                shares: day.shares,
            };
            dates.insert(date, Ok(facts));
        }
        Reading { dates, null_dates: self.null_dates }
    }

    fn unit_facts(&self, slot: u32) -> UnitFacts {
        let at = slot as usize;
        let measured = |g: &Gauge<'_>| match &g.of {
            Kind::Rows(n) | Kind::Distinct(_, _, n) => Measured::Count(n.get(at).copied().unwrap_or(0)),
            Kind::Newest(_, _, newest) => Measured::Newest(newest.get(at).copied().flatten()),
        };
        UnitFacts { rows: self.slots[at].rows, measures: self.gauges.iter().map(measured).collect() }
    }
}

impl Slot {
    fn new(probe: &Probe, date: Date, unit: &UnitKey) -> Self {
        let start = probe.starts.get(&date).and_then(|units| units.get(unit)).copied();
        Self { rows: 0, start, cap: probe.caps.get(&date).copied() }
    }
}

impl Day {
    /// Counts a key. Ids stand for values exactly, so equal ids are equal keys: nothing is left to a hash.
    fn key(&mut self, unique: &[usize], rows: &Rows, row: usize) {
        let new = if unique.len() <= 4 {
            let key = unique.iter().fold(0, |key: u128, at| (key << 32) | u128::from(rows.ids[*at][row]));
            self.packed.get_or_insert_default().insert(key)
        } else {
            let key: Box<[u32]> = unique.iter().map(|at| rows.ids[*at][row]).collect();
            self.keys.get_or_insert_default().insert(key)
        };
        self.surplus += u64::from(!new);
    }
}

impl Kind {
    fn count(
        &mut self,
        columns: &[Column],
        rows: &Rows,
        row: usize,
        slot: u32,
        cap: Option<Timestamp>,
    ) -> Result<(), Unknown> {
        let at = slot as usize;
        match self {
            Self::Rows(counts) => {
                grow(counts, at);
                counts[at] += 1;
            }
            Self::Distinct(column, seen, counts) => {
                let id = rows.ids[*column][row];
                if id != NULL && seen.insert((slot, id)) {
                    grow(counts, at);
                    counts[at] += 1;
                }
            }
            Self::Newest(column, memo, newest) => {
                let id = rows.ids[*column][row];
                let instant = memo
                    .get(id, || Ok::<_, Unknown>(columns[*column].value(id).and_then(super::datum::Datum::instant)))?;
                let capped = instant.filter(|at| cap.is_none_or(|cap| *at <= cap));
                grow(newest, at);
                newest[at] = newest[at].max(capped);
            }
        }
        Ok(())
    }
}

fn grow<T: Default + Clone>(values: &mut Vec<T>, at: usize) {
    if values.len() <= at {
        values.resize(at + 1, T::default());
    }
}
