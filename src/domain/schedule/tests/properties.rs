//! Properties of every season and schedule.

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
    (21..24u8, game, id, 1..3i128, any::<[bool; 3]>()).prop_map(|(date, game, id, order, [void, is_final, known])| {
        ScheduleRow {
            void,
            is_final,
            id: id.map(Arc::from),
            order: Some(Order(order)),
            start: known.then(|| at("2025-10-22T00:00:00Z")),
            ..row(&format!("2025-10-{date}"), game, "0", UPDATED)
        }
    })
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
