//! A while of one engine during which things happen to its world.

use std::time::Duration;

use super::sim::*;
use crate::domain::ledger::Outcome;
use crate::engine::drive::{Command, Engine, Until};
use crate::engine::overview::{Event, Overview};
use crate::engine::ports::Warehouse;
use crate::engine::spec::Spec;

/// So many seconds after the start, this is done to the world, and perhaps a command is sent.
pub type Step = (u64, Box<dyn FnOnce(&Sim) -> Option<Command> + Send>);

/// The manifests are edited.
pub fn edit(at: u64, spec: &Spec) -> Step {
    let spec = Box::new(spec.clone());
    (at, Box::new(move |_| Some(Command::Respec(spec))))
}

/// The world changes.
pub fn turn(at: u64, change: impl FnOnce(&Sim) + Send + 'static) -> Step {
    let change = move |sim: &Sim| {
        change(sim);
        None
    };
    (at, Box::new(change))
}

/// Runs an engine for so many seconds; its world is checked after every step.
pub async fn play<W: Warehouse>(
    sim: &Sim,
    engine: &mut Engine<Sim, W, Sim, Sim>,
    seconds: u64,
    steps: Vec<Step>,
) -> (Overview, Vec<Event>) {
    let (command, mut commands) = tokio::sync::mpsc::unbounded_channel();
    let world = sim.clone();
    let script = tokio::spawn(async move {
        let mut passed = 0;
        for (at, step) in steps {
            tokio::time::sleep(Duration::from_secs(at - passed)).await;
            passed = at;
            step(&world).into_iter().for_each(|w| _ = command.send(w));
        }
        tokio::time::sleep(Duration::from_secs(seconds - passed)).await;
        let _ = command.send(Command::Stop);
    });
    let mut told = Vec::new();
    let watch = |world: &_, events: &[Event]| {
        sim.check(world);
        told.extend_from_slice(events);
    };
    let overview = engine.run(Until::Stopped, &mut commands, watch).await;
    // A step that finds something wrong ends the script, and the engine with it.
    script.await.unwrap();
    (overview, told)
}

/// What became of every date of every settled attempt of the first coverage.
pub fn outcomes(overview: &Overview) -> Vec<Outcome> {
    overview.coverages[0].recent.iter().flat_map(|settled| settled.outcomes.values().copied()).collect()
}
