//! Jobs that say of themselves what gapless knows nothing of: they move no number, and keep no date of a table that their
//! namespace does not fill.

use super::script::{play, turn};
use super::sim::*;
use crate::domain::dates::Timestamp;
use crate::domain::judge::tests::{coverage, day};
use crate::domain::ledger::{Job, Ledger, job_name};
use crate::engine::overview::Event;

/// A live Job on the third of November that says that it is this launch of the coverage.
pub(super) fn forged(launch: u64) -> Job {
    let coverage = coverage();
    Job {
        namespace: coverage.key.namespace.clone(),
        name: job_name(&coverage.key.name, &coverage.uid, launch),
        uid: "forged".into(),
        coverage: coverage.uid,
        launch,
        dates: [day("2025-11-03")].into_iter().collect(),
        target: coverage.table,
        aliases: vec![],
        draw: None,
        ended: None,
        message: String::new(),
        pending: None,
    }
}

fn told<'a>(events: &'a [Event], reason: &str) -> Vec<&'a str> {
    events.iter().filter(|event| event.reason == reason).map(|event| event.message.as_str()).collect()
}

fn launches(sim: &Sim) -> u64 {
    sim.state().ledgers.values().next().map_or(0, |(_, ledger, _)| ledger.launches)
}

#[tokio::test(start_paused = true)]
async fn a_forged_launch_number_moves_no_counter_and_the_job_is_told_by_its_name() {
    for number in [2, 77, 999_999_999_999] {
        let sim = world(good, &[2]);
        sim.settle(&spec()).await;
        assert_eq!(launches(&sim), 1);
        sim.state().table.remove(&day("2025-11-03"));
        sim.put(forged(number));
        let steps = vec![turn(HOUR, move |sim| _ = sim.state().jobs.remove(&forged(number).name))];
        let (overview, events) = play(&sim, &mut sim.engine(spec()), 2 * HOUR, steps).await;
        let strays = told(&events, "StrayJob");
        assert_eq!(strays.len(), 1, "{strays:?}");
        assert!(strays[0].starts_with(&format!("Job `{}` says that it fills these dates", forged(number).name)));
        assert_eq!((tell(&overview), launches(&sim)), (vec![], 2), "{number}: filled when the stranger is gone");
        assert!(told(&events, "AttemptHistoryRebuilt").is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_without_an_owner_keeps_dates_of_tables_of_its_own_namespace_alone() {
    for (namespace, held) in [("default", true), ("another", false)] {
        let mut stranger = forged(1);
        (stranger.coverage, stranger.namespace) = ("".into(), namespace.into());
        let sim = world(good, &[3]);
        sim.put(stranger);
        let (overview, events) = play(&sim, &mut sim.engine(spec()), HOUR, vec![]).await;
        let expected = if held { vec!["Blocked/Busy 2025-11-03".to_string()] } else { vec![] };
        assert_eq!((tell(&overview), told(&events, "StrayJob").len()), (expected, usize::from(held)), "{namespace}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_that_a_stranger_has_taken_is_passed_over() {
    let sim = world(good, &[4]);
    sim.settle(&spec()).await;
    sim.state().table.remove(&day("2025-11-04"));
    sim.put(forged(2));
    play(&sim, &mut sim.engine(spec()), HOUR, vec![]).await;
    let created: Vec<u64> = sim.state().created.iter().map(|(name, _)| number(name)).collect();
    assert_eq!(created, [1, 3]);
}

fn number(name: &str) -> u64 {
    name.rsplit_once("-l").unwrap().1.parse().unwrap()
}

/// Its Jobs say how many launches there were, as far as that can be true.
#[tokio::test(start_paused = true)]
async fn a_lost_ledger_goes_on_above_its_jobs_and_not_above_a_forged_one() {
    let wiped = |sim: &Sim| sim.state().ledgers.values_mut().for_each(|(_, ledger, _)| *ledger = Ledger::default());
    let removed = |sim: &Sim| sim.state().ledgers.clear();
    for lose in [&wiped as &dyn Fn(&Sim), &removed] {
        goes_on_above_its_jobs(lose).await;
    }
}

async fn goes_on_above_its_jobs(lose: &dyn Fn(&Sim)) {
    let sim = world(good, &[4, 5]);
    sim.settle(&spec()).await;
    lose(&sim);
    sim.state().table.remove(&day("2025-11-04"));
    sim.put(forged(999_999_999_999));
    let (_, events) = play(&sim, &mut sim.engine(spec()), HOUR, vec![]).await;
    let rebuilt = "the ledger was lost; launches go on above 2, and attempt counts restart";
    assert_eq!((told(&events, "AttemptHistoryRebuilt"), launches(&sim)), (vec![rebuilt], 3));
}

/// A Job of the number of a launch that is recorded is not its Job when it fills something else.
#[tokio::test(start_paused = true)]
async fn the_end_of_a_stranger_ends_no_attempt() {
    let sim = world(good, &[4]);
    sim.state().create_takes = 20;
    let ended = |at: Timestamp| Job { ended: Some((at, crate::domain::ledger::End::Exit(65))), ..forged(1) };
    let steps = vec![turn(2, move |sim| sim.put(Job { name: "another".into(), ..ended(sim.now()) }))];
    let (overview, _) = play(&sim, &mut sim.engine(spec()), HOUR, steps).await;
    assert_eq!(tell(&overview), Vec::<String>::new());
    assert!(overview.coverages[0].tallies.is_empty());
}
