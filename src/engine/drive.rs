//! Drain → decide → submit. Every call runs as a task of its own and answers through one inbox: a probe of thirty
//! seconds holds nobody up.

use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::call::{Answered, Call, Reply};
use super::overview::{Event, Overview};
use super::ports::{Clock, JobList, Launcher, Store, Warehouse};
use super::spec::{Limits, Spec};
use super::world::World;

/// The ports of one world.
pub struct Ports<C, W, S, L> {
    /// Where time enters.
    pub clock: C,
    /// Where the data is.
    pub warehouse: W,
    /// Where the ledgers are.
    pub store: S,
    /// What starts Jobs.
    pub launcher: L,
}

/// When [`Engine::run`] ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Everything was looked at once; nothing is launched.
    Seen,
    /// Nothing is left that will change without a person.
    Done,
    /// Never.
    Stopped,
}

/// What comes in from outside while the engine runs.
#[derive(Debug)]
pub enum Wish {
    /// A changed spec.
    Respec(Box<Spec>),
    /// Jobs as a watch sees them: true of what is there, and no proof of what is not.
    Seen(JobList),
    /// Somebody else changed a stored ledger.
    Reload,
    /// A sign of life is wanted: a pass over an unchanged world costs nothing.
    Beat,
    /// Somebody wants to see everything.
    Show(tokio::sync::oneshot::Sender<Overview>),
    /// Stop now: nothing new is started, Jobs go on by themselves.
    Stop,
}

/// The engine over its ports.
pub struct Engine<C, W, S, L> {
    /// What it knows.
    pub world: World,
    ports: Arc<Ports<C, W, S, L>>,
    inbox: UnboundedReceiver<Answered>,
    answer: UnboundedSender<Answered>,
}

impl<C: Clock, W: Warehouse, S: Store, L: Launcher> Engine<C, W, S, L> {
    /// An engine that knows nothing yet but its spec.
    pub fn new(ports: Ports<C, W, S, L>, spec: Spec, limits: Limits, read_only: bool) -> Self {
        let now = ports.clock.now();
        let (answer, inbox) = unbounded_channel();
        Self { world: World::new(spec, limits, read_only, now), ports: Arc::new(ports), inbox, answer }
    }

    /// Runs until there is no more reason to. `watch` sees every event, and the world after every change.
    pub async fn run(
        &mut self,
        until: Until,
        wishes: &mut UnboundedReceiver<Wish>,
        mut watch: impl FnMut(&World, &[Event]),
    ) -> Overview {
        loop {
            self.turn();
            let now = self.ports.clock.now();
            let events = self.world.take_events();
            watch(&self.world, &events);
            let ends = match until {
                Until::Seen => self.world.is_seen(),
                Until::Done => self.world.is_done(now),
                Until::Stopped => false,
            };
            if ends || !self.wait(wishes).await {
                return self.world.overview(now);
            }
        }
    }

    /// One turn: everything that came in, then passes until one has nothing to call.
    fn turn(&mut self) {
        let now = self.ports.clock.now();
        while let Ok(answered) = self.inbox.try_recv() {
            self.receive(answered);
        }
        loop {
            let calls = self.world.pass(now);
            if calls.is_empty() {
                break;
            }
            calls.into_iter().for_each(|call| self.submit(call));
        }
        self.world.pass_took = self.ports.clock.now().duration_since(now);
    }

    fn receive(&mut self, answered: Answered) {
        let now = self.ports.clock.now();
        if let Some(call) = self.world.receive(answered, now) {
            self.submit(call);
        }
    }

    /// Waits for an answer, a wish or the next instant. `false`: stop.
    async fn wait(&mut self, wishes: &mut UnboundedReceiver<Wish>) -> bool {
        let wake = self.world.next_wake(self.ports.clock.now());
        tokio::select! {
            Some(answered) = self.inbox.recv() => self.receive(answered),
            wish = wishes.recv() => match wish {
                Some(Wish::Respec(spec)) => self.world.respec(*spec, self.ports.clock.now()),
                Some(Wish::Seen(list)) => self.world.seen(list, self.ports.clock.now()),
                Some(Wish::Reload) => self.world.reload(self.ports.clock.now()),
                Some(Wish::Beat) => {}
                // Who asked may be gone by now.
                Some(Wish::Show(to)) => _ = to.send(self.world.overview(self.ports.clock.now())),
                Some(Wish::Stop) | None => return false,
            },
            () = self.ports.clock.until(wake) => {}
        }
        true
    }

    fn submit(&mut self, call: Call) {
        self.world.in_flight += 1;
        let (ports, answer) = (self.ports.clone(), self.answer.clone());
        let asked_at = self.ports.clock.now();
        tokio::spawn(async move {
            let reply = perform(&ports, call).await;
            // Nobody listens any more when the engine has ended.
            let _ = answer.send(Answered { asked_at, reply });
        });
    }
}

async fn perform<C: Clock, W: Warehouse, S: Store, L: Launcher>(ports: &Ports<C, W, S, L>, call: Call) -> Reply {
    match call {
        Call::Load => Reply::Loaded(ports.store.load().await),
        Call::ListJobs => Reply::Jobs(ports.launcher.live().await),
        Call::Mark(id, date) => {
            let mark = ports.warehouse.mark(&id.table, &date).await;
            Reply::Marked(id, mark)
        }
        Call::Probe(id, keys, seen, probes) => {
            let answer = ports.warehouse.probe(&id.table, seen, probes.clone()).await;
            Reply::Probed(id, keys, probes, answer)
        }
        Call::MarkSchedule(key, table, date) => Reply::ScheduleMarked(key, ports.warehouse.mark(&table, &date).await),
        Call::ReadSchedule(key, table, question) => {
            Reply::ScheduleRead(key, ports.warehouse.schedule(&table, question).await)
        }
        Call::Save { coverage, uid, at, ledger, view } => {
            let result = ports.store.save(&coverage, &uid, at, &ledger, view.as_deref()).await;
            Reply::Saved(coverage, ledger, result)
        }
        Call::Create(launch, proof) => {
            let created = ports.launcher.create(&launch, &proof).await;
            Reply::Created(launch, created)
        }
        Call::Remove(job) => {
            let removed = ports.launcher.remove(&job).await;
            Reply::Removed(job.name, removed)
        }
    }
}
