//! The process dies at every call, before it takes effect and after it did, and is started again: the same end as
//! undisturbed, no attempt lost, none doubled (design §12.1, 2, 4, 6; faults P1, P2, P7, P8).

use std::time::Duration;

use super::script::{play, turn};
use super::sim::*;
use crate::domain::dates::Date;
use crate::domain::judge::tests::day;
use crate::domain::ledger::End;
use crate::domain::mark::mix;
use crate::domain::policy::{DateOrder, Rerun};
use crate::engine::call::Call;
use crate::engine::drive::{Command, Until};
use crate::engine::overview::Event;
use crate::engine::ports::JobList;
use crate::engine::spec::Spec;

/// One date that is filled, one that stays empty, one that is limited for a while.
fn mixed(date: Date, run: u32) -> (i64, End, Option<Vec<(&'static str, u64)>>) {
    match (date.day(), run) {
        (3, _) => (40, End::Succeeded, Some(FULL.to_vec())),
        (4, _) => (40, End::Succeeded, None),
        (_, 1) => (5, End::Exit(75), None),
        _ => (5, End::Succeeded, Some(FULL.to_vec())),
    }
}

const EXPECTED: [&str; 1] = ["Exhausted/Ineffective 2025-11-04"];

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_call_changes_nothing_in_the_end() {
    let undisturbed = world(mixed, &[3, 4, 5]);
    assert_eq!(tell(&undisturbed.settle(&spec()).await), EXPECTED);
    let calls = undisturbed.state().calls;
    let runs = undisturbed.state().runs.clone();
    assert!(calls > 20, "the script is worth crashing: {calls} calls");
    for call in 1..=calls {
        for before in [true, false] {
            let sim = world(mixed, &[3, 4, 5]);
            sim.state().deaths.insert(call, before);
            let overview = sim.settle(&spec()).await;
            assert_eq!(tell(&overview), EXPECTED, "after a crash at call {call}");
            assert_eq!(sim.state().runs, runs, "attempts lost or doubled after a crash at call {call}");
        }
    }
}

/// What was reported of outcomes, sorted.
fn outcomes_of(events: &[Event]) -> Vec<String> {
    let of_outcome = |event: &&Event| ["Filled", "Ineffective", "RateLimited", "Exhausted"].contains(&event.reason);
    let mut all: Vec<_> = events.iter().filter(of_outcome).map(|e| format!("{} {}", e.reason, e.dates)).collect();
    all.sort();
    all
}

#[tokio::test(start_paused = true)]
async fn an_outcome_is_reported_once_whatever_becomes_of_its_save() {
    let undisturbed = world(mixed, &[3, 4, 5]);
    let expected = outcomes_of(&undisturbed.watch_for(&spec(), 6 * 3600).await.1);
    assert!(expected.len() > 3, "{expected:?}");
    let calls = undisturbed.state().calls.min(80);
    for call in 1..=calls {
        for fault in [Fault::Unanswered, Fault::Refused, Fault::ReplyLost] {
            let sim = world(mixed, &[3, 4, 5]);
            sim.state().faults.insert(call, fault);
            let reported = outcomes_of(&sim.watch_for(&spec(), 6 * 3600).await.1);
            assert_eq!(reported, expected, "{fault:?} at call {call}");
        }
    }
}

/// While nothing can be stored, nothing is reported as filled.
#[tokio::test(start_paused = true)]
async fn an_outcome_that_cannot_be_stored_is_not_reported() {
    let sim = world(mixed, &[3]);
    let mut engine = sim.engine(spec());
    let steps = vec![turn(20, |s| s.state().faults.extend((0..10_000).map(|call| (call, Fault::Unanswered))))];
    let (_, events) = play(&sim, &mut engine, 3600, steps).await;
    assert_eq!(outcomes_of(&events), Vec::<String>::new());
}

/// Dates that run alone after an exit 65, one of which cannot be had; one that is disrupted once.
fn varied(date: Date, run: u32) -> (i64, End, Option<Vec<(&'static str, u64)>>) {
    match (date.day(), run) {
        (1, 1) | (2, _) => (30, End::Exit(65), None),
        (7, 1) => (20, End::Disrupted, None),
        _ => (20, End::Succeeded, Some(FULL.to_vec())),
    }
}

/// Two coverages of one table, two dates a Job, and a rerun.
fn varied_spec() -> Spec {
    let mut spec = spec();
    spec.coverages[0].fill.dates_per_job = 2;
    spec.coverages.push(second("boxscores-too"));
    let rerun = Some(Rerun { token: "again".into(), coverages: vec![spec.coverages[0].key.clone()] });
    let order = DateOrder { priority: 0, rerun };
    spec.orders.entry(spec.seasons[0].key.clone()).or_default().insert(day("2025-11-09"), order);
    spec
}

/// What happens at one call.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    Fault(Fault),
    /// The process dies, before the call took effect or after.
    Death {
        before: bool,
    },
}

const TROUBLES: [Trouble; 5] = [
    Trouble::Fault(Fault::Unanswered),
    Trouble::Fault(Fault::ReplyLost),
    Trouble::Fault(Fault::Refused),
    Trouble::Death { before: true },
    Trouble::Death { before: false },
];

fn prepare(sim: &Sim, call: u32, trouble: Trouble) {
    let mut state = sim.state();
    match trouble {
        Trouble::Fault(fault) => _ = state.faults.insert(call, fault),
        Trouble::Death { before } => _ = state.deaths.insert(call, before),
    }
}

/// A week of the varied world, for as long as something is left to do.
async fn settle_varied(sim: &Sim) -> Option<Vec<String>> {
    let ends = tokio::time::timeout(Duration::from_secs(7 * 86_400), sim.settle(&varied_spec())).await;
    ends.ok().map(|overview| tell(&overview))
}

/// Every call is answered by each kind of fault; what is stored may be changed by others at any time.
#[tokio::test(start_paused = true)]
async fn a_fault_of_any_call_changes_nothing_in_the_end() {
    let undisturbed = world(varied, &[1, 2, 3, 7]);
    let end = settle_varied(&undisturbed).await;
    let calls = undisturbed.state().calls;
    for call in 1..=calls {
        for trouble in TROUBLES {
            let sim = world(varied, &[1, 2, 3, 7]);
            prepare(&sim, call, trouble);
            assert_eq!(settle_varied(&sim).await, end, "{trouble:?} at call {call} of {calls}");
            let reran = sim.state().runs.get(&day("2025-11-09")).copied();
            assert_eq!(reran, Some(1), "{trouble:?} at call {call} of {calls}");
        }
    }
}

/// The process dies, and dies again while it recovers.
#[tokio::test(start_paused = true)]
async fn two_crashes_in_a_row_change_nothing_in_the_end() {
    let undisturbed = world(varied, &[1, 2, 3, 7]);
    let end = settle_varied(&undisturbed).await;
    let calls = undisturbed.state().calls;
    for first in 1..=calls {
        for then in [1, 4, 15] {
            let sim = world(varied, &[1, 2, 3, 7]);
            sim.state().deaths = [(first, then % 2 == 0), (first + then, true)].into();
            assert_eq!(settle_varied(&sim).await, end, "at call {first}, and {then} calls later");
            assert_eq!(sim.state().runs.get(&day("2025-11-09")), Some(&1), "at call {first}, and {then} calls later");
        }
    }
}

/// Calls fail, and the process dies, at random for a while; then all is well.
#[tokio::test(start_paused = true)]
async fn a_swarm_of_faults_ends_as_an_undisturbed_run() {
    let end = settle_varied(&world(varied, &[1, 2, 3, 7])).await;
    let draw = |seed: u64, n: u64, most: u64| mix(mix(seed, 0x5eed), n) % most;
    for seed in 0..100 {
        let sim = world(varied, &[1, 2, 3, 7]);
        for n in 0..10 + draw(seed, 0, 20) {
            let call = 4 + draw(seed, 3 * n + 1, 200) as u32;
            prepare(&sim, call, TROUBLES[draw(seed, 3 * n + 2, 5) as usize]);
        }
        assert_eq!(settle_varied(&sim).await, end, "seed {seed}");
        assert_eq!(sim.state().runs.get(&day("2025-11-09")), Some(&1), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_ten_times_still_ends() {
    let sim = world(mixed, &[3, 4, 5]);
    for life in 1..=10 {
        let calls = sim.state().calls;
        sim.state().deaths.insert(calls + life, true);
        let ends = tokio::time::timeout(Duration::from_secs(7 * 86_400), sim.settle(&spec())).await;
        assert!(ends.is_ok());
    }
    assert_eq!(tell(&sim.settle(&spec()).await), EXPECTED);
}

/// The status was wiped while the Job ran, so no attempt tells that its end is to be awaited and read.
#[tokio::test(start_paused = true)]
async fn a_job_whose_record_was_wiped_is_read_before_its_dates_are_free_again() {
    fn slow(_: Date, _: u32) -> (i64, End, Option<Vec<(&'static str, u64)>>) {
        (120, End::Succeeded, Some(FULL.to_vec()))
    }
    let sim = world(slow, &[3]);
    sim.run_for(&spec(), 60).await;
    assert_eq!(sim.state().creates.len(), 1);
    for (_, ledger, version) in sim.state().ledgers.values_mut() {
        (*ledger, *version) = (crate::domain::ledger::Ledger::default(), *version + 1);
    }
    assert_eq!(tell(&sim.run_for(&spec(), 10 * 60).await), Vec::<String>::new(), "read when its data must be visible");
    assert_eq!(sim.state().creates.len(), 1, "not launched on what was read before");
    assert_eq!(sim.state().ledgers.values().next().unwrap().1.launches, 1, "told by the Job's label");
}

#[tokio::test(start_paused = true)]
async fn a_panic_stalls_the_coverage_that_caused_it_and_no_other() {
    let mut spec = spec();
    spec.coverages.push(second("boxscores-too"));
    let bad = spec.coverages[0].key.clone();
    let sim = world(mixed, &[3]);
    let mut engine = sim.engine(spec);
    engine.world.survive(&bad, |_, _| panic!("what no check foresees"));
    let (_keep, mut commands) = tokio::sync::mpsc::unbounded_channel();
    let overview = engine.run(Until::Done, &mut commands, |_, _| {}).await;
    let told = overview.coverages.iter().map(|c| (c.key.name.to_string(), c.stalled.is_some()));
    assert_eq!(told.collect::<Vec<_>>(), [("boxscores".into(), true), ("boxscores-too".into(), false)]);
    assert_eq!(sim.state().creates.len(), 1, "the other one fills its gap");
}

/// A foreign finalizer keeps what was removed; a missing right refuses each removal. gapless contests neither.
#[tokio::test(start_paused = true)]
async fn a_job_that_stays_although_it_was_removed_is_not_removed_again_and_again() {
    fn one_runs_on(date: Date, _: u32) -> (i64, End, Option<Vec<(&'static str, u64)>>) {
        (if date.day() == 6 { 3600 } else { 60 }, End::Succeeded, Some(FULL.to_vec()))
    }
    for (answer, most) in [(Err("may not".to_string()), 2 * 40), (Ok(()), 2)] {
        let sim = world(one_runs_on, &[1, 2, 3, 4, 5, 6]);
        sim.state().answer_remove = Some(answer.clone());
        let overview = sim.run_for(&spec(), 50 * 60).await;
        assert_eq!(tell(&overview), ["Running/Started 2025-11-06"]);
        let removes = sim.state().removes;
        assert!((2..=most).contains(&removes), "{answer:?}: {removes} calls");
    }
}

/// The pods of a held Job told its end, which the watch of Jobs alone never shows.
#[tokio::test(start_paused = true)]
async fn an_end_that_a_list_told_stands_whatever_the_watch_shows() {
    let sim = world(mixed, &[3]);
    let mut engine = sim.engine(spec());
    let (_keep, mut commands) = tokio::sync::mpsc::unbounded_channel();
    engine.run(Until::Done, &mut commands, |_, _| {}).await;
    let mut job = sim.state().jobs.values().next().unwrap().0.clone();
    job.ended = None;
    engine.world.seen(JobList { jobs: vec![job], ..JobList::default() }, sim.now());
    let calls = engine.world.pass(sim.now());
    assert!(!calls.iter().any(|call| matches!(call, Call::Remove(_) | Call::ListJobs)), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn what_another_writer_replaced_is_reported_again_although_nothing_else_changed() {
    let sim = world(mixed, &[3]);
    let mut engine = sim.engine_that_reports(spec());
    let (command, mut commands) = tokio::sync::mpsc::unbounded_channel();
    let (edited, world) = (command.clone(), sim.clone());
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(600)).await;
        world.state().ledgers.values_mut().for_each(|(_, _, version)| *version += 1);
        world.state().saves = 0;
        let _ = edited.send(Command::Reload);
        tokio::time::sleep(Duration::from_secs(600)).await;
        let _ = edited.send(Command::Stop);
    });
    engine.run(Until::Stopped, &mut commands, |_, _| {}).await;
    assert_eq!(sim.state().saves, 1);
}
