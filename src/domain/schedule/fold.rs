//! Turns the rows of a schedule into its units. The newest row of an id counts; void rows and blank units do not.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::domain::dates::{Date, Timestamp};
use crate::domain::probe::{ScheduleReading, ScheduleRow, UnitKey};

/// One unit of the schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    pub key: UnitKey,
    pub values: Arc<[UnitKey]>,
    pub start: Option<Timestamp>,
    /// Whether it is final.
    pub is_final: bool,
}

/// What a season needs from its schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduleFacts {
    /// The units per date, sorted by name. A date without units is absent.
    pub units: BTreeMap<Date, Vec<Scheduled>>,
    /// When the schedule was last updated: the newest `updatedAt`, else the table's modification time.
    pub updated: Option<Timestamp>,
    /// Rows without a date.
    pub null_dates: u64,
    /// Dates on which two ids share a unit name, with the first such unit. A row of a table cannot be assigned to one
    /// of them.
    pub clashes: BTreeMap<Date, Clash>,
}

/// Two ids with the same unit name on one date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    pub unit: UnitKey,
    pub ids: (Arc<str>, Arc<str>),
}

/// Folds the rows of a schedule. The result does not depend on their order.
pub fn fold(reading: &ScheduleReading) -> ScheduleFacts {
    let mut units: BTreeMap<Date, BTreeMap<UnitKey, &ScheduleRow>> = BTreeMap::new();
    let rows: Vec<&ScheduleRow> = newest_rows(&reading.rows).into_iter().filter(|r| !r.void).collect();
    for row in rows.iter().copied() {
        let (Some(date), Some(unit)) = (row.date, row.unit.clone()) else { continue };
        let slot = units.entry(date).or_default().entry(unit).or_insert(row);
        if rank(row) > rank(slot) {
            *slot = row;
        }
    }
    ScheduleFacts {
        clashes: clashes(&rows),
        units: units.into_iter().map(|(d, by_key)| (d, by_key.into_iter().map(scheduled).collect())).collect(),
        updated: reading.rows.iter().filter_map(|r| r.updated).max().or(reading.modified),
        null_dates: reading.rows.iter().filter(|r| r.date.is_none()).count() as u64,
    }
}

/// The first unit of each date that two ids share. Expects one row per id.
fn clashes(rows: &[&ScheduleRow]) -> BTreeMap<Date, Clash> {
    let named = rows.iter().filter_map(|r| Some((r.date?, r.unit.as_ref()?, r.id.as_ref()?)));
    let mut named: Vec<(Date, &UnitKey, &Arc<str>)> = named.collect();
    named.sort_unstable();
    let mut out = BTreeMap::new();
    for pair in named.windows(2) {
        let ((date, unit, id), (next_date, next_unit, next_id)) = (pair[0], pair[1]);
        if (date, unit) == (next_date, next_unit) {
            out.entry(date).or_insert_with(|| Clash { unit: unit.clone(), ids: (id.clone(), next_id.clone()) });
        }
    }
    out
}

/// Every row without an id counts; of each id only the newest row, on whatever date.
fn newest_rows(rows: &[ScheduleRow]) -> Vec<&ScheduleRow> {
    let mut newest: BTreeMap<Arc<str>, &ScheduleRow> = BTreeMap::new();
    let mut out = Vec::new();
    for row in rows {
        let Some(id) = row.id.clone() else {
            out.push(row);
            continue;
        };
        let slot = newest.entry(id).or_insert(row);
        if rank(row) > rank(slot) {
            *slot = row;
        }
    }
    out.extend(newest.into_values());
    out
}

/// What makes a row newer than another. Ties are broken by its content, so that the order of reading does not matter. A
/// void row loses a tie, because a moved game leaves one behind. Then the later date wins, because games move to later
/// dates more often than to earlier ones.
fn rank(row: &ScheduleRow) -> impl Ord + use<'_> {
    (&row.order, row.updated, !row.void, row.date, row.is_final, row.start, &row.unit)
}

fn scheduled((key, row): (UnitKey, &ScheduleRow)) -> Scheduled {
    Scheduled { key, values: row.values.clone(), start: row.start, is_final: row.is_final }
}
