//! When there is something to do next, and when nothing is left that will change without a person.

use super::coverage::CoverageState;
use super::look::Look;
use super::world::{Loading, World};
use crate::domain::admit::{Limit, Refusal};
use crate::domain::dates::Timestamp;
use crate::domain::ledger::Stage;
use crate::domain::span::Span;
use crate::domain::state::{Cell, Hold, State};

/// A run that waits for its Jobs also waits for what may start so soon: to end and to start again takes as long.
const SOON: Span = Span::seconds(5);

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

    /// Everything that may start now has started: its Jobs exist, or were refused.
    pub fn is_launched(&self, now: Timestamp) -> bool {
        let starts = |s: &CoverageState| {
            let is_recorded = s.ledger.attempts.iter().any(|a| a.stage == Stage::Recorded);
            let is_refused = s.creates.refused().is_some_and(|refusal| refusal.holds(now));
            let is_slow = |refusal| refusal == Some(Refusal::Slot(Limit::SlowStart));
            let refused = self.decided.refused(&s.coverage.key);
            let ramps = s.verdicts.wants().iter().any(|want| is_slow(refused.and_then(|all| all.get(want.date))));
            s.saved.is_under_way() || (is_recorded && !is_refused) || ramps
        };
        self.is_seen() && !self.coverages.values().any(starts)
    }

    /// Nothing runs, nothing can start now or soon, and each read that may soon say more was made. What waits longer, waits
    /// for the next run.
    pub fn is_settled(&self, now: Timestamp) -> bool {
        let soon = SOON.elapsed_after(now);
        let waits = self.coverages.values().any(|s| {
            let is_soon = |cell: &Cell| s.verdicts.stalled().is_none() && cell.next.is_some_and(|at| at <= soon);
            let is_active = |cell: &Cell| match cell.state() {
                State::Running => !self.is_holding || self.is_created(s),
                State::Verifying => true,
                State::Waiting => !self.is_holding && is_soon(cell),
                _ => false,
            };
            s.verdicts.cells().iter().any(is_active)
                || !self.is_holding && self.may_start(s, soon)
                || s.saved.is_under_way()
                || s.verdicts.doubt().is_some()
        });
        let doubted = self.seasons.values().any(|s| s.doubted().is_some());
        self.is_seen() && !waits && !doubted && !self.looks_at().any(|look| look.is_hopeful())
    }

    /// Whether a Job of an unsettled attempt may exist.
    fn is_created(&self, s: &CoverageState) -> bool {
        let exists = |launch, stage: &Stage| *stage != Stage::Recorded || s.creates.is_under_way(launch);
        let is_live = self.jobs.of(&s.coverage.uid).any(|job| job.ended.is_none());
        is_live || s.ledger.attempts.iter().any(|a| exists(a.launch, &a.stage))
    }

    /// Whether something of a coverage starts by then, or once something ends that runs.
    fn may_start(&self, s: &CoverageState, soon: Timestamp) -> bool {
        if !s.may_want() || !self.limits.launches || s.creates.refused().is_some_and(|refusal| refusal.until > soon) {
            return false;
        }
        let refused = self.decided.refused(&s.coverage.key);
        s.verdicts.wants().iter().any(|want| match refused.and_then(|all| all.get(want.date)) {
            None | Some(Refusal::Slot(_) | Refusal::Hold(Hold::Busy | Hold::DailyRun)) => true,
            Some(Refusal::HoldUntil(_, at)) => at <= soon,
            Some(Refusal::Hold(_)) => false,
        })
    }

    /// From now on nothing more is launched. What runs is followed to its end.
    pub fn hold_launches(&mut self) {
        self.is_holding = true;
    }

    /// Whether it launches nothing more.
    pub fn is_holding(&self) -> bool {
        self.is_holding
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
