//! `gapless local`: fills gaps on this machine. In a terminal it draws a screen, elsewhere it writes one line per event.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::args::{LocalArgs, Wait};
use super::exit::{Exit, Stop};
use super::interrupt::{OnInterrupt, listen, stop_after};
use super::setup::{LocalEngine, Setup, limits, runtime, spec};
use super::switch::Switch;
use super::teller::Teller;
use crate::domain::span::Span;
use crate::engine::drive::{Command, Until};
use crate::engine::overview::Overview;
use crate::engine::ports::Clock;
use crate::engine::spec::Limits;
use crate::host::clock::SystemClock;
use crate::view::problems;
use crate::view::stopping::left;
use crate::view::summary::{Tally, summary};

/// How often manifests are checked for changes, even if nothing else happens.
const LOOK: Duration = Duration::from_secs(1);

/// How a run goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub limits: Limits,
    pub until: Until,
    /// It ends after this time at the latest.
    pub timeout: Option<Duration>,
    pub on_interrupt: OnInterrupt,
}

/// How a run ended.
pub(super) struct Ran {
    pub overview: Overview,
    pub tally: Tally,
    /// A person stopped it.
    pub is_interrupted: bool,
}

pub(super) fn local(args: &LocalArgs) -> Result<Exit, Stop> {
    let slow_start = span("--slow-start", &args.slow_start)?;
    let timeout = args.timeout.as_deref().map(|text| span("--timeout", text)).transpose()?;
    let timeout = timeout.map(|time| Duration::from_secs(time.as_seconds().max(0).unsigned_abs()));
    let mut setup = if args.once { Setup::new(&args.manifests)? } else { Setup::watching(&args.manifests)? };
    let limits = limits(slow_start, args.slots.max_jobs, args.launches == Switch::On);
    let until = match args.wait {
        _ if !args.once => Until::Stopped,
        Wait::None => Until::Launched,
        Wait::Settled => Until::Settled,
        Wait::All => Until::Done,
    };
    let ran = run(&mut setup, Run { limits, until, timeout, on_interrupt: OnInterrupt::Wait })?;
    anstream::print!("{}", summary(&ran.overview, &ran.tally, &setup.loaded.problems));
    anstream::eprint!("{}", left(&ran.overview, &setup.commands));
    Ok(Exit::of(&ran.overview, setup.has_problems()))
}

fn span(flag: &str, text: &str) -> Result<Span, Stop> {
    text.parse().map_err(|why| Stop::bad_input(format!("{flag}: {why}")))
}

/// Runs the engine until it is done or stopped.
pub(super) fn run(setup: &mut Setup, run: Run) -> Result<Ran, Stop> {
    let mut teller = Teller::new(&setup.state, setup.commands.clone());
    let (overview, is_interrupted) = runtime()?.block_on(async {
        let (command, mut commands) = unbounded_channel();
        let mut engine = setup.filler(run.limits)?;
        listen(&command, &setup.jobs, run.on_interrupt);
        run.timeout.into_iter().for_each(|time| stop_after(&command, time));
        teller.recall(&mut engine.world);
        let mut overview = drive(setup, &mut engine, run.until, &command, &mut commands, &mut teller).await;
        setup.hold_all(&mut overview);
        teller.draw(&overview);
        setup.remember(&engine.world);
        teller.keep(&engine.world);
        teller.tally.read = engine.world.progress().bytes_read;
        Ok::<_, Stop>((overview, engine.world.is_holding()))
    })?;
    Ok(Ran { overview, tally: teller.tally, is_interrupted })
}

async fn drive(
    setup: &Setup,
    engine: &mut LocalEngine,
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
