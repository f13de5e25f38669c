//! What may start now: every want of the whole operator, ranked, with Launch or a hold. Limits, single flight and
//! order are about all coverages together, so one place decides, as a scheduler does.

mod limit;
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

pub use limit::Limit;
pub use ramp::{Lane, Ramp};

/// One coverage that wants something.
#[derive(Clone, Debug)]
pub struct Wanting<'a> {
    /// The coverage.
    pub coverage: &'a Coverage,
    /// Its table, resolved: two coverages can name one table in two ways.
    pub target: &'a Table,
    /// Other names of that table: coverages that share a name fill one table.
    pub aliases: Vec<&'a Table>,
    /// Its wants, in its declared order.
    pub wants: &'a [Want],
    /// Its live Jobs, recorded ones included.
    pub live: u32,
    /// Its unsettled attempts.
    pub unsettled: u32,
    /// Dates of ended Jobs whose data it has not read yet: what it knows of them is old.
    pub unread: DateSet,
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
    /// The coverage of the last launch: the turn goes on behind it.
    pub turn: Option<Key>,
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
    Slot(Limit),
}

/// What may start and what may not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// In the order in which they start.
    pub launches: Vec<Admission>,
    /// The rest, per coverage.
    pub refused: BTreeMap<Key, Refused>,
}

/// The wants of one coverage that do not start now, in date order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused(Vec<(Date, Refusal)>);

impl Refused {
    /// Why the want of a date does not start now, if it was refused.
    pub fn get(&self, date: Date) -> Option<Refusal> {
        let at = self.0.binary_search_by_key(&date, |(d, _)| *d).ok()?;
        Some(self.0[at].1)
    }

    fn new(mut refused: Vec<(Date, Refusal)>) -> Self {
        refused.sort_unstable_by_key(|(date, _)| *date);
        Self(refused)
    }
}

/// Admits wants. The result does not depend on the order of `wanting`.
pub fn admit(wanting: &[Wanting<'_>], pools: &Pools, now: Timestamp) -> Decision {
    let mut wanting = wanting.to_vec();
    wanting.sort_by(|a, b| a.coverage.key.cmp(&b.coverage.key));
    // Each decision may let only one through: turns that began with the first name each time would never come to the last.
    let had_its_turn = |w: &Wanting<'_>| pools.turn.as_ref().is_some_and(|last| w.coverage.key <= *last);
    let next = wanting.partition_point(had_its_turn);
    wanting.rotate_left(next);
    let mut state = State::new(&wanting, pools, now);
    let mut queue = queue::Queue::new(&wanting);
    while let Some(mut batch) = queue.next(&state.lanes) {
        state.refuse_taken(&mut batch);
        match state.refusal(&batch) {
            _ if batch.free().next().is_none() => {}
            Some(refusal) => state.refuse(&batch, refusal),
            None => state.launch(&batch),
        }
    }
    state.decision(&wanting)
}

/// What one pass has used up so far. Coverages are known by their place in the order of their turns: a million cells
/// make many comparisons.
struct State<'a> {
    pools: &'a Pools,
    used: Vec<Used<'a>>,
    live_jobs: u32,
    ramp_left: u32,
    taken: BTreeMap<Table, DateSet>,
    lanes: Vec<Lane>,
    launches: Vec<Admission>,
}

/// What one coverage has used up so far, and what it was refused.
struct Used<'a> {
    names: Vec<&'a Table>,
    live: u32,
    unsettled: u32,
    unread: DateSet,
    refused: Vec<(Date, Refusal)>,
}

impl<'a> State<'a> {
    fn new(wanting: &[Wanting<'a>], pools: &'a Pools, now: Timestamp) -> Self {
        let used = |w: &Wanting<'a>| Used {
            names: core::iter::once(w.target).chain(w.aliases.iter().copied()).collect(),
            live: w.live,
            unsettled: w.unsettled,
            unread: w.unread.clone(),
            refused: Vec::new(),
        };
        Self {
            pools,
            used: wanting.iter().map(used).collect(),
            live_jobs: pools.live_jobs,
            ramp_left: pools.ramp.allowance(now),
            taken: pools.taken.clone(),
            lanes: pools.lanes.clone(),
            launches: Vec::new(),
        }
    }

    fn refusal(&self, batch: &queue::Batch<'a>) -> Option<Refusal> {
        let coverage = batch.coverage;
        let runs = |w: &&Want| self.pools.daily_runs.contains(&(coverage.key.namespace.clone(), w.cron_job.clone()));
        let used = &self.used[batch.place];
        if self.pools.launches_off {
            Some(Refusal::Hold(Hold::LaunchesOff))
        } else if batch.lane == Lane::Tonight && batch.free().any(|w| runs(&w)) {
            Some(Refusal::Hold(Hold::DailyRun))
        } else {
            self.reached(coverage, used).map(Refusal::Slot)
        }
    }

    fn reached(&self, coverage: &Coverage, used: &Used<'_>) -> Option<Limit> {
        let (own, all) = (coverage.fill.max_concurrent_jobs, self.pools.max_jobs);
        let limits = [
            (used.live >= own, Limit::Coverage(own)),
            (used.unsettled >= super::ledger::MAX_UNSETTLED as u32, Limit::Unsettled),
            (self.live_jobs >= all, Limit::Operator(all)),
            (self.ramp_left == 0, Limit::SlowStart),
        ];
        limits.into_iter().find_map(|(reached, limit)| reached.then_some(limit))
    }

    /// Single flight: dates that another Job covers, or of which one has ended unread, leave the batch; the rest goes on
    /// without them.
    fn refuse_taken(&mut self, batch: &mut queue::Batch<'a>) {
        let used = &mut self.used[batch.place];
        let taken: Vec<&DateSet> = used.names.iter().filter_map(|name| self.taken.get(name)).collect();
        if taken.is_empty() && used.unread.is_empty() {
            return;
        }
        let is_busy = |date: &Date| taken.iter().any(|t| t.contains(*date)) || used.unread.contains(*date);
        batch.busy = batch.free().map(|w| w.date).filter(is_busy).collect();
        used.refused.extend(batch.busy.iter().map(|date| (date, Refusal::Hold(Hold::Busy))));
    }

    fn refuse(&mut self, batch: &queue::Batch<'a>, refusal: Refusal) {
        self.used[batch.place].refused.extend(batch.free().map(|w| (w.date, refusal)));
    }

    fn launch(&mut self, batch: &queue::Batch<'a>) {
        let dates: DateSet = batch.free().map(|w| w.date).collect();
        let Some(first) = batch.free().next() else { return };
        self.live_jobs += 1;
        self.ramp_left -= 1;
        self.used[batch.place].live += 1;
        self.used[batch.place].unsettled += 1;
        let names: Vec<Table> = self.used[batch.place].names.iter().copied().cloned().collect();
        for name in &names {
            self.taken.entry(name.clone()).or_default().extend(&dates);
        }
        let Some((target, aliases)) = names.split_first() else { return };
        self.lanes.push(batch.lane);
        self.launches.push(Admission {
            coverage: batch.coverage.key.clone(),
            admitted: Admitted {
                rung: first.rung.clone(),
                target: target.clone(),
                aliases: aliases.to_vec(),
                dates,
                number: batch.free().map(|w| w.number).max().unwrap_or(1),
                tokens: batch.free().filter_map(|w| Some((w.date, w.token.clone()?))).collect(),
                trial: first.trial,
            },
            reason: first.reason,
            lane: batch.lane,
        });
    }

    fn decision(self, wanting: &[Wanting<'_>]) -> Decision {
        let refused = wanting.iter().zip(self.used).filter(|(_, used)| !used.refused.is_empty());
        let refused = refused.map(|(w, used)| (w.coverage.key.clone(), Refused::new(used.refused)));
        Decision { refused: refused.collect(), launches: self.launches }
    }
}

#[cfg(test)]
mod tests;
