//! Slow start: after a start or a resume 1, 2, 4, 8 … launches a step, so that a mistake costs one Job and not fifty.
//! It is part of the state that decisions take as input.

use crate::domain::dates::Timestamp;
use crate::domain::span::Span;

/// The number of steps after which slow start ends.
const STEPS: i64 = 8;

/// How far slow start has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ramp {
    /// When it began.
    pub started_at: Timestamp,
    /// The length of a step. Without a positive length there is no slow start.
    pub step: Span,
    /// Launches since it began.
    pub launched: u32,
}

impl Ramp {
    /// The number of launches that may still follow at an instant.
    pub fn allowance(&self, now: Timestamp) -> u32 {
        if !self.step.is_positive() {
            return u32::MAX;
        }
        let steps = now.duration_since(self.started_at).as_secs().max(0) / self.step.as_seconds().max(1);
        if steps >= STEPS { u32::MAX } else { ((2 << steps) - 1_u32).saturating_sub(self.launched) }
    }

    /// When the next step begins; `None` once slow start is over.
    pub fn next_step(&self, now: Timestamp) -> Option<Timestamp> {
        let length = self.step.as_seconds();
        let steps = now.duration_since(self.started_at).as_secs().max(0) / length.max(1);
        let limited = length > 0 && steps < STEPS;
        limited.then(|| self.started_at.saturating_add(jiff::SignedDuration::from_secs((steps + 1) * length)).ok())?
    }
}

/// The kind of date that a launch is for. Of every four launches, at least one goes to each waiting lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Yesterday and later.
    Tonight,
    /// Everything earlier.
    History,
}
