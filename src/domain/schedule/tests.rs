//! The rules of a season's dates, as a specification.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::domain::dates::{Date, DateRange};
use crate::domain::policy::{Break, Dates, Key, Schedule, Season, Table};
use crate::domain::probe::{
    DateColumn, DateReading, Filter, Order, ScheduleQuestion, ScheduleReading, ScheduleRow, Test, Value, unit_key,
};
use crate::domain::verdict::{Unknown, UnknownReason};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn filter(column: &str) -> Filter {
    Filter { column: column.into(), test: Test::Equals(Value::Int(3)) }
}

fn season() -> Season {
    let key = |kind: &str| Key { namespace: "default".into(), kind: kind.into(), name: "nba".into() };
    let question = ScheduleQuestion {
        date: DateColumn::new("game_date", DateReading::Plain),
        unit: vec!["away".into(), "home".into()],
        aliases: Arc::default(),
        starts_at: Some("start".into()),
        filters: vec![],
        void: vec![],
        is_final: None,
        latest_by: Some(("game_id".into(), "processed_at".into())),
        updated_at: Some("processed_at".into()),
    };
    let table = Table { place: "files:/data".into(), name: "schedule".into() };
    Season {
        key: key("Season"),
        zone: jiff::tz::TimeZone::get("America/New_York").unwrap(),
        dates: Dates::Closed(DateRange::new(day("2025-10-20"), day("2025-10-31")).unwrap()),
        week_days: vec![],
        schedule: Some(Schedule { table, question: Arc::new(question), max_age: None }),
        breaks: vec![],
        warm_up_game_days: 0,
        warm_up_starts: vec![],
        suspend: false,
        generation: 1,
        creates_game_dates: true,
    }
}

fn row(date: &str, game: &str, id: &str, updated: &str) -> ScheduleRow {
    let values: Arc<[Arc<str>]> = game.split('@').map(Arc::from).collect();
    ScheduleRow {
        date: Some(day(date)),
        unit: unit_key(game.split('@')),
        values,
        start: Some(at("2025-10-22T00:00:00Z")),
        void: false,
        is_final: false,
        id: Some(id.into()),
        order: Some(Order(at(updated).as_nanosecond())),
        updated: Some(at(updated)),
    }
}

fn facts(rows: Vec<ScheduleRow>) -> ScheduleFacts {
    fold(&ScheduleReading { rows, ..ScheduleReading::default() })
}

fn tell(day: Option<&Day>) -> String {
    match day {
        None => "outside".into(),
        Some(Day::Off(off)) => off.word().into(),
        Some(Day::Break(why)) => format!("Break: {why}"),
        Some(Day::Unscheduled) => "Unscheduled".into(),
        Some(Day::Unknown(u)) => u.reason.word().into(),
        Some(Day::On(e)) => {
            let keys: Vec<String> = e.units.iter().map(|u| u.key.to_string()).collect();
            keys.join(" ") + if e.warm_up { " (warm-up)" } else { "" }
        }
    }
}

fn check(season: &Season, rows: Vec<ScheduleRow>, now: &str, expected: &[(&str, &str)]) {
    let facts = facts(rows);
    let calendar = calendar(season, Ok(&facts), at(now));
    for (date, want) in expected {
        assert_eq!(tell(calendar.days.get(&day(date))), *want, "on {date} seen at {now}");
    }
}

const UPDATED: &str = "2025-10-25T12:00:00Z";

fn two_games() -> Vec<ScheduleRow> {
    vec![row("2025-10-21", "BOS@NYK", "1", UPDATED), row("2025-10-24", "LAL@MIN", "2", UPDATED)]
}

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

/// The sentence for a date that the schedule does not have.
fn said(season: &Season, rows: Vec<ScheduleRow>, now: &str, date: &str) -> String {
    match calendar(season, Ok(&facts(rows)), at(now)).days.get(&day(date)) {
        Some(Day::Unknown(unknown)) => unknown.text.clone(),
        other => panic!("{date} is not Unknown: {other:?}"),
    }
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
fn a_void_row_loses_a_tie_regardless_of_its_date() {
    let stands = row("2025-10-22", "BOS@NYK", "1", UPDATED);
    for date in ["2025-10-22", "2025-10-23"] {
        let void = ScheduleRow { void: true, ..row(date, "BOS@NYK", "1", UPDATED) };
        for rows in [vec![stands.clone(), void.clone()], vec![void.clone(), stands.clone()]] {
            check(&season(), rows, "2025-10-27T12:00:00Z", &[("2025-10-22", "BOS@NYK")]);
        }
        let newer = ScheduleRow { void: true, ..row(date, "BOS@NYK", "1", "2025-10-25T13:00:00Z") };
        check(&season(), vec![stands.clone(), newer], "2025-10-27T12:00:00Z", &[("2025-10-22", "ScheduleMissing")]);
    }
}

#[test]
fn two_ids_that_name_one_unit_on_a_date_identify_none() {
    let now = "2025-10-27T12:00:00Z";
    let doubleheader = |change: fn(ScheduleRow) -> ScheduleRow| {
        vec![
            row("2025-10-21", "BOS@NYK", "1", UPDATED),
            row("2025-10-22", "BOS@NYK", "3", UPDATED),
            change(row("2025-10-22", "BOS@NYK", "2", UPDATED)),
            row("2025-10-22", "LAL@MIN", "4", UPDATED),
        ]
    };
    let both = doubleheader(|row| row);
    assert_eq!(
        said(&season(), both.clone(), now, "2025-10-22"),
        "the schedule has BOS@NYK twice on this date, with ids 2 and 3: add a column that tells them apart to \
         spec.schedule.unit of the Season, and to the unit of its coverages"
    );
    check(&season(), both, now, &[("2025-10-21", "BOS@NYK"), ("2025-10-22", "UnitsUnmatched")]);
    // A row that is void, has moved in its newest version, or has no id does not count as a second game.
    let one = [("2025-10-22", "BOS@NYK LAL@MIN")];
    check(&season(), doubleheader(|row| ScheduleRow { void: true, ..row }), now, &one);
    check(&season(), doubleheader(|row| ScheduleRow { id: None, ..row }), now, &one);
    let mut moved = doubleheader(|row| row);
    moved.push(row("2025-10-23", "BOS@NYK", "2", "2025-10-25T13:00:00Z"));
    check(&season(), moved, now, &one);
    let numbered = doubleheader(|row| ScheduleRow { unit: unit_key(["BOS", "NYK", "2"]), ..row });
    check(&season(), numbered, now, &[("2025-10-22", "BOS@NYK BOS@NYK@2 LAL@MIN")]);
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
fn an_id_on_two_dates_counts_only_in_its_newest_row() {
    let mut moved = two_games();
    moved.push(row("2025-10-23", "BOS@NYK", "1", "2025-10-25T13:00:00Z"));
    for _ in 0..moved.len() {
        moved.rotate_left(1);
        check(
            &season(),
            moved.clone(),
            "2025-10-27T12:00:00Z",
            &[("2025-10-21", "ScheduleMissing"), ("2025-10-23", "BOS@NYK")],
        );
    }
}

#[test]
fn a_void_row_is_not_a_unit_and_voids_its_id() {
    let mut rows = two_games();
    rows.push(ScheduleRow { void: true, ..row("2025-10-24", "LAL@MIN", "2", "2025-10-25T13:00:00Z") });
    rows.push(row("2025-10-25", "PHX@DEN", "3", UPDATED));
    check(&season(), rows, "2025-10-27T12:00:00Z", &[("2025-10-24", "OffDay"), ("2025-10-25", "PHX@DEN")]);
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
fn a_game_beyond_the_last_date_of_a_season_shows_that_the_dates_before_it_are_off() {
    let season = Season { dates: Dates::Last(5), ..season() };
    let rows = || vec![row("2025-10-21", "BOS@NYK", "1", UPDATED), row("2025-11-20", "LAL@MIN", "2", UPDATED)];
    let now = "2025-10-25T12:00:00Z";
    check(&season, rows(), now, &[("2025-10-22", "OffDay"), ("2025-10-25", "OffDay"), ("2025-10-27", "OffDay")]);
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
fn a_schedule_was_updated_when_its_newest_row_was_or_else_the_table() {
    let rows =
        || vec![row("2025-10-21", "BOS@NYK", "1", "2025-10-20T12:00:00Z"), row("2025-10-24", "LAL@MIN", "2", UPDATED)];
    assert_eq!(facts(rows()).updated, Some(at(UPDATED)));
    let silent = rows().into_iter().map(|row| ScheduleRow { updated: None, ..row }).collect();
    let modified = Some(at("2025-10-23T12:00:00Z"));
    assert_eq!(fold(&ScheduleReading { rows: silent, modified, ..ScheduleReading::default() }).updated, modified);
}

#[test]
fn the_order_that_is_named_comes_before_the_stamp_of_a_row() {
    let first = ScheduleRow { order: Some(Order(2)), ..row("2025-10-21", "BOS@NYK", "1", "2025-10-20T12:00:00Z") };
    let later = ScheduleRow { order: Some(Order(1)), ..row("2025-10-24", "BOS@NYK", "1", UPDATED) };
    let dates: Vec<Date> = facts(vec![later, first]).units.into_keys().collect();
    assert_eq!(dates, [day("2025-10-21")]);
}

#[test]
fn a_schedule_that_cannot_be_read_never_says_empty() {
    let unknown = Unknown::new(UnknownReason::ProbeFailed, "no answer");
    let calendar = calendar(&season(), Err(&unknown), at("2025-10-27T12:00:00Z"));
    assert!(calendar.days.values().all(|d| tell(Some(d)) == "ProbeFailed"));
}

mod properties {
    use super::*;
    use crate::domain::dates::shift;
    use proptest::prelude::*;

    fn any_row() -> impl Strategy<Value = ScheduleRow> {
        let game = proptest::sample::select(vec!["BOS@NYK", "LAL@MIN", "PHX@DEN"]);
        (proptest::option::of(-3..15i32), game, 0..6u8, 0..9u8, any::<[bool; 3]>()).prop_map(
            |(n, game, id, updated, [void, is_final, starts])| {
                let whole = row("2025-10-20", game, &format!("{id}"), &format!("2025-10-2{updated}T00:00:00Z"));
                let start = whole.start.filter(|_| starts);
                ScheduleRow { date: n.map(|n| shift(day("2025-10-20"), n)), void, is_final, start, ..whole }
            },
        )
    }

    /// Few ids and few ranks, so that most rows conflict with another.
    fn clashing_row() -> impl Strategy<Value = ScheduleRow> {
        let game = proptest::sample::select(vec!["BOS@NYK", "NYK@BOS", "LAL@MIN"]);
        let id = proptest::option::of(proptest::sample::select(vec!["1", "2"]));
        (21..24u8, game, id, 1..3i128, any::<[bool; 3]>()).prop_map(
            |(date, game, id, order, [void, is_final, known])| ScheduleRow {
                void,
                is_final,
                id: id.map(Arc::from),
                order: Some(Order(order)),
                start: known.then(|| at("2025-10-22T00:00:00Z")),
                ..row(&format!("2025-10-{date}"), game, "0", UPDATED)
            },
        )
    }

    fn any_season() -> impl Strategy<Value = Season> {
        let dates = prop_oneof![
            Just(season().dates),
            Just(Dates::Open(day("2025-10-20"))),
            Just(Dates::Open(day("1970-01-01"))),
            (0..4_000u32).prop_map(Dates::Last),
        ];
        (dates, any::<[bool; 3]>(), 0..5u32).prop_map(|(dates, [breaks, final_told, odd_days], warm_up)| {
            let mut season = Season { dates, warm_up_game_days: warm_up, ..season() };
            if breaks {
                let dates = DateRange::new(day("2025-10-22"), day("2025-10-24")).unwrap();
                season.breaks.push(Break { dates, reason: "AllStar".into() });
            }
            if odd_days {
                season.week_days = vec![jiff::civil::Weekday::Monday, jiff::civil::Weekday::Friday];
            }
            let mut schedule = season.schedule.take().unwrap();
            let mut question = (*schedule.question).clone();
            question.is_final = final_told.then(|| filter("game_status"));
            schedule.question = Arc::new(question);
            Season { schedule: Some(schedule), ..season }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_date_of_a_season_has_one_entry_with_any_schedule(
            rows in proptest::collection::vec(any_row(), 0..12),
            season in any_season(),
            hours in 0..600i32,
        ) {
            let now = at("2025-10-18T00:00:00Z").checked_add(jiff::SignedDuration::from_hours(hours.into())).unwrap();
            let read = calendar(&season, Ok(&facts(rows.clone())), now);
            let dates: Vec<Date> = read.days.keys().copied().collect();
            prop_assert!(dates.windows(2).all(|w| shift(w[0], 1) == w[1]) && dates.len() <= 3_660, "no date twice, none left out");
            for day in read.days.values() {
                if let Day::On(on) = day {
                    prop_assert!(!on.units.is_empty() && on.units.is_sorted_by(|a, b| a.key < b.key));
                }
            }
            let reversed: Vec<ScheduleRow> = rows.iter().rev().cloned().collect();
            prop_assert_eq!(&calendar(&season, Ok(&facts(reversed)), now), &read, "in any order of its rows");
            let failed = Unknown::new(UnknownReason::ProbeFailed, "no answer");
            let unread = calendar(&season, Err(&failed), now);
            let chosen = |date: &Date| season.week_days.is_empty() || season.week_days.contains(&date.weekday());
            let made_up = |(date, day): (&Date, &Day)| chosen(date) && matches!(day, Day::On(_) | Day::Off(Off::OffDay));
            prop_assert!(!unread.days.iter().any(made_up), "a schedule that cannot be read never says empty");
        }

        #[test]
        fn rows_in_any_order_are_the_same_schedule(
            (rows, shuffled) in proptest::collection::vec(clashing_row(), 0..8).prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        ) {
            prop_assert_eq!(facts(rows), facts(shuffled));
        }
    }
}
