//! What a date holds instead of what is looked for.

use super::*;

#[test]
fn a_date_without_what_a_filter_looks_for_says_what_it_holds() {
    let data = Data::new(
        &[
            ("day", Type::Date),
            ("market", Type::Text),
            ("line", Type::Float),
            ("n", Type::Int),
            ("seen", Type::Instant),
        ],
        "2025-11-14 | Points | 1.0 | 7    | 2025-11-14T10:00:00Z
         2025-11-14 | POINTS | 2.5 | NULL | 2025-11-14T10:00:00Z
         2025-11-14 | NULL   | NaN | 7    | NULL
         2025-11-15 | points | 1   | 1    | NULL",
    );
    let probe = ask(|q| {
        q.filters = vec![
            filter("market", Test::Equals(text("points"))),
            filter("line", Test::AtLeast(Value::Int(0))),
            filter("n", Test::IsNull(false)),
            filter("seen", Test::IsNull(true)),
        ];
    });
    let facts = of(&data, probe, "2025-11-14");
    let instead = facts.instead.unwrap();
    assert_eq!(instead.rows, 3);
    let found: Vec<String> = instead.found.iter().map(|(c, f)| format!("{c}: {}", f.values.join(" "))).collect();
    assert_eq!(found, ["line: 1 2.5", "market: POINTS Points", "n: 7", "seen: 2025-11-14T10:00:00Z"]);
}

#[test]
fn a_measure_that_finds_nothing_says_what_its_columns_hold() {
    let rows: String = (0..250).map(|n| format!("2025-11-14 | book {n:03} | {}\n", "x".repeat(1 + n % 120))).collect();
    let data = Data::new(&[("day", Type::Date), ("book", Type::Text), ("long", Type::Text)], &rows);
    let probe = ask(|q| {
        q.measures = vec![
            Measure { of: Of::Rows, only: vec![("book".into(), text("Book 001"))] },
            Measure { of: Of::Distinct("book".into()), only: vec![("long".into(), text("y"))] },
        ];
    });
    let facts = of(&data, probe, "2025-11-14");
    let instead = facts.instead.unwrap();
    assert_eq!(instead.found[0].1.values.len(), MAX_FOUND);
    assert!(instead.found[0].1.more);
}
