//! The state of a cell, which decides what happens next. docs/concepts.md lists the states. A [`Cause`] carries the
//! state and its reason together, so that no cell has one without the other.

use alloc::sync::Arc;

use super::dates::{Date, Timestamp};
use super::ledger::Outcome;
use super::verdict::{Flaw, Judgement, Off, UnknownReason};
use super::words::words;

words! {
    /// Every cell has exactly one. The order is that of the rules in `assess/rules.rs`.
    pub enum State {
        /// A live Job of gapless covers it.
        Running,
        /// Its Job has ended and the attempt is not settled yet.
        Verifying,
        /// No data is expected.
        NotExpected,
        /// Everything expected is present.
        Complete,
        /// A person waived it.
        Waived,
        /// It cannot be judged. Never done, and never launched.
        Unknown,
        /// It is not due yet.
        NotDue,
        /// No rung repairs what is wrong, or none that does delivers the date, and none was used up.
        Unrecoverable,
        /// No rung is usable any more.
        Exhausted,
        /// Something outside it must happen first.
        Blocked,
        /// The backoff of its last attempt has not passed.
        Waiting,
        /// Some data is present. It launches next, or is only reported.
        Partial,
        /// There are no rows. It launches next, or is only reported.
        Missing,
    }
}

impl State {
    /// Whether nothing is left to do. Unknown is never done.
    pub fn is_done(self) -> bool {
        matches!(self, Self::NotExpected | Self::Complete | Self::Waived)
    }

    /// Whether something is left to do, by gapless or by a person.
    pub fn is_open(self) -> bool {
        !self.is_done() && self != Self::NotDue
    }
}

words! {
    /// What must happen first, outside the cell. State, plan, metrics and documentation all use this enum.
    pub enum Hold {
        /// The coverage or its season is suspended.
        Suspended,
        /// Launches are switched off for the namespace or the operator.
        LaunchesOff,
        /// Another live Job covers the same date of the same table.
        Busy,
        /// The CronJob's own daily run is live and handles this date.
        DailyRun,
        /// The last read found so much missing that it is distrusted.
        SuspectProbe,
        /// The rung's breaker is open or half-open: its attempts brought nothing.
        BreakerOpen,
        /// The budget of the rung's source does not pay for the date before its window ends.
        Budget,
        /// The rung's source is suspended.
        SourceSuspended,
        /// The Job was refused for now.
        LaunchRefused,
        /// The ledger has reached its size limit.
        StatusFull,
        /// An earlier expected date is not done.
        Sequence,
    }
}

impl Hold {
    /// Whether it holds every launch of a coverage.
    pub fn is_of_coverage(self) -> bool {
        match self {
            Self::Suspended | Self::LaunchesOff | Self::SuspectProbe | Self::LaunchRefused | Self::StatusFull => true,
            Self::Busy | Self::DailyRun | Self::BreakerOpen | Self::Budget | Self::SourceSuspended | Self::Sequence => {
                false
            }
        }
    }

    /// Whether it ends while Jobs run: not with a window of a budget, and not by a person.
    pub fn ends_soon(self) -> bool {
        !matches!(self, Self::Budget | Self::SourceSuspended)
    }

    /// What happens next, as one sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Suspended => "suspended: set suspend to false to resume launches",
            Self::LaunchesOff => {
                "launches are switched off where gapless runs; the date is filled once they are switched on"
            }
            Self::Busy => {
                "another gapless Job covers this date of this table; the date is launched once that Job has ended and settled"
            }
            Self::DailyRun => "the CronJob's own run is still active; gapless checks again when it has ended",
            Self::SuspectProbe => {
                "so many complete dates vanished at once that gapless distrusts the read; launches wait until two more reads agree"
            }
            Self::Budget => "the budget of its source does not pay for the date in this window (Source, spec.budget)",
            Self::SourceSuspended => "its source is suspended: set suspend to false in the Source to resume launches",
            Self::BreakerOpen => {
                "the breaker of its rung is open, because the last attempts brought nothing; one trial at a time runs until \
                 one brings something"
            }
            Self::LaunchRefused => "the Job was refused; gapless retries while it runs, and at its next run",
            Self::StatusFull => "the ledger has reached its size limit; split this coverage into several",
            Self::Sequence => "an earlier expected date is not complete yet, and the order is Sequential",
        }
    }
}

words! {
    /// How far the Job of a cell is.
    pub enum Running {
        /// It is recorded and about to be created, or has started.
        Started,
        /// It is suspended, for example by a queue.
        Queued,
        /// Its pod cannot start.
        PodPending,
    }
}

words! {
    /// Why a rung cannot deliver a date.
    pub enum Undelivered {
        /// The date is before the first that the rung delivers.
        BeforeSource,
        /// The date ended too long ago.
        TooOld,
        /// Its missing units have started.
        AfterStart,
    }
}

/// A state with its reason. Variants without a comment are the [`State`] of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    Running(Running),
    /// See [`State::Verifying`]: the Job's data may not be visible yet (`false`), or the read is under way (`true`).
    Verifying {
        /// Whether `settle` is over.
        probing: bool,
    },
    NotExpected(Off),
    Complete,
    Waived,
    Unknown(UnknownReason),
    NotDue {
        /// Whether the schedule has no entry for the date yet.
        unscheduled: bool,
    },
    /// See [`State::Unrecoverable`]: no rung repairs what is wrong, so a person must.
    NoRung,
    /// See [`State::Unrecoverable`]: no rung that repairs it delivers it. Holds the reason of the last one.
    Undeliverable(Undelivered),
    /// See [`State::Exhausted`], with the last outcome.
    Exhausted(Outcome),
    Blocked(Hold),
    /// See [`State::Waiting`], with the last outcome.
    Waiting(Outcome),
    Partial(Flaw),
    Missing,
}

impl Cause {
    pub fn state(self) -> State {
        match self {
            Self::Running(_) => State::Running,
            Self::Verifying { .. } => State::Verifying,
            Self::NotExpected(_) => State::NotExpected,
            Self::Complete => State::Complete,
            Self::Waived => State::Waived,
            Self::Unknown(_) => State::Unknown,
            Self::NotDue { .. } => State::NotDue,
            Self::NoRung | Self::Undeliverable(_) => State::Unrecoverable,
            Self::Exhausted(_) => State::Exhausted,
            Self::Blocked(_) => State::Blocked,
            Self::Waiting(_) => State::Waiting,
            Self::Partial(_) => State::Partial,
            Self::Missing => State::Missing,
        }
    }

    /// The reason's word. Empty for `Complete`.
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
            Self::Undeliverable(why) => why.word(),
            Self::Exhausted(outcome) | Self::Waiting(outcome) => outcome.word(),
            Self::Blocked(hold) => hold.word(),
            Self::Partial(flaw) => flaw.word(),
            Self::Missing => "NoRows",
        }
    }
}

/// One date of one coverage, as users see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    pub date: Date,
    /// State and reason.
    pub cause: Cause,
    /// What the data says, with figures and names.
    pub judgement: Arc<Judgement>,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// When gapless looks at it next; `None` if only a change in the data or a spec matters.
    pub next: Option<Timestamp>,
    /// Whether it is still incomplete after its `late` deadline.
    pub late: bool,
    /// Charged attempts on its rung.
    pub attempts: u32,
    /// The place on the ladder of the rung that is tried next, or was last.
    pub rung: Option<u8>,
    /// What happens next, as one sentence without a time that changes on each pass.
    pub message: alloc::borrow::Cow<'static, str>,
}

impl Cell {
    pub fn state(&self) -> State {
        self.cause.state()
    }
}
