//! The breakers of a coverage's rungs. They are part of the ledger, so that a restart forgets none.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Attempt, Ledger, Stage};
use crate::domain::breaker::{Breaker, Ended, Passes, Told, Trip};
use crate::domain::dates::Timestamp;
use crate::domain::policy::{Coverage, Rung};

/// What the breakers of a coverage's rungs let through. A rung that is missing has a closed breaker.
pub type Gates = BTreeMap<Arc<str>, Passes>;

impl Ledger {
    /// What the breaker of each rung of its own lets through at an instant.
    pub fn gates(&self, ladder: &[Rung], now: Timestamp) -> Gates {
        let own = ladder.iter().filter(|rung| rung.source.is_none());
        let gates = own.map(|rung| (rung.name.clone(), self.gate(rung, now)));
        gates.filter(|(_, passes)| *passes != Passes::All).collect()
    }

    fn gate(&self, rung: &Rung, now: Timestamp) -> Passes {
        let closed = Breaker::default();
        let breaker = self.breakers.get(&rung.name).unwrap_or(&closed);
        let own = || self.attempts.iter().filter(|a| a.rung == rung.name);
        if own().next().is_none() && breaker.opened.is_none() {
            return Passes::All;
        }
        let nameless = Arc::from("");
        let mut ended: Vec<Ended<'_>> = own().filter_map(|attempt| attempt.ended_of(&nameless)).collect();
        ended.sort_by_key(|ended| ended.at);
        breaker.gate(&Trip::of(rung), own().map(|a| a.recorded_at), ended.into_iter(), now)
    }

    /// An attempt on a rung with a breaker of its own was settled.
    pub(super) fn fold(&mut self, ladder: &[Rung], rung: &Arc<str>, told: &Told) {
        let Some(trip) = trip(ladder, rung) else { return };
        let breaker = self.breakers.entry(rung.clone()).or_default();
        breaker.fold(&trip, &Told { coverage: "".into(), ..told.clone() });
        if *breaker == Breaker::default() {
            self.breakers.remove(rung);
        }
    }

    /// The rungs that fill in another way than when gapless last looked.
    pub fn changed_rungs<'a>(&'a self, coverage: &'a Coverage) -> impl Iterator<Item = &'a Rung> {
        let new = &coverage.fingerprints;
        let is_comparable = self.fingerprints.form == new.form;
        coverage.fill.ladder.iter().filter(move |rung| {
            let name = &rung.name;
            let known = self.fingerprints.rungs.get(name);
            let asks_otherwise = is_comparable && known.is_some() && known != new.rungs.get(name);
            let has_template = |mark| self.templates.get(name).is_some_and(|old| old.mark != mark);
            asks_otherwise || rung.template.is_some_and(has_template)
        })
    }

    /// Rungs that are gone take their breakers along. Those that fill in another way may be tried at once.
    pub(super) fn rebase_breakers(&mut self, coverage: &Coverage, now: Timestamp) {
        if self.breakers.is_empty() {
            return;
        }
        let changed: BTreeSet<Arc<str>> = self.changed_rungs(coverage).map(|rung| rung.name.clone()).collect();
        self.breakers.retain(|name, breaker| {
            if !coverage.fill.ladder.iter().any(|rung| rung.name == *name) {
                return false;
            }
            if changed.contains(name) {
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

impl Attempt {
    /// How its Job ended, if it has.
    pub fn ended_of<'a>(&'a self, coverage: &'a Arc<str>) -> Option<Ended<'a>> {
        let Stage::Ended { at, end, .. } = self.stage else { return None };
        Some(Ended { coverage, at, end, dates: &self.dates })
    }
}

fn trip(ladder: &[Rung], rung: &Arc<str>) -> Option<Trip> {
    ladder.iter().find(|r| r.name == *rung).map(Trip::of)
}
