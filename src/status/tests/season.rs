//! The status of a Season and of a Warehouse.

use crate::status::reasons::Reason;
use std::sync::Arc;

use super::super::season::{Sight, Unfit, refused_season_status, season_status, warehouse_status};
use super::fixtures::{day, now};
use crate::api::kinds::{ObjectStatus, SeasonStatus};
use crate::domain::anchors::Anchors;
use crate::domain::dates::Timestamp;
use crate::domain::policy::Key;
use crate::domain::probe::WHOLE_DATE;
use crate::domain::schedule::{Calendar, Day, Expected, Unit};
use crate::domain::verdict::{Off, Unknown, UnknownReason};
use crate::engine::overview::SeasonView;

pub(super) fn zone() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get("America/New_York").unwrap()
}

/// A date with two games at these instants.
pub(super) fn on(n: i32, starts: [Option<&str>; 2]) -> Day {
    let start = |text: Option<&str>| text.map(|t| t.parse::<Timestamp>().unwrap());
    let unit = |name: &str, at| Unit { key: name.into(), values: Arc::new([]), start: start(at), is_final: true };
    let units = vec![unit("BOS@NYK", starts[0]), unit("LAL@MIN", starts[1])];
    let anchors = Anchors::new(day(n), &zone(), units.iter().map(|u| u.start));
    Day::On(Expected { units, dropped: vec![], anchors, warm_up: false, mark: 0 }.marked())
}

/// A season on 20 November, with these days from the first of November on.
pub(super) fn season(days: Vec<Day>) -> SeasonView {
    let days = days.into_iter().enumerate().map(|(n, d)| (day(n as i32), d)).collect();
    let calendar = Calendar { zone: zone(), today: day(19), days, valid_until: now() };
    SeasonView {
        key: Key { namespace: "default".into(), kind: "Season".into(), name: "nba".into() },
        generation: 2,
        creates_game_dates: true,
        suspended: false,
        zone: zone(),
        today: day(19),
        failure: None,
        doubted: None,
        is_known: true,
        calendar: Arc::new(calendar),
        watches_from: None,
    }
}

fn told(status: &SeasonStatus) -> Vec<String> {
    status.conditions.iter().map(|c| format!("{}={}/{}", c.type_, c.status, c.reason)).collect()
}

#[test]
fn a_season_says_from_when_it_watches_where_its_open_range_is_cut() {
    let view = SeasonView { watches_from: Some(day(0)), ..season(vec![on(0, [None, None])]) };
    let status = season_status(&view, &SeasonStatus::default(), now());
    let told = "2 games on 1 date; watches from 2025-11-01: an open range keeps its newest 1 date; create another Season for \
                earlier dates";
    assert_eq!(status.conditions[0].message, told);
    assert_eq!(season_status(&view, &status, now()), status);
}

#[test]
fn a_season_is_ready_when_its_dates_are_known() {
    let view = season(vec![on(0, [None, None]), Day::Off(Off::OffDay), on(2, [None, None]), Day::Unscheduled]);
    let status = season_status(&view, &SeasonStatus::default(), now());
    assert_eq!((status.dates, status.games), (2, Some(4)));
    assert_eq!(told(&status), ["Ready=True/Scheduled", "Reconciling=False/Idle", "Stalled=False/Accepted"]);
    assert_eq!(season_status(&view, &status, now() + jiff::SignedDuration::from_hours(1)), status);
}

/// One that is over has nothing to tell a day later: nothing is written.
#[test]
fn today_is_told_while_it_is_a_date_of_the_season() {
    for (days, today) in [(19, None), (20, Some("2025-11-20"))] {
        let view = season((0..days).map(|n| on(n, [None, None])).collect());
        let status = season_status(&view, &SeasonStatus::default(), now());
        assert_eq!(status.today.as_ref().map(|d| &*d.0), today, "of {days} dates");
    }
}

#[test]
fn a_season_without_a_schedule_counts_dates_and_no_games() {
    let whole = Unit { key: WHOLE_DATE.into(), values: Arc::new([]), start: None, is_final: true };
    let anchors = Anchors::new(day(0), &zone(), []);
    let expected = Expected { units: vec![whole], dropped: vec![], anchors, warm_up: false, mark: 0 };
    let status = season_status(&season(vec![Day::On(expected)]), &SeasonStatus::default(), now());
    assert_eq!((status.dates, status.games), (1, None));
    assert!(status.conditions.iter().any(|c| c.message == "1 date"), "{:?}", status.conditions);
}

#[test]
fn a_schedule_that_says_too_little_is_told() {
    let failed = |reason| Unknown::new(reason, "why");
    let stale = season(vec![on(0, [None, None]), Day::Unknown(failed(UnknownReason::ScheduleStale))]);
    let rows = [
        (stale, "Ready=False/ScheduleStale Reconciling=False/Idle Stalled=False/Accepted"),
        (
            SeasonView { failure: Some(failed(UnknownReason::ProbeFailed)), ..season(vec![]) },
            "Ready=False/ProbeFailed Reconciling=True/ProbeFailed Stalled=False/Accepted",
        ),
        (
            SeasonView { failure: Some(failed(UnknownReason::SchemaMismatch)), ..season(vec![]) },
            "Ready=False/SchemaMismatch Reconciling=False/Idle Stalled=True/SchemaMismatch",
        ),
        (
            SeasonView { doubted: Some([day(0)].into_iter().collect()), ..season(vec![on(0, [None, None])]) },
            "Ready=Unknown/ScheduleSuspect Reconciling=True/ScheduleSuspect Stalled=False/Accepted",
        ),
        (
            SeasonView { is_known: false, ..season(vec![]) },
            "Ready=Unknown/NotProbed Reconciling=True/NotProbed Stalled=False/Accepted",
        ),
    ];
    for (view, expected) in rows {
        assert_eq!(told(&season_status(&view, &SeasonStatus::default(), now())).join(" "), expected);
    }
}

#[test]
fn a_warehouse_that_cannot_be_read_is_not_ready_and_a_failed_read_is_tried_again() {
    for (reason, expected) in [
        (Reason::FolderNotFound, "Ready=False/FolderNotFound Reconciling=False/Idle Stalled=True/FolderNotFound"),
        (Reason::Unauthorized, "Ready=False/Unauthorized Reconciling=False/Idle Stalled=True/Unauthorized"),
        (Reason::ProbeFailed, "Ready=False/ProbeFailed Reconciling=True/ProbeFailed Stalled=False/Accepted"),
        (Reason::ProbeBudget, "Ready=False/ProbeBudget Reconciling=True/ProbeBudget Stalled=False/Accepted"),
    ] {
        let unfit = Unfit { reason, text: "why".into() };
        let status = warehouse_status(&ObjectStatus::default(), 1, None, &Sight::Unfit(unfit), now());
        let status = SeasonStatus { conditions: status.conditions, ..SeasonStatus::default() };
        assert_eq!(told(&status).join(" "), expected);
    }
}

#[test]
fn refused_specs_are_stalled() {
    let season = refused_season_status(&SeasonStatus::default(), 3, "spec.warehouse: WarehouseNotFound: no", now());
    assert_eq!(told(&season)[2], "Stalled=True/WarehouseNotFound");
    let old = ObjectStatus::default();
    let warehouse = |refused, sight| warehouse_status(&old, 1, refused, &sight, now());
    let ready = |status: ObjectStatus| {
        let ready = &status.conditions[0];
        format!("{} {} {}", ready.status, ready.reason, ready.message)
    };
    assert_eq!(ready(warehouse(None, Sight::Fine)), "True Accepted accepted, and it can be read");
    assert_eq!(
        ready(warehouse(None, Sight::Unread)),
        "Unknown NotProbed accepted; no coverage or Season has read a table of it yet"
    );
    assert_eq!(
        ready(warehouse(Some("spec.files.folder: leaves the root"), Sight::Fine)),
        "False Refused spec.files.folder: leaves the root"
    );
}
