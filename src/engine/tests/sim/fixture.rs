//! What the simulated world usually holds: a season, a coverage, a table, fillers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Filler, Sim};
use crate::domain::dates::{Date, DateRange, DateSet};
use crate::domain::judge::tests::{at, coverage, day};
use crate::domain::ledger::End;
use crate::domain::mark::Again;
use crate::domain::policy::{Coverage, Dates, Schedule, Season, Table};
use crate::domain::probe::{DateColumn, DateReading, ScheduleQuestion, ScheduleRow, unit_key};
use crate::domain::span::Span;
use crate::domain::state::State;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::engine::overview::Overview;
use crate::engine::spec::Spec;

/// Seconds.
pub const HOUR: u64 = 3600;
/// A part of a table may still be written.
pub const YOUNG: Again = Again::Within(Span::seconds(2));

/// What one Job does: seconds it takes, how it ends, units with rows that it writes per date.
pub type Done = (i64, End, Option<Vec<(&'static str, u64)>>);

/// Fills every date.
pub fn good(_: Date, _: u32) -> Done {
    (60, End::Succeeded, Some(FULL.to_vec()))
}

/// Succeeds and writes nothing.
pub fn useless(_: Date, _: u32) -> Done {
    (60, End::Succeeded, None)
}

/// A season of ten dates with two games each, and one coverage that fills them.
pub fn spec() -> Spec {
    let coverage = coverage();
    let date = DateColumn::new("game_date", DateReading::Plain);
    let question = ScheduleQuestion {
        date,
        unit: vec!["away".into(), "home".into()],
        aliases: Arc::default(),
        starts_at: None,
        filters: vec![],
        void: vec![],
        is_final: None,
        latest_by: Some(("id".into(), "processed_at".into())),
        updated_at: Some("processed_at".into()),
    };
    let table = Table { place: "files:/data".into(), name: "schedule".into() };
    let schedule = Schedule { table, question: Arc::new(question), max_age: None };
    let season = Season {
        key: coverage.season.clone(),
        zone: jiff::tz::TimeZone::get("America/New_York").unwrap(),
        dates: Dates::Closed(DateRange::new(day("2025-11-01"), day("2025-11-10")).unwrap()),
        week_days: vec![],
        schedule: Some(schedule),
        breaks: vec![],
        warm_up_game_days: 0,
        warm_up_starts: vec![],
        suspend: false,
        generation: 1,
        creates_game_dates: true,
    };
    Spec { seasons: vec![season], coverages: vec![coverage], ..Spec::default() }
}

pub const GAMES: [&str; 2] = ["BOS@NYK", "LAL@MIN"];
pub const FULL: [(&str, u64); 2] = [("BOS@NYK", 2), ("LAL@MIN", 2)];

/// The schedule of [`spec`].
pub fn schedule() -> Vec<ScheduleRow> {
    let dates = (1..=10).map(|n| day(&format!("2025-11-{n:02}")));
    dates.flat_map(|d| GAMES.map(|g| schedule_row(d, g, &format!("{d}-{g}")))).collect()
}

pub fn schedule_row(date: Date, game: &str, id: &str) -> ScheduleRow {
    ScheduleRow {
        date: Some(date),
        unit: unit_key(game.split('@')),
        values: game.split('@').map(Arc::from).collect(),
        start: None,
        void: false,
        is_final: true,
        id: Some(id.into()),
        order: None,
        updated: Some(at("2025-11-19T12:00:00Z")),
    }
}

/// A world whose table lacks the named days of November.
pub fn world(filler: Filler, missing: &[i8]) -> Sim {
    let sim = Sim::new(filler);
    sim.state().schedule = schedule();
    let days = (1..=10).filter(|n| !missing.contains(n)).map(|n| (jiff::civil::date(2025, 11, n), FULL.to_vec()));
    sim.state().table = days.collect();
    sim
}

/// The states of an overview's first coverage, as `STATE/REASON dates`, without the complete ones.
pub fn tell(overview: &Overview) -> Vec<String> {
    let mut groups: BTreeMap<(State, &str), DateSet> = BTreeMap::new();
    for cell in overview.coverages.iter().flat_map(|c| &c.cells).filter(|c| c.state() != State::Complete) {
        groups.entry((cell.state(), cell.cause.reason())).or_default().insert(cell.date);
    }
    groups.into_iter().map(|((s, r), dates)| format!("{}/{r} {dates}", s.word())).collect()
}

pub fn failed() -> Unknown {
    Unknown::new(UnknownReason::ProbeFailed, "no answer")
}

/// A column that the table does not have.
pub const ABSENT: &str = "absent";

/// A coverage of the same table under another name.
pub fn second(name: &str) -> Coverage {
    let mut other = coverage();
    other.key.name = name.into();
    other.uid = format!("uid-{name}").into();
    other
}
