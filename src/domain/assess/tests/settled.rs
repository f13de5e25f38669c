//! Dates that are settled: complete, waived, or not to be judged.

use super::*;

#[test]
fn complete_data_wins_over_waivers_exhaustion_and_suspension() {
    let mut waived = Case { facts: Ok(complete()), hold: Some(Hold::Suspended), ..case() };
    waived.coverage.waivers.push(waiver(None));
    check(&waived.tally(tally(3, Outcome::Failed, NOW)), "Complete/");
}

#[test]
fn a_waiver_covers_gaps_and_the_unknown_until_it_expires() {
    let waived = |expires| {
        let mut case = case();
        case.coverage.waivers.push(waiver(expires));
        case
    };
    check(&waived(None), "Waived/Waiver");
    check(&waived(Some("2025-11-15")), "Waived/Waiver");
    check(&waived(Some("2025-11-14")), "Missing/NoRows wants a Job");
    let unknown = Err(Unknown::new(UnknownReason::ProbeFailed, "no answer"));
    check(&Case { facts: unknown, ..waived(None) }, "Waived/Waiver");
}

#[test]
fn a_waived_date_is_judged_again_when_its_waiver_expires() {
    let ends = |expires| {
        let mut case = case();
        case.coverage.waivers.push(waiver(expires));
        let assessed = case.assess();
        (assessed.cells[0].next, assessed.valid_until)
    };
    let (next, valid_until) = ends(Some("2025-11-16"));
    assert!(next.is_some() && valid_until == next, "{next:?} {valid_until:?}");
    let last = at("2025-11-17T12:00:00Z");
    assert!(next.is_some_and(|at| at > at_start() && at < last), "{next:?}");
    assert_eq!(ends(None).0, None, "it never expires");
}

/// The waiver's last day has begun in every zone.
fn at_start() -> Timestamp {
    at("2025-11-16T23:59:59Z")
}

#[test]
fn what_is_settled_and_cannot_be_judged_says_why_and_not_that_it_is_verified() {
    let unknown = Err(Unknown::new(UnknownReason::ProbeFailed, "no answer"));
    let mut ended = Case { facts: unknown, ..case() }.recorded();
    ended.ledger.ended(1, at("2025-11-15T10:00:00Z"), End::Succeeded, String::new());
    check(&ended, "Unknown/ProbeFailed");
}
