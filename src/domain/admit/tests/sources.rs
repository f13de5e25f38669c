//! Money, slots and requests of sources.

use super::*;
use crate::domain::source::{Draw, Window};

const NEXT_DAY: &str = "2025-11-16T00:00:00Z";

fn way_of(rung: &str, source: Option<&str>, credits: u64) -> Way {
    Way { source: source.map(Into::into), credits, ..way(rung) }
}

fn paid(date: &str, credits: u64) -> Want {
    Want { ways: vec![way_of("live", Some("odds"), credits)], ..want(date) }
}

fn means(tonight: u64, history: u64, end: &str) -> Means {
    let window = Window { start: at("2025-11-15T00:00:00Z"), end: at(end) };
    Means { window, credits: 100, reserve: tonight - history, tonight, history }
}

fn pool(means: Option<Means>) -> SourcePool {
    SourcePool { suspended: false, passes: Passes::All, means, live: 0, max_jobs: None, share: 0, requests_left: 0 }
}

fn with(pool: SourcePool) -> Pools {
    Pools { sources: [(("default".into(), "odds".into()), pool)].into(), ..pools() }
}

fn decide(wants: &[Want], pool: SourcePool) -> Decision {
    let mut a = named("a");
    a.fill.dates_per_job = 3;
    admit(&[wanting(&a, wants)], &with(pool), at(NOW))
}

fn draws(decision: &Decision) -> Vec<Draw> {
    decision.launches.iter().filter_map(|launch| launch.admitted.draw.clone()).collect()
}

fn draw(credits: u64, requests: u32) -> Draw {
    Draw { source: "odds".into(), credits, requests }
}

#[test]
fn a_batch_is_cut_to_the_dates_that_are_paid_for_and_the_others_wait_for_the_next_window() {
    let wants = [paid("2025-11-12", 4), paid("2025-11-11", 4), paid("2025-11-10", 4)];
    let decision = decide(&wants, pool(Some(means(9, 9, NEXT_DAY))));
    assert_eq!(launches(&decision), ["a 2025-11-11..2025-11-12"]);
    assert_eq!(draws(&decision), [draw(8, 0)]);
    let refused = decision.refused.values().next().unwrap();
    assert_eq!(refused.get(day("2025-11-10")), Some(Refusal::HoldUntil(Hold::Budget, at(NEXT_DAY))));
    assert_eq!(decision.launches[0].admitted.window, Some(at("2025-11-15T00:00:00Z")));
}

#[test]
fn what_is_not_paid_for_holds_no_other_date_up() {
    let wants = [paid("2025-11-12", 50), paid("2025-11-11", 4)];
    let decision = decide(&wants, pool(Some(means(9, 9, NEXT_DAY))));
    assert_eq!(launches(&decision), ["a 2025-11-11"]);
}

#[test]
fn the_reserve_is_left_to_tonight() {
    let wants = [paid("2025-11-14", 4), paid("2025-11-11", 4)];
    let decision = decide(&wants, pool(Some(means(9, 3, NEXT_DAY))));
    assert_eq!(launches(&decision), ["a 2025-11-14"]);
}

#[test]
fn a_date_that_costs_more_than_a_whole_window_waits_for_no_instant() {
    let decision = decide(&[paid("2025-11-11", 101)], pool(Some(means(100, 100, NEXT_DAY))));
    let refused = decision.refused.values().next().unwrap();
    assert_eq!(refused.get(day("2025-11-11")), Some(Refusal::Hold(Hold::Budget)));
}

#[test]
fn a_budget_that_is_spent_is_passed_over_by_tonight_and_by_history_if_its_window_is_long() {
    let both =
        |date: &str| Want { ways: vec![way_of("live", Some("odds"), 4), way_of("archive", None, 0)], ..want(date) };
    let wants = [both("2025-11-14"), both("2025-11-11")];
    let short = decide(&wants, pool(Some(means(0, 0, NEXT_DAY))));
    assert_eq!(launches(&short), ["a 2025-11-14"], "history waits for a window that begins within a day");
    assert_eq!(&*short.launches[0].admitted.rung, "archive");
    let long = decide(&wants, pool(Some(means(0, 0, "2025-12-01T00:00:00Z"))));
    assert_eq!(launches(&long), ["a 2025-11-14", "a 2025-11-11"]);
}

#[test]
fn a_source_runs_so_many_jobs_at_once_and_tells_each_its_share_of_the_requests() {
    let wants: Vec<Want> = (1..9)
        .map(|n| Want { ways: vec![way_of(&format!("r{n}"), Some("odds"), 0)], ..want(&format!("2025-11-0{n}")) })
        .collect();
    let slots = SourcePool { live: 1, max_jobs: Some(3), share: 10, requests_left: 20, ..pool(None) };
    let decision = decide(&wants, slots.clone());
    assert_eq!(draws(&decision), [draw(0, 10), draw(0, 10)]);
    assert!(refusals(&decision).iter().any(|told| told.contains("Slot(Source(3))")), "{:?}", refusals(&decision));
    let told = SourcePool { live: 0, requests_left: 15, ..slots };
    let decision = decide(&wants, told);
    assert_eq!(draws(&decision), [draw(0, 10)], "a Job that was told more before counts with that");
    assert!(refusals(&decision).iter().all(|told| told.contains("Slot(Requests)")), "{:?}", refusals(&decision));
}

#[test]
fn a_source_that_is_half_open_starts_one_trial_of_all_its_coverages() {
    let (a, b) = (named("a"), named("b"));
    let wants = [paid("2025-11-12", 0)];
    let other = [paid("2025-11-11", 0)];
    let pools = with(SourcePool { passes: Passes::OneTrial, ..pool(None) });
    let mut second = wanting(&b, &other);
    let table = Table { name: "another".into(), ..b.table.clone() };
    second.target = &table;
    let decision = admit(&[wanting(&a, &wants), second], &pools, at(NOW));
    assert_eq!(decision.launches.len(), 1);
    assert!(refusals(&decision).iter().all(|told| told.contains("Hold(BreakerOpen)")));
}

#[test]
fn a_suspended_source_is_passed_over_at_once_and_holds_what_has_no_other_way() {
    let suspended = SourcePool { suspended: true, ..pool(None) };
    let passed = |way: Way| Way { passed: true, ..way };
    let ladder =
        Want { ways: vec![passed(way_of("live", Some("odds"), 0)), way_of("archive", None, 0)], ..want("2025-11-12") };
    let decision = decide(&[ladder], suspended.clone());
    assert_eq!(&*decision.launches[0].admitted.rung, "archive");
    let alone = Want { ways: vec![passed(way_of("live", Some("odds"), 0))], ..want("2025-11-12") };
    let decision = decide(&[alone], suspended);
    assert!(refusals(&decision)[0].contains("Hold(SourceSuspended)"), "{:?}", refusals(&decision));
}
