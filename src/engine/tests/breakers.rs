//! Breakers: a rung whose attempts bring nothing costs a few Jobs, whatever is wrong with it, and works again soon after
//! its cause is gone.

use std::collections::BTreeSet;

use super::facts::seldom;
use super::script::{Step, edit, play, turn};
use super::sim::*;
use crate::domain::breaker::{BreakerState, Opened};
use crate::domain::dates::{Date, DateRange, Timestamp};
use crate::domain::judge::tests::day;
use crate::domain::ledger::{End, Outcome};
use crate::domain::policy::{DateOrder, Dates, Rerun};
use crate::domain::state::{Cause, Hold};
use crate::engine::overview::{Event, Overview};
use crate::engine::spec::Spec;

/// So many dates of a season that is long over, all of them missing.
pub(super) fn season_of(dates: i32, filler: Filler) -> (Sim, Spec) {
    let first = day("2025-09-01");
    let all = DateRange::new(first, crate::domain::dates::shift(first, dates - 1)).unwrap();
    let sim = Sim::new(filler);
    let rows = |date: Date| GAMES.map(|game| schedule_row(date, game, &format!("{date}-{game}")));
    sim.state().schedule = all.iter().flat_map(rows).collect();
    let mut spec = spec();
    spec.seasons[0].dates = Dates::Closed(all);
    (sim, spec)
}

fn broken_image(_: Date, _: u32) -> Done {
    (20, End::Exit(1), None)
}

fn down(_: Date, _: u32) -> Done {
    (20, End::Exit(69), None)
}

fn misdeployed(_: Date, _: u32) -> Done {
    (20, End::Exit(65), None)
}

async fn a_day(sim: &Sim, spec: Spec, steps: Vec<Step>) -> (Overview, Vec<Event>) {
    play(sim, &mut sim.engine_with(spec, seldom()), 24 * HOUR, steps).await
}

fn reasons<'a>(events: &'a [Event], of: &'a [&str]) -> Vec<&'a str> {
    events.iter().map(|event| event.reason).filter(|reason| of.contains(reason)).collect()
}

fn opened(overview: &Overview) -> Option<Opened> {
    overview.coverages[0].opened().next().map(|(_, _, opened)| opened.clone())
}

/// Without breakers these were 87, 190 and 200 Jobs on the first day.
#[tokio::test(start_paused = true)]
async fn a_day_of_a_broken_image_a_provider_that_is_down_or_a_misdeploy_costs_a_few_jobs() {
    let cases: [(&str, Filler, i32, usize); 3] = [
        ("a broken image", broken_image, 29, 87 / 4),
        ("a provider that is down", down, 19, 190 / 8),
        ("a misdeploy that answers 65", misdeployed, 200, 200 / 8),
    ];
    for (name, filler, dates, most) in cases {
        let (sim, spec) = season_of(dates, filler);
        let (overview, events) = a_day(&sim, spec, vec![]).await;
        let jobs = sim.state().created.len();
        assert!((8..=most).contains(&jobs), "{name}: {jobs} Jobs");
        assert_eq!(reasons(&events, &["BreakerOpened", "BreakerClosed"]), ["BreakerOpened"], "{name}");
        let opened = opened(&overview).unwrap();
        assert!(opened.until > overview.now, "{name}: {opened:?}");
        let held = overview.coverages[0].cells.iter().filter(|c| c.cause == Cause::Blocked(Hold::BreakerOpen));
        let held: Vec<_> = held.collect();
        assert!(held.len() > dates as usize / 3, "{name}: {:?}", tell(&overview));
        assert!(held.iter().all(|c| c.next == Some(opened.until)), "{name}: each says when the next trial is");
        assert!(held.iter().all(|c| c.message.ends_with(&format!("({})", opened.last_words()))), "{name}");
    }
}

fn repair_after(hours: u64) -> Step {
    turn(hours * HOUR, |sim| sim.state().repaired = true)
}

#[tokio::test(start_paused = true)]
async fn once_the_provider_is_back_one_trial_closes_it_and_every_date_is_filled() {
    let (sim, spec) = season_of(19, down);
    let (overview, events) = play(&sim, &mut sim.engine_with(spec, seldom()), 36 * HOUR, vec![repair_after(14)]).await;
    assert_eq!(tell(&overview), Vec::<String>::new());
    assert_eq!(reasons(&events, &["BreakerOpened", "BreakerClosed"]), ["BreakerOpened", "BreakerClosed"]);
    assert!(overview.coverages[0].breakers.is_empty(), "{:?}", overview.coverages[0].breakers);
    let jobs = sim.state().created.len();
    assert!(jobs <= 19 + 3 + 7, "{jobs} Jobs");
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_writes_nothing_and_reads_nothing_between_its_trials() {
    let (sim, spec) = season_of(19, down);
    let mut engine = sim.engine_that_reports(spec);
    play(&sim, &mut engine, 22 * HOUR, vec![]).await;
    let done = || {
        let state = sim.state();
        (state.saves, state.created.len())
    };
    let before = done();
    play(&sim, &mut engine, HOUR / 2, vec![]).await;
    assert_eq!(done(), before);
}

/// The trial was always the newest date. If that one was broken itself, nothing else was filled for days.
#[tokio::test(start_paused = true)]
async fn dates_that_are_broken_themselves_keep_no_others_from_being_filled() {
    fn newest_are_broken(date: Date, _: u32) -> Done {
        if date >= day("2025-09-25") { broken_image(date, 1) } else { good(date, 1) }
    }
    let (sim, spec) = season_of(29, newest_are_broken);
    let (overview, _) = a_day(&sim, spec, vec![]).await;
    let open: BTreeSet<Date> =
        overview.coverages[0].cells.iter().filter(|c| c.state().is_open()).map(|c| c.date).collect();
    assert_eq!(open.first(), Some(&day("2025-09-25")), "{:?}", tell(&overview));
}

#[tokio::test(start_paused = true)]
async fn a_changed_template_is_tried_at_once() {
    let (sim, mut spec) = season_of(19, down);
    spec.coverages[0].fill.ladder[0].template = Some(1);
    let mut corrected = spec.clone();
    corrected.coverages[0].fill.ladder[0].template = Some(2);
    let steps = vec![repair_after(6), edit(6 * HOUR + 1, &corrected)];
    let (overview, _) = play(&sim, &mut sim.engine_with(spec, seldom()), 7 * HOUR, steps).await;
    assert_eq!(overview.coverages[0].breakers, vec![]);
}

#[tokio::test(start_paused = true)]
async fn a_requested_rerun_is_the_trial_and_others_wait_for_it() {
    let (sim, spec) = season_of(19, down);
    let mut asked = spec.clone();
    for date in ["2025-09-03", "2025-09-04"] {
        let rerun = Some(Rerun { token: "again".into(), coverages: vec![] });
        let orders = asked.orders.entry(spec.seasons[0].key.clone()).or_default();
        orders.insert(day(date), DateOrder { priority: 0, rerun });
    }
    let mut engine = sim.engine_with(spec, seldom());
    play(&sim, &mut engine, 10 * HOUR, vec![]).await;
    let before = sim.state().created.len();
    let (overview, _) = play(&sim, &mut engine, 120, vec![edit(1, &asked)]).await;
    assert_eq!(sim.state().created.len(), before + 1, "{:?}", tell(&overview));
    let waits: Vec<_> = overview.coverages[0].reruns.iter().flat_map(|rerun| rerun.waits.clone()).collect();
    assert_eq!(waits, [crate::domain::assess::Wait::Hold(Hold::BreakerOpen)]);
    play(&sim, &mut engine, HOUR, vec![]).await;
    assert_eq!(sim.state().created.len(), before + 2, "then the other one");
}

/// The first three start together. What starts after them is a trial, one at a time, wherever the process dies.
#[tokio::test(start_paused = true)]
async fn a_crash_at_any_call_starts_no_second_trial() {
    let survived = async |death: Option<(u32, bool)>| {
        let (sim, spec) = season_of(6, down);
        sim.state().deaths.extend(death);
        sim.survive_for(&spec, &seldom(), 90 * 60).await;
        sim
    };
    let calls = survived(None).await.state().calls;
    assert!(calls > 30, "it is worth crashing: {calls} calls");
    for call in 1..=calls {
        for before in [true, false] {
            let sim = survived(Some((call, before))).await;
            let started: Vec<Timestamp> = sim.state().created.iter().skip(3).map(|(_, at)| *at).collect();
            let is_apart = |pair: &[Timestamp]| pair[1].duration_since(pair[0]).as_mins() >= 15;
            assert!((1..=2).contains(&started.len()) && started.windows(2).all(is_apart), "call {call}: {started:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_breaker_survives_a_restart() {
    let (sim, spec) = season_of(19, down);
    play(&sim, &mut sim.engine_with(spec.clone(), seldom()), 6 * HOUR, vec![]).await;
    let before = sim.state().created.len();
    let (overview, _) = play(&sim, &mut sim.engine_with(spec, seldom()), 60, vec![]).await;
    assert_eq!(sim.state().created.len(), before);
    let view = &overview.coverages[0];
    let (_, breaker, opened) = view.opened().next().unwrap();
    assert_eq!((breaker.state(overview.now), opened.outcome), (BreakerState::Open, Outcome::SourceDown));
}
