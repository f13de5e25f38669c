//! Random tables and random questions. Folders agree with a naive implementation (`files/tests/naive.rs`); servers must agree
//! with folders.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::warehouse::sql::bound::Scalar;

const COLUMNS: [(&str, Type); 9] = [
    ("day", Type::Date),
    ("away", Type::Text),
    ("home", Type::Text),
    ("id", Type::Text),
    ("player", Type::Text),
    ("line", Type::Float),
    ("price", Type::Decimal),
    ("n", Type::Int),
    ("seen", Type::Instant),
];

fn of_texts(all: &'static [&'static str]) -> BoxedStrategy<Scalar> {
    proptest::sample::select(all).prop_map(|t| Scalar::Text(t.into())).boxed()
}

fn value(n: usize) -> BoxedStrategy<Scalar> {
    match COLUMNS[n].0 {
        "day" => (0..8_i32)
            .prop_map(|n| match n {
                6 => Scalar::Date(date("1950-01-01")),
                7 => Scalar::Date(date("2300-01-01")),
                n => Scalar::Date(crate::domain::dates::shift(date("2025-11-13"), n)),
            })
            .boxed(),
        "away" | "home" => of_texts(&["BOS", "PHO", "PHX", "bos", " ", "É"]),
        "id" => of_texts(&["x_BOS_PHX", "x_PHO_BOS", "x_BOS", "odd", "x__BOS"]),
        "player" => of_texts(&["a", "A", "á", "b", "", "a "]),
        "line" => proptest::sample::select(&[0.0, -0.0, 1.5, f64::NAN, f64::INFINITY, 20.0][..])
            .prop_map(Scalar::Float)
            .boxed(),
        "price" => {
            proptest::sample::select(&["0", "1.10", "1.1", "-2.5"][..]).prop_map(|t| Scalar::Decimal(t.into())).boxed()
        }
        "n" => (0..4_i64).prop_map(Scalar::Int).boxed(),
        _ => (0..6_i64)
            .prop_map(|n| Scalar::Instant(at("2025-11-14T00:00:00Z") + jiff::SignedDuration::from_mins(n * 300)))
            .boxed(),
    }
}

fn row() -> impl Strategy<Value = Vec<Option<Scalar>>> {
    (0..COLUMNS.len()).map(|n| proptest::option::weighted(0.9, value(n))).collect::<Vec<_>>()
}

fn a_filter() -> impl Strategy<Value = Filter> {
    prop_oneof![
        Just(filter("player", Test::In(vec![text("a"), text("b")]))),
        Just(filter("player", Test::NotEquals(text("A")))),
        Just(filter("line", Test::AtLeast(text("1.5")))),
        Just(filter("price", Test::Equals(text("1.1")))),
        Just(filter("n", Test::NotIn(vec![Value::Int(1)]))),
        Just(filter("id", Test::StartsWith(vec!["x_".into()]))),
        Just(filter("seen", Test::IsNull(false))),
        Just(filter("n", Test::LessThan(text("2.5")))),
    ]
}

fn a_measure() -> impl Strategy<Value = Measure> {
    let of = prop_oneof![
        Just(Of::Rows),
        proptest::sample::select(&["player", "line", "price", "n"][..]).prop_map(|c| Of::Distinct(c.into())),
        Just(Of::Newest("seen".into())),
    ];
    let only = prop_oneof![
        Just(vec![]),
        Just(vec![("player".to_string(), text("a"))]),
        Just(vec![("n".to_string(), Value::Int(1)), ("line".to_string(), text("1.5"))]),
    ];
    (of, only).prop_map(|(of, only)| Measure { of, only })
}

fn unit() -> impl Strategy<Value = UnitForm> {
    let columns = |any_order| UnitForm::Columns { columns: vec!["away".into(), "home".into()], any_order };
    prop_oneof![
        Just(UnitForm::Whole),
        Just(columns(false)),
        Just(columns(true)),
        Just(UnitForm::Split { column: "id".into(), separator: "_".into(), parts: vec![2, 3] }),
        Just(UnitForm::Columns { columns: vec!["n".into()], any_order: false }),
    ]
}

prop_compose! {
    fn a_probe()(
        unit in unit(),
        filters in proptest::collection::vec(a_filter(), 0..3),
        measures in proptest::collection::vec(a_measure(), 0..4),
        shares in proptest::collection::vec(proptest::collection::vec(a_filter(), 0..3), 0..2),
        unique in proptest::sample::subsequence(vec!["player", "line", "n", "away", "seen"], 0..4),
        (alias, before, needed, capped, dated) in any::<(bool, bool, bool, bool, bool)>(),
    ) -> Probe {
        let mut probe = ask(|q| {
            q.unit = unit;
            q.filters = filters;
            q.measures = measures;
            q.shares = shares;
            q.unique = unique.into_iter().map(String::from).collect();
            if alias {
                q.aliases = Arc::new(BTreeMap::from([("PHO".into(), "PHX".into())]));
            }
            q.before = before.then(|| "seen".into());
            q.needed = needed.then(|| "line".to_string()).into_iter().collect();
            if dated {
                let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
                q.date = DateColumn::new("seen", DateReading::Instant { zone, day_starts: jiff::civil::time(6, 0, 0, 0) });
            }
        });
        for (n, day) in ["2025-11-14", "2025-11-15"].into_iter().enumerate() {
            let keys = ["BOS@PHX", "PHX@BOS", "PHX@PHX", "1", WHOLE_DATE];
            let start = at("2025-11-14T09:00:00Z") + jiff::SignedDuration::from_hours(n as i64 * 3);
            let starts = keys.into_iter().map(|key| (key.into(), start)).collect();
            probe.starts.insert(date(day), starts);
            if capped {
                probe.caps.insert(date(day), at("2025-11-14T10:00:00Z"));
            }
        }
        probe
    }
}

/// A row on either side of the dates that are asked for. Folders pass over a part whose dates are all on one side, with its
/// rows that have no date.
fn edge(day: &str) -> Vec<Option<Scalar>> {
    let value = |(name, _)| match name {
        "day" => Some(Scalar::Date(date(day))),
        "seen" => Some(Scalar::Instant(at(&format!("{day}T12:00:00Z")))),
        _ => None,
    };
    COLUMNS.map(value).to_vec()
}

#[test]
fn any_table_and_any_question() {
    let table = (proptest::collection::vec(row(), 0..30), proptest::collection::vec(a_probe(), 1..4));
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&table, |(mut rows, probes)| {
        rows.extend(["2025-11-10", "2025-11-20"].map(edge));
        let data = Data { columns: COLUMNS.map(|(name, of)| (name.to_string(), of)).to_vec(), rows };
        // Probes that are read together share their date column.
        let date = probes[0].question.date.clone();
        let probes: Vec<Probe> = probes
            .into_iter()
            .map(|probe| Probe {
                question: Arc::new(Question { date: date.clone(), ..(*probe.question).clone() }),
                ..probe
            })
            .collect();
        agree(&data, &probes);
        Ok(())
    });
    outcome.unwrap();
}
