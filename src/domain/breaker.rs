//! Stops the launches of a rung whose attempts bring nothing. A broken image or a provider that is down then costs a few
//! Jobs, and not several per date. A breaker is a value: settled attempts are folded into it, and what it lets through
//! follows from it and from the attempts that are not settled, so no trial can be forgotten or run twice.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use core::cmp::{max, min};

use jiff::SignedDuration;

use super::dates::{Date, DateSet, Timestamp};
use super::outcome::{End, Outcome};
use super::policy::Rung;
use super::words::words;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    /// How long it is open the first time. Each trial that brings nothing doubles that.
    pub open_for: SignedDuration,
    /// The longest time.
    pub max_open_for: SignedDuration,
}

/// So many different dates in a row that brought nothing open a breaker.
const FAILURES: u32 = 5;
/// How long a rung's own breaker is open at most, the first time and ever.
const OPEN_FOR: SignedDuration = SignedDuration::from_mins(15);
const MAX_OPEN_FOR: SignedDuration = SignedDuration::from_hours(6);

impl Trip {
    /// Of a rung's own breaker. A rung that retries sooner than usual also has its trials sooner.
    pub fn of(rung: &Rung) -> Self {
        let seconds = |span: super::span::Span| SignedDuration::from_secs(span.as_seconds().max(0));
        let open_for = min(OPEN_FOR, seconds(rung.backoff_initial).saturating_mul(3));
        let longest = max(open_for, seconds(rung.backoff_max) / 2);
        Self { open_for, max_open_for: min(MAX_OPEN_FOR, longest) }
    }

    /// When a breaker that opens at an instant has its next trial, after so many trials that brought nothing.
    fn until(&self, trials: u8, at: Timestamp) -> Timestamp {
        let open_for = self.open_for.saturating_mul(1 << trials.min(20)).min(self.max_open_for);
        at.saturating_add(open_for).unwrap_or(Timestamp::MAX)
    }
}

/// The health of a rung.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// The dates of the last attempts in a row that brought nothing, while it is closed.
    pub failed: DateSet,
    /// Set while it is open or half-open.
    pub opened: Option<Opened>,
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
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    pub launch: u64,
    pub recorded_at: Timestamp,
    pub settled_at: Timestamp,
    pub end: End,
    /// Without the dates whose expectation has changed or that have left the season: they say nothing about the rung.
    pub outcomes: &'a BTreeMap<Date, Outcome>,
    pub message: &'a str,
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

impl Told<'_> {
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
            message: self.message.to_string(),
        }
    }
}

impl Breaker {
    /// One more settled attempt.
    pub fn fold(&mut self, trip: &Trip, told: &Told<'_>) {
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
        told.outcomes.keys().for_each(|date| self.failed.insert(*date));
        if opens_at_once(told.end) || self.failed.len() >= FAILURES {
            self.opened = Some(told.opened(trip, told.settled_at, 0));
            self.failed = DateSet::new();
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

    /// Whether it opens if these Jobs, whose attempts are not settled, brought nothing. A failed Job is known long before that
    /// is read. In that time every date would be launched.
    pub fn may_open<'a>(&self, ended: impl Iterator<Item = (End, &'a DateSet)>) -> bool {
        let (mut failed, mut refused) = (self.failed.clone(), false);
        for (end, dates) in ended {
            match end {
                End::Succeeded => (failed, refused) = (DateSet::new(), false),
                End::Exit(_) | End::Deadline | End::Killed => {
                    failed.extend(dates);
                    refused |= opens_at_once(end);
                }
                End::Disrupted | End::Lost | End::NeverStarted => {}
            }
        }
        refused || failed.len() >= FAILURES
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
        self.failed = DateSet::new();
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
