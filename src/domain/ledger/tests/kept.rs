//! Which attempts the ledger keeps.

use super::*;

fn kept(ledger: &Ledger) -> Vec<u64> {
    ledger.recent.iter().map(|settled| settled.launch).collect()
}

/// A date fails, and many others are filled after it.
#[test]
fn the_last_attempt_of_an_open_date_is_kept_however_much_was_filled_since() {
    let failed = attempt(&attempt(&Ledger::default(), &["2025-11-01"], End::Exit(1)), &["2025-11-02"], End::Exit(1));
    let mut ledger = attempt(&failed, &["2025-11-01"], End::Exit(3));
    for n in 0..25 {
        let date = shift(day("2025-12-01"), n);
        ledger = attempt_that_fills(&ledger, &[&date.to_string()]);
        ledger.note_read(date, true);
    }
    assert_eq!(kept(&ledger)[..2], [2, 3], "the first was followed by another attempt of its date");
    assert_eq!(ledger.recent.len(), MAX_RECENT + 2);
    ledger.note_read(day("2025-11-02"), true);
    assert_eq!(kept(&ledger)[..2], [3, 9], "a date that is complete needs none");
    ledger.forget_before(day("2025-11-02"));
    assert_eq!(kept(&ledger)[0], 9, "nor one that has left the window");
    assert_eq!(ledger.recent.len(), MAX_RECENT);
}

#[test]
fn what_is_kept_of_open_dates_is_bounded_by_bytes() {
    let mut ledger = Ledger::default();
    for n in 0..2_000 {
        let date = shift(day("2020-01-01"), n).to_string();
        ledger = attempt(&ledger, &[&date], End::Exit(1));
        let long = "x".repeat(1_000);
        ledger.recent.back_mut().into_iter().for_each(|settled| settled.message.clone_from(&long));
    }
    let bytes: usize = ledger.recent.iter().map(|settled| settled.message.len()).sum();
    assert!((40_000..MAX_OLD_BYTES + MAX_RECENT * 1_024).contains(&bytes), "{bytes}");
    assert_eq!(ledger.recent.back().map(|s| s.launch), Some(2_000));
}
