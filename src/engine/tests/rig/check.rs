//! The invariants of design §12, seen from the world, and of what people are shown.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Made, Rig};
use crate::domain::breaker::Opened;
use crate::domain::dates::Date;
use crate::domain::ledger::{Launch, Stage};
use crate::domain::state::State;
use crate::engine::overview::Overview;

impl Rig {
    /// What people are shown now.
    pub fn overview(&mut self) -> Overview {
        let now = self.operator_now();
        self.process.as_ref().unwrap().world.overview(now)
    }

    /// The breaker that a launch rests on, if it is not closed.
    fn opened(&self, launch: &Launch) -> Option<Opened> {
        let world = &self.process.as_ref()?.world;
        if let Some(draw) = &launch.draw {
            let (_, source) = world.sources.iter().find(|(key, _)| key.name == draw.source)?;
            return source.breaker().opened.clone();
        }
        let ledger = &world.coverages.get(&launch.coverage)?.ledger;
        ledger.breakers.get(&launch.rung)?.opened.clone()
    }

    /// Whether the attempt of a launch was recorded while its breaker was not closed.
    pub(super) fn is_trial(&self, launch: &Launch) -> bool {
        let Some(opened) = self.opened(launch) else { return false };
        let stored = self.ledgers.get(&launch.coverage);
        let attempt = stored.and_then(|(_, ledger, _)| ledger.attempt(launch.launch));
        attempt.is_some_and(|attempt| attempt.recorded_at >= opened.since)
    }

    /// Invariants 1, 2, 3 and 13, when a Job starts.
    pub(super) fn check_start(&mut self, made: &Made, launch: &Launch) {
        assert!(self.made(&made.name).is_none(), "{} was created before", made.name);
        let live = || self.jobs.values().filter(|own| own.job.ended.is_none());
        for own in live().filter(|own| own.launch.target == launch.target) {
            let both = own.job.dates.intersect(&made.dates);
            assert!(both.is_empty(), "{} and {} cover {both}", own.job.name, made.name);
        }
        if made.is_trial {
            let is_trial = |name: &Arc<str>| self.made(name).is_some_and(|old| old.is_trial);
            let on_it = |own: &Launch| match &launch.draw {
                Some(draw) => own.draw.as_ref().is_some_and(|other| other.source == draw.source),
                None => own.coverage == launch.coverage && own.rung == launch.rung,
            };
            let other = live().find(|own| on_it(&own.launch) && is_trial(&own.job.name));
            let other = other.map(|own| own.job.name.clone());
            assert!(other.is_none(), "{other:?} and {} are two trials at {}", made.name, self.now);
        }
        let now = self.operator_now();
        if let Some(draw) = &launch.draw {
            self.providers.entry(draw.source.clone()).or_default().start(&made.name, draw, now);
        }
    }

    /// After every step of the operator; now and then also what people are shown.
    pub(super) fn check(&mut self, with_views: bool) {
        let now = self.operator_now();
        let Some(process) = &self.process else { return };
        for (key, source) in &process.world.sources {
            let until = source.breaker().opened.as_ref().map(|opened| opened.until);
            let latest = now + source.source.trip.max_open_for;
            assert!(until.is_none_or(|until| until <= latest), "{} is open until {until:?}", key.name);
        }
        if with_views {
            check_views(&process.world.overview(now), &self.spec);
        }
    }

    /// The dates of a coverage in a state.
    pub fn dates_in(&mut self, coverage: &str, state: State) -> BTreeSet<Date> {
        let overview = self.overview();
        let own = overview.coverages.iter().filter(|view| &*view.key.name == coverage);
        own.flat_map(|view| &view.cells).filter(|cell| cell.state() == state).map(|cell| cell.date).collect()
    }

    /// Jobs of a rung so far, or of all.
    pub fn jobs_of(&self, rung: &str) -> usize {
        self.made.iter().filter(|made| rung == "all" || &*made.rung == rung).count()
    }
}

/// Invariants 3 and 8, as people see them.
fn check_views(overview: &Overview, spec: &crate::engine::spec::Spec) {
    for view in &overview.coverages {
        assert!(view.cells.is_sorted_by(|a, b| a.date < b.date), "every date is in one state");
        assert_eq!(State::ALL.iter().map(|s| view.count(*s)).sum::<usize>(), view.cells.len(), "the counts add up");
        for (rung, date, tally) in &view.tallies {
            let most = view.limits.iter().find(|(name, _)| name == rung).map_or(u8::MAX, |(_, most)| *most);
            assert!(tally.charged <= most, "{} of {most} attempts are charged to {date}", tally.charged);
        }
        let live = view.attempts.iter().filter(|a| !matches!(a.stage, Stage::Ended { .. })).count();
        let own = spec.coverages.iter().find(|own| own.key == view.key);
        let most = own.map_or(u32::MAX, |own| own.fill.max_concurrent_jobs);
        assert!(live <= most as usize, "{live} of {most} Jobs of {}", view.key);
    }
}
