//! When a coverage is Ready, Reconciling, Stalled (docs/conditions.md): the one rule, for the status of a cluster and for the
//! table of `gapless status` alike.

use super::conditions::{Answer, Course, Standing};
use super::reasons::Reason;
use crate::domain::dates::DateSet;
use crate::domain::policy::Mode;
use crate::domain::state::{Cause, Cell, Hold, State};
use crate::domain::verdict::UnknownReason;
use crate::domain::words::counted;
use crate::engine::overview::CoverageView;

/// The standing of a coverage.
pub fn standing(view: &CoverageView) -> Standing {
    if let Some(why) = &view.stalled {
        return Standing::stalled(why);
    }
    let open: Vec<&Cell> = view.cells.iter().filter(|c| c.state().is_open()).collect();
    let course = course(view, &open);
    let (gaps, unknown): (Vec<&Cell>, Vec<&Cell>) = open.into_iter().partition(|c| c.state() != State::Unknown);
    let unknown: Vec<&Cell> = unknown.into_iter().filter(|c| c.date <= view.today).collect();
    if !gaps.is_empty() && view.suspended {
        let message = format!("suspended; {}", told(&gaps, gaps.len()));
        return Standing { ready: Answer::False, course, reason: Reason::Suspended, message };
    }
    if let Some((reason, cells)) = worst(&gaps) {
        return Standing { ready: Answer::False, course, reason, message: told(&cells, gaps.len()) };
    }
    if let Some((reason, cells)) = worst(&unknown) {
        let ready = if course == Course::Stalled { Answer::False } else { Answer::Unknown };
        return Standing { ready, course, reason, message: told(&cells, unknown.len()) };
    }
    let unseen = Standing::unseen("its table has not been fully read yet");
    if view.cells.is_empty() && view.confirmed_at.is_none() {
        return unseen;
    }
    if view.cells.iter().all(|c| c.state() == State::NotExpected) {
        let message = "no date expects anything; check the season's dates and schedule".into();
        return Standing { ready: Answer::Unknown, course, reason: Reason::NothingExpected, message };
    }
    if view.confirmed_at.is_none() {
        return unseen;
    }
    let message = "every due date is complete, waived or not expected".into();
    Standing { ready: Answer::True, course: Course::Idle, reason: Reason::Complete, message }
}

/// Whether something changes without a person. With `mode: Observe` other programs fill the table, and have until a gap is
/// late: a tool that waits for the object must not wait forever.
fn course(view: &CoverageView, open: &[&Cell]) -> Course {
    let present: Vec<&&Cell> = open.iter().filter(|c| c.state() != State::Unknown || c.date <= view.today).collect();
    let mut gaps = present.iter().filter(|c| c.state() != State::Unknown).peekable();
    let off = open.iter().any(|c| c.cause == Cause::Blocked(Hold::LaunchesOff));
    let asks = |c: &&&Cell| matches!(c.cause, Cause::Unknown(reason) if asks_a_person(reason));
    let is_stuck = match view.mode {
        _ if gaps.peek().is_none() => present.iter().any(asks),
        Mode::Fill => !off,
        Mode::Observe => gaps.any(|c| c.late),
    };
    if view.suspended {
        Course::Idle
    } else if present.iter().any(|c| moves(c.cause, view.mode)) {
        Course::Reconciling
    } else if is_stuck {
        Course::Stalled
    } else {
        Course::Idle
    }
}

/// Whether the spec asks what the table cannot answer, or may not be asked: until a person changes one of both.
pub(super) fn asks_a_person(reason: UnknownReason) -> bool {
    use UnknownReason::{FilterUnmatched, SchemaMismatch, Unauthorized, UnitsUnmatched};
    matches!(reason, SchemaMismatch | Unauthorized | UnitsUnmatched | FilterUnmatched)
}

/// Whether an open cell changes without a person. Switched-off launches are what a person wants, not a fault; an earlier
/// date that holds later ones answers for them.
fn moves(cause: Cause, mode: Mode) -> bool {
    match cause {
        Cause::Running(_) | Cause::Verifying { .. } | Cause::Waiting(_) => true,
        Cause::Missing | Cause::Partial(_) => mode == Mode::Fill,
        Cause::Blocked(
            Hold::Busy | Hold::DailyRun | Hold::BreakerOpen | Hold::Budget | Hold::SuspectProbe | Hold::LaunchRefused,
        ) => true,
        Cause::Blocked(
            Hold::Suspended | Hold::SourceSuspended | Hold::LaunchesOff | Hold::StatusFull | Hold::Sequence,
        ) => false,
        Cause::Unknown(reason) => {
            matches!(reason, UnknownReason::NotProbed | UnknownReason::ProbeFailed | UnknownReason::ProbeBudget)
        }
        Cause::Exhausted(_) | Cause::NoRung | Cause::Undeliverable(_) => false,
        Cause::NotExpected(_) | Cause::Complete | Cause::Waived | Cause::NotDue { .. } => false,
    }
}

/// The worst reason, and its cells.
fn worst<'a>(cells: &[&'a Cell]) -> Option<(Reason, Vec<&'a Cell>)> {
    let reason = cells.iter().map(|c| Reason::of(c.cause)).max()?;
    Some((reason, cells.iter().filter(|c| Reason::of(c.cause) == reason).copied().collect()))
}

/// Ranges that a sentence names.
const MAX_RANGES: usize = 6;

/// `Missing/NoRows, 3 dates: 2025-11-03..2025-11-05: no rows; 9 units expected; …`: the cells that share the first one's
/// state, what happens next with that, and before it of how many open dates they are the worst.
fn told(cells: &[&Cell], all: usize) -> String {
    let Some(first) = cells.first() else { return String::new() };
    let dates: DateSet = cells.iter().filter(|c| c.cause == first.cause).map(|c| c.date).collect();
    let ranges: Vec<String> = dates.ranges().iter().take(MAX_RANGES).map(ToString::to_string).collect();
    let more = if dates.ranges().len() > MAX_RANGES { ", …" } else { "" };
    let of = if dates.len() as usize == all { String::new() } else { format!("{all} open dates, the worst: ") };
    format!(
        "{of}{}/{}, {}: {}{more}: {}",
        first.state().word(),
        first.cause.reason(),
        counted(dates.len().into(), "dates"),
        ranges.join(", "),
        first.message
    )
}
