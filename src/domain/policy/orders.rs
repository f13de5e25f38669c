//! What people want of single dates.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Key;
use crate::domain::dates::Date;

/// What a person wants of one date now, from its GameDate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DateOrder {
    /// Higher first.
    pub priority: i32,
    /// A new token runs the named coverages once more.
    pub rerun: Option<Rerun>,
}

/// A wish to run a date once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rerun {
    /// Spent once; a new one is a new wish.
    pub token: Arc<str>,
    /// Which coverages; empty: all of the date.
    pub coverages: Vec<Key>,
}

impl Rerun {
    /// The token, where it is a wish for a coverage that has not spent it.
    pub fn unspent(&self, coverage: &Key, is_spent: impl FnOnce(&Arc<str>) -> bool) -> Option<&Arc<str>> {
        let named = self.coverages.is_empty() || self.coverages.contains(coverage);
        (named && !self.token.is_empty() && !is_spent(&self.token)).then_some(&self.token)
    }
}

/// The wishes for a season's dates.
pub type DateOrders = BTreeMap<Date, DateOrder>;
