//! Filters in the type of their column.

use super::*;

fn rows(data: &Data, filters: Vec<Filter>) -> u64 {
    of(data, ask(|q| q.filters = filters), "2025-11-14").rows
}

/// Every test on one column, with how many of the rows of the date satisfy it.
fn each(of: Type, values: &str, tests: &[(Test, u64)]) {
    let rows_of: String = values.split(", ").map(|value| format!("2025-11-14 | {value}\n")).collect();
    let data = Data::new(&[("day", Type::Date), ("k", of)], &rows_of);
    let probes: Vec<Probe> =
        tests.iter().map(|(test, _)| ask(|q| q.filters = vec![filter("k", test.clone())])).collect();
    let readings = agree(&data, &probes);
    for ((test, expected), reading) in tests.iter().zip(readings) {
        let facts = reading.unwrap().dates[&date("2025-11-14")].clone().unwrap();
        assert_eq!(facts.rows, *expected, "{test:?}");
    }
}

fn texts(values: &[&str]) -> Vec<Value> {
    values.iter().map(|v| text(v)).collect()
}

#[test]
fn null_satisfies_only_is_null() {
    let data = Data::new(&[("day", Type::Date), ("k", Type::Int)], "2025-11-14 | NULL\n2025-11-14 | 1");
    for (test, expected) in [
        (Test::IsNull(true), 1),
        (Test::IsNull(false), 1),
        (Test::NotEquals(Value::Int(2)), 1),
        (Test::NotIn(vec![Value::Int(2)]), 1),
        (Test::LessThan(Value::Int(5)), 1),
    ] {
        assert_eq!(rows(&data, vec![filter("k", test)]), expected);
    }
}

#[test]
fn whole_numbers() {
    let large = "9223372036854775807";
    each(
        Type::Int,
        "1, 2, -3, 9223372036854775807, NULL",
        &[
            (Test::Equals(text("2.0")), 1),
            (Test::Equals(text("2.5")), 0),
            (Test::NotEquals(text("2.5")), 4),
            (Test::LessThan(text("2.5")), 3),
            (Test::AtLeast(text("9223372036854775806.5")), 1),
            (Test::In(texts(&["1", "2.5", "-3"])), 2),
            (Test::NotIn(texts(&["1", "18446744073709551616"])), 3),
            (Test::Equals(text(large)), 1),
            (Test::StartsWith(vec!["-".into(), "92".into()]), 2),
        ],
    );
}

#[test]
fn floats_and_decimals() {
    each(
        Type::Float,
        "0.1, -0.0, NaN, inf, -inf, 1e300, NULL",
        &[
            (Test::Equals(text("0.1")), 1),
            (Test::Equals(Value::Int(0)), 1),
            (Test::LessThan(Value::Int(1)), 3),
            (Test::AtLeast(text("1e299")), 2),
            (Test::IsNull(true), 2),
            (Test::NotEquals(Value::Int(0)), 4),
        ],
    );
    each(Type::Float32, "1.1, 0.5, NaN", &[(Test::Equals(text("1.1")), 1), (Test::LessThan(text("1.1")), 1)]);
    each(
        Type::Decimal,
        "12.50, -0.0001, 123456789012345678901234567890.1234, NULL",
        &[
            (Test::Equals(text("12.5")), 1),
            (Test::In(texts(&["12.50", "-0.0001"])), 2),
            (Test::AtLeast(text("123456789012345678901234567890.1234")), 1),
            (Test::LessThan(Value::Int(0)), 1),
        ],
    );
}

#[test]
fn texts_compare_by_code_point() {
    each(
        Type::Text,
        "a, A, á, B, \" a\", 7, 07, o'b, \"%\", a\\, \u{1F600}, \"\", NULL",
        &[
            (Test::LessThan(text("a")), 7),
            (Test::AtLeast(text("á")), 2),
            (Test::Equals(Value::Int(7)), 1),
            (Test::In(texts(&["o'b", "%", "a\\", "\u{1F600}"])), 4),
            (Test::StartsWith(vec!["a".into(), "0".into(), "%".into()]), 4),
            (Test::Equals(text("")), 1),
        ],
    );
}

#[test]
fn booleans_dates_and_instants() {
    each(Type::Bool, "true, false, NULL", &[(Test::Equals(text("False")), 1), (Test::NotIn(texts(&["true"])), 1)]);
    each(
        Type::Date,
        "2025-11-14, 0001-01-01, 9999-12-31, NULL",
        &[
            (Test::AtLeast(text("2025-11-14")), 2),
            (Test::LessThan(text("2025-11-14")), 1),
            (Test::StartsWith(vec!["2025-".into()]), 1),
        ],
    );
    each(
        Type::Instant,
        "2025-11-14T00:00:00Z, 1969-12-31T23:59:59.999999Z, NULL",
        &[
            (Test::Equals(text("2025-11-13T19:00:00-05:00")), 1),
            (Test::LessThan(text("1970-01-01T00:00:00Z")), 1),
            (Test::AtLeast(text("1969-12-31T23:59:59.999999Z")), 2),
        ],
    );
    each(
        Type::Local,
        "2025-11-14T00:00:00, 2025-11-14T00:00:00.000001, NULL",
        &[(Test::Equals(text("2025-11-14")), 1), (Test::AtLeast(text("2025-11-14T00:00:00")), 2)],
    );
}

#[test]
fn a_value_that_its_column_cannot_hold_is_refused_with_the_forms_that_it_can() {
    let data = Data::new(
        &[
            ("day", Type::Date),
            ("n", Type::Int),
            ("b", Type::Bool),
            ("d", Type::Date),
            ("t", Type::Text),
            ("i", Type::Instant),
        ],
        "2025-11-14 | 1 | true | 2025-11-14 | a | 2025-11-14T00:00:00Z",
    );
    for (column, test, form) in [
        ("n", Test::Equals(text("seven")), "a number"),
        ("b", Test::Equals(Value::Int(1)), "\"true\""),
        ("d", Test::AtLeast(text("14/11/2025")), "a date"),
        ("t", Test::LessThan(Value::Int(1)), "a text in quotes"),
        ("i", Test::Equals(text("2025-11-14")), "an instant"),
    ] {
        let texts: Vec<String> = refused(&data, ask(|q| q.filters = vec![filter(column, test.clone())]))
            .into_iter()
            .map(|why| why.text)
            .collect();
        assert!(texts.iter().all(|text| text.contains(form)), "{texts:#?}");
    }
    let absent = refused(&data, ask(|q| q.filters = vec![filter("tt", Test::IsNull(true))]));
    assert!(absent.iter().all(|why| why.text.contains("column `tt` is not in")), "{absent:#?}");
}
