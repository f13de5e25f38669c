//! The simulated world. Time is tokio's paused clock; a crash drops the engine and keeps the world.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::domain::assess::Unspent;
use crate::domain::dates::{Date, DateSet, Timestamp};
use crate::domain::judge::tests::{at, coverage, day, facts};
use crate::domain::ledger::{Attempt, End, Job, Launch, Ledger, Settled, Stage, Tally};
use crate::domain::mark::{PartMark, TableMark, mix, stable_hash};
use crate::domain::policy::{Coverage, Dates, Key, Season, Table};
use crate::domain::probe::{
    Answer, DateColumn, DateFacts, DateReading, Probe, Reading, ScheduleQuestion, ScheduleReading, ScheduleRow,
    Undated, unit_key,
};
use crate::domain::state::{Cause, Cell, State};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::engine::drive::{Engine, Ports, Until, Wish};
use crate::engine::overview::{CoverageView, Event, Overview, SeasonView};
use crate::engine::ports::*;
use crate::engine::spec::{Limits, Spec};
use crate::engine::world::World;

/// When every simulation starts: all dates of the fixture are long due.
pub const START: &str = "2025-11-20T12:00:00Z";

/// What one Job does: seconds it takes, how it ends, units with rows that it writes per date.
pub type Filler = fn(date: Date, run: u32) -> (i64, End, Option<Vec<(&'static str, u64)>>);

/// The world's state.
#[derive(Default)]
pub struct State_ {
    pub table: BTreeMap<Date, Vec<(&'static str, u64)>>,
    pub schedule: Vec<ScheduleRow>,
    pub broken: Option<Unknown>,
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
    /// A part is young: the mark is unsettled.
    pub unsettled: bool,
    /// Seconds that a create takes until it is answered; the Job is there at its end.
    pub create_takes: u64,
    /// Every Job that was created, and when, in order.
    pub created: Vec<(Arc<str>, Timestamp)>,
    /// Jobs that were removed while what is stored says that they are not settled.
    pub removed_unsettled: Vec<Arc<str>>,
    /// Every Job that was removed, and when, in order.
    pub removed: Vec<(Arc<str>, Timestamp)>,
    pub ledgers: BTreeMap<Key, (Arc<str>, Ledger, Version)>,
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
    /// It has no effect, and nobody answers.
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
        let State_ { jobs, table, runs, .. } = &mut *state;
        for (job, ends, launch) in jobs.values_mut().filter(|(j, ends, _)| j.ended.is_none() && *ends <= now) {
            let mut end = End::Succeeded;
            for date in launch.dates.iter() {
                let run = runs.entry(date).or_default();
                *run += 1;
                let (_, ended, written) = (self.filler)(date, *run);
                end = ended;
                written.into_iter().for_each(|units| _ = table.insert(date, units));
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
            let (_keep, mut wishes) = tokio::sync::mpsc::unbounded_channel();
            // Fewer turns: thousands of these worlds are run.
            let limits = Limits { job_poll: jiff::SignedDuration::from_secs(5), ..Limits::default() };
            let mut engine = self.engine_with(spec.clone(), limits);
            tokio::select! {
                overview = engine.run(Until::Done, &mut wishes, |world, _| self.check(world)) => return overview,
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
        let (stop, mut wishes) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
            let _ = stop.send(Wish::Stop);
        });
        let overview = engine
            .run(Until::Stopped, &mut wishes, |world, events| {
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
        let before = self.state().checked.replace((world.revision(), told(&overview)));
        if let Some((_, told)) = before.filter(|(revision, _)| *revision == world.revision()) {
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

impl Clock for Sim {
    fn now(&self) -> Timestamp {
        Sim::now(self) + jiff::SignedDuration::from_secs(self.state().clock_off)
    }

    fn steady(&self) -> std::time::Duration {
        self.origin.elapsed()
    }

    async fn sleep(&self, time: std::time::Duration) {
        tokio::time::sleep(time).await;
    }
}

impl Warehouse for Sim {
    async fn mark(&self, reader: &Arc<str>, table: &Table, _: &DateColumn) -> Result<TableMark, Unknown> {
        self.call(true).await;
        if self.fault().is_some() {
            return Err(failed());
        }
        let takes = self.state().look_takes;
        tokio::time::sleep(std::time::Duration::from_secs(takes)).await;
        self.advance();
        let mut state = self.state();
        state.marks += 1;
        if let Some(unknown) = &state.broken {
            return Err(unknown.clone());
        }
        if state.refused_readers.contains(reader) {
            return Err(Unknown::new(UnknownReason::ProbeBudget, "more than its Warehouse allows"));
        }
        if &*table.name == "schedule" {
            if state.schedule_broken {
                return Err(failed());
            }
            let hash = stable_hash(&format!("{:?}", state.schedule));
            return Ok(TableMark { parts: vec![PartMark { dates: None, hash }], ..TableMark::default() });
        }
        let part = |(d, units): (&Date, &Vec<(&str, u64)>)| PartMark {
            dates: Some(crate::domain::dates::DateRange::day(*d)),
            hash: mix(1, stable_hash(units)),
        };
        if state.unseen.contains(&table.name) {
            return Err(failed());
        }
        let parts = state.table.iter().map(part).collect();
        let names = state.homes.get(&table.name).cloned().unwrap_or_default();
        Ok(TableMark { parts, unsettled: state.unsettled, names, ..TableMark::default() })
    }

    async fn probe(
        &self,
        reader: &Arc<str>,
        table: &Table,
        _: Arc<TableMark>,
        probes: Arc<Vec<Probe>>,
    ) -> Result<Answer, Unknown> {
        let date = &probes[0].question.date.clone();
        let mark = self.mark(reader, table, date).await?;
        let mut state = self.state();
        state.probes += 1;
        // A unit without a start has no row before it.
        let counts = |p: &Probe, d| p.question.before.is_none() || p.starts.contains_key(&d);
        let units = |p: &Probe, d| state.table.get(&d).filter(|_| counts(p, d));
        let facts_of = |p: &Probe, d| {
            let crowded = |units| DateFacts { overflow: state.crowded.contains(d), ..facts(units) };
            match state.broken_dates.get(&d) {
                Some(why) => Err(why.clone()),
                None => Ok(units(p, d).map_or_else(DateFacts::default, |units| crowded(units))),
            }
        };
        let read = |p: &Probe| {
            if p.question.filters.iter().any(|filter| filter.column == ABSENT) {
                return Err(absent_column());
            }
            Ok(Reading { dates: p.dates.iter().map(|d| (d, facts_of(p, d))).collect(), undated: BTreeMap::new() })
        };
        let readings = probes.iter().map(read).collect();
        let dates_read = probes.iter().map(|p| p.dates.len()).sum::<u32>();
        state.dates_read += dates_read;
        Ok(Answer { readings, mark, bytes: 1 })
    }

    async fn schedule(
        &self,
        reader: &Arc<str>,
        table: &Table,
        q: Arc<ScheduleQuestion>,
    ) -> Result<ScheduleReading, Unknown> {
        let mark = self.mark(reader, table, &q.date).await?;
        self.state().schedule_reads += 1;
        Ok(ScheduleReading { rows: self.state().schedule.clone(), modified: None, mark, bytes: 1 })
    }
}

impl Store for Sim {
    async fn load(&self) -> Result<Vec<Stored>, String> {
        self.call(true).await;
        if self.fault().is_some() {
            return Err("no answer".into());
        }
        let state = self.state();
        let stored = |(k, (uid, ledger, version)): (&Key, &(Arc<str>, Ledger, Version))| Stored {
            coverage: k.clone(),
            uid: uid.clone(),
            ledger: ledger.clone(),
            is_whole: true,
            told: state.views.get(k).map(causes).unwrap_or_default(),
            version: *version,
        };
        Ok(state.ledgers.iter().map(stored).collect())
    }

    async fn save(
        &self,
        key: &Key,
        uid: &Arc<str>,
        at: Version,
        ledger: &Ledger,
        view: Option<&CoverageView>,
    ) -> Result<Recorded, SaveFault> {
        self.call(true).await;
        let fault = self.fault();
        if fault == Some(Fault::Unanswered) {
            return Err(SaveFault::Unclear("no answer".into()));
        }
        if fault == Some(Fault::Refused) {
            self.state().ledgers.values_mut().for_each(|(_, _, version)| *version += 1);
            return Err(SaveFault::Conflict);
        }
        let version = {
            let mut state = self.state();
            state.saves += 1;
            let old = state.ledgers.get(key).cloned();
            if old.as_ref().map_or(0, |o| o.2) != at {
                return Err(SaveFault::Conflict);
            }
            assert!(old.is_none_or(|o| o.1.launches <= ledger.launches), "launch numbers never fall");
            state.ledgers.insert(key.clone(), (uid.clone(), ledger.clone(), at + 1));
            state.views.extend(view.map(|view| (key.clone(), view.clone())));
            at + 1
        };
        self.call(false).await;
        if fault == Some(Fault::ReplyLost) {
            return Err(SaveFault::Unclear("the reply was lost".into()));
        }
        let full = self.state().store_full;
        Ok(if full { Recorded::nearly_full(version) } else { Recorded::acknowledged(version) })
    }
}

impl Launcher for Sim {
    async fn live(&self) -> Result<JobList, String> {
        self.call(true).await;
        self.state().lists += 1;
        if self.fault().is_some() || self.state().unlisted {
            return Err("no answer".into());
        }
        self.advance();
        let state = self.state();
        let jobs = state.jobs.values().map(|(j, _, _)| j.clone()).collect();
        Ok(JobList { jobs, daily_runs: state.daily_runs.clone() })
    }

    async fn create(&self, launch: &Launch, _: &Recorded) -> Created {
        self.call(true).await;
        self.state().creates_asked += 1;
        let fault = self.fault();
        if fault == Some(Fault::Unanswered) {
            return Created::Unclear("no answer".into());
        }
        if fault == Some(Fault::Refused) {
            return Created::Refused { permanent: false, why: "exceeded quota".into() };
        }
        if let Some(answer) = self.state().answer_create.clone() {
            return answer;
        }
        let takes = self.state().create_takes;
        if takes > 0 {
            tokio::time::sleep(std::time::Duration::from_secs(takes)).await;
        }
        let uid: Arc<str> = format!("job-{}", launch.name).into();
        if self.state().jobs.contains_key(&launch.name) {
            return Created::Ours(uid);
        }
        let first = launch.dates.first().unwrap();
        let run = self.state().runs.get(&first).copied().unwrap_or(0) + 1;
        let takes = (self.filler)(first, run).0;
        let ends = self.now().checked_add(jiff::SignedDuration::from_secs(takes)).unwrap();
        let job = Job {
            namespace: launch.coverage.namespace.clone(),
            name: launch.name.clone(),
            uid: uid.clone(),
            coverage: launch.uid.clone(),
            launch: launch.launch,
            dates: launch.dates.clone(),
            target: launch.target.clone(),
            aliases: launch.aliases.clone(),
            ended: None,
            message: String::new(),
            pending: None,
        };
        *self.state().creates.entry(launch.name.clone()).or_default() += 1;
        let now = self.now();
        self.state().created.push((launch.name.clone(), now));
        self.state().jobs.insert(launch.name.clone(), (job, ends, launch.clone()));
        self.call(false).await;
        if fault == Some(Fault::ReplyLost) {
            return Created::Unclear("the reply was lost".into());
        }
        Created::New(uid)
    }

    async fn remove(&self, job: &Job) -> Result<(), String> {
        self.call(true).await;
        let mut state = self.state();
        state.removes += 1;
        if let Some(answer) = state.answer_remove.clone() {
            return answer;
        }
        let stored = state.ledgers.values().find(|(uid, ..)| *uid == job.coverage);
        if stored.is_some_and(|(_, ledger, _)| ledger.attempt(job.launch).is_some()) {
            state.removed_unsettled.push(job.name.clone());
        }
        state.jobs.remove(&job.name);
        state.removed.push((job.name.clone(), self.now()));
        Ok(())
    }
}

/// A season of ten dates with two games each, and one coverage that fills them.
pub fn spec() -> Spec {
    let coverage = coverage();
    let date = DateColumn::new("game_date", DateReading::Plain);
    let question = ScheduleQuestion {
        date,
        unit: vec!["away".into(), "home".into()],
        aliases: Arc::default(),
        starts_at: None,
        filters: vec![],
        void: vec![],
        is_final: None,
        latest_by: Some(("id".into(), "processed_at".into())),
        updated_at: Some("processed_at".into()),
    };
    let table = Table { place: "files:/data".into(), name: "schedule".into() };
    let schedule = crate::domain::policy::Schedule { table, question: Arc::new(question), max_age: None };
    let season = Season {
        key: coverage.season.clone(),
        zone: jiff::tz::TimeZone::get("America/New_York").unwrap(),
        dates: Dates::Closed(crate::domain::dates::DateRange::new(day("2025-11-01"), day("2025-11-10")).unwrap()),
        week_days: vec![],
        schedule: Some(schedule),
        breaks: vec![],
        warm_up_game_days: 0,
        warm_up_starts: vec![],
        suspend: false,
        generation: 1,
        creates_game_dates: true,
    };
    Spec { seasons: vec![season], coverages: vec![coverage], ..Spec::default() }
}

pub const GAMES: [&str; 2] = ["BOS@NYK", "LAL@MIN"];
pub const FULL: [(&str, u64); 2] = [("BOS@NYK", 2), ("LAL@MIN", 2)];

/// The schedule of [`spec`].
pub fn schedule() -> Vec<ScheduleRow> {
    let dates = (1..=10).map(|n| day(&format!("2025-11-{n:02}")));
    dates.flat_map(|d| GAMES.map(|g| schedule_row(d, g, &format!("{d}-{g}")))).collect()
}

pub fn schedule_row(date: Date, game: &str, id: &str) -> ScheduleRow {
    ScheduleRow {
        date: Some(date),
        unit: unit_key(game.split('@')),
        values: game.split('@').map(Arc::from).collect(),
        start: None,
        void: false,
        is_final: true,
        id: Some(id.into()),
        order: None,
        updated: Some(at("2025-11-19T12:00:00Z")),
    }
}

/// A world whose table lacks the named days of November.
pub fn world(filler: Filler, missing: &[i8]) -> Sim {
    let sim = Sim::new(filler);
    sim.state().schedule = schedule();
    let days = (1..=10).filter(|n| !missing.contains(n)).map(|n| (jiff::civil::date(2025, 11, n), FULL.to_vec()));
    sim.state().table = days.collect();
    sim
}

/// The states of an overview's first coverage, as `STATE/REASON dates`, without the complete ones.
pub fn tell(overview: &Overview) -> Vec<String> {
    let mut groups: BTreeMap<(State, &str), DateSet> = BTreeMap::new();
    for cell in overview.coverages.iter().flat_map(|c| &c.cells).filter(|c| c.state() != State::Complete) {
        groups.entry((cell.state(), cell.cause.reason())).or_default().insert(cell.date);
    }
    groups.into_iter().map(|((s, r), dates)| format!("{}/{r} {dates}", s.word())).collect()
}

pub fn failed() -> Unknown {
    Unknown::new(UnknownReason::ProbeFailed, "no answer")
}

/// A column that the table does not have.
pub const ABSENT: &str = "absent";

/// What is said of whoever filters by it.
fn absent_column() -> Unknown {
    Unknown::new(UnknownReason::SchemaMismatch, "the table has no column `absent`").lasting()
}

/// A coverage of the same table under another name.
pub fn second(name: &str) -> Coverage {
    let mut other = coverage();
    other.key.name = name.into();
    other.uid = format!("uid-{name}").into();
    other
}

/// What a stored view tells the next process.
fn causes(view: &CoverageView) -> Vec<(Cause, DateSet)> {
    let mut causes: BTreeMap<Cause, DateSet> = BTreeMap::new();
    view.cells.iter().for_each(|c| causes.entry(c.cause).or_default().insert(c.date));
    causes.into_iter().collect()
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
