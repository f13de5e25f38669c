//! What a unit holds: rows, values, shares.

use super::*;

#[test]
fn too_many_rows_of_a_unit_are_excess() {
    let limit = |c: &mut Coverage| {
        c.criteria.rules.push(Rule { measure: 0, check: Check::AtMost(5), what: "rows".into() });
    };
    check(limit, &facts(&[("BOS@NYK", 2), ("LAL@MIN", 6), ("PHX@DEN", 5)]), "Partial/Excess 2/3 [LAL@MIN]");
}

#[test]
fn a_share_is_judged_only_over_rows() {
    let no_line = |c: &mut Coverage| {
        c.criteria.shares = vec![ShareRule { name: "no-line".into(), max: "10%".parse().unwrap() }];
    };
    let with = |n: u64| DateFacts { shares: vec![n], ..facts(&[("BOS@NYK", 10), ("LAL@MIN", 5), ("PHX@DEN", 5)]) };
    check(no_line, &with(2), "Complete 3/3 []");
    check(no_line, &with(3), "Partial/ShareExceeded 3/3 []");
    check(no_line, &DateFacts { shares: vec![0], ..facts(&[]) }, "Missing/NoRows 0/3 [BOS@NYK LAL@MIN PHX@DEN]");
}

#[test]
fn each_value_of_a_unit_may_be_expected_by_itself() {
    let teams = |c: &mut Coverage| c.criteria.grain = Grain::EachValue;
    let found = facts(&[("BOS", 2), ("NYK", 2), ("LAL", 2), ("MIN", 2), ("PHX", 2)]);
    check(teams, &found, "Partial/UnitsMissing 5/6 [DEN]");
}

#[test]
fn values_in_any_order_are_compared_as_a_set() {
    let any = |c: &mut Coverage| c.criteria.grain = Grain::UnitAnyOrder;
    check(any, &facts(&[("BOS@NYK", 2), ("LAL@MIN", 2), ("DEN@PHX", 2)]), "Complete 3/3 []");
}

#[test]
fn what_a_date_holds_is_its_rows_without_repeated_keys_and_its_distinct_values() {
    let mut coverage = coverage();
    let players = Measure { of: Of::Distinct("player".into()), only: vec![] };
    Arc::make_mut(&mut coverage.question).measures.push(players);
    let unit = |rows, players| UnitFacts { rows, measures: [Measured::Count(rows), Measured::Count(players)].into() };
    let units = [("BOS@NYK".into(), unit(10, 7)), ("PHX@DEN".into(), unit(5, 3))].into_iter().collect();
    let read = DateFacts { rows: 15, surplus: 4, units, ..DateFacts::default() };
    assert_eq!(values_of(&coverage, &read), 15 - 4 + 7 + 3);
}
