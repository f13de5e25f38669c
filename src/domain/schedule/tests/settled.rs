//! When a unit was not played, and when the schedule is too old to say so.

use super::*;

/// One row with a stamp a year in the future once made tonight's games "not played".
#[test]
fn a_stamp_ahead_of_now_settles_no_date_before_its_time() {
    let mut season = season();
    if let Some(schedule) = &mut season.schedule {
        Arc::make_mut(&mut schedule.question).is_final = Some(filter("game_status"));
    }
    let played = ScheduleRow { is_final: true, ..row("2025-10-21", "BOS@NYK", "1", "2027-01-01T00:00:00Z") };
    let rows = || vec![played.clone(), row("2025-10-24", "LAL@MIN", "2", UPDATED)];
    check(&season, rows(), "2025-10-24T20:00:00Z", &[("2025-10-24", "LAL@MIN")]);
    let night = at("2025-10-25T05:00:00Z");
    let facts = facts(rows());
    let until = calendar(&season, Ok(&facts), night).valid_until;
    assert_eq!(until, at("2025-10-25T16:00:00Z"), "twelve hours after the date's end");
    check(&season, rows(), "2025-10-25T16:00:00Z", &[("2025-10-24", "OffDay")]);
}

#[test]
fn a_unit_that_a_later_schedule_does_not_call_final_was_not_played() {
    let mut season = season();
    if let Some(schedule) = &mut season.schedule {
        Arc::make_mut(&mut schedule.question).is_final = Some(filter("game_status"));
    }
    let played = ScheduleRow { is_final: true, ..row("2025-10-24", "LAL@MIN", "2", UPDATED) };
    let rows = vec![played, row("2025-10-24", "BOS@NYK", "1", UPDATED), row("2025-10-23", "UTA@SAS", "4", UPDATED)];
    check(
        &season,
        rows.clone(),
        "2025-10-27T12:00:00Z",
        &[("2025-10-23", "OffDay"), ("2025-10-24", "BOS@NYK LAL@MIN")],
    );
    let twelve_hours_after: Vec<_> =
        rows.into_iter().map(|r| ScheduleRow { updated: Some(at("2025-10-25T16:00:00Z")), ..r }).collect();
    check(&season, twelve_hours_after, "2025-10-27T12:00:00Z", &[("2025-10-24", "LAL@MIN")]);
}

#[test]
fn a_final_that_no_row_satisfies_is_a_wrong_filter_not_a_season_that_was_not_played() {
    let mut season = season();
    if let Some(schedule) = &mut season.schedule {
        Arc::make_mut(&mut schedule.question).is_final = Some(filter("game_status"));
    }
    let rows = || vec![row("2025-10-21", "BOS@NYK", "1", UPDATED), row("2025-10-25", "LAL@MIN", "2", UPDATED)];
    let now = "2025-10-25T12:00:00Z";
    assert!(said(&season, rows(), now, "2025-10-21").contains("correct spec.schedule.final"));
    check(
        &season,
        rows(),
        now,
        &[("2025-10-21", "FilterUnmatched"), ("2025-10-22", "OffDay"), ("2025-10-25", "LAL@MIN")],
    );
    let played = ScheduleRow { is_final: true, ..row("2025-10-24", "PHX@DEN", "3", UPDATED) };
    check(&season, [rows(), vec![played]].concat(), now, &[("2025-10-21", "OffDay"), ("2025-10-24", "PHX@DEN")]);
}

#[test]
fn an_update_that_is_stamped_ahead_of_now_settles_nothing_before_its_time() {
    let mut season = season();
    Arc::make_mut(&mut season.schedule.as_mut().unwrap().question).is_final = Some(filter("status"));
    let rows = || vec![row("2025-10-24", "LAL@MIN", "2", "2027-01-01T00:00:00Z")];
    check(&season, rows(), "2025-10-24T20:00:00Z", &[("2025-10-24", "LAL@MIN")]);
}

#[test]
fn a_stale_schedule_says_nothing_of_dates_that_are_not_settled() {
    let mut season = season();
    if let Some(schedule) = &mut season.schedule {
        schedule.max_age = Some("24h".parse().unwrap());
    }
    check(&season, two_games(), "2025-10-26T11:00:00Z", &[("2025-10-24", "LAL@MIN")]);
    check(
        &season,
        two_games(),
        "2025-10-26T13:00:00Z",
        &[
            ("2025-10-21", "BOS@NYK"),
            ("2025-10-22", "OffDay"),
            ("2025-10-24", "ScheduleStale"),
            ("2025-10-30", "ScheduleStale"),
        ],
    );
}

#[test]
fn a_calendar_is_valid_until_midnight_a_stale_schedule_or_a_date_that_settles() {
    let until = |season: &Season, rows, now: &str| calendar(season, Ok(&facts(rows)), at(now)).valid_until;
    let now = "2025-10-26T11:00:00Z";
    assert_eq!(until(&season(), two_games(), now), at("2025-10-27T04:00:00Z"), "New York's midnight");
    let mut aged = season();
    aged.schedule.as_mut().unwrap().max_age = Some("24h".parse().unwrap());
    let stale = at("2025-10-26T12:00:00Z") + jiff::SignedDuration::from_nanos(1);
    assert_eq!(until(&aged, two_games(), now), stale);
    assert_eq!(until(&aged, two_games(), "2025-10-26T13:00:00Z"), at("2025-10-27T04:00:00Z"), "it is stale already");
    let ahead = || vec![row("2025-10-24", "LAL@MIN", "2", "2027-01-01T00:00:00Z")];
    assert_eq!(until(&season(), ahead(), now), at("2025-10-26T16:00:00Z"), "twelve hours after the 25th");
    assert_eq!(until(&season(), ahead(), "2025-10-26T16:00:00Z"), at("2025-10-27T04:00:00Z"));
}

#[test]
fn a_schedule_that_cannot_be_read_never_says_empty() {
    let unknown = Unknown::new(UnknownReason::ProbeFailed, "no answer");
    let calendar = calendar(&season(), Err(&unknown), at("2025-10-27T12:00:00Z"));
    assert!(calendar.days.values().all(|d| tell(Some(d)) == "ProbeFailed"));
}
