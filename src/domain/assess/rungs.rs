//! Chooses the rung that is tried next.

use super::{Situation, View, Want};
use crate::domain::dates::Date;
use crate::domain::judge::Judged;
use crate::domain::ledger::{Ledger, Outcome, Tally};
use crate::domain::policy::{FillOrder, Repairs, Rung};
use crate::domain::state::Cause;
use crate::domain::verdict::Verdict;

/// What the ladder can do for a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// A rung can be tried.
    Usable,
    /// Every rung that could repair it is used up. Holds the last outcome.
    UsedUp(Outcome),
    /// No rung repairs what is wrong.
    NoneRepairs,
}

impl<'a> View<'a> {
    /// The charges of the date on a rung. An unspent rerun token clears them.
    pub(super) fn tally(&self, rung: &alloc::sync::Arc<str>) -> Option<&'a Tally> {
        let tally = self.s.ledger.tallies.get(&(rung.clone(), self.date));
        tally.filter(|_| self.token().is_none())
    }

    fn repairing(&self) -> impl Iterator<Item = &'a Rung> {
        let judgement = &self.judged.judgement;
        let missing = judgement.verdict == Verdict::Missing;
        self.s.coverage.fill.ladder.iter().filter(move |rung| {
            rung.repairs.iter().any(|r| match r {
                Repairs::NoRows => missing,
                Repairs::Flaw(flaw) => !missing && judgement.flaws.contains(flaw),
            })
        })
    }

    fn is_used_up(&self, rung: &Rung) -> bool {
        !self.trial && self.tally(&rung.name).is_some_and(|t| t.uses_up(rung))
    }
}

/// The date on which a changed template is tried: the newest exhausted one, or the oldest if the order is Sequential,
/// because the others wait for it.
pub(super) fn trial(s: &Situation<'_>) -> Option<Date> {
    if !s.coverage.fill.ladder.iter().any(|rung| s.ledger.has_trial(&rung.name)) {
        return None;
    }
    let is_open = |(date, judged): &&(Date, Judged)| {
        let view = View::new(s, *date, judged);
        let exhausted = matches!(super::rules::cause(&view), Cause::Exhausted(_));
        exhausted && current(&view).is_some_and(|rung| s.ledger.has_trial(&rung.name))
    };
    let first = match s.coverage.fill.order {
        FillOrder::Sequential => s.judged.iter().find(is_open),
        _ => s.judged.iter().rev().find(is_open),
    };
    first.map(|(date, _)| *date)
}

/// The rung that is tried next, or the last one that was.
pub(super) fn current<'a>(view: &View<'a>) -> Option<&'a Rung> {
    // Dates without flaws need no rung. Most dates have none, so check that first.
    if view.judged.judgement.flaws.is_empty() {
        return None;
    }
    let usable = view.repairing().find(|r| !view.is_used_up(r));
    usable.or_else(|| view.repairing().last())
}

/// What the ladder can do for a date.
pub(super) fn standing(view: &View<'_>) -> Standing {
    let Some(last) = view.repairing().last() else { return Standing::NoneRepairs };
    if view.repairing().any(|r| !view.is_used_up(r)) {
        return Standing::Usable;
    }
    Standing::UsedUp(view.tally(&last.name).map_or(Outcome::Failed, |t| t.last))
}

/// Orders the wants of rungs whose breaker lets only trials through. A date that was tried before may be broken itself. If it
/// were always the trial, the breaker would stay open although the rung works.
pub(super) fn least_tried_first(ledger: &Ledger, wants: &mut [Want]) {
    let is_open = |want: &Want| ledger.breakers.get(&want.rung).is_some_and(|breaker| breaker.opened.is_some());
    if !wants.iter().any(is_open) {
        return;
    }
    let tried = |want: &Want| {
        let tally = ledger.tallies.get(&(want.rung.clone(), want.date)).filter(|_| is_open(want));
        tally.map_or(0, |tally| u16::from(tally.charged) + u16::from(tally.free))
    };
    wants.sort_by_key(tried);
}
