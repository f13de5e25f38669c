//! The rules of a season's dates, as a specification.

mod off;
mod properties;
mod ranges;
mod rows;
mod settled;

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

/// The sentence for a date that the schedule does not have.
fn said(season: &Season, rows: Vec<ScheduleRow>, now: &str, date: &str) -> String {
    match calendar(season, Ok(&facts(rows)), at(now)).days.get(&day(date)) {
        Some(Day::Unknown(unknown)) => unknown.text.clone(),
        other => panic!("{date} is not Unknown: {other:?}"),
    }
}
