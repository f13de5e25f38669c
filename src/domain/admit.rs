//! Decides what may start now. Limits, single flight and order concern all coverages together, so one function ranks
//! every want of the operator and admits or refuses it, as a scheduler does.

mod limit;
mod queue;
mod ramp;
mod source;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::assess::{Want, Way};
use super::breaker::Passes;
use super::dates::{Date, DateSet, Timestamp};
use super::ledger::{Admitted, Gates};
use super::policy::{Coverage, Key, Rung, Table};
use super::source::Draw;
use super::state::Hold;

pub use limit::Limit;
pub use ramp::{Lane, Ramp};
pub use source::{Means, SourceName, SourcePool};

/// A coverage with its wants.
#[derive(Clone, Debug)]
pub struct Wanting<'a> {
    pub coverage: &'a Coverage,
    /// Its table, resolved, because two coverages can name one table differently.
    pub target: &'a Table,
    /// Other names of that table. Coverages that share a name fill the same table.
    pub aliases: Vec<&'a Table>,
    /// In its declared order.
    pub wants: &'a [Want],
    /// The number of its live Jobs, including recorded ones.
    pub live: u32,
    /// The number of its unsettled attempts.
    pub unsettled: u32,
    /// Dates of ended Jobs whose data it has not read yet, so its facts about them are outdated.
    pub unread: DateSet,
    /// What the breakers of its rungs let through.
    pub gates: Gates,
}

/// The limits of the whole operator, and how much of them is in use.
#[derive(Clone, Debug)]
pub struct Pools {
    /// The maximum number of live Jobs of all coverages.
    pub max_jobs: u32,
    /// Live Jobs of all coverages.
    pub live_jobs: u32,
    /// Taken dates per table: by live Jobs and by unsettled attempts of any owner.
    pub taken: BTreeMap<Table, DateSet>,
    /// CronJobs whose own run is live, by namespace and name.
    pub daily_runs: BTreeSet<(Arc<str>, Arc<str>)>,
    /// Whether launches are switched off.
    pub launches_off: bool,
    /// What each source lets through.
    pub sources: BTreeMap<SourceName, SourcePool>,
    pub ramp: Ramp,
    /// The lanes of the last launches.
    pub lanes: Vec<Lane>,
    /// The coverage of the last launch. The next turn starts after it.
    pub turn: Option<Key>,
}

/// A Job that may start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    pub coverage: Key,
    /// What to record.
    pub admitted: Admitted,
    /// The verdict's reason for its first date.
    pub reason: &'static str,
    pub lane: Lane,
    /// When its first date is lost for good, if that is soon.
    pub lost_at: Option<Timestamp>,
    /// The rungs that could fill the dates, too, and were passed over.
    pub passed: Vec<Arc<str>>,
}

/// Why a want does not start now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Something outside the cell must happen first.
    Hold(Hold),
    /// The same until an instant.
    HoldUntil(Hold, Timestamp),
    /// It only waits for a slot. The cell stays Missing or Partial.
    Slot(Limit),
}

impl Refusal {
    /// What must happen first, if it is more than a free slot.
    pub fn hold(self) -> Option<Hold> {
        match self {
            Self::Hold(hold) | Self::HoldUntil(hold, _) => Some(hold),
            Self::Slot(_) => None,
        }
    }

    /// When it ends by itself.
    pub fn until(self) -> Option<Timestamp> {
        if let Self::HoldUntil(_, until) = self { Some(until) } else { None }
    }
}

/// What may start and what may not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// In the order in which they start.
    pub launches: Vec<Admission>,
    /// The other wants, per coverage.
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

    /// Whether any of them is held in this way.
    pub fn holds(&self, hold: Hold) -> bool {
        self.0.iter().any(|(_, refusal)| refusal.hold() == Some(hold))
    }

    /// When the first of them may start by the passing of time alone.
    pub fn first_end(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(|(_, refusal)| refusal.until()).min()
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
    // A decision may admit only one want. If every turn began with the first name, the last would never have a turn.
    let had_its_turn = |w: &Wanting<'_>| pools.turn.as_ref().is_some_and(|last| w.coverage.key <= *last);
    let next = wanting.partition_point(had_its_turn);
    wanting.rotate_left(next);
    let mut state = State::new(&wanting, pools, now);
    let mut queue = queue::Queue::new(&wanting);
    while let Some(mut batch) = queue.next(&state.lanes) {
        state.refuse_taken(&mut batch);
        match state.way(&batch, now) {
            _ if batch.free().next().is_none() => {}
            Err(refusal) => state.refuse(&batch, refusal),
            Ok(way) => state.launch(&batch, way),
        }
    }
    state.decision(&wanting)
}

/// What this decision has used so far. Coverages are indexed by turn, which keeps comparisons cheap for a million
/// cells.
struct State<'a> {
    pools: &'a Pools,
    used: Vec<Used<'a>>,
    live_jobs: u32,
    ramp_left: u32,
    taken: BTreeMap<Table, DateSet>,
    sources: BTreeMap<SourceName, SourcePool>,
    lanes: Vec<Lane>,
    launches: Vec<Admission>,
}

/// What one coverage has used so far, and its refused wants.
struct Used<'a> {
    names: Vec<&'a Table>,
    live: u32,
    unsettled: u32,
    unread: DateSet,
    gates: Gates,
    refused: Vec<(Date, Refusal)>,
}

impl<'a> State<'a> {
    fn new(wanting: &[Wanting<'a>], pools: &'a Pools, now: Timestamp) -> Self {
        let used = |w: &Wanting<'a>| Used {
            names: core::iter::once(w.target).chain(w.aliases.iter().copied()).collect(),
            live: w.live,
            unsettled: w.unsettled,
            unread: w.unread.clone(),
            gates: w.gates.clone(),
            refused: Vec::new(),
        };
        Self {
            pools,
            used: wanting.iter().map(used).collect(),
            live_jobs: pools.live_jobs,
            ramp_left: pools.ramp.allowance(now),
            taken: pools.taken.clone(),
            sources: pools.sources.clone(),
            lanes: pools.lanes.clone(),
            launches: Vec::new(),
        }
    }

    /// The place of the first way of a batch that may start, or why none may.
    fn way(&self, batch: &queue::Batch<'a>, now: Timestamp) -> Result<usize, Refusal> {
        let (coverage, used) = (batch.coverage, &self.used[batch.place]);
        if self.pools.launches_off {
            return Err(Refusal::Hold(Hold::LaunchesOff));
        } else if batch.lane == Lane::Tonight && self.runs_daily(coverage) {
            return Err(Refusal::Hold(Hold::DailyRun));
        }
        let way = self.open_way(batch, now)?;
        self.reached(coverage, used).map_or(Ok(way), |limit| Err(Refusal::Slot(limit)))
    }

    /// The first way that may start, and that no way before it is waited for. If there is none, the batch waits for the first
    /// one that it does not pass over, or else for the first one of all.
    fn open_way(&self, batch: &queue::Batch<'a>, now: Timestamp) -> Result<usize, Refusal> {
        let Some(first) = batch.free().next() else { return Ok(0) };
        let mut passed = None;
        for (place, way) in first.ways.iter().enumerate() {
            let Some(refusal) = self.refusal(batch, way, place) else { return Ok(place) };
            if !way.passed && !source::passes_over(first, refusal, now) {
                return Err(refusal);
            }
            passed = passed.or(Some(refusal));
        }
        Err(passed.unwrap_or(Refusal::Hold(Hold::BreakerOpen)))
    }

    /// Why a way may not start now. A batch starts if any of its dates is paid for.
    fn refusal(&self, batch: &queue::Batch<'a>, way: &Way, place: usize) -> Option<Refusal> {
        let is_requested = batch.free().any(|want| want.token.is_some());
        let Some(source) = &way.source else {
            return gated(*self.used[batch.place].gates.get(&way.rung)?, is_requested);
        };
        let pool = self.sources.get(&source_name(batch.coverage, source))?;
        let least = batch.free().filter_map(|want| Some(want.ways.get(place)?.credits)).min().unwrap_or(0);
        pool.refusal(least, batch.lane == Lane::Tonight, is_requested)
    }

    /// Whether a CronJob of the ladder runs by itself. It may fill the newest dates, whichever rung they are on.
    fn runs_daily(&self, coverage: &Coverage) -> bool {
        let namespace = &coverage.key.namespace;
        let runs = |rung: &Rung| self.pools.daily_runs.contains(&(namespace.clone(), rung.cron_job.clone()));
        coverage.fill.ladder.iter().any(runs)
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

    /// Single flight: removes dates from the batch that another Job covers, or whose ended Job is unread. The others
    /// continue.
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

    fn launch(&mut self, batch: &queue::Batch<'a>, place: usize) {
        let Some(first) = batch.free().next() else { return };
        let Some(way) = first.ways.get(place) else { return };
        let (paid, draw, window) = self.draw(batch, way, place);
        let own = || batch.free().filter(|want| paid.contains(want.date));
        let dates: DateSet = own().map(|w| w.date).collect();
        self.live_jobs += 1;
        self.ramp_left -= 1;
        self.used[batch.place].live += 1;
        self.used[batch.place].unsettled += 1;
        // What starts on a rung whose breaker is not closed is its trial.
        let gate = self.used[batch.place].gates.get_mut(&way.rung);
        if let Some(gate @ (Passes::OneTrial | Passes::Requested(_))) = gate {
            *gate = Passes::Nothing;
        }
        let names: Vec<Table> = self.used[batch.place].names.iter().copied().cloned().collect();
        for name in &names {
            self.taken.entry(name.clone()).or_default().extend(&dates);
        }
        let Some((target, aliases)) = names.split_first() else { return };
        self.lanes.push(batch.lane);
        self.launches.push(Admission {
            coverage: batch.coverage.key.clone(),
            admitted: Admitted {
                rung: way.rung.clone(),
                target: target.clone(),
                aliases: aliases.to_vec(),
                dates,
                number: own().filter_map(|w| Some(w.ways.get(place)?.number)).max().unwrap_or(1),
                tokens: own().filter_map(|w| Some((w.date, w.token.clone()?))).collect(),
                trial: way.trial,
                draw,
                window,
            },
            reason: first.reason,
            lane: batch.lane,
            lost_at: first.lost_at,
            passed: first.ways.iter().take(place).map(|way| way.rung.clone()).collect(),
        });
    }

    /// The dates of a batch that its source pays for, and what their Job draws. The others wait.
    fn draw(
        &mut self,
        batch: &queue::Batch<'a>,
        way: &Way,
        place: usize,
    ) -> (DateSet, Option<Draw>, Option<Timestamp>) {
        let pool = way.source.as_ref().and_then(|source| {
            let name = source_name(batch.coverage, source);
            Some((source.clone(), self.sources.get_mut(&name)?))
        });
        let Some((source, pool)) = pool else {
            return (batch.free().map(|w| w.date).collect(), None, None);
        };
        let tonight = batch.lane == Lane::Tonight;
        let costs = batch.free().map(|w| (w.date, w.ways.get(place).map_or(0, |way| way.credits)));
        let (paid, credits) = pool.pay(costs, tonight);
        let refusal = pool.unpaid();
        let requests = pool.start();
        let unpaid = batch.free().map(|w| w.date).filter(|date| !paid.contains(*date));
        self.used[batch.place].refused.extend(unpaid.map(|date| (date, refusal)));
        (paid, Some(Draw { source, credits, requests }), pool.window_start())
    }

    fn decision(self, wanting: &[Wanting<'_>]) -> Decision {
        let refused = wanting.iter().zip(self.used).filter(|(_, used)| !used.refused.is_empty());
        let refused = refused.map(|(w, used)| (w.coverage.key.clone(), Refused::new(used.refused)));
        Decision { refused: refused.collect(), launches: self.launches }
    }
}

/// Why a breaker does not let a way through.
fn gated(passes: Passes, is_requested: bool) -> Option<Refusal> {
    match passes {
        Passes::All | Passes::OneTrial => None,
        Passes::Requested(_) | Passes::Unproven if is_requested => None,
        Passes::Unproven => Some(Refusal::Slot(Limit::Unproven)),
        Passes::Requested(until) => Some(Refusal::HoldUntil(Hold::BreakerOpen, until)),
        Passes::Nothing => Some(Refusal::Hold(Hold::BreakerOpen)),
    }
}

fn source_name(coverage: &Coverage, source: &Arc<str>) -> SourceName {
    (coverage.key.namespace.clone(), source.clone())
}

#[cfg(test)]
mod tests;
