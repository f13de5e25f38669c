//! When a breaker opens, what it lets through, and that it always closes again once the world is well.

use alloc::string::ToString;
use alloc::vec::Vec;
use alloc::{format, vec};

use proptest::prelude::*;

use super::*;
use crate::domain::dates::shift;
use crate::domain::judge::tests::{at, coverage, day};
use crate::domain::span::Span;

const NOW: &str = "2025-11-15T12:00:00Z";

fn trip() -> Trip {
    Trip::of(&coverage().fill.ladder[0])
}

fn minutes(n: i64) -> Timestamp {
    at(NOW).checked_add(SignedDuration::from_mins(n)).unwrap()
}

/// What becomes of an attempt on some dates of November.
fn fold(breaker: &mut Breaker, recorded: i64, settled: i64, end: End, outcome: Outcome, dates: &[i32]) {
    let outcomes = dates.iter().map(|n| (shift(day("2025-11-01"), *n), outcome)).collect();
    breaker.fold(
        &trip(),
        &Told {
            coverage: "".into(),
            launch: 7,
            recorded_at: minutes(recorded),
            settled_at: minutes(settled),
            end,
            outcomes,
            message: "503".into(),
        },
    );
}

fn failed(breaker: &mut Breaker, date: i32) {
    fold(breaker, 0, 1, End::Exit(1), Outcome::Failed, &[date]);
}

fn open_since_noon() -> Breaker {
    let mut breaker = Breaker::default();
    fold(&mut breaker, 0, 0, End::Exit(69), Outcome::SourceDown, &[1]);
    breaker
}

#[test]
fn five_different_dates_in_a_row_that_brought_nothing_open_it() {
    for (end, outcome) in [
        (End::Exit(1), Outcome::Failed),
        (End::Exit(65), Outcome::Permanent),
        (End::Succeeded, Outcome::Ineffective),
        (End::Succeeded, Outcome::Regressed),
    ] {
        let mut breaker = Breaker::default();
        for date in 1..=5 {
            assert_eq!(breaker.state(minutes(0)), BreakerState::Closed, "{outcome:?}: {date}");
            fold(&mut breaker, 0, 0, end, outcome, &[date]);
        }
        assert_eq!(breaker.state(minutes(0)), BreakerState::Open, "{outcome:?}");
    }
}

#[test]
fn one_date_that_is_broken_never_opens_it_and_one_that_is_filled_starts_the_count_again() {
    let mut breaker = Breaker::default();
    (0..20).for_each(|_| failed(&mut breaker, 3));
    assert_eq!((breaker.opened.is_some(), breaker.failed.len()), (false, 1));
    (1..=4).for_each(|date| failed(&mut breaker, date));
    fold(&mut breaker, 0, 0, End::Succeeded, Outcome::Improved, &[9]);
    assert_eq!(breaker, Breaker::default());
}

#[test]
fn a_job_of_several_dates_counts_each_of_them_and_one_that_fills_any_counts_as_good() {
    let mut breaker = Breaker::default();
    fold(&mut breaker, 0, 0, End::Exit(1), Outcome::Failed, &[1, 2, 3, 4, 5]);
    assert_eq!(breaker.state(minutes(0)), BreakerState::Open);
    let outcomes = [(day("2025-11-01"), Outcome::Failed), (day("2025-11-02"), Outcome::Filled)].into();
    let (recorded_at, settled_at, end) = (minutes(0), minutes(1), End::Exit(1));
    breaker.fold(
        &trip(),
        &Told { coverage: "".into(), launch: 8, recorded_at, settled_at, end, outcomes, message: String::new() },
    );
    assert_eq!(breaker, Breaker::default());
}

#[test]
fn a_provider_that_refuses_opens_it_at_once() {
    for (code, outcome) in [(69, Outcome::SourceDown), (75, Outcome::RateLimited), (77, Outcome::CredentialsRefused)] {
        let mut breaker = Breaker::default();
        fold(&mut breaker, 0, 0, End::Exit(code), outcome, &[1]);
        let opened = breaker.opened.unwrap();
        assert_eq!(opened.until, minutes(15));
        assert_eq!(opened.last_words(), format!("launch 7: {}: 503", outcome.word()));
    }
}

#[test]
fn jobs_that_were_stopped_from_outside_say_nothing_also_as_a_trial() {
    for (end, outcome) in
        [(End::Disrupted, Outcome::Disrupted), (End::Lost, Outcome::Lost), (End::NeverStarted, Outcome::NeverStarted)]
    {
        let mut breaker = Breaker::default();
        (1..=9).for_each(|date| fold(&mut breaker, 0, 0, end, outcome, &[date]));
        assert_eq!(breaker, Breaker::default(), "{outcome:?}");
        let mut open = open_since_noon();
        fold(&mut open, 20, 30, end, outcome, &[1]);
        assert_eq!(open, open_since_noon(), "{outcome:?}");
        assert_eq!(open.passes([], minutes(30)), Passes::OneTrial, "the next trial may start at once");
    }
}

#[test]
fn it_lets_one_trial_through_when_its_time_is_over() {
    let breaker = open_since_noon();
    assert_eq!(breaker.passes([], minutes(14)), Passes::Requested(minutes(15)));
    assert_eq!(breaker.passes([], minutes(15)), Passes::OneTrial);
    assert_eq!(breaker.passes([minutes(-3)], minutes(15)), Passes::OneTrial, "an attempt from before is not the trial");
    assert_eq!(breaker.passes([minutes(15)], minutes(200)), Passes::Nothing, "the trial is not settled");
    let states: Vec<_> = [14, 15].map(|n| breaker.state(minutes(n))).into();
    assert_eq!(states, [BreakerState::Open, BreakerState::HalfOpen]);
}

#[test]
fn each_trial_that_brings_nothing_doubles_the_time_up_to_six_hours() {
    let mut breaker = open_since_noon();
    let mut waits = vec![];
    for _ in 0..7 {
        let until = breaker.opened.clone().unwrap().until;
        let recorded = until.duration_since(minutes(0)).as_secs() / 60;
        fold(&mut breaker, recorded, recorded, End::Exit(1), Outcome::Failed, &[2]);
        let opened = breaker.opened.clone().unwrap();
        assert_eq!(opened.since, minutes(0), "it opened once");
        waits.push(opened.until.duration_since(until).as_secs() / 60);
    }
    assert_eq!(waits, [30, 60, 120, 240, 360, 360, 360]);
}

#[test]
fn an_attempt_from_before_the_trial_neither_prolongs_it_nor_is_taken_for_it() {
    let mut breaker = open_since_noon();
    fold(&mut breaker, -5, 10, End::Exit(69), Outcome::SourceDown, &[2]);
    fold(&mut breaker, 14, 40, End::Exit(1), Outcome::Failed, &[3]);
    assert_eq!(breaker, open_since_noon());
    fold(&mut breaker, -5, 10, End::Succeeded, Outcome::Filled, &[4]);
    assert_eq!(breaker, Breaker::default(), "one that filled a date closes it");
}

#[test]
fn a_rerun_that_was_requested_is_the_trial() {
    let mut breaker = open_since_noon();
    breaker.recorded(minutes(2));
    assert_eq!(breaker.passes([minutes(2)], minutes(3)), Passes::Nothing);
    fold(&mut breaker, 2, 4, End::Exit(69), Outcome::SourceDown, &[1]);
    assert_eq!(breaker.passes([], minutes(5)), Passes::Requested(minutes(34)));
}

#[test]
fn a_rung_that_changed_may_be_tried_at_once_and_starts_over() {
    let mut breaker = open_since_noon();
    fold(&mut breaker, 15, 20, End::Exit(69), Outcome::SourceDown, &[1]);
    breaker.changed(minutes(21));
    assert_eq!(breaker.passes([minutes(15)], minutes(21)), Passes::OneTrial, "also beside a Job of the old one");
    fold(&mut breaker, 15, 22, End::Exit(69), Outcome::SourceDown, &[1]);
    assert_eq!(breaker.passes([], minutes(22)), Passes::OneTrial, "which says nothing about the new one");
    let mut closed = Breaker::default();
    failed(&mut closed, 1);
    closed.changed(minutes(2));
    assert_eq!(closed, Breaker::default());
}

#[test]
fn a_rung_that_retries_sooner_has_its_trials_sooner() {
    let with = |initial, max| {
        let mut rung = coverage().fill.ladder[0].clone();
        (rung.backoff_initial, rung.backoff_max) = (initial, max);
        let Trip { open_for, max_open_for, .. } = Trip::of(&rung);
        (open_for.as_secs(), max_open_for.as_secs())
    };
    assert_eq!(with(Span::minutes(5), Span::hours(12)), (900, 21_600), "the defaults");
    assert_eq!(with(Span::seconds(1), Span::seconds(10)), (3, 5));
    assert_eq!(with(Span::seconds(1), Span::seconds(1)), (3, 3));
    assert_eq!(with(Span::hours(24), Span::hours(48)), (900, 21_600), "never longer than usual");
}

#[test]
fn a_clock_that_was_ahead_leaves_it_open_for_no_longer_than_its_limit() {
    let mut breaker = open_since_noon();
    let earlier = at("2020-01-01T00:00:00Z");
    breaker.none_ahead(&trip(), earlier);
    let opened = breaker.opened.unwrap();
    assert_eq!(
        (opened.since.to_string(), opened.until.to_string()),
        ("2020-01-01T00:00:00Z".to_string(), "2020-01-01T06:00:00Z".to_string())
    );
}

/// It is not opened by this: the table may hold the data all the same.
#[test]
fn failed_jobs_hold_the_next_ones_before_their_attempts_are_settled() {
    let dates: Vec<DateSet> = (1..=9).map(|n| [shift(day("2025-11-01"), n)].into_iter().collect()).collect();
    let mut breaker = Breaker::default();
    let nameless: Arc<str> = "".into();
    let may_open = |breaker: &Breaker, ends: &[End]| {
        let ended = |(end, dates): (&End, _)| Ended { coverage: &nameless, at: minutes(0), end: *end, dates };
        breaker.may_open(&trip(), ends.iter().zip(&dates).map(ended))
    };
    let failed = End::Exit(1);
    assert!(!may_open(&breaker, &[failed, failed, End::Killed, End::Deadline, End::Lost]));
    assert!(may_open(&breaker, &[failed, failed, End::Killed, End::Deadline, failed]));
    assert!(
        !may_open(&breaker, &[failed, failed, failed, failed, End::Succeeded, failed]),
        "it may have brought something"
    );
    assert!(may_open(&breaker, &[End::Exit(69)]));
    assert!(!may_open(&breaker, &[End::Exit(69), End::Succeeded]));
    fold(&mut breaker, 0, 1, failed, Outcome::Failed, &[20, 21]);
    assert!(!may_open(&breaker, &[failed, failed]));
    assert!(may_open(&breaker, &[failed, failed, failed]), "with two dates that are settled");
}

fn ends() -> impl Strategy<Value = (End, Outcome)> {
    prop::sample::select(vec![
        (End::Exit(1), Outcome::Failed),
        (End::Exit(65), Outcome::Permanent),
        (End::Exit(69), Outcome::SourceDown),
        (End::Exit(75), Outcome::RateLimited),
        (End::Exit(77), Outcome::CredentialsRefused),
        (End::Succeeded, Outcome::Ineffective),
        (End::Disrupted, Outcome::Disrupted),
        (End::Lost, Outcome::Lost),
        (End::NeverStarted, Outcome::NeverStarted),
        (End::Succeeded, Outcome::Filled),
    ])
}

proptest! {
    /// Attempts start when they are let through, and settle in any order, minutes or hours later.
    #[test]
    fn whatever_happened_it_is_half_open_after_its_longest_time_and_closes_once_the_world_is_well(
        steps in prop::collection::vec((ends(), 0..40i32, 0..300i64, 0..4usize, any::<bool>()), 0..80)
    ) {
        let (mut breaker, mut now, mut live) = (Breaker::default(), 0, Vec::<i64>::new());
        for ((end, outcome), date, passed, which, starts) in steps {
            now += passed;
            let passes = breaker.passes(live.iter().map(|n| minutes(*n)), minutes(now));
            let is_trial = breaker.opened.is_some();
            if starts && matches!(passes, Passes::All | Passes::OneTrial) {
                breaker.recorded(minutes(now));
                live.push(now);
            } else if which < live.len() {
                let recorded = live.remove(which);
                fold(&mut breaker, recorded, now, end, outcome, &[date]);
            }
            prop_assert!(breaker.failed.len() < trip().failures);
            if let Some(opened) = &breaker.opened {
                prop_assert!(opened.until.duration_since(minutes(now)) <= trip().max_open_for);
                let trials = live.iter().filter(|n| minutes(**n) >= opened.until).count();
                prop_assert!(!is_trial || trials <= 1, "{trials} trials at once");
            }
        }
        let later = now + 6 * 60;
        prop_assert!(matches!(breaker.passes([], minutes(later)), Passes::All | Passes::OneTrial));
        fold(&mut breaker, later, later, End::Succeeded, Outcome::Filled, &[1]);
        prop_assert_eq!(breaker.passes([], minutes(later)), Passes::All);
    }
}
