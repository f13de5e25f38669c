//! The service at its worst: each failure has its reason, costs at most one repetition, and is never taken for an empty table.

use super::*;
use crate::domain::verdict::UnknownReason;
use UnknownReason::{ProbeBudget, ProbeFailed, SchemaMismatch, Unauthorized};

const INSERT: &str = "jobs.insert";
const RESULTS: &str = "jobs.getQueryResults";

fn filled() -> Place {
    let place = Place::with_pages(1);
    place.daily(json!({}));
    place.rows("props", games(), json!({}));
    place
}

/// Lets every call of a kind fail, or the first, and reads.
async fn read(call_name: &str, fault: &str, count: i32, more: Value) -> (Place, Result<Vec<u64>, Unknown>) {
    let place = filled();
    place.world.fault(call_name, fault, merged(json!({"count": count}), more));
    let counts = place.counts(within(Budget::new(1 << 40, 1 << 40), Duration::from_secs(5))).await;
    (place, counts)
}

#[tokio::test]
async fn a_failure_that_lasts_is_unknown_for_its_reason() {
    for (fault, reason) in [
        ("rateLimitExceeded", ProbeFailed),
        ("jobRateLimitExceeded", ProbeFailed),
        ("tooManyRequests", ProbeFailed),
        ("noErrorsList", ProbeFailed),
        ("quotaExceeded", ProbeBudget),
        ("accessDenied", Unauthorized),
        ("billingNotEnabled", Unauthorized),
        ("unauthorized", Unauthorized),
        ("notFound", ProbeFailed),
        ("internalError", ProbeFailed),
        ("backendError", ProbeFailed),
        ("resourcesExceeded", ProbeFailed),
        ("invalidQuery", ProbeFailed),
        ("numberInErrors", ProbeFailed),
        ("html503", ProbeFailed),
        ("htmlOk", ProbeFailed),
        ("cut", ProbeFailed),
        ("lostAnswer", ProbeFailed),
        ("errorsWithOk", ProbeFailed),
    ] {
        for call_name in ["tables.get", INSERT, RESULTS] {
            if ["errorsWithOk", "lostAnswer"].contains(&fault) && call_name == INSERT {
                continue;
            }
            let (_, counts) = read(call_name, fault, -1, json!({"message": "canary-value"})).await;
            let why = counts.expect_err(&format!("{call_name} {fault}"));
            // What was there a moment ago does not vanish so soon.
            let reason = if fault == "notFound" && call_name == "tables.get" { SchemaMismatch } else { reason };
            assert_eq!(why.reason, reason, "{call_name} {fault}: {}", why.text);
            assert!(why.text.starts_with("table `d.props`: "), "{}", why.text);
            let canaries = ["canary", "127.0.0.1", "http", "gapless-"];
            assert!(!canaries.iter().any(|canary| why.text.contains(canary)), "{call_name} {fault}: {}", why.text);
        }
    }
}

#[tokio::test]
async fn a_failure_that_passes_is_asked_again_once() {
    for fault in [
        "rateLimitExceeded",
        "tooManyRequests",
        "backendError",
        "html503",
        "htmlOk",
        "cut",
        "lostAnswer",
        "unauthorized",
    ] {
        for call_name in ["tables.get", "tabledata.list", INSERT, RESULTS] {
            let (_, counts) = read(call_name, fault, 1, json!({})).await;
            assert_eq!(counts.unwrap_or_else(|why| panic!("{call_name} {fault}: {}", why.text)), [2, 1, 0]);
        }
    }
}

#[tokio::test]
async fn an_answer_that_stalls_or_never_ends_is_given_up() {
    for (fault, more) in
        [("stall", json!({"delayMs": 20_000})), ("huge", json!({})), ("slow", json!({"delayMs": 20_000}))]
    {
        for call_name in ["tables.get", RESULTS] {
            let (_, counts) = read(call_name, fault, -1, more.clone()).await;
            assert_eq!(counts.expect_err(fault).reason, ProbeFailed, "{call_name} {fault}");
        }
    }
}

#[tokio::test]
async fn a_stale_token_is_replaced_once() {
    let (place, counts) = read(INSERT, "unauthorized", 1, json!({})).await;
    assert!(counts.is_ok());
    assert_eq!(place.forgotten.0.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_job_whose_answer_was_lost_is_the_same_job() {
    let place = filled();
    place.counts(call()).await.unwrap();
    place.world.fault(INSERT, "lostAnswer", json!({}));
    assert_eq!(place.counts(call()).await.unwrap(), [2, 1, 0]);
    let jobs = place.world.tell("jobs", json!({}))["jobs"].as_array().unwrap().len();
    assert_eq!(jobs, 2, "one for each read");
}

#[tokio::test]
async fn a_table_that_vanishes_for_a_moment_is_not_absent() {
    let place = filled();
    let first = place.mark("d.props", &plain()).await.unwrap();
    place.world.fault("tables.get", "notFound", json!({}));
    assert_eq!(place.mark("d.props", &plain()).await.unwrap(), first);
    place.world.fault("tables.get", "notFound", json!({"count": 2}));
    let why = place.mark("d.props", &plain()).await.unwrap_err();
    assert!(why.reason == ProbeFailed && why.text.contains("it was there before"), "{}", why.text);
    let why = place.mark("d.none", &plain()).await.unwrap_err();
    assert_eq!(
        (why.reason, why.text.as_str()),
        (
            SchemaMismatch,
            "table `d.none`: it does not exist in the project, or gapless may not know of it: create it, correct its name, or \
             grant bigquery.tables.get (BigQuery: notFound)"
        )
    );
}

#[tokio::test]
async fn a_result_that_is_not_whole_is_no_result() {
    let pages = json!({"laterPages": true});
    for (fault, more) in [
        ("totalRowsTooLarge", json!({})),
        ("rowsMissing", json!({})),
        ("rowsMissing", pages.clone()),
        ("repeatPageToken", pages.clone()),
        ("backendError", pages.clone()),
        ("htmlOk", pages.clone()),
        ("errorsWithOk", pages.clone()),
    ] {
        let (_, counts) = read(RESULTS, fault, -1, more).await;
        assert_eq!(counts.expect_err(fault).reason, ProbeFailed, "{fault}");
    }
    let (_, counts) = read(RESULTS, "cut", 1, pages).await;
    assert_eq!(counts.unwrap(), [2, 1, 0], "the second page is asked for again, and its rows count once");
}

#[tokio::test]
async fn a_job_that_is_never_complete_is_cancelled_at_the_deadline() {
    let place = filled();
    place.world.fault(RESULTS, "incomplete", json!({"count": -1}));
    let short = within(Budget::new(1 << 40, 1 << 40), Duration::from_secs(2));
    let why = place.counts(short).await.unwrap_err();
    assert_eq!(why.reason, ProbeFailed);
    assert!(cancelled(&place).await);
}

#[tokio::test]
async fn a_read_whose_caller_is_gone_is_cancelled() {
    let place = filled();
    place.world.tell("settings", json!({"jobMillis": 60_000}));
    let read = tokio::time::timeout(Duration::from_secs(2), place.counts(call())).await;
    assert!(read.is_err() && cancelled(&place).await);
}

/// Whether the only job is asked to end, a moment later.
async fn cancelled(place: &Place) -> bool {
    for _ in 0..50 {
        let jobs = place.world.tell("jobs", json!({}));
        if jobs["jobs"][0]["cancelRequested"] == true {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test]
async fn the_server_ends_a_job_that_outlasts_the_deadline() {
    let place = filled();
    place.world.tell("settings", json!({"jobMillis": 60_000}));
    place.world.fault("jobs.cancel", "backendError", json!({"count": -1}));
    let short = within(Budget::new(1 << 40, 1 << 40), Duration::from_secs(2));
    assert!(place.counts(short).await.is_err());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(place.world.tell("jobs", json!({}))["jobs"][0]["state"], "DONE");
}

#[tokio::test]
async fn a_column_that_is_dropped_or_retyped_between_two_reads_is_noticed() {
    let only = |place: &Place| {
        let mut own = question(plain());
        own.measures[0].of = Of::Distinct("player".into());
        place.world.called();
        asked(own, &DAYS)
    };
    let place = filled();
    let probe = only(&place);
    let seen = Arc::new(place.mark("d.props", &plain()).await.unwrap());
    let drop = json!({"change": "drop", "column": "player"});
    place.world.tell("column", of_table("props", drop, json!({})));
    // The mark is of before.
    let answer = place.tables.probe(call(), "d.props", seen, Arc::new(vec![probe])).await.unwrap();
    let why = answer.readings[0].as_ref().unwrap_err();
    assert_eq!(why.reason, SchemaMismatch);
    assert!(why.text.contains("column `player` is not in the table"), "{}", why.text);
}

#[tokio::test]
async fn a_protected_place_is_unauthorized() {
    let place = filled();
    place.world.tell("rights", json!({"principal": "me@example.com", "allow": []}));
    let why = place.counts(call()).await.unwrap_err();
    assert_eq!(why.reason, Unauthorized);
    assert!(why.text.contains("bigquery.jobs.create"), "{}", why.text);
}

#[tokio::test]
async fn a_name_of_another_form_asks_nothing() {
    let place = filled();
    place.world.called();
    for name in ["props", "p.d.props", "d.props$20251112", "d.p`", "d.prop_*"] {
        let why = place.mark(name, &plain()).await.unwrap_err();
        assert_eq!(why.reason, SchemaMismatch, "{name}");
    }
    assert!(place.world.called().is_empty());
}
