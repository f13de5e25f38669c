//! The steps of a launch, its number and its names.

use super::*;

#[test]
fn job_names_fit_labels_for_every_name_of_a_coverage() {
    let long = "a".repeat(52);
    let name = job_name(&long, "uid", u64::MAX);
    assert!(name.len() <= 63 + 9, "{name}");
    assert_ne!(job_name(&long, "uid-1", 1), job_name(&long, "uid-2", 1), "names differ by uid");
    assert!(job_name("odds-api-points", "uid", 12).ends_with("-l12"));
}

#[test]
fn a_refused_number_is_taken_by_the_next_launch_the_smallest_first() {
    let mut ledger = recorded(&recorded(&recorded(&Ledger::default(), &[DATE]), &["2025-11-15"]), &["2025-11-16"]);
    for launch in [3, 1, 9] {
        ledger.refused(launch);
    }
    let numbers = |ledger: &Ledger| ledger.attempts.iter().map(|a| a.launch).collect::<Vec<_>>();
    assert_eq!((numbers(&ledger), ledger.launches), (vec![2], 3), "9 was never launched");
    let mut next = ledger;
    for date in ["2025-11-17", "2025-11-18", "2025-11-19"] {
        next = recorded(&next, &[date]);
    }
    assert_eq!((numbers(&next), next.launches), (vec![2, 1, 3, 4], 4));
}

#[test]
fn each_step_of_an_attempt_is_taken_once() {
    let mut ledger = recorded(&Ledger::default(), &[DATE]);
    let nothing = |ledger: &Ledger| ledger.settle(&coverage(), 1, &Read::default(), at(NOW)).ledger == *ledger;
    assert!(nothing(&ledger), "its Job may still come to be");
    ledger.created(1, &"first".into());
    ledger.created(1, &"second".into());
    assert_eq!(ledger.attempts[0].stage, Stage::Created { uid: "first".into() });
    assert!(nothing(&ledger), "its Job is live");
    ledger.ended(1, at(NOW), End::Exit(1), "first".into());
    let ended = ledger.clone();
    ledger.ended(1, at("2025-11-16T12:00:00Z"), End::Succeeded, "second".into());
    ledger.created(1, &"third".into());
    assert_eq!(ledger, ended, "what is over stays as it is");
}

#[test]
fn a_date_that_has_left_the_season_is_not_charged() {
    let mut ledger = recorded(&Ledger::default(), &[DATE]);
    ledger.ended(1, at(NOW), End::Exit(1), String::new());
    let settled = ledger.settle(&coverage(), 1, &Read::default(), at(NOW)).ledger;
    assert!(settled.tallies.is_empty() && settled.attempts.is_empty());
}

#[test]
fn dates_that_cannot_be_judged_stay_open_and_are_settled_later() {
    let mut ledger = recorded(&Ledger::default(), &[DATE, "2025-11-15"]);
    ledger.ended(1, at(NOW), End::Succeeded, String::new());
    let open: DateSet = [day("2025-11-15")].into_iter().collect();
    let first = ledger
        .settle(&coverage(), 1, &Read { after: [(day(DATE), after(1, 10))].into(), open: open.clone() }, at(NOW))
        .ledger;
    assert_eq!(first.attempts[0].dates, open);
    assert_eq!(first.tallies.keys().map(|(_, date)| *date).collect::<Vec<_>>(), [day(DATE)]);
    let read = Read { after: [(day("2025-11-15"), after(1, 10))].into(), open: DateSet::new() };
    let second = first.settle(&coverage(), 1, &read, at(NOW)).ledger;
    assert_eq!((second.attempts.len(), second.tallies.len(), second.recent.len()), (0, 2, 2));
}
