//! When a Job may be created, which dates are free for it, and how long it is kept: never two for one date of a table,
//! nothing while launches are held, nothing removed or forgotten before that is stored.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::facts::{seldom, window_of_whole_dates};
use super::script::{edit, outcomes, play, turn};
use super::sim::*;
use crate::domain::dates::Date;
use crate::domain::judge::tests::{at, day, fingerprints};
use crate::domain::ledger::{End, Outcome};
use crate::domain::policy::{DateOrder, FillOrder, Mode, Rerun};
use crate::domain::span::Span;
use crate::engine::drive::{Engine, Ports, Until};
use crate::engine::ports::Created;
use crate::engine::spec::{Limits, Spec};

fn unclear() -> Option<Created> {
    Some(Created::Unclear("no answer".into()))
}

fn refused() -> Option<Created> {
    Some(Created::Refused { permanent: false, why: "exceeded quota".into() })
}

/// The attempt is recorded, and its create was not answered when launches are held.
#[tokio::test(start_paused = true)]
async fn what_is_recorded_is_not_created_while_launches_are_held() {
    let holds: [fn(&mut Spec); 5] = [
        |spec| spec.coverages[0].suspend = true,
        |spec| spec.seasons[0].suspend = true,
        |spec| _ = spec.launches_off.insert(spec.coverages[0].key.namespace.clone()),
        |spec| spec.coverages[0].fill.mode = Mode::Observe,
        |spec| spec.coverages[0].fill.ladder[0].name = "another".into(),
    ];
    for (n, hold) in holds.into_iter().enumerate() {
        let sim = world(good, &[3]);
        sim.state().answer_create = unclear();
        let mut held = spec();
        hold(&mut held);
        let steps = vec![edit(20, &held), turn(21, |s| s.state().answer_create = None)];
        let (overview, _) = play(&sim, &mut sim.engine(spec()), 590, steps).await;
        assert!(sim.state().creates.is_empty(), "hold {n}: {:?}", tell(&overview));
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_process_recorded_is_not_created_by_one_without_launches() {
    let sim = world(good, &[3]);
    sim.state().answer_create = unclear();
    sim.run_for(&spec(), 20).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    sim.state().answer_create = None;
    let off = Limits { launches: false, ..Limits::default() };
    play(&sim, &mut sim.engine_with(spec(), off), HOUR, vec![]).await;
    assert!(sim.state().creates.is_empty());
}

fn rerun_of_the_third(token: &str) -> Spec {
    let mut spec = spec();
    let rerun = Some(Rerun { token: token.into(), coverages: vec![] });
    let order = DateOrder { priority: 0, rerun };
    spec.orders.entry(spec.seasons[0].key.clone()).or_default().insert(day("2025-11-03"), order);
    spec
}

#[tokio::test(start_paused = true)]
async fn a_token_whose_create_was_refused_is_not_spent() {
    let sim = world(good, &[]);
    sim.state().answer_create = refused();
    let steps = vec![turn(30, |s| s.state().answer_create = None)];
    play(&sim, &mut sim.engine(rerun_of_the_third("again")), HOUR, steps).await;
    assert_eq!(sim.state().runs.get(&day("2025-11-03")), Some(&1));
}

#[tokio::test(start_paused = true)]
async fn manifests_that_are_edited_all_the_time_do_not_hasten_what_was_refused() {
    let sim = world(good, &[3]);
    sim.state().answer_create = refused();
    let edits = (1..60).map(|second| edit(second, &spec())).collect();
    play(&sim, &mut sim.engine(spec()), 62, edits).await;
    let tries = sim.state().creates_asked;
    assert!((2..=6).contains(&tries), "{tries} creates were refused in a minute");
}

/// The first Job of each date cannot know what the template says now: it began before.
fn broken_at_first(_: Date, run: u32) -> Done {
    if run == 1 { (5, End::Exit(65), None) } else { (5, End::Succeeded, Some(FULL.to_vec())) }
}

#[tokio::test(start_paused = true)]
async fn a_template_that_is_corrected_while_its_jobs_run_or_settle_is_tried() {
    for second in [3, 120] {
        let with_template = |mark| {
            let mut spec = spec();
            spec.coverages[0].fill.ladder[0].template = Some(mark);
            spec
        };
        let sim = world(broken_at_first, &[3, 4, 5]);
        let steps = vec![edit(second, &with_template(2))];
        let (overview, _) = play(&sim, &mut sim.engine(with_template(1)), 4 * HOUR, steps).await;
        assert_eq!(tell(&overview), Vec::<String>::new(), "corrected after {second} s");
    }
}

/// Nothing ran, however often: there was no room for it, or no image.
#[tokio::test(start_paused = true)]
async fn a_date_whose_pods_never_start_is_tried_until_they_do() {
    fn no_room(_: Date, run: u32) -> Done {
        if run <= 12 { (60, End::NeverStarted, None) } else { (5, End::Succeeded, Some(FULL.to_vec())) }
    }
    let sim = world(no_room, &[3]);
    let (overview, _) = play(&sim, &mut sim.engine_with(spec(), seldom()), 6 * 24 * HOUR, vec![]).await;
    assert_eq!((tell(&overview), sim.state().runs[&day("2025-11-03")]), (vec![], 13));
}

pub fn two_coverages() -> Spec {
    let mut spec = spec();
    spec.coverages.push(second("boxscores-too"));
    spec
}

#[tokio::test(start_paused = true)]
async fn a_coverage_that_goes_while_its_create_is_under_way_keeps_its_date() {
    let sim = world(good, &[3]);
    let mut one = two_coverages();
    one.coverages.remove(0);
    sim.state().create_takes = 5;
    let (overview, _) = play(&sim, &mut sim.engine(two_coverages()), 600, vec![edit(2, &one)]).await;
    assert_eq!((tell(&overview), sim.state().creates.len()), (vec![], 1), "the other finds the date filled");
}

#[tokio::test(start_paused = true)]
async fn live_jobs_of_a_coverage_that_is_gone_count_for_the_operator() {
    fn an_hour(_: Date, _: u32) -> Done {
        (3600, End::Succeeded, Some(FULL.to_vec()))
    }
    let sim = world(an_hour, &[1, 2, 3, 4, 5, 6]);
    let mut both = two_coverages();
    both.coverages[1].table.name = "other".into();
    let mut one = both.clone();
    one.coverages.remove(0);
    let limits = Limits { max_jobs: 3, ..Limits::default() };
    play(&sim, &mut sim.engine_with(both, limits), 600, vec![edit(60, &one)]).await;
    assert_eq!(sim.state().jobs.values().filter(|(job, ..)| job.ended.is_none()).count(), 3);
}

/// A refused attempt is forgotten in memory before the forgetting is stored. A process that starts between the two finds it
/// recorded, and creates its Job: the date was given to another coverage of the table meanwhile.
#[tokio::test(start_paused = true)]
async fn a_date_whose_refused_attempt_still_stands_in_the_store_is_not_free() {
    for call in 1..20 {
        let sim = world(good, &[3]);
        sim.state().faults.insert(call, Fault::Refused);
        let (_keep, mut commands) = tokio::sync::mpsc::unbounded_channel();
        let mut first = sim.engine_that_reports(two_coverages());
        let run = first.run(Until::Stopped, &mut commands, |world, _| sim.check(world));
        let _ = tokio::time::timeout(Duration::from_millis(1500), run).await;
        drop(first);
        play(&sim, &mut sim.engine_that_reports(two_coverages()), 30, vec![]).await;
    }
}

pub fn slow(_: Date, _: u32) -> Done {
    (600, End::Succeeded, Some(FULL.to_vec()))
}

#[tokio::test(start_paused = true)]
async fn a_job_that_ended_by_a_clock_ten_years_ahead_has_ended_now() {
    let sim = world(slow, &[3]);
    let ahead = turn(60, |s| {
        let mut state = s.state();
        let (job, _, _) = state.jobs.values_mut().next().unwrap();
        job.ended = Some((at("2035-11-20T12:00:00Z"), End::Exit(1)));
        state.table.insert(day("2025-11-03"), FULL.to_vec());
    });
    let (overview, _) = play(&sim, &mut sim.engine(spec()), 600, vec![ahead]).await;
    assert_eq!((tell(&overview), outcomes(&overview)), (vec![], vec![Outcome::Filled]));
}

fn one_is_slow(date: Date, run: u32) -> Done {
    match (date.day(), run) {
        (7, 1) => (1800, End::Exit(75), None),
        (7, _) => (5, End::Succeeded, Some(FULL.to_vec())),
        _ => (5, End::Exit(65), None),
    }
}

/// Seven Jobs, of which the first ends long after the others: it is the oldest, and the first to go.
fn seven_jobs() -> (Sim, Spec) {
    let sim = world(one_is_slow, &[1, 2, 3, 4, 5, 6, 7]);
    let mut spec = spec();
    spec.coverages[0].fill.max_concurrent_jobs = 7;
    spec.coverages[0].fill.settle = Span::minutes(15);
    (sim, spec)
}

/// The process was down while the Job ended. The next one sees its end, and its save is not answered; or it dies then.
#[tokio::test(start_paused = true)]
async fn a_job_is_not_removed_before_its_outcome_is_stored() {
    for (call, dies) in (1..14).flat_map(|call| [(call, false), (call, true)]) {
        let (sim, spec) = seven_jobs();
        sim.run_for(&spec, 60).await;
        tokio::time::sleep(Duration::from_secs(HOUR)).await;
        let calls = sim.state().calls;
        sim.state().faults.insert(calls + call, Fault::Unanswered);
        if dies {
            let (_keep, mut commands) = tokio::sync::mpsc::unbounded_channel();
            let mut engine = sim.engine(spec.clone());
            let run = engine.run(Until::Stopped, &mut commands, |_, _| {});
            let _ = tokio::time::timeout(Duration::from_millis(500), run).await;
        }
        let overview = sim.settle(&spec).await;
        assert_eq!(sim.state().removed_unsettled, Vec::<Arc<str>>::new(), "call {call}");
        assert!(!outcomes(&overview).contains(&Outcome::Lost), "call {call}: {:?}", outcomes(&overview));
    }
}

#[tokio::test(start_paused = true)]
async fn a_finished_job_is_kept_ten_minutes_after_its_outcome_is_known() {
    let (sim, spec) = seven_jobs();
    let (overview, events) = play(&sim, &mut sim.engine(spec), 4 * HOUR, vec![]).await;
    let settled = events.iter().find(|event| event.reason == "RateLimited").unwrap().at;
    let job = overview.coverages[0].job(1);
    let removed = sim.state().removed.iter().find(|(name, _)| *name == job).unwrap().1;
    assert!(removed.duration_since(settled).as_secs() >= 600);
}

/// Each decision lets one Job through. Turns that began with the first name each time never came to the last.
#[tokio::test(start_paused = true)]
async fn turns_between_coverages_go_on_from_one_decision_to_the_next() {
    let sim = world(good, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    let mut spec = spec();
    for name in ["middle", "zeta"] {
        spec.coverages.push(second(name));
        spec.coverages.last_mut().unwrap().table.name = name.into();
    }
    spec.coverages[2].from = Some(day("2025-11-03"));
    spec.coverages[2].through = Some(day("2025-11-03"));
    let limits = Limits { max_jobs: 1, ..Limits::default() };
    play(&sim, &mut sim.engine_with(spec, limits), 12 * HOUR, vec![]).await;
    let created = sim.state().created.clone();
    assert_eq!(created.iter().position(|(name, _)| name.starts_with("zeta")), Some(2), "{created:?}");
}

#[tokio::test(start_paused = true)]
async fn launches_start_slowly_after_a_resume() {
    let sim = world(good, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    let mut running = spec();
    running.coverages[0].fill.max_concurrent_jobs = 10;
    let mut held = running.clone();
    held.coverages[0].suspend = true;
    let ports = Ports { clock: sim.clone(), warehouse: sim.clone(), store: sim.clone(), launcher: sim.clone() };
    let mut engine = Engine::new(ports, held, Limits::default(), false);
    let seen = |n: usize| move |s: &Sim| assert_eq!(s.state().creates.len(), n);
    let steps = vec![edit(HOUR, &running), turn(HOUR + 30, seen(1)), turn(HOUR + 90, seen(3))];
    play(&sim, &mut engine, HOUR + 100, steps).await;
}

#[tokio::test(start_paused = true)]
async fn the_ledger_of_a_rolling_window_forgets_the_dates_that_left() {
    fn nothing(_: Date, _: u32) -> Done {
        (60, End::Succeeded, None)
    }
    let sim = world(nothing, &[]);
    let mut spec = window_of_whole_dates();
    (spec.coverages[0].fill.max_concurrent_jobs, spec.coverages[0].fill.order) = (10, FillOrder::OldestFirst);
    sim.state().table.clear();
    for _ in 0..2 {
        play(&sim, &mut sim.engine_with(spec.clone(), seldom()), 12 * 24 * HOUR, vec![]).await;
        let state = sim.state();
        let (_, ledger, _) = state.ledgers.values().next().unwrap();
        let dates: BTreeSet<Date> = ledger.tallies.keys().map(|(_, date)| *date).collect();
        assert!((9..=12).contains(&dates.len()), "{dates:?}");
    }
}

/// A create that is refused for good may be accepted tomorrow: an admission policy, a webhook, a quota is changed, and no
/// edit tells gapless.
#[tokio::test(start_paused = true)]
async fn whatever_refuses_a_create_it_is_tried_again_and_recovers_without_an_edit() {
    let why = || "admission policy `no-jobs` denied the request".to_string();
    let answers = [
        Created::Refused { permanent: true, why: why() },
        Created::Refused { permanent: false, why: why() },
        Created::Foreign,
        Created::Unclear("no answer".into()),
    ];
    for answer in answers {
        let sim = world(good, &[3]);
        sim.state().answer_create = Some(answer.clone());
        let steps = vec![turn(6 * HOUR, |s| s.state().answer_create = None)];
        let (overview, events) = play(&sim, &mut sim.engine(spec()), 7 * HOUR, steps).await;
        assert_eq!(tell(&overview), Vec::<String>::new(), "{answer:?}");
        let tries = sim.state().creates_asked;
        let lists = sim.state().lists;
        assert!((12..100).contains(&tries), "{answer:?}: {tries} creates in six hours");
        assert!(lists < 2 * tries + 500, "{answer:?}: {lists} lists");
        let launched = events.iter().filter(|e| e.reason == "JobLaunched").count();
        let refused = events.iter().filter(|e| e.reason == "LaunchRefused").count();
        assert_eq!(
            (launched, refused <= 1),
            (1, true),
            "what is refused is not launched, and is reported once: {answer:?}"
        );
        let number = sim.state().ledgers.values().next().map(|(_, ledger, _)| ledger.launches);
        assert!(number <= Some(40), "{answer:?}: {number:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_create_keeps_its_launch_number() {
    let sim = world(good, &[3, 4, 5]);
    sim.state().answer_create = refused();
    let mut spec = spec();
    spec.coverages[0].fill.max_concurrent_jobs = 3;
    let steps = vec![turn(HOUR, |s| s.state().answer_create = None)];
    play(&sim, &mut sim.engine(spec), 3 * HOUR, steps).await;
    let numbers: BTreeSet<u64> = sim.state().jobs.values().map(|(job, ..)| job.launch).collect();
    assert_eq!(numbers, [1, 2, 3].into());
}

/// While a refusal stands, Jobs are listed as seldom as at rest: what was refused is nowhere.
#[tokio::test(start_paused = true)]
async fn a_standing_refusal_lists_no_jobs() {
    let sim = world(good, &[3]);
    sim.state().answer_create = refused();
    sim.run_for(&spec(), 6 * HOUR).await;
    assert_eq!(sim.state().lists, 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_spent_before_is_not_spent_again() {
    let sim = world(good, &[]);
    for token in ["a", "b", "a"] {
        sim.run_for(&rerun_of_the_third(token), HOUR).await;
    }
    assert_eq!(sim.state().runs[&day("2025-11-03")], 2, "a, b, and a again");
}

#[tokio::test(start_paused = true)]
async fn a_longer_settle_does_not_take_the_dates_of_decided_jobs_again() {
    let sim = world(|_, _| (20, End::Exit(65), None), &[3]);
    sim.settle(&spec()).await;
    let mut longer = spec();
    longer.coverages[0].fill.settle = Span::hours(5);
    longer.coverages[0].fingerprints = fingerprints(2);
    sim.watch_for(&longer, 600).await;
    assert_eq!(sim.state().runs[&day("2025-11-03")], 2, "the edit allows another attempt, at once");
}
