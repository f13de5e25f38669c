//! Accounts at providers that fillers draw on: their money, their slots and their health.

use alloc::sync::Arc;

use jiff::tz::TimeZone;

use super::Key;
use crate::domain::breaker::Trip;

/// An account at a provider, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub key: Key,
    /// The uid of its object.
    pub uid: Arc<str>,
    /// The generation of its object, for `observedGeneration`.
    pub generation: i64,
    /// What its fillers may spend; `None` if that is not limited.
    pub budget: Option<Budget>,
    /// The maximum number of live Jobs that draw on it.
    pub max_jobs: Option<u32>,
    /// The requests per minute that all its live Jobs may make together. Each Job receives its share.
    pub requests_per_minute: Option<u32>,
    /// When its breaker opens, and for how long.
    pub trip: Trip,
    /// Whether nothing is launched on it.
    pub suspend: bool,
}

/// What the fillers of a source may spend in one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    pub credits: u64,
    pub per: Per,
    /// The zone in which a window begins at midnight.
    pub zone: TimeZone,
    /// The part of the credits that history may not use: it is kept for yesterday and later.
    pub reserve: u64,
}

/// How long a budget's window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    Day,
    Month,
}

/// The credits that filling a date costs on a rung.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub per_date: u64,
    /// For each missing unit of the date; for each expected one where a complete date is filled again.
    pub per_unit: u64,
}

impl Budget {
    /// Whether another one has the same windows.
    pub fn has_windows_of(&self, other: &Self) -> bool {
        self.per == other.per && self.zone == other.zone
    }
}

impl Source {
    /// The requests per minute that each of its Jobs may make; 0 if that is not limited.
    pub fn share(&self) -> u32 {
        let all = self.requests_per_minute.unwrap_or(0);
        all / self.max_jobs.unwrap_or(1).max(1)
    }
}

impl Cost {
    /// The cost of a date with so many units to fill.
    pub fn of(self, units: u64) -> u64 {
        self.per_date.saturating_add(self.per_unit.saturating_mul(units))
    }
}
