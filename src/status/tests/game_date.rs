//! The rows of the grid.

use std::collections::BTreeMap;

use super::super::game_date;
use super::fixtures::{day, now, view};
use super::season::{on, season};
use crate::api::kinds::{GameDateStatus, UNOBSERVED};
use crate::domain::dates::{Date, DateSet, Timestamp};
use crate::domain::schedule::Day;
use crate::domain::state::Cause;
use crate::domain::verdict::{Off, Unknown, UnknownReason};
use crate::engine::overview::{CoverageView, SeasonView};

const STARTS: [Option<&str>; 2] = [Some("2025-11-02T00:00:00Z"), Some("2025-11-02T02:30:00Z")];

fn rows(
    season: &SeasonView,
    views: &[&CoverageView],
    old: &BTreeMap<Date, GameDateStatus>,
    at: Timestamp,
) -> BTreeMap<Date, GameDateStatus> {
    let rows = game_date::rows(season, views);
    rows.filter_map(|row| Some((row.date, row.status(old.get(&row.date), 1, at)?))).collect()
}

fn hours(hours: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_hours(hours)
}

#[test]
fn every_date_that_expects_something_has_a_row_through_two_days_after_today() {
    let mut days: Vec<Day> = (0..30).map(|n| on(n, [None, None])).collect();
    days[1] = Day::Off(Off::OffDay);
    let all = rows(&season(days), &[], &BTreeMap::new(), now());
    let dates: DateSet = all.keys().copied().collect();
    assert_eq!(dates.to_string(), "2025-11-01, 2025-11-03..2025-11-22");
}

#[test]
fn rows_wait_for_dates_that_are_to_be_read_and_not_for_those_further_ahead() {
    let unread = Cause::Unknown(UnknownReason::NotProbed);
    for (n, expected) in [(0, true), (21, true), (22, false)] {
        let mut causes = [Cause::Complete; 30];
        causes[n] = unread;
        assert_eq!(game_date::is_unread(&season(vec![]), &view(&causes)), expected, "{}", day(n as i32));
    }
}

#[test]
fn a_row_tells_games_starts_and_each_coverage() {
    let season = season(vec![on(0, STARTS)]);
    let open = view(&[Cause::Missing]);
    let mut done = view(&[Cause::Complete]);
    done.key.name = "gamebook".into();
    let all = rows(&season, &[&open, &done], &BTreeMap::new(), now());
    let row = &all[&day(0)];
    assert_eq!((row.games, row.open, &*row.complete, &*row.worst), (Some(2), 1, "1/2", "boxscores Missing/NoRows"));
    assert_eq!(row.first_start.as_deref(), STARTS[0]);
    assert_eq!(row.last_start.as_deref(), STARTS[1]);
    assert_eq!(row.coverages[0].missing, ["BOS@NYK", "LAL@MIN"]);
    assert_eq!(row.completed_at, None);
}

#[test]
fn since_is_kept_while_state_and_reason_stand_even_over_a_restart() {
    let season = season(vec![on(0, STARTS)]);
    let first = rows(&season, &[&view(&[Cause::Missing])], &BTreeMap::new(), now());
    let mut restarted = view(&[Cause::Missing]);
    restarted.cells[0].since = hours(5);
    assert_eq!(rows(&season, &[&restarted], &first, hours(5)), first);
    restarted.cells[0].cause = Cause::Complete;
    let done = rows(&season, &[&restarted], &first, hours(5));
    assert_eq!(done[&day(0)].coverages[0].since, hours(5).to_string());
}

#[test]
fn a_date_that_was_seen_to_lack_something_tells_when_it_was_done() {
    let season = season(vec![on(0, STARTS)]);
    let (soon, done, gap) =
        (view(&[Cause::NotDue { unscheduled: false }]), view(&[Cause::Complete]), view(&[Cause::Missing]));
    let first = rows(&season, &[&soon], &BTreeMap::new(), now());
    let second = rows(&season, &[&done], &first, now());
    assert_eq!(second[&day(0)].completed_at.as_deref(), Some(super::fixtures::NOW));
    assert_eq!(second[&day(0)].took.as_deref(), Some("441h30m"));
    assert_eq!(rows(&season, &[&done], &second, hours(9)), second, "it stands");
    let third = rows(&season, &[&gap], &second, hours(9));
    assert_eq!(third[&day(0)].completed_at, None, "and goes with the data");
    let fresh = rows(&season, &[&done], &BTreeMap::new(), now());
    assert_eq!(fresh[&day(0)].completed_at, None, "the time is unknown");
}

#[test]
fn a_date_that_lost_its_games_keeps_its_row_and_says_so() {
    let first = rows(&season(vec![on(0, STARTS)]), &[&view(&[Cause::Missing])], &BTreeMap::new(), now());
    let moved = rows(&season(vec![Day::Off(Off::OffDay)]), &[&view(&[Cause::NotExpected(Off::OffDay)])], &first, now());
    let row = &moved[&day(0)];
    assert_eq!((row.games, row.open, &*row.complete, row.coverages.len()), (Some(0), 0, "0/0", 0));
}

#[test]
fn a_date_whose_schedule_says_nothing_has_not_no_games() {
    let first = rows(&season(vec![on(0, STARTS)]), &[&view(&[Cause::Missing])], &BTreeMap::new(), now());
    let stale = Day::Unknown(Unknown::new(UnknownReason::ScheduleStale, "last updated long ago"));
    let stale = rows(&season(vec![stale]), &[&view(&[Cause::Unknown(UnknownReason::ScheduleStale)])], &first, now());
    assert_eq!((stale[&day(0)].games, stale[&day(0)].open), (None, 1));
}

#[test]
fn the_row_of_a_date_that_left_its_season_is_open_no_more() {
    let first = rows(&season(vec![on(0, STARTS)]), &[&view(&[Cause::Missing])], &BTreeMap::new(), now());
    assert_eq!(first[&day(0)].open, 1);
    let row = game_date::Row::gone(day(0)).status(Some(&first[&day(0)]), 1, now()).unwrap();
    assert_eq!((row.games, row.open, row.late, &*row.worst, row.coverages.len()), (None, 0, 0, "", 0));
}

#[test]
fn a_rows_mark_changes_with_whatever_the_row_tells_and_with_nothing_else() {
    let marks = |days: Vec<Day>, view: &CoverageView| -> Vec<u64> {
        game_date::rows(&season(days), &[view]).map(|row| row.mark()).collect()
    };
    let days = || vec![on(0, STARTS), on(1, STARTS)];
    let whole = view(&[Cause::Missing, Cause::Missing]);
    let before = marks(days(), &whole);
    assert_eq!(marks(days(), &whole), before);
    type Change = fn(&mut CoverageView);
    let changes: [(&str, Change); 8] = [
        ("state", |v| v.cells[0].cause = Cause::Complete),
        ("late", |v| v.cells[0].late = true),
        ("attempts", |v| v.cells[0].attempts += 1),
        ("message", |v| v.cells[0].message = "another".into()),
        ("next look", |v| v.cells[0].next = Some(hours(1))),
        ("since", |v| v.cells[0].since = hours(1)),
        ("what the data says", |v| std::sync::Arc::make_mut(&mut v.cells[0].judgement).covered += 1),
        ("tokens", |v| v.tokens.push((day(0), "again".into()))),
    ];
    for (what, change) in changes {
        let mut view = whole.clone();
        change(&mut view);
        let after = marks(days(), &view);
        assert_ne!(after[0], before[0], "{what}");
        assert_eq!(after[1], before[1], "the next date does not change with it: {what}");
    }
    assert_ne!(marks(vec![on(0, [None, None]), on(1, STARTS)], &whole)[0], before[0], "starts");
    assert_eq!(game_date::rows(&season(days()), &[]).map(|row| row.mark()).filter(|m| before.contains(m)).count(), 0);
}

/// What people want of a date is observed though it has no row yet; conditions speak of the generation that they are of.
#[test]
fn a_game_date_says_which_generation_was_observed() {
    let new = GameDateStatus { observed_generation: UNOBSERVED, ..GameDateStatus::default() };
    let season = season(vec![on(0, STARTS)]);
    let open = view(&[Cause::Missing]);
    let row = || game_date::rows(&season, &[&open]).next().unwrap();
    assert_eq!(row().status(Some(&new), 1, now()).unwrap().observed_generation, 1);
    let refused = game_date::game_date_answer(&new, 2, Some("spec.waived[0].name: CoverageNotFound: …"), now());
    assert_eq!((refused.observed_generation, refused.conditions.len()), (2, 3));
    assert_eq!(row().status(Some(&refused), 3, now()).unwrap().observed_generation, 2);
    let obeyed = game_date::game_date_answer(&refused, 3, None, now());
    assert_eq!((obeyed.observed_generation, obeyed.conditions.len()), (3, 0));
}

#[test]
fn the_last_eight_tokens_are_kept() {
    let season = season(vec![on(0, STARTS)]);
    let mut old = BTreeMap::new();
    for n in 0..10 {
        let mut view = view(&[Cause::Missing]);
        view.tokens.push((day(0), format!("again-{n}").into()));
        old = rows(&season, &[&view], &old, now());
    }
    let tokens: Vec<&str> = old[&day(0)].tokens.iter().map(|t| &*t.0).collect();
    assert_eq!(tokens, (2..10).map(|n| format!("again-{n}")).collect::<Vec<_>>());
}
