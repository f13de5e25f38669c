//! What the verbs print, for people and for scripts.

use crate::gapless::{GOOD, Place, SEASON, filled};

#[test]
fn scripts_get_one_documented_object() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 2")]);
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let plan = here.run("plan", &["-o", "json", "--now", "2026-01-05T12:00:00+02:00"], &[]);
    let json: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    assert_eq!(keys(&json), ["now", "coverages", "sources", "launches", "held"]);
    assert_eq!(json["now"], "2026-01-05T10:00:00Z", "in UTC");
    let coverage = &json["coverages"][0];
    let named =
        ["namespace", "kind", "name", "season", "table", "mode", "suspended", "ready", "readyReason", "summary"];
    let of_coverage = ["nextLook", "stalled", "undated", "unexpectedRows", "unexpectedDates", "bytesRead"];
    let lists = ["counts", "breakers", "reruns", "attempts", "settled", "cells"];
    assert_eq!(keys(coverage), [&named[..], &of_coverage, &lists].concat());
    let summary = serde_json::json!({"expected": 5, "due": 4, "complete": 2, "open": 2, "late": 1});
    assert_eq!((&coverage["summary"], &coverage["ready"]), (&summary, &"False".into()));
    assert_eq!(
        (&coverage["kind"], &coverage["name"], &coverage["season"]),
        (&"TableCoverage".into(), &"t".into(), &"s".into())
    );
    let counts = coverage["counts"].as_object().unwrap();
    assert_eq!((&counts["Complete"], &counts["NotDue"]), (&2.into(), &1.into()));
    assert_eq!(counts.values().map(|n| n.as_u64().unwrap()).sum::<u64>(), 5, "every date is counted once");
    let cells = coverage["cells"].as_array().unwrap();
    let dates: Vec<&str> = cells.iter().map(|c| c["date"].as_str().unwrap()).collect();
    assert_eq!(dates, ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"]);
    let expected = serde_json::json!({
        "date": "2026-01-03", "state": "Missing", "reason": "NoRows", "verdict": "Missing",
        "message": "no rows; 1 unit expected; launched as soon as a slot is free", "expected": 1, "covered": 0,
        "missing": ["*"], "rows": 0, "unexpectedRows": 0, "dueAt": "2026-01-04T06:00:00Z",
        "lateAt": "2026-01-04T12:00:00Z", "late": true, "attempts": 0, "rung": null, "charges": [], "nextLook": null,
    });
    assert_eq!(cells[2], expected);
    assert_eq!((&cells[0]["reason"], &cells[4]["nextLook"]), (&().into(), &"2026-01-06T06:00:00Z".into()));
    let launch = |date: &str| {
        serde_json::json!({
            "coverage": "TableCoverage/t", "rung": "reload", "dates": [date], "attempt": 1, "reason": "NoRows",
            "source": null, "credits": null, "lostAt": null,
        })
    };
    assert_eq!(json["launches"], serde_json::json!([launch("2026-01-04"), launch("2026-01-03")]), "tonight first");
    let calendar = here.run("calendar", &["-o", "json"], &[]);
    assert_eq!(keys(&serde_json::from_str(&calendar.out).unwrap()), ["now", "coverages", "sources"]);
    let observed = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 2").replace("mode: Fill", "mode: Observe")]);
    let plan: serde_json::Value = serde_json::from_str(&observed.run("plan", &["-o", "json"], &[]).out).unwrap();
    let held = serde_json::json!([{
        "coverage": "TableCoverage/t", "dates": ["2026-01-03", "2026-01-04", "2026-01-05"], "state": "Missing", "reason": "NoRows",
        "message": "no rows; 1 unit expected; only reported: fill.mode is Observe",
    }]);
    assert_eq!(plan["held"], held);
}

#[test]
fn the_clock_can_be_set_for_verbs_that_only_read() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]);
    let early = here.run("calendar", &["--color", "never", "--now", "2026-01-03T12:00:00Z"], &[]);
    assert!(early.out.contains("ccnnn"), "not due yet: {}", early.out);
    assert_eq!(early.code, Some(0));
}

#[test]
fn a_window_bounds_what_is_shown_counted_and_answered() {
    let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 1")]);
    let window = |from: &str, through: &str, output: &str| {
        here.run("calendar", &["--from", from, "--through", through, "-o", output, "--color", "never"], &[])
    };
    for (from, through, states, code) in [
        ("2026-01-01", "2026-01-02", vec!["Complete", "Complete"], 0),
        ("2026-01-02", "2026-01-03", vec!["Complete", "Missing"], 3),
        ("2027-01-01", "2027-01-02", vec![], 0),
    ] {
        let done = window(from, through, "json");
        let json: serde_json::Value = serde_json::from_str(&done.out).unwrap();
        let coverage = &json["coverages"][0];
        let told: Vec<&str> =
            coverage["cells"].as_array().unwrap().iter().map(|c| c["state"].as_str().unwrap()).collect();
        assert_eq!((told, done.code), (states, Some(code)), "{from}..{through}");
        let counted: u64 = coverage["counts"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(counted, coverage["cells"].as_array().unwrap().len() as u64);
    }
    let drawn = window("2026-01-01", "2026-01-02", "text");
    assert!(drawn.out.contains("2 of 2 expected dates complete (100%), 0 open"), "{}", drawn.out);
    for (date, code) in [("2026-01-01", 0), ("2026-01-03", 3)] {
        assert_eq!(here.run("explain", &["tc/t", date], &[]).code, Some(code), "{date}");
    }
}

#[test]
fn an_open_range_that_is_cut_says_from_when_it_watches() {
    let open = SEASON.replace("from: 2026-01-01, through: 2026-01-05", "from: 1970-01-01");
    let coverage = filled(GOOD, "datesPerJob: 1");
    let here = Place::new(&[&open, &coverage]);
    let check = here.run("check", &[], &[]);
    let told = "watches from ";
    let rest = ": an open range keeps its newest 3660 dates; create another Season for earlier dates";
    assert!(check.out.contains(&format!("Season/s: {told}")) && check.out.contains(rest), "{}", check.out);
    assert_eq!(check.code, Some(0), "a season that only grew older is valid");
    let drawn =
        here.run("calendar", &["--now", "2026-11-30T12:00:00Z", "--from", "2026-11-01", "--color", "never"], &[]);
    let said = drawn.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.starts_with(&format!("s {told}2016-11-25{rest}")), "{}", drawn.out);
    let plan = here.run("plan", &["--now", "2026-11-30T12:00:00Z"], &[]);
    assert!(plan.out.starts_with(&format!("Season/s {told}2016-11-25{rest}\n")), "{}", plan.out);
    let whole = Place::new(&[SEASON, &coverage]).run("check", &[], &[]);
    assert!(!whole.out.contains(told), "{}", whole.out);
}

#[test]
fn a_date_outside_a_coverage_is_refused_with_the_dates_inside() {
    let coverage = filled(GOOD, "datesPerJob: 1");
    let told = |season: &str, date: &str| {
        let done =
            Place::new(&[season, &coverage]).run("explain", &["tc/t", date, "--now", "2026-11-30T12:00:00Z"], &[]);
        assert_eq!(done.code, Some(2), "{}", done.out);
        done.err
    };
    let err = told(SEASON, "2026-01-06");
    assert_eq!(err, "gapless: TableCoverage/t has no date 2026-01-06; its dates are 2026-01-01..2026-01-05\n");
    let open = SEASON.replace("from: 2026-01-01, through: 2026-01-05", "from: 1970-01-01");
    let err = told(&open, "2015-06-01");
    assert!(err.contains("has no date 2015-06-01: Season/s watches from 2016-11-25: an open range keeps"), "{err}");
}
