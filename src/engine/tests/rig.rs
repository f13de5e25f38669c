//! A world of many tables, coverages, sources and their providers. Its clock goes from one event to the next, so nothing
//! sleeps: a season of 235 days takes a second or two. The providers keep their own accounts. They are the witnesses of
//! what the engine claims to have spent and started.

mod build;
mod check;
mod jobs;
mod ports;
mod provider;
mod run;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::domain::dates::{Date, Timestamp};
use crate::domain::ledger::{End, Job, Launch, Ledger};
use crate::domain::policy::Key;
use crate::domain::probe::ScheduleRow;
use crate::domain::source::Record;
use crate::engine::call::Call;
use crate::engine::overview::Event;
use crate::engine::ports::Version;
use crate::engine::spec::{Limits, Spec};
use crate::engine::timeline::Timeline;
use crate::engine::world::World;

pub use build::*;
pub use jobs::*;
pub use provider::Provider;

/// The rows of each unit, per date.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub dates: BTreeMap<Date, BTreeMap<Arc<str>, u64>>,
    /// Rises with every write to a date.
    pub writes: BTreeMap<Date, u64>,
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It has no effect, and no answer comes.
    Unanswered,
    /// It has its effect, and the reply is lost.
    ReplyLost,
    /// It is refused: another writer was first, a quota is used up.
    Refused,
    /// The process dies before it has its effect.
    DiesBefore,
    /// The process dies after it had its effect.
    DiesAfter,
}

/// How long each call takes, and what goes wrong with it, by its number.
#[derive(Clone, Debug, Default)]
pub struct Weather {
    pub troubles: BTreeMap<u32, Trouble>,
    /// Calls take up to so many milliseconds. It depends on their number alone.
    pub slowness: u64,
}

/// Something that happens to the world.
pub type Step = Box<dyn FnOnce(&mut Rig)>;

/// The operator's process: what dies when it crashes.
struct Process {
    world: World,
    timeline: Timeline,
    /// Calls without an answer, by when it comes; with what the steady clock showed when they were sent.
    under_way: BTreeMap<(Timestamp, u32), (std::time::Duration, Call)>,
}

/// A Job that was created.
#[derive(Clone, Debug)]
pub struct RigJob {
    pub job: Job,
    pub launch: Launch,
    pub ends: Timestamp,
}

/// A Job that was created once, also when it is gone.
#[derive(Clone, Debug)]
pub struct Made {
    pub at: Timestamp,
    pub name: Arc<str>,
    pub coverage: Arc<str>,
    pub rung: Arc<str>,
    pub source: Option<Arc<str>>,
    pub dates: crate::domain::dates::DateSet,
    /// Whether its breaker was not closed when its attempt was recorded.
    pub is_trial: bool,
    /// When and how it ended, and whether it wrote something.
    pub ended: Option<(Timestamp, End, bool)>,
}

pub struct Rig {
    pub start: Timestamp,
    pub now: Timestamp,
    /// How far the operator's wall clock is ahead.
    pub clock_off: SignedDuration,
    clock_checked: Timestamp,
    pub spec: Spec,
    pub limits: Limits,
    pub filler: Filler,
    pub schedule: Vec<ScheduleRow>,
    pub tables: BTreeMap<Arc<str>, Rows>,
    pub providers: BTreeMap<Arc<str>, Provider>,
    pub ledgers: BTreeMap<Key, (Arc<str>, Ledger, Version)>,
    pub sources: BTreeMap<Key, (Arc<str>, Record, Version)>,
    pub jobs: BTreeMap<Arc<str>, RigJob>,
    /// Every Job that ever was, in order, and its place by its name.
    pub made: Vec<Made>,
    made_at: BTreeMap<Arc<str>, usize>,
    pub runs: BTreeMap<(Arc<str>, Arc<str>, Date), u32>,
    pub events: Vec<Event>,
    /// Writes to the store.
    pub writes: u32,
    pub calls: u32,
    pub weather: Weather,
    /// After so many turns what people are shown is checked, too.
    pub look_every: u32,
    turns: u32,
    script: VecDeque<(Timestamp, Step)>,
    process: Option<Process>,
}

impl Rig {
    /// An empty world.
    pub fn new(start: &str) -> Self {
        let start = crate::domain::judge::tests::at(start);
        Self {
            start,
            now: start,
            clock_off: SignedDuration::ZERO,
            clock_checked: start,
            spec: empty_spec(),
            limits: coarse(),
            filler: Rc::new(|_| fills()),
            schedule: Vec::new(),
            tables: BTreeMap::new(),
            providers: BTreeMap::new(),
            ledgers: BTreeMap::new(),
            sources: BTreeMap::new(),
            jobs: BTreeMap::new(),
            made: Vec::new(),
            made_at: BTreeMap::new(),
            runs: BTreeMap::new(),
            events: Vec::new(),
            writes: 0,
            calls: 0,
            weather: Weather::default(),
            look_every: 50,
            turns: 0,
            script: VecDeque::new(),
            process: None,
        }
    }

    /// What is to happen later, in order.
    pub fn later(&mut self, hours: i64, step: impl FnOnce(&mut Self) + 'static) {
        let at = self.start + SignedDuration::from_hours(hours);
        let place = self.script.partition_point(|(other, _)| *other <= at);
        self.script.insert(place, (at, Box::new(step)));
    }

    /// The manifests are edited.
    pub fn edit(&mut self, edit: impl FnOnce(&mut Spec)) {
        edit(&mut self.spec);
        self.spec.coverages.iter_mut().for_each(fingerprint);
        for source in &self.spec.sources {
            let provider = self.providers.entry(source.key.name.clone()).or_default();
            provider.source = Some(source.clone());
        }
        self.delete_gone();
        let spec = self.spec.clone();
        let now = self.operator_now();
        if let Some(process) = &mut self.process {
            process.world.respec(spec, now);
        }
    }

    /// A Job that was created once.
    fn made(&self, name: &Arc<str>) -> Option<&Made> {
        self.made_at.get(name).map(|at| &self.made[*at])
    }

    /// The process dies. The next one starts at once.
    pub fn crash(&mut self) {
        self.process = None;
    }

    /// The status of a coverage is wiped.
    pub fn wipe(&mut self, coverage: &str) {
        self.ledgers.retain(|key, _| &*key.name != coverage);
        let now = self.operator_now();
        self.process.iter_mut().for_each(|process| process.world.reload(now));
    }

    /// Whether a coverage's object is there.
    fn exists(&self, uid: &str) -> bool {
        let stalled = self.spec.stalled.iter().map(|own| &own.uid);
        self.spec.coverages.iter().map(|own| &own.uid).chain(stalled).any(|own| **own == *uid)
    }

    /// What is stored of coverages and sources that are gone goes with them, and so do the Jobs of the coverages.
    fn delete_gone(&mut self) {
        let keys: Vec<Arc<str>> = self.spec.sources.iter().map(|own| own.uid.clone()).collect();
        let ledgers = self.ledgers.iter().filter(|(_, (uid, ..))| !self.exists(uid));
        let ledgers: Vec<Key> = ledgers.map(|(key, _)| key.clone()).collect();
        self.ledgers.retain(|key, _| !ledgers.contains(key));
        self.sources.retain(|_, (uid, ..)| keys.contains(uid));
        let gone = self.jobs.iter().filter(|(_, own)| !self.exists(&own.job.coverage));
        let names: Vec<Arc<str>> = gone.map(|(name, _)| name.clone()).collect();
        names.iter().for_each(|name| self.drop_job(name));
    }
}
