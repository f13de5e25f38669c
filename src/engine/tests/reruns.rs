//! Reruns that a person asked for.

use super::sim::*;
use crate::domain::assess::Wait;
use crate::domain::judge::tests::day;
use crate::domain::ledger::{End, Outcome};
use crate::domain::policy::{DateOrder, Rerun};
use crate::domain::state::Hold;
use crate::engine::overview::Overview;

#[tokio::test(start_paused = true)]
async fn a_rerun_token_runs_a_complete_date_once() {
    let sim = world(good, &[]);
    let mut spec = spec();
    let rerun = Some(Rerun { token: "again".into(), coverages: vec![] });
    let order = DateOrder { priority: 0, rerun };
    spec.orders.entry(spec.seasons[0].key.clone()).or_default().insert(day("2025-11-03"), order);
    let (_, events) = sim.watch_for(&spec, HOUR).await;
    sim.settle(&spec).await;
    assert_eq!(sim.state().runs.get(&day("2025-11-03")), Some(&1));
    let launched = events.iter().find(|e| e.reason == "JobLaunched").unwrap();
    assert_eq!(launched.message, "launch 1, attempt 1 on rung reload: rerun requested");
}

/// It was told as filled, whatever became of its Job.
#[tokio::test(start_paused = true)]
async fn a_rerun_of_a_complete_date_that_fails_is_told_as_failed_and_leaves_it_complete() {
    fn fails(_: crate::domain::dates::Date, _: u32) -> Done {
        (60, End::Exit(1), None)
    }
    for (filler, outcome) in [(fails as Filler, Outcome::Failed), (good, Outcome::Rebuilt)] {
        let sim = world(filler, &[]);
        let mut spec = spec();
        let rerun = Some(Rerun { token: "again".into(), coverages: vec![] });
        let order = DateOrder { priority: 0, rerun };
        spec.orders.entry(spec.seasons[0].key.clone()).or_default().insert(day("2025-11-03"), order);
        let (_, events) = sim.watch_for(&spec, 24 * HOUR).await;
        let told: Vec<_> = events.iter().map(|e| e.reason).collect();
        assert_eq!(told, ["JobLaunched", outcome.word()]);
        let overview = sim.settle(&spec).await;
        assert_eq!(tell(&overview), Vec::<String>::new(), "it is complete all the while");
        assert!(overview.coverages[0].tallies.is_empty(), "complete reads clear what was charged");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rerun_of_a_complete_date_tells_of_the_job_of_another_coverage_that_it_waits_for() {
    let (sim, mut spec) = (world(good, &[]), spec());
    spec.coverages.push(second("boxscores-too"));
    let rerun = Some(Rerun { token: "again".into(), coverages: vec![] });
    let order = DateOrder { priority: 0, rerun };
    spec.orders.entry(spec.seasons[0].key.clone()).or_default().insert(day("2025-11-03"), order);
    let waits = |overview: &Overview| {
        let reruns = overview.coverages.iter().flat_map(|c| &c.reruns);
        reruns.map(|rerun| rerun.waits.clone()).collect::<Vec<_>>()
    };
    assert_eq!(waits(&sim.run_for(&spec, 20).await), [[Wait::Hold(Hold::Busy)]]);
    assert_eq!(waits(&sim.settle(&spec).await), Vec::<Vec<Wait>>::new());
}
