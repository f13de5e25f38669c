//! Sources: what ledgers have spent on them, and whether they work. A source knows no coverage: it receives settled
//! attempts and ledgers.

mod drawn;
mod kept;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;

use super::coverage::CoverageState;
use super::overview::Event;
use super::tracked::{Revision, Tracked};
use super::world::{Loading, World};
use crate::domain::admit::Means;
use crate::domain::breaker::{Breaker, BreakerState, Told};
use crate::domain::dates::Timestamp;
use crate::domain::ledger::Ledger;
use crate::domain::policy::{Coverage, Key, Source};
use crate::domain::source::{Health, Purse};
use kept::StoredRecord;

/// A source with what is known of it.
#[derive(Debug)]
pub(super) struct SourceState {
    pub source: Source,
    purse: Purse,
    breaker: Breaker,
    through: Option<Timestamp>,
    /// What the choice of a rung rests on.
    health: Tracked<Health>,
    /// What a decision rests on beside the ledgers: what its breaker is, and which window it is.
    phase: Tracked<(BreakerState, Option<Timestamp>)>,
    /// Whether it was said that the budget of the present window is spent.
    is_told_spent: bool,
    stored: StoredRecord,
}

impl SourceState {
    pub(super) fn new(source: Source, old: Option<Self>, now: Timestamp) -> Self {
        let mut state = old.unwrap_or_else(|| Self {
            source: source.clone(),
            purse: Purse::default(),
            breaker: Breaker::default(),
            through: None,
            health: Tracked::default(),
            phase: Tracked::new((BreakerState::Closed, None)),
            is_told_spent: false,
            stored: StoredRecord::default(),
        });
        if let (Some(old), Some(new)) = (&state.source.budget, &source.budget)
            && !new.has_windows_of(old)
        {
            state.purse.reshape(old, new, now);
        }
        state.source = source;
        state.refresh(now);
        state
    }

    /// What follows from its breaker, its spec and the time.
    fn refresh(&mut self, now: Timestamp) {
        let opened = self.breaker.opened.as_ref().map(|opened| (opened.since, opened.trials));
        let health = Health { opened, suspended: self.source.suspend, has_budget: self.source.budget.is_some() };
        self.health.set(health);
        let start = self.source.budget.as_ref().map(|budget| budget.window(now).start);
        self.phase.set((self.breaker.state(now), start));
    }

    pub(super) fn health(&self) -> &Health {
        &self.health
    }

    pub(super) fn health_revision(&self) -> Revision {
        self.health.revision()
    }

    pub(super) fn revision(&self) -> Revision {
        self.health.revision() + self.phase.revision()
    }

    pub(super) fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// A settled attempt. Gives an event if the breaker opens or closes.
    fn fold(&mut self, told: &Told, now: Timestamp) -> Option<Event> {
        let before = self.breaker.clone();
        self.breaker.fold(&self.source.trip, told);
        self.through = self.through.max(Some(told.settled_at));
        self.refresh(now);
        super::events::of_breaker(&self.source.key, "the source", (&before, Some(&self.breaker)), now)
    }

    /// An attempt on it is recorded.
    pub(super) fn recorded(&mut self, now: Timestamp) {
        self.breaker.recorded(now);
        self.refresh(now);
    }

    /// When time alone changes something about it.
    pub(super) fn next_change(&self) -> Option<Timestamp> {
        let until = self.breaker.opened.as_ref().map(|opened| opened.until);
        let spent = self.purse.spent().filter(|spent| spent.credits > 0).is_some();
        let window = self.source.budget.as_ref().filter(|_| spent).and_then(|budget| self.purse.window(budget));
        until.into_iter().chain(window.map(|window| window.end)).min()
    }

    pub(super) fn clock_moved(&mut self, by: SignedDuration) {
        let moved = |at: &mut Timestamp| *at = at.saturating_add(by).unwrap_or(*at);
        self.breaker.opened.iter_mut().for_each(|opened| {
            moved(&mut opened.since);
            moved(&mut opened.until);
        });
        self.through.iter_mut().for_each(moved);
        self.stored.not_before.iter_mut().chain(&mut self.stored.at).for_each(moved);
    }

    /// Why dates do not wait for it.
    pub(super) fn why_passed(&self) -> Option<String> {
        if self.source.suspend {
            return Some("draws on a suspended source".into());
        }
        let spent = self.is_told_spent.then(|| "is not paid for by the budget of its source".into());
        super::events::does_not_work(&self.breaker).or(spent)
    }

    fn means(&self) -> Option<Means> {
        let budget = self.source.budget.as_ref()?;
        let window = self.purse.window(budget)?;
        let used = self.purse.spent().map_or(0, |spent| spent.credits);
        let (tonight, history) = (budget.left(used, true), budget.left(used, false));
        Some(Means { window, credits: budget.credits, reserve: budget.reserve, tonight, history })
    }
}

impl World {
    /// The sources of a coverage's ladder, by name.
    pub(super) fn sources_of<'a>(
        &'a self,
        state: &'a CoverageState,
    ) -> impl Iterator<Item = (&'a Arc<str>, &'a SourceState)> {
        let rungs = state.coverage.fill.ladder.iter().filter_map(|rung| rung.source.as_ref());
        rungs.filter_map(|name| Some((name, self.sources.get(&source_key(&state.coverage.key.namespace, name))?)))
    }

    pub(super) fn sources_revision(&self) -> Revision {
        self.sources.values().map(SourceState::revision).sum()
    }

    /// What follows from the time alone.
    pub(super) fn refresh_sources(&mut self, now: Timestamp) {
        self.sources.values_mut().for_each(|state| state.refresh(now));
    }

    /// Settled attempts, in the order in which they were settled.
    pub(super) fn tell_sources(&mut self, now: Timestamp) {
        for (key, told) in std::mem::take(&mut self.told) {
            let Some(state) = self.sources.get_mut(&key) else { continue };
            self.events.extend(state.fold(&told, now));
        }
    }

    /// Takes the sources of a spec.
    pub(super) fn take_sources(&mut self, sources: Vec<Source>, now: Timestamp) {
        let mut old = std::mem::take(&mut self.sources);
        self.spec = self.spec + old.values().map(SourceState::revision).sum::<Revision>();
        for source in sources {
            let known = old.remove(&source.key).filter(|known| known.source.uid == source.uid);
            if known.is_none() && self.loading != Loading::Sent {
                self.loading = Loading::Wanted { not_before: now };
            }
            self.sources.insert(source.key.clone(), SourceState::new(source, known, now));
        }
    }

    /// A rung of a coverage fills in another way now: its source may be tried at once.
    pub(super) fn rungs_changed(&mut self, sources: &BTreeSet<Key>, now: Timestamp) {
        for key in sources {
            if let Some(state) = self.sources.get_mut(key) {
                state.breaker.changed(now);
                state.refresh(now);
            }
        }
    }
}

pub(super) fn source_key(namespace: &Arc<str>, name: &Arc<str>) -> Key {
    Key { namespace: namespace.clone(), kind: "Source".into(), name: name.clone() }
}

/// The sources of rungs that fill in another way than a ledger says.
pub(super) fn changed_sources(ledger: &Ledger, coverage: &Coverage) -> BTreeSet<Key> {
    let changed = ledger.changed_rungs(coverage).filter_map(|rung| rung.source.as_ref());
    changed.map(|source| source_key(&coverage.key.namespace, source)).collect()
}
