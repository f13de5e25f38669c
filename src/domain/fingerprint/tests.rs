//! Changes that affect a fill fingerprint, and changes that do not.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use jiff::tz::TimeZone;

use super::*;
use crate::domain::judge::tests::coverage;
use crate::domain::policy::{Coverage, Rule, ShareRule};
use crate::domain::share::Share;
use crate::domain::verdict::Flaw;

fn of(coverage: &Coverage) -> Fingerprints {
    Fingerprints::new(&coverage.table, &coverage.question, &coverage.criteria, &coverage.fill.ladder)
}

/// The coverage with its question edited.
fn asks(edit: impl FnOnce(&mut Question)) -> Coverage {
    let mut coverage = coverage();
    edit(Arc::make_mut(&mut coverage.question));
    coverage
}

fn edited(edit: impl FnOnce(&mut Coverage)) -> Coverage {
    let mut coverage = coverage();
    edit(&mut coverage);
    coverage
}

#[test]
fn the_encoding_is_the_same_in_every_version() {
    let Fingerprints { form, question, rungs } = of(&coverage());
    assert_eq!((form, question), (3, 12470041411527927645));
    assert_eq!(rungs, BTreeMap::from([("reload".into(), 3185752653488651762)]));
}

#[test]
fn each_part_of_question_and_criteria_moves_every_fingerprint() {
    let text = |text: &str| Value::Text(text.into());
    let filter = |test| Filter { column: "kind".into(), test };
    let instant = |zone| InstantColumn { column: "seen".into(), zone };
    let zone = || TimeZone::get("America/New_York").unwrap();
    let all = vec![
        edited(|c| c.table.name = "other".into()),
        edited(|c| c.table.place = "files:/other".into()),
        asks(|q| q.date.column = "day".into()),
        asks(|q| q.date.reading = DateReading::Date),
        asks(|q| q.date.reading = DateReading::Instant { zone: zone(), day_starts: jiff::civil::time(0, 0, 0, 0) }),
        asks(|q| q.date.reading = DateReading::Instant { zone: zone(), day_starts: jiff::civil::time(6, 0, 0, 0) }),
        asks(|q| q.date.zone = Some(zone())),
        asks(|q| q.date.format = Some(DateFormat::Value("%Y%m%d".into()))),
        asks(|q| q.date.format = Some(DateFormat::Folders(vec!["y".into(), "m".into()], "%Y/%m".into()))),
        asks(|q| q.unit = UnitForm::Whole),
        asks(|q| q.unit = UnitForm::Columns { columns: vec!["away".into(), "home".into()], any_order: true }),
        asks(|q| q.unit = UnitForm::Split { column: "id".into(), separator: "_".into(), parts: vec![2, 3] }),
        asks(|q| q.unit = UnitForm::Split { column: "id".into(), separator: "_".into(), parts: vec![3, 2] }),
        asks(|q| q.aliases = Arc::new(BTreeMap::from([("PHO".into(), "PHX".into())]))),
        asks(|q| q.before = Some(instant(None))),
        asks(|q| q.before = Some(instant(Some(zone())))),
        asks(|q| q.measures[0].of = Of::Distinct("player".into())),
        asks(|q| q.measures[0].of = Of::Newest(instant(None))),
        asks(|q| q.measures[0].only = vec![("market".into(), text("points"))]),
        asks(|q| q.measures[0].only = vec![("market".into(), Value::Int(1))]),
        asks(|q| q.unique = vec!["id".into()]),
        asks(|q| q.shares = vec![vec![filter(Test::IsNull(true))]]),
        asks(|q| q.filters = vec![filter(Test::Equals(text("game")))]),
        asks(|q| q.filters = vec![filter(Test::NotEquals(text("game")))]),
        asks(|q| q.filters = vec![filter(Test::In(vec![text("a"), text("b")]))]),
        asks(|q| q.filters = vec![filter(Test::In(vec![text("ab")]))]),
        asks(|q| q.filters = vec![filter(Test::NotIn(vec![text("a"), text("b")]))]),
        asks(|q| q.filters = vec![filter(Test::StartsWith(vec!["a".into()]))]),
        asks(|q| q.filters = vec![filter(Test::IsNull(true))]),
        asks(|q| q.filters = vec![filter(Test::IsNull(false))]),
        asks(|q| q.filters = vec![filter(Test::LessThan(Value::Int(5)))]),
        asks(|q| q.filters = vec![filter(Test::AtLeast(Value::Int(5)))]),
        asks(|q| q.filters = vec![filter(Test::AtLeast(text("5")))]),
        edited(|c| c.criteria.grain = Grain::EachValue),
        edited(|c| c.criteria.expects = Expects::Final),
        edited(|c| c.criteria.units = Tolerance::Missing(1)),
        edited(|c| c.criteria.units = Tolerance::Share("95%".parse().unwrap())),
        edited(|c| c.criteria.rules[0].check = Check::AtLeast(3)),
        edited(|c| c.criteria.rules[0].check = Check::AtMost(2)),
        edited(|c| c.criteria.rules[0].check = Check::BeforeStart(Span::minutes(45))),
        edited(|c| c.criteria.rules[0].check = Check::Fresh { within: Span::hours(2), until: Anchor::LastStart }),
        edited(|c| c.criteria.rules[0].check = Check::Fresh { within: Span::hours(2), until: Anchor::DateEnd }),
        edited(|c| c.criteria.rules.push(Rule { measure: 0, check: Check::AtMost(9), what: "rows".into() })),
        edited(|c| c.criteria.shares = vec![ShareRule { name: "nulls".into(), max: Share::NONE }]),
        edited(|c| c.criteria.needs_starts = true),
        edited(|c| c.criteria.after_warm_up = true),
    ];
    let mut seen: Vec<_> =
        all.iter().chain([&coverage()]).map(of).flat_map(|f| [f.question, f.rungs["reload"]]).collect();
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), count, "two specs that ask for different things have different fingerprints");
}

#[test]
fn what_a_rung_runs_moves_its_own_fingerprint_alone() {
    let rung = |edit: fn(&mut Rung)| edited(|c| edit(&mut c.fill.ladder[0]));
    let before = of(&coverage());
    for changed in [
        rung(|r| r.cron_job = "other".into()),
        rung(|r| r.container = Some("filler".into())),
        rung(|r| r.attempts = 5),
        rung(|r| r.repairs = vec![Repairs::NoRows]),
    ] {
        let now = of(&changed);
        assert_eq!(now.question, before.question);
        assert_ne!(now.rungs, before.rungs);
    }
    let second = of(&edited(|c| {
        let mut second = c.fill.ladder[0].clone();
        second.name = "archive".into();
        c.fill.ladder.insert(0, second);
    }));
    assert_eq!(second.rungs["reload"], before.rungs["reload"], "a rung beside it");
}

#[test]
fn limits_order_waits_and_words_move_nothing() {
    for same in [
        asks(|q| q.needed = vec!["line".into()]),
        asks(|q| q.date.home = TimeZone::get("Europe/Berlin").unwrap()),
        edited(|c| c.criteria.rules[0].what = "lines".into()),
        edited(|c| c.fill.max_concurrent_jobs = 9),
        edited(|c| c.fill.ladder[0].backoff_max = Span::hours(1)),
        edited(|c| c.fill.ladder[0].template = Some(7)),
        edited(|c| c.fill.ladder[0].repairs.reverse()),
        edited(|c| c.fill.ladder[0].repairs.push(Repairs::Flaw(Flaw::NotFresh))),
        edited(|c| c.suspend = true),
    ] {
        assert_eq!(of(&same), of(&coverage()));
    }
}
