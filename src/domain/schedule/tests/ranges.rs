//! The range of a season and its warm-up.

use super::*;

#[test]
fn rolling_ranges_end_two_days_after_today_in_the_seasons_zone() {
    let mut season = season();
    season.schedule = None;
    season.dates = Dates::Last(3);
    let late_evening = "2025-10-22T03:00:00Z";
    check(
        &season,
        vec![],
        late_evening,
        &[("2025-10-18", "outside"), ("2025-10-19", "*"), ("2025-10-23", "*"), ("2025-10-24", "outside")],
    );
    season.dates = Dates::Open(day("2025-10-20"));
    check(&season, vec![], late_evening, &[("2025-10-19", "outside"), ("2025-10-20", "*"), ("2025-10-24", "outside")]);
}

#[test]
fn the_warm_up_counts_dates_with_units() {
    let mut season = season();
    season.warm_up_game_days = 2;
    let mut rows = two_games();
    rows.push(row("2025-10-25", "PHX@DEN", "3", UPDATED));
    check(
        &season,
        rows,
        "2025-10-27T12:00:00Z",
        &[("2025-10-21", "BOS@NYK (warm-up)"), ("2025-10-24", "LAL@MIN (warm-up)"), ("2025-10-25", "PHX@DEN")],
    );
}

/// Its first dates count although they have left the window.
#[test]
fn neither_the_warm_up_nor_days_off_move_with_a_rolling_window() {
    let rows = |dates: [&str; 3]| dates.map(|date| row(date, "BOS@NYK", date, UPDATED)).to_vec();
    let mut season = Season { dates: Dates::Last(6), warm_up_game_days: 2, ..season() };
    let now = "2025-10-27T12:00:00Z";
    let played = || rows(["2025-10-20", "2025-10-25", "2025-10-26"]);
    check(&season, played(), now, &[("2025-10-22", "OffDay"), ("2025-10-25", "BOS@NYK"), ("2025-10-26", "BOS@NYK")]);
    season.warm_up_starts = vec![day("2025-10-19")];
    check(&season, played(), now, &[("2025-10-25", "BOS@NYK (warm-up)"), ("2025-10-26", "BOS@NYK")]);
    season.dates = Dates::Last(1);
    check(&season, played(), now, &[("2025-10-27", "ScheduleMissing")]);
}

/// A season of several years has a warm-up in each.
#[test]
fn each_start_has_its_own_warm_up() {
    let mut season = season();
    season.warm_up_game_days = 1;
    season.warm_up_starts = vec![day("2025-10-20"), day("2025-10-24")];
    let on_three_dates = ["2025-10-21", "2025-10-24", "2025-10-25"].map(|d| row(d, "BOS@NYK", d, UPDATED)).to_vec();
    check(
        &season,
        on_three_dates,
        "2025-10-27T12:00:00Z",
        &[("2025-10-21", "BOS@NYK (warm-up)"), ("2025-10-24", "BOS@NYK (warm-up)"), ("2025-10-25", "BOS@NYK")],
    );
}

#[test]
fn an_open_range_of_ten_years_and_more_keeps_its_newest_dates() {
    let season = Season { schedule: None, dates: Dates::Open(day("1990-01-01")), ..season() };
    let calendar = calendar(&season, Ok(&ScheduleFacts::default()), at("2025-10-27T12:00:00Z"));
    assert_eq!(calendar.days.len(), 3_660);
    assert_eq!(calendar.days.keys().last(), Some(&day("2025-10-29")));
}
