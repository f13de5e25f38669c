//! How long a date waits on its rung. It is drawn once, at settle, and stored, so that a check never draws it again.

use crate::domain::dates::{Date, Timestamp};
use crate::domain::mark::{mix, stable_hash};
use crate::domain::policy::Rung;

/// The instant before which a date is not tried again after its `failures`-th failure in a row.
///
/// `initial × 2^(failures−1)` up to `max`, with its second half spread by a hash of (uid, date, launch): dates that
/// failed together are not retried together, and at least half of the wait remains.
pub fn retry_at(rung: &Rung, failures: u32, uid: &str, date: Date, launch: u64, now: Timestamp) -> Timestamp {
    let initial = rung.backoff_initial.as_seconds().max(0);
    let doubled = initial.saturating_mul(1 << failures.saturating_sub(1).min(30));
    let millis = doubled.min(rung.backoff_max.as_seconds().max(initial)).saturating_mul(1000).unsigned_abs();
    let draw = mix(mix(stable_hash(uid), stable_hash(&date)), launch);
    let wait = millis / 2 + if millis > 1 { draw % (millis / 2 + 1) } else { 0 };
    let wait = jiff::SignedDuration::from_millis(i64::try_from(wait).unwrap_or(i64::MAX));
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// When the longest wait of a rung would end if it began now.
pub fn longest_wait(rung: &Rung, now: Timestamp) -> Timestamp {
    let longest = rung.backoff_max.as_seconds().max(rung.backoff_initial.as_seconds()).max(0);
    now.saturating_add(jiff::SignedDuration::from_secs(longest)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::judge::tests::{at, coverage, day};

    #[test]
    fn backoff_doubles_up_to_its_limit_and_is_spread_over_its_second_half() {
        let rung = &coverage().fill.ladder[0];
        let now = at("2025-11-15T12:00:00Z");
        for (failures, full) in [(1, 300), (2, 600), (3, 1200), (8, 38_400), (9, 43_200), (200, 43_200)] {
            for launch in 0..50 {
                let wait =
                    retry_at(rung, failures, "uid", day("2025-11-14"), launch, now).duration_since(now).as_secs();
                assert!((full / 2..=full).contains(&wait), "{failures} failures wait {wait} s of {full}");
            }
        }
        let waits = |date: &str| retry_at(rung, 1, "uid", day(date), 7, now);
        assert_eq!(waits("2025-11-14"), waits("2025-11-14"), "drawn from a hash, so the same again");
        assert_ne!(waits("2025-11-14"), waits("2025-11-15"), "and another for another date");
        let date = day("2025-11-14");
        assert_ne!(waits("2025-11-14"), retry_at(rung, 1, "uid", date, 8, now), "another launch");
        assert_ne!(waits("2025-11-14"), retry_at(rung, 1, "other", date, 7, now), "another coverage");
    }

    #[test]
    fn the_longest_wait_is_the_limit_or_the_first_wait_where_that_is_longer() {
        let mut rung = coverage().fill.ladder[0].clone();
        let now = at("2025-11-15T12:00:00Z");
        assert_eq!(longest_wait(&rung, now), at("2025-11-16T00:00:00Z"));
        rung.backoff_initial = crate::domain::span::Span::hours(24);
        assert_eq!(longest_wait(&rung, now), at("2025-11-16T12:00:00Z"));
        assert!(retry_at(&rung, 9, "uid", day("2025-11-14"), 7, now) <= longest_wait(&rung, now));
    }
}
