//! What may start now: every want of the whole operator, ranked, with Launch or a hold. Limits, single flight and
//! order are about all coverages together, so one place decides, as a scheduler does.

mod queue;
mod ramp;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::assess::Want;
use super::dates::{Date, DateSet, Timestamp};
use super::ledger::Admitted;
use super::policy::{Coverage, Key, Table};
use super::state::Hold;

pub use ramp::{Lane, Ramp};

/// One coverage that wants something.
#[derive(Clone, Copy, Debug)]
pub struct Wanting<'a> {
    /// The coverage.
    pub coverage: &'a Coverage,
    /// Its wants, in its declared order.
    pub wants: &'a [Want],
    /// Its live Jobs, recorded ones included.
    pub live: u32,
    /// Its unsettled attempts.
    pub unsettled: u32,
}

/// The limits of the whole operator and what they have been used for.
#[derive(Clone, Debug)]
pub struct Pools {
    /// Live Jobs of all coverages at most.
    pub max_jobs: u32,
    /// Live Jobs of all coverages.
    pub live_jobs: u32,
    /// Dates that are taken, per target: by live Jobs and by attempts that are not settled, whoever owns them.
    pub taken: BTreeMap<Table, DateSet>,
    /// CronJobs, by namespace and name, whose own run is live.
    pub daily_runs: BTreeSet<(Arc<str>, Arc<str>)>,
    /// Launches are switched off.
    pub launches_off: bool,
    /// Slow start.
    pub ramp: Ramp,
    /// The lanes of the last launches.
    pub lanes: Vec<Lane>,
}

/// A Job that may start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The coverage.
    pub coverage: Key,
    /// What to record.
    pub admitted: Admitted,
    /// The verdict's reason of its first date.
    pub reason: &'static str,
    /// Its lane.
    pub lane: Lane,
}

/// Why a want does not start now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Something outside the cell must happen first.
    Hold(Hold),
    /// It only lacks a slot: the cell stays Missing or Partial.
    Slot,
}

/// What may start and what may not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// In the order in which they start.
    pub launches: Vec<Admission>,
    /// The rest, per coverage.
    pub refused: BTreeMap<Key, BTreeMap<Date, Refusal>>,
}

/// Admits wants. The result does not depend on the order of `wanting`.
pub fn admit(wanting: &[Wanting<'_>], pools: &Pools, now: Timestamp) -> Decision {
    let mut state = State::new(wanting, pools, now);
    let mut queue = queue::Queue::new(wanting);
    while let Some(mut batch) = queue.next(&state.lanes) {
        state.refuse_taken(&mut batch);
        match state.refusal(&batch) {
            _ if batch.wants.is_empty() => {}
            Some(refusal) => state.refuse(&batch, refusal),
            None => state.launch(batch),
        }
    }
    state.decision
}

/// What one pass has used up so far.
struct State<'a> {
    pools: &'a Pools,
    coverages: BTreeMap<&'a Key, (&'a Coverage, u32, u32)>,
    live_jobs: u32,
    ramp_left: u32,
    taken: BTreeMap<Table, DateSet>,
    lanes: Vec<Lane>,
    decision: Decision,
}

impl<'a> State<'a> {
    fn new(wanting: &[Wanting<'a>], pools: &'a Pools, now: Timestamp) -> Self {
        Self {
            pools,
            coverages: wanting.iter().map(|w| (&w.coverage.key, (w.coverage, w.live, w.unsettled))).collect(),
            live_jobs: pools.live_jobs,
            ramp_left: pools.ramp.allowance(now),
            taken: pools.taken.clone(),
            lanes: pools.lanes.clone(),
            decision: Decision::default(),
        }
    }

    fn refusal(&self, batch: &queue::Batch<'a>) -> Option<Refusal> {
        let coverage = batch.coverage;
        let runs = |w: &&Want| self.pools.daily_runs.contains(&(coverage.key.namespace.clone(), w.cron_job.clone()));
        let (live, unsettled) = self.coverages.get(&coverage.key).map_or((0, 0), |c| (c.1, c.2));
        if self.pools.launches_off {
            Some(Refusal::Hold(Hold::LaunchesOff))
        } else if batch.lane == Lane::Tonight && batch.wants.iter().copied().any(|w| runs(&w)) {
            Some(Refusal::Hold(Hold::DailyRun))
        } else if live >= coverage.fill.max_concurrent_jobs
            || unsettled >= super::ledger::MAX_UNSETTLED as u32
            || self.live_jobs >= self.pools.max_jobs
            || self.ramp_left == 0
        {
            Some(Refusal::Slot)
        } else {
            None
        }
    }

    /// Single flight: dates that another Job covers leave the batch, the rest goes on without them.
    fn refuse_taken(&mut self, batch: &mut queue::Batch<'a>) {
        let Some(taken) = self.taken.get(&batch.coverage.table) else { return };
        let key = &batch.coverage.key;
        let busy = batch.wants.iter().filter(|w| taken.contains(w.date));
        let busy: Vec<_> = busy.map(|w| (w.date, Refusal::Hold(Hold::Busy))).collect();
        if !busy.is_empty() {
            self.decision.refused.entry(key.clone()).or_default().extend(busy);
        }
        batch.wants.retain(|w| !taken.contains(w.date));
    }

    fn refuse(&mut self, batch: &queue::Batch<'a>, refusal: Refusal) {
        let dates = batch.wants.iter().map(|w| (w.date, refusal));
        match self.decision.refused.get_mut(&batch.coverage.key) {
            Some(refused) => refused.extend(dates),
            None => _ = self.decision.refused.insert(batch.coverage.key.clone(), dates.collect()),
        }
    }

    fn launch(&mut self, batch: queue::Batch<'a>) {
        let dates: DateSet = batch.wants.iter().map(|w| w.date).collect();
        self.live_jobs += 1;
        self.ramp_left -= 1;
        if let Some(c) = self.coverages.get_mut(&batch.coverage.key) {
            (c.1, c.2) = (c.1 + 1, c.2 + 1);
        }
        self.taken.entry(batch.coverage.table.clone()).or_default().extend(&dates);
        self.lanes.push(batch.lane);
        self.decision.launches.push(Admission {
            coverage: batch.coverage.key.clone(),
            admitted: Admitted {
                rung: batch.wants[0].rung.clone(),
                dates,
                number: batch.wants.iter().map(|w| w.number).max().unwrap_or(1),
                tokens: batch.wants.iter().filter_map(|w| Some((w.date, w.token.clone()?))).collect(),
            },
            reason: batch.wants[0].reason,
            lane: batch.lane,
        });
    }
}

#[cfg(test)]
mod tests;
