//! Whether this process works: how long ago it last passed, and how long ago each watch last had a good answer. Callers pass
//! the time of the monotonic clock: a wall clock that jumps does not matter. It shows ages and kinds, never what was watched.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::view::metrics::Pulse;

/// A leader passes at least every half minute. One that has not passed for this time is stuck, and only a restart helps.
pub const PASS_LIMIT: Duration = Duration::from_secs(2 * 60);
/// A watch has an event or a bookmark each minute, and is reopened within five. Longer than an API server takes to be
/// replaced: a restart of gapless would not help against that, and would only be one more client that lists everything.
pub const WATCH_LIMIT: Duration = Duration::from_secs(10 * 60);

/// The health of one process, shared by those that report and those that ask.
#[derive(Debug, Default)]
pub struct Health {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The last pass; `None` while this process does not lead.
    pass: Option<Instant>,
    watches: BTreeMap<&'static str, Instant>,
    ready: bool,
}

impl Health {
    /// This process leads from now on, so it has to pass. A standby does not.
    pub fn leads(&self, now: Instant) {
        self.state().pass = Some(now);
    }

    pub fn pass_at(&self, now: Instant) {
        self.state().pass = Some(now);
    }

    /// The watch of a kind had a good answer: a list, an event or a bookmark.
    pub fn watch_ok(&self, kind: &'static str, now: Instant) {
        self.state().watches.insert(kind, now);
    }

    /// Whether this process is ready to work: every first list is complete.
    pub fn ready(&self, ready: bool) {
        self.state().ready = ready;
    }

    /// Whether it was said to be ready.
    pub fn is_ready(&self) -> bool {
        self.state().ready
    }

    /// Everything that is too old, in one sentence each; empty when this process is live.
    pub fn complaints(&self, now: Instant) -> Vec<String> {
        let state = self.state();
        let pass = state.pass.map(|at| ("the last pass".to_string(), at, PASS_LIMIT));
        let watches =
            state.watches.iter().map(|(kind, at)| (format!("the watch of {kind}'s last answer"), *at, WATCH_LIMIT));
        let too_old = |(what, at, limit): (String, Instant, Duration)| {
            let age = now.saturating_duration_since(at);
            (age > limit).then(|| format!("{what} was {} s ago, more than {} s", age.as_secs(), limit.as_secs()))
        };
        pass.into_iter().chain(watches).filter_map(too_old).collect()
    }

    /// The ages at an instant, for the metrics.
    pub fn pulse(&self, now: Instant, lines_dropped: u64) -> Pulse {
        let state = self.state();
        let age = |at: Instant| now.saturating_duration_since(at).as_secs_f64();
        let watch_ages = state.watches.iter().map(|(kind, at)| (*kind, age(*at))).collect();
        Pulse { pass_age: state.pass.map(age), watch_ages, lines_dropped }
    }

    /// Only instants and flags: a panic elsewhere leaves them consistent.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An instant, in seconds after the first call.
    fn at(seconds: u64) -> Instant {
        static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
        *START + Duration::from_secs(seconds)
    }

    /// What happened when, and what a probe hears at second 1,000.
    #[test]
    fn a_process_is_live_while_nothing_that_it_started_is_too_old() {
        type Story = fn(&Health);
        let cases: [(&str, Story, &[&str]); 8] = [
            ("a process that has just started", |_| {}, &[]),
            ("a standby that watches nothing", |h| h.ready(true), &[]),
            ("a leader that has not passed yet", |h| h.leads(at(950)), &[]),
            ("a leader that never passed", |h| h.leads(at(0)), &["the last pass was 1000 s ago, more than 120 s"]),
            ("a leader that passes", |h| h.pass_at(at(990)), &[]),
            ("a pass at its limit", |h| h.pass_at(at(880)), &[]),
            ("a watch that is quiet for a while", |h| h.watch_ok("Job", at(401)), &[]),
            (
                "one dead watch among others",
                |h| ["Job", "Season"].iter().zip([100, 990]).for_each(|(kind, s)| h.watch_ok(kind, at(s))),
                &["the watch of Job's last answer was 900 s ago, more than 600 s"],
            ),
        ];
        for (name, story, complaints) in cases {
            let health = Health::default();
            story(&health);
            assert_eq!(health.complaints(at(1000)), complaints, "{name}");
        }
    }

    #[test]
    fn what_is_asked_with_an_older_instant_is_not_older_than_nothing() {
        let health = Health::default();
        health.pass_at(at(1000));
        health.watch_ok("Job", at(1000));
        assert!(health.complaints(at(0)).is_empty());
        assert_eq!(
            health.pulse(at(0), 3),
            Pulse { pass_age: Some(0.0), watch_ages: vec![("Job", 0.0)], lines_dropped: 3 }
        );
    }
}
