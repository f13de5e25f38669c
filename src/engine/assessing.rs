//! Assess: what is thought of each coverage, where something that this rests on has changed, or where its time is up.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::coverage::CoverageState;
use super::overview::Event;
use super::season::SeasonState;
use super::sources::{SourceState, source_key};
use super::tracked::Revision;
use super::verdicts::{Common, Share};
use super::world::World;
use crate::domain::assess::{Assessment, RungStanding, Situation, assess, ladder};
use crate::domain::dates::{Date, Timestamp};
use crate::domain::policy::{Coverage, Key};

const STALLED: &str = "gapless itself failed on this object; please report it with its spec";

impl World {
    /// Judges and assesses every coverage for which that may bring something new. A reader waits until a table was looked at:
    /// what was thought of it before is not shown.
    pub(super) fn assess_all(&mut self, now: Timestamp) {
        self.assess_outdated(now);
        if !self.told.is_empty() {
            self.tell_sources(now);
            self.assess_outdated(now);
        }
    }

    fn assess_outdated(&mut self, now: Timestamp) {
        let keys = self.outdated(now);
        if keys.is_empty() {
            return;
        }
        let unseen: BTreeSet<&Key> = self
            .watches
            .values()
            .filter(|watch| self.read_only && !watch.look.is_seen())
            .flat_map(|watch| &watch.coverages)
            .collect();
        let is_early = |key: &Key| self.coverages.get(key).is_some_and(|state| self.is_early(state));
        let keys: Vec<Key> = keys.into_iter().filter(|key| !unseen.contains(key) && !is_early(key)).collect();
        keys.iter().for_each(|key| self.survive(key, |world, state| world.assess_one(key, state, now)));
    }

    /// Coverages whose assessment rests on something else than what is known now, or whose time is up.
    fn outdated(&mut self, now: Timestamp) -> Vec<Key> {
        let (common, compares) = (self.common(), self.compares());
        let Self { seasons, jobs, coverages, sources, .. } = self;
        let mut keys = Vec::new();
        for (key, state) in coverages {
            let share = || Share {
                season: seasons.get(&state.coverage.season).map(SeasonState::days).unwrap_or_default(),
                jobs: jobs.changed(&state.coverage.uid),
                sources: health_of(&state.coverage, sources),
            };
            if compares && !state.is_over(now) && state.is_current(common, share) {
                state.still_rests_on(common);
            } else {
                keys.push(key.clone());
            }
        }
        keys
    }

    /// Whether every assessment rests on what is known now.
    pub(super) fn is_assessed(&self) -> bool {
        let common = self.common();
        self.coverages.values().all(|state| state.is_current(common, || self.share(state)))
    }

    fn common(&self) -> Common {
        let seasons = self.seasons.values().map(SeasonState::days).sum();
        let sources = self.sources.values().map(SourceState::health_revision).sum();
        Common { spec: self.spec, seasons, jobs: self.jobs.list(), sources }
    }

    fn share(&self, state: &CoverageState) -> Share {
        let season = self.seasons.get(&state.coverage.season).map(SeasonState::days).unwrap_or_default();
        let sources = health_of(&state.coverage, &self.sources);
        Share { season, jobs: self.jobs.changed(&state.coverage.uid), sources }
    }

    /// A reader waits for the schedule, too: what is only remembered of it does not count.
    fn is_early(&self, state: &CoverageState) -> bool {
        self.read_only && self.seasons.get(&state.coverage.season).is_some_and(|season| !season.is_looked_at())
    }

    /// A panic stalls the one coverage that caused it.
    pub(super) fn survive(&mut self, key: &Key, work: impl FnOnce(&mut Self, &mut CoverageState)) {
        let Some(mut state) = self.coverages.remove(key) else { return };
        if catch_unwind(AssertUnwindSafe(|| work(self, &mut state))).is_err() {
            state.verdicts.stall(STALLED);
            state.shown.changed();
        }
        state.rest_on(self.common(), self.share(&state));
        self.coverages.insert(key.clone(), state);
    }

    fn assess_one(&mut self, key: &Key, state: &mut CoverageState, now: Timestamp) {
        let Some(season) = self.seasons.get(&state.coverage.season) else { return };
        state.judge(season.calendar(), season.stale(), now);
        if let Some((first, _)) = state.verdicts.judged().first() {
            state.ledger.change(|ledger| ledger.forget_before(*first));
        }
        state.note_look(now);
        let namespace = state.coverage.key.namespace.clone();
        let (outcomes, told) = state.settle(season, &self.sources, now);
        self.told.extend(told.into_iter().map(|(source, told)| (source_key(&namespace, &source), told)));
        let season = self.seasons.get(&state.coverage.season).unwrap_or(season);
        let mut events = Vec::new();
        if self.read_only {
            events.extend(outcomes.into_iter().map(|outcome| outcome.event));
        } else {
            state.saved.hold(outcomes);
        }
        if state.lost.take_news() {
            events.push(super::events::rebuilt(key, state.ledger.launches, now));
        }
        let before = state.verdicts.assessed(self.assessment(season, state, now));
        events.extend(state.show_changes(&before, now));
        self.events.extend(events);
    }

    /// What each rung of a coverage can do for a date.
    pub fn ladder(&self, coverage: &Key, date: Date, now: Timestamp) -> Vec<RungStanding> {
        let state = self.coverages.get(coverage);
        let season = state.and_then(|state| self.seasons.get(&state.coverage.season));
        let Some((state, season)) = state.zip(season) else { return Vec::new() };
        self.situation(season, state, now, |situation| ladder(situation, date))
    }

    fn situation<T>(
        &self,
        season: &SeasonState,
        state: &CoverageState,
        now: Timestamp,
        look: impl FnOnce(&Situation<'_>) -> T,
    ) -> T {
        let own: Vec<_> = self.jobs.of(&state.coverage.uid).cloned().collect();
        let is_off = self.launches_off.contains(&state.coverage.key.namespace);
        let sources = self.sources_of(state).map(|(name, source)| (name.clone(), source.health().clone())).collect();
        look(&Situation {
            coverage: &state.coverage,
            calendar: season.calendar(),
            judged: state.verdicts.judged(),
            ledger: &state.ledger,
            jobs: &own,
            orders: Some(&season.orders),
            sources: &sources,
            hold: state.hold(season.season.suspend, is_off, now),
            now,
        })
    }

    fn assessment(&self, season: &SeasonState, state: &CoverageState, now: Timestamp) -> Assessment {
        let mut assessment = self.situation(season, state, now, assess);
        // A refusal holds launches for a while only.
        let refused = state.creates.refused().map(|refusal| refusal.until).filter(|until| *until > now);
        assessment.valid_until = assessment.valid_until.into_iter().chain(refused).min();
        assessment
    }
}

/// Changes with the health of a source of the coverage's ladder.
fn health_of(coverage: &Coverage, sources: &BTreeMap<Key, SourceState>) -> Revision {
    let names = coverage.fill.ladder.iter().filter_map(|rung| rung.source.as_ref());
    let known = names.filter_map(|name| sources.get(&source_key(&coverage.key.namespace, name)));
    known.map(SourceState::health_revision).sum()
}

impl CoverageState {
    /// Keeps what a new assessment changed, and says what of it is news.
    fn show_changes(&mut self, before: &Assessment, now: Timestamp) -> Vec<Event> {
        let (mut events, moved) = self.note_changes(&before.cells, now);
        events.extend(super::events::pressing(&self.coverage.key, &before.wants, self.verdicts.wants(), now));
        let is_new = self.shown.takes_ledger(self.ledger.revision());
        if moved || is_new && *self.ledger != *self.saved.ledger() {
            self.shown.changed();
        }
        // An overview shows what a rerun waits for; nothing that is stored does.
        if *before.reruns != *self.verdicts.reruns() {
            self.shown.changed_aside();
        }
        events
    }
}
