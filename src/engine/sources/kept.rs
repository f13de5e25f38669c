//! What is stored of sources, and what was settled since.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;

use super::SourceState;
use crate::domain::breaker::{BreakerState, Told};
use crate::domain::dates::Timestamp;
use crate::domain::ledger::{End, Outcome};
use crate::domain::policy::Key;
use crate::domain::source::{Record, Spent};
use crate::engine::call::Call;
use crate::engine::look::{later, look_again};
use crate::engine::ports::{SaveFault, StoredSource, Version};
use crate::engine::world::{Loading, World};

/// What is stored of it, and how its saves fare.
#[derive(Debug, Default)]
pub(super) struct StoredRecord {
    pub(super) is_loaded: bool,
    version: Version,
    /// What was saved last, and what its object said then.
    shown: Option<(Arc<Record>, i64, BreakerState)>,
    is_under_way: bool,
    faults: u32,
    pub(super) not_before: Option<Timestamp>,
    pub(super) at: Option<Timestamp>,
}

impl SourceState {
    /// What is to be stored. A window in which nothing was spent is not worth a write.
    fn record(&self) -> Record {
        let old = self.stored.shown.as_ref().map_or((None, None), |(record, ..)| (record.spent, record.until));
        let budget = self.source.budget.as_ref();
        let new = budget
            .map_or((None, None), |budget| (self.purse.spent(), self.purse.window(budget).map(|window| window.end)));
        let is_idle = |spent: Option<Spent>| spent.is_none_or(|spent| spent.credits == 0);
        let (spent, until) = if is_idle(new.0) && is_idle(old.0) { old } else { new };
        Record { spent, until, breaker: self.breaker.clone(), through: self.through }
    }

    fn is_stored(&self, record: &Record, state: BreakerState) -> bool {
        let shown = self.stored.shown.as_ref();
        shown.is_some_and(|(old, generation, was)| {
            **old == *record && *generation == self.source.generation && *was == state
        })
    }

    /// When it is to be saved, if it differs from what is stored.
    fn save_at(&self, every: Option<SignedDuration>) -> Option<Timestamp> {
        if !self.stored.is_loaded || self.stored.is_under_way || self.is_stored(&self.record(), self.phase.0) {
            return None;
        }
        let wait = every.map_or(0, |every| i64::try_from(every.as_millis()).unwrap_or(i64::MAX));
        let next = self.stored.at.map(|at| later(at, wait));
        Some(next.into_iter().chain(self.stored.not_before).max().unwrap_or(Timestamp::MIN))
    }

    fn saved(&mut self, result: Result<Version, SaveFault>, now: Timestamp) -> bool {
        self.stored.is_under_way = false;
        match result {
            Ok(version) => {
                self.stored.version = version;
                self.stored.faults = 0;
                true
            }
            Err(fault) => {
                self.stored.shown = None;
                self.stored.faults += 1;
                self.stored.not_before = Some(look_again(now, self.stored.faults - 1));
                fault != SaveFault::Conflict
            }
        }
    }
}

impl World {
    /// What is stored of sources; what was settled since is folded on top. The ledgers were taken before.
    pub(in crate::engine) fn load_sources(&mut self, stored: Vec<StoredSource>, now: Timestamp) {
        let fresh: BTreeSet<Key> =
            self.sources.iter().filter(|(_, s)| !s.stored.is_loaded).map(|(k, _)| k.clone()).collect();
        let mut spent = BTreeMap::new();
        for StoredSource { source, uid, record, version } in stored {
            let Some(state) = self.sources.get_mut(&source).filter(|state| state.source.uid == uid) else { continue };
            if version > state.stored.version {
                // Another writer changed it, or nothing is known of it yet.
                (state.stored.version, state.stored.shown) = (version, None);
            }
            if fresh.contains(&source) {
                (state.breaker, state.through) = (record.breaker.clone(), record.through);
                state.breaker.none_ahead(&state.source.trip, now);
                let budget = state.source.budget.as_ref();
                spent.insert(source, budget.and_then(|budget| record.spent_at(budget, now)));
                state.stored.shown = Some((Arc::new(record), i64::MIN, BreakerState::Closed));
            }
        }
        for key in &fresh {
            let mut since: Vec<Told> = self.settled_on(key);
            since.sort_by_key(|told| (told.settled_at, told.launch));
            let Some(state) = self.sources.get_mut(key) else { continue };
            let through = state.through;
            since.iter().filter(|told| Some(told.settled_at) > through).for_each(|told| _ = state.fold(told, now));
            state.stored.is_loaded = true;
            state.refresh(now);
        }
        self.account(now);
        for (key, spent) in spent {
            let Some(state) = self.sources.get_mut(&key) else { continue };
            let SourceState { source, purse, .. } = state;
            source.budget.iter().for_each(|budget| purse.load(spent, budget, now));
            // What an earlier process has said is not news.
            state.is_told_spent = state.means().is_some_and(|means| means.history == 0);
        }
    }

    /// The settled attempts that ledgers still hold on rungs of a source.
    fn settled_on(&self, key: &Key) -> Vec<Told> {
        let own = self.coverages.values().filter(|state| state.coverage.key.namespace == key.namespace);
        own.flat_map(|state| {
            let draws = |rung: &Arc<str>| {
                let rung = state.coverage.fill.ladder.iter().find(|own| own.name == *rung);
                rung.is_some_and(|rung| rung.source.as_ref() == Some(&key.name))
            };
            let recent = state.ledger.recent.iter().filter(move |settled| draws(&settled.rung));
            recent.map(|settled| Told {
                coverage: state.coverage.uid.clone(),
                launch: settled.launch,
                recorded_at: settled.at,
                settled_at: settled.at,
                end: end_of(settled.outcomes.values()),
                outcomes: settled.outcomes.clone(),
                message: settled.message.clone(),
            })
        })
        .collect()
    }

    /// The sources that differ from what is stored of them.
    pub(in crate::engine) fn source_saves(&mut self, now: Timestamp) -> Vec<Call> {
        let every = self.limits.report_every;
        let due = |state: &SourceState| state.save_at(every).is_some_and(|at| at <= now);
        let keys: Vec<Key> = self.sources.iter().filter(|(_, s)| due(s)).map(|(key, _)| key.clone()).collect();
        let mut calls = Vec::new();
        for key in keys {
            let Some(view) = self.sources.get(&key).map(|state| self.source_view(state, 0)) else { continue };
            let Some(state) = self.sources.get_mut(&key) else { continue };
            let record = Arc::new(state.record());
            state.stored.is_under_way = true;
            state.stored.at = Some(now);
            state.stored.shown = Some((record.clone(), state.source.generation, state.phase.0));
            calls.push(Call::SaveSource { source: Box::new(view), at: state.stored.version, record });
        }
        calls
    }

    pub(in crate::engine) fn saved_source(&mut self, key: &Key, result: Result<Version, SaveFault>, now: Timestamp) {
        let is_sound = self.sources.get_mut(key).is_none_or(|state| state.saved(result, now));
        if !is_sound {
            // What another writer stored may be of this process, whose answer was lost: only its version is taken.
            self.loading = Loading::Wanted { not_before: later(now, 2000) };
        }
    }

    /// When a source is to be saved, or changes by itself.
    pub(in crate::engine) fn sources_wake(&self) -> impl Iterator<Item = Timestamp> {
        let every = self.limits.report_every;
        self.sources.values().flat_map(move |state| state.next_change().into_iter().chain(state.save_at(every)))
    }
}

/// How a Job ended, from its outcomes: those that open a breaker at once say it.
fn end_of<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> End {
    let of = |outcome: &Outcome| match outcome {
        Outcome::SourceDown => Some(End::Exit(69)),
        Outcome::RateLimited => Some(End::Exit(75)),
        Outcome::CredentialsRefused => Some(End::Exit(77)),
        _ => None,
    };
    outcomes.into_iter().find_map(of).unwrap_or(End::Exit(1))
}
