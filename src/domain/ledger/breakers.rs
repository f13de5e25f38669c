//! The breakers of a coverage's rungs. They are part of the ledger, so that a restart forgets none.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Attempt, End, Ledger, Stage};
use crate::domain::breaker::{Breaker, Passes, Told, Trip};
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::policy::{Coverage, Rung};

/// What the breakers of a coverage's rungs let through. A rung that is missing has a closed breaker.
pub type Gates = BTreeMap<Arc<str>, Passes>;

impl Ledger {
    /// What each breaker lets through at an instant.
    pub fn gates(&self, now: Timestamp) -> Gates {
        let closed = Breaker::default();
        let rungs: BTreeSet<&Arc<str>> = self.breakers.keys().chain(self.attempts.iter().map(|a| &a.rung)).collect();
        let gate = |rung: &Arc<str>| {
            let breaker = self.breakers.get(rung).unwrap_or(&closed);
            let own = || self.attempts.iter().filter(|a| a.rung == *rung);
            match breaker.passes(own().map(|a| a.recorded_at), now) {
                Passes::All if breaker.may_open(ended(own())) => Passes::Unproven,
                passes => passes,
            }
        };
        let gates = rungs.into_iter().map(|rung| (rung.clone(), gate(rung)));
        gates.filter(|(_, passes)| *passes != Passes::All).collect()
    }

    /// An attempt on a rung was settled.
    pub(super) fn fold(&mut self, coverage: &Coverage, rung: &Arc<str>, told: &Told<'_>) {
        let Some(trip) = trip(&coverage.fill.ladder, rung) else { return };
        let breaker = self.breakers.entry(rung.clone()).or_default();
        breaker.fold(&trip, told);
        if *breaker == Breaker::default() {
            self.breakers.remove(rung);
        }
    }

    /// Rungs that are gone take their breakers along. Those that fill in another way may be tried at once.
    pub(super) fn rebase_breakers(&mut self, coverage: &Coverage, now: Timestamp) {
        let Self { breakers, fingerprints, templates, .. } = self;
        let new = &coverage.fingerprints;
        let is_comparable = fingerprints.form == new.form;
        breakers.retain(|name, breaker| {
            let Some(rung) = coverage.fill.ladder.iter().find(|rung| rung.name == *name) else { return false };
            let asks_otherwise = is_comparable && fingerprints.rungs.get(name) != new.rungs.get(name);
            let has_template = |mark| templates.get(name).is_some_and(|old| old.mark != mark);
            if asks_otherwise || rung.template.is_some_and(has_template) {
                breaker.changed(now);
            }
            *breaker != Breaker::default()
        });
    }

    pub(super) fn no_breaker_ahead(&mut self, ladder: &[Rung], now: Timestamp) {
        for (rung, breaker) in &mut self.breakers {
            trip(ladder, rung).into_iter().for_each(|trip| breaker.none_ahead(&trip, now));
        }
    }
}

/// How Jobs ended whose attempts are not settled yet, with their dates, in the order in which they ended.
fn ended<'a>(attempts: impl Iterator<Item = &'a Attempt>) -> impl Iterator<Item = (End, &'a DateSet)> {
    let ended =
        |a: &'a Attempt| if let Stage::Ended { at, end, .. } = a.stage { Some((at, end, &a.dates)) } else { None };
    let mut all: Vec<_> = attempts.filter_map(ended).collect();
    all.sort_by_key(|(at, ..)| *at);
    all.into_iter().map(|(_, end, dates)| (end, dates))
}

fn trip(ladder: &[Rung], rung: &Arc<str>) -> Option<Trip> {
    ladder.iter().find(|r| r.name == *rung).map(Trip::of)
}
