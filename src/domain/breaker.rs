//! Stops the launches of a rung whose attempts bring nothing. A broken image or a provider that is down then costs a few
//! Jobs, and not several per date. A breaker is a value: settled attempts are folded into it, and what it lets through
//! follows from it and from the attempts that are not settled, so no trial can be forgotten or run twice.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use core::cmp::{max, min};

use jiff::SignedDuration;

use super::dates::{Date, DateSet, Timestamp};
use super::outcome::{End, Outcome};
use super::policy::Rung;
use super::words::words;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    /// So many different dates in a row that brought nothing open it.
    pub failures: u32,
    /// How long it is open the first time. Each trial that brings nothing doubles that.
    pub open_for: SignedDuration,
    /// The longest time.
    pub max_open_for: SignedDuration,
}

impl Default for Trip {
    fn default() -> Self {
        let (open_for, max_open_for) = (SignedDuration::from_mins(15), SignedDuration::from_hours(6));
        Self { failures: 5, open_for, max_open_for }
    }
}

impl Trip {
    /// Of a rung's own breaker. A rung that retries sooner than usual also has its trials sooner.
    pub fn of(rung: &Rung) -> Self {
        let seconds = |span: super::span::Span| SignedDuration::from_secs(span.as_seconds().max(0));
        let most = Self::default();
        let open_for = min(most.open_for, seconds(rung.backoff_initial).saturating_mul(3));
        let longest = max(open_for, seconds(rung.backoff_max) / 2);
        Self { open_for, max_open_for: min(most.max_open_for, longest), ..most }
    }

    /// When a breaker that opens at an instant has its next trial, after so many trials that brought nothing.
    fn until(&self, trials: u8, at: Timestamp) -> Timestamp {
        let open_for = self.open_for.saturating_mul(1 << trials.min(20)).min(self.max_open_for);
        at.saturating_add(open_for).unwrap_or(Timestamp::MAX)
    }
}

/// The health of a rung, or of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// The dates of the last attempts in a row that brought nothing, while it is closed.
    pub failed: Failed,
    /// Set while it is open or half-open.
    pub opened: Option<Opened>,
}

/// Dates whose last attempts brought nothing, by the uid of their coverage. The uid is empty where there is one coverage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failed(pub BTreeMap<Arc<str>, DateSet>);

impl Failed {
    pub fn len(&self) -> u32 {
        self.0.values().map(DateSet::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn extend(&mut self, coverage: &Arc<str>, dates: &DateSet) {
        self.0.entry(coverage.clone()).or_default().extend(dates);
    }
}

/// A breaker that is open, or half-open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// When it opened first.
    pub since: Timestamp,
    /// It is open until then, and half-open from then on.
    pub until: Timestamp,
    /// The number of trials in a row that brought nothing.
    pub trials: u8,
    /// The attempt that opened it last.
    pub launch: u64,
    /// What became of that attempt.
    pub outcome: Outcome,
    /// The termination message of its Job, cut and cleaned.
    pub message: String,
}

words! {
    /// What a breaker lets start.
    pub enum BreakerState {
        /// Everything may start.
        Closed,
        /// Nothing may start, except a rerun that a person requested.
        Open,
        /// One trial may start. It decides whether the breaker closes.
        HalfOpen,
    }
}

/// A settled attempt, as a breaker sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The uid of its coverage; empty for a rung's own breaker, which knows one coverage only.
    pub coverage: Arc<str>,
    pub launch: u64,
    pub recorded_at: Timestamp,
    pub settled_at: Timestamp,
    pub end: End,
    /// Without the dates whose expectation has changed or that have left the season: they say nothing about the rung.
    pub outcomes: BTreeMap<Date, Outcome>,
    pub message: String,
}

/// A Job that has ended and whose attempt is not settled.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// As in [`Told::coverage`].
    pub coverage: &'a Arc<str>,
    pub at: Timestamp,
    pub end: End,
    pub dates: &'a DateSet,
}

/// What a breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// It is closed: everything.
    All,
    /// It is closed, but will open if the table shows that the last Jobs brought nothing: nothing before that is read.
    Unproven,
    /// It is half-open: one trial.
    OneTrial,
    /// It is open until an instant. A rerun that a person requested may be the trial before that.
    Requested(Timestamp),
    /// Its trial is not settled: nothing.
    Nothing,
}

impl Told {
    fn has(&self, of: impl Fn(Outcome) -> bool) -> bool {
        self.outcomes.values().any(|outcome| of(*outcome))
    }

    fn opened(&self, trip: &Trip, since: Timestamp, trials: u8) -> Opened {
        let outcome = self.outcomes.values().copied().find(|outcome| outcome.says_something());
        Opened {
            since,
            until: trip.until(trials, self.settled_at),
            trials,
            launch: self.launch,
            outcome: outcome.unwrap_or(Outcome::Failed),
            message: self.message.clone(),
        }
    }
}

impl Breaker {
    /// One more settled attempt.
    pub fn fold(&mut self, trip: &Trip, told: &Told) {
        if told.has(Outcome::helped) {
            *self = Self::default();
            return;
        }
        if !told.has(Outcome::says_something) {
            return;
        }
        if let Some(opened) = &mut self.opened {
            // An attempt from before the trial says nothing new.
            if told.recorded_at >= opened.until {
                *opened = told.opened(trip, opened.since, opened.trials.saturating_add(1));
            }
            return;
        }
        self.failed.extend(&told.coverage, &told.outcomes.keys().copied().collect());
        if opens_at_once(told.end) || self.failed.len() >= trip.failures {
            self.opened = Some(told.opened(trip, told.settled_at, 0));
            self.failed = Failed::default();
        }
    }

    /// What it lets through at an instant, given when the unsettled attempts were recorded.
    pub fn passes(&self, unsettled: impl IntoIterator<Item = Timestamp>, now: Timestamp) -> Passes {
        let Some(opened) = &self.opened else { return Passes::All };
        if unsettled.into_iter().any(|recorded_at| recorded_at >= opened.until) {
            Passes::Nothing
        } else if now < opened.until {
            Passes::Requested(opened.until)
        } else {
            Passes::OneTrial
        }
    }

    /// The same, and whether it would open if the last Jobs brought nothing.
    pub fn gate<'a>(
        &self,
        trip: &Trip,
        unsettled: impl IntoIterator<Item = Timestamp>,
        ended: impl Iterator<Item = Ended<'a>>,
        now: Timestamp,
    ) -> Passes {
        match self.passes(unsettled, now) {
            Passes::All if self.may_open(trip, ended) => Passes::Unproven,
            passes => passes,
        }
    }

    /// Whether it opens if these Jobs, whose attempts are not settled, brought nothing. A failed Job is known long before that
    /// is read. In that time every date would be launched.
    pub fn may_open<'a>(&self, trip: &Trip, ended: impl Iterator<Item = Ended<'a>>) -> bool {
        let (mut failed, mut refused) = (self.failed.clone(), false);
        for Ended { coverage, end, dates, at: _ } in ended {
            match end {
                End::Succeeded => (failed, refused) = (Failed::default(), false),
                End::Exit(_) | End::Deadline | End::Killed => {
                    failed.extend(coverage, dates);
                    refused |= opens_at_once(end);
                }
                End::Disrupted | End::Lost | End::NeverStarted => {}
            }
        }
        refused || failed.len() >= trip.failures
    }

    pub fn state(&self, now: Timestamp) -> BreakerState {
        match &self.opened {
            None => BreakerState::Closed,
            Some(opened) if now < opened.until => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    /// An attempt is recorded. Whatever starts while it is open is its trial.
    pub fn recorded(&mut self, now: Timestamp) {
        self.opened.iter_mut().for_each(|opened| opened.until = opened.until.min(now));
    }

    /// The rung fills in another way now. Earlier failures say nothing about that, so one trial may start at once.
    pub fn changed(&mut self, now: Timestamp) {
        self.failed = Failed::default();
        self.opened.iter_mut().for_each(|opened| (opened.until, opened.trials) = (now, 0));
    }

    /// Corrects instants that were noted while a clock was ahead: it is never open for longer than its limit.
    pub fn none_ahead(&mut self, trip: &Trip, now: Timestamp) {
        let latest = now.saturating_add(trip.max_open_for).unwrap_or(Timestamp::MAX);
        self.opened.iter_mut().for_each(|o| (o.since, o.until) = (o.since.min(now), o.until.min(latest)));
    }
}

/// Whether the provider itself refused: waiting for more failures would only repeat that.
fn opens_at_once(end: End) -> bool {
    matches!(end, End::Exit(69 | 75 | 77))
}

impl Opened {
    /// What the last attempt said: `launch 7: SourceDown: 503 from the API`.
    pub fn last_words(&self) -> String {
        let message = if self.message.is_empty() { String::new() } else { alloc::format!(": {}", self.message) };
        alloc::format!("launch {}: {}{message}", self.launch, self.outcome.word())
    }
}

#[cfg(test)]
mod tests;
