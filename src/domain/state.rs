//! What is the matter with a cell, and so what happens next (design §4). A [`Cause`] carries the state and its
//! reason together, so that no cell can have one without the other.

use alloc::sync::Arc;

use super::dates::{Date, Timestamp};
use super::ledger::Outcome;
use super::verdict::{Flaw, Judgement, Off, UnknownReason};
use super::words::words;

words! {
    /// Exactly one per cell. The order is that of the table in design §4.
    pub enum State {
        /// A live Job of gapless covers it.
        Running,
        /// Its Job has ended and the attempt is not settled yet.
        Verifying,
        /// Nothing has to be there.
        NotExpected,
        /// All that is expected is there.
        Complete,
        /// A person has given it up.
        Waived,
        /// Nothing can be said. Never done, and never launched on.
        Unknown,
        /// Its due instant lies ahead.
        NotDue,
        /// No rung can repair it, and none was used up.
        Unrecoverable,
        /// No rung is usable any more.
        Exhausted,
        /// Something outside it must happen first.
        Blocked,
        /// The backoff of its last attempt has not passed.
        Waiting,
        /// Some of it is there: next to be launched, or only reported.
        Partial,
        /// There is no row: next to be launched, or only reported.
        Missing,
    }
}

impl State {
    /// Nothing is left to do. Unknown is never done.
    pub fn is_done(self) -> bool {
        matches!(self, Self::NotExpected | Self::Complete | Self::Waived)
    }

    /// Something is left to do, by gapless or by a person.
    pub fn is_open(self) -> bool {
        !self.is_done() && self != Self::NotDue
    }
}

words! {
    /// What must happen first, outside the cell. One enum feeds state, plan, metric and documentation.
    pub enum Hold {
        /// The coverage or its season is suspended.
        Suspended,
        /// Launches are switched off for the namespace or the operator.
        LaunchesOff,
        /// Another live Job covers the same date of the same table.
        Busy,
        /// The daily run of the CronJob is live, and this date is its business.
        DailyRun,
        /// The last probe found so much gone that it is not believed yet.
        SuspectProbe,
        /// The Job was refused for now.
        Quota,
        /// The ledger is as large as it may become.
        StatusFull,
        /// An expected date before it is not done.
        Sequence,
    }
}

impl Hold {
    /// Whether it holds every launch of a coverage.
    pub fn is_of_coverage(self) -> bool {
        match self {
            Self::Suspended | Self::LaunchesOff | Self::SuspectProbe | Self::Quota | Self::StatusFull => true,
            Self::Busy | Self::DailyRun | Self::Sequence => false,
        }
    }

    /// What happens next, as one sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Suspended => "suspended: set suspend to false and launches go on",
            Self::LaunchesOff => "launches are switched off where gapless runs; the date is filled once they are on",
            Self::Busy => {
                "another Job of gapless covers this date of this table; it is launched when that has ended and settled"
            }
            Self::DailyRun => "the CronJob's own run is live; gapless looks again when it has ended",
            Self::SuspectProbe => {
                "so many complete dates vanished at once that the read is doubted; launches wait until two more reads agree"
            }
            Self::Quota => "the Job was refused; it is tried again while gapless runs, and by its next run",
            Self::StatusFull => "the ledger has reached its size limit; split this coverage into several",
            Self::Sequence => "an expected date before it is not complete yet, and the order is Sequential",
        }
    }
}

words! {
    /// Why a Job of the cell is not done yet.
    pub enum Running {
        /// It is recorded and about to be created, or started.
        Started,
        /// It is suspended, for example by a queue.
        Queued,
        /// Its pod cannot start.
        PodPending,
    }
}

/// The state with its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// See [`State::Running`].
    Running(Running),
    /// See [`State::Verifying`]: the Job's data may not be visible yet (`false`), or the read is under way (`true`).
    Verifying {
        /// Whether `settle` is over.
        probing: bool,
    },
    /// See [`State::NotExpected`].
    NotExpected(Off),
    /// See [`State::Complete`].
    Complete,
    /// See [`State::Waived`].
    Waived,
    /// See [`State::Unknown`].
    Unknown(UnknownReason),
    /// See [`State::NotDue`].
    NotDue {
        /// The schedule says nothing of the date yet.
        unscheduled: bool,
    },
    /// See [`State::Unrecoverable`]: no rung lists what is wrong, a person must repair it.
    NoRung,
    /// See [`State::Exhausted`], with the last outcome.
    Exhausted(Outcome),
    /// See [`State::Blocked`].
    Blocked(Hold),
    /// See [`State::Waiting`], with the last outcome.
    Waiting(Outcome),
    /// See [`State::Partial`].
    Partial(Flaw),
    /// See [`State::Missing`].
    Missing,
}

impl Cause {
    /// The state.
    pub fn state(self) -> State {
        match self {
            Self::Running(_) => State::Running,
            Self::Verifying { .. } => State::Verifying,
            Self::NotExpected(_) => State::NotExpected,
            Self::Complete => State::Complete,
            Self::Waived => State::Waived,
            Self::Unknown(_) => State::Unknown,
            Self::NotDue { .. } => State::NotDue,
            Self::NoRung => State::Unrecoverable,
            Self::Exhausted(_) => State::Exhausted,
            Self::Blocked(_) => State::Blocked,
            Self::Waiting(_) => State::Waiting,
            Self::Partial(_) => State::Partial,
            Self::Missing => State::Missing,
        }
    }

    /// The reason's word; empty for `Complete`.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Running(running) => running.word(),
            Self::Verifying { probing: false } => "Settling",
            Self::Verifying { probing: true } => "Probing",
            Self::NotExpected(off) => off.word(),
            Self::Complete => "",
            Self::Waived => "Waiver",
            Self::Unknown(reason) => reason.word(),
            Self::NotDue { unscheduled: false } => "Due",
            Self::NotDue { unscheduled: true } => "Unscheduled",
            Self::NoRung => "NoRung",
            Self::Exhausted(outcome) | Self::Waiting(outcome) => outcome.word(),
            Self::Blocked(hold) => hold.word(),
            Self::Partial(flaw) => flaw.word(),
            Self::Missing => "NoRows",
        }
    }
}

/// One date of one coverage, as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    /// The date.
    pub date: Date,
    /// State and reason.
    pub cause: Cause,
    /// What the data says, with figures and names.
    pub judgement: Arc<Judgement>,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// When gapless looks at it next; nothing when only a change can bring something new.
    pub next: Option<Timestamp>,
    /// Incomplete past the instant at which that is late.
    pub late: bool,
    /// Charged attempts on its rung.
    pub attempts: u32,
    /// What happens next, as one sentence without a time that changes on each pass.
    pub message: alloc::borrow::Cow<'static, str>,
}

impl Cell {
    /// The state.
    pub fn state(&self) -> State {
        self.cause.state()
    }
}
