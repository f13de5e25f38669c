//! When there is something to do next, and when nothing is left that will change without a person.

use super::world::{Loading, Look, World};
use crate::domain::dates::Timestamp;
use crate::domain::state::State;

/// A look that failed so often in a row is not waited for.
const FAILED_LOOKS: u32 = 3;

impl World {
    /// The next instant at which a pass can bring something new.
    pub fn next_wake(&self, now: Timestamp) -> Timestamp {
        let loading = if let Loading::Wanted { not_before } = self.loading { Some(not_before) } else { None };
        let looks = self
            .watches
            .values()
            .map(|w| w.look)
            .chain(self.seasons.values().filter(|s| s.season.schedule.is_some()).map(|s| s.look));
        let looks = looks.filter(|l| !l.busy).map(|l| l.next);
        let times = self.coverages.values().filter_map(|s| s.assessment.valid_until);
        let refused = self.coverages.values().filter_map(|s| s.refused.as_ref().map(|(until, _, _)| *until));
        let calendars = self.seasons.values().map(|s| s.calendar.valid_until);
        let ramp = self.ramp.next_step(now).filter(|_| !self.decision.refused.is_empty());
        let every = self.limits.report_every;
        let saves = self.coverages.values().filter(|s| !s.saving).filter_map(|s| s.save_at(every));
        let jobs = self.jobs_are_live().then_some(self.jobs.next_list);
        let all = looks.chain(times).chain(refused).chain(calendars).chain(ramp).chain(jobs).chain(loading);
        let all = all.chain(saves);
        all.filter(|at| *at > now).min().unwrap_or(Timestamp::MAX)
    }

    fn jobs_are_live(&self) -> bool {
        self.jobs.listed_at.is_none()
            || self.jobs.all.iter().any(|j| j.ended.is_none())
            || self.coverages.values().any(|s| !s.ledger.attempts.is_empty())
    }

    /// Everything was looked at once, and nobody waits for an answer.
    pub fn is_seen(&self) -> bool {
        let schedules = self.seasons.values().filter(|s| s.season.schedule.is_some());
        self.in_flight == 0
            && self.loading == Loading::Done
            && self.jobs.listed_at.is_some()
            && schedules.map(|s| &s.look).chain(self.watches.values().map(|w| &w.look)).all(Look::is_seen)
            && self.coverages.values().all(|s| !s.dirty)
    }

    /// Nothing is left that will change without a person, or without the passing of a due instant.
    pub fn is_done(&self, now: Timestamp) -> bool {
        let hopeless = |look: &Look| look.failures == 0 || look.failures >= FAILED_LOOKS;
        let waits = self.coverages.values().any(|s| {
            let active = [State::Running, State::Verifying, State::Waiting];
            let cells = s.assessment.cells.iter().any(|c| active.contains(&c.state()));
            let wants = s.may_want() && !s.assessment.wants.is_empty() && self.limits.launches;
            cells
                || wants
                || s.saving
                || s.doubt.is_some()
                || s.refused.as_ref().is_some_and(|(until, _, _)| *until > now)
        });
        let doubted = self.seasons.values().any(|s| s.doubted.is_some());
        self.is_seen() && !waits && !doubted && self.watches.values().all(|w| hopeless(&w.look))
    }
}
