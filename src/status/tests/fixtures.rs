//! Views made by hand.

use std::sync::Arc;

use crate::domain::dates::{Date, Timestamp, shift};
use crate::domain::policy::{Key, Mode, Table};
use crate::domain::state::Cause;
use crate::domain::state::Cell;
use crate::domain::verdict::{Flaw, Judgement, Verdict};
use crate::engine::overview::{CoverageView, Unexpected};

pub(super) const NOW: &str = "2025-11-20T12:00:00.5Z";

pub(crate) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub(super) fn day(n: i32) -> Date {
    shift(jiff::civil::date(2025, 11, 1), n)
}

/// A cell with a verdict that fits its cause.
pub(super) fn cell(date: Date, cause: Cause) -> Cell {
    let verdict = match cause {
        Cause::NotExpected(off) => Verdict::NotExpected(off),
        Cause::Complete => Verdict::Complete,
        Cause::Unknown(unknown) => Verdict::Unknown(unknown),
        Cause::Partial(flaw) => Verdict::Partial(flaw),
        Cause::NoRung => Verdict::Partial(Flaw::Duplicated),
        _ => Verdict::Missing,
    };
    let judgement = Judgement {
        verdict,
        flaws: vec![],
        covered: 0,
        expected: 2,
        missing: vec!["BOS@NYK".into(), "LAL@MIN".into()],
        rows: Some(0),
        unexpected_rows: 0,
        message: "no rows; 2 units expected".into(),
    };
    Cell {
        date,
        cause,
        judgement: Arc::new(judgement),
        since: now(),
        next: None,
        late: false,
        attempts: 0,
        rung: None,
        message: "no rows; 2 units expected; what happens next".into(),
    }
}

/// A coverage that fills, with a cell for each cause from the first of November on.
pub(crate) fn view(causes: &[Cause]) -> CoverageView {
    let key = |kind: &str, name: &str| Key { namespace: "default".into(), kind: kind.into(), name: name.into() };
    CoverageView {
        key: key("TableCoverage", "boxscores"),
        uid: "uid-1".into(),
        season: key("Season", "nba"),
        table: Table { place: "files:/data".into(), name: "boxscores".into() },
        generation: 3,
        mode: Mode::Fill,
        suspended: false,
        today: day(19),
        stalled: None,
        cells: causes.iter().enumerate().map(|(n, cause)| cell(day(n as i32), *cause)).collect(),
        attempts: vec![],
        tallies: vec![],
        pressing: Vec::new(),
        breakers: vec![],
        limits: vec![],
        recent: vec![],
        tokens: Vec::new(),
        earlier_tokens: Vec::new(),
        reruns: Vec::new(),
        undated: None,
        unexpected: Unexpected::default(),
        confirmed_at: Some(now()),
        failure: None,
        bytes_read: None,
        launches: 0,
        zone: jiff::tz::TimeZone::UTC,
        deadlines: None,
    }
}
