//! Dates off, breaks, and dates outside of the schedule.

use super::*;

#[test]
fn an_empty_date_is_off_only_where_the_schedule_speaks_of_its_surroundings() {
    check(
        &season(),
        two_games(),
        "2025-10-27T12:00:00Z",
        &[
            ("2025-10-20", "ScheduleMissing"),
            ("2025-10-21", "BOS@NYK"),
            ("2025-10-22", "OffDay"),
            ("2025-10-24", "LAL@MIN"),
            ("2025-10-25", "ScheduleMissing"),
            ("2025-10-27", "ScheduleMissing"),
            ("2025-10-28", "Unscheduled"),
            ("2025-11-01", "outside"),
        ],
    );
    let later = vec![row("2025-10-21", "BOS@NYK", "1", "2025-10-26T05:00:00Z")];
    check(&season(), later, "2025-10-27T12:00:00Z", &[("2025-10-25", "OffDay"), ("2025-10-26", "ScheduleMissing")]);
}

#[test]
fn a_date_outside_the_schedule_names_what_helps_and_a_refresh_only_where_it_does() {
    let fresh = |date| row(date, "BOS@NYK", "1", "2025-10-26T12:00:00Z");
    let now = "2025-10-26T14:00:00Z";
    let sentence = |rows, date| said(&season(), rows, now, date);
    assert_eq!(
        sentence(vec![fresh("2025-10-22")], "2025-10-20"),
        "the first game of the schedule is on 2025-10-22: begin spec.dates.from there, or declare a break (spec.breaks of the \
         Season)"
    );
    assert_eq!(
        sentence(vec![fresh("2025-10-22")], "2025-10-26"),
        "the last game of the schedule is on 2025-10-22: end spec.dates.through there, or declare a break (spec.breaks of the \
         Season); an update of the schedule after this date makes it an off day"
    );
    let old = vec![row("2025-10-22", "BOS@NYK", "1", "2025-10-23T12:00:00Z")];
    assert_eq!(
        sentence(old, "2025-10-24"),
        "the last game of the schedule is on 2025-10-22, and the schedule was not updated since this date ended: refresh it, or \
         end spec.dates.through there, or declare a break (spec.breaks of the Season)"
    );
    assert!(sentence(vec![fresh("2026-10-22")], "2025-10-24").contains("no units in this season"));
    check(&season(), vec![fresh("2025-10-22")], now, &[("2025-10-25", "OffDay"), ("2025-10-27", "Unscheduled")]);
}

/// A rolling window begins in the middle of a season. Earlier games still belong to the season.
#[test]
fn an_off_day_at_the_begin_of_a_rolling_window_is_off() {
    let rows = || ["2025-10-12", "2025-10-20", "2025-10-21"].map(|date| row(date, "BOS@NYK", date, UPDATED)).to_vec();
    let season = |dates| Season { dates, ..season() };
    let now = "2025-10-24T12:00:00Z";
    check(&season(Dates::Last(10)), rows(), now, &[("2025-10-16", "OffDay"), ("2025-10-20", "BOS@NYK")]);
    check(&season(Dates::Open(day("2025-10-15"))), rows(), now, &[("2025-10-16", "ScheduleMissing")]);
}

#[test]
fn a_schedule_without_any_unit_says_nothing() {
    check(
        &season(),
        vec![],
        "2025-10-27T12:00:00Z",
        &[("2025-10-22", "ScheduleMissing"), ("2025-10-30", "Unscheduled")],
    );
}

#[test]
fn a_game_beyond_the_last_date_of_a_season_shows_that_the_dates_before_it_are_off() {
    let season = Season { dates: Dates::Last(5), ..season() };
    let rows = || vec![row("2025-10-21", "BOS@NYK", "1", UPDATED), row("2025-11-20", "LAL@MIN", "2", UPDATED)];
    let now = "2025-10-25T12:00:00Z";
    check(&season, rows(), now, &[("2025-10-22", "OffDay"), ("2025-10-25", "OffDay"), ("2025-10-27", "OffDay")]);
}

#[test]
fn breaks_name_empty_dates_and_never_hide_units() {
    let mut season = season();
    let dates = DateRange::new(day("2025-10-21"), day("2025-10-26")).unwrap();
    season.breaks = vec![Break { dates, reason: "AllStar".into() }];
    check(
        &season,
        two_games(),
        "2025-10-27T12:00:00Z",
        &[("2025-10-21", "BOS@NYK"), ("2025-10-22", "Break: AllStar"), ("2025-10-26", "Break: AllStar")],
    );
}

#[test]
fn without_a_schedule_every_chosen_day_expects_itself() {
    let mut season = season();
    season.schedule = None;
    season.week_days = vec![jiff::civil::Weekday::Monday, jiff::civil::Weekday::Tuesday];
    check(
        &season,
        vec![],
        "2025-10-21T12:00:00Z",
        &[("2025-10-20", "*"), ("2025-10-21", "*"), ("2025-10-22", "OffDay")],
    );
}
