//! Dates in sequence wait for the dates before them.

use super::*;

/// Dates in sequence, with what each of them holds.
fn in_sequence<const N: usize>(days: [(Date, Day); N], held: [DateFacts; N], ledger: &Ledger, now: &str) -> Assessment {
    let mut coverage = coverage();
    coverage.fill.order = FillOrder::Sequential;
    let calendar = calendar(days, "2025-11-15");
    let judge = |(date, f): (&Date, &DateFacts)| (*date, judge(&coverage, &calendar, *date, Known::Fresh(f), at(now)));
    let judged: Vec<_> = calendar.days.keys().zip(&held).map(judge).collect();
    let (coverage, calendar, judged, now) = (&coverage, &calendar, &judged, at(now));
    assess(&Situation {
        sources: &BTreeMap::new(),
        coverage,
        calendar,
        judged,
        ledger,
        jobs: &[],
        orders: None,
        hold: None,
        now,
    })
}

fn reasons(assessment: &Assessment) -> Vec<&str> {
    assessment.cells.iter().map(|c| c.cause.reason()).collect()
}

#[test]
fn in_sequence_a_date_waits_for_every_expected_date_before_it() {
    let dates = ["2025-11-12", "2025-11-13", "2025-11-14"].map(|d| calendar_of(day(d), &GAMES));
    let out = in_sequence(dates, [complete(), facts(&[]), facts(&[])], &Ledger::default(), NOW);
    assert_eq!(reasons(&out), ["", "NoRows", "Sequence"]);
    let told = &out.cells[2].message;
    assert!(told.ends_with("; waits for 2025-11-13, which is not done yet: the order is Sequential"), "{told}");
}

/// Its last game begins so late that the date after it is due before it.
#[test]
fn in_sequence_a_date_waits_for_one_before_it_that_is_not_due_yet() {
    let mut dates = ["2025-11-13", "2025-11-14"].map(|d| calendar_of(day(d), &GAMES));
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let Day::On(first) = &mut dates[0].1 else { panic!("it expects games") };
    first.anchors = Anchors::new(day("2025-11-13"), &zone, [Some(at("2025-11-15T23:00:00Z"))]);
    let out = in_sequence(dates, [facts(&[]), facts(&[])], &Ledger::default(), NOW);
    assert_eq!((reasons(&out), out.wants.len()), (vec!["Due", "Sequence"], 0));
}

/// The others wait for the oldest: a changed template is tried on that one.
#[test]
fn in_sequence_a_changed_template_is_tried_on_the_oldest_exhausted_date() {
    let dates = ["2025-11-12", "2025-11-13"];
    let mut ledger = Ledger::default();
    ledger.tallies.extend(dates.map(|d| (("reload".into(), day(d)), tally(3, Outcome::Failed, NOW))));
    ledger.templates.insert("reload".into(), Template { mark: 2, trial: Trial::Open });
    let days = dates.map(|d| calendar_of(day(d), &GAMES));
    let out = in_sequence(days, [facts(&[]), facts(&[])], &ledger, NOW);
    let wants: Vec<_> = out.wants.iter().map(|want| (want.date, want.ways[0].trial)).collect();
    assert_eq!(wants, [(day(dates[0]), true)]);
}

#[test]
fn in_sequence_nothing_waits_for_a_date_that_no_job_can_help() {
    let doubled = DateFacts { surplus: 3, ..complete() };
    let dates = ["2025-11-12", "2025-11-13", "2025-11-14"].map(|d| calendar_of(day(d), &GAMES));
    let out = in_sequence(dates, [complete(), doubled, facts(&[])], &Ledger::default(), NOW);
    assert_eq!(reasons(&out), ["", "NoRung", "NoRows"], "what no rung repairs needs a person");
    let mut dates = ["2025-11-12", "2025-11-13", "2025-11-14"].map(|d| calendar_of(day(d), &GAMES));
    dates[1].1 = Day::Unscheduled;
    let out = in_sequence(dates, [complete(), facts(&[]), facts(&[])], &Ledger::default(), NOW);
    assert_eq!(reasons(&out), ["", "Unscheduled", "NoRows"]);
}

#[test]
fn in_sequence_one_date_that_is_open_holds_all_that_follow() {
    let dates = ["2025-11-11", "2025-11-12", "2025-11-13", "2025-11-14"].map(|d| calendar_of(day(d), &GAMES));
    let held = [facts(&[]), complete(), complete(), facts(&[])];
    let out = in_sequence(dates, held, &Ledger::default(), NOW);
    assert_eq!(reasons(&out), ["NoRows", "", "", "Sequence"]);
    assert_eq!(out.wants.len(), 1);
}

#[test]
fn a_token_waits_for_the_dates_before_its_own_in_sequence() {
    let (mut coverage, date) = (coverage(), day("2025-11-14"));
    coverage.fill.order = FillOrder::Sequential;
    let calendar = calendar(["2025-11-13", DATE].map(|d| calendar_of(day(d), &GAMES)), "2025-11-15");
    let nothing = facts(&[]);
    let judge = |d: &Date| (*d, judge(&coverage, &calendar, *d, Known::Fresh(&nothing), at(NOW)));
    let judged: Vec<_> = calendar.days.keys().map(judge).collect();
    let rerun = Some(Rerun { token: "again".into(), coverages: vec![] });
    let orders = [(date, DateOrder { priority: 0, rerun })].into();
    let out = assess(&Situation {
        sources: &BTreeMap::new(),
        coverage: &coverage,
        calendar: &calendar,
        judged: &judged,
        ledger: &Ledger::default(),
        jobs: &[],
        orders: Some(&orders),
        hold: None,
        now: at(NOW),
    });
    assert_eq!(out.reruns[0].waits, [Wait::Hold(Hold::Sequence)]);
    assert!(out.wants.iter().all(|want| want.date != date), "{:?}", out.wants);
}
