//! Dates without expected units.

use super::*;

#[test]
fn a_date_off_stays_off_regardless_of_the_table() {
    let calendar = calendar([calendar_of(day(DATE), &[])], DATE);
    let judged = judge(&coverage(), &calendar, day(DATE), Known::Fresh(&facts(&[("BOS@NYK", 2)])), at(AFTER));
    assert_eq!(judged.judgement.verdict.to_word(), "NotExpected/OffDay");
    assert_eq!(judged.judgement.unexpected_rows, 2, "a warning: a game was moved, or the schedule lacks it");
    assert_eq!(judged.judgement.message, "no units on this date, yet the table has 2 rows for it: BOS@NYK");
}

#[test]
fn a_date_of_the_warm_up_is_skipped_by_coverages_that_opted_in() {
    let (date, mut one) = calendar_of(day(DATE), &GAMES);
    if let Day::On(expected) = &mut one {
        expected.warm_up();
    }
    let calendar = calendar([(date, one)], DATE);
    let verdict = |after_warm_up| {
        let mut coverage = coverage();
        coverage.criteria.after_warm_up = after_warm_up;
        judge(&coverage, &calendar, date, Known::Fresh(&facts(&[])), at(AFTER)).judgement.verdict
    };
    assert_eq!((verdict(true), verdict(false)), (Verdict::NotExpected(Off::WarmUp), Verdict::Missing));
}
