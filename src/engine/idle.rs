//! When there is something to do next, and when nothing is left that will change without a person.

use super::coverage::CoverageState;
use super::look::Look;
use super::world::{Loading, World};
use crate::domain::admit::Refusal;
use crate::domain::dates::Timestamp;
use crate::domain::state::{Cell, Hold, State};

impl World {
    /// The next instant at which a pass can bring something new.
    pub fn next_wake(&self, now: Timestamp) -> Timestamp {
        let loading = if let Loading::Wanted { not_before } = self.loading { Some(not_before) } else { None };
        let looks = self.looks_at().filter(|l| !l.busy).map(Look::due_at);
        let times = self.coverages.values().filter_map(|s| s.verdicts.valid_until());
        let refused = self.coverages.values().filter_map(|s| s.creates.refused().map(|refusal| refusal.until));
        let calendars = self.seasons.values().map(|s| s.calendar().valid_until);
        let held = self.decided.valid_until();
        let ramp = self.turns.ramp().next_step(now).filter(|_| self.decided.holds());
        let every = self.limits.report_every;
        let saves = self.coverages.values().filter(|s| !s.saved.is_under_way()).filter_map(|s| s.save_at(every));
        let jobs = self.next_list();
        let all = looks.chain(times).chain(refused).chain(calendars).chain(ramp).chain(held).chain(jobs).chain(loading);
        // When what was confirmed last is too old to say anything, without a look that ends.
        let tables = self
            .coverages
            .values()
            .map(|s| s.facts.book())
            .filter(|book| book.was_looked_at)
            .map(|book| book.good_until);
        let schedules = self.seasons.values().filter_map(|s| s.good_until());
        let all = all.chain(self.sources_wake()).chain(saves).chain(tables).chain(schedules);
        all.filter(|at| *at > now).min().unwrap_or(Timestamp::MAX)
    }

    /// Everything was looked at once, and no answer is awaited.
    pub fn is_seen(&self) -> bool {
        self.counts.in_flight == 0
            && self.loading == Loading::Done
            && self.jobs.listed_at.is_some()
            && self.looks_at().all(Look::is_seen)
            && self.is_assessed()
    }

    /// Nothing is left that will change without a person, or without the passing of a due instant.
    pub fn is_done(&self, now: Timestamp) -> bool {
        let is_active = |s: &CoverageState, cell: &Cell| match cell.state() {
            State::Running | State::Verifying => true,
            State::Waiting => s.verdicts.stalled().is_none(),
            _ => false,
        };
        let waits = self.coverages.values().any(|s| {
            let wants = s.may_want() && self.limits.launches && self.wants_soon(s);
            s.verdicts.cells().iter().any(|cell| is_active(s, cell))
                || wants
                || s.saved.is_under_way()
                || s.verdicts.doubt().is_some()
                || s.creates.refused().is_some_and(|refusal| refusal.holds(now) && !refusal.lasts)
        });
        let doubted = self.seasons.values().any(|s| s.doubted().is_some());
        self.is_seen() && !waits && !doubted && !self.looks_at().any(|look| look.is_hopeful())
    }

    /// Whether something is to be launched before a budget begins a new window, or a person resumes a source.
    fn wants_soon(&self, state: &CoverageState) -> bool {
        let refused = self.decided.refused(&state.coverage.key);
        let hold = |date| refused.and_then(|refused| refused.get(date)).and_then(Refusal::hold);
        state.verdicts.wants().iter().any(|want| hold(want.date).is_none_or(Hold::ends_soon))
    }

    /// Every look: at schedules, and at tables.
    fn looks_at(&self) -> impl Iterator<Item = &Look> {
        let schedules = self.seasons.values().filter(|s| s.season.schedule.is_some()).map(|s| &s.look);
        schedules.chain(self.watches.values().map(|watch| &watch.look))
    }
}
