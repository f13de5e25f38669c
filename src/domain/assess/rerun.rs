//! What a rerun that a person asked for waits for (design §4, §5). The one rule: nothing is launched by a token while it
//! waits for anything, and whoever asks why is told all of it.

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
    /// The coverage has to fill.
    Observed,
    /// Its Job has to end and to settle.
    Job,
    /// Something has to be expected.
    NotExpected,
    /// Its waiver has to end.
    Waived,
    /// The date has to come so near that it is read.
    Unread,
    /// The schedule has to speak of the date.
    Unscheduled,
    /// What the data says has to be known.
    Unknown,
    /// What holds it has to end.
    Hold(Hold),
}

impl Wait {
    /// What it waits for, and what a person can do about that.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Observed => {
                "the coverage only observes, so nothing is run again; let its spec.fill.mode be Fill first"
            }
            Self::Job => "a Job covers the date already, or has ended and is not settled yet",
            Self::NotExpected => "nothing is expected of the date",
            Self::Waived => "the date is waived; take the waiver away, or let it expire",
            Self::Unread => {
                "the date lies too far ahead to be read, and nothing is launched on what was not read; it is read two \
                 days before it comes, or when it is due if that is earlier"
            }
            Self::Unscheduled => "the schedule has no entry for the date yet",
            Self::Unknown => "nothing is launched while the state is Unknown; the state says why",
            Self::Hold(hold) => hold.sentence(),
        }
    }
}

/// What a token on a date of such a coverage waits for; nothing: only for a slot.
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
        Cause::Complete | Cause::NoRung | Cause::Exhausted(_) | Cause::Waiting(_) => None,
        Cause::Partial(_) | Cause::Missing => None,
    }
}

/// A token of a date that is not spent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unspent {
    /// The date.
    pub date: Date,
    /// The token.
    pub token: Arc<str>,
    /// What it waits for; nothing: only for a slot.
    pub waits: Vec<Wait>,
}

impl Unspent {
    /// What it waits for besides a slot, as one sentence.
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

/// What happens next with a date of which a rerun was requested, as one sentence.
pub fn asked_for(token: &str, waits: &[Wait]) -> String {
    let next = if waits.is_empty() { LAUNCHED_SOON.into() } else { format!("waits: {}", told(waits)) };
    format!("rerun requested by token '{token}'; {next}")
}
