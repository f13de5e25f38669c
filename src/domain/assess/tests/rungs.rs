//! Which rung repairs a date, and when it is used up.

use super::*;

#[test]
fn what_no_rung_repairs_needs_a_person() {
    let doubled = DateFacts { surplus: 3, ..complete() };
    check(&Case { facts: Ok(doubled.clone()), ..case() }, "Unrecoverable/NoRung");
    let mut repairs = Case { facts: Ok(doubled.clone()), ..case() };
    repairs.coverage.fill.ladder[0].repairs.push(Repairs::Flaw(crate::domain::verdict::Flaw::Duplicated));
    check(&repairs, "Partial/Duplicated wants a Job");
    let both = DateFacts { surplus: 3, ..facts(&[("BOS@NYK", 2)]) };
    check(&Case { facts: Ok(both), ..case() }, "Partial/UnitsMissing wants a Job");
}

#[test]
fn a_rung_is_used_up_by_charges_by_65_and_by_ten_uncharged_in_a_row() {
    let passed = "2025-11-15T10:00:00Z";
    check(&case().tally(tally(2, Outcome::Ineffective, passed)), "Missing/NoRows wants a Job");
    check(&case().tally(tally(3, Outcome::Ineffective, passed)), "Exhausted/Ineffective");
    check(&case().tally(tally(0, Outcome::Permanent, passed)), "Exhausted/Permanent");
    check(&case().tally(Tally { alone: true, ..tally(0, Outcome::Permanent, passed) }), "Missing/NoRows wants a Job");
    check(&case().tally(Tally { free: 9, ..tally(0, Outcome::RateLimited, passed) }), "Missing/NoRows wants a Job");
    check(&case().tally(Tally { free: 10, ..tally(0, Outcome::RateLimited, passed) }), "Exhausted/RateLimited");
    let held = Case { hold: Some(Hold::Suspended), ..case() };
    check(&held.tally(tally(3, Outcome::Ineffective, passed)), "Exhausted/Ineffective");
}

/// Two rungs: the second repairs what the first does not.
#[test]
fn a_date_is_tried_on_the_first_rung_that_repairs_it_and_rerun_from_the_first_of_all() {
    let mut case = case();
    let mut second = case.coverage.fill.ladder[0].clone();
    second.name = "rebuild".into();
    case.coverage.fill.ladder[0].repairs = vec![Repairs::Flaw(Flaw::NotFresh)];
    case.coverage.fill.ladder.push(second);
    assert_eq!(&*case.assess().wants[0].ways[0].rung, "rebuild");
    assert_eq!(&*case.token("again").assess().wants[0].ways[0].rung, "reload");
}

#[test]
fn a_rung_repairs_what_it_lists_and_nothing_else() {
    let only = |repairs: Repairs, found: DateFacts| {
        let mut case = Case { facts: Ok(found), ..case() };
        case.coverage.fill.ladder[0].repairs = vec![repairs];
        case
    };
    let part = || facts(&[("BOS@NYK", 2)]);
    check(&only(Repairs::NoRows, facts(&[])), "Missing/NoRows wants a Job");
    check(&only(Repairs::NoRows, part()), "Unrecoverable/NoRung");
    check(&only(Repairs::Flaw(Flaw::UnitsMissing), facts(&[])), "Unrecoverable/NoRung");
    check(&only(Repairs::Flaw(Flaw::UnitsMissing), part()), "Partial/UnitsMissing wants a Job");
    check(&only(Repairs::Flaw(Flaw::NotFresh), part()), "Unrecoverable/NoRung");
}
