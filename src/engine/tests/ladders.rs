//! Ladders: dates go to the next rung, no rung is asked for what it cannot do, and a rung that does not work is passed over.

use std::collections::BTreeMap;

use super::breakers::season_of;
use super::facts::seldom;
use super::script::{edit, play};
use super::sim::*;
use crate::domain::dates::Date;
use crate::domain::judge::tests::day;
use crate::domain::ledger::End;
use crate::domain::policy::{Delivers, Rung};
use crate::domain::span::Span;
use crate::engine::overview::{Event, Overview};
use crate::engine::spec::Spec;

/// The same coverage with a second rung.
fn with_archive(spec: &Spec) -> Spec {
    let mut spec = spec.clone();
    let ladder = &mut spec.coverages[0].fill.ladder;
    ladder.push(Rung { name: "archive".into(), ..ladder[0].clone() });
    let rungs = [("reload".into(), 1), ("archive".into(), 2)].into();
    spec.coverages[0].fingerprints.rungs = rungs;
    spec
}

/// Jobs per rung.
fn jobs(sim: &Sim) -> BTreeMap<String, usize> {
    let mut jobs = BTreeMap::new();
    sim.state().jobs.values().for_each(|(_, _, launch)| *jobs.entry(launch.rung.to_string()).or_default() += 1);
    jobs
}

#[tokio::test(start_paused = true)]
async fn a_rung_that_is_added_is_tried_for_exhausted_dates_and_no_other_again() {
    let sim = world(useless, &[3, 4]);
    let one = with_archive(&spec());
    let mut first = one.clone();
    first.coverages[0].fill.ladder.truncate(1);
    first.coverages[0].fingerprints.rungs.remove("archive");
    assert_eq!(tell(&sim.settle(&first).await), ["Exhausted/Ineffective 2025-11-03..2025-11-04"]);
    let before = sim.state().created.len();
    assert_eq!(tell(&sim.settle(&one).await), ["Exhausted/Ineffective 2025-11-03..2025-11-04"]);
    assert_eq!((before, sim.state().created.len()), (6, 12), "three on each rung for each date");
}

/// The first rung fails for ever, the second one fills.
async fn outage(hours: u64) -> (Sim, Overview, Vec<Event>) {
    fn down(_: Date, _: u32) -> Done {
        (20, End::Exit(69), None)
    }
    let (sim, spec) = season_of(9, down);
    sim.state().working_rungs.insert("archive".into());
    let spec = with_archive(&spec);
    let mut engine = sim.engine_with(spec, seldom());
    let (overview, events) = play(&sim, &mut engine, hours * HOUR, vec![]).await;
    (sim, overview, events)
}

#[tokio::test(start_paused = true)]
async fn history_waits_a_day_for_a_rung_that_is_down_and_is_then_filled_by_the_next_one() {
    let (sim, overview, _) = outage(20).await;
    assert!(!jobs(&sim).contains_key("archive"), "{:?}", jobs(&sim));
    assert!(overview.coverages[0].cells.iter().all(|cell| cell.state().is_open()));
    let (sim, overview, events) = outage(26).await;
    assert_eq!(tell(&overview), Vec::<String>::new(), "{:?}", jobs(&sim));
    assert_eq!(jobs(&sim)["archive"], 9);
    let told: Vec<&str> = events.iter().filter(|e| e.reason == "PassedOver").map(|e| e.message.as_str()).collect();
    assert!(
        !told.is_empty()
            && told.iter().all(|told| told.starts_with("filled on rung archive: rung reload does not work since")),
        "{told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_date_that_becomes_too_old_for_its_only_rung_is_lost_for_good_and_costs_nothing() {
    let sim = world(useless, &[3]);
    let mut spec = spec();
    spec.coverages[0].fill.ladder[0].delivers = Delivers { max_age: Some(Span::days(5)), ..Delivers::default() };
    let overview = sim.settle(&spec).await;
    assert_eq!(tell(&overview), ["Unrecoverable/TooOld 2025-11-03"]);
    assert!(sim.state().created.is_empty());
    let mut longer = spec.clone();
    longer.coverages[0].fill.ladder[0].delivers = Delivers::default();
    let steps = vec![edit(60, &longer), edit(120, &spec)];
    play(&sim, &mut sim.engine_with(spec.clone(), seldom()), HOUR, steps).await;
    assert_eq!(sim.state().runs.get(&day("2025-11-03")), Some(&1), "what was launched meanwhile is all");
}
