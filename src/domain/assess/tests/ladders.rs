//! Several rungs: which one fills a date, and what becomes of a date that none delivers.

use super::*;
use crate::domain::breaker::{Breaker, Failed, Opened};
use crate::domain::policy::{Delivers, Rung};

/// The rung `reload` with these limits, and `archive` behind it.
fn ladder(first: Delivers, second: Delivers) -> Case {
    let mut case = case();
    case.coverage.fill.ladder[0].delivers = first;
    let archive = Rung { name: "archive".into(), delivers: second, ..case.coverage.fill.ladder[0].clone() };
    case.coverage.fill.ladder.push(archive);
    case
}

fn no_limit() -> Delivers {
    Delivers::default()
}

fn until_start() -> Delivers {
    Delivers { until_start: true, ..no_limit() }
}

fn for_days(days: i32) -> Delivers {
    Delivers { max_age: Some(Span::days(days)), ..no_limit() }
}

fn since(date: &str) -> Delivers {
    Delivers { since: Some(day(date)), ..no_limit() }
}

/// `reload`, or `reload (passed), archive`.
fn ways(case: &Case) -> String {
    let wants = case.assess().wants;
    let told = |way: &Way| if way.passed { format!("{} (passed)", way.rung) } else { way.rung.to_string() };
    wants.iter().flat_map(|want| &want.ways).map(told).collect::<Vec<_>>().join(", ")
}

/// The breaker of the first rung opened at an instant, and so many trials failed since.
fn opened(mut case: Case, at_instant: &str, trials: u8) -> Case {
    let opened = Opened {
        since: at(at_instant),
        until: at("2025-11-15T12:00:00Z"),
        trials,
        launch: 7,
        outcome: Outcome::SourceDown,
        message: String::new(),
    };
    let breaker = Breaker { failed: Failed::default(), opened: Some(opened) };
    case.ledger.breakers.insert("reload".into(), breaker);
    case
}

const PASSED: &str = "2025-11-15T10:00:00Z";

#[test]
fn a_date_is_tried_on_the_next_rung_once_the_first_one_is_used_up() {
    assert_eq!(ways(&ladder(no_limit(), no_limit())), "reload");
    let used_up = ladder(no_limit(), no_limit()).tally(tally(3, Outcome::Failed, PASSED));
    assert_eq!(ways(&used_up), "archive");
    assert_eq!(used_up.assess().cells[0].rung, Some(1));
    let mut both = used_up;
    both.ledger.tallies.insert(("archive".into(), day(DATE)), tally(3, Outcome::Ineffective, PASSED));
    check(&both, "Exhausted/Ineffective");
    both.coverage.fill.ladder.push(Rung { name: "new".into(), ..both.coverage.fill.ladder[0].clone() });
    assert_eq!(ways(&both), "new", "a rung that is added is tried, and no other again");
}

#[test]
fn a_rung_in_its_backoff_is_waited_for() {
    check(&ladder(no_limit(), no_limit()).tally(tally(1, Outcome::Failed, "2025-11-15T12:00:00Z")), "Waiting/Failed");
}

/// The date ended at midnight in New York, and its games have started.
#[test]
fn a_date_goes_to_the_first_rung_that_delivers_it() {
    for (first, expected) in [
        (until_start(), "archive"),
        (since("2025-11-15"), "archive"),
        (since("2025-11-14"), "reload"),
        (for_days(1), "reload"),
        (Delivers { max_age: Some(Span::hours(6)), ..no_limit() }, "archive"),
    ] {
        assert_eq!(ways(&ladder(first, no_limit())), expected, "{first:?}");
    }
}

#[test]
fn a_date_that_no_rung_delivers_is_unrecoverable_unless_one_was_used_up() {
    let lost = ladder(until_start(), since("2025-11-15"));
    check(&lost, "Unrecoverable/BeforeSource");
    let message = lost.assess().cells[0].message.to_string();
    assert!(
        message.contains(
            "rung reload delivers a unit only until it starts; rung archive delivers dates from 2025-11-15 on"
        ),
        "{message}"
    );
    check(&ladder(since("2025-11-15"), until_start()), "Unrecoverable/AfterStart");
    check(&lost.tally(tally(3, Outcome::Failed, PASSED)), "Exhausted/Failed");
    let rerun = ladder(until_start(), until_start()).token("again").assess();
    assert_eq!((rerun.wants.len(), &rerun.reruns[0].waits[..]), (0, &[Wait::Undelivered][..]));
}

#[test]
fn a_rerun_starts_on_the_first_rung_that_delivers_whatever_was_charged() {
    let used_up = ladder(no_limit(), no_limit()).tally(tally(3, Outcome::Failed, PASSED)).token("again");
    assert_eq!(ways(&used_up), "reload");
    assert_eq!(ways(&ladder(until_start(), no_limit()).token("again")), "archive");
}

#[test]
fn a_date_is_pressing_in_the_last_day_before_its_last_rung_stops_to_deliver_it() {
    let lost_at = |case: Case| case.assess().wants[0].lost_at;
    assert_eq!(lost_at(ladder(for_days(1), for_days(1))), Some(at("2025-11-16T05:00:00Z")));
    assert_eq!(lost_at(ladder(for_days(1), for_days(3))), None, "the second one keeps it for longer");
    assert_eq!(lost_at(ladder(for_days(1), no_limit())), None, "the second one keeps it for ever");
    let mut two = ladder(for_days(1), for_days(3));
    two.coverage.late.offset = Span::days(30);
    assert_eq!(two.assess().valid_until, Some(at("2025-11-16T05:00:00Z")), "then the first one stops to deliver it");
}

#[test]
fn a_rung_whose_breaker_is_open_is_passed_over_by_tonight_after_a_trial_and_by_history_after_a_day() {
    let tonight = |since, trials| ways(&opened(ladder(no_limit(), no_limit()), since, trials));
    assert_eq!(tonight(PASSED, 0), "reload", "its trial has not failed");
    assert_eq!(tonight(PASSED, 1), "reload (passed), archive");
    assert_eq!(tonight("2025-11-14T11:00:00Z", 0), "reload (passed), archive", "after 24 hours");
    let alone = opened(case(), PASSED, 1);
    assert_eq!(ways(&alone), "reload (passed)", "without another rung it is waited for all the same");
}
