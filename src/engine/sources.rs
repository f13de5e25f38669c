//! Sources: what ledgers have spent on them, and whether they work. A source knows no coverage; what it is told are settled
//! attempts and ledgers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;

use super::call::Call;
use super::coverage::CoverageState;
use super::look::{later, look_again};
use super::overview::{Event, SourceView};
use super::ports::{SaveFault, StoredSource, Version};
use super::tracked::{Revision, Tracked};
use super::world::World;
use crate::domain::admit::{Decision, Means, SourceName, SourcePool};
use crate::domain::breaker::{Breaker, BreakerState, Ended, Passes, Told};
use crate::domain::dates::Timestamp;
use crate::domain::ledger::{Attempt, End, Ledger, Outcome, Stage};
use crate::domain::policy::{Coverage, Key, Source};
use crate::domain::source::{Draw, Health, Purse, Record, Spent};
use crate::domain::state::Hold;

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

/// What is stored of it, and how its saves fare.
#[derive(Debug, Default)]
struct StoredRecord {
    is_loaded: bool,
    version: Version,
    /// What was saved last, and what its object said then.
    shown: Option<(Arc<Record>, i64, BreakerState)>,
    is_under_way: bool,
    faults: u32,
    not_before: Option<Timestamp>,
    at: Option<Timestamp>,
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

    /// When time alone changes something about it.
    pub(super) fn next_change(&self) -> Option<Timestamp> {
        let until = self.breaker.opened.as_ref().map(|opened| opened.until);
        let spent = self.purse.spent().filter(|spent| spent.credits > 0).is_some();
        let window = self.source.budget.as_ref().filter(|_| spent).and_then(|budget| self.purse.window(budget));
        until.into_iter().chain(window.map(|window| window.end)).min()
    }

    /// What is to be stored. A window in which nothing was spent is not worth a write.
    fn record(&self) -> Record {
        let old = self.stored.shown.as_ref().and_then(|(record, ..)| record.spent);
        let new = self.purse.spent().filter(|_| self.source.budget.is_some());
        let is_idle = |spent: Option<Spent>| spent.is_none_or(|spent| spent.credits == 0);
        let spent = if is_idle(new) && is_idle(old) { old } else { new };
        Record { spent, breaker: self.breaker.clone(), through: self.through }
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

    fn saved(&mut self, record: &Arc<Record>, result: Result<Version, SaveFault>, now: Timestamp) -> bool {
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
                let _ = record;
                fault != SaveFault::Conflict
            }
        }
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
            if known.is_none() && self.loading != super::world::Loading::Sent {
                self.loading = super::world::Loading::Wanted { not_before: now };
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

    /// What is stored of sources; what was settled since is folded on top. The ledgers were taken before.
    pub(super) fn load_sources(&mut self, stored: Vec<StoredSource>, now: Timestamp) {
        let fresh: BTreeSet<Key> =
            self.sources.iter().filter(|(_, s)| !s.stored.is_loaded).map(|(k, _)| k.clone()).collect();
        let mut spent = BTreeMap::new();
        for StoredSource { source, uid, record, version } in stored {
            let Some(state) = self.sources.get_mut(&source).filter(|state| state.source.uid == uid) else { continue };
            state.stored.version = state.stored.version.max(version);
            if fresh.contains(&source) {
                (state.breaker, state.through) = (record.breaker.clone(), record.through);
                state.breaker.none_ahead(&state.source.trip, now);
                spent.insert(source, record.spent);
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

    /// What the ledgers have spent, and what lives on each source.
    pub(super) fn account(&mut self, now: Timestamp) {
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
                events.push(super::events::of_budget(key, true, budget.window(now), now));
            }
        }
    }

    /// The decision left wants of a source without money: that is news once in a window.
    pub(super) fn note_spent(&mut self, decision: &Decision, now: Timestamp) {
        let unpaid = decision.refused.iter().filter(|(_, refused)| refused.holds(Hold::Budget));
        let unpaid: Vec<&CoverageState> = unpaid.filter_map(|(key, _)| self.coverages.get(key)).collect();
        let keys: BTreeSet<Key> = unpaid
            .iter()
            .flat_map(|state| self.sources_of(state))
            .filter(|(_, source)| source.means().is_some_and(|means| means.history == 0))
            .map(|(_, source)| source.source.key.clone())
            .collect();
        for key in keys {
            let Some(state) = self.sources.get_mut(&key).filter(|state| !state.is_told_spent) else { continue };
            state.is_told_spent = true;
            let window = state.means().map(|means| means.window);
            self.events.extend(window.map(|window| super::events::of_budget(&key, false, window, now)));
        }
    }

    /// What one decision may use of each source.
    pub(super) fn source_pools(&self, now: Timestamp) -> BTreeMap<SourceName, SourcePool> {
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
        }
        for job in self.jobs.live() {
            let Some(draw) = &job.draw else { continue };
            // On one machine there is one namespace, and Jobs do not name it.
            let keys = self.sources.keys().filter(|key| key.name == draw.source);
            let is_near = |key: &&Key| job.namespace.is_empty() || job.namespace == key.namespace;
            let Some(key) = keys.into_iter().find(is_near) else { continue };
            let drawn = all.entry(key.clone()).or_default();
            let is_known = drawn.live.insert((&job.coverage, job.launch), draw.requests).is_some();
            let credits = if is_known { 0 } else { draw.credits };
            drawn.strangers = drawn.strangers.saturating_add(credits);
        }
        all
    }

    /// The sources that differ from what is stored of them.
    pub(super) fn source_saves(&mut self, now: Timestamp) -> Vec<Call> {
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

    pub(super) fn saved_source(
        &mut self,
        key: &Key,
        record: &Arc<Record>,
        result: Result<Version, SaveFault>,
        now: Timestamp,
    ) {
        let is_sound = self.sources.get_mut(key).is_none_or(|state| state.saved(record, result, now));
        if !is_sound {
            // What another writer stored may be of this process, whose answer was lost: only its version is taken.
            self.loading = super::world::Loading::Wanted { not_before: later(now, 2000) };
        }
    }

    /// When a source is to be saved, or changes by itself.
    pub(super) fn sources_wake(&self) -> impl Iterator<Item = Timestamp> {
        let every = self.limits.report_every;
        self.sources.values().flat_map(move |state| state.next_change().into_iter().chain(state.save_at(every)))
    }

    pub(super) fn source_views(&self) -> Vec<SourceView> {
        let drawn = self.drawn();
        let live = |key: &Key| drawn.get(key).map_or(0, |drawn| drawn.live.len() as u32);
        self.sources.iter().map(|(key, state)| self.source_view(state, live(key))).collect()
    }

    fn source_view(&self, state: &SourceState, live: u32) -> SourceView {
        let key = &state.source.key;
        let draws = |own: &&CoverageState| {
            let rungs = &own.coverage.fill.ladder;
            own.coverage.key.namespace == key.namespace
                && rungs.iter().any(|rung| rung.source.as_ref() == Some(&key.name))
        };
        let used = state.means().zip(state.purse.spent()).map(|(means, spent)| (means.window, spent.credits));
        SourceView {
            source: state.source.clone(),
            used,
            breaker: state.breaker.clone(),
            state: state.phase.0,
            live,
            coverages: self.coverages.values().filter(draws).map(|own| own.coverage.key.clone()).collect(),
        }
    }

    /// A create was refused: its credits were not spent.
    pub(super) fn refund(&mut self, namespace: &Arc<str>, coverage: &Arc<str>, draw: &Draw) {
        if let Some(state) = self.sources.get_mut(&source_key(namespace, &draw.source)) {
            state.purse.refund(coverage, draw.credits);
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
