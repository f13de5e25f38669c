//! Sources in the simulated world: one breaker, one budget and so many slots for all coverages that draw on them.

use std::sync::Arc;

use super::breakers::season_of;
use super::facts::seldom;
use super::script::{Step, edit, play, turn};
use super::sim::*;
use crate::domain::breaker::{BreakerState, Trip};
use crate::domain::dates::Date;
use crate::domain::ledger::{End, Stage};
use crate::domain::policy::{Budget, Cost, Key, Per, Source};
use crate::domain::state::{Cause, Hold};
use crate::engine::drive::Command;
use crate::engine::overview::{Event, Overview};
use crate::engine::spec::Spec;

fn source() -> Source {
    Source {
        key: Key { namespace: "default".into(), kind: "Source".into(), name: "odds".into() },
        uid: "uid-odds".into(),
        generation: 1,
        budget: None,
        max_jobs: None,
        requests_per_minute: None,
        trip: Trip::default(),
        suspend: false,
    }
}

fn budget(credits: u64) -> Option<Budget> {
    let zone = jiff::tz::TimeZone::UTC;
    Some(Budget { credits, per: Per::Day, zone, reserve: 0 })
}

/// A season of so many missing dates whose rung draws on a source at one credit a date.
fn drawing(dates: i32, filler: Filler, source: Source) -> (Sim, Spec) {
    let (sim, mut spec) = season_of(dates, filler);
    let rung = &mut spec.coverages[0].fill.ladder[0];
    (rung.source, rung.cost) = (Some("odds".into()), Cost { per_date: 1, per_unit: 0 });
    spec.sources = vec![source];
    (sim, spec)
}

fn down(_: Date, _: u32) -> Done {
    (20, End::Exit(69), None)
}

fn jobs(sim: &Sim) -> usize {
    sim.state().created.len()
}

fn reasons(events: &[Event]) -> Vec<&'static str> {
    let of = ["BreakerOpened", "BreakerClosed", "BudgetSpent", "BudgetReset"];
    events.iter().map(|event| event.reason).filter(|reason| of.contains(reason)).collect()
}

fn held(overview: &Overview, hold: Hold) -> usize {
    overview.coverages[0].cells.iter().filter(|cell| cell.cause == Cause::Blocked(hold)).count()
}

#[tokio::test(start_paused = true)]
async fn a_budget_fills_what_it_pays_for_each_day_and_nothing_is_written_while_it_is_spent() {
    let (sim, spec) = drawing(20, good, Source { budget: budget(8), ..source() });
    let mut engine = sim.engine_that_reports(spec);
    let (overview, events) = play(&sim, &mut engine, 2 * HOUR, vec![]).await;
    assert_eq!((jobs(&sim), held(&overview, Hold::Budget)), (8, 12), "{:?}", tell(&overview));
    assert_eq!(reasons(&events), ["BudgetSpent"]);
    let cell = overview.coverages[0].cells.iter().find(|c| c.cause == Cause::Blocked(Hold::Budget)).unwrap();
    assert_eq!(cell.next, Some(crate::domain::judge::tests::at("2025-11-21T00:00:00Z")));
    assert!(cell.message.contains("source odds"), "{}", cell.message);
    let saves = sim.state().saves;
    play(&sim, &mut engine, 8 * HOUR, vec![]).await;
    assert_eq!((jobs(&sim), sim.state().saves), (8, saves), "until midnight nothing starts and nothing is written");
    let (overview, events) = play(&sim, &mut engine, 40 * HOUR, vec![]).await;
    assert_eq!((jobs(&sim), tell(&overview)), (20, vec![]));
    assert_eq!(reasons(&events), ["BudgetReset", "BudgetSpent", "BudgetReset"]);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_down_costs_one_coverage_and_all_others_no_job() {
    let (sim, mut spec) = drawing(9, down, source());
    let mut other = second("other");
    other.table.name = "other".into();
    other.fill.ladder[0].source = Some("odds".into());
    let mut engine = sim.engine_with(spec.clone(), seldom());
    let (overview, events) = play(&sim, &mut engine, HOUR, vec![]).await;
    assert_ne!(overview.sources[0].state, BreakerState::Closed, "{:?}", tell(&overview));
    assert_eq!(reasons(&events), ["BreakerOpened"]);
    assert_eq!(events.iter().find(|e| e.reason == "BreakerOpened").unwrap().coverage, source().key);
    let before = jobs(&sim);
    spec.coverages.push(other);
    let (overview, _) = play(&sim, &mut engine, 60, vec![edit(1, &spec)]).await;
    assert!(jobs(&sim) <= before + 1, "one trial for both: {:?}", tell(&overview));
    let cells = &overview.coverages.iter().find(|c| &*c.key.name == "other").unwrap().cells;
    let held = cells.iter().filter(|cell| cell.cause == Cause::Blocked(Hold::BreakerOpen)).count();
    assert!(held + 1 >= cells.len(), "{:?}", tell(&overview));
}

#[tokio::test(start_paused = true)]
async fn a_breaker_of_a_source_outlives_the_process_and_closes_after_one_trial() {
    let (sim, spec) = drawing(9, down, source());
    play(&sim, &mut sim.engine_with(spec.clone(), seldom()), 3 * HOUR, vec![]).await;
    let before = jobs(&sim);
    let mut engine = sim.engine_with(spec.clone(), seldom());
    let (overview, _) = play(&sim, &mut engine, 60, vec![]).await;
    assert_ne!(overview.sources[0].state, BreakerState::Closed);
    assert!(jobs(&sim) <= before + 1, "a start is no reason for more than a trial");
    let repair: Step = turn(1, |sim| sim.state().repaired = true);
    let (overview, events) = play(&sim, &mut engine, 8 * HOUR, vec![repair]).await;
    assert_eq!(tell(&overview), Vec::<String>::new());
    assert_eq!(reasons(&events), ["BreakerClosed"]);
}

/// The process died before it stored anything of the source.
#[tokio::test(start_paused = true)]
async fn a_breaker_is_rebuilt_from_the_ledgers_if_nothing_of_the_source_was_stored() {
    let (sim, spec) = drawing(9, down, source());
    play(&sim, &mut sim.engine_with(spec.clone(), seldom()), HOUR, vec![]).await;
    let before = jobs(&sim);
    sim.state().sources.clear();
    let (overview, _) = play(&sim, &mut sim.engine_with(spec, seldom()), 60, vec![]).await;
    assert_ne!(overview.sources[0].state, BreakerState::Closed);
    assert!(jobs(&sim) <= before + 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_deleted_coverage_has_spent_stays_spent_after_a_restart_too() {
    let (sim, spec) = drawing(20, good, Source { budget: budget(8), ..source() });
    let mut engine = sim.engine_with(spec.clone(), seldom());
    play(&sim, &mut engine, HOUR, vec![]).await;
    let mut again = spec.clone();
    again.coverages[0].uid = "uid-of-another-object".into();
    let (overview, _) = play(&sim, &mut engine, HOUR, vec![edit(1, &again)]).await;
    assert_eq!(jobs(&sim), 8, "{:?}", tell(&overview));
    sim.state().ledgers.clear();
    let (overview, _) = play(&sim, &mut sim.engine_with(again, seldom()), HOUR, vec![]).await;
    assert_eq!((jobs(&sim), overview.sources[0].used.unwrap().1), (8, 8));
}

#[tokio::test(start_paused = true)]
async fn a_refused_create_costs_nothing() {
    let (sim, spec) = drawing(3, good, Source { budget: budget(8), ..source() });
    let refused = crate::engine::ports::Created::Refused { permanent: false, why: "exceeded quota".into() };
    sim.state().answer_create = Some(refused);
    let mut engine = sim.engine_with(spec, seldom());
    let (overview, _) = play(&sim, &mut engine, HOUR, vec![]).await;
    assert_eq!(overview.sources[0].used.unwrap().1, 0, "{:?}", overview.coverages[0].attempts);
    sim.state().answer_create = None;
    let (overview, _) = play(&sim, &mut engine, HOUR, vec![]).await;
    assert_eq!((tell(&overview), overview.sources[0].used.unwrap().1), (vec![], 3));
}

#[tokio::test(start_paused = true)]
async fn no_more_jobs_live_than_the_source_has_slots() {
    let (sim, spec) = drawing(9, good, Source { max_jobs: Some(2), requests_per_minute: Some(9), ..source() });
    let mut engine = sim.engine_with(spec, seldom());
    let mut most = 0;
    for _ in 0..30 {
        let (overview, _) = play(&sim, &mut engine, 20, vec![]).await;
        let live = overview.coverages[0].attempts.iter().filter(|a| !matches!(a.stage, Stage::Ended { .. }));
        let told: Vec<u32> = live.filter_map(|a| Some(a.draw.as_ref()?.requests)).collect();
        assert!(told.len() <= 2 && told.iter().all(|share| *share == 4), "{told:?}");
        most = most.max(told.len());
    }
    assert_eq!(most, 2);
    let names: Vec<Arc<str>> = sim.state().created.iter().map(|(name, _)| name.clone()).collect();
    assert!(names.len() >= 9, "{names:?}");
}

#[tokio::test(start_paused = true)]
async fn a_suspended_source_starts_nothing_and_says_so() {
    let (sim, spec) = drawing(3, good, Source { suspend: true, ..source() });
    let (overview, _) = play(&sim, &mut sim.engine_with(spec.clone(), seldom()), HOUR, vec![]).await;
    assert_eq!((jobs(&sim), held(&overview, Hold::SourceSuspended)), (0, 3), "{:?}", tell(&overview));
    let mut resumed = spec;
    resumed.sources = vec![source()];
    let overview = sim.settle(&resumed).await;
    assert_eq!(tell(&overview), Vec::<String>::new());
}

/// `gapless local --once` does not wait for money for a month, or for a person.
#[tokio::test(start_paused = true)]
async fn a_run_that_ends_when_nothing_is_left_to_do_waits_for_no_window() {
    for (source, filled) in [(Source { budget: budget(8), ..source() }, 8), (Source { suspend: true, ..source() }, 0)] {
        let (sim, spec) = drawing(20, good, source);
        let begun = tokio::time::Instant::now();
        let overview = sim.settle(&spec).await;
        assert_eq!(jobs(&sim), filled, "{:?}", tell(&overview));
        assert!(begun.elapsed().as_secs() < HOUR, "{:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_writer_wiped_of_a_source_is_stored_again() {
    let (sim, spec) = drawing(20, good, Source { budget: budget(8), ..source() });
    let mut engine = sim.engine_with(spec, seldom());
    play(&sim, &mut engine, HOUR, vec![]).await;
    let stored = sim.state().sources[&source().key].1.clone();
    let wipe: Step = (
        1,
        Box::new(|sim: &Sim| {
            let mut state = sim.state();
            let (_, record, version) = state.sources.get_mut(&source().key).unwrap();
            (*record, *version) = (Default::default(), *version + 1);
            Some(Command::Reload)
        }),
    );
    play(&sim, &mut engine, 60, vec![wipe]).await;
    assert_eq!(sim.state().sources[&source().key].1, stored);
}

#[tokio::test(start_paused = true)]
async fn a_date_that_no_window_pays_for_says_so_and_names_no_instant() {
    let (sim, mut spec) = drawing(2, good, Source { budget: budget(8), ..source() });
    spec.coverages[0].fill.ladder[0].cost = Cost { per_date: 9, per_unit: 0 };
    let (overview, _) = play(&sim, &mut sim.engine_with(spec, seldom()), HOUR, vec![]).await;
    assert_eq!((jobs(&sim), held(&overview, Hold::Budget)), (0, 2), "{:?}", tell(&overview));
    let cell = &overview.coverages[0].cells[0];
    assert!(cell.message.contains("costs more than its source pays for in a whole window"), "{}", cell.message);
    assert_eq!(cell.next, None);
}
