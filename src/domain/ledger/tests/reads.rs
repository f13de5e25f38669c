//! What later reads clear, and what is forgotten.

use super::*;

#[test]
fn two_complete_reads_clear_what_was_charged() {
    let mut ledger = attempt(&Ledger::default(), &[DATE], End::Succeeded);
    ledger.note_read(day(DATE), true);
    ledger.note_read(day(DATE), false);
    ledger.note_read(day(DATE), true);
    assert!(tally(&ledger).is_some(), "not in a row");
    ledger.note_read(day(DATE), true);
    assert!(tally(&ledger).is_none());
}

#[test]
fn reads_of_many_dates_are_noted_like_each_of_them() {
    let charged = attempt(&Ledger::default(), &[DATE, "2025-11-15"], End::Succeeded);
    for found in 0..256_u32 {
        let (mut together, mut apart) = (charged.clone(), charged.clone());
        for round in 0..2 {
            let complete = |n: i32| found >> (4 * round + n) & 1 == 1;
            let reads = (0..4).map(|n| (shift(day("2025-11-13"), n), complete(n)));
            together.note_reads(reads.clone());
            reads.for_each(|(date, complete)| apart.note_read(date, complete));
        }
        assert_eq!(together, apart, "{found:b}");
    }
}

#[test]
fn a_read_that_is_not_complete_takes_a_date_from_those_that_were() {
    let mut ledger = Ledger::default();
    ledger.note_read(day(DATE), true);
    assert!(ledger.complete.contains(day(DATE)));
    ledger.note_read(day(DATE), false);
    assert!(ledger.complete.is_empty());
}

#[test]
fn what_was_noted_of_dates_that_left_the_window_is_forgotten() {
    let dates = ["2025-11-13", DATE, "2025-11-15"];
    let mut ledger = attempt(&Ledger::default(), &dates, End::Exit(1));
    for date in dates.map(day) {
        ledger.tokens.insert(date, "now".into());
        ledger.earlier.insert(date, ["before".into()].into());
        Arc::make_mut(&mut ledger.complete).insert(date);
    }
    ledger.forget_before(day(DATE));
    let left = [day(DATE), day("2025-11-15")];
    assert_eq!(ledger.tallies.keys().map(|(_, date)| *date).collect::<Vec<_>>(), left);
    assert_eq!(ledger.complete.iter().collect::<Vec<_>>(), left);
    assert_eq!((ledger.tokens.keys().copied().collect::<Vec<_>>(), ledger.earlier.len()), (left.to_vec(), 2));
}
