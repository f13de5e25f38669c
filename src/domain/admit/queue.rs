//! The order of wants: what is lost soon, then priority, then tonight, then each coverage's own order, taken in turns. Of every four launches
//! at least one goes to history if history waits, and at least one to tonight.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::{Lane, Wanting};
use crate::domain::assess::Want;
use crate::domain::dates::{DateSet, Timestamp};
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
    rank: Rank,
}

/// What comes first: dates that are lost soon, the soonest first, then a higher priority.
type Rank = (Timestamp, Reverse<i32>);

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
        batches.sort_by_key(|b| b.rank);
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
            (Some(t), Some(h)) if h.rank < t.rank => Lane::History,
            (Some(_), _) => Lane::Tonight,
            (None, _) => Lane::History,
        };
        if first == Lane::Tonight { self.tonight.pop_front() } else { self.history.pop_front() }
    }
}

/// Cuts the wants of a coverage into Jobs: neighbours with the same rungs, lane and priority, up to `datesPerJob`.
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
            let same = (want.priority, want.tonight, want.lost_at) == (first.priority, first.tonight, first.lost_at);
            same && rungs(want).eq(rungs(first)) && !is_alone(want) && !is_alone(first)
        };
        let size = self.coverage.fill.dates_per_job.max(1) as usize;
        let (wants, rest) = self.rest.split_at(1 + more.iter().take(size - 1).take_while(joins).count());
        self.rest = rest;
        let lane = if first.tonight { Lane::Tonight } else { Lane::History };
        let (coverage, place) = (self.coverage, self.place);
        let rank = (first.lost_at.unwrap_or(Timestamp::MAX), Reverse(first.priority));
        Some(Batch { coverage, wants, busy: DateSet::new(), lane, place, rank })
    }
}

fn rungs(want: &Want) -> impl Iterator<Item = (&Arc<str>, bool)> {
    want.ways.iter().map(|way| (&way.rung, way.passed))
}

fn is_alone(want: &Want) -> bool {
    want.ways.iter().any(|way| way.alone)
}
