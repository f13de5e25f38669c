//! Which units a date has, and which of them are missing.

use super::*;

#[test]
fn a_date_is_measured_in_units_and_missing_units_are_named() {
    let same = |_: &mut Coverage| {};
    check(same, &facts(&[("BOS@NYK", 2), ("LAL@MIN", 2), ("PHX@DEN", 9)]), "Complete 3/3 []");
    check(same, &facts(&[("BOS@NYK", 2), ("PHX@DEN", 9)]), "Partial/UnitsMissing 2/3 [LAL@MIN]");
    check(same, &facts(&[("BOS@NYK", 1), ("LAL@MIN", 2), ("PHX@DEN", 9)]), "Partial/ValuesMissing 2/3 [BOS@NYK]");
    check(same, &facts(&[("BOS@NYK", 1), ("PHX@DEN", 9)]), "Partial/UnitsMissing 1/3 [BOS@NYK LAL@MIN]");
    check(same, &facts(&[]), "Missing/NoRows 0/3 [BOS@NYK LAL@MIN PHX@DEN]");
}

#[test]
fn a_date_that_is_its_own_unit_is_described_without_a_name() {
    let mut coverage = coverage();
    coverage.criteria.grain = Grain::Date;
    let judgement = judged(&coverage, Known::Fresh(&facts(&[(WHOLE_DATE, 1)])), AFTER);
    assert_eq!(judgement.message, "0 of 1 unit covered; 1 row, at least 2");
    assert_eq!(tell(&judgement), "Partial/ValuesMissing 0/1 [*]", "scripts have it by its name");
}

#[test]
fn rows_that_match_no_unit_are_a_wrong_mapping_not_a_gap() {
    let wrong = facts(&[("0022500644", 20), ("0022500645", 20)]);
    let judgement = judged(&coverage(), Known::Fresh(&wrong), AFTER);
    assert_eq!(judgement.verdict, Verdict::Unknown(UnknownReason::UnitsUnmatched));
    assert!(judgement.message.contains("0022500644, 0022500645"), "{}", judgement.message);
    let early = judged(&coverage(), Known::Fresh(&wrong), "2025-11-14T12:00:00Z");
    assert_eq!(early.verdict, Verdict::Partial(Flaw::UnitsMissing), "before the date is due nothing is concluded");
}

#[test]
fn rows_of_other_units_warn_and_never_complete() {
    let found = facts(&[("BOS@NYK", 2), ("LAL@MIN", 2), ("UTA@SAS", 7)]);
    let judgement = judged(&coverage(), Known::Fresh(&found), AFTER);
    assert_eq!((judgement.covered, judgement.unexpected_rows), (2, 7));
}

#[test]
fn tolerance_forgives_units_but_never_duplicates() {
    let one_missing = facts(&[("BOS@NYK", 2), ("LAL@MIN", 2)]);
    check(|c| c.criteria.units = Tolerance::Missing(1), &one_missing, "Complete 2/3 [PHX@DEN]");
    check(|c| c.criteria.units = Tolerance::Share("66%".parse().unwrap()), &one_missing, "Complete 2/3 [PHX@DEN]");
    check(
        |c| c.criteria.units = Tolerance::Share("67%".parse().unwrap()),
        &one_missing,
        "Partial/UnitsMissing 2/3 [PHX@DEN]",
    );
    let doubled = DateFacts { surplus: 1, ..one_missing };
    check(|c| c.criteria.units = Tolerance::Missing(1), &doubled, "Partial/Duplicated 2/3 [PHX@DEN]");
}

#[test]
fn a_unit_that_is_not_final_is_not_missing_and_not_complete() {
    let only_final = |c: &mut Coverage| c.criteria.expects = Expects::Final;
    check(only_final, &facts(&[("BOS@NYK", 2), ("PHX@DEN", 2)]), "Partial/NotFinal 2/3 []");
    check(only_final, &facts(&[("BOS@NYK", 2)]), "Partial/UnitsMissing 1/3 [PHX@DEN]");
}

#[test]
fn a_failed_read_proves_completeness_and_never_a_gap() {
    let failure = Unknown::new(UnknownReason::ProbeFailed, "no answer in 30s");
    let full = facts(&[("BOS@NYK", 2), ("LAL@MIN", 2), ("PHX@DEN", 9)]);
    assert_eq!(judged(&coverage(), Known::Old(&full, &failure), AFTER).verdict, Verdict::Complete);
    let unknown = Verdict::Unknown(UnknownReason::ProbeFailed);
    assert_eq!(judged(&coverage(), Known::Old(&facts(&[]), &failure), AFTER).verdict, unknown);
    assert_eq!(judged(&coverage(), Known::Never(&failure), AFTER).verdict, unknown);
}

#[test]
fn a_unit_without_rows_is_not_there() {
    let none_of_one = facts(&[("BOS@NYK", 2), ("LAL@MIN", 2), ("PHX@DEN", 0)]);
    check(|_| {}, &none_of_one, "Partial/UnitsMissing 2/3 [PHX@DEN]");
}
