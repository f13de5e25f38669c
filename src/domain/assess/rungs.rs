//! Chooses the rung that is tried next.

use alloc::vec::Vec;

use jiff::SignedDuration;

use super::{Situation, View, Want, Way};
use crate::domain::dates::{Date, Timestamp};
use crate::domain::judge::Judged;
use crate::domain::ledger::{Outcome, Tally};
use crate::domain::policy::{FillOrder, Repairs, Rung};
use crate::domain::source::Health;
use crate::domain::state::{Cause, Undelivered};
use crate::domain::verdict::Verdict;

/// What the ladder can do for a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// A rung can be tried.
    Usable,
    /// Every rung that could repair it is used up, or does not deliver it. Holds the last outcome.
    UsedUp(Outcome),
    /// No rung that repairs it delivers it, and none is used up. Holds the reason of the last one.
    Undeliverable(Undelivered),
    /// No rung repairs what is wrong.
    NoneRepairs,
}

/// History is moved to the next rung when a breaker was open for so long.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

impl<'a> View<'a> {
    /// The charges of the date on a rung. An unspent rerun token clears them.
    pub(super) fn tally(&self, rung: &alloc::sync::Arc<str>) -> Option<&'a Tally> {
        let tally = self.s.ledger.tallies.get(&(rung.clone(), self.date));
        tally.filter(|_| self.token().is_none())
    }

    pub(super) fn repairing(&self) -> impl Iterator<Item = &'a Rung> {
        let judgement = &self.judged.judgement;
        let missing = judgement.verdict == Verdict::Missing;
        self.s.coverage.fill.ladder.iter().filter(move |rung| {
            rung.repairs.iter().any(|r| match r {
                Repairs::NoRows => missing,
                Repairs::Flaw(flaw) => !missing && judgement.flaws.contains(flaw),
            })
        })
    }

    /// The rungs that can be tried, in their order.
    pub(super) fn usable(&self) -> impl Iterator<Item = &'a Rung> {
        self.repairing().filter(|rung| !self.is_used_up(rung) && self.is_delivered(rung))
    }

    pub(super) fn is_used_up(&self, rung: &Rung) -> bool {
        !self.tries(rung) && self.tally(&rung.name).is_some_and(|t| t.uses_up(rung))
    }

    /// Whether the date tries the changed template of a rung.
    pub(super) fn tries(&self, rung: &Rung) -> bool {
        self.trial.is_some_and(|trial| trial.name == rung.name)
    }

    /// Whether the date does not wait for a rung whose breaker is open. Tonight and what is lost soon have no time to wait: one
    /// trial that failed is enough. History waits longer, because the next rung may cost more.
    pub(super) fn is_passed_over(&self, rung: &Rung) -> bool {
        if self.health(rung).is_some_and(|health| health.suspended) {
            return true;
        }
        let Some((_, trials)) = self.s.opened(rung) else { return false };
        let is_urgent = self.is_tonight() || self.pressing().is_some();
        is_urgent && trials > 0 || self.history_passes_at(rung).is_some_and(|at| at <= self.s.now)
    }

    /// When history passes over a rung.
    pub(super) fn history_passes_at(&self, rung: &Rung) -> Option<Timestamp> {
        let (since, _) = self.s.opened(rung)?;
        since.saturating_add(PATIENCE).ok()
    }

    pub(super) fn health(&self, rung: &Rung) -> Option<&'a Health> {
        self.s.sources.get(rung.source.as_ref()?)
    }

    /// Whether the backoff of the date on a rung has not passed.
    pub(super) fn backs_off(&self, rung: &Rung) -> Option<Outcome> {
        let tally = self.tally(&rung.name)?;
        (!self.tries(rung) && tally.retry_at > self.s.now).then_some(tally.last)
    }

    /// The ways to fill the date, in the order in which they may be taken. Rungs that are passed over are offered, too, because
    /// one date must be their trial. The first one that is not is waited for.
    pub(super) fn ways(&self) -> Vec<Way> {
        let mut ways = Vec::new();
        for rung in self.usable() {
            let (passed, may_start) = (self.is_passed_over(rung), self.backs_off(rung).is_none());
            if may_start {
                ways.push(self.way(rung, passed));
            }
            // A budget that does not pay for the date does not hold it up. Only the decision over all coverages knows that.
            let may_lack_money = may_start && self.health(rung).is_some_and(|health| health.has_budget);
            if !passed && !may_lack_money {
                break;
            }
        }
        ways
    }

    /// The units that a rung is paid for: the missing ones, or all of them where none is missing.
    fn paid_units(&self) -> u64 {
        let (expected, covered) = (self.judged.judgement.expected, self.judged.judgement.covered);
        let missing = expected.saturating_sub(covered);
        u64::from(if missing == 0 || self.token().is_some() { expected } else { missing })
    }

    /// The way of a rerun: the first rung that delivers the date, whatever was charged.
    pub(super) fn rerun_way(&self) -> Option<Way> {
        let rung = self.s.coverage.fill.ladder.iter().find(|rung| self.is_delivered(rung))?;
        Some(Way { number: 1, alone: self.trial.is_some(), trial: false, ..self.way(rung, false) })
    }

    pub(super) fn way(&self, rung: &Rung, passed: bool) -> Way {
        let tally = self.tally(&rung.name);
        let trial = self.tries(rung);
        Way {
            rung: rung.name.clone(),
            number: tally.map_or(1, |t| u32::from(t.charged) + 1),
            alone: trial || tally.is_some_and(|t| t.alone),
            trial,
            passed,
            source: rung.source.clone(),
            credits: rung.cost.of(self.paid_units()),
        }
    }
}

/// The date on which a changed template is tried, and its rung: the newest exhausted one, or the oldest if the order is
/// Sequential, because the others wait for it.
pub(super) fn trial<'a>(s: &'a Situation<'a>) -> Option<(Date, &'a Rung)> {
    if !s.coverage.fill.ladder.iter().any(|rung| s.ledger.has_trial(&rung.name)) {
        return None;
    }
    let open = |(date, judged): &'a (Date, Judged)| {
        let view = View::new(s, *date, judged);
        let exhausted = matches!(super::rules::cause(&view), Cause::Exhausted(_));
        let may_try = |rung: &&Rung| s.ledger.has_trial(&rung.name) && view.is_used_up(rung) && view.is_delivered(rung);
        if exhausted { view.repairing().find(may_try).map(|rung| (*date, rung)) } else { None }
    };
    match s.coverage.fill.order {
        FillOrder::Sequential => s.judged.iter().find_map(open),
        _ => s.judged.iter().rev().find_map(open),
    }
}

/// The rung that is tried next, or the last one that was.
pub(super) fn current<'a>(view: &View<'a>) -> Option<&'a Rung> {
    // Dates without flaws need no rung. Most dates have none, so check that first.
    if view.judged.judgement.flaws.is_empty() {
        return None;
    }
    let next = view.usable().find(|rung| !view.is_passed_over(rung)).or_else(|| view.usable().next());
    let used_up = || view.repairing().filter(|rung| view.is_used_up(rung)).last();
    next.or_else(used_up).or_else(|| view.repairing().last())
}

/// What the ladder can do for a date.
pub(super) fn standing(view: &View<'_>) -> Standing {
    if view.usable().next().is_some() {
        return Standing::Usable;
    }
    if let Some(used_up) = view.repairing().filter(|rung| view.is_used_up(rung)).last() {
        return Standing::UsedUp(view.tally(&used_up.name).map_or(Outcome::Failed, |t| t.last));
    }
    let why = view.repairing().last().and_then(|rung| view.delivered_until(rung).err());
    why.map_or(Standing::NoneRepairs, Standing::Undeliverable)
}

/// Orders the wants of rungs whose breaker lets only trials through. A date that was tried before may be broken itself. If it
/// were always the trial, the breaker would stay open although the rung works.
pub(super) fn least_tried_first(s: &Situation<'_>, wants: &mut [Want]) {
    let ladder = &s.coverage.fill.ladder;
    let open: Vec<&Rung> = ladder.iter().filter(|rung| s.opened(rung).is_some()).collect();
    if open.is_empty() {
        return;
    }
    let tried = |want: &Want| {
        let rung = want.ways.first().map(|way| &way.rung).filter(|rung| open.iter().any(|own| own.name == **rung));
        let tally = rung.and_then(|rung| s.ledger.tallies.get(&(rung.clone(), want.date)));
        tally.map_or(0, |tally| u16::from(tally.charged) + u16::from(tally.free))
    };
    wants.sort_by_key(tried);
}

impl Situation<'_> {
    /// Since when the breaker of a rung, or of its source, is not closed, and how many trials failed since.
    pub(super) fn opened(&self, rung: &Rung) -> Option<(Timestamp, u8)> {
        if let Some(source) = &rung.source {
            return self.sources.get(source)?.opened;
        }
        let opened = self.ledger.breakers.get(&rung.name)?.opened.as_ref()?;
        Some((opened.since, opened.trials))
    }
}
