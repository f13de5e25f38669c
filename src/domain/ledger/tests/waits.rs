//! How long a date waits for its next attempt.

use super::*;

#[test]
fn a_date_that_loses_what_was_filled_waits_longer_each_time() {
    let mut ledger = Ledger::default();
    let mut waits = Vec::new();
    for _ in 0..3 {
        ledger.note_read(day(DATE), true);
        ledger = attempt_that_fills(&ledger, &[DATE]);
        let lost: Vec<_> = ledger.lost([(day(DATE), false)].into_iter()).collect();
        ledger.note_losses(&coverage(), lost.into_iter(), at(NOW));
        ledger.note_read(day(DATE), false);
        let tally = tally(&ledger).unwrap();
        assert_eq!((tally.charged, tally.last), (0, Outcome::Regressed), "the cause of the loss is unknown");
        waits.push(tally.retry_at);
    }
    assert!(at(NOW) < waits[0] && waits.is_sorted());
    let kept = ledger.clone();
    ledger.note_losses(&coverage(), [day("2025-11-20")].into_iter(), at(NOW));
    assert_eq!(ledger, kept, "a date that no attempt has filled does not wait");
}

/// The seconds that the date waits on its rung.
fn wait(ledger: &Ledger) -> i64 {
    tally(ledger).unwrap().retry_at.duration_since(at(NOW)).as_secs()
}

#[test]
fn charged_and_uncharged_outcomes_back_off_by_their_own_number() {
    let limited = |ledger: &Ledger| attempt(ledger, &[DATE], End::Exit(75));
    let once = limited(&Ledger::default());
    assert!((150..=300).contains(&wait(&once)));
    assert!((600..=1200).contains(&wait(&limited(&limited(&once)))), "the third in a row");
    let failed = attempt(&attempt(&Ledger::default(), &[DATE], End::Exit(1)), &[DATE], End::Exit(1));
    assert!((301..=600).contains(&wait(&failed)), "the second that is charged: {}", wait(&failed));
    assert!((150..=300).contains(&wait(&limited(&failed))), "the first in a row that is not");
    let failed_again = attempt(&limited(&limited(&failed)), &[DATE], End::Exit(1));
    assert!((600..=1200).contains(&wait(&failed_again)), "the third that is charged");
}

#[test]
fn a_lost_date_waits_longer_each_time_it_was_filled_and_not_where_its_last_attempt_failed() {
    let mut ledger = Ledger::default();
    let mut frees = Vec::new();
    for _ in 0..3 {
        ledger = attempt_that_fills(&ledger, &[DATE]);
        ledger.note_losses(&coverage(), [day(DATE)].into_iter(), at(NOW));
        frees.push(tally(&ledger).unwrap().free);
    }
    assert_eq!(frees, [1, 2, 3]);
    let failed = attempt(&ledger, &[DATE], End::Exit(1));
    let mut kept = failed.clone();
    kept.note_losses(&coverage(), [day(DATE)].into_iter(), at(NOW));
    assert_eq!(kept, failed, "another program had filled it");
}

#[test]
fn nothing_waits_for_a_clock_that_was_ahead() {
    let ahead = at("2035-11-15T12:00:00Z");
    let mut ledger = attempt(&Ledger::default(), &[DATE], End::Exit(1));
    ledger = recorded(&ledger, &["2025-11-15"]);
    ledger.ended(2, ahead, End::Exit(1), String::new());
    ledger.attempts[0].recorded_at = ahead;
    ledger.recent[0].at = ahead;
    ledger.tallies.values_mut().for_each(|tally| tally.retry_at = ahead);
    ledger.none_ahead(&coverage(), at(NOW));
    assert_eq!((ledger.attempts[0].recorded_at, ledger.recent[0].at), (at(NOW), at(NOW)));
    assert!(matches!(ledger.attempts[0].stage, Stage::Ended { at: ended, .. } if ended == at(NOW)));
    assert_eq!(tally(&ledger).map(|t| t.retry_at), Some(at("2025-11-16T00:00:00Z")), "as long as the longest wait");
}

#[test]
fn what_waits_moves_along_with_a_clock_that_is_set() {
    let ledger = attempt(&Ledger::default(), &[DATE], End::Exit(1));
    let mut moved = ledger.clone();
    moved.clock_moved(jiff::SignedDuration::from_hours(-24));
    let hours = |ledger: &Ledger| tally(ledger).unwrap().retry_at.duration_since(at(NOW)).as_secs() / 3_600;
    assert_eq!((hours(&ledger), hours(&moved)), (0, -23));
    assert_eq!(moved.recent[0].at, at("2025-11-14T12:00:00Z"));
}
