//! What a read costs: BigQuery bills at least 10 MiB for each table of a query, then whole MiB. An estimate, once made, serves
//! the same statement for as many dates or fewer; a cap in the job protects from its errors.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::wire::Meta;
use crate::domain::mark::stable_hash;
use crate::warehouse::sql::bound::Statement;

const MIB: u64 = 1 << 20;
/// The least that is billed for a table.
const LEAST: u64 = 10 * MIB;
/// When more are known, all are forgotten.
const MAX_ESTIMATES: usize = 10_000;

/// What BigQuery bills for a query that processes these bytes of so many tables.
pub(super) fn billed(processed: u64, tables: u64) -> u64 {
    if processed == 0 { 0 } else { capped(processed, tables) }
}

/// The least cap with which such a query is run at all.
fn capped(processed: u64, tables: u64) -> u64 {
    processed.div_ceil(MIB).saturating_mul(MIB).max(LEAST.saturating_mul(tables.max(1)))
}

/// What a dry run says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Estimate {
    /// `None` where row policies hide it.
    pub bytes: Option<u64>,
    pub tables: u64,
}

impl Estimate {
    /// What to set aside, of a budget that gives at most `most` to one read. Where the bytes are hidden it is the whole table.
    pub fn set_aside(self, meta: &Meta, most: u64) -> u64 {
        let hidden = || meta.num_bytes.0.max(1).min(most);
        capped(self.bytes.unwrap_or_else(hidden), self.tables)
    }

    /// The same for a later run, as a guess: what was added since may be in the dates of that run.
    pub fn guessed(self, meta: &Meta, most: u64) -> u64 {
        let double = Self { bytes: self.bytes.map(|bytes| bytes.saturating_mul(2)), ..self };
        // A guess above the limit would be refused, although the truth may be below.
        double.set_aside(meta, most).min(most.max(self.set_aside(meta, most)))
    }
}

/// The estimates of statements, by their text.
#[derive(Debug, Default)]
pub(super) struct Estimates(Mutex<BTreeMap<u64, Known>>);

#[derive(Clone, Copy, Debug)]
struct Known {
    estimate: Estimate,
    /// The dates for which it was made.
    days: u64,
    /// The bytes of the table by then.
    size: u64,
}

impl Estimates {
    fn known(&self) -> MutexGuard<'_, BTreeMap<u64, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An earlier estimate, if it still says something about this run.
    pub fn get(&self, statement: &Statement, meta: &Meta) -> Option<Estimate> {
        let known = *self.known().get(&key(statement))?;
        let fits = days(statement) <= known.days && meta.num_bytes.0 <= known.size.saturating_mul(2);
        fits.then_some(known.estimate)
    }

    pub fn put(&self, statement: &Statement, meta: &Meta, estimate: Estimate) {
        let mut all = self.known();
        if all.len() >= MAX_ESTIMATES {
            all.clear();
        }
        let known = Known { estimate, days: days(statement), size: meta.num_bytes.0 };
        all.insert(key(statement), known);
    }

    pub fn forget(&self, statement: &Statement) {
        self.known().remove(&key(statement));
    }
}

/// Statements that differ only in the numbers of their placeholders cost the same: equal values are bound once.
fn key(statement: &Statement) -> u64 {
    let mut pieces = statement.text.split("@p");
    let first = pieces.next();
    let others = pieces.map(|piece| piece.trim_start_matches(|c: char| c.is_ascii_digit()));
    stable_hash(&first.into_iter().chain(others).collect::<Vec<_>>())
}

fn days(statement: &Statement) -> u64 {
    let days = || statement.dates.iter().map(|range| u64::from(range.days())).sum();
    if statement.dates.is_empty() { u64::MAX } else { days() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dates::{DateRange, shift};

    fn statement(days: i32) -> Statement {
        let from = jiff::civil::date(2025, 10, 21);
        let dates = DateRange::new(from, shift(from, days - 1)).into_iter().collect();
        Statement { text: "SELECT 1".into(), bound: Vec::new(), columns: Vec::new(), dates }
    }

    fn table(bytes: u64) -> Meta {
        let text = format!(r#"{{"type":"TABLE","creationTime":"1","lastModifiedTime":"1","numBytes":"{bytes}"}}"#);
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn ten_mebibytes_a_table_are_the_least_and_then_whole_ones_are_billed() {
        assert_eq!([billed(0, 1), billed(1, 1), billed(1, 3)], [0, 10 * MIB, 30 * MIB]);
        assert_eq!([billed(10 * MIB + 1, 1), billed(12 * MIB, 1)], [11 * MIB, 12 * MIB]);
    }

    #[test]
    fn hidden_bytes_are_the_whole_table_or_all_that_a_read_may_cost() {
        let hidden = Estimate { bytes: None, tables: 1 };
        assert_eq!(hidden.set_aside(&table(50 * MIB), 100 * MIB), 50 * MIB);
        assert_eq!(hidden.set_aside(&table(500 * MIB), 100 * MIB), 100 * MIB);
    }

    #[test]
    fn the_numbers_of_placeholders_make_no_new_statement() {
        let of = |text: &str| key(&Statement { text: text.into(), ..statement(1) });
        assert_eq!(of("d BETWEEN @p0 AND @p1"), of("d BETWEEN @p0 AND @p0"));
        assert_ne!(of("d BETWEEN @p0 AND @p1"), of("d BETWEEN @p0 AND @p1 OR d IS NULL"));
    }

    #[test]
    fn an_estimate_serves_as_many_dates_or_fewer_until_the_table_has_doubled() {
        let (estimates, estimate) = (Estimates::default(), Estimate { bytes: Some(30 * MIB), tables: 1 });
        estimates.put(&statement(3), &table(100), estimate);
        assert_eq!(estimates.get(&statement(1), &table(200)), Some(estimate));
        assert_eq!(estimates.get(&statement(4), &table(100)), None);
        assert_eq!(estimates.get(&statement(3), &table(201)), None);
        assert_eq!(estimate.guessed(&table(0), 100 * MIB), 60 * MIB);
        assert_eq!(estimate.guessed(&table(0), 40 * MIB), 40 * MIB, "a guess is not refused");
        estimates.forget(&statement(1));
        assert_eq!(estimates.get(&statement(1), &table(100)), None);
    }
}
