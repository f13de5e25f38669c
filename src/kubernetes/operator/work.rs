//! What a leader does: it passes specs and Jobs on to the engine, runs it, and reports what it sees.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, channel};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Failure, Operator};
use crate::api::check::Valid;
use crate::domain::policy::Key;
use crate::engine::drive::{Command, Engine, Ports, Until};
use crate::engine::overview::Event;
use crate::engine::ports::Clock;
use crate::engine::progress::Progress;
use crate::engine::world::World;
use crate::host::cache::{self, Cache};
use crate::host::clock::SystemClock;
use crate::host::keeper::Keeper;
use crate::kubernetes::jobs::launcher::Jobs;
use crate::kubernetes::jobs::seen;
use crate::kubernetes::serving::health::Health;
use crate::kubernetes::serving::heard::Heard;
use crate::kubernetes::serving::logs;
use crate::kubernetes::serving::observed::Observed;
use crate::kubernetes::watching::feed::{Mirrors, Parsed, parse};
use crate::kubernetes::watching::folders::Folders;
use crate::kubernetes::watching::grants::Grants;
use crate::kubernetes::watching::object::Kind;
use crate::kubernetes::watching::switch::{self, Switches};
use crate::kubernetes::writing::events;
use crate::kubernetes::writing::reporter::Reporter;
use crate::kubernetes::writing::store::StatusStore;
use crate::view::metrics::{Metrics, Used};
use crate::warehouse::places::{Roots, Warehouses};
use crate::warehouse::usage;

/// Changes of specs within this time are passed on together.
const GATHER: Duration = Duration::from_millis(200);
/// The longest wait for the switch of a new namespace.
const SWITCH: Duration = Duration::from_secs(5);
/// The longest time between two passes of a leader: its liveness depends on that.
const BEAT: Duration = Duration::from_secs(15);
/// Events that wait to be written, at most; what is beyond is in the log all the same.
const EVENTS: usize = 1024;

type KubernetesEngine = Engine<SystemClock, Observed<Warehouses>, Observed<StatusStore>, Observed<Jobs>>;

impl Operator {
    /// Waits until everything is listed and this process leads, then works until it is stopped. Returns why it cannot
    /// go on, where that is the reason.
    pub(super) async fn work(&self, mut inbox: UnboundedReceiver<Command>) -> Option<Failure> {
        while !self.mirrors.are_ready() || !self.jobs.is_ready() {
            tokio::select! {
                () = self.bells.spec.notified() => {}
                () = self.bells.jobs.notified() => {}
            }
        }
        self.health.ready(true);
        if !self.leadership.won().await {
            return None;
        }
        self.health.leads(Instant::now());
        self.metrics.led(true);
        tracing::info!(identity = self.options.identity, "leading");
        let (switched, switches) = watch::channel(Switches::default());
        switch::look(&self.client, &self.mirrors, &switched).await;
        let feed = Feed {
            warehouses: Warehouses::new(BTreeMap::new(), Roots::default(), SystemClock::wall),
            mirrors: self.mirrors.clone(),
            grants: self.grants.clone(),
            switches,
            ask: Arc::default(),
            parsed: Arc::default(),
            heard: Heard::new(self.bells.report.clone()),
            revision: 0,
        };
        let parsed = feed.parsed.clone();
        self.lead(feed, switched, parsed, &mut inbox).await
    }

    async fn lead(
        &self,
        mut feed: Feed,
        switched: watch::Sender<Switches>,
        parsed: Arc<Mutex<Parsed>>,
        inbox: &mut UnboundedReceiver<Command>,
    ) -> Option<Failure> {
        let launcher = Jobs::new(self.client.clone(), self.scope.clone(), self.mirrors.clone(), self.grants.clone());
        let answers = feed.heard.clone();
        let (mut engine, warehouses) = self.engine(&mut feed, launcher.clone());
        let (events, heard) = channel(EVENTS);
        let folders = Folders::new(self.grants.clone());
        let reporter = Reporter {
            client: self.client.clone(),
            mirrors: self.mirrors.clone(),
            store: self.store.clone(),
            parsed: parsed.clone(),
            folders: folders.clone(),
            heard: answers,
            commands: self.commands.clone(),
        };
        let (metrics, bell) = (self.metrics.clone(), self.bells.report.clone());
        let mut keeper = self.facts().map(Keeper::new);
        let mut tasks = JoinSet::new();
        let (ask, spec) = (feed.ask.clone(), self.bells.spec.clone());
        tasks.spawn(feed.run(spec.clone(), bell.clone(), self.commands.clone()));
        tasks.spawn(seen::follow(launcher, self.jobs.clone(), self.bells.jobs.clone(), self.commands.clone()));
        tasks.spawn(switch::follow(self.client.clone(), self.mirrors.clone(), switched, ask, spec));
        tasks.spawn(events::write(self.client.clone(), self.mirrors.clone(), self.options.identity.clone(), heard));
        tasks.spawn(folders.watch(self.mirrors.clone(), bell.clone()));
        tasks.spawn(reporter.run(bell, move |overview| metrics.observe(overview)));
        tasks.spawn(beat(self.commands.clone()));
        let mut listener = Listener {
            health: self.health.clone(),
            metrics: self.metrics.clone(),
            events,
            report: self.bells.report.clone(),
            warehouses: warehouses.clone(),
            parsed,
            progress: None,
        };
        let ended = tokio::select! {
            _ = engine.run(Until::Stopped, inbox, |world, events| {
                listener.hear(world, events);
                if let Some(keeper) = &mut keeper {
                    keeper.keep_new(world, &warehouses, &Valid::default(), SystemClock.now());
                }
            }) => None,
            // They end only by a panic. Without one of them the operator would miss changes or report none, and seem healthy.
            _ = tasks.join_next() => Some(Failure::Task("a background task")),
        };
        if let Some(keeper) = keeper {
            keeper.keep(&engine.world, &warehouses, &Valid::default());
        }
        ended
    }

    fn engine(&self, feed: &mut Feed, launcher: Jobs) -> (KubernetesEngine, Warehouses) {
        let Cache { memory, places, .. } = self.facts().map(|file| cache::load(&file)).unwrap_or_default();
        let connections = self.options.connections.as_deref().map(Into::into);
        let roots = Roots { bounds: self.grants.bounds().into(), connections };
        let warehouses = Warehouses::new(places, roots, SystemClock::wall);
        feed.warehouses = warehouses.clone();
        let ports = Ports {
            clock: SystemClock,
            warehouse: Observed::heard(warehouses.clone(), self.metrics.clone(), feed.heard.clone()),
            store: Observed::new(self.store.clone(), self.metrics.clone()),
            launcher: Observed::new(launcher, self.metrics.clone()),
        };
        let mut engine = Engine::new(ports, feed.parse().spec, self.options.limits, false);
        engine.world.recall(memory);
        (engine, warehouses)
    }

    /// Where facts are kept for the next process, if `--state` is given.
    fn facts(&self) -> Option<PathBuf> {
        self.options.state.as_ref().map(|folder| folder.join("facts"))
    }
}

/// Passes the spec on to the engine whenever it changes.
struct Feed {
    warehouses: Warehouses,
    mirrors: Mirrors,
    grants: Grants,
    switches: watch::Receiver<Switches>,
    /// Asks for the switch of a new namespace.
    ask: Arc<Notify>,
    parsed: Arc<Mutex<Parsed>>,
    heard: Heard,
    revision: u64,
}

impl Feed {
    fn parse(&mut self) -> Parsed {
        self.revision = self.mirrors.revision();
        let (namespaces, switches) = (switch::namespaces(&self.mirrors), self.switches.borrow_and_update().clone());
        if !switches.know(&namespaces) {
            self.ask.notify_one();
        }
        let parsed = parse(&self.mirrors, &self.grants, &switches.off(namespaces));
        self.warehouses.limit(&parsed.limits);
        self.heard.keep(&parsed.spec.tables());
        if let Ok(mut slot) = self.parsed.lock() {
            slot.clone_from(&parsed);
        }
        parsed
    }

    async fn run(mut self, changed: Arc<Notify>, report: Arc<Notify>, commands: UnboundedSender<Command>) {
        loop {
            changed.notified().await;
            tokio::time::sleep(GATHER).await;
            let switched = self.switches.has_changed().unwrap_or(false) | self.await_switches().await;
            if self.mirrors.revision() == self.revision && !switched {
                continue;
            }
            let spec = self.parse().spec;
            report.notify_one();
            if commands.send(Command::Respec(Box::new(spec))).is_err() {
                return;
            }
        }
    }

    /// Waits for the switch of a new namespace. Without it the coverages would report that launches are off, and a moment
    /// later that they are not. Whether there was anything to wait for.
    async fn await_switches(&mut self) -> bool {
        let mirrors = self.mirrors.clone();
        let known = move |switches: &Switches| switches.know(&switch::namespaces(&mirrors));
        if known(&self.switches.borrow()) {
            return false;
        }
        self.ask.notify_one();
        // Without an answer the namespace counts as switched off: nothing is launched there.
        let _ = tokio::time::timeout(SWITCH, self.switches.wait_for(known)).await;
        true
    }
}

async fn beat(commands: UnboundedSender<Command>) {
    while commands.send(Command::Beat).is_ok() {
        tokio::time::sleep(BEAT).await;
    }
}

/// What the process reports of each turn of the engine.
struct Listener {
    health: Arc<Health>,
    metrics: Metrics,
    events: Sender<Event>,
    report: Arc<Notify>,
    warehouses: Warehouses,
    /// Which place each Warehouse reads.
    parsed: Arc<Mutex<Parsed>>,
    /// What was heard last.
    progress: Option<Progress>,
}

impl Listener {
    /// What was asked of each Warehouse. Two of one place share it: the first one shows it.
    fn used(&self) -> BTreeMap<Key, Used> {
        let warehouses = self.parsed.lock().map(|parsed| parsed.warehouses.clone()).unwrap_or_default();
        let mut used = self.warehouses.used();
        warehouses.into_iter().filter_map(|(key, reader)| Some((key, shown(used.remove(&reader)?)))).collect()
    }

    fn hear(&mut self, world: &World, events: &[Event]) {
        self.health.pass_at(Instant::now());
        let now = world.progress();
        let before = self.progress.replace(now);
        self.metrics.pass(now.pass_took.as_secs_f64());
        for event in events {
            logs::event(event);
            // A season's events have no series: they show in its coverages.
            if Kind::of(&event.coverage.kind).is_some_and(|kind| Kind::COVERAGES.contains(&kind)) {
                self.metrics.event(event);
            }
            let _ = self.events.try_send(event.clone());
        }
        if before.is_none_or(|before| before.looks_ended != now.looks_ended) {
            self.metrics.confirmed(world.confirmed());
            self.metrics.used(self.used());
        }
        if before.is_none_or(|before| before.revision != now.revision) {
            self.report.notify_one();
        }
    }
}

/// As metrics show it.
fn shown(used: usage::Used) -> Used {
    let usage::Used { checks, reads, bytes } = used;
    Used { checks, reads, bytes }
}
