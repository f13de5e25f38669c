//! How many bytes may still be read from a warehouse: by one read, and by all reads of a UTC day. Every engine asks here
//! before it reads. A read that does not fit is Unknown, never a gap.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::usage::Usage;
use crate::domain::dates::{Date, Timestamp};
use crate::domain::verdict::{Unknown, UnknownReason};

/// What makes a read cheaper, if its table is divided by date.
pub(super) const NARROW: &str = "narrow spec.dates";

/// Bytes read by UTC day, the most recently used day last. A day can come twice, for example when a clock is set back over
/// midnight. Its bytes are given out once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent(Vec<(Date, u64)>);

/// This many days are remembered. A clock has to show as many other days before one of them is forgotten.
const MAX_DAYS: usize = 32;

impl Spent {
    /// Bytes by day, the most recently used day last.
    pub fn on(days: Vec<(Date, u64)>) -> Self {
        let beyond = days.len().saturating_sub(MAX_DAYS);
        Self(days.into_iter().skip(beyond).collect())
    }

    /// Bytes by day, the most recently used day last.
    pub fn days(&self) -> &[(Date, u64)] {
        &self.0
    }

    fn of(&self, day: Date) -> u64 {
        self.0.iter().find(|(d, _)| *d == day).map_or(0, |(_, bytes)| *bytes)
    }

    fn set(&mut self, day: Date, bytes: u64) {
        self.0.retain(|(d, _)| *d != day);
        self.0.push((day, bytes));
        if self.0.len() > MAX_DAYS {
            self.0.remove(0);
        }
    }
}

/// The bytes of one warehouse for one namespace. Two processes count separately.
#[derive(Debug)]
pub struct Budget {
    per_query: u64,
    per_day: u64,
    spent: Mutex<Spent>,
    usage: Arc<Usage>,
}

impl Budget {
    /// A budget with nothing spent.
    pub fn new(per_query: u64, per_day: u64) -> Self {
        Self::after(Spent::default(), per_query, per_day)
    }

    /// A budget of which this is already spent.
    pub fn after(spent: Spent, per_query: u64, per_day: u64) -> Self {
        Self { per_query, per_day, spent: Mutex::new(spent), usage: Arc::default() }
    }

    /// The limit of one read.
    pub fn per_query(&self) -> u64 {
        self.per_query
    }

    /// The bytes already spent, by day.
    pub fn spent(&self) -> Spent {
        self.spending().clone()
    }

    /// What was asked so far.
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// The same budget with new limits. The bytes already spent still count.
    #[must_use]
    pub fn with_limits(&self, per_query: u64, per_day: u64) -> Self {
        Self { usage: self.usage.clone(), ..Self::after(self.spent(), per_query, per_day) }
    }

    /// Reserves bytes for a read that fewer dates would make cheaper, or returns which limit forbids it.
    pub fn take(&self, table: &str, bytes: u64, now: Timestamp) -> Result<Taken<'_>, Unknown> {
        self.take_or_advise(table, bytes, now, NARROW)
    }

    /// The same with other advice on what makes the read cheaper.
    pub fn take_or_advise(&self, table: &str, bytes: u64, now: Timestamp, advice: &str) -> Result<Taken<'_>, Unknown> {
        let refused = |most: u64, limit: &str, until: &str| {
            let text = format!(
                "table `{table}`: this read needs {}, more than {} {limit}; raise it, {advice}{until}",
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
        let before = spent.of(day);
        let left = self.per_day.saturating_sub(before);
        if bytes > left {
            let limit = format!("left today of {}, the Warehouse's limits.maxBytesPerDay", size(self.per_day));
            return Err(refused(left, &limit, " or wait for the next day in UTC"));
        }
        spent.set(day, before + bytes);
        Ok(Taken { budget: self, day, bytes })
    }

    fn spending(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reserved bytes. Dropping this keeps them spent.
#[derive(Debug)]
pub struct Taken<'a> {
    budget: &'a Budget,
    day: Date,
    bytes: u64,
}

impl Taken<'_> {
    /// Returns the bytes that the read did not need.
    pub fn used(mut self, bytes: u64) {
        let mut spent = self.budget.spending();
        let before = spent.of(self.day);
        spent.set(self.day, before.saturating_sub(self.bytes.saturating_sub(bytes)));
        self.bytes = self.bytes.min(bytes);
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.budget.usage.read(self.bytes);
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
    fn a_day_gives_what_it_has_and_the_next_one_has_its_own() {
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
        assert!(budget.take("t", 1, today).is_err(), "no other read may take what is reserved");
        whole.used(50);
        assert!(budget.with_limits(60, 100).take("t", 1, today).is_err(), "what was spent stays spent");
        assert!(budget.take("t", 60, tomorrow).is_ok());
        let used = budget.with_limits(1, 1).usage().used();
        assert_eq!((used.reads, used.bytes), (3, 50 + 50 + 60), "a refused read is none, an unended one counts whole");
    }

    #[test]
    fn fewer_dates_are_not_advised_where_they_cost_as_much() {
        let why = Budget::new(1, 1).take_or_advise("t", 2, Timestamp::UNIX_EPOCH, "divide the table").unwrap_err();
        assert!(why.text.ends_with("raise it, divide the table or split the coverage"), "{}", why.text);
    }

    #[test]
    fn a_day_that_comes_twice_gives_its_bytes_once() {
        for there in ["2025-11-14T23:59:50Z", "2035-11-15T00:00:00Z", "1970-01-01T00:00:00Z"] {
            let budget = Budget::new(100, 100);
            budget.take("t", 100, at("2025-11-15T00:00:10Z")).unwrap();
            budget.take("t", 60, at(there)).unwrap().used(50);
            assert!(budget.take("t", 1, at("2025-11-15T00:00:20Z")).is_err(), "nothing is left after {there}");
            let kept = Budget::after(Spent::on(budget.spent().days().to_vec()), 100, 100);
            assert!(kept.take("t", 1, at("2025-11-15T00:00:20Z")).is_err(), "nor in the next process");
            assert!(kept.take("t", 51, at(there)).is_err() && kept.take("t", 50, at(there)).is_ok());
            assert!(kept.take("t", 100, at("2025-11-16T00:00:00Z")).is_ok(), "the next day has its own");
        }
    }

    #[test]
    fn what_is_remembered_of_days_does_not_grow() {
        let budget = Budget::new(1, 1);
        for day in 0..100 {
            budget.take("t", 1, at("2025-11-15T00:00:00Z") + jiff::SignedDuration::from_hours(24 * day)).unwrap();
        }
        assert_eq!(budget.spent().days().len(), MAX_DAYS);
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
