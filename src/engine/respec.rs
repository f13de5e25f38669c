//! A new spec: objects that stay keep what is known of them, what is new or edited is looked at, and what was tried is
//! settled whatever becomes of its coverage.

use std::collections::{BTreeMap, BTreeSet};

use super::call::WatchId;
use super::coverage::CoverageState;
use super::look::Look;
use super::season::SeasonState;
use super::sources::changed_sources;
use super::spec::Spec;
use super::tracked::Revision;
use super::world::{Loading, Watch, World};
use crate::domain::dates::Timestamp;
use crate::domain::policy::{Coverage, DateOrders, Key, Season, Stalled, Table};
use crate::domain::span::Span;

impl World {
    /// Takes a new spec.
    pub fn respec(&mut self, spec: Spec, now: Timestamp) {
        let Spec { seasons, coverages, sources, orders, stalled, launches_off } = spec;
        let were_suspended: Vec<Key> = self.suspended().collect();
        self.spec.raise();
        self.stalled = stalled;
        self.launches_off = launches_off;
        self.take_sources(sources, now);
        let gone = self.take_seasons(seasons, orders, now);
        let edited = self.take_coverages(coverages, gone, now);
        let suspended: BTreeSet<Key> = self.suspended().collect();
        if were_suspended.iter().any(|key| self.coverages.contains_key(key) && !suspended.contains(key)) {
            self.turns.resume(now);
        }
        self.rewatch(&edited, now);
        self.jobs.forget_coverages(|uid| self.coverages.values().any(|state| *state.coverage.uid == *uid));
        self.recognize(now);
    }

    /// Takes the seasons; gives those that are gone.
    fn take_seasons(
        &mut self,
        seasons: Vec<Season>,
        mut orders: BTreeMap<Key, DateOrders>,
        now: Timestamp,
    ) -> BTreeMap<Key, SeasonState> {
        let mut old = std::mem::take(&mut self.seasons);
        self.spec = self.spec + old.values().map(SeasonState::shown).sum::<Revision>();
        for season in seasons {
            let orders = orders.remove(&season.key).unwrap_or_default();
            let known = old.remove(&season.key);
            self.seasons.insert(season.key.clone(), SeasonState::new(season, orders, known, now));
        }
        old
    }

    /// Takes the coverages; gives those that are new or edited.
    fn take_coverages(
        &mut self,
        coverages: Vec<Coverage>,
        mut gone: BTreeMap<Key, SeasonState>,
        now: Timestamp,
    ) -> BTreeSet<Key> {
        let mut old = std::mem::take(&mut self.coverages);
        self.spec = self.spec + old.values().map(|state| state.shown.revision()).sum::<Revision>();
        for state in self.refused(&mut old) {
            let season = gone.remove(&state.coverage.season).map(SeasonState::kept);
            self.seasons.extend(season.map(|kept| (kept.season.key.clone(), kept)));
            self.coverages.insert(state.coverage.key.clone(), state);
        }
        let target_of: BTreeMap<&str, &Table> = coverages.iter().map(|c| (&*c.uid, &c.table)).collect();
        let goes = |state: &&CoverageState| target_of.get(&*state.coverage.uid) != Some(&&state.coverage.table);
        self.jobs.add_orphans(old.values().filter(goes).flat_map(|state| state.orphans(now)));
        let mut edited = BTreeSet::new();
        for coverage in coverages {
            let known = old.remove(&coverage.key).filter(|o| o.coverage.uid == coverage.uid);
            edited.extend(known.as_ref().is_none_or(|o| o.coverage != coverage).then(|| coverage.key.clone()));
            // The ledger of an object that is new here may be old: nothing is decided before it is read.
            if known.is_none() && self.loading != Loading::Sent {
                self.loading = Loading::Wanted { not_before: now };
            }
            let changed = known.as_ref().map(|state| changed_sources(&state.ledger, &coverage)).unwrap_or_default();
            self.rungs_changed(&changed, now);
            self.coverages.insert(coverage.key.clone(), CoverageState::new(coverage, known, now));
        }
        edited
    }

    /// Coverages whose spec is refused from now on while attempts of theirs are not settled. Nothing is launched for them, and
    /// what they tried waits for no edit.
    fn refused(&self, old: &mut BTreeMap<Key, CoverageState>) -> Vec<CoverageState> {
        let settles = |stalled: &Stalled, state: &CoverageState| {
            state.coverage.uid == stalled.uid && state.unsettled().next().is_some()
        };
        let mut refused = Vec::new();
        for stalled in &self.stalled {
            let Some(mut state) = old.remove(&stalled.key) else { continue };
            if settles(stalled, &state) {
                state.verdicts.refuse(&stalled.why);
                refused.push(state);
            } else {
                old.insert(stalled.key.clone(), state);
            }
        }
        refused
    }

    /// Coverages of which nothing is launched because people say so.
    fn suspended(&self) -> impl Iterator<Item = Key> {
        let is_suspended = |state: &&CoverageState| {
            let season = self.seasons.get(&state.coverage.season);
            let is_off = self.launches_off.contains(&state.coverage.key.namespace);
            state.coverage.suspend || is_off || season.is_some_and(|season| season.season.suspend)
        };
        self.coverages.values().filter(is_suspended).map(|state| state.coverage.key.clone())
    }

    /// A table is looked at again where a coverage of it is new or edited: other edits say nothing about it.
    fn rewatch(&mut self, edited: &BTreeSet<Key>, now: Timestamp) {
        let mut old = std::mem::take(&mut self.watches);
        for (key, state) in &self.coverages {
            let id = WatchId::of(&state.coverage);
            let watch = self.watches.entry(id.clone()).or_insert_with(|| {
                let date = state.coverage.question.date.clone();
                let new =
                    || Watch { date, coverages: Vec::new(), look: Look::new(now), lag: Span::default(), asked: None };
                old.remove(&id).map_or_else(new, |watch| Watch { coverages: Vec::new(), ..watch })
            });
            watch.coverages.push(key.clone());
            // A look that failed may do better under limits or grants that changed.
            if edited.contains(key) || watch.look.failures > 0 {
                watch.look.edited(now);
            }
        }
    }
}
