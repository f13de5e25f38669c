//! When a run ends that does not watch: with what may start now, with what runs, or with what waits, too.

use std::time::Duration;

use super::sim::*;
use crate::domain::dates::Date;
use crate::domain::ledger::End;
use crate::engine::drive::{Command, Until};
use crate::engine::overview::Overview;

/// Its first run fails.
fn second_time_lucky(_: Date, run: u32) -> Done {
    if run > 1 { (60, End::Succeeded, Some(FULL.to_vec())) } else { (60, End::Exit(1), None) }
}

async fn run(sim: &Sim, until: Until) -> (Overview, i64) {
    let began = sim.now();
    let (_keep, mut commands) = tokio::sync::mpsc::unbounded_channel();
    let overview = sim.engine(spec()).run(until, &mut commands, |world, _| sim.check(world)).await;
    (overview, sim.now().duration_since(began).as_secs())
}

#[tokio::test(start_paused = true)]
async fn each_run_ends_when_nothing_is_left_that_it_waits_for() {
    let sim = world(second_time_lucky, &[3]);
    let (launched, took) = run(&sim, Until::Launched).await;
    assert_eq!(tell(&launched), ["Running/Started 2025-11-03"]);
    assert!(took < 60, "{took} s");
    let (settled, took) = run(&sim, Until::Settled).await;
    assert_eq!(tell(&settled), ["Waiting/Failed 2025-11-03"]);
    let settle = 5 * 60;
    assert!((settle..settle + 150).contains(&took), "{took} s: its Job, and the read of what it wrote");
    let (again, took) = run(&sim, Until::Settled).await;
    assert_eq!((tell(&again), took < 30), (tell(&settled), true), "the next run does not wait either: {took} s");
    let (done, _) = run(&sim, Until::Done).await;
    assert_eq!(tell(&done), Vec::<String>::new());
    assert_eq!(sim.state().creates.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_held_launches_nothing_more_and_sees_its_jobs_through() {
    let sim = world(good, &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let (command, mut commands) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(20)).await;
        command.send(Command::Hold).unwrap();
        std::future::pending::<()>().await;
    });
    let mut engine = sim.engine(spec());
    let overview = engine.run(Until::Stopped, &mut commands, |world, _| sim.check(world)).await;
    let created = sim.state().creates.len();
    assert!(engine.world.is_holding() && (1..9).contains(&created), "slow start: {created} Jobs by then");
    assert!(overview.coverages[0].attempts.is_empty(), "each is settled");
    assert!(tell(&overview)[0].starts_with("Missing/NoRows "), "{:?}", tell(&overview));
    let (done, _) = run(&sim, Until::Settled).await;
    assert_eq!(tell(&done), Vec::<String>::new(), "the next run goes on");
}
