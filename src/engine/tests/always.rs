//! A pass does its work only where what its last result rests on has changed. This must make no difference: a world that
//! compares revisions makes the same calls, at the same instants, as one that assesses and decides at every pass.

use std::sync::Arc;

use proptest::prelude::*;

use super::script::{Step, edit, play, turn};
use super::sim::*;
use super::strangers::forged;
use crate::domain::dates::{Date, Timestamp};
use crate::domain::judge::tests::day;
use crate::domain::ledger::{End, Job, Ledger};
use crate::domain::mark::{Again, Blind};
use crate::domain::policy::{DateOrder, Mode, Rerun};
use crate::engine::drive::Command;
use crate::engine::ports::Created;
use crate::engine::spec::{Limits, Spec};

/// How long a script runs.
const SECONDS: u64 = 3 * HOUR;

/// Fillers that do well, do nothing, fail, or blame the world, by the date.
fn varied(date: Date, run: u32) -> Done {
    let end = match date.day() % 5 {
        0 => End::Exit(1),
        1 if run == 1 => End::Exit(75),
        2 if run == 1 => return useless(date, run),
        _ => return good(date, run),
    };
    (20, end, None)
}

/// What happens to the world.
#[derive(Clone, Debug)]
enum Change {
    Rows(i8, bool),
    Unreadable(i8, bool),
    Broken(bool),
    ScheduleBroken(bool),
    Games(i8, bool),
    Young(bool),
    Marked(i64, Blind),
    ScheduleBlind(bool),
    SlowLooks(u64),
    Creates(u8),
    StoreFull(bool),
    Unlisted(bool),
    Stranger(i8),
    DailyRun(bool),
    Clock(i64),
    Reload,
    Suspend(bool),
    Observe(bool),
    SecondCoverage(bool),
    Rerun(i8),
}

fn change() -> impl Strategy<Value = Change> {
    let date = || 1_i8..=10;
    prop_oneof![
        4 => (date(), any::<bool>()).prop_map(|(d, is)| Change::Rows(d, is)),
        1 => (date(), any::<bool>()).prop_map(|(d, is)| Change::Unreadable(d, is)),
        1 => any::<bool>().prop_map(Change::Broken),
        1 => any::<bool>().prop_map(Change::ScheduleBroken),
        1 => (date(), any::<bool>()).prop_map(|(d, is)| Change::Games(d, is)),
        1 => any::<bool>().prop_map(Change::Young),
        2 => marking(),
        1 => any::<bool>().prop_map(Change::ScheduleBlind),
        1 => (0_u64..120).prop_map(Change::SlowLooks),
        2 => (0_u8..4).prop_map(Change::Creates),
        1 => any::<bool>().prop_map(Change::StoreFull),
        1 => any::<bool>().prop_map(Change::Unlisted),
        1 => date().prop_map(Change::Stranger),
        1 => any::<bool>().prop_map(Change::DailyRun),
        1 => (-90_i64..90).prop_map(|minutes| Change::Clock(60 * minutes)),
        1 => Just(Change::Reload),
        1 => any::<bool>().prop_map(Change::Suspend),
        1 => any::<bool>().prop_map(Change::Observe),
        1 => any::<bool>().prop_map(Change::SecondCoverage),
        1 => date().prop_map(Change::Rerun),
    ]
}

fn marking() -> impl Strategy<Value = Change> {
    let blind = prop::sample::select(&[Blind::No, Blind::Recent, Blind::All][..]);
    (0_i64..120, blind).prop_map(|(lag, blind)| Change::Marked(lag, blind))
}

fn date(n: i8) -> Date {
    jiff::civil::date(2025, 11, n)
}

/// The changes as steps; edits go on from the spec before.
fn steps(mut spec: Spec, changes: Vec<(u64, Change)>) -> Vec<Step> {
    let mut edits = |at, change: &dyn Fn(&mut Spec)| {
        change(&mut spec);
        edit(at, &spec)
    };
    let step = |(at, change)| match change {
        Change::Suspend(is) => edits(at, &|spec| spec.coverages[0].suspend = is),
        Change::Observe(is) => edits(at, &|spec| {
            spec.coverages[0].fill.mode = if is { Mode::Observe } else { Mode::Fill };
        }),
        Change::SecondCoverage(is) => edits(at, &|spec| {
            spec.coverages.truncate(1);
            spec.coverages.extend(is.then(|| second("second")));
        }),
        Change::Rerun(d) => edits(at, &|spec| {
            let rerun = Some(Rerun { token: format!("again-{at}").into(), coverages: vec![] });
            let season = spec.seasons[0].key.clone();
            spec.orders.entry(season).or_default().insert(date(d), DateOrder { priority: 0, rerun });
        }),
        Change::Reload => (at, Box::new(|_: &Sim| Some(Command::Reload)) as Box<_>),
        change => turn(at, move |sim| apply(sim, change)),
    };
    changes.into_iter().map(step).collect()
}

fn apply(sim: &Sim, change: Change) {
    if let Change::Stranger(d) = change {
        return sim.put(Job { dates: [date(d)].into_iter().collect(), ..forged(77) });
    }
    let mut state = sim.state();
    match change {
        Change::Rows(d, true) => _ = state.table.insert(date(d), FULL.to_vec()),
        Change::Rows(d, false) => _ = state.table.remove(&date(d)),
        Change::Unreadable(d, true) => _ = state.broken_dates.insert(date(d), failed()),
        Change::Unreadable(d, false) => _ = state.broken_dates.remove(&date(d)),
        Change::Broken(is) => state.broken = is.then(failed),
        Change::ScheduleBroken(is) => state.schedule_broken = is,
        Change::Games(d, void) => {
            state.schedule.iter_mut().filter(|row| row.date == Some(date(d))).for_each(|row| row.void = void);
        }
        Change::Young(is) => state.marking.again = if is { YOUNG } else { Again::AtCadence },
        Change::Marked(lag, blind) => state.marking = Marking { lag, blind, buffer: 1200, ..Marking::default() },
        Change::ScheduleBlind(is) => state.schedule_blind = if is { Blind::All } else { Blind::No },
        Change::SlowLooks(seconds) => state.look_takes = seconds,
        Change::Creates(n) => {
            let refused = |permanent| Created::Refused { permanent, why: "exceeded quota".into() };
            let answers = [None, Some(refused(false)), Some(refused(true)), Some(Created::Unclear("lost".into()))];
            state.answer_create = answers[usize::from(n)].clone();
        }
        Change::StoreFull(is) => state.store_full = is,
        Change::Unlisted(is) => state.unlisted = is,
        Change::DailyRun(is) => {
            state.daily_runs.clear();
            state.daily_runs.extend(is.then(|| ("default".into(), "reload".into())));
        }
        Change::Clock(off) => state.clock_off = off,
        _ => {}
    }
}

/// Everything that a process did, and what it stored and reported in the end.
#[derive(Debug, PartialEq)]
struct Did {
    created: Vec<(Arc<str>, Timestamp)>,
    removed: Vec<(Arc<str>, Timestamp)>,
    counts: [u32; 8],
    ledgers: Vec<Ledger>,
    events: Vec<String>,
    cells: Vec<String>,
}

fn run(always: bool, missing: &[i8], reports: bool, changes: Vec<(u64, Change)>) -> Did {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let sim = world(varied, missing);
        let spec = spec();
        let report_every = reports.then(|| jiff::SignedDuration::from_secs(10));
        let job_poll = jiff::SignedDuration::from_secs(5);
        let limits = Limits { max_jobs: 2, report_every, job_poll, ..Limits::default() };
        let mut engine = sim.engine_with(spec.clone(), limits);
        engine.world.always = always;
        let (overview, events) = play(&sim, &mut engine, SECONDS, steps(spec, changes)).await;
        let state = sim.state();
        Did {
            created: state.created.clone(),
            removed: state.removed.clone(),
            counts: [
                state.creates_asked,
                state.saves,
                state.probes,
                state.dates_read,
                state.marks,
                state.schedule_reads,
                state.lists,
                state.removes,
            ],
            ledgers: state.ledgers.values().map(|(_, ledger, _)| ledger.clone()).collect(),
            events: events.iter().map(|e| format!("{} {} {}: {}", e.at, e.reason, e.dates, e.message)).collect(),
            cells: tell(&overview),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_world_that_compares_revisions_does_what_one_does_that_always_decides_again(
        missing in proptest::collection::vec(1_i8..=10, 0..6),
        reports in any::<bool>(),
        changes in proptest::collection::vec((1_u64..SECONDS, change()), 0..12),
    ) {
        let mut changes = changes;
        changes.sort_by_key(|(at, _)| *at);
        let compares = run(false, &missing, reports, changes.clone());
        let always = run(true, &missing, reports, changes);
        prop_assert_eq!(compares, always);
    }
}

#[test]
fn the_scripts_launch_something() {
    assert!(run(false, &[3, 4], false, vec![(60, Change::Rows(day("2025-11-05").day(), false))]).created.len() >= 3);
}
