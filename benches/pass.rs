//! One pass over a known world: judge, assess, admit. CPU seconds, as lines of JSON.
//!
//! The world is the engine's own, over answers made up here; nothing is read, nothing is launched. `full` judges every
//! cell anew, `change` those of one coverage whose table changed in one date, `rest` none.

use std::sync::Arc;

use gapless::domain::anchors::midnight;
use gapless::domain::dates::{Date, DateRange, Timestamp, shift};
use gapless::domain::mark::{Holds, PartMark, TableMark};
use gapless::domain::policy::*;
use gapless::domain::probe::*;
use gapless::domain::share::Share;
use gapless::domain::span::Span;
use gapless::domain::verdict::Flaw;
use gapless::engine::call::{Answered, Call, Reply};
use gapless::engine::spec::{Limits, Spec};
use gapless::engine::world::World;

const GAMES: [&str; 7] = ["ATL@BOS", "CHA@CHI", "DAL@DEN", "GSW@HOU", "LAC@LAL", "MIA@MIL", "NYK@OKC"];

/// Of so many runs the median counts.
const RUNS: u64 = 9;

fn main() {
    for (seasons, dates, coverages) in [(5, 240, 21), (10, 1_000, 100)] {
        measure(seasons, dates, coverages);
    }
}

fn measure(seasons: usize, dates: i32, coverages: usize) {
    let cells = seasons * dates as usize * coverages;
    let spec = spec(seasons, dates, coverages);
    let now = midnight(shift(first(), dates + 30), &jiff::tz::TimeZone::UTC);
    let mut world = World::new(spec.clone(), Limits { launches: false, ..Limits::default() }, false, now);
    settle(&mut world, 1, now);
    let (mut full, mut change, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for mark in 1..=RUNS {
        world.respec(spec.clone(), now);
        let mut calls = Vec::new();
        full.push(timed(|| calls = world.pass(now)));
        answer_all(&mut world, calls, mark, now);
        settle(&mut world, mark, now);
        change.push(one_change(&mut world, &spec.coverages[0].table, mark, now));
        settle(&mut world, mark, now);
        rest.push(timed(|| _ = world.pass(now)));
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2] * 1e3
    };
    println!(
        r#"{{"cells": {cells}, "full_ms": {:.3}, "change_ms": {:.3}, "rest_ms": {:.4}, "rss": {}}}"#,
        median(full),
        median(change),
        median(rest),
        resident()
    );
}

/// One table changed in one date: the answer comes in, and a pass follows.
fn one_change(world: &mut World, table: &Table, mark: u64, now: Timestamp) -> f64 {
    let later = now + jiff::SignedDuration::from_hours(25);
    let mut took = f64::NAN;
    for call in world.pass(later) {
        let changed = matches!(&call, Call::Mark(id, _) if id.table == *table);
        let reply = answer(call, mark + u64::from(changed));
        if let Some(probe) = world.receive(Answered { asked_at: later, reply }, later) {
            let reply = answer(probe, mark + 1);
            world.pass(later);
            took = timed(|| {
                world.receive(Answered { asked_at: later, reply }, later);
                world.pass(later);
            });
        }
    }
    took
}

fn settle(world: &mut World, mark: u64, now: Timestamp) {
    loop {
        let calls = world.pass(now);
        if calls.is_empty() {
            return;
        }
        answer_all(world, calls, mark, now);
    }
}

fn answer_all(world: &mut World, mut calls: Vec<Call>, mark: u64, now: Timestamp) {
    while let Some(call) = calls.pop() {
        calls.extend(world.receive(Answered { asked_at: now, reply: answer(call, mark) }, now));
        calls.extend(world.pass(now));
    }
}

fn answer(call: Call, mark: u64) -> Reply {
    match call {
        Call::Load => Reply::Loaded(Ok(gapless::engine::ports::Loaded::default())),
        Call::ListJobs => Reply::Jobs(Ok(gapless::engine::ports::JobList::default())),
        Call::Mark(id, _) => Reply::Marked(id, Ok(table_mark(mark))),
        Call::MarkSchedule(key, ..) => Reply::ScheduleMarked(key, Ok(table_mark(1))),
        Call::ReadSchedule(key, ..) => Reply::ScheduleRead(key, Ok(schedule())),
        Call::Probe(id, keys, _, probes) => {
            let readings = probes.iter().map(reading).map(Ok).collect();
            Reply::Probed(id, keys, probes, Ok(Answer { readings, mark: table_mark(mark), bytes: 0 }))
        }
        Call::Save { coverage, ledger, .. } => {
            let recorded = gapless::engine::ports::Recorded::acknowledged(1);
            Reply::Saved(coverage, ledger, Ok(recorded))
        }
        Call::Create(..) | Call::Remove(_) => unreachable!("launches are off"),
        Call::SaveSource { .. } => unreachable!("there are no sources"),
    }
}

/// One part holds everything before the newest date and never changes, another holds the newest.
fn table_mark(newest: u64) -> TableMark {
    let old = DateRange::new(Date::MIN, shift(first(), 100)).map_or(Holds::Any, Holds::Dates);
    let parts = vec![
        PartMark { holds: old, hash: 1 },
        PartMark { holds: Holds::Any, hash: 0 },
        PartMark { holds: Holds::Dates(DateRange::day(shift(first(), 101))), hash: newest },
    ];
    TableMark { parts, ..TableMark::default() }
}

/// Two dates of three have games.
fn has_games(date: Date) -> bool {
    date.duration_since(first()).as_hours() / 24 % 3 != 0
}

/// Rows on dates with games alone, as tables have them.
fn reading(probe: &Probe) -> Reading {
    let facts = |date: Date| {
        if !has_games(date) {
            return DateFacts::default();
        }
        let short = date.day() == 7;
        let games = GAMES.iter().skip(usize::from(short));
        let unit = |g: &&str| {
            ((**g).into(), UnitFacts { rows: 24, measures: [Measured::Count(24), Measured::Count(12)].into() })
        };
        DateFacts { rows: 24 * 7, units: games.map(unit).collect(), ..DateFacts::default() }
    };
    Reading { dates: probe.dates.iter().map(|date| (date, Ok(facts(date)))).collect(), undated: Default::default() }
}

fn schedule() -> ScheduleReading {
    let row = |date: Date, game: &str| ScheduleRow {
        date: Some(date),
        unit: Some(game.into()),
        values: game.split('@').map(Arc::from).collect(),
        start: Some(midnight(shift(date, 1), &jiff::tz::TimeZone::UTC)),
        void: false,
        is_final: true,
        id: None,
        order: None,
        updated: None,
    };
    let dates = (0..1_000).map(|n| shift(first(), n)).filter(|date| has_games(*date));
    let rows = dates.flat_map(|date| GAMES.iter().map(move |game| row(date, game))).collect();
    ScheduleReading { rows, modified: Some(Timestamp::MAX), mark: table_mark(1), bytes: 0 }
}

fn first() -> Date {
    jiff::civil::date(2021, 10, 19)
}

fn spec(seasons: usize, dates: i32, coverages: usize) -> Spec {
    let key = |kind: &str, name: String| Key { namespace: "default".into(), kind: kind.into(), name: name.into() };
    let zone = jiff::tz::TimeZone::get("America/New_York").expect("zones are bundled");
    let range = DateRange::new(first(), shift(first(), dates - 1)).expect("at least one date");
    let mut spec = Spec::default();
    for season in 0..seasons {
        let season = key("Season", format!("season-{season}"));
        for n in 0..coverages {
            spec.coverages.push(coverage(&season, key("TableCoverage", format!("{}-{n}", season.name))));
        }
        spec.seasons.push(Season {
            key: season,
            zone: zone.clone(),
            dates: Dates::Closed(range),
            week_days: Vec::new(),
            schedule: Some(Schedule {
                table: table("schedule"),
                question: Arc::new(schedule_question()),
                max_age: None,
            }),
            breaks: Vec::new(),
            warm_up_game_days: 0,
            warm_up_starts: Vec::new(),
            suspend: false,
            generation: 1,
            creates_game_dates: true,
        });
    }
    spec
}

fn table(name: &str) -> Table {
    Table { place: "files:/bench".into(), name: name.into() }
}

fn date_column() -> DateColumn {
    DateColumn::new("game_date", DateReading::Plain)
}

fn schedule_question() -> ScheduleQuestion {
    ScheduleQuestion {
        date: date_column(),
        unit: vec!["away".into(), "home".into()],
        aliases: Arc::default(),
        starts_at: None,
        filters: Vec::new(),
        void: Vec::new(),
        is_final: None,
        latest_by: None,
        updated_at: None,
    }
}

fn coverage(season: &Key, key: Key) -> Coverage {
    Coverage {
        uid: key.name.clone(),
        generation: 1,
        season: season.clone(),
        table: table(&key.name),
        from: None,
        through: None,
        question: Arc::new(question()),
        criteria: criteria(),
        names: FieldNames { unit: "spec.unit", filters: "spec.where", values: "spec.complete.perUnit.contains" },
        due: Moment { after: Anchor::LastStart, offset: Span::hours(6) },
        late: Moment { after: Anchor::LastStart, offset: Span::hours(12) },
        fill: fill(),
        waivers: Vec::new(),
        suspend: false,
        fingerprints: Default::default(),
        key,
    }
}

fn question() -> Question {
    let measure = |of| Measure { of, only: Vec::new() };
    Question {
        date: date_column(),
        filters: Vec::new(),
        unit: UnitForm::Columns { columns: vec!["away".into(), "home".into()], any_order: false },
        aliases: Arc::default(),
        before: None,
        needed: Vec::new(),
        measures: vec![measure(Of::Rows), measure(Of::Distinct("player".into()))],
        unique: Vec::new(),
        shares: Vec::new(),
    }
}

fn criteria() -> Criteria {
    let rule = |measure, check, what: &str| Rule { measure, check, what: what.into() };
    Criteria {
        grain: Grain::Unit,
        expects: Expects::Scheduled,
        units: Tolerance::Share(Share::ALL),
        rules: vec![
            rule(0, Check::AtLeast(20), "rows"),
            rule(0, Check::AtMost(45), "rows"),
            rule(1, Check::AtLeast(10), "player"),
        ],
        shares: Vec::new(),
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
    Rung {
        name: "load".into(),
        cron_job: "load".into(),
        container: None,
        template: None,
        repairs: vec![Repairs::NoRows, Repairs::Flaw(Flaw::UnitsMissing)],
        attempts: 5,
        backoff_initial: Span::minutes(5),
        backoff_max: Span::hours(12),
        delivers: Default::default(),
        source: None,
        cost: Default::default(),
    }
}

fn timed(run: impl FnOnce()) -> f64 {
    let started = cpu_seconds();
    run();
    cpu_seconds() - started
}

/// CPU time of this thread: the pass is synchronous.
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}
