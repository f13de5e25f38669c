//! How many bytes a warehouse may still read: by one read, and by all reads of a UTC day. Whatever engine reads asks here
//! before it does, so that a limit is never passed and what did not fit is Unknown, never a gap.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::dates::{Date, Timestamp};
use crate::domain::verdict::{Unknown, UnknownReason};

/// A UTC day, and what its reads have taken or may still take.
pub type Spent = (Date, u64);

/// The bytes of one warehouse. Of two processes each counts for itself.
#[derive(Debug)]
pub struct Budget {
    per_query: u64,
    per_day: u64,
    spent: Mutex<Spent>,
}

impl Budget {
    /// With nothing spent.
    pub fn new(per_query: u64, per_day: u64) -> Self {
        Self::after((Date::MIN, 0), per_query, per_day)
    }

    /// With this spent already.
    pub fn after(spent: Spent, per_query: u64, per_day: u64) -> Self {
        Self { per_query, per_day, spent: Mutex::new(spent) }
    }

    /// What one read may take.
    pub fn per_query(&self) -> u64 {
        self.per_query
    }

    /// What is spent.
    pub fn spent(&self) -> Spent {
        *self.spending()
    }

    /// Other limits, and what was spent already.
    #[must_use]
    pub fn with_limits(&self, per_query: u64, per_day: u64) -> Self {
        Self::after(self.spent(), per_query, per_day)
    }

    /// Sets bytes aside for a read, or says which limit forbids it.
    pub fn take(&self, table: &str, bytes: u64, now: Timestamp) -> Result<Taken<'_>, Unknown> {
        let refused = |most: u64, limit: &str, until: &str| {
            let text = format!(
                "table `{table}`: this read needs {}, more than {} {limit}; raise it, narrow spec.dates{until}",
                size(bytes),
                size(most)
            );
            Unknown::new(UnknownReason::ProbeBudget, text)
        };
        if bytes > self.per_query {
            let limit = "of the Warehouse's limits.maxBytesPerQuery";
            return Err(refused(self.per_query, limit, " or split the coverage"));
        }
        let day = now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let mut spent = self.spending();
        if spent.0 != day {
            *spent = (day, 0);
        }
        let left = self.per_day.saturating_sub(spent.1);
        if bytes > left {
            let limit = format!("left today of {}, the Warehouse's limits.maxBytesPerDay", size(self.per_day));
            return Err(refused(left, &limit, " or wait for the next day in UTC"));
        }
        spent.1 += bytes;
        Ok(Taken { budget: self, day, bytes })
    }

    fn spending(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes that were set aside. What is dropped stays spent.
#[derive(Debug)]
pub struct Taken<'a> {
    budget: &'a Budget,
    day: Date,
    bytes: u64,
}

impl Taken<'_> {
    /// The read took no more than this: the rest is given back.
    pub fn used(self, bytes: u64) {
        let mut spent = self.budget.spending();
        if spent.0 == self.day {
            spent.1 -= self.bytes.saturating_sub(bytes).min(spent.1);
        }
    }
}

/// A number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = UNITS.iter().find(|(unit, _)| bytes >= *unit);
    unit.map_or_else(|| format!("{bytes} bytes"), |(unit, name)| format!("{:.1} {name}", bytes as f64 / *unit as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_gives_what_it_has_and_the_next_one_begins_anew() {
        let budget = Budget::new(60, 100);
        let (today, tomorrow) = (at("2025-11-14T10:00:00Z"), at("2025-11-15T00:00:00Z"));
        budget.take("t", 60, today).unwrap().used(50);
        let why = budget.take("t", 51, today).unwrap_err();
        assert_eq!(why.reason, UnknownReason::ProbeBudget);
        assert_eq!(
            why.text,
            "table `t`: this read needs 51 bytes, more than 50 bytes left today of 100 bytes, the Warehouse's \
             limits.maxBytesPerDay; raise it, narrow spec.dates or wait for the next day in UTC"
        );
        let whole = budget.take("t", 50, today).unwrap();
        assert!(budget.take("t", 1, today).is_err(), "what is set aside is nobody else's");
        whole.used(50);
        assert!(budget.with_limits(60, 100).take("t", 1, today).is_err(), "what was spent stays spent");
        assert!(budget.take("t", 60, tomorrow).is_ok());
    }

    #[test]
    fn one_read_may_take_no_more_than_its_own_limit() {
        let why = Budget::new(2 << 30, u64::MAX).take("nba_raw.props", 3 << 30, Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(
            why.text,
            "table `nba_raw.props`: this read needs 3.0 GiB, more than 2.0 GiB of the Warehouse's \
             limits.maxBytesPerQuery; raise it, narrow spec.dates or split the coverage"
        );
    }
}
