//! When an open date wants a Job, and what it waits for.

use super::*;

#[test]
fn an_open_due_date_wants_a_job() {
    check(&case(), "Missing/NoRows wants a Job");
    check(&Case { facts: Ok(facts(&[("BOS@NYK", 2)])), ..case() }, "Partial/UnitsMissing wants a Job");
}

#[test]
fn nothing_is_launched_on_the_unknown_nor_before_it_is_due() {
    let unknown = Err(Unknown::new(UnknownReason::ProbeFailed, "no answer"));
    check(&Case { facts: unknown, ..case() }.token("again"), "Unknown/ProbeFailed");
    check(&Case { now: "2025-11-15T05:59:59Z", ..case() }, "NotDue/Due");
    check(&Case { now: "2025-11-15T06:00:00Z", ..case() }, "Missing/NoRows wants a Job");
    check(&Case { games: vec![], ..case() }.token("again"), "NotExpected/OffDay");
}

#[test]
fn a_date_that_is_too_far_ahead_to_be_read_is_not_due() {
    let unread = || Case { facts: Err(Unknown::new(UnknownReason::NotProbed, "not read yet")), ..case() };
    let ahead = || Case { now: "2025-11-05T12:00:00Z", ..unread() };
    check(&ahead(), "NotDue/Due");
    assert_eq!(ahead().assess().cells[0].next, Some(at("2025-11-15T06:00:00Z")));
    check(&ahead().token("again"), "NotDue/Due");
    check(&unread(), "Unknown/NotProbed");
    let failed = Err(Unknown::new(UnknownReason::ProbeFailed, "no answer"));
    check(&Case { facts: failed, ..ahead() }, "Unknown/ProbeFailed");
}

#[test]
fn a_date_waits_for_its_backoff_and_a_hold_comes_first() {
    let waiting = case().tally(tally(1, Outcome::Failed, "2025-11-15T12:00:00Z"));
    check(&waiting, "Waiting/Failed");
    assert_eq!(waiting.assess().valid_until, Some(at("2025-11-15T12:00:00Z")));
    check(&Case { hold: Some(Hold::Suspended), ..waiting }, "Blocked/Suspended");
    check(&Case { hold: Some(Hold::SuspectProbe), ..case() }, "Blocked/SuspectProbe");
}

#[test]
fn observe_reports_and_knows_no_attempts() {
    let mut observe = case().tally(tally(3, Outcome::Failed, NOW));
    observe.coverage.fill.mode = Mode::Observe;
    check(&observe, "Missing/NoRows");
    check(&observe.token("again"), "Missing/NoRows");
}

#[test]
fn a_date_is_late_only_while_it_is_not_done() {
    assert!(!Case { now: "2025-11-15T11:59:00Z", ..case() }.assess().cells[0].late);
    assert!(Case { now: "2025-11-15T12:00:00Z", ..case() }.assess().cells[0].late);
    assert!(!Case { now: "2025-11-16T12:00:00Z", facts: Ok(complete()), ..case() }.assess().cells[0].late);
    assert_eq!(case().assess().valid_until, Some(at("2025-11-15T12:00:00Z")), "looked at again when it becomes late");
}

#[test]
fn a_date_that_only_waits_for_units_to_be_final_wants_no_job() {
    let mut waits = Case { games: vec!["BOS@NYK", "LAL@MIN"], facts: Ok(facts(&[("BOS@NYK", 2)])), ..case() };
    waits.coverage.criteria.expects = crate::domain::policy::Expects::Final;
    check(&waits, "Partial/NotFinal");
    check(&waits.tally(tally(3, Outcome::Failed, NOW)), "Partial/NotFinal");
}

#[test]
fn an_assessment_says_when_time_alone_changes_it() {
    let until = |case: &Case| case.assess().valid_until;
    let early = Case { now: "2025-11-15T05:00:00Z", ..case() };
    assert_eq!(until(&early), Some(at("2025-11-15T06:00:00Z")), "due");
    let mut ended = case().recorded();
    ended.ledger.ended(1, at("2025-11-15T10:58:00Z"), End::Succeeded, String::new());
    assert_eq!(until(&ended), Some(at("2025-11-15T11:03:00Z")), "settled");
    assert_eq!(until(&Case { facts: Ok(complete()), ..case() }), None, "never");
    let waits = case().tally(tally(1, Outcome::Failed, "2025-11-15T11:20:00Z"));
    assert_eq!(until(&waits), Some(at("2025-11-15T11:20:00Z")), "its backoff is over");
    check(&Case { now: "2025-11-15T11:20:00Z", ..waits }, "Missing/NoRows wants a Job");
    let mut fresh = Case { now: "2025-11-14T20:30:00Z", ..case() };
    fresh.coverage.criteria.rules = vec![crate::domain::policy::Rule {
        measure: 0,
        check: crate::domain::policy::Check::BeforeStart(Span::minutes(45)),
        what: "snapshot".into(),
    }];
    fresh.facts = Ok(DateFacts { rows: 4, ..newest("2025-11-14T20:00:00Z") });
    assert_eq!(until(&fresh), Some(at("2025-11-15T00:00:00Z")), "the games start, and the last snapshot is judged");
}

/// Both games with a newest value.
fn newest(text: &str) -> DateFacts {
    use crate::domain::probe::{Measured, UnitFacts, UnitKey};
    let unit = UnitFacts { rows: 2, measures: [Measured::Newest(Some(at(text)))].into() };
    let units = GAMES.iter().map(|game| (UnitKey::from(*game), unit.clone())).collect();
    DateFacts { rows: 4, units, ..DateFacts::default() }
}
