//! The simulated world. Time is tokio's paused clock; a crash drops the engine and keeps the world.

mod fixture;
mod marking;
mod ports;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::domain::assess::Unspent;
use crate::domain::dates::{Date, DateSet, Timestamp};
use crate::domain::judge::tests::{at, coverage};
use crate::domain::ledger::{Attempt, End, Job, Launch, Ledger, Settled, Stage, Tally};
use crate::domain::mark::Blind;
use crate::domain::policy::{Key, Table};
use crate::domain::probe::{ScheduleRow, Undated};
use crate::domain::state::{Cell, State};
use crate::domain::verdict::Unknown;
use crate::engine::drive::{Command, Engine, Ports, Until};
use crate::engine::overview::{CoverageView, Event, Overview, SeasonView};
use crate::engine::ports::*;
use crate::engine::spec::{Limits, Spec};
use crate::engine::world::World;

pub use fixture::*;
pub use marking::{Marking, Rows};

/// When every simulation starts: all dates of the fixture are long due.
pub const START: &str = "2025-11-20T12:00:00Z";

/// What the Job of a date does when it runs for the nth time.
pub type Filler = fn(date: Date, run: u32) -> Done;

/// The world's state.
#[derive(Default)]
pub struct State_ {
    pub table: Rows,
    pub marking: Marking,
    /// Which changes of the schedule its mark does not show.
    pub schedule_blind: Blind,
    pub schedule: Vec<ScheduleRow>,
    pub broken: Option<Unknown>,
    /// Fillers fill every date, whatever they did before.
    pub repaired: bool,
    /// Rungs that fill every date, whatever the others do.
    pub working_rungs: BTreeSet<Arc<str>>,
    /// Namespaces whose limits let nothing through.
    pub refused_readers: BTreeSet<Arc<str>>,
    /// The schedule alone cannot be read.
    pub schedule_broken: bool,
    /// Dates that have more units than are counted, once they have rows.
    pub crowded: DateSet,
    /// Seconds by which the operator's own wall clock is off.
    pub clock_off: i64,
    /// Seconds that a look takes.
    pub look_takes: u64,
    /// Dates whose part cannot be read, and why.
    pub broken_dates: BTreeMap<Date, Unknown>,
    /// Dates that were read, each as often as it was.
    pub dates_read: u32,
    /// What tables are called wherever they are declared, by their declared names; the others have one name only.
    pub homes: BTreeMap<Arc<str>, Vec<Table>>,
    /// Tables that cannot be looked at.
    pub unseen: BTreeSet<Arc<str>>,
    /// Jobs cannot be listed.
    pub unlisted: bool,
    /// CronJobs whose own run is live.
    pub daily_runs: BTreeSet<(Arc<str>, Arc<str>)>,
    /// The store has hardly room left.
    pub store_full: bool,
    /// Seconds that a create takes until it is answered; the Job is there at its end.
    pub create_takes: u64,
    /// Every Job that was created, and when, in order.
    pub created: Vec<(Arc<str>, Timestamp)>,
    /// Jobs that were removed while what is stored says that they are not settled.
    pub removed_unsettled: Vec<Arc<str>>,
    /// Every Job that was removed, and when, in order.
    pub removed: Vec<(Arc<str>, Timestamp)>,
    pub ledgers: BTreeMap<Key, (Arc<str>, Ledger, Version)>,
    pub sources: BTreeMap<Key, (Arc<str>, crate::domain::source::Record, Version)>,
    /// What people see of each coverage.
    pub views: BTreeMap<Key, CoverageView>,
    pub jobs: BTreeMap<Arc<str>, (Job, Timestamp, Launch)>,
    pub runs: BTreeMap<Date, u32>,
    pub saves: u32,
    pub probes: u32,
    pub schedule_reads: u32,
    pub marks: u32,
    pub creates: BTreeMap<Arc<str>, u32>,
    pub calls: u32,
    /// Calls at which the process dies, before they took effect or after.
    pub deaths: BTreeMap<u32, bool>,
    /// Calls that are answered by a fault.
    pub faults: BTreeMap<u32, Fault>,
    pub answer_create: Option<Created>,
    /// How often a Job was to be created, and how often Jobs were listed.
    pub creates_asked: u32,
    pub lists: u32,
    pub removes: u32,
    /// What a removal is answered with; the Job stays.
    pub answer_remove: Option<Result<(), String>>,
    /// The revision of the world that was checked last, and what people were told of it.
    checked: Option<(u64, Told)>,
}

/// How a call is answered that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It has no effect, and no answer comes.
    Unanswered,
    /// It has its effect, and the reply is lost.
    ReplyLost,
    /// It has no effect, and that is said: another writer was first, a quota is used up.
    Refused,
}

/// A handle on the world; every port.
#[derive(Clone)]
pub struct Sim {
    state: Arc<Mutex<State_>>,
    filler: Filler,
    origin: tokio::time::Instant,
    died: Arc<tokio::sync::Notify>,
}

impl Sim {
    pub fn new(filler: Filler) -> Self {
        Self { state: Arc::default(), filler, origin: tokio::time::Instant::now(), died: Arc::default() }
    }

    pub fn state(&self) -> MutexGuard<'_, State_> {
        self.state.lock().unwrap()
    }

    pub fn now(&self) -> Timestamp {
        let nanos = self.origin.elapsed().as_nanos() as i64;
        at(START).checked_add(jiff::SignedDuration::from_nanos(nanos)).unwrap()
    }

    /// Puts a Job there that gapless did not create; it never ends by itself.
    pub fn put(&self, job: Job) {
        let coverage = coverage();
        let launch = Launch {
            coverage: coverage.key,
            uid: job.coverage.clone(),
            name: job.name.clone(),
            launch: job.launch,
            rung: "reload".into(),
            cron_job: "none".into(),
            container: None,
            dates: job.dates.clone(),
            tokens: BTreeMap::new(),
            number: 1,
            reason: "",
            missing: BTreeMap::new(),
            deadline_seconds: 1,
            target: job.target.clone(),
            aliases: job.aliases.clone(),
            draw: None,
        };
        self.state().jobs.insert(job.name.clone(), (job, Timestamp::MAX, launch));
    }

    /// Counts a call; dies here when it is this call's turn. A dead process's call never returns.
    async fn call(&self, before: bool) {
        let dies = {
            let mut state = self.state();
            state.calls += u32::from(before);
            state.deaths.get(&state.calls) == Some(&before)
        };
        if dies {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// Whether the call that was counted last is to be answered by a fault.
    fn fault(&self) -> Option<Fault> {
        let mut state = self.state();
        let call = state.calls;
        state.faults.remove(&call)
    }

    /// Ends the Jobs whose time has come; what they write is there at once.
    fn advance(&self) {
        let now = self.now();
        let mut state = self.state();
        let filler = if state.repaired { good } else { self.filler };
        let State_ { jobs, table, marking, runs, working_rungs, .. } = &mut *state;
        for (job, ends, launch) in jobs.values_mut().filter(|(j, ends, _)| j.ended.is_none() && *ends <= now) {
            let mut end = End::Succeeded;
            let filler = if working_rungs.contains(&launch.rung) { good } else { filler };
            for date in launch.dates.iter() {
                let run = runs.entry(date).or_default();
                *run += 1;
                let (_, ended, written) = filler(date, *run);
                end = ended;
                written.into_iter().for_each(|units| marking.commit(table, date, units, *ends));
            }
            job.ended = Some((*ends, end));
        }
    }

    pub fn engine(&self, spec: Spec) -> Engine<Self, Self, Self, Self> {
        self.engine_with(spec, Limits::default())
    }

    /// One that tells people what it sees.
    pub fn engine_that_reports(&self, spec: Spec) -> Engine<Self, Self, Self, Self> {
        let report_every = Some(jiff::SignedDuration::from_secs(2));
        self.engine_with(spec, Limits { report_every, ..Limits::default() })
    }

    pub fn engine_with(&self, spec: Spec, limits: Limits) -> Engine<Self, Self, Self, Self> {
        self.engine_over(self.clone(), spec, limits)
    }

    /// One that reads another warehouse.
    pub fn engine_over<W: Warehouse>(&self, warehouse: W, spec: Spec, limits: Limits) -> Engine<Self, W, Self, Self> {
        self.state().checked = None;
        let limits = Limits { slow_start: crate::domain::span::Span::default(), ..limits };
        let ports = Ports { clock: self.clone(), warehouse, store: self.clone(), launcher: self.clone() };
        Engine::new(ports, spec, limits, false)
    }

    /// Runs until nothing is left to do; a process that dies is started again.
    pub async fn settle(&self, spec: &Spec) -> Overview {
        loop {
            let (_keep, mut commands) = tokio::sync::mpsc::unbounded_channel();
            // Fewer turns: thousands of these worlds are run.
            let limits = Limits { job_poll: jiff::SignedDuration::from_secs(5), ..Limits::default() };
            let mut engine = self.engine_with(spec.clone(), limits);
            tokio::select! {
                overview = engine.run(Until::Done, &mut commands, |world, _| self.check(world)) => return overview,
                () = self.died.notified() => {}
            }
        }
    }

    /// Runs for a while; a process that dies is started again.
    pub async fn survive_for(&self, spec: &Spec, limits: &Limits, seconds: u64) {
        let end = tokio::time::Instant::now() + std::time::Duration::from_secs(seconds);
        while tokio::time::Instant::now() < end {
            let (_keep, mut wishes) = tokio::sync::mpsc::unbounded_channel();
            let mut engine = self.engine_with(spec.clone(), *limits);
            tokio::select! {
                _ = engine.run(Until::Stopped, &mut wishes, |world, _| self.check(world)) => {}
                () = tokio::time::sleep_until(end) => {}
                () = self.died.notified() => {}
            }
        }
    }

    /// Runs for a while, whatever there is to do.
    pub async fn run_for(&self, spec: &Spec, seconds: u64) -> Overview {
        self.watch_for(spec, seconds).await.0
    }

    /// The same, with every event.
    pub async fn watch_for(&self, spec: &Spec, seconds: u64) -> (Overview, Vec<Event>) {
        self.watch(self.engine(spec.clone()), seconds).await
    }

    /// A while of a process that tells people what it sees.
    pub async fn report_for(&self, spec: &Spec, seconds: u64) -> (Overview, Vec<Event>) {
        self.watch(self.engine_that_reports(spec.clone()), seconds).await
    }

    async fn watch(&self, mut engine: Engine<Self, Self, Self, Self>, seconds: u64) -> (Overview, Vec<Event>) {
        let mut told = Vec::new();
        let (stop, mut commands) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
            let _ = stop.send(Command::Stop);
        });
        let overview = engine
            .run(Until::Stopped, &mut commands, |world, events| {
                self.check(world);
                told.extend_from_slice(events);
            })
            .await;
        (overview, told)
    }

    /// The invariants of design §12, after every step that people can see.
    pub fn check(&self, world: &World) {
        self.check_single_flight();
        let overview = world.overview(self.now());
        let before = self.state().checked.replace((world.progress().revision, told(&overview)));
        if let Some((_, told)) = before.filter(|(revision, _)| *revision == world.progress().revision) {
            let now = self.state().checked.clone().map(|(_, told)| told);
            assert!(now == Some(told), "what people are told changes with the revision alone");
            return;
        }
        for view in overview.coverages {
            assert!(view.cells.is_sorted_by(|a, b| a.date < b.date), "every date is in one state");
            assert_eq!(State::ALL.iter().map(|s| view.count(*s)).sum::<usize>(), view.cells.len(), "the counts add up");
            for (rung, date, tally) in &view.tallies {
                let limit = view.limits.iter().find(|(name, _)| name == rung).map_or(u8::MAX, |(_, most)| *most);
                assert!(tally.charged <= limit, "{} of {limit} attempts are charged to {date}", tally.charged);
            }
            let live = view.attempts.iter().filter(|a| !matches!(a.stage, Stage::Ended { .. })).count();
            assert!(live <= 10, "{live} Jobs of {}", view.key);
        }
    }

    /// Invariants 1 and 2, seen from the world and not from gapless.
    fn check_single_flight(&self) {
        let state = self.state();
        let mut live = BTreeSet::new();
        for (job, _, _) in state.jobs.values().filter(|(j, _, _)| j.ended.is_none() && &*j.uid != "forged") {
            for date in job.dates.iter() {
                assert!(live.insert((job.target.clone(), date)), "two live Jobs cover {date}");
            }
        }
        assert!(state.creates.values().all(|n| *n == 1), "a launch made two Jobs: {:?}", state.creates);
    }
}

/// All that people are told of the world, but for when it was looked at.
fn told(overview: &Overview) -> Told {
    let season = |s: &SeasonView| (s.failure.clone(), s.doubted.clone(), s.today);
    let coverage = |c: &CoverageView| {
        let work = (c.attempts.clone(), c.tallies.clone(), c.recent.clone());
        (c.stalled.clone(), c.cells.clone(), work, c.undated, c.reruns.clone())
    };
    (overview.seasons.iter().map(season).collect(), overview.coverages.iter().map(coverage).collect())
}

type Work = (Vec<Attempt>, Vec<(Arc<str>, Date, Tally)>, Vec<Settled>);
type Told = (
    Vec<(Option<Unknown>, Option<DateSet>, Date)>,
    Vec<(Option<String>, Vec<Cell>, Work, Option<Undated>, Vec<Unspent>)>,
);
