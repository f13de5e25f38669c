//! What a new spec changes: objects that stay keep what is known of them, and what was tried is settled whatever becomes of
//! its coverage.

use std::collections::{BTreeMap, BTreeSet};

use super::call::WatchId;
use super::look::Look;
use super::spec::Spec;
use super::world::{CoverageState, Loading, SeasonState, Watch, World};
use crate::domain::admit::Ramp;
use crate::domain::dates::Timestamp;
use crate::domain::policy::{Key, Stalled, Table};

impl World {
    /// Takes a new spec; what is known of objects that stay is kept.
    pub fn respec(&mut self, spec: Spec, now: Timestamp) {
        let Spec { seasons, coverages, mut orders, stalled, launches_off } = spec;
        let were_suspended: Vec<Key> = self.suspended().collect();
        self.stalled = stalled;
        self.revision += 1;
        self.launches_off = launches_off;
        self.undecided = true;
        let mut old_seasons = std::mem::take(&mut self.seasons);
        for season in seasons {
            let orders = orders.remove(&season.key).unwrap_or_default();
            let known = old_seasons.remove(&season.key);
            self.seasons.insert(season.key.clone(), SeasonState::new(season, orders, known, now));
        }
        let mut old = std::mem::take(&mut self.coverages);
        for state in self.refused(&mut old) {
            let season = old_seasons.remove(&state.coverage.season).map(|old| SeasonState { is_kept: true, ..old });
            self.seasons.extend(season.map(|kept| (kept.season.key.clone(), kept)));
            self.coverages.insert(state.coverage.key.clone(), state);
        }
        let target_of: BTreeMap<&str, &Table> = coverages.iter().map(|c| (&*c.uid, &c.table)).collect();
        let goes = |state: &&CoverageState| target_of.get(&*state.coverage.uid) != Some(&&state.coverage.table);
        self.jobs.orphans.extend(old.values().filter(goes).flat_map(|state| state.orphans(now)));
        let mut edited = BTreeSet::new();
        for coverage in coverages {
            let known = old.remove(&coverage.key).filter(|o| o.coverage.uid == coverage.uid);
            edited.extend(known.as_ref().is_none_or(|o| o.coverage != coverage).then(|| coverage.key.clone()));
            // The ledger of an object that is new here may be old: nothing is decided before it is read.
            if known.is_none() && self.loading != Loading::Sent {
                self.loading = Loading::Wanted { not_before: now };
            }
            let state = CoverageState::new(coverage.clone(), known);
            self.coverages.insert(coverage.key, state);
        }
        let suspended: BTreeSet<Key> = self.suspended().collect();
        if were_suspended.iter().any(|key| self.coverages.contains_key(key) && !suspended.contains(key)) {
            self.ramp = Ramp { started_at: now, launched: 0, ..self.ramp };
        }
        self.rewatch(&edited, now);
        self.recognize(now);
    }

    /// Coverages whose spec is refused from now on while attempts of theirs are not settled. Nothing is launched for them, and
    /// what they tried waits for no edit.
    fn refused(&self, old: &mut BTreeMap<Key, CoverageState>) -> Vec<CoverageState> {
        let settles = |stalled: &Stalled, state: &CoverageState| {
            state.coverage.uid == stalled.uid && state.unsettled().next().is_some()
        };
        let mut refused = Vec::new();
        for stalled in &self.stalled {
            let Some(state) = old.remove(&stalled.key) else { continue };
            if settles(stalled, &state) {
                let why = Some(stalled.why.clone());
                refused.push(CoverageState { stalled: why, is_refused: true, dirty: true, ..state });
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

    /// A table is looked at again where a coverage of it is new or edited: what others edit says nothing of it.
    fn rewatch(&mut self, edited: &BTreeSet<Key>, now: Timestamp) {
        let mut old = std::mem::take(&mut self.watches);
        for (key, state) in &self.coverages {
            let id = WatchId::of(&state.coverage);
            let watch = self.watches.entry(id.clone()).or_insert_with(|| {
                let known = old.remove(&id).map(|watch| (watch.look, watch.asked));
                let (look, asked) = known.unwrap_or_else(|| (Look::new(now), None));
                Watch { date: state.coverage.question.date.clone(), coverages: Vec::new(), look, asked }
            });
            watch.coverages.push(key.clone());
            // A look that failed may do better under limits or grants that changed.
            if edited.contains(key) || watch.look.failures > 0 {
                watch.look.no_later_than(now);
            }
        }
    }
}
