//! What coverages draw from sources: their money, their slots, their requests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{SourceState, source_key};
use crate::domain::admit::{Decision, SourceName, SourcePool};
use crate::domain::breaker::{Ended, Passes};
use crate::domain::dates::Timestamp;
use crate::domain::ledger::{Attempt, Stage};
use crate::domain::policy::{Key, Rung};
use crate::domain::source::Draw;
use crate::domain::state::Hold;
use crate::engine::coverage::CoverageState;
use crate::engine::overview::SourceView;
use crate::engine::world::World;

/// When the attempt of a Job was recorded whose ledger is gone. Perhaps it is the trial, so there is no other while it lives.
const UNKNOWN: Timestamp = Timestamp::MAX;

/// What lives on a source.
#[derive(Debug, Default)]
struct Drawn<'a> {
    unsettled: Vec<Timestamp>,
    ended: Vec<Ended<'a>>,
    /// Jobs that live, or will, by coverage and launch, with their requests per minute.
    live: BTreeMap<(&'a str, u64), u32>,
    /// Credits of live Jobs that no ledger holds.
    strangers: u64,
}

impl World {
    /// What the ledgers have spent, and what lives on each source.
    pub(in crate::engine) fn account(&mut self, now: Timestamp) {
        if self.sources.is_empty() {
            return;
        }
        let strangers: BTreeMap<Key, u64> =
            self.drawn().into_iter().map(|(key, drawn)| (key, drawn.strangers)).collect();
        let Self { sources, coverages, events, .. } = self;
        for (key, state) in sources {
            let SourceState { source, purse, is_told_spent, .. } = state;
            let Some(budget) = &source.budget else { continue };
            let before = purse.spent().map(|spent| spent.start);
            purse.turn(budget, strangers.get(key).copied().unwrap_or(0), now);
            for own in coverages.values().filter(|own| own.coverage.key.namespace == key.namespace) {
                let draws = |attempt: &Attempt| attempt.draw.as_ref().is_some_and(|draw| draw.source == key.name);
                if own.ledger.spent.contains_key(&key.name) || own.ledger.attempts.iter().any(draws) {
                    purse.see(&own.coverage.uid, own.ledger.spent_on(&key.name, budget, now));
                }
            }
            let spent = purse.spent();
            if before.is_some() && before != spent.map(|spent| spent.start) && std::mem::take(is_told_spent) {
                events.push(crate::engine::events::of_budget(key, true, budget.window(now), now));
            }
        }
    }

    /// The decision left wants of a source without money: that is news once in a window.
    pub(in crate::engine) fn note_spent(&mut self, decision: &Decision, now: Timestamp) {
        let unpaid = decision.refused.iter().filter(|(_, refused)| refused.holds(Hold::Budget));
        let unpaid: Vec<&CoverageState> = unpaid.filter_map(|(key, _)| self.coverages.get(key)).collect();
        let keys: BTreeSet<Key> = unpaid
            .iter()
            .flat_map(|state| self.sources_of(state))
            .filter(|(_, source)| source.means().is_some_and(|means| means.history < self.cheapest(&source.source.key)))
            .map(|(_, source)| source.source.key.clone())
            .collect();
        for key in keys {
            let Some(state) = self.sources.get_mut(&key).filter(|state| !state.is_told_spent) else { continue };
            state.is_told_spent = true;
            let window = state.means().map(|means| means.window);
            self.events.extend(window.map(|window| crate::engine::events::of_budget(&key, false, window, now)));
        }
    }

    /// What one decision may use of each source.
    pub(in crate::engine) fn source_pools(&self, now: Timestamp) -> BTreeMap<SourceName, SourcePool> {
        let mut drawn = self.drawn();
        let pool = |(key, state): (&Key, &SourceState)| {
            let Drawn { unsettled, mut ended, live, .. } = drawn.remove(key).unwrap_or_default();
            ended.sort_by_key(|ended| ended.at);
            let source = &state.source;
            let told: u32 = live.values().fold(0, |sum, requests| sum.saturating_add(*requests));
            let passes = if state.stored.is_loaded || self.read_only {
                state.breaker.gate(&source.trip, unsettled, ended.into_iter(), now)
            } else {
                Passes::Nothing
            };
            let pool = SourcePool {
                suspended: source.suspend,
                passes,
                means: state.means(),
                live: live.len() as u32,
                max_jobs: source.max_jobs,
                share: source.share(),
                requests_left: source.requests_per_minute.unwrap_or(0).saturating_sub(told),
            };
            ((key.namespace.clone(), key.name.clone()), pool)
        };
        self.sources.iter().map(pool).collect()
    }

    /// What draws on each source, from ledgers, from launches of coverages that are gone, and from Jobs that no ledger holds.
    fn drawn(&self) -> BTreeMap<Key, Drawn<'_>> {
        let mut all: BTreeMap<Key, Drawn<'_>> = BTreeMap::new();
        if self.sources.is_empty() {
            return all;
        }
        for state in self.coverages.values() {
            let uid = &state.coverage.uid;
            for attempt in state.unsettled() {
                let Some(draw) = &attempt.draw else { continue };
                let drawn = all.entry(source_key(&state.coverage.key.namespace, &draw.source)).or_default();
                drawn.unsettled.push(attempt.recorded_at);
                drawn.ended.extend(attempt.ended_of(uid));
                if !matches!(attempt.stage, Stage::Ended { .. }) {
                    drawn.live.insert((uid, attempt.launch), draw.requests);
                }
            }
        }
        for orphan in self.jobs.orphans() {
            let Some((namespace, draw)) = &orphan.draw else { continue };
            let drawn = all.entry(source_key(namespace, &draw.source)).or_default();
            drawn.live.insert((&orphan.coverage, orphan.launch), draw.requests);
            drawn.unsettled.push(UNKNOWN);
        }
        for job in self.jobs.live() {
            let Some(draw) = &job.draw else { continue };
            // On one machine there is one namespace, and Jobs do not name it.
            let keys = self.sources.keys().filter(|key| key.name == draw.source);
            let is_near = |key: &&Key| job.namespace.is_empty() || job.namespace == key.namespace;
            let Some(key) = keys.into_iter().find(is_near) else { continue };
            let drawn = all.entry(key.clone()).or_default();
            if drawn.live.insert((&job.coverage, job.launch), draw.requests).is_none() {
                drawn.strangers = drawn.strangers.saturating_add(draw.credits);
                drawn.unsettled.push(UNKNOWN);
            }
        }
        all
    }

    pub(in crate::engine) fn source_views(&self) -> Vec<SourceView> {
        let drawn = self.drawn();
        let live = |key: &Key| drawn.get(key).map_or(0, |drawn| drawn.live.len() as u32);
        self.sources.iter().map(|(key, state)| self.source_view(state, live(key))).collect()
    }

    pub(super) fn source_view(&self, state: &SourceState, live: u32) -> SourceView {
        let key = &state.source.key;
        let used = state.means().zip(state.purse.spent()).map(|(means, spent)| (means.window, spent.credits));
        SourceView {
            source: state.source.clone(),
            used,
            breaker: state.breaker.clone(),
            state: state.phase.0,
            live,
            coverages: self
                .drawing(key)
                .map(|(own, _)| own.coverage.key.clone())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            cheapest: self.cheapest(key),
        }
    }

    /// The coverages and rungs that draw on a source.
    fn drawing<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = (&'a CoverageState, &'a Rung)> {
        let near = self.coverages.values().filter(|own| own.coverage.key.namespace == key.namespace);
        let rungs = near.flat_map(|own| own.coverage.fill.ladder.iter().map(move |rung| (own, rung)));
        rungs.filter(|(_, rung)| rung.source.as_ref() == Some(&key.name))
    }

    /// What one unit of a date costs at least.
    fn cheapest(&self, key: &Key) -> u64 {
        self.drawing(key).map(|(_, rung)| rung.cost.of(1)).min().unwrap_or(1).max(1)
    }

    /// A create was refused: its credits were not spent.
    pub(in crate::engine) fn refund(&mut self, namespace: &Arc<str>, coverage: &Arc<str>, draw: &Draw) {
        if let Some(state) = self.sources.get_mut(&source_key(namespace, &draw.source)) {
            state.purse.refund(coverage, draw.credits);
        }
    }
}
