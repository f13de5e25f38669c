//! What may start, as a specification, and as properties over arbitrary wants.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::domain::dates::shift;
use crate::domain::judge::tests::{at, coverage, day};
use crate::domain::span::Span;

const NOW: &str = "2025-11-15T12:00:00Z";

fn way(rung: &str) -> Way {
    Way { rung: rung.into(), number: 1, alone: false, trial: false, passed: false, source: None, credits: 0 }
}

fn want(date: &str) -> Want {
    Want {
        date: day(date),
        ways: vec![way("reload")],
        lost_at: None,
        priority: 0,
        tonight: day(date) >= day("2025-11-14"),
        token: None,
        reason: "NoRows",
    }
}

fn pools() -> Pools {
    Pools {
        sources: BTreeMap::new(),
        max_jobs: 20,
        live_jobs: 0,
        taken: BTreeMap::new(),
        daily_runs: BTreeSet::new(),
        launches_off: false,
        ramp: Ramp { started_at: at("2025-11-15T00:00:00Z"), step: Span::default(), launched: 0 },
        lanes: vec![],
        turn: None,
    }
}

fn named(name: &str) -> Coverage {
    let mut coverage = coverage();
    coverage.key.name = name.into();
    coverage.table.name = name.into();
    coverage.fill.max_concurrent_jobs = 10;
    coverage
}

fn wanting<'a>(coverage: &'a Coverage, wants: &'a [Want]) -> Wanting<'a> {
    Wanting {
        coverage,
        target: &coverage.table,
        aliases: vec![],
        wants,
        live: 0,
        unsettled: 0,
        unread: DateSet::new(),
        gates: Gates::new(),
    }
}

/// `boxscores 2025-11-14`, in order.
fn launches(decision: &Decision) -> Vec<String> {
    decision.launches.iter().map(|a| format!("{} {}", a.coverage.name, a.admitted.dates)).collect()
}

fn refusals(decision: &Decision) -> Vec<String> {
    let of = |(key, dates): (&Key, &Refused)| {
        dates.0.iter().map(|(date, why)| format!("{} {date} {why:?}", key.name)).collect::<Vec<_>>()
    };
    decision.refused.iter().flat_map(of).collect()
}

#[test]
fn each_coverage_has_its_limit_and_the_operator_has_one() {
    let mut a = named("a");
    a.fill.max_concurrent_jobs = 1;
    let b = named("b");
    let wants = [want("2025-11-12"), want("2025-11-11")];
    let decision = admit(&[wanting(&a, &wants), wanting(&b, &wants)], &Pools { max_jobs: 2, ..pools() }, at(NOW));
    assert_eq!(launches(&decision), ["a 2025-11-12", "b 2025-11-12"], "in turns");
    assert_eq!(refusals(&decision), ["a 2025-11-11 Slot(Coverage(1))", "b 2025-11-11 Slot(Operator(2))"]);
}

#[test]
fn priority_comes_first_then_tonight_then_the_declared_order() {
    let a = named("a");
    let urgent = Want { priority: 5, ..want("2025-11-01") };
    let wants = [want("2025-11-10"), want("2025-11-14"), urgent];
    let decision = admit(&[wanting(&a, &wants)], &pools(), at(NOW));
    assert_eq!(launches(&decision), ["a 2025-11-01", "a 2025-11-14", "a 2025-11-10"]);
}

#[test]
fn of_four_launches_one_goes_to_history_and_one_to_tonight() {
    let (a, b) = (named("a"), named("b"));
    let tonight: Vec<Want> = (14..=19).map(|d| want(&format!("2025-11-{d}"))).collect();
    let history = [want("2025-11-01"), want("2025-11-02")];
    let decision = admit(&[wanting(&a, &tonight), wanting(&b, &history)], &Pools { max_jobs: 8, ..pools() }, at(NOW));
    let lanes: Vec<bool> = decision.launches.iter().map(|a| a.lane == Lane::Tonight).collect();
    assert_eq!(lanes, [true, true, true, false, true, true, true, false]);
}

#[test]
fn a_job_takes_neighbours_of_one_rung_and_a_date_that_failed_runs_alone() {
    let mut a = named("a");
    a.fill.dates_per_job = 3;
    let alone = Want { ways: vec![Way { alone: true, ..way("reload") }], ..want("2025-11-11") };
    let wants = [want("2025-11-13"), want("2025-11-12"), alone, want("2025-11-10"), want("2025-11-09")];
    let decision = admit(&[wanting(&a, &wants)], &pools(), at(NOW));
    assert_eq!(launches(&decision), ["a 2025-11-12..2025-11-13", "a 2025-11-11", "a 2025-11-09..2025-11-10"]);
}

#[test]
fn a_date_of_a_table_is_filled_by_one_job_at_a_time() {
    let (a, mut b) = (named("a"), named("b"));
    b.table = a.table.clone();
    let wants = [want("2025-11-12"), want("2025-11-11")];
    let mut pools = pools();
    pools.taken.insert(a.table.clone(), [day("2025-11-11")].into_iter().collect());
    let decision = admit(&[wanting(&a, &wants), wanting(&b, &wants)], &pools, at(NOW));
    assert_eq!(launches(&decision), ["a 2025-11-12"]);
    assert_eq!(refusals(&decision), ["a 2025-11-11 Hold(Busy)", "b 2025-11-11 Hold(Busy)", "b 2025-11-12 Hold(Busy)"]);
}

#[test]
fn the_daily_run_keeps_tonight_to_itself_and_an_off_switch_stops_all() {
    let a = named("a");
    let wants = [want("2025-11-14"), want("2025-11-01")];
    let mut daily = pools();
    daily.daily_runs.insert(("default".into(), "load".into()));
    let decision = admit(&[wanting(&a, &wants)], &daily, at(NOW));
    assert_eq!(refusals(&decision), ["a 2025-11-14 Hold(DailyRun)"]);
    let off = admit(&[wanting(&a, &wants)], &Pools { launches_off: true, ..pools() }, at(NOW));
    assert!(off.launches.is_empty());
}

/// Its first rung has another CronJob than the one that runs, and the dates are on the first rung.
#[test]
fn the_daily_run_of_any_cron_job_of_the_ladder_keeps_tonight_to_itself() {
    let mut a = named("a");
    let archive = Rung { name: "archive".into(), cron_job: "load-archive".into(), ..a.fill.ladder[0].clone() };
    a.fill.ladder.push(archive);
    let wants = [want("2025-11-14"), want("2025-11-01")];
    let mut daily = pools();
    daily.daily_runs.insert(("default".into(), "load-archive".into()));
    let decision = admit(&[wanting(&a, &wants)], &daily, at(NOW));
    assert_eq!(refusals(&decision), ["a 2025-11-14 Hold(DailyRun)"]);
    assert_eq!(launches(&decision), ["a 2025-11-01"]);
}

#[test]
fn a_breaker_lets_one_trial_through_or_nothing() {
    let a = named("a");
    let wants = [want("2025-11-12"), want("2025-11-11")];
    let decide = |passes, wants: &[Want]| {
        let gates = [("reload".into(), passes)].into();
        let decision = admit(&[Wanting { gates, ..wanting(&a, wants) }], &pools(), at(NOW));
        (launches(&decision), refusals(&decision))
    };
    let later = at("2025-11-15T12:15:00Z");
    let held = |date: &str| format!("a {date} Hold(BreakerOpen)");
    let until = |date: &str| format!("a {date} HoldUntil(BreakerOpen, {later})");
    assert_eq!(decide(Passes::All, &wants).0.len(), 2);
    assert_eq!(decide(Passes::OneTrial, &wants), (vec!["a 2025-11-12".to_string()], vec![held("2025-11-11")]));
    assert_eq!(decide(Passes::Nothing, &wants), (vec![], vec![held("2025-11-11"), held("2025-11-12")]));
    let open = Passes::Requested(later);
    assert_eq!(decide(open, &wants), (vec![], vec![until("2025-11-11"), until("2025-11-12")]));
    let requested = [Want { token: Some("again".into()), ..want("2025-11-12") }, want("2025-11-11")];
    assert_eq!(decide(open, &requested), (vec!["a 2025-11-12".to_string()], vec![held("2025-11-11")]));
    assert_eq!(decide(Passes::Nothing, &requested).0, Vec::<String>::new(), "its trial is not settled");
    let waits = vec!["a 2025-11-11 Slot(Unproven)".to_string()];
    assert_eq!(decide(Passes::Unproven, &wants[1..]), (vec![], waits.clone()));
    assert_eq!(decide(Passes::Unproven, &requested), (vec!["a 2025-11-12".to_string()], waits));
}

#[test]
fn slow_start_doubles_with_each_step() {
    let ramp = Ramp { started_at: at(NOW), step: Span::minutes(1), launched: 0 };
    let after = |minutes: i64| ramp.allowance(Span::minutes(minutes).after(at(NOW), &jiff::tz::TimeZone::UTC));
    assert_eq!((after(0), after(1), after(2), after(3)), (1, 3, 7, 15));
    assert_eq!(after(60), u32::MAX);
    assert_eq!(Ramp { launched: 3, ..ramp }.allowance(at(NOW)), 0);
    assert_eq!(ramp.allowance(at("2025-11-01T00:00:00Z")), 1, "a clock that went back");
}

fn any_wants() -> impl Strategy<Value = Vec<Want>> {
    let want =
        (0..20i32, -1..2i32, any::<bool>(), 1..4u32, any::<bool>()).prop_map(|(n, priority, other, number, alone)| {
            Want {
                priority,
                ways: vec![Way { number, alone, ..way(if other { "other" } else { "reload" }) }],
                tonight: n >= 15,
                date: shift(day("2025-11-01"), n),
                ..want("2025-11-01")
            }
        });
    proptest::collection::vec(want, 0..15).prop_map(|mut wants| {
        wants.sort_by_key(|w| w.date);
        wants.dedup_by_key(|w| w.date);
        wants
    })
}

proptest! {
    #[test]
    fn no_decision_goes_beyond_a_limit_or_depends_on_the_order_of_its_input(
        wants in proptest::collection::vec((any_wants(), 1..4u32, 1..5u32, 0..3u32), 1..5),
        max_jobs in 0..12u32,
        live_jobs in 0..5u32,
        step in 0..3i64,
    ) {
        let coverages: Vec<Coverage> = wants.iter().enumerate().map(|(n, (_, concurrent, size, _))| {
            let mut coverage = named(&format!("c{n}"));
            coverage.table.name = if n % 2 == 0 { "shared".into() } else { coverage.table.name };
            coverage.fill.max_concurrent_jobs = *concurrent;
            coverage.fill.dates_per_job = *size;
            coverage
        }).collect();
        let mut all: Vec<Wanting<'_>> = coverages.iter().zip(&wants)
            .map(|(c, (w, _, _, live))| Wanting { live: *live, unsettled: *live, ..wanting(c, w) }).collect();
        let ramp = Ramp { started_at: at(NOW), step: Span::minutes(step), launched: 0 };
        let pools = Pools { max_jobs, live_jobs, ramp, ..pools() };
        let decision = admit(&all, &pools, at(NOW));
        prop_assert!(decision.launches.len() as u32 <= max_jobs.saturating_sub(live_jobs));
        prop_assert!(decision.launches.len() as u32 <= ramp.allowance(at(NOW)));
        let mut taken: BTreeMap<Table, DateSet> = BTreeMap::new();
        for launch in &decision.launches {
            let coverage = coverages.iter().find(|c| c.key == launch.coverage).unwrap();
            prop_assert!(launch.admitted.dates.len() <= coverage.fill.dates_per_job);
            let target = taken.entry(coverage.table.clone()).or_default();
            prop_assert!(launch.admitted.dates.iter().all(|d| !target.contains(d)), "single flight");
            target.extend(&launch.admitted.dates);
        }
        for w in &all {
            let own = decision.launches.iter().filter(|l| l.coverage == w.coverage.key);
            prop_assert!(own.clone().count() as u32 + w.live <= w.coverage.fill.max_concurrent_jobs.max(w.live));
            let launched: u32 = own.map(|l| l.admitted.dates.len()).sum();
            let refused = decision.refused.get(&w.coverage.key).map_or(0, |dates| dates.0.len() as u32);
            prop_assert_eq!(launched + refused, w.wants.len() as u32, "every want is launched or refused");
        }
        all.reverse();
        prop_assert_eq!(admit(&all, &pools, at(NOW)), decision);
    }
}

#[test]
fn a_job_receives_the_largest_attempt_number_of_its_dates() {
    let mut a = named("a");
    a.fill.dates_per_job = 2;
    let wants = [Want { ways: vec![Way { number: 3, ..way("reload") }], ..want("2025-11-12") }, want("2025-11-11")];
    let decision = admit(&[wanting(&a, &wants)], &pools(), at(NOW));
    assert_eq!(decision.launches[0].admitted.number.to_string(), "3");
}

#[test]
fn a_coverage_with_a_hundred_unsettled_attempts_starts_no_more() {
    let a = named("a");
    let wants = [want("2025-11-12"), want("2025-11-11")];
    let almost = Wanting { unsettled: 99, ..wanting(&a, &wants) };
    let decision = admit(&[almost], &pools(), at(NOW));
    assert_eq!(launches(&decision), ["a 2025-11-12"]);
    assert_eq!(refusals(&decision), ["a 2025-11-11 Slot(Unsettled)"]);
}

#[test]
fn the_daily_run_of_another_namespace_is_another_one() {
    let a = named("a");
    let mut elsewhere = pools();
    elsewhere.daily_runs.insert(("elsewhere".into(), "load".into()));
    assert_eq!(launches(&admit(&[wanting(&a, &[want("2025-11-14")])], &elsewhere, at(NOW))), ["a 2025-11-14"]);
}

#[test]
fn a_date_of_which_a_job_has_ended_unread_is_not_free() {
    let a = named("a");
    let wants = [want("2025-11-12"), want("2025-11-11")];
    let unread = [day("2025-11-12")].into_iter().collect();
    let decision = admit(&[Wanting { unread, ..wanting(&a, &wants) }], &pools(), at(NOW));
    assert_eq!(launches(&decision), ["a 2025-11-11"]);
    assert_eq!(refusals(&decision), ["a 2025-11-12 Hold(Busy)"]);
}

#[test]
fn the_next_turn_starts_after_the_coverage_that_had_the_last_one() {
    let coverages = ["a", "b", "c"].map(named);
    let wants = [want("2025-11-12"), want("2025-11-11")];
    let all: Vec<Wanting<'_>> = coverages.iter().map(|c| wanting(c, &wants)).collect();
    let after = |name: &str| {
        let pools = Pools { max_jobs: 3, turn: Some(named(name).key), ..pools() };
        admit(&all, &pools, at(NOW)).launches.iter().map(|l| l.coverage.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(after("a"), ["b", "c", "a"]);
    assert_eq!(after("b"), ["c", "a", "b"]);
    assert_eq!(after("bb"), ["c", "a", "b"], "the coverage that had it is gone");
    assert_eq!(after("c"), ["a", "b", "c"]);
}

#[test]
fn the_lanes_of_earlier_launches_count() {
    let a = named("a");
    let wants = [want("2025-11-14"), want("2025-11-01")];
    let first = |lanes: &[Lane]| {
        let pools = Pools { max_jobs: 1, lanes: lanes.to_vec(), ..pools() };
        launches(&admit(&[wanting(&a, &wants)], &pools, at(NOW))).remove(0)
    };
    assert_eq!(first(&[Lane::Tonight; 2]), "a 2025-11-14");
    assert_eq!(first(&[Lane::Tonight; 3]), "a 2025-11-01");
    assert_eq!(first(&[Lane::Tonight, Lane::Tonight, Lane::Tonight, Lane::History]), "a 2025-11-14");
}

#[test]
fn history_with_priority_comes_before_tonight_and_leaves_it_one_of_four() {
    let a = named("a");
    let history = (1..=6).map(|d| Want { priority: 5, ..want(&format!("2025-11-{d:02}")) });
    let wants: Vec<Want> = history.chain([want("2025-11-14"), want("2025-11-15")]).collect();
    let decision = admit(&[wanting(&a, &wants)], &pools(), at(NOW));
    let lanes: Vec<bool> = decision.launches.iter().map(|l| l.lane == Lane::Tonight).collect();
    assert_eq!(lanes, [false, false, false, true, false, false, false, true]);
}

#[test]
fn a_job_takes_dates_of_one_rung_one_priority_and_one_lane() {
    let mut a = named("a");
    a.fill.dates_per_job = 2;
    let other = Want { ways: vec![way("other")], ..want("2025-11-11") };
    let urgent = Want { priority: 1, ..want("2025-11-11") };
    for second in [other, urgent, want("2025-11-14")] {
        let wants = [want("2025-11-12"), second];
        assert_eq!(admit(&[wanting(&a, &wants)], &pools(), at(NOW)).launches.len(), 2, "{:?}", wants[1]);
    }
    assert_eq!(launches(&admit(&[wanting(&a, &[want("2025-11-12"), want("2025-11-11")])], &pools(), at(NOW))).len(), 1);
}

#[test]
fn a_launch_says_what_it_is_for() {
    let a = named("a");
    let wants = [Want {
        ways: vec![Way { trial: true, ..way("reload") }],
        token: Some("again".into()),
        reason: "NotFresh",
        ..want("2025-11-12")
    }];
    let decision = admit(&[wanting(&a, &wants)], &pools(), at(NOW));
    let Admission { admitted, reason, lane, .. } = &decision.launches[0];
    assert_eq!((admitted.trial, *reason, *lane), (true, "NotFresh", Lane::History));
    assert_eq!(admitted.tokens, [(day("2025-11-12"), "again".into())].into());
}

#[test]
fn the_next_step_of_slow_start_is_known_until_the_last_one() {
    let ramp = Ramp { started_at: at(NOW), step: Span::minutes(1), launched: 0 };
    assert_eq!(ramp.next_step(at("2025-11-15T12:00:30Z")), Some(at("2025-11-15T12:01:00Z")));
    assert_eq!(ramp.next_step(at("2025-11-15T12:07:59Z")), Some(at("2025-11-15T12:08:00Z")));
    assert_eq!(ramp.next_step(at("2025-11-15T12:08:00Z")), None);
    assert_eq!(
        (ramp.allowance(at("2025-11-15T12:07:59Z")), ramp.allowance(at("2025-11-15T12:08:00Z"))),
        (255, u32::MAX)
    );
    assert_eq!(Ramp { step: Span::default(), ..ramp }.next_step(at(NOW)), None, "there is no slow start");
}

mod sources;
mod ways;
