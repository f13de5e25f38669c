//! Priorities and reruns of single dates.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Key;
use crate::domain::dates::Date;

/// What a GameDate requests for its date now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DateOrder {
    /// Higher first.
    pub priority: i32,
    /// A new token reruns the named coverages.
    pub rerun: Option<Rerun>,
}

/// A request to rerun a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rerun {
    /// Each token is spent once. A new token is a new request.
    pub token: Arc<str>,
    /// The coverages to rerun. Empty: all of the date.
    pub coverages: Vec<Key>,
}

impl Rerun {
    /// The token, if it applies to a coverage that has not spent it.
    pub fn unspent(&self, coverage: &Key, is_spent: impl FnOnce(&Arc<str>) -> bool) -> Option<&Arc<str>> {
        let named = self.coverages.is_empty() || self.coverages.contains(coverage);
        (named && !self.token.is_empty() && !is_spent(&self.token)).then_some(&self.token)
    }
}

/// The requests for a season's dates.
pub type DateOrders = BTreeMap<Date, DateOrder>;
