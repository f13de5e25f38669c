//! The order of wants: priority, then tonight, then each coverage's own order, taken in turns. Of every four launches
//! one goes to history when history waits, and one to tonight.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::{Lane, Wanting};
use crate::domain::assess::Want;
use crate::domain::policy::Coverage;

/// The dates of one Job: the same coverage, rung and lane.
pub(super) struct Batch<'a> {
    pub(super) coverage: &'a Coverage,
    pub(super) wants: Vec<&'a Want>,
    pub(super) lane: Lane,
    /// Where its coverage stands among all.
    pub(super) place: usize,
    turn: usize,
    priority: i32,
}

/// Every batch, by lane, in order.
pub(super) struct Queue<'a> {
    tonight: VecDeque<Batch<'a>>,
    history: VecDeque<Batch<'a>>,
}

/// Of so many launches in a row, one is for the other lane.
const LANE_TURN: usize = 4;

impl<'a> Queue<'a> {
    /// Of coverages in the order of their keys.
    pub(super) fn new(wanting: &[Wanting<'a>]) -> Self {
        let mut batches: Vec<Batch<'a>> = wanting.iter().enumerate().flat_map(|(n, w)| batches(n, w)).collect();
        batches.sort_unstable_by_key(|b| (core::cmp::Reverse(b.priority), b.turn, b.place));
        let (tonight, history) = batches.into_iter().partition(|b| b.lane == Lane::Tonight);
        Self { tonight, history }
    }

    /// The next batch, given the lanes of the launches before.
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

/// Cuts the wants of a coverage into Jobs: neighbours in its order of one rung, lane and priority, up to `datesPerJob`.
fn batches<'a>(place: usize, wanting: &Wanting<'a>) -> Vec<Batch<'a>> {
    let size = wanting.coverage.fill.dates_per_job.max(1) as usize;
    let mut out: Vec<Batch<'a>> = Vec::new();
    for want in wanting.wants {
        let lane = if want.tonight { Lane::Tonight } else { Lane::History };
        let joins = |b: &&mut Batch<'a>| {
            let first = b.wants[0];
            let same = (&first.rung, first.priority) == (&want.rung, want.priority) && b.lane == lane;
            same && b.wants.len() < size && !want.alone && !first.alone
        };
        match out.last_mut().filter(joins) {
            Some(batch) => batch.wants.push(want),
            None => {
                let (wants, turn, priority) = (Vec::from([want]), out.len(), want.priority);
                out.push(Batch { coverage: wanting.coverage, wants, lane, place, turn, priority });
            }
        }
    }
    out
}
