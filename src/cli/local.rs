//! `gapless local`: fills gaps on this machine. In a terminal it draws a screen, elsewhere it writes one line per event.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::args::LocalArgs;
use super::exit::{Exit, Stop};
use super::setup::{Setup, limits, runtime, spec};
use super::switch::Switch;
use crate::domain::span::Span;
use crate::engine::drive::{Command, Until};
use crate::engine::overview::{Event, Overview};
use crate::engine::ports::Clock;
use crate::engine::world::World;
use crate::host::clock::SystemClock;
use crate::local::reported::Reported;
use crate::view::live::Screen;
use crate::view::summary::{Tally, summary};
use crate::view::{log, problems};

/// How often manifests are checked for changes, even if nothing else happens.
const LOOK: Duration = Duration::from_secs(1);
/// The minimum interval between saves of what was reported: a process may be killed.
const KEEP: Duration = Duration::from_secs(10);
/// The minimum interval between redraws of the screen.
const REDRAW: Duration = Duration::from_millis(200);

pub(super) fn local(args: &LocalArgs) -> Result<Exit, Stop> {
    let slow_start: Span = args.slow_start.parse().map_err(|why| Stop::bad_input(format!("--slow-start: {why}")))?;
    let mut setup = if args.once { Setup::new(&args.manifests)? } else { Setup::watching(&args.manifests)? };
    let limits = limits(slow_start, args.slots.max_jobs, args.launches == Switch::On);
    let until = if args.once { Until::Done } else { Until::Stopped };
    let (overview, tally) = run(&mut setup, limits, until)?;
    anstream::print!("{}", summary(&overview, &tally, setup.loaded.problems.len()));
    Ok(Exit::of(&overview, setup.has_problems()))
}

/// Runs the engine until it is done or stopped.
pub(super) fn run(
    setup: &mut Setup,
    limits: crate::engine::spec::Limits,
    until: Until,
) -> Result<(Overview, Tally), Stop> {
    let mut teller = Teller::new(&setup.state);
    let overview = runtime()?.block_on(async {
        let (command, mut commands) = unbounded_channel();
        stop_on_signal(&command);
        let mut engine = setup.filler(limits)?;
        teller.recall(&mut engine.world);
        let mut overview = drive(setup, &mut engine, until, &command, &mut commands, &mut teller).await;
        setup.hold_all(&mut overview);
        setup.remember(&engine.world);
        teller.keep(&engine.world);
        teller.tally.read = engine.world.progress().bytes_read;
        Ok::<_, Stop>(overview)
    })?;
    Ok((overview, teller.tally))
}

async fn drive(
    setup: &Setup,
    engine: &mut super::setup::LocalEngine,
    until: Until,
    command: &UnboundedSender<Command>,
    commands: &mut UnboundedReceiver<Command>,
    teller: &mut Teller,
) -> Overview {
    let watching = until == Until::Stopped;
    let mut stamp = setup.stamp.clone();
    let mut looked = Instant::now();
    let mut keeper = setup.keeper();
    if watching {
        tokio::spawn(beat(command.clone()));
    }
    engine
        .run(until, commands, |world, events| {
            teller.tell(setup, world, events);
            setup.remember_new(&mut keeper, world, SystemClock.now());
            if watching && looked.elapsed() >= LOOK {
                looked = Instant::now();
                let now = setup.manifests.stamp();
                if now != stamp {
                    stamp = now;
                    respec(setup, command);
                }
            }
        })
        .await
}

async fn beat(command: UnboundedSender<Command>) {
    while command.send(Command::Beat).is_ok() {
        tokio::time::sleep(LOOK).await;
    }
}

/// A changed manifest is used at once; an error in it is reported and stalls only its object.
fn respec(setup: &Setup, command: &UnboundedSender<Command>) {
    match setup.reload() {
        Ok(loaded) => {
            anstream::eprint!("{}", problems::problems(&loaded.problems));
            let _ = command.send(Command::Respec(Box::new(spec(&loaded))));
        }
        Err(stop) => _ = stop.report(),
    }
}

/// The first signal stops gapless and leaves its Jobs to themselves; the next run finds them.
fn stop_on_signal(command: &UnboundedSender<Command>) {
    let command = command.clone();
    tokio::spawn(async move {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
        let terminated = async {
            match &mut terminate {
                Some(signal) => _ = signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = terminated => {}
        }
        let _ = command.send(Command::Stop);
    });
}

/// Tells what happens: a screen in a terminal, a line per event elsewhere.
struct Teller {
    tally: Tally,
    screen: Option<Screen>,
    drawn: Option<Instant>,
    pending: Vec<Event>,
    reported: Reported,
    /// When the reported events were last saved.
    kept: Option<Instant>,
}

impl Teller {
    fn new(state: &Path) -> Self {
        let terminal = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let (tally, screen) = (Tally::default(), terminal.then(Screen::default));
        Self { tally, screen, drawn: None, pending: Vec::new(), reported: Reported::new(state), kept: None }
    }

    /// Events that the previous run reported are not repeated.
    fn recall(&self, world: &mut World) {
        world.recall_reported(self.reported.load());
    }

    fn keep(&mut self, world: &World) {
        self.reported.keep(world);
        self.kept = Some(Instant::now());
    }

    fn tell(&mut self, setup: &Setup, world: &World, events: &[Event]) {
        self.tally.count(events);
        if !events.is_empty() && self.kept.is_none_or(|at| at.elapsed() >= KEEP) {
            self.keep(world);
        }
        let Some(screen) = &mut self.screen else {
            events.iter().for_each(|e| anstream::print!("{}", log::line(e)));
            return;
        };
        self.pending.extend_from_slice(events);
        if self.drawn.is_some_and(|at| at.elapsed() < REDRAW) {
            return;
        }
        self.drawn = Some(Instant::now());
        let mut overview = world.overview(SystemClock.now());
        setup.hold_all(&mut overview);
        let text = screen.draw(&overview, &self.pending, size());
        self.pending.clear();
        anstream::print!("{text}");
        let _ = std::io::stdout().flush();
    }
}

/// Columns and rows of the terminal, as it is now.
fn size() -> (usize, usize) {
    let known = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
    let known = known.map(|size| (usize::from(size.ws_col), usize::from(size.ws_row)));
    known.filter(|(width, height)| *width > 0 && *height > 0).unwrap_or((80, 24))
}
