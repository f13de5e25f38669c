//! The order of wants: priority, then tonight, then each coverage's own order, taken in turns. Of every four launches
//! at least one goes to history if history waits, and at least one to tonight.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::{Lane, Wanting};
use crate::domain::assess::Want;
use crate::domain::dates::DateSet;
use crate::domain::policy::Coverage;

/// The dates of one Job: the same coverage, rung and lane.
pub(super) struct Batch<'a> {
    pub(super) coverage: &'a Coverage,
    wants: &'a [Want],
    /// Its dates that do not start now.
    pub(super) busy: DateSet,
    pub(super) lane: Lane,
    /// The index of its coverage.
    pub(super) place: usize,
    priority: i32,
}

impl<'a> Batch<'a> {
    /// The wants whose dates are not busy.
    pub(super) fn free(&self) -> impl Iterator<Item = &'a Want> {
        self.wants.iter().filter(|want| !self.busy.contains(want.date))
    }
}

/// Every batch, by lane, in order.
pub(super) struct Queue<'a> {
    tonight: VecDeque<Batch<'a>>,
    history: VecDeque<Batch<'a>>,
}

/// Of this many launches in a row, one goes to the other lane.
const LANE_TURN: usize = 4;

impl<'a> Queue<'a> {
    /// Takes the coverages in the order of their turns.
    pub(super) fn new(wanting: &[Wanting<'a>]) -> Self {
        let mut own: Vec<Batches<'a>> = wanting.iter().enumerate().map(|(place, w)| Batches::new(place, w)).collect();
        let mut batches: Vec<Batch<'a>> = Vec::with_capacity(wanting.iter().map(|w| w.wants.len()).sum());
        // In turns: the first of each, then the second of each.
        while !own.is_empty() {
            own.retain_mut(|own| own.next().map(|batch| batches.push(batch)).is_some());
        }
        batches.sort_by_key(|b| core::cmp::Reverse(b.priority));
        let (tonight, history) = batches.into_iter().partition(|b| b.lane == Lane::Tonight);
        Self { tonight, history }
    }

    /// The next batch, given the lanes of the previous launches.
    pub(super) fn next(&mut self, lanes: &[Lane]) -> Option<Batch<'a>> {
        let recent = &lanes[lanes.len().saturating_sub(LANE_TURN - 1)..];
        let all = |lane: Lane| recent.len() == LANE_TURN - 1 && recent.iter().all(|l| *l == lane);
        let first = match (self.tonight.front(), self.history.front()) {
            (Some(_), Some(_)) if all(Lane::Tonight) => Lane::History,
            (Some(_), Some(_)) if all(Lane::History) => Lane::Tonight,
            (Some(t), Some(h)) if h.priority > t.priority => Lane::History,
            (Some(_), _) => Lane::Tonight,
            (None, _) => Lane::History,
        };
        if first == Lane::Tonight { self.tonight.pop_front() } else { self.history.pop_front() }
    }
}

/// Cuts the wants of a coverage into Jobs: neighbours with the same rung, lane and priority, up to `datesPerJob`.
struct Batches<'a> {
    coverage: &'a Coverage,
    place: usize,
    rest: &'a [Want],
}

impl<'a> Batches<'a> {
    fn new(place: usize, wanting: &Wanting<'a>) -> Self {
        Self { coverage: wanting.coverage, place, rest: wanting.wants }
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Batch<'a>;

    fn next(&mut self) -> Option<Batch<'a>> {
        let (first, more) = self.rest.split_first()?;
        let joins = |want: &&Want| {
            let same = (&want.rung, want.priority, want.tonight) == (&first.rung, first.priority, first.tonight);
            same && !want.alone && !first.alone
        };
        let size = self.coverage.fill.dates_per_job.max(1) as usize;
        let (wants, rest) = self.rest.split_at(1 + more.iter().take(size - 1).take_while(joins).count());
        self.rest = rest;
        let lane = if first.tonight { Lane::Tonight } else { Lane::History };
        let (coverage, place, priority) = (self.coverage, self.place, first.priority);
        Some(Batch { coverage, wants, busy: DateSet::new(), lane, place, priority })
    }
}
