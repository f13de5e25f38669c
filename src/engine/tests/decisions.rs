//! What a decision rests on: every ledger, a list of all Jobs, what is stored, and the limits of the whole operator, also
//! from one decision to the next.

use std::collections::BTreeMap;

use super::facts::window_of_whole_dates;
use super::script::{edit, outcomes, play, turn};
use super::sim::*;
use crate::domain::dates::{Date, Timestamp};
use crate::domain::judge::tests::day;
use crate::domain::ledger::{Admitted, End, Ledger, Outcome};
use crate::domain::policy::{Anchor, Moment};
use crate::domain::probe::WHOLE_DATE;
use crate::domain::span::Span;
use crate::engine::call::Call;
use crate::engine::drive::{Command, Engine, Until};
use crate::engine::ports::{Created, JobList};

use crate::engine::spec::{Limits, Spec};

fn reload(at: u64) -> super::script::Step {
    (at, Box::new(|_| Some(Command::Reload)))
}

/// What is stored is wiped from outside.
fn wipe(sim: &Sim) {
    for (_, ledger, version) in sim.state().ledgers.values_mut() {
        (*ledger, *version) = (Ledger::default(), *version + 1);
    }
}

fn stored(sim: &Sim) -> Ledger {
    sim.state().ledgers.values().next().map(|(_, ledger, _)| ledger.clone()).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn nothing_is_recorded_before_jobs_are_listed() {
    let sim = world(good, &[3]);
    sim.state().unlisted = true;
    let steps = vec![turn(HOUR, |s| {
        assert_eq!((stored(s).attempts.len(), s.state().creates.len()), (0, 0));
        s.state().unlisted = false;
    })];
    let (overview, _) = play(&sim, &mut sim.engine(spec()), 2 * HOUR, steps).await;
    assert_eq!((tell(&overview), outcomes(&overview)), (vec![], vec![Outcome::Filled]));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_decided_before_the_ledgers_are_read() {
    let sim = world(useless, &[3]);
    sim.settle(&spec()).await;
    for call in 0..4 {
        let calls = sim.state().calls;
        sim.state().faults.extend((1..8).map(|n| (calls + call + n, Fault::Unanswered)));
        sim.run_for(&spec(), 20).await;
        sim.state().faults.clear();
        assert_eq!(sim.state().creates.len(), 3, "the date is exhausted");
    }
}

/// The status is wiped when no Job is left that could tell the number.
#[tokio::test(start_paused = true)]
async fn launch_numbers_do_not_fall_when_the_ledger_is_wiped_under_a_running_process() {
    let sim = world(good, &[3]);
    let steps = vec![
        turn(HOUR, |s| {
            s.state().jobs.clear();
            wipe(s);
        }),
        reload(HOUR + 1),
        // Its Jobs are gone, too: nothing but the process itself knows how many there were.
        (HOUR + 2, Box::new(|_| Some(Command::Seen(JobList::default())))),
        turn(HOUR + 60, |s| _ = s.state().table.remove(&day("2025-11-04"))),
    ];
    play(&sim, &mut sim.engine(spec()), 4 * HOUR, steps).await;
    let numbers: Vec<u64> = sim.state().jobs.values().map(|(job, ..)| job.launch).collect();
    assert_eq!((numbers, stored(&sim).launches), (vec![2], 2));
}

/// The process ends, and what was stored is wiped: the Jobs tell how many launches there were.
#[tokio::test(start_paused = true)]
async fn launch_numbers_go_on_above_those_of_the_jobs_and_that_is_told_once() {
    let sim = world(good, &[3]);
    sim.settle(&spec()).await;
    wipe(&sim);
    sim.state().table.remove(&day("2025-11-04"));
    let (_, events) = sim.watch_for(&spec(), HOUR).await;
    let told = |events: &[crate::engine::overview::Event]| {
        events.iter().filter(|event| event.reason == "AttemptHistoryRebuilt").count()
    };
    assert_eq!((told(&events), stored(&sim).launches), (1, 2));
    assert_eq!(told(&sim.watch_for(&spec(), HOUR).await.1), 0, "a ledger that is there was not lost");
}

fn admitted(engine: &Engine<Sim, Sim, Sim, Sim>) -> Admitted {
    Admitted {
        rung: "reload".into(),
        target: engine.world.coverages.values().next().unwrap().coverage.table.clone(),
        aliases: vec![],
        draw: None,
        window: None,
        dates: [day("2025-11-03")].into_iter().collect(),
        number: 1,
        tokens: BTreeMap::new(),
        trial: false,
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_admitted_on_top_of_what_is_not_stored() {
    let sim = world(good, &[3, 4]);
    let mut engine = sim.engine(spec());
    let admitted = admitted(&engine);
    let key = engine.world.coverages.keys().next().unwrap().clone();
    let state = engine.world.coverages.get_mut(&key).unwrap();
    assert!(state.may_launch());
    state.saved.set(true, Timestamp::MIN);
    assert!(!state.may_launch(), "a save is under way");
    state.saved.set(false, Timestamp::MIN);
    *state.ledger = state.ledger.record(&admitted, BTreeMap::new(), sim.now());
    assert!(!state.may_launch(), "a record is not stored");
    state.saved.pretend(&state.ledger);
    assert!(state.may_launch());
    state.verdicts.stall("gapless itself failed");
    assert!(!state.may_launch());
}

#[tokio::test(start_paused = true)]
async fn after_a_refusal_one_record_waits_and_no_second_one() {
    let sim = world(good, &[3, 4, 5]);
    sim.state().answer_create = Some(Created::Refused { permanent: false, why: "exceeded quota".into() });
    let most = |s: &Sim| assert!(stored(s).attempts.len() <= 1, "{:?}", stored(s).attempts);
    let steps = (1..40).map(|n| turn(30 + 7 * n, most)).collect();
    play(&sim, &mut sim.engine(spec()), 400, steps).await;
    assert!(sim.state().creates_asked > 3);
}

/// The second date may start while the first waits for its data to be visible.
#[tokio::test(start_paused = true)]
async fn a_job_that_has_ended_leaves_its_slot_before_it_is_settled() {
    let (sim, mut spec) = (world(good, &[3, 4]), spec());
    spec.coverages[0].fill.max_concurrent_jobs = 1;
    spec.coverages[0].fill.settle = Span::hours(1);
    let seen = |n: usize| move |s: &Sim| assert_eq!(s.state().creates.len(), n);
    play(&sim, &mut sim.engine(spec), 300, vec![turn(50, seen(1)), turn(200, seen(2))]).await;
}

fn an_hour(_: Date, _: u32) -> Done {
    (3600, End::Succeeded, Some(FULL.to_vec()))
}

/// The answer to the create never comes; a second one for the same launch would be a second Job elsewhere.
#[tokio::test(start_paused = true)]
async fn a_create_is_not_sent_again_while_the_first_is_not_answered() {
    let sim = world(an_hour, &[3]);
    sim.state().create_takes = 120;
    let edits = (1..100).map(|second| edit(second, &spec())).collect();
    play(&sim, &mut sim.engine(spec()), 110, edits).await;
    assert_eq!(sim.state().creates_asked, 1);
}

#[tokio::test(start_paused = true)]
async fn an_unclear_create_is_sent_again_after_a_list_and_a_while() {
    let sim = world(good, &[3]);
    sim.state().answer_create = Some(Created::Unclear("no answer".into()));
    let (overview, _) = play(&sim, &mut sim.engine(spec()), 5 * 60, vec![]).await;
    let tries = sim.state().creates_asked;
    assert!((4..=9).contains(&tries), "{tries} creates in five minutes: {:?}", tell(&overview));
    assert!(sim.state().lists >= tries, "each is preceded by a list: {} lists", sim.state().lists);
}

#[tokio::test(start_paused = true)]
async fn after_an_unclear_create_nothing_is_created_before_a_list() {
    let sim = world(good, &[3]);
    sim.state().answer_create = Some(Created::Unclear("no answer".into()));
    let steps = vec![turn(5, |s| {
        s.state().unlisted = true;
        s.state().answer_create = None;
    })];
    play(&sim, &mut sim.engine(spec()), 500, steps).await;
    assert!(sim.state().creates.is_empty(), "whether there is a Job is not known");
}

#[tokio::test(start_paused = true)]
async fn a_recorded_attempt_that_is_held_for_ten_minutes_never_started_and_is_not_charged() {
    let sim = world(good, &[3]);
    sim.state().answer_create = Some(Created::Unclear("no answer".into()));
    let mut held = spec();
    held.coverages[0].suspend = true;
    let steps = vec![edit(20, &held), turn(30, |s| s.state().answer_create = None)];
    let mut engine = sim.engine(spec());
    let (overview, _) = play(&sim, &mut engine, 590, steps).await;
    assert_eq!(outcomes(&overview), [], "it may still come to be");
    let (overview, _) = play(&sim, &mut engine, HOUR, vec![]).await;
    assert_eq!(outcomes(&overview), [Outcome::NeverStarted]);
    assert!(overview.coverages[0].tallies.iter().all(|(_, _, tally)| tally.charged == 0));
    assert!(sim.state().creates.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_vanished_is_lost_and_one_of_the_same_name_is_another() {
    for replaced in [false, true] {
        let sim = world(an_hour, &[3]);
        let vanish = turn(60, move |s| {
            let mut state = s.state();
            let (name, (mut job, ends, launch)) = state.jobs.pop_first().unwrap();
            job.uid = "another".into();
            replaced.then(|| state.jobs.insert(name, (job, ends, launch)));
        });
        let (overview, _) = play(&sim, &mut sim.engine(spec()), 500, vec![vanish]).await;
        assert_eq!(outcomes(&overview).first(), Some(&Outcome::Lost), "replaced: {replaced}");
    }
}

/// Four tables of which two dates are tonight's, and one with a long history; each decision lets one Job through.
#[tokio::test(start_paused = true)]
async fn of_four_launches_one_goes_to_history_though_each_decision_lets_one_through() {
    let sim = world(useless, &[]);
    sim.state().table.clear();
    let mut spec = window_of_whole_dates();
    spec.coverages[0].due = Moment { after: Anchor::DateStart, offset: Span::default() };
    for name in ["b", "c", "d"] {
        let mut other = spec.coverages[0].clone();
        (other.key.name, other.uid, other.table.name) = (name.into(), format!("uid-{name}").into(), name.into());
        other.from = Some(day("2025-11-19"));
        spec.coverages.push(other);
    }
    let limits = Limits { max_jobs: 1, ..Limits::default() };
    play(&sim, &mut sim.engine_with(spec, limits), 500, vec![]).await;
    let state = sim.state();
    let date = |name: &std::sync::Arc<str>| state.jobs.get(name).and_then(|(job, ..)| job.dates.first());
    let history = |(name, _): &(std::sync::Arc<str>, _)| date(name).is_none_or(|date| date < day("2025-11-19"));
    let first = state.created.iter().position(history);
    assert_eq!(first, Some(3), "{:?}", state.created);
}

#[tokio::test(start_paused = true)]
async fn the_daily_run_keeps_tonight_to_itself_until_it_has_ended() {
    fn whole(_: Date, _: u32) -> Done {
        (60, End::Succeeded, Some(vec![(WHOLE_DATE, 2)]))
    }
    let sim = world(whole, &[]);
    sim.state().table.clear();
    sim.state().daily_runs.insert(("default".into(), "load".into()));
    let mut spec = window_of_whole_dates();
    spec.coverages[0].from = Some(day("2025-11-18"));
    spec.coverages[0].due = Moment { after: Anchor::DateStart, offset: Span::default() };
    let mut engine = sim.engine(spec);
    let (overview, _) = play(&sim, &mut engine, HOUR, vec![]).await;
    assert_eq!(tell(&overview), ["NotDue/Due 2025-11-21..2025-11-22", "Blocked/DailyRun 2025-11-19..2025-11-20"]);
    // Another Job is live, so that Jobs are listed.
    sim.state().daily_runs.clear();
    sim.state().table.remove(&day("2025-11-18"));
    let (overview, _) = play(&sim, &mut engine, 3 * HOUR, vec![]).await;
    assert_eq!(tell(&overview), ["NotDue/Due 2025-11-21..2025-11-22"]);
}

/// What holds a coverage, and the state that it has then.
type Held = (fn(&mut Spec), &'static str);

#[tokio::test(start_paused = true)]
async fn whoever_holds_launches_nothing_is_recorded_and_the_cell_says_who() {
    let holds: [Held; 3] = [
        (|spec| spec.coverages[0].suspend = true, "Blocked/Suspended 2025-11-03"),
        (|spec| spec.seasons[0].suspend = true, "Blocked/Suspended 2025-11-03"),
        (
            |spec| _ = spec.launches_off.insert(spec.coverages[0].key.namespace.clone()),
            "Blocked/LaunchesOff 2025-11-03",
        ),
    ];
    for (hold, told) in holds {
        let (sim, mut held) = (world(good, &[3]), spec());
        hold(&mut held);
        assert_eq!(tell(&sim.run_for(&held, 600).await), [told]);
        assert!(stored(&sim).attempts.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_operator_has_its_limit_over_all_coverages() {
    let sim = world(an_hour, &[1, 2, 3, 4]);
    let mut spec = spec();
    spec.coverages.push(second("other"));
    spec.coverages[1].table.name = "other".into();
    let limits = Limits { max_jobs: 2, ..Limits::default() };
    play(&sim, &mut sim.engine_with(spec, limits), 600, vec![]).await;
    assert_eq!(sim.state().creates.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_nearly_full_gets_no_new_record() {
    let sim = world(good, &[3, 4, 5, 6]);
    sim.state().store_full = true;
    let (overview, _) = play(&sim, &mut sim.engine(spec()), HOUR, vec![]).await;
    assert!(sim.state().creates.is_empty());
    assert_eq!(tell(&overview), ["Blocked/StatusFull 2025-11-03..2025-11-06"]);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_slow_starts_step_lets_more_through_though_nothing_else_happens() {
    let sim = world(an_hour, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    let mut spec = spec();
    spec.coverages[0].fill.max_concurrent_jobs = 10;
    let ports = crate::engine::drive::Ports {
        clock: sim.clone(),
        warehouse: sim.clone(),
        store: sim.clone(),
        launcher: sim.clone(),
    };
    let limits = Limits { job_poll: jiff::SignedDuration::from_hours(1), ..Limits::default() };
    let mut engine = Engine::new(ports, spec, limits, false);
    let seen = |n: usize| move |s: &Sim| assert_eq!(s.state().creates.len(), n);
    let steps = vec![turn(50, seen(1)), turn(70, seen(3)), turn(130, seen(7))];
    play(&sim, &mut engine, 190, steps).await;
    assert_eq!(sim.state().creates.len(), 10);
}

#[tokio::test(start_paused = true)]
async fn who_only_looks_records_and_creates_nothing() {
    let sim = world(good, &[3]);
    let ports = crate::engine::drive::Ports {
        clock: sim.clone(),
        warehouse: sim.clone(),
        store: sim.clone(),
        launcher: sim.clone(),
    };
    let limits = Limits { slow_start: Span::default(), ..Limits::default() };
    let mut engine = Engine::new(ports, spec(), limits, true);
    let (_keep, mut commands) = tokio::sync::mpsc::unbounded_channel();
    let overview = engine.run(Until::Seen, &mut commands, |_, _| {}).await;
    assert_eq!(overview.launches.len(), 1, "what would be launched is reported");
    play(&sim, &mut engine, HOUR, vec![]).await;
    let state = sim.state();
    assert_eq!((state.saves, state.creates_asked, state.removes), (0, 0, 0));
}

/// A coverage whose object was deleted and created again has another uid.
#[tokio::test(start_paused = true)]
async fn a_new_object_of_an_old_name_begins_with_an_empty_ledger() {
    let sim = world(useless, &[3]);
    let mut again: Spec = spec();
    again.coverages[0].uid = "uid-again".into();
    let mut engine = sim.engine(spec());
    play(&sim, &mut engine, 3 * HOUR, vec![]).await;
    let (overview, _) = play(&sim, &mut engine, 30, vec![edit(10, &again)]).await;
    assert_eq!(tell(&overview), ["Running/Started 2025-11-03"]);
    assert_eq!((overview.coverages[0].launches, overview.coverages[0].recent.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_run_waits_for_a_refused_create_that_may_succeed_and_not_for_one_that_a_person_must_help() {
    let refused = |permanent| Some(Created::Refused { permanent, why: "denied".into() });
    let sim = world(good, &[3]);
    sim.state().answer_create = refused(false);
    let heals = sim.clone();
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_secs(40)).await;
        heals.state().answer_create = None;
    });
    assert_eq!(tell(&sim.settle(&spec()).await), Vec::<String>::new());
    let sim = world(good, &[3]);
    sim.state().answer_create = refused(true);
    let ends = tokio::time::timeout(std::time::Duration::from_secs(86_400), sim.settle(&spec())).await;
    assert!(ends.is_ok(), "nothing changes without a person");
}

/// A record that is acknowledged when another create was just refused.
#[tokio::test(start_paused = true)]
async fn what_is_recorded_is_not_created_while_a_refusal_holds() {
    let sim = world(good, &[]);
    let mut engine = sim.engine(spec());
    play(&sim, &mut engine, 30, vec![]).await;
    let (now, admitted) = (sim.now(), admitted(&engine));
    let state = engine.world.coverages.values_mut().next().unwrap();
    *state.ledger = state.ledger.record(&admitted, BTreeMap::new(), now);
    state.saved.pretend(&state.ledger);
    state.creates.refuse("exceeded quota".into(), false, now);
    let mut creates = |now| engine.world.pass(now).iter().filter(|call| matches!(call, Call::Create(..))).count();
    assert_eq!((creates(now), creates(now + jiff::SignedDuration::from_secs(10))), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_cell_says_since_when_it_is_in_its_state() {
    let sim = world(good, &[]);
    let mut engine = sim.engine(spec());
    let since = |(overview, _): (crate::engine::overview::Overview, _)| overview.coverages[0].cells[0].since;
    let first = since(play(&sim, &mut engine, 60, vec![]).await);
    assert_eq!(since(play(&sim, &mut engine, HOUR, vec![edit(10, &spec())]).await), first);
}
