//! Rows, measures, shares and repeated keys.

use super::*;

const LINES: &[(&str, Type)] = &[
    ("day", Type::Date),
    ("team", Type::Text),
    ("book", Type::Text),
    ("player", Type::Text),
    ("line", Type::Float),
    ("price", Type::Decimal),
    ("half", Type::Float32),
    ("count", Type::Int),
    ("live", Type::Bool),
    ("seen", Type::Instant),
];

fn lines() -> Data {
    Data::new(
        LINES,
        "2025-11-14 | BOS | dk | a    | 20.5 | 1.10    | 1.1 | 1 | true  | 2025-11-14T18:00:00Z
         2025-11-14 | BOS | dk | a    | 20.5 | 1.1     | 1.1 | 1 | true  | 2025-11-14T18:00:00Z
         2025-11-14 | BOS | fd | b    | NaN  | NULL    | NaN | 2 | false | 2025-11-14T19:00:00.000001Z
         2025-11-14 | BOS | fd | A    | -0.0 | 0       | 0.0 | 2 | NULL  | NULL
         2025-11-14 | BOS | fd | NULL | 0.0  | -0.0000 | -0  | 3 | NULL  | NULL
         2025-11-14 | NYK | dk | á    | inf  | 123456789012345678901234567890.1234 | inf | -9223372036854775808 | true | 1970-01-01T00:00:00Z
         2025-11-14 | NULL | dk | a   | 1    | 1       | 1   | 1 | true  | 2025-11-14T18:00:00Z
         2025-11-14 | \"  \" | dk | a | 1    | 1       | 1   | 1 | true  | 2025-11-14T18:00:00Z
         2025-11-15 | BOS | dk | a    | 1    | 1       | 1   | 1 | true  | 2025-11-15T18:00:00Z",
    )
}

fn by_team(change: impl FnOnce(&mut Question)) -> Probe {
    ask(|q| {
        q.unit = UnitForm::Columns { columns: vec!["team".into()], any_order: false };
        change(q);
    })
}

#[test]
fn every_type_has_the_same_distinct_values() {
    let columns = ["book", "player", "line", "price", "half", "count", "live", "seen", "day", "team"];
    let facts =
        of(&lines(), by_team(|q| q.measures = columns.map(|c| measure(Of::Distinct(c.into()))).to_vec()), "2025-11-14");
    let counts: Vec<u64> = facts
        .units
        .get("BOS")
        .unwrap()
        .measures
        .iter()
        .map(|m| match m {
            Measured::Count(n) => *n,
            Measured::Newest(_) => unreachable!(),
        })
        .collect();
    assert_eq!(counts, [2, 3, 2, 2, 2, 3, 2, 2, 1, 1]);
    assert_eq!((facts.rows, facts.blank), (8, 2));
}

#[test]
fn measures_count_the_rows_that_have_a_value() {
    let only = |column: &str, value: Value| Measure { of: Of::Rows, only: vec![(column.into(), value)] };
    let probe = by_team(|q| {
        q.measures = vec![
            only("book", text("dk")),
            only("count", Value::Int(2)),
            only("count", text("2.0")),
            only("line", text("20.50")),
            only("price", text("1.1")),
            only("half", text("1.1")),
            only("live", text("TRUE")),
            only("seen", text("2025-11-14T13:00:00-05:00")),
            only("day", text("2025-11-14")),
            Measure {
                of: Of::Distinct("player".into()),
                only: vec![("book".into(), text("fd")), ("count".into(), Value::Int(2))],
            },
        ];
        q.needed = vec!["line".into()];
    });
    let counts = of(&lines(), probe, "2025-11-14").units.get("BOS").unwrap().measures.to_vec();
    assert_eq!(counts, [2, 1, 1, 2, 2, 2, 2, 2, 4, 1].map(Measured::Count));
}

#[test]
fn the_newest_value_is_capped_by_date() {
    let newest = |cap: Option<&str>| {
        let mut probe = by_team(|q| q.measures = vec![measure(Of::Newest("seen".into()))]);
        probe.caps.extend(cap.map(|cap| (date("2025-11-14"), at(cap))));
        of(&lines(), probe, "2025-11-14").units.get("BOS").unwrap().measures[0]
    };
    assert_eq!(newest(None), Measured::Newest(Some(at("2025-11-14T19:00:00.000001Z"))));
    assert_eq!(newest(Some("2025-11-14T19:00:00.000001Z")), Measured::Newest(Some(at("2025-11-14T19:00:00.000001Z"))));
    assert_eq!(newest(Some("2025-11-14T19:00:00Z")), Measured::Newest(Some(at("2025-11-14T18:00:00Z"))));
    assert_eq!(newest(Some("2025-11-14T17:00:00Z")), Measured::Newest(None));
}

#[test]
fn only_rows_before_the_start_of_their_unit_count() {
    let mut probe = by_team(|q| {
        q.before = Some("seen".into());
        q.measures = vec![measure(Of::Rows), measure(Of::Distinct("player".into()))];
    });
    let starts = BTreeMap::from([("BOS".into(), at("2025-11-14T19:00:00.000001Z"))]);
    probe.starts.insert(date("2025-11-14"), starts);
    let facts = of(&lines(), probe, "2025-11-14");
    assert_eq!(facts.units.get("BOS").unwrap().measures.to_vec(), [Measured::Count(2), Measured::Count(1)]);
    assert_eq!(facts.units.get("NYK").unwrap().measures.to_vec(), [Measured::Count(0), Measured::Count(0)]);
    assert_eq!(facts.units.get("BOS").unwrap().rows, 5, "all rows of a unit are told");
}

#[test]
fn the_whole_date_is_a_unit_with_a_start() {
    let mut probe = ask(|q| {
        q.before = Some("seen".into());
        q.measures = vec![measure(Of::Rows)];
    });
    probe.starts.insert(date("2025-11-14"), BTreeMap::from([(WHOLE_DATE.into(), at("2025-11-14T18:30:00Z"))]));
    let facts = of(&lines(), probe, "2025-11-14");
    assert_eq!(facts.units.get(WHOLE_DATE).unwrap().measures.to_vec(), [Measured::Count(5)]);
}

#[test]
fn keys_repeat_by_value_and_null_equals_null() {
    let surplus = |key: &[&str]| {
        let key: Vec<String> = key.iter().map(|c| (*c).to_string()).collect();
        of(&lines(), by_team(|q| q.unique = key), "2025-11-14").surplus
    };
    assert_eq!(
        surplus(&["player", "line", "price", "half", "count", "live", "seen"]),
        2,
        "and the rows of blank units"
    );
    assert_eq!(surplus(&["line"]), 3);
    assert_eq!(surplus(&["half"]), 3);
    assert_eq!(surplus(&["live"]), 5);
    assert_eq!(surplus(&["team", "book", "player", "line"]), 1);
}

#[test]
fn shares_count_all_rows_of_a_date() {
    let probe = by_team(|q| {
        q.shares = vec![
            vec![filter("book", Test::Equals(text("dk"))), filter("live", Test::Equals(text("true")))],
            vec![filter("player", Test::IsNull(true))],
            vec![],
        ];
    });
    assert_eq!(of(&lines(), probe, "2025-11-14").shares, [5, 1, 8]);
}

#[test]
fn questions_of_several_coverages_are_answered_together() {
    let of_book = |book: &str| {
        by_team(|q| {
            q.filters = vec![filter("book", Test::Equals(text(book)))];
            q.measures = vec![measure(Of::Distinct("player".into())), measure(Of::Newest("seen".into()))];
            q.unique = vec!["player".into()];
            q.shares = vec![vec![filter("live", Test::IsNull(true))]];
        })
    };
    let other = Probe { dates: days("2025-11-15", "2025-11-20"), ..of_book("dk") };
    let wrong = by_team(|q| q.filters = vec![filter("absent", Test::IsNull(false))]);
    let readings = agree(&lines(), &[of_book("dk"), of_book("fd"), ask(|_| {}), other, wrong]);
    assert!(readings[4].is_err() || readings[4].as_ref().unwrap().dates.values().all(Result::is_err));
}
