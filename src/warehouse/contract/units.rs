//! How a row names its unit.

use super::*;

const GAMES: &[(&str, Type)] =
    &[("day", Type::Date), ("away", Type::Text), ("home", Type::Text), ("id", Type::Text), ("n", Type::Int)];

fn games() -> Data {
    Data::new(
        GAMES,
        "2025-11-14 | PHO | LAL  | 20251114_PHO_LAL | 1
         2025-11-14 | PHX | LAL  | 20251114_PHX_LAL | 1
         2025-11-14 | LAL | PHX  | 20251114_LAL_PHX | 2
         2025-11-14 | LAL | NULL | 20251114_LAL_    | 3
         2025-11-14 | LAL | \"\" | odd              | NULL
         2025-11-14 | \" \" | BOS | NULL            | -7
         2025-11-14 | phx | Lál  | a_b_c_d          | 40",
    )
}

fn named(unit: UnitForm) -> Probe {
    ask(|q| {
        q.unit = unit;
        q.aliases = Arc::new(BTreeMap::from([("PHO".into(), "PHX".into()), ("b".into(), "BOS".into())]));
        q.measures = vec![measure(Of::Distinct("n".into()))];
    })
}

fn columns(names: &[&str], any_order: bool) -> UnitForm {
    UnitForm::Columns { columns: names.iter().map(|n| (*n).to_string()).collect(), any_order }
}

fn units(probe: Probe) -> (Vec<String>, u64) {
    let facts = of(&games(), probe, "2025-11-14");
    (facts.units.iter().map(|(key, facts)| format!("{key} {}", facts.rows)).collect(), facts.blank)
}

#[test]
fn values_of_columns_name_a_unit_and_aliases_merge_two() {
    let (names, blank) = units(named(columns(&["away", "home"], false)));
    assert_eq!((names.join(", "), blank), ("LAL@PHX 1, PHX@LAL 2, phx@Lál 1".into(), 3));
    let (names, blank) = units(named(columns(&["away", "home"], true)));
    assert_eq!((names.join(", "), blank), ("LAL@PHX 3, Lál@phx 1".into(), 3));
    let (names, _) = units(named(columns(&["home"], false)));
    assert_eq!(names.join(", "), "BOS 1, LAL 2, Lál 1, PHX 1");
}

#[test]
fn parts_of_a_column_name_a_unit() {
    let split = |parts: &[u8]| UnitForm::Split { column: "id".into(), separator: "_".into(), parts: parts.to_vec() };
    let (names, blank) = units(named(split(&[2, 3])));
    assert_eq!((names.join(", "), blank), ("BOS@c 1, LAL@PHX 1, PHX@LAL 2".into(), 3));
    let (names, blank) = units(named(split(&[3])));
    assert_eq!((names.join(", "), blank), ("LAL 2, PHX 1, c 1".into(), 3));
}

#[test]
fn numbers_dates_and_booleans_name_units() {
    let (names, blank) = units(named(columns(&["n"], false)));
    assert_eq!((names.join(", "), blank), ("-7 1, 1 2, 2 1, 3 1, 40 1".into(), 1));
    let data = Data::new(&[("day", Type::Date), ("b", Type::Bool)], "2025-11-14 | true\n2025-11-15 | false");
    agree(&data, &[ask(|q| q.unit = columns(&["day", "b"], false))]);
}

#[test]
fn starts_belong_to_the_names_that_aliases_give() {
    let data = Data::new(
        &[("day", Type::Date), ("away", Type::Text), ("home", Type::Text), ("seen", Type::Instant)],
        "2025-11-14 | PHO | LAL | 2025-11-14T10:00:00Z
         2025-11-14 | LAL | PHX | 2025-11-14T11:00:00Z
         2025-11-14 | LAL | NULL | 2025-11-14T11:00:00Z",
    );
    let mut probe = named(columns(&["away", "home"], true));
    probe.question = Arc::new(Question {
        before: Some("seen".into()),
        measures: vec![measure(Of::Rows), measure(Of::Newest("seen".into()))],
        ..(*probe.question).clone()
    });
    probe.starts.insert(date("2025-11-14"), BTreeMap::from([("LAL@PHX".into(), at("2025-11-14T11:00:00Z"))]));
    let facts = of(&data, probe, "2025-11-14");
    let measures = &facts.units.get("LAL@PHX").unwrap().measures;
    assert_eq!(measures.to_vec(), [Measured::Count(1), Measured::Newest(Some(at("2025-11-14T10:00:00Z")))]);
}

#[test]
fn a_date_may_have_more_units_than_one_page_of_an_answer() {
    let rows: String = (0..1_025).map(|n| format!("2025-11-14 | u{n} | h | x | {n}\n")).collect();
    let facts = of(&Data::new(GAMES, &rows), named(columns(&["away"], false)), "2025-11-14");
    assert_eq!(facts.units.len(), 1_025);
}

/// Names of units stay short in memory and in a status, and two long ones stay different.
#[test]
fn long_values_of_units_are_cut_and_stay_different() {
    let long = |end: &str| format!("{}{end}", "x".repeat(5_000));
    let data = Data::new(
        &[("day", Type::Date), ("u", Type::Text)],
        &format!("2025-11-14 | {}\n2025-11-14 | {}", long("a"), long("b")),
    );
    RUNTIME.block_on(async {
        for home in served::servers(&data) {
            let probe = ask(|q| q.unit = columns(&["u"], false));
            let reading = read(&*home.tables, &home.table, &[probe]).await.remove(0).unwrap();
            let units = &reading.dates[&date("2025-11-14")].as_ref().unwrap().units;
            assert!(units.len() == 2 && units.iter().all(|(key, _)| key.len() <= 512), "{}: {units:?}", home.name);
        }
    });
}

#[test]
fn an_empty_table_has_empty_dates() {
    assert_eq!(of(&Data::new(GAMES, ""), named(columns(&["away"], false)), "2025-11-14").rows, 0);
}
