//! What is stored of a coverage's ledger, and how its saves fare. Jobs are created on what is acknowledged here alone.

use std::sync::Arc;

use super::look::look_again;
use super::overview::Event;
use super::ports::{Recorded, SaveFault, Version};
use super::tracked::Revision;
use crate::domain::dates::Timestamp;
use crate::domain::ledger::Ledger;

/// The stored ledger of one coverage.
#[derive(Debug)]
pub(super) struct Saved {
    ledger: Arc<Ledger>,
    /// The last acknowledgement; `None` before the first load or save.
    proof: Option<Recorded>,
    is_under_way: bool,
    /// Saves that failed in a row, and when the next is due.
    faults: u32,
    not_before: Timestamp,
    /// Rises with every answer of the store.
    answers: Revision,
    /// Outcomes that are not reported before the ledger that has them is stored: those since the last save was sent, and
    /// those of that save.
    outcomes: Vec<Outcome>,
    sent: Vec<Outcome>,
}

/// What is reported of the outcome of a launch.
#[derive(Debug)]
pub(super) struct Outcome {
    pub launch: u64,
    pub event: Event,
}

impl Default for Saved {
    fn default() -> Self {
        Self {
            ledger: Arc::default(),
            proof: None,
            is_under_way: false,
            faults: 0,
            not_before: Timestamp::MIN,
            answers: Revision::default(),
            outcomes: Vec::new(),
            sent: Vec::new(),
        }
    }
}

impl Saved {
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub fn revision(&self) -> Revision {
        self.answers
    }

    /// What allows a create; `None` while nothing is acknowledged.
    pub fn proof(&self) -> Option<&Recorded> {
        self.proof.as_ref()
    }

    /// The stored version; `None` where it is not known.
    pub fn version(&self) -> Option<Version> {
        self.proof.as_ref().map(Recorded::version)
    }

    pub fn is_full(&self) -> bool {
        self.proof.as_ref().is_some_and(Recorded::is_full)
    }

    pub fn is_under_way(&self) -> bool {
        self.is_under_way
    }

    /// After a save that failed, the next one waits until then.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// A save is sent.
    pub fn begin(&mut self) {
        self.is_under_way = true;
        self.sent.append(&mut self.outcomes);
    }

    /// Keeps outcomes until they are stored: a process that cannot store them reports none.
    pub fn hold(&mut self, outcomes: Vec<Outcome>) {
        self.outcomes.extend(outcomes);
    }

    /// The outcomes that the last save has stored.
    pub fn take_outcomes(&mut self) -> Vec<Event> {
        if self.is_under_way { Vec::new() } else { self.sent.drain(..).map(|outcome| outcome.event).collect() }
    }

    /// A save was answered; `false` if it failed.
    pub fn answered(&mut self, ledger: &Arc<Ledger>, result: Result<Recorded, SaveFault>, now: Timestamp) -> bool {
        self.answers.raise();
        self.is_under_way = false;
        let is_saved = result.is_ok();
        match result {
            Ok(proof) => {
                self.ledger = ledger.clone();
                self.proof = Some(proof);
                self.faults = 0;
            }
            Err(_) => {
                self.sent.append(&mut self.outcomes);
                self.outcomes = std::mem::take(&mut self.sent);
                self.faults += 1;
                self.not_before = look_again(now, self.faults - 1);
            }
        }
        is_saved
    }

    /// The ledger was read at this version. Outcomes that it has were stored by a save without an answer; the others never
    /// came to be.
    pub fn loaded(&mut self, ledger: Ledger, version: Version) {
        self.answers.raise();
        self.sent.append(&mut self.outcomes);
        self.sent.retain(|outcome| ledger.recent.iter().any(|settled| settled.launch == outcome.launch));
        self.ledger = Arc::new(ledger);
        self.proof = Some(Recorded::acknowledged(version));
    }

    pub fn clock_moved(&mut self, moved: impl Fn(&mut Timestamp)) {
        moved(&mut self.not_before);
    }

    /// For tests: this ledger is stored, under whatever proof there is.
    #[cfg(test)]
    pub fn pretend(&mut self, ledger: &Ledger) {
        self.ledger = Arc::new(ledger.clone());
    }

    /// For tests: whether a save is under way, and when the next is due.
    #[cfg(test)]
    pub fn set(&mut self, is_under_way: bool, not_before: Timestamp) {
        (self.is_under_way, self.not_before) = (is_under_way, not_before);
    }
}
