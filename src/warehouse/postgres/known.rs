//! What is known of the tables of a place between two calls: their columns, and the parts of the look before.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::mark::{Holds, stable_hash};
use crate::domain::probe::DateColumn;
use crate::warehouse::sql::schema::Schema;

/// A part of a table: its object, and the dates it can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub oid: u32,
    pub holds: Holds,
}

#[derive(Debug, Default)]
struct Table {
    /// Of the columns at the look before.
    columns: Option<i64>,
    schema: Option<Arc<Schema>>,
    /// By the hash of the date column.
    parts: BTreeMap<u64, Arc<Vec<Part>>>,
}

/// What is known, by the name of the table.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<BTreeMap<String, Table>>);

impl Known {
    fn tables(&self) -> MutexGuard<'_, BTreeMap<String, Table>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The columns, if no look has shown others since they were asked for.
    pub fn schema(&self, table: &str) -> Option<Arc<Schema>> {
        self.tables().get(table)?.schema.clone()
    }

    pub fn keep_schema(&self, table: &str, schema: Arc<Schema>) {
        self.tables().entry(table.into()).or_default().schema = Some(schema);
    }

    /// What a look shows. Columns that have changed must be asked for again.
    pub fn keep_parts(&self, table: &str, date: &DateColumn, columns: i64, parts: Vec<Part>) {
        let mut tables = self.tables();
        let known = tables.entry(table.into()).or_default();
        if known.columns.replace(columns) != Some(columns) {
            known.schema = None;
        }
        known.parts.insert(stable_hash(&format!("{date:?}")), parts.into());
    }

    /// The parts of the table, once for each date column by which it was looked at.
    pub fn parts(&self, table: &str) -> Vec<Arc<Vec<Part>>> {
        self.tables().get(table).map(|known| known.parts.values().cloned().collect()).unwrap_or_default()
    }
}
