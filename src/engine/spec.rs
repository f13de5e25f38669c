//! What the engine keeps complete, and within which limits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;

use crate::domain::policy::{Coverage, DateOrders, Key, Season, Source, Stalled, Table};
use crate::domain::span::Span;

/// Everything that people want, parsed. A changed spec replaces the whole.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    pub seasons: Vec<Season>,
    pub coverages: Vec<Coverage>,
    pub sources: Vec<Source>,
    /// What people want of single dates, per season.
    pub orders: BTreeMap<Key, DateOrders>,
    /// Coverages whose spec is invalid.
    pub stalled: Vec<Stalled>,
    /// Namespaces in which nothing is launched.
    pub launches_off: BTreeSet<Arc<str>>,
}

impl Spec {
    /// Every table that is read, with the namespace that reads it.
    pub fn tables(&self) -> BTreeSet<(&Arc<str>, &Table)> {
        let schedules = self
            .seasons
            .iter()
            .filter_map(|season| season.schedule.as_ref().map(|schedule| (&season.key.namespace, &schedule.table)));
        schedules.chain(self.coverages.iter().map(|own| (&own.key.namespace, &own.table))).collect()
    }
}

/// The limits of one installation.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Live Jobs of all coverages at most.
    pub max_jobs: u32,
    /// Whether anything is launched at all.
    pub launches: bool,
    /// The step of slow start; zero for none.
    pub slow_start: Span,
    /// How often live Jobs are looked at.
    pub job_poll: SignedDuration,
    /// How often tables are looked at.
    pub cadence: Cadence,
    /// The shortest time between two writes of a coverage's view, unless its ledger is written; `None` where views are not
    /// stored.
    pub report_every: Option<SignedDuration>,
}

/// How often a table is checked for changes, by its newest expected date. A mark is cheap; still, a season of five years
/// ago need not be checked every minute.
#[derive(Clone, Copy, Debug)]
pub struct Cadence {
    /// A date is due within two days.
    pub hot: Span,
    /// Younger than thirty days.
    pub warm: Span,
    /// Older.
    pub cold: Span,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_jobs: 20,
            launches: true,
            slow_start: Span::minutes(1),
            job_poll: SignedDuration::from_secs(1),
            cadence: Cadence { hot: Span::minutes(1), warm: Span::hours(1), cold: Span::hours(24) },
            report_every: None,
        }
    }
}
