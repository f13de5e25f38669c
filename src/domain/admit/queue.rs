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
    turn: usize,
}

/// Every batch, by lane, in order.
pub(super) struct Queue<'a> {
    tonight: VecDeque<Batch<'a>>,
    history: VecDeque<Batch<'a>>,
}

/// Of so many launches in a row, one is for the other lane.
const LANE_TURN: usize = 4;

impl<'a> Queue<'a> {
    pub(super) fn new(wanting: &[Wanting<'a>]) -> Self {
        let mut batches: Vec<Batch<'a>> = wanting.iter().flat_map(batches).collect();
        batches.sort_by(|a, b| rank(a).cmp(&rank(b)));
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
            (Some(t), Some(h)) if priority(h) > priority(t) => Lane::History,
            (Some(_), _) => Lane::Tonight,
            (None, _) => Lane::History,
        };
        if first == Lane::Tonight { self.tonight.pop_front() } else { self.history.pop_front() }
    }
}

fn priority(batch: &Batch<'_>) -> i32 {
    batch.wants.iter().map(|w| w.priority).max().unwrap_or(0)
}

fn rank<'a>(batch: &'a Batch<'_>) -> impl Ord + use<'a> {
    (core::cmp::Reverse(priority(batch)), batch.turn, &batch.coverage.key)
}

/// Cuts the wants of a coverage into Jobs: neighbours in its order of one rung, lane and priority, up to `datesPerJob`.
fn batches<'a>(wanting: &Wanting<'a>) -> Vec<Batch<'a>> {
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
            None => out.push(Batch { coverage: wanting.coverage, wants: Vec::from([want]), lane, turn: out.len() }),
        }
    }
    out
}
