//! Decide: one decision over all coverages, where something that the last one rests on has changed. Then step 1 of every
//! launch that was admitted.

use std::iter::Peekable;

use super::coverage::CoverageState;
use super::sources::source_key;
use super::tracked::Revision;
use super::world::World;
use crate::domain::admit::{Admission, Decision, Pools, Refused, Wanting, admit};
use crate::domain::dates::Timestamp;
use crate::domain::policy::Key;

/// The last decision, and what it rests on.
#[derive(Debug)]
pub(super) struct Decided {
    decision: Decision,
    at: Timestamp,
    basis: Option<Basis>,
    /// When the first hold ends by itself.
    valid_until: Option<Timestamp>,
    /// A coverage has not read the data of a Job yet: a look that finds nothing new changes what may be launched.
    awaits_look: bool,
}

/// What a decision rests on, beside the present step of slow start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Basis {
    spec: Revision,
    jobs: Revision,
    sources: Revision,
    /// Nothing is decided before Jobs were listed.
    is_listed: bool,
    coverages: Revision,
    /// The looks that have ended, where that can change something by itself.
    looks: Option<u64>,
}

impl Decided {
    pub fn new(now: Timestamp) -> Self {
        Self { decision: Decision::default(), at: now, basis: None, valid_until: None, awaits_look: false }
    }

    pub fn launches(&self) -> &[Admission] {
        &self.decision.launches
    }

    /// What was not let through of a coverage, and why.
    pub fn refused(&self, coverage: &Key) -> Option<&Refused> {
        self.decision.refused.get(coverage)
    }

    /// When time alone changes the decision.
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.valid_until
    }

    /// Whether something waits for a limit.
    pub fn holds(&self) -> bool {
        !self.decision.refused.is_empty()
    }

    pub fn clock_moved(&mut self, moved: impl Fn(&mut Timestamp)) {
        moved(&mut self.at);
        self.basis = None;
    }

    /// For tests: when it was decided.
    #[cfg(test)]
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

impl World {
    /// One decision over all coverages, when something changed or slow start lets more through.
    pub(super) fn decide(&mut self, now: Timestamp) {
        let ramp = self.turns.ramp();
        let is_same_step = ramp.allowance(now) == ramp.allowance(self.decided.at);
        let is_over = self.decided.valid_until.is_some_and(|at| at <= now);
        if self.compares()
            && is_same_step
            && !is_over
            && self.decided.basis == Some(self.basis(self.decided.awaits_look))
        {
            return;
        }
        self.account(now);
        let awaits_look = self.coverages.values().any(|state| self.unread(state).next().is_some());
        let basis = Some(self.basis(awaits_look));
        let mut decision = self.decision(now);
        decision.refused.extend(self.undecided());
        self.show_refused(&decision);
        self.note_spent(&decision, now);
        let valid_until = decision.refused.values().filter_map(Refused::first_end).min();
        self.decided = Decided { decision, at: now, basis, valid_until, awaits_look };
    }

    fn basis(&self, awaits_look: bool) -> Basis {
        let of = |state: &CoverageState| {
            state.facts.revision()
                + state.facts.renames()
                + state.ledger.revision()
                + state.saved.revision()
                + state.creates.revision()
                + state.verdicts.revision()
        };
        Basis {
            spec: self.spec,
            jobs: self.jobs.revision(),
            sources: self.sources_revision(),
            is_listed: self.jobs.listed_at.is_some(),
            coverages: self.coverages.values().map(of).sum(),
            looks: awaits_look.then_some(self.counts.looks_ended),
        }
    }

    /// What was refused of coverages about which nothing is decided while a save is under way: they are as they were.
    fn undecided(&self) -> impl Iterator<Item = (Key, Refused)> {
        let is_refused = |(key, _): &(&Key, &Refused)| {
            let state = self.coverages.get(*key);
            state.is_some_and(|state| state.verdicts.stalled().is_none() && !state.may_launch())
        };
        let refused = self.decided.decision.refused.iter().filter(is_refused);
        refused.map(|(key, refused)| (key.clone(), refused.clone()))
    }

    fn decision(&self, now: Timestamp) -> Decision {
        let ready = self.jobs.listed_at.is_some();
        let wanting = self.coverages.values().filter(|s| ready && s.may_launch());
        let wanting: Vec<Wanting<'_>> = wanting.map(|s| s.wanting(self.unread_dates(s), now)).collect();
        if wanting.iter().all(|w| w.wants.is_empty()) {
            return Decision::default();
        }
        let claims = self.claims();
        let pools = Pools {
            max_jobs: self.limits.max_jobs,
            live_jobs: claims.jobs,
            taken: claims.dates,
            daily_runs: self.jobs.daily_runs.clone(),
            launches_off: !self.limits.launches,
            sources: self.source_pools(now),
            ramp: self.turns.ramp(),
            lanes: self.turns.lanes().to_vec(),
            turn: self.turns.last().cloned(),
        };
        admit(&wanting, &pools, now)
    }

    /// A hold that only the whole operator knows is part of what people see.
    fn show_refused(&mut self, decision: &Decision) {
        let old = &self.decided.decision.refused;
        let (mut old, mut new) = (old.iter().peekable(), decision.refused.iter().peekable());
        for (key, state) in &mut self.coverages {
            if next_of(&mut old, key) != next_of(&mut new, key) {
                state.shown.changed();
            }
        }
    }

    /// Step 1 of every admitted launch.
    pub(super) fn record(&mut self, now: Timestamp) {
        for admission in std::mem::take(&mut self.decided.decision.launches) {
            let Some(state) = self.coverages.get_mut(&admission.coverage) else { continue };
            let Some(season) = self.seasons.get(&state.coverage.season) else { continue };
            let before = state.before(season.calendar(), &admission.admitted.dates);
            self.events.extend(super::events::passed_over(state, &self.sources, &admission, now));
            state.ledger.launches = super::strangers::last_taken(state, self.jobs.all());
            *state.ledger = state.ledger.record(&admission.admitted, before, now);
            let draw = admission.admitted.draw.as_ref();
            let source =
                draw.and_then(|draw| self.sources.get_mut(&source_key(&admission.coverage.namespace, &draw.source)));
            source.into_iter().for_each(|source| source.recorded(now));
            self.turns.took(&admission);
        }
    }
}

/// The value of a key, of keys that are asked for in their order.
fn next_of<'a, V>(of: &mut Peekable<impl Iterator<Item = (&'a Key, V)>>, key: &Key) -> Option<V> {
    while of.next_if(|(k, _)| *k < key).is_some() {}
    of.next_if(|(k, _)| *k == key).map(|(_, value)| value)
}
