//! Drain → decide → submit. Every call runs as a separate task and answers through one inbox: a probe of thirty
//! seconds delays nothing else.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::call::{Answered, Call, Reply};
use super::overview::{Event, Overview};
use super::ports::{Clock, JobList, Launcher, Store, Warehouse};
use super::spec::{Limits, Spec};
use super::timeline::{Shown, Timeline};
use super::world::World;
use crate::domain::dates::Timestamp;

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

/// When [`Engine::run`] ends without being stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Everything was looked at once; nothing is launched.
    Seen,
    /// Everything that may start now has started.
    Launched,
    /// Nothing runs, and nothing can start now.
    Settled,
    /// Nothing is left that will change without a person.
    Done,
    /// Never.
    Stopped,
}

/// What comes in from outside while the engine runs.
#[derive(Debug)]
pub enum Command {
    /// A changed spec.
    Respec(Box<Spec>),
    /// Jobs as a watch sees them: true of what is there, and no proof of what is not.
    Seen(JobList),
    /// Another writer changed a stored ledger.
    Reload,
    /// A sign of life is wanted: a pass over an unchanged world costs nothing.
    Beat,
    /// A caller asks for an overview.
    Show(tokio::sync::oneshot::Sender<Overview>),
    /// Launch nothing more, and end when what runs has ended and its data was read.
    Hold,
    /// Stop now: nothing new is started, running Jobs continue.
    Stop,
}

/// The engine over its ports.
pub struct Engine<C, W, S, L> {
    /// What it knows.
    pub world: World,
    timeline: Timeline,
    ports: Arc<Ports<C, W, S, L>>,
    inbox: UnboundedReceiver<Sent>,
    answer: UnboundedSender<Sent>,
}

impl<C: Clock, W: Warehouse, S: Store, L: Launcher> Engine<C, W, S, L> {
    /// An engine that knows nothing yet but its spec.
    pub fn new(ports: Ports<C, W, S, L>, spec: Spec, limits: Limits, read_only: bool) -> Self {
        let timeline = Timeline::new(shown(&ports.clock));
        let (answer, inbox) = unbounded_channel();
        let world = World::new(spec, limits, read_only, timeline.at(ports.clock.steady()));
        Self { world, timeline, ports: Arc::new(ports), inbox, answer }
    }

    /// The present instant on the engine's own time.
    fn now(&mut self) -> Timestamp {
        let (now, jump) = self.timeline.advance(shown(&self.ports.clock));
        jump.into_iter().for_each(|by| self.world.clock_moved(by, now));
        now
    }

    /// Runs until there is no more reason to. `watch` sees every event, and the world after every change.
    pub async fn run(
        &mut self,
        until: Until,
        commands: &mut UnboundedReceiver<Command>,
        mut watch: impl FnMut(&World, &[Event]),
    ) -> Overview {
        loop {
            self.turn();
            let now = self.now();
            let events = self.world.take_events();
            watch(&self.world, &events);
            let ends = match until {
                Until::Seen => self.world.is_seen(),
                Until::Launched => self.world.is_launched(now),
                _ if self.world.is_holding() => self.world.is_settled(now),
                Until::Settled => self.world.is_settled(now),
                Until::Done => self.world.is_done(now),
                Until::Stopped => false,
            };
            if ends || !self.wait(commands).await {
                return self.world.overview(now);
            }
        }
    }

    /// One turn: everything that came in, then passes until one has nothing to call.
    fn turn(&mut self) {
        while let Ok(sent) = self.inbox.try_recv() {
            self.receive(sent);
        }
        let (now, begun) = (self.now(), self.ports.clock.steady());
        loop {
            let calls = self.world.pass(now);
            if calls.is_empty() {
                break;
            }
            calls.into_iter().for_each(|call| self.submit(call));
        }
        let took = self.ports.clock.steady().saturating_sub(begun);
        self.world.counts.pass_took = took.try_into().unwrap_or(SignedDuration::MAX);
    }

    fn receive(&mut self, Sent { at, reply }: Sent) {
        let now = self.now();
        let answered = Answered { asked_at: self.timeline.at(at), reply };
        if let Some(call) = self.world.receive(answered, now) {
            self.submit(call);
        }
    }

    /// Waits for an answer, a command or the next instant. `false`: stop.
    async fn wait(&mut self, commands: &mut UnboundedReceiver<Command>) -> bool {
        let now = self.now();
        let wake = self.world.next_wake(now);
        let Self { world, timeline, ports, inbox, .. } = self;
        tokio::select! {
            Some(sent) = inbox.recv() => self.receive(sent),
            command = commands.recv() => return command.is_some_and(|command| self.take(command)),
            (now, jump) = until(timeline, &ports.clock, wake) => {
                jump.into_iter().for_each(|by| world.clock_moved(by, now));
            }
        }
        true
    }

    /// Takes a command in. `false`: stop.
    fn take(&mut self, command: Command) -> bool {
        let now = self.now();
        match command {
            Command::Respec(spec) => self.world.respec(*spec, now),
            Command::Seen(list) => self.world.seen(list, now),
            Command::Reload => self.world.reload(now),
            Command::Beat => {}
            Command::Hold => self.world.hold_launches(),
            // The caller may be gone by now.
            Command::Show(to) => _ = to.send(self.world.overview(now)),
            Command::Stop => return false,
        }
        true
    }

    fn submit(&mut self, call: Call) {
        self.world.counts.in_flight += 1;
        let (ports, answer) = (self.ports.clone(), self.answer.clone());
        let at = self.ports.clock.steady();
        tokio::spawn(async move {
            let reply = perform(&ports, call).await;
            // The inbox is closed once the engine has ended.
            let _ = answer.send(Sent { at, reply });
        });
    }
}

/// An answer, and when its call was sent, on the steady clock.
struct Sent {
    at: Duration,
    reply: Reply,
}

/// The wall clock is read at least this often while there is nothing to do.
const CLOCK_POLL: Duration = Duration::from_secs(60);

/// Waits for an instant on the engine's own time, or until a jump of the wall clock is followed.
async fn until(timeline: &mut Timeline, clock: &impl Clock, wake: Timestamp) -> (Timestamp, Option<SignedDuration>) {
    loop {
        let (now, jump) = timeline.advance(shown(clock));
        let left = wake.duration_since(now);
        if jump.is_some() || !left.is_positive() {
            return (now, jump);
        }
        clock.sleep(left.unsigned_abs().clamp(Duration::from_millis(1), CLOCK_POLL)).await;
    }
}

fn shown<C: Clock>(clock: &C) -> Shown {
    Shown { wall: clock.now(), steady: clock.steady() }
}

async fn perform<C: Clock, W: Warehouse, S: Store, L: Launcher>(ports: &Ports<C, W, S, L>, call: Call) -> Reply {
    match call {
        Call::Load => Reply::Loaded(ports.store.load().await),
        Call::ListJobs => Reply::Jobs(ports.launcher.live().await),
        Call::Mark(id, date) => {
            let mark = ports.warehouse.mark(&id.reader, &id.table, &date).await;
            Reply::Marked(id, mark)
        }
        Call::Probe(id, keys, seen, probes) => {
            let answer = ports.warehouse.probe(&id.reader, &id.table, seen, probes.clone()).await;
            Reply::Probed(id, keys, probes, answer)
        }
        Call::MarkSchedule(key, table, date) => {
            let mark = ports.warehouse.mark(&key.namespace, &table, &date).await;
            Reply::ScheduleMarked(key, mark)
        }
        Call::ReadSchedule(key, table, question) => {
            let reading = ports.warehouse.schedule(&key.namespace, &table, question).await;
            Reply::ScheduleRead(key, reading)
        }
        Call::Save { coverage, uid, at, ledger, view } => {
            let result = ports.store.save(&coverage, &uid, at, &ledger, view.as_deref()).await;
            Reply::Saved(coverage, ledger, result)
        }
        Call::SaveSource { source, at, record } => {
            let result = ports.store.save_source(&source, at, &record).await;
            Reply::SavedSource(source.source.key, result)
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
