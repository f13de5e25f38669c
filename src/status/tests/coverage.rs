//! The status of a coverage: readiness, transition times, size.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::conditions::{Answer, Course};
use super::super::ready::standing;
use super::super::reasons::Reason;
use super::super::{coverage, ledger, lint};
use super::fixtures::{cell, day, now, view};
use crate::api::kinds::CoverageStatus;
use crate::domain::dates::{DateSet, Timestamp, shift};
use crate::domain::ledger::{Ledger, Outcome, Tally};
use crate::domain::policy::{Fingerprints, Mode};
use crate::domain::state::{Cause, Hold, Running};
use crate::domain::verdict::{Flaw, Off, UnknownReason};
use crate::engine::overview::CoverageView;
use crate::status::size::{LIMIT, size};
use crate::status::{coverage_status, is_nearly_full, ledger_status, stalled_status};

fn render(view: &CoverageView, old: &CoverageStatus, at: Timestamp) -> CoverageStatus {
    let status = coverage_status(view, "uid", &Ledger::default(), old, at);
    assert_eq!(lint::coverage(&status, view.generation), Vec::<String>::new());
    status
}

#[test]
fn what_lies_ahead_is_no_gap_in_the_share() {
    const SOON: Cause = Cause::NotDue { unscheduled: false };
    let rows = [
        (vec![Cause::Complete, SOON, SOON, SOON], "100%"),
        (vec![Cause::Complete, Cause::Missing, SOON, Cause::NotExpected(Off::OffDay)], "50.0%"),
        (vec![SOON, SOON], "-"),
    ];
    for (causes, share) in rows {
        let summary = render(&view(&causes), &CoverageStatus::default(), now()).summary;
        assert_eq!(summary.coverage, share, "{causes:?}");
    }
}

#[test]
fn readiness_is_a_table() {
    use Answer::{False, True, Unknown};
    use Course::{Idle, Reconciling, Stalled};
    const OUT: Cause = Cause::Exhausted(Outcome::Failed);
    const WAITS: Cause = Cause::Waiting(Outcome::Failed);
    const SOON: Cause = Cause::NotDue { unscheduled: false };
    const OFF: Cause = Cause::NotExpected(Off::OffDay);
    let unknown = Cause::Unknown;
    let hold = Cause::Blocked;
    let rows = [
        (vec![Cause::Complete, SOON, OFF, Cause::Waived], True, Idle, Reason::Complete),
        (vec![OFF, OFF], Unknown, Idle, Reason::NothingExpected),
        (vec![], Unknown, Idle, Reason::NothingExpected),
        (vec![Cause::Complete, Cause::Missing], False, Reconciling, Reason::Missing),
        (vec![Cause::Running(Running::Started), Cause::Complete], False, Reconciling, Reason::Running),
        (vec![WAITS, Cause::Verifying { probing: true }], False, Reconciling, Reason::Waiting),
        (vec![OUT, Cause::Complete], False, Stalled, Reason::Exhausted),
        (vec![OUT, WAITS], False, Reconciling, Reason::Exhausted),
        (vec![OUT, hold(Hold::Sequence)], False, Stalled, Reason::Exhausted),
        (vec![Cause::NoRung], False, Stalled, Reason::Unrecoverable),
        (vec![hold(Hold::StatusFull)], False, Stalled, Reason::StatusFull),
        (vec![hold(Hold::LaunchesOff)], False, Idle, Reason::LaunchesOff),
        (vec![hold(Hold::BreakerOpen), WAITS, Cause::Missing], False, Reconciling, Reason::BreakerOpen),
        (vec![OUT, hold(Hold::BreakerOpen)], False, Reconciling, Reason::Exhausted),
        (vec![hold(Hold::Busy)], False, Reconciling, Reason::Busy),
        (vec![unknown(UnknownReason::ProbeFailed), Cause::Complete], Unknown, Reconciling, Reason::ProbeFailed),
        (vec![unknown(UnknownReason::UnitsUnmatched)], False, Stalled, Reason::UnitsUnmatched),
        (vec![unknown(UnknownReason::SchemaMismatch), Cause::Complete], False, Stalled, Reason::SchemaMismatch),
        (vec![unknown(UnknownReason::Unauthorized)], False, Stalled, Reason::Unauthorized),
        (vec![unknown(UnknownReason::ScheduleStale)], Unknown, Idle, Reason::ScheduleStale),
        (
            vec![unknown(UnknownReason::SchemaMismatch), unknown(UnknownReason::ProbeFailed)],
            Unknown,
            Reconciling,
            Reason::SchemaMismatch,
        ),
        (vec![unknown(UnknownReason::SchemaMismatch), Cause::Missing], False, Reconciling, Reason::Missing),
        (vec![unknown(UnknownReason::UnitsUnmatched), OUT], False, Stalled, Reason::Exhausted),
        (vec![unknown(UnknownReason::ProbeFailed), OUT], False, Reconciling, Reason::Exhausted),
    ];
    for (causes, ready, course, reason) in rows {
        let view = view(&causes);
        let told = standing(&view);
        assert_eq!((told.ready, told.course, told.reason), (ready, course, reason), "{causes:?}: {}", told.message);
        render(&view, &CoverageStatus::default(), now());
    }
}

#[test]
fn the_sentence_names_the_worst_dates_and_how_many_are_open() {
    let told = standing(&view(&[Cause::Missing, Cause::Complete, Cause::Missing, Cause::Partial(Flaw::UnitsMissing)]));
    let expected = "3 open dates, the worst: Missing/NoRows, 2 dates: 2025-11-01, 2025-11-03: \
                    no rows; 2 units expected; what happens next";
    assert_eq!(told.message, expected);
}

#[test]
fn what_people_ask_for_is_not_a_fault() {
    let gap = [Cause::Complete, Cause::Missing];
    let observed = standing(&CoverageView { mode: Mode::Observe, ..view(&gap) });
    assert_eq!((observed.ready, observed.course), (Answer::False, Course::Idle), "others fill");
    let mut late = CoverageView { mode: Mode::Observe, ..view(&gap) };
    late.cells[1].late = true;
    let observed = standing(&late);
    assert_eq!((observed.ready, observed.course), (Answer::False, Course::Stalled), "others have not filled in time");
    let suspended = standing(&CoverageView { suspended: true, ..view(&gap) });
    assert_eq!((suspended.ready, suspended.course, suspended.reason), (Answer::False, Course::Idle, Reason::Suspended));
    let done = standing(&CoverageView { suspended: true, ..view(&[Cause::Complete]) });
    assert_eq!(done.ready, Answer::True, "suspended with nothing open");
}

#[test]
fn nothing_is_ready_before_its_table_was_read_as_a_whole() {
    let told = standing(&CoverageView { confirmed_at: None, ..view(&[Cause::Complete]) });
    assert_eq!((told.ready, told.course, told.reason), (Answer::Unknown, Course::Reconciling, Reason::NotProbed));
}

#[test]
fn an_unknown_date_of_the_future_does_not_count() {
    let mut future = view(&[Cause::Complete]);
    future.cells.push(cell(day(40), Cause::Unknown(UnknownReason::ScheduleStale)));
    assert_eq!(standing(&future).ready, Answer::True);
}

/// Today was UTC's: between its midnight and the season's, a date that was still ahead spoiled Ready.
#[test]
fn an_unknown_date_counts_once_it_has_come_in_the_zone_of_its_season() {
    let of_the_20th = |today| {
        let mut view = CoverageView { today, ..view(&[Cause::Complete]) };
        view.cells.push(cell(day(19), Cause::Unknown(UnknownReason::ProbeFailed)));
        let told = standing(&view);
        (told.ready, told.course)
    };
    assert_eq!(of_the_20th(day(18)), (Answer::True, Course::Idle));
    assert_eq!(of_the_20th(day(19)), (Answer::Unknown, Course::Reconciling));
}

#[test]
fn a_refused_spec_is_stalled_and_keeps_ledger_and_report() {
    let old = render(&view(&[Cause::Complete, Cause::Missing]), &CoverageStatus::default(), now());
    let why = "spec.season: SeasonNotFound: there is no valid Season 'nba'";
    let status = stalled_status(&old, 4, why, now());
    let dates = |status: &CoverageStatus| status.states.iter().map(|s| s.dates.clone()).collect::<Vec<_>>();
    assert_eq!((dates(&status), &status.ledger), (dates(&old), &old.ledger));
    let gap = status.states.iter().find(|s| s.state == "Missing").unwrap();
    assert_eq!(gap.message, "as last read; nothing is launched while the coverage is stalled");
    let told: Vec<_> = status.conditions.iter().map(|c| (&*c.type_, &*c.status, &*c.reason)).collect();
    let expected =
        [("Ready", "False", "SeasonNotFound"), ("Reconciling", "False", "Idle"), ("Stalled", "True", "SeasonNotFound")];
    assert_eq!(told, expected);
    assert_eq!(status.observed_generation, 4);
}

#[test]
fn a_status_does_not_move_while_nothing_changes_and_times_move_with_the_value_alone() {
    let gap = view(&[Cause::Complete, Cause::Missing]);
    let first = render(&gap, &CoverageStatus::default(), now());
    let later = now() + jiff::SignedDuration::from_hours(9);
    assert_eq!(render(&gap, &first, later), first);
    let stored: CoverageStatus = serde_json::from_value(serde_json::to_value(&first).unwrap()).unwrap();
    assert_eq!(stored, first, "what is kept equals what is read back");
    let waiting = render(&view(&[Cause::Complete, Cause::Waiting(Outcome::Failed)]), &first, later);
    let times = |s: &CoverageStatus| s.conditions.iter().map(|c| c.last_transition_time.clone()).collect::<Vec<_>>();
    assert_eq!(times(&waiting), times(&first), "another reason, the same value");
    let done = render(&view(&[Cause::Complete, Cause::Complete]), &first, later);
    assert!(done.conditions[0].last_transition_time > first.conditions[0].last_transition_time);
    assert_eq!(
        done.conditions[2].last_transition_time, first.conditions[2].last_transition_time,
        "Stalled stayed False"
    );
}

#[test]
fn what_was_not_looked_at_keeps_its_report_and_is_never_without_conditions() {
    let object = coverage::Object { name: "boxscores", uid: "uid", generation: 1 };
    let ledger_of = |launches| Ledger { launches, ..Ledger::default() };
    let fresh = ledger_status(object, &ledger_of(1), &CoverageStatus::default(), now());
    assert_eq!(lint::conditions(&fresh.conditions, 1, 1), Vec::<String>::new());
    let old = render(&view(&[Cause::Missing]), &CoverageStatus::default(), now());
    let kept = ledger_status(object, &ledger_of(2), &old, now());
    assert_eq!((&kept.conditions, &kept.states), (&old.conditions, &old.states));
    assert_eq!(ledger::ledger(&kept), Ok(ledger_of(2)));
}

#[test]
fn every_date_stands_in_one_row_with_what_the_data_says_where_the_state_does_not() {
    let exhausted = Cause::Exhausted(Outcome::Failed);
    let mut view = view(&[Cause::Complete, exhausted, Cause::Missing, exhausted, Cause::Partial(Flaw::UnitsMissing)]);
    view.cells[3].late = true;
    let status = render(&view, &CoverageStatus::default(), now());
    let rows: Vec<String> = status
        .states
        .iter()
        .map(|r| format!("{} {} {} {} {}", r.state, r.reason, r.verdict, r.late, r.dates))
        .collect();
    let expected = [
        "Complete   false 2025-11-01",
        "Exhausted Failed Missing/NoRows false 2025-11-02",
        "Exhausted Failed Missing/NoRows true 2025-11-04",
        "Partial UnitsMissing  false 2025-11-05",
        "Missing NoRows  false 2025-11-03",
    ];
    assert_eq!(rows, expected);
}

/// Ten seasons, 2,000 dates of them exhausted, each with another history, no two of them side by side where avoidable.
fn ten_seasons() -> (CoverageView, Ledger) {
    let mut view = view(&[]);
    let mut ledger = Ledger {
        launches: 40_000,
        fingerprints: Fingerprints { question: u64::MAX, ..Fingerprints::default() },
        ..Ledger::default()
    };
    let outcomes = [Outcome::Failed, Outcome::CredentialsRefused, Outcome::Ineffective, Outcome::Permanent];
    let first = jiff::civil::date(2016, 1, 1);
    for n in 0..3660_i32 {
        let date = shift(first, n);
        let is_exhausted = if n < 3320 { n % 2 == 1 } else { true };
        let outcome = outcomes[n as usize % 4];
        let cause = if is_exhausted { Cause::Exhausted(outcome) } else { Cause::Complete };
        let mut cell = cell(date, cause);
        cell.late = is_exhausted;
        view.cells.push(cell);
        if is_exhausted {
            let retry_at = Timestamp::new(1_760_000_000 + i64::from(n) * 7919, 123_456_000 + n).unwrap();
            let (charged, free) = ((n % 20) as u8, (n % 10) as u8);
            let tally =
                Tally { charged, free, last: outcome, retry_at, alone: n % 3 == 0, complete_reads: (n % 2) as u8 };
            ledger.tallies.insert(("reload".into(), date), tally);
        } else {
            Arc::make_mut(&mut ledger.complete).insert(date);
        }
    }
    (view, ledger)
}

#[test]
fn two_thousand_histories_fit_and_nothing_of_them_is_cut() {
    let (view, written) = ten_seasons();
    assert_eq!(written.tallies.len(), 2000);
    let status = coverage_status(&view, "uid", &written, &CoverageStatus::default(), now());
    assert!(size(&status) < LIMIT, "{} bytes of {LIMIT}", size(&status));
    assert!(!is_nearly_full(&status));
    assert!(status.states.iter().all(|r| !r.dates.contains("more")), "nothing of the report either");
    assert_eq!(lint::coverage(&status, view.generation), Vec::<String>::new());
    assert_eq!(ledger::ledger(&status), Ok(written));
}

#[test]
fn where_there_is_no_room_the_report_is_cut_and_the_ledger_is_not() {
    let (view, mut written) = ten_seasons();
    let second: BTreeMap<_, _> =
        written.tallies.iter().map(|((_, d), t)| (("scrape".into(), *d), *t)).take(450).collect();
    written.tallies.extend(second);
    let status = coverage_status(&view, "uid", &written, &CoverageStatus::default(), now());
    assert!(is_nearly_full(&status), "launches stop");
    assert!(size(&status) < LIMIT, "{} bytes of {LIMIT}", size(&status));
    assert!(status.states.iter().any(|r| r.dates.ends_with(" more")));
    assert_eq!(status.summary.exhausted, 2000, "the counts stand");
    assert_eq!(ledger::ledger(&status), Ok(written));
}

#[test]
fn a_set_of_dates_that_is_cut_says_how_many_are_left() {
    let set: DateSet = (0..10).map(|n| day(2 * n)).collect();
    let text = super::super::text::dates_within(&set, 60);
    assert_eq!(text, "2025-11-01,2025-11-03,2025-11-05,2025-11-07 and 6 more");
}
