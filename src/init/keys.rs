//! Which columns are a key within a date, and which values are in every unit.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::bounds::Bounds;
use super::profile::{Profile, is_moment, is_text};
use crate::domain::mark::mix;
use crate::warehouse::files::sample::Sampled;

/// Rows that a key is searched in.
const ROWS: usize = 50_000;
/// Columns that a key is searched among.
const COLUMNS: usize = 8;
/// Numbers with more distinct values are measures, unless they are called otherwise.
const NUMBERS: usize = 400;
/// `contains` takes this many values.
const VALUES: usize = 64;

/// A unique key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub columns: Vec<String>,
    /// How many rows repeat a key that their date has already.
    pub surplus: usize,
}

/// The shortest list of columns that identifies a row within its date. It may fail for one row in 200: that is what a
/// coverage is there to find.
pub(super) fn key(profile: &Profile<'_>) -> Option<Key> {
    if profile.by_date.values().all(|rows| rows.len() < 2) {
        return None;
    }
    let mut columns: Vec<(u8, &Sampled)> = profile.names().filter_map(|column| Some((rank(column)?, column))).collect();
    columns.sort_by_key(|(rank, _)| *rank);
    columns.truncate(COLUMNS);
    let mut sets: Vec<Vec<(u8, &Sampled)>> = Vec::new();
    for mask in 1_u32..1 << columns.len() {
        let set: Vec<_> = (0..columns.len()).filter(|at| mask >> at & 1 == 1).map(|at| columns[at]).collect();
        if set.len() <= 3 && set.iter().any(|(rank, _)| *rank < 3) {
            sets.push(set);
        }
    }
    sets.sort_by_key(|set| (set.len(), set.iter().map(|(rank, _)| u32::from(*rank)).sum::<u32>()));
    let rows = profile.by_date.values().map(Vec::len).sum::<usize>().min(ROWS);
    sets.iter().find_map(|set| {
        let surplus = surplus(profile, set, rows / 200)?;
        Some(Key { columns: set.iter().map(|(_, column)| column.name.clone()).collect(), surplus })
    })
}

impl Key {
    /// The key within one unit: two units of a date may have the same names.
    pub fn within(mut self, unit: &[String]) -> Self {
        if !unit.iter().any(|column| self.columns.contains(column)) {
            self.columns.splice(0..0, unit.first().cloned());
        }
        self
    }
}

/// How likely a column is a part of a key: less is likelier. `None`: it is not.
fn rank(column: &Sampled) -> Option<u8> {
    let name = column.name.to_lowercase();
    let is_id = ["id", "key", "code", "uuid", "lookup", "station", "symbol", "ticker", "name"];
    match () {
        () if column.in_folders => Some(1),
        () if is_id.iter().any(|end| name == *end || name.ends_with(&format!("_{end}"))) => Some(0),
        () if is_text(column) => Some(1),
        () if is_moment(column) => Some(3),
        () => (column.values.len() <= NUMBERS).then_some(2),
    }
}

/// The rows beyond the first of each key within its date; `None` if there are more than this.
fn surplus(profile: &Profile<'_>, set: &[(u8, &Sampled)], most: usize) -> Option<usize> {
    let (mut surplus, mut seen) = (0, 0);
    for rows in profile.by_date.values() {
        let mut keys = FxHashSet::default();
        for row in rows {
            let key = set.iter().fold(0, |hash, (_, column)| mix(hash, u64::from(column.cells[*row])));
            surplus += usize::from(!keys.insert(key));
            if surplus > most {
                return None;
            }
        }
        seen += rows.len();
        if seen > ROWS {
            break;
        }
    }
    Some(surplus)
}

/// Values that are in every unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// These values, each in so many rows at least.
    Contains { column: String, values: Vec<String>, min_rows: u64, seldom: Vec<String>, whole: usize },
    /// So many distinct values.
    Distinct { column: String, min: u64 },
}

impl Repeat {
    /// Whether these values, with a key, leave no other number of rows.
    pub fn implies(&self, bounds: &Bounds) -> bool {
        matches!(self, Self::Contains { values, min_rows, .. }
            if bounds.max == Some(bounds.min) && bounds.min == min_rows * values.len() as u64)
    }
}

/// What repeats in these groups of rows, for columns that the caller takes for names.
pub(super) fn repeats(profile: &Profile<'_>, groups: &[Vec<usize>], is_name: impl Fn(&Sampled) -> bool) -> Vec<Repeat> {
    let mut found: Vec<Repeat> = Vec::new();
    for column in profile.names().filter(|column| is_name(column) && !is_moment(column)) {
        let Some(repeat) = repeat(column, groups) else { continue };
        let is_implied = |other: &Repeat| match (other, &repeat) {
            // A station with 24 rows has all hours.
            (Repeat::Contains { min_rows, .. }, Repeat::Contains { values, .. }) => *min_rows == values.len() as u64,
            _ => false,
        };
        if !found.iter().any(is_implied) {
            found.push(repeat);
        }
    }
    found.truncate(2);
    found
}

fn repeat(column: &Sampled, groups: &[Vec<usize>]) -> Option<Repeat> {
    let counts: Vec<BTreeMap<u32, u64>> = groups.iter().map(|rows| counts(column, rows)).collect();
    let mut presence: BTreeMap<u32, usize> = BTreeMap::new();
    counts.iter().flat_map(BTreeMap::keys).for_each(|value| *presence.entry(*value).or_default() += 1);
    let text = |value: &u32| column.values.get(*value as usize - 1).map_or_else(String::new, |v| v.text.to_string());
    let is_often = |n: usize| n * 4 >= groups.len() * 3;
    let (often, seldom): (Vec<_>, Vec<_>) = presence.iter().partition(|(_, n)| is_often(**n));
    let name = column.name.clone();
    if (2..=VALUES).contains(&often.len()) && seldom.len() <= often.len() / 4 {
        let of_often: Vec<u64> =
            counts.iter().flat_map(|own| often.iter().filter_map(|(value, _)| own.get(value).copied())).collect();
        let whole = counts.iter().filter(|own| often.iter().all(|(value, _)| own.contains_key(value))).count();
        let mut values: Vec<String> = often.iter().map(|(value, _)| text(value)).collect();
        values.sort_by_key(|text| (text.parse::<i64>().unwrap_or(i64::MAX), text.clone()));
        if whole * 5 < groups.len() * 4 {
            return None;
        }
        let seldom = seldom.iter().map(|(value, _)| text(value)).collect();
        return Some(Repeat::Contains { column: name, values, min_rows: usual(of_often), seldom, whole });
    }
    let sizes: Vec<u64> = counts.iter().map(|own| own.len() as u64).collect();
    let size = *sizes.iter().max_by_key(|size| sizes.iter().filter(|other| other == size).count())?;
    let same = sizes.iter().filter(|own| **own == size).count();
    let is_each_row =
        groups.iter().zip(&sizes).filter(|(rows, size)| rows.len() as u64 == **size).count() * 2 > groups.len();
    (size > 1 && same * 20 >= sizes.len() * 19 && !is_each_row).then_some(Repeat::Distinct { column: name, min: size })
}

fn counts(column: &Sampled, rows: &[usize]) -> BTreeMap<u32, u64> {
    let mut counts = BTreeMap::new();
    rows.iter()
        .map(|row| column.cells[*row])
        .filter(|cell| *cell > 0)
        .for_each(|cell| *counts.entry(cell).or_default() += 1);
    counts
}

/// The count of nine in ten; 1 if there is none.
fn usual(mut counts: Vec<u64>) -> u64 {
    counts.sort_unstable();
    let median = counts.get(counts.len() / 2).copied().unwrap_or(1);
    let same = counts.iter().filter(|n| **n == median).count();
    if same * 10 >= counts.len() * 9 { median } else { 1 }
}
