//! From one event to the next.

use std::time::Duration;

use jiff::SignedDuration;

use super::{Process, Rig, Trouble};
use crate::domain::dates::Timestamp;
use crate::engine::call::{Answered, Call};
use crate::engine::timeline::{Shown, Timeline};
use crate::engine::world::World;

/// So many events at one instant are an endless loop.
const ENDLESS: u32 = 20_000;
/// How often the wall clock is read.
const CLOCK_POLL: SignedDuration = SignedDuration::from_secs(60);

impl Rig {
    /// Runs for so many hours.
    pub fn run_hours(&mut self, hours: i64) {
        self.run_until(self.now + SignedDuration::from_hours(hours));
    }

    pub fn run_until(&mut self, end: Timestamp) {
        let mut at_once = 0;
        loop {
            self.turn();
            let next = self.next_event();
            at_once = if next > self.now { 0 } else { at_once + 1 };
            assert!(at_once < ENDLESS, "no end at {}: {:?}", self.now, self.process.as_ref().map(|p| &p.under_way));
            if next > end {
                self.now = end;
                return;
            }
            self.come_to(next.max(self.now));
        }
    }

    fn next_event(&self) -> Timestamp {
        let script = self.script.front().map(|(at, _)| *at);
        let windows = self.providers.values().filter_map(|provider| provider.window_ends());
        // By a clock that is behind, a window has not ended yet.
        let windows = windows.filter(|at| *at > self.now);
        let process = self.process.iter().flat_map(|process| {
            let answer = process.under_way.keys().next().map(|(at, _)| *at);
            answer.into_iter().chain([self.wake(process)])
        });
        let all = script.into_iter().chain(self.next_end()).chain(windows).chain(process);
        all.min().unwrap_or(Timestamp::MAX)
    }

    /// When the operator wakes, on the world's clock.
    fn wake(&self, process: &Process) -> Timestamp {
        let own = process.timeline.at(self.steady());
        let left = process.world.next_wake(own).duration_since(own);
        let wake = self.now.saturating_add(left).unwrap_or(Timestamp::MAX);
        // A clock that is right needs no look at it.
        let is_right = (self.now + self.clock_off).duration_since(own).abs() < SignedDuration::from_secs(1);
        if is_right { wake } else { wake.min(self.clock_checked + CLOCK_POLL) }
    }

    fn come_to(&mut self, now: Timestamp) {
        self.now = now;
        let own = self.operator_now();
        self.providers.values_mut().for_each(|provider| provider.turn(own));
        self.end_jobs();
        while let Some((_, step)) = self.script.pop_front_if(|(at, _)| *at <= now) {
            step(self);
        }
        let before = self.made.len();
        while let Some((number, sent, call)) = self.answered() {
            self.answer(number, sent, call);
        }
        // What a watch does not show is listed again and again.
        if self.made.len() > before {
            self.show_jobs();
        }
    }

    fn answered(&mut self) -> Option<(u32, Duration, Call)> {
        let process = self.process.as_mut()?;
        let first = process.under_way.first_entry().filter(|first| first.key().0 <= self.now)?;
        let number = first.key().1;
        let (sent, call) = first.remove();
        Some((number, sent, call))
    }

    fn answer(&mut self, number: u32, sent: Duration, call: Call) {
        let trouble = self.weather.troubles.get(&number).copied();
        if trouble == Some(Trouble::DiesBefore) {
            return self.crash();
        }
        let reply = self.perform(call, trouble);
        if trouble == Some(Trouble::DiesAfter) {
            return self.crash();
        }
        let now = self.operator_now();
        let Some(process) = &mut self.process else { return };
        let asked_at = process.timeline.at(sent);
        let next = process.world.receive(Answered { asked_at, reply }, now);
        next.into_iter().for_each(|call| self.submit(call));
    }

    fn submit(&mut self, call: Call) {
        self.calls += 1;
        let (number, slowness, steady) = (self.calls, self.weather.slowness, self.steady());
        let takes = if slowness == 0 { 0 } else { crate::domain::mark::stable_hash(&number) % slowness };
        let at = self.now + SignedDuration::from_millis(takes as i64);
        let Some(process) = &mut self.process else { return };
        process.world.counts.in_flight += 1;
        process.under_way.insert((at, number), (steady, call));
    }

    /// What the operator does at an instant.
    fn turn(&mut self) {
        if self.process.is_none() {
            let timeline = Timeline::new(self.shown());
            let world = World::new(self.spec.clone(), self.limits, false, timeline.at(self.steady()));
            self.process = Some(Process { world, timeline, under_way: Default::default() });
        }
        let now = self.operator_now();
        loop {
            let Some(process) = &mut self.process else { return };
            let calls = process.world.pass(now);
            self.events.extend(process.world.take_events());
            if calls.is_empty() {
                break;
            }
            calls.into_iter().for_each(|call| self.submit(call));
        }
        self.turns += 1;
        self.check(self.turns.is_multiple_of(self.look_every));
    }

    fn steady(&self) -> Duration {
        self.now.duration_since(self.start).unsigned_abs()
    }

    fn shown(&self) -> Shown {
        Shown { wall: self.now + self.clock_off, steady: self.steady() }
    }

    /// The time by which the operator lives.
    pub(super) fn operator_now(&mut self) -> Timestamp {
        let shown = self.shown();
        self.clock_checked = self.now;
        let Some(process) = &mut self.process else { return shown.wall };
        let (now, jump) = process.timeline.advance(shown);
        jump.into_iter().for_each(|by| process.world.clock_moved(by, now));
        now
    }
}
