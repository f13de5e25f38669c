//! What a requested rerun waits for. A token launches nothing while it waits for anything, and messages name everything
//! that it waits for.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::LAUNCHED_SOON;
use crate::domain::dates::Date;
use crate::domain::policy::Mode;
use crate::domain::state::{Cause, Hold};
use crate::domain::verdict::Verdict;

/// What must happen before a token launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// `fill.mode` is Observe.
    Observed,
    /// A Job covers the date, or has ended and is not settled.
    Job,
    /// Nothing is expected on the date.
    NotExpected,
    /// The date is waived.
    Waived,
    /// The date is too far in the future to be read.
    Unread,
    /// The schedule has no entry for the date.
    Unscheduled,
    /// The state is Unknown.
    Unknown,
    /// No rung delivers the date, or there is none.
    Undelivered,
    /// A hold applies.
    Hold(Hold),
}

impl Wait {
    /// The cause of the wait, and what a person can do about it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Observed => "the coverage only observes, so nothing runs again; set its spec.fill.mode to Fill first",
            Self::Job => "a Job already covers the date, or has ended but is not settled yet",
            Self::NotExpected => "nothing is expected on this date",
            Self::Waived => "the date is waived; remove the waiver, or let it expire",
            Self::Unread => {
                "the date is too far in the future to be read, and nothing is launched before \
                 it is read; it is read two days in advance, or when it is due if that is earlier"
            }
            Self::Unscheduled => "the schedule has no entry for this date yet",
            Self::Unknown => "nothing is launched while the state is Unknown; its message says why",
            Self::Undelivered => "no rung of the coverage delivers this date (spec.fill.ladder)",
            Self::Hold(hold) => hold.sentence(),
        }
    }
}

/// What a token on a date waits for. Empty if it only waits for a slot.
pub fn waits(mode: Mode, hold: Option<Hold>, cause: Cause, verdict: Verdict) -> Vec<Wait> {
    let observed = (mode == Mode::Observe).then_some(Wait::Observed);
    let state = of_state(cause, verdict);
    let held = hold.map(Wait::Hold).filter(|held| Some(*held) != state);
    observed.into_iter().chain(state).chain(held).collect()
}

fn of_state(cause: Cause, verdict: Verdict) -> Option<Wait> {
    match cause {
        Cause::Running(_) | Cause::Verifying { .. } => Some(Wait::Job),
        Cause::NotExpected(_) => Some(Wait::NotExpected),
        Cause::Waived => Some(Wait::Waived),
        Cause::Unknown(_) => Some(Wait::Unknown),
        Cause::NotDue { unscheduled: true } => Some(Wait::Unscheduled),
        Cause::NotDue { unscheduled: false } => matches!(verdict, Verdict::Unknown(_)).then_some(Wait::Unread),
        Cause::Blocked(hold) => Some(Wait::Hold(hold)),
        Cause::Complete | Cause::NoRung | Cause::Undeliverable(_) | Cause::Exhausted(_) | Cause::Waiting(_) => None,
        Cause::Partial(_) | Cause::Missing => None,
    }
}

/// A rerun token that is not spent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unspent {
    pub date: Date,
    pub token: Arc<str>,
    /// Empty if it only waits for a slot.
    pub waits: Vec<Wait>,
}

impl Unspent {
    /// Everything that it waits for besides a slot, as one sentence.
    pub fn waits_for(&self) -> Option<String> {
        (!self.waits.is_empty()).then(|| told(&self.waits))
    }

    /// What happens next, as one sentence.
    pub fn sentence(&self) -> String {
        asked_for(&self.token, &self.waits)
    }
}

fn told(waits: &[Wait]) -> String {
    let told: Vec<&str> = waits.iter().map(|wait| wait.sentence()).collect();
    told.join("; and ")
}

/// What happens next to a date with a requested rerun, as one sentence.
pub fn asked_for(token: &str, waits: &[Wait]) -> String {
    let next = if waits.is_empty() { LAUNCHED_SOON.into() } else { format!("waits: {}", told(waits)) };
    format!("rerun requested by token '{token}'; {next}")
}
