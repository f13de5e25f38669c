//! A coverage, its calendar, and what was read, for the tests of every room.

use super::*;

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// The fingerprints of a coverage with the one rung `reload`.
pub(crate) fn fingerprints(of: u64) -> Fingerprints {
    Fingerprints { form: FORM, question: of, rungs: [("reload".into(), of)].into() }
}

/// A coverage of games by (away, home), every game at least two rows, filled by one rung.
pub(crate) fn coverage() -> Coverage {
    let key = |kind: &str, name: &str| Key { namespace: "default".into(), kind: kind.into(), name: name.into() };
    Coverage {
        key: key("TableCoverage", "boxscores"),
        uid: "uid-boxscores".into(),
        generation: 1,
        season: key("Season", "nba"),
        table: Table { place: "files:/data".into(), name: "boxscores".into() },
        from: None,
        through: None,
        question: Arc::new(question()),
        criteria: criteria(),
        names: FieldNames { unit: "spec.unit", filters: "spec.where", values: "spec.complete.perUnit.contains" },
        due: Moment { after: Anchor::LastStart, offset: Span::hours(6) },
        late: Moment { after: Anchor::LastStart, offset: Span::hours(12) },
        fill: fill(),
        waivers: vec![],
        suspend: false,
        fingerprints: fingerprints(1),
    }
}

fn question() -> Question {
    Question {
        date: DateColumn::new("game_date", DateReading::Plain),
        filters: vec![],
        unit: UnitForm::Columns { columns: vec!["away".into(), "home".into()], any_order: false },
        aliases: Arc::default(),
        before: None,
        needed: Vec::new(),
        measures: vec![Measure { of: Of::Rows, only: vec![] }],
        unique: vec![],
        shares: vec![],
    }
}

fn criteria() -> Criteria {
    Criteria {
        grain: Grain::Unit,
        expects: Expects::Scheduled,
        units: Tolerance::Share(Share::ALL),
        rules: vec![Rule { measure: 0, check: Check::AtLeast(2), what: "rows".into() }],
        shares: vec![],
        needs_starts: false,
        after_warm_up: false,
    }
}

fn fill() -> Fill {
    Fill {
        mode: Mode::Fill,
        ladder: vec![rung()],
        dates_per_job: 1,
        max_concurrent_jobs: 3,
        order: FillOrder::NewestFirst,
        deadline: Span::hours(2),
        settle: Span::minutes(5),
    }
}

fn rung() -> Rung {
    let repairs = [Flaw::UnitsMissing, Flaw::ValuesMissing, Flaw::NotFresh].map(Repairs::Flaw);
    Rung {
        name: "reload".into(),
        cron_job: "load".into(),
        container: None,
        template: None,
        repairs: [Repairs::NoRows].into_iter().chain(repairs).collect(),
        attempts: 3,
        backoff_initial: Span::minutes(5),
        backoff_max: Span::hours(12),
        delivers: Delivers::default(),
        source: None,
        cost: Cost::default(),
    }
}

/// A calendar of one date with these games, all starting at midnight UTC after the date.
pub(crate) fn calendar_of(date: Date, games: &[&str]) -> (Date, Day) {
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let start = crate::domain::anchors::midnight(crate::domain::dates::next_day(date), &jiff::tz::TimeZone::UTC);
    let units: Vec<Unit> = games
        .iter()
        .map(|g| Unit {
            key: (*g).into(),
            values: g.split('@').map(Arc::from).collect(),
            start: Some(start),
            is_final: !g.starts_with('L'),
        })
        .collect();
    let anchors = Anchors::new(date, &zone, units.iter().map(|u| u.start));
    let day = if units.is_empty() {
        Day::Off(Off::OffDay)
    } else {
        Day::On(Expected { units, dropped: vec![], anchors, warm_up: false, mark: 0 }.marked())
    };
    (date, day)
}

pub(crate) fn calendar(days: impl IntoIterator<Item = (Date, Day)>, today: &str) -> Calendar {
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    Calendar { zone, today: day(today), days: days.into_iter().collect(), valid_until: Timestamp::MAX }
}

/// `BOS@NYK=3` is a unit with three rows.
pub(crate) fn facts(units: &[(&str, u64)]) -> DateFacts {
    let unit = |rows: u64| UnitFacts { rows, measures: [Measured::Count(rows)].into() };
    let units: Units = units.iter().map(|(k, n)| ((*k).into(), unit(*n))).collect();
    DateFacts { rows: units.iter().map(|(_, u)| u.rows).sum(), units, ..DateFacts::default() }
}
