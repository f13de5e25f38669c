//! What an attempt brought, and what it is charged for.

use super::*;

#[test]
fn data_decides_the_outcome_before_the_exit_code_does() {
    let rows = [
        (after(1, 10), End::Succeeded, Outcome::Ineffective),
        (after(1, 10), End::Exit(1), Outcome::Failed),
        (after(1, 10), End::Exit(65), Outcome::Permanent),
        (after(1, 10), End::Exit(69), Outcome::SourceDown),
        (after(1, 10), End::Exit(75), Outcome::RateLimited),
        (after(1, 10), End::Exit(77), Outcome::CredentialsRefused),
        (after(1, 10), End::Deadline, Outcome::Failed),
        (after(1, 10), End::Lost, Outcome::Lost),
        (after(1, 10), End::NeverStarted, Outcome::NeverStarted),
        (after(1, 10), End::Disrupted, Outcome::Disrupted),
        (after(2, 5), End::Exit(1), Outcome::Improved),
        (after(1, 11), End::Exit(65), Outcome::Improved),
        (after(0, 20), End::Succeeded, Outcome::Regressed),
        (after(1, 9), End::Exit(75), Outcome::Regressed),
        (After { complete: true, ..after(0, 0) }, End::Exit(1), Outcome::Filled),
    ];
    for (after, end, expected) in rows {
        assert_eq!(outcome(&before(1, 10), &after, end), expected, "{after:?} after {end:?}");
    }
}

/// A date that was complete before was not filled by its Job, whether the Job failed or succeeded.
#[test]
fn the_end_of_its_job_decides_the_outcome_of_a_rerun_of_a_complete_date() {
    let complete = Before { complete: true, ..before(1, 10) };
    let still = After { complete: true, ..after(1, 10) };
    for (after, end, expected) in [
        (still, End::Succeeded, Outcome::Rebuilt),
        (still, End::Exit(1), Outcome::Failed),
        (still, End::Exit(65), Outcome::Permanent),
        (still, End::Exit(75), Outcome::RateLimited),
        (still, End::Deadline, Outcome::Failed),
        (still, End::Lost, Outcome::Lost),
        (still, End::Disrupted, Outcome::Disrupted),
        (After { values: 4, ..still }, End::Exit(1), Outcome::Failed),
        (After { values: 40, ..still }, End::Exit(1), Outcome::Failed),
        (after(0, 2), End::Succeeded, Outcome::Regressed),
        (after(0, 2), End::Exit(1), Outcome::Regressed),
    ] {
        assert_eq!(outcome(&complete, &after, end), expected, "{after:?} after {end:?}");
    }
    let rebuilt = rerun_of_complete(&Ledger::default(), End::Succeeded);
    assert_eq!((tally(&rebuilt), rebuilt.recent[0].outcomes[&day(DATE)]), (None, Outcome::Rebuilt));
    let mut failed = rerun_of_complete(&Ledger::default(), End::Exit(1));
    assert_eq!(tally(&failed).map(|t| (t.charged, t.last)), Some((1, Outcome::Failed)));
    failed.note_read(day(DATE), true);
    assert_eq!(tally(&failed), None, "the second read in a row that found it complete");
}

#[test]
fn charged_failures_count_and_uncharged_ones_do_not() {
    let mut ledger = attempt(&Ledger::default(), &[DATE], End::Succeeded);
    assert_eq!(tally(&ledger).map(|t| (t.charged, t.free)), Some((1, 0)));
    ledger = attempt(&ledger, &[DATE], End::Exit(75));
    ledger = attempt(&ledger, &[DATE], End::Exit(75));
    assert_eq!(tally(&ledger).map(|t| (t.charged, t.free)), Some((1, 2)));
    ledger = attempt(&ledger, &[DATE], End::Exit(3));
    assert_eq!(tally(&ledger).map(|t| (t.charged, t.free)), Some((2, 0)), "a row of uncharged ones ends");
    assert_eq!(ledger.launches, 4, "every launch has a number of its own");
    assert!(tally(&ledger).is_some_and(|t| t.retry_at > at(NOW)));
}

#[test]
fn an_exit_65_of_several_dates_makes_each_run_alone() {
    let ledger = attempt(&Ledger::default(), &[DATE, "2025-11-15"], End::Exit(65));
    assert!(tally(&ledger).is_some_and(|t| t.alone));
    assert!(tally(&attempt(&ledger, &[DATE], End::Exit(65))).is_some_and(|t| !t.alone && t.last == Outcome::Permanent));
}

#[test]
fn what_is_charged_is_an_attempt_that_brought_nothing_or_took_something_away() {
    let charged = Outcome::ALL.into_iter().filter(|outcome| outcome.is_charged()).collect::<Vec<_>>();
    assert_eq!(charged, [Outcome::Regressed, Outcome::Failed, Outcome::Lost, Outcome::Ineffective]);
}

#[test]
fn a_date_that_expects_something_else_now_is_charged_for_a_failed_job_alone() {
    let moved = |covered| After { mark: 7, ..after(covered, 10) };
    for (after, end, charged) in [
        (moved(0), End::Succeeded, 0),
        (moved(2), End::Succeeded, 0),
        (after(1, 10), End::Succeeded, 1),
        (after(0, 10), End::Succeeded, 1),
        (moved(1), End::Exit(1), 1),
        (moved(1), End::Lost, 1),
    ] {
        let ledger = attempt_after(&Ledger::default(), &[DATE], end, after);
        assert_eq!(tally(&ledger).map(|t| t.charged), Some(charged), "{after:?} after {end:?}");
    }
    assert_eq!(outcome(&before(3, 10), &moved(1), End::Succeeded), Outcome::Ineffective, "fewer units are expected");
    assert_eq!(outcome(&before(1, 10), &moved(3), End::Succeeded), Outcome::Ineffective, "more are");
    let less = After { values: 9, ..moved(3) };
    assert_eq!(outcome(&before(1, 10), &less, End::Succeeded), Outcome::Regressed, "data is gone regardless");
}

#[test]
fn a_date_that_was_filled_need_not_run_alone_any_more() {
    let alone = attempt(&Ledger::default(), &[DATE, "2025-11-15"], End::Exit(65));
    let filled = tally(&attempt_that_fills(&alone, &[DATE])).unwrap();
    assert_eq!((filled.alone, filled.last, filled.complete_reads), (false, Outcome::Filled, 1));
}

#[test]
fn a_used_up_rung_is_not_charged_beyond_its_attempts() {
    let mut ledger = Ledger::default();
    for _ in 0..5 {
        ledger = attempt(&ledger, &[DATE], End::Exit(1));
    }
    assert_eq!(tally(&ledger).map(|t| t.charged), Some(3));
}
