//! The states in order: the first rule that holds wins. docs/concepts.md has the same list for users.

use super::rungs::{self, Standing};
use super::{Unspent, View, Want};
use crate::domain::dates::{DateRange, Timestamp};
use crate::domain::ledger::{Pending, Stage};
use crate::domain::policy::{FillOrder, Mode, Waiver};
use crate::domain::state::{Cause, Hold, Running, State};
use crate::domain::verdict::{UnknownReason, Verdict};

type Rule = fn(&View<'_>) -> Option<Cause>;

const RULES: [Rule; 12] = [
    running,
    verifying,
    not_expected,
    complete,
    waived,
    unknown,
    not_due,
    observed,
    unrecoverable,
    exhausted,
    blocked,
    waiting,
];

/// The state of a date, with its reason.
pub(super) fn cause(view: &View<'_>) -> Cause {
    RULES.iter().find_map(|rule| rule(view)).unwrap_or_else(|| open(view))
}

fn running(view: &View<'_>) -> Option<Cause> {
    let unsettled = view.attempt.map(|a| matches!(a.stage, Stage::Recorded | Stage::Created { .. }));
    (unsettled.unwrap_or(false) || (view.attempt.is_none() && view.job.is_some())).then(|| {
        Cause::Running(match view.job.and_then(|j| j.pending.as_ref()) {
            None => Running::Started,
            Some(Pending::Queued) => Running::Queued,
            Some(Pending::Pod(_)) => Running::PodPending,
        })
    })
}

fn verifying(view: &View<'_>) -> Option<Cause> {
    let at: Timestamp = view.settled_at()?;
    let probing = view.s.now >= at;
    // A date that cannot be judged is Unknown, not Verifying: its own reason says what to do.
    (!probing || !matches!(view.verdict(), Verdict::Unknown(_))).then_some(Cause::Verifying { probing })
}

fn not_expected(view: &View<'_>) -> Option<Cause> {
    if let Verdict::NotExpected(off) = view.verdict() { Some(Cause::NotExpected(off)) } else { None }
}

fn complete(view: &View<'_>) -> Option<Cause> {
    (view.verdict() == Verdict::Complete).then_some(Cause::Complete)
}

fn waived(view: &View<'_>) -> Option<Cause> {
    waiver(view).map(|_| Cause::Waived)
}

/// The waiver that covers a date and has not expired.
pub(super) fn waiver<'a>(view: &View<'a>) -> Option<&'a Waiver> {
    let holds = |w: &&Waiver| {
        DateRange::contains(&w.dates, view.date) && w.expires.is_none_or(|last| view.s.calendar.today <= last)
    };
    view.s.coverage.waivers.iter().find(holds)
}

fn unknown(view: &View<'_>) -> Option<Cause> {
    match view.verdict() {
        Verdict::Unknown(_) if view.is_unscheduled() => None,
        // The date is too far in the future to be read. That is not a failure before it is due.
        Verdict::Unknown(UnknownReason::NotProbed) if not_due(view).is_some() => None,
        Verdict::Unknown(reason) => Some(Cause::Unknown(reason)),
        _ => None,
    }
}

fn not_due(view: &View<'_>) -> Option<Cause> {
    if view.is_unscheduled() {
        return Some(Cause::NotDue { unscheduled: true });
    }
    view.due_at().filter(|at| view.s.now < *at).map(|_| Cause::NotDue { unscheduled: false })
}

/// Under Observe, and where only time can help, the rules below do not apply.
fn observed(view: &View<'_>) -> Option<Cause> {
    (view.s.coverage.fill.mode == Mode::Observe || view.only_waits()).then(|| open(view))
}

fn unrecoverable(view: &View<'_>) -> Option<Cause> {
    match rungs::standing(view) {
        Standing::NoneRepairs => Some(Cause::NoRung),
        Standing::Undeliverable(why) => Some(Cause::Undeliverable(why)),
        Standing::Usable | Standing::UsedUp(_) => None,
    }
}

fn exhausted(view: &View<'_>) -> Option<Cause> {
    if let Standing::UsedUp(last) = rungs::standing(view) { Some(Cause::Exhausted(last)) } else { None }
}

fn blocked(view: &View<'_>) -> Option<Cause> {
    let sequence = view.chain_broken.is_some() && view.s.coverage.fill.order == FillOrder::Sequential;
    view.s.hold.or(sequence.then_some(Hold::Sequence)).map(Cause::Blocked)
}

fn waiting(view: &View<'_>) -> Option<Cause> {
    if view.token().is_some() {
        return None;
    }
    view.backs_off(view.rung()?).map(Cause::Waiting)
}

/// The date is open: the verdict is the state.
fn open(view: &View<'_>) -> Cause {
    match view.verdict() {
        Verdict::Partial(flaw) => Cause::Partial(flaw),
        Verdict::Unknown(reason) => Cause::Unknown(reason),
        Verdict::NotExpected(off) => Cause::NotExpected(off),
        Verdict::Complete => Cause::Complete,
        Verdict::Missing => Cause::Missing,
    }
}

/// The launch that a cell needs: because it is open, or because a token requests a rerun.
pub(super) fn want(view: &View<'_>, cause: Cause, rerun: Option<&Unspent>) -> Option<Want> {
    if view.s.coverage.fill.mode == Mode::Observe {
        return None;
    }
    let token = rerun.filter(|rerun| rerun.waits.is_empty()).map(|rerun| rerun.token.clone());
    let open = matches!(cause.state(), State::Partial | State::Missing) && !view.only_waits();
    if !open && token.is_none() {
        return None;
    }
    let ways = if token.is_some() { view.rerun_way().into_iter().collect() } else { view.ways() };
    let lost_at = if open { view.pressing() } else { None };
    let want = Want {
        date: view.date,
        ways,
        lost_at,
        priority: view.s.orders.and_then(|o| o.get(&view.date)).map_or(0, |o| o.priority),
        tonight: view.is_tonight(),
        token,
        reason: view.verdict().reason(),
    };
    (!want.ways.is_empty()).then_some(want)
}
