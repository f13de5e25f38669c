//! Questions of every kind, answered by Google's evaluator.

use jiff::tz::TimeZone;

use super::*;
use crate::domain::probe::{DateFacts, Filter, InstantColumn, Measured, Test, Value as Given};

async fn facts(place: &Place, name: &str, probe: Probe) -> Vec<DateFacts> {
    let answer = place.probe(name, call(), vec![probe]).await.unwrap();
    let reading = answer.readings.into_iter().next().unwrap().unwrap_or_else(|why| panic!("{}", why.text));
    reading.dates.into_values().map(|facts| facts.unwrap()).collect()
}

fn text(text: &str) -> Given {
    Given::Text(text.into())
}

fn filter(column: &str, test: Test) -> Filter {
    Filter { column: column.into(), test }
}

/// A table with a column of every type, and rows that differ in one of them.
fn typed() -> Place {
    let place = Place::new();
    let fields = [
        ("game_date", "DATE"),
        ("at", "TIMESTAMP"),
        ("local", "DATETIME"),
        ("yes", "BOOL"),
        ("n", "INT64"),
        ("line", "FLOAT64"),
        ("price", "NUMERIC"),
        ("wide", "BIGNUMERIC"),
        ("team", "STRING"),
        ("written", "STRING"),
    ];
    place.table("typed", &fields, json!({}));
    let row = |team: &str, n: i64, line: &str, price: &str| {
        json!({"game_date": "2025-11-12", "at": "2025-11-13T04:30:00Z", "local": "2025-11-12T23:30:00", "yes": n > 1, "n": n,
               "line": line, "price": price, "wide": price, "team": team, "written": "2025-11-12"})
    };
    place.rows(
        "typed",
        json!([row("BOS", 1, "1.5", "10.10"), row("NYK", 2, "NaN", "10.1"), row("bos", 3, "-inf", "0.1")]),
        json!({}),
    );
    place
}

#[tokio::test]
async fn every_type_is_compared_as_its_own() {
    let place = typed();
    for (column, test, rows) in [
        ("yes", Test::Equals(text("true")), 2),
        ("n", Test::In(vec![Given::Int(1), Given::Int(3)]), 2),
        ("n", Test::NotIn(vec![Given::Int(1)]), 2),
        ("line", Test::AtLeast(text("1.5")), 1),
        ("line", Test::LessThan(text("1.5")), 1),
        ("line", Test::IsNull(true), 1),
        ("price", Test::Equals(text("10.1")), 2),
        ("price", Test::In(vec![text("10.10"), text("0.1")]), 3),
        ("wide", Test::LessThan(text("10.1")), 1),
        ("team", Test::Equals(text("BOS")), 1),
        ("team", Test::NotEquals(text("BOS")), 2),
        ("team", Test::StartsWith(vec!["B".into(), "N".into()]), 2),
        ("team", Test::AtLeast(text("a")), 1),
        ("game_date", Test::Equals(text("2025-11-12")), 3),
        ("at", Test::LessThan(text("2025-11-13T04:30:00.000001Z")), 3),
        ("at", Test::IsNull(false), 3),
    ] {
        let mut own = question(plain());
        own.filters = vec![filter(column, test.clone())];
        let facts = facts(&place, "d.typed", asked(own, &DAYS)).await;
        assert_eq!(facts[0].rows, rows, "{column} {test:?}");
    }
}

#[tokio::test]
async fn dates_are_read_from_every_column_that_has_them() {
    let place = typed();
    let zone = TimeZone::get("America/New_York").unwrap();
    let reading = || DateReading::Instant { zone: zone.clone(), day_starts: jiff::civil::Time::midnight() };
    let local = DateColumn { zone: Some(zone.clone()), ..DateColumn::new("local", reading()) };
    for (date, rows) in [
        (plain(), [3, 0, 0]),
        (DateColumn::new("at", DateReading::Date), [0, 3, 0]),
        (DateColumn::new("at", reading()), [3, 0, 0]),
        (DateColumn::new("local", DateReading::Date), [3, 0, 0]),
        (local, [3, 0, 0]),
        (DateColumn::new("written", DateReading::Plain), [3, 0, 0]),
    ] {
        let facts = facts(&place, "d.typed", rows_of(date.clone(), &DAYS)).await;
        assert_eq!(facts.iter().map(|facts| facts.rows).collect::<Vec<_>>(), rows, "{}", date.column);
    }
}

#[tokio::test]
async fn units_measures_keys_and_shares_are_counted() {
    let place = Place::new();
    place.daily(json!({}));
    place.rows("props", games(), json!({}));
    place.rows(
        "props",
        json!([{"game_date": "2025-11-12", "team": "BOS", "player": "a", "at": "2025-11-12T22:00:00Z"}]),
        json!({}),
    );
    let mut own = question(plain());
    own.unit = UnitForm::Columns { columns: vec!["team".into()], any_order: false };
    own.aliases = Arc::new([("NYK".to_string(), "NYC".to_string())].into());
    own.measures.push(Measure { of: Of::Distinct("player".into()), only: vec![] });
    own.measures.push(Measure { of: Of::Newest(InstantColumn::from("at")), only: vec![("player".into(), text("a"))] });
    own.unique = vec!["team".into(), "player".into()];
    own.shares = vec![vec![filter("player", Test::Equals(text("a")))]];
    let facts = facts(&place, "d.props", asked(own, &DAYS)).await;
    let first = &facts[0];
    let names: Vec<_> = first.units.iter().map(|(key, _)| key.to_string()).collect();
    assert_eq!((first.rows, names, first.surplus, &first.shares), (3, vec!["BOS".into(), "NYC".into()], 1, &vec![2]));
    let newest = Measured::Newest(Some("2025-11-12T22:00:00Z".parse().unwrap()));
    assert_eq!(*first.units.get("BOS").unwrap().measures, [Measured::Count(2), Measured::Count(1), newest]);
}

#[tokio::test]
async fn questions_of_one_table_share_a_job() {
    let place = Place::new();
    place.daily(json!({}));
    place.rows("props", games(), json!({}));
    let only = |team: &str| {
        let mut own = question(plain());
        own.filters = vec![filter("team", Test::Equals(text(team)))];
        asked(own, &DAYS)
    };
    let answer = place.probe("d.props", call(), vec![only("BOS"), only("NYK")]).await.unwrap();
    let rows = |n: usize| {
        let dates = answer.readings[n].as_ref().unwrap().dates.values();
        dates.map(|facts| facts.as_ref().unwrap().rows).collect::<Vec<_>>()
    };
    assert_eq!((rows(0), rows(1)), (vec![1, 1, 0], vec![1, 0, 0]));
    let first = place.world.calls().into_iter().find(|call| call["dryRun"] == false).unwrap();
    assert!(first["sql"].as_str().unwrap().contains("AS q1"), "{first}");
}

#[tokio::test]
async fn a_hostile_value_is_bound_and_finds_nothing() {
    let place = typed();
    for value in ["' OR 1=1 --", "`", "@p0", "\\", "\u{0}", "\u{2028}", "\u{1f3c0}"] {
        let mut own = question(plain());
        own.filters = vec![filter("team", Test::Equals(text(value)))];
        assert_eq!(facts(&place, "d.typed", asked(own, &DAYS)).await[0].rows, 0, "{value:?}");
    }
}
