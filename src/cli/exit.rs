//! What scripts may rely on: 0 done · 3 gaps remain or something is unknown · 2 wrong usage or bad input · 1 gapless failed.

use std::fmt::Display;
use std::process::ExitCode;

use jiff::civil::Date;

use crate::domain::state::{Cell, State};
use crate::engine::overview::Overview;

/// How a verb ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every due cell is done; no problem.
    Done,
    /// gapless itself failed.
    Failed,
    /// Wrong usage or bad input.
    BadInput,
    /// Gaps remain, or something is unknown.
    Gaps,
    /// A person stopped it.
    Stopped,
    /// The status of a program that ran in our name.
    Status(u8),
}

impl Exit {
    /// The status of a program.
    pub fn status(code: i32) -> Self {
        Self::Status(u8::try_from(code).unwrap_or(1))
    }

    /// How an overview ends a verb.
    pub fn of(overview: &Overview, bad_input: bool) -> Self {
        let matters = |today: Date, c: &Cell| c.state().is_open() && (c.state() != State::Unknown || c.date <= today);
        let open = overview.coverages.iter().any(|view| view.cells.iter().any(|c| matters(view.today, c)));
        match (bad_input, open) {
            (true, _) => Self::BadInput,
            (false, true) => Self::Gaps,
            (false, false) => Self::Done,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::from(0),
            Exit::Failed => Self::from(1),
            Exit::BadInput => Self::from(2),
            Exit::Gaps => Self::from(3),
            Exit::Stopped => Self::from(130),
            Exit::Status(code) => Self::from(code),
        }
    }
}

/// Why a verb cannot go on: a sentence for the person, and how it ends.
#[derive(Debug)]
pub struct Stop {
    exit: Exit,
    sentence: String,
}

impl Stop {
    /// The user can fix it.
    pub fn bad_input(sentence: impl Display) -> Self {
        Self { exit: Exit::BadInput, sentence: sentence.to_string() }
    }

    /// gapless, or the machine, failed.
    pub fn failed(sentence: impl Display) -> Self {
        Self { exit: Exit::Failed, sentence: sentence.to_string() }
    }

    /// Tells it on standard error.
    pub fn report(self) -> Exit {
        anstream::eprintln!("gapless: {}", self.sentence);
        self.exit
    }
}
