//! In which order and how fast launches follow one another: slow start, lanes, and whose turn it is.

use super::spec::Limits;
use crate::domain::admit::{Admission, Lane, Ramp};
use crate::domain::dates::Timestamp;
use crate::domain::policy::Key;

/// Launches whose lanes count for the next one.
const LANES: usize = 3;

/// What the launches before mean for the next one.
#[derive(Clone, Debug)]
pub(super) struct Turns {
    ramp: Ramp,
    lanes: Vec<Lane>,
    /// The coverage that was launched for last: the turn goes on after it.
    last: Option<Key>,
}

impl Turns {
    pub fn new(limits: &Limits, now: Timestamp) -> Self {
        let ramp = Ramp { started_at: now, step: limits.slow_start, launched: 0 };
        Self { ramp, lanes: Vec::new(), last: None }
    }

    pub fn ramp(&self) -> Ramp {
        self.ramp
    }

    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    pub fn last(&self) -> Option<&Key> {
        self.last.as_ref()
    }

    /// Something was resumed: launches start slowly again.
    pub fn resume(&mut self, now: Timestamp) {
        self.ramp = Ramp { started_at: now, launched: 0, ..self.ramp };
    }

    /// A launch is recorded.
    pub fn took(&mut self, admission: &Admission) {
        self.ramp.launched = self.ramp.launched.saturating_add(1);
        self.lanes.push(admission.lane);
        let keep = self.lanes.len().saturating_sub(LANES);
        self.lanes.drain(..keep);
        self.last = Some(admission.coverage.clone());
    }

    pub fn clock_moved(&mut self, moved: impl Fn(&mut Timestamp)) {
        moved(&mut self.ramp.started_at);
    }
}
