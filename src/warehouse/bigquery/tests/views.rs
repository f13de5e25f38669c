//! Views: what is below is looked at, and what cannot be seen through is blind.

use super::*;

fn with_view(query: &str, more: Value) -> Place {
    let place = Place::new();
    place.daily(json!({}));
    place.rows("props", games(), json!({}));
    place.world.tell("view", of_table("boston", json!({"query": query}), more));
    place.world.called();
    place
}

const BOSTON: &str = "SELECT b.game_date, b.team FROM `p.d.props` AS b WHERE b.team = 'BOS'";

#[tokio::test]
async fn a_view_changes_with_its_tables_and_with_the_date() {
    let place = with_view(BOSTON, json!({}));
    let first = place.mark("d.boston", &plain()).await.unwrap();
    assert_eq!(place.world.called(), ["tables.get", "jobs.insert (dry)", "tables.get", "tables.get"]);
    let same = place.mark("d.boston", &plain()).await.unwrap();
    assert_eq!(place.world.called(), ["tables.get", "tables.get"], "what is below is known");
    assert_eq!((&first, first.blind), (&same, Blind::No));
    place.rows("props", json!([{"game_date": "2025-11-14", "team": "BOS"}]), json!({}));
    let changed = place.mark("d.boston", &plain()).await.unwrap();
    assert_ne!(first.whole(), changed.whole());
    let mut tomorrow = call();
    tomorrow.now = "2025-11-15T00:00:00Z".parse().unwrap();
    let later = place.tables.mark(tomorrow, "d.boston", &plain()).await.unwrap();
    assert_ne!(changed.whole(), later.whole());
}

#[tokio::test]
async fn a_view_of_a_table_with_a_streaming_buffer_is_blind_for_recent_writes() {
    let place = with_view(BOSTON, json!({}));
    place.rows("props", games(), json!({"streaming": true}));
    assert_eq!(place.mark("d.boston", &plain()).await.unwrap().blind, Blind::Recent);
}

#[tokio::test]
async fn what_cannot_be_seen_through_is_blind() {
    let clock = "SELECT b.game_date FROM `p.d.props` AS b WHERE b.at < CURRENT_TIMESTAMP()";
    assert_eq!(with_view(clock, json!({})).mark("d.boston", &plain()).await.unwrap().blind, Blind::All);
    let nothing = "SELECT DATE '2025-11-12' AS game_date";
    assert_eq!(with_view(nothing, json!({})).mark("d.boston", &plain()).await.unwrap().blind, Blind::All);
    let kept = with_view(BOSTON, json!({"type": "MATERIALIZED_VIEW"}));
    assert_eq!(kept.mark("d.boston", &plain()).await.unwrap().blind, Blind::All);
    let hidden = with_view(BOSTON, json!({"authorized": true}));
    let only = |permission: &str, resource: &str| json!({"permission": permission, "resource": resource});
    let allow = json!([
        only("bigquery.jobs.create", "p"),
        only("bigquery.tables.get", "p.d.boston"),
        only("bigquery.tables.getData", "p.d.boston"),
    ]);
    hidden.world.tell("rights", json!({"principal": "me@example.com", "allow": allow}));
    assert_eq!(hidden.mark("d.boston", &plain()).await.unwrap().blind, Blind::All);
}

#[tokio::test]
async fn a_view_whose_tables_cannot_be_looked_at_for_a_moment_is_not_blind() {
    let place = with_view(BOSTON, json!({}));
    place.mark("d.boston", &plain()).await.unwrap();
    place.world.fault("tables.get", "backendError", json!({"match": "d.props", "count": -1}));
    let why = place.mark("d.boston", &plain()).await.unwrap_err();
    assert_eq!(why.reason, crate::domain::verdict::UnknownReason::ProbeFailed);
}

#[tokio::test]
async fn a_view_is_read_like_a_table() {
    let place = with_view(BOSTON, json!({}));
    let answer = place.probe("d.boston", call(), vec![rows_of(plain(), &DAYS)]).await.unwrap();
    let reading = answer.readings[0].as_ref().unwrap();
    let rows: Vec<u64> = reading.dates.values().map(|facts| facts.as_ref().unwrap().rows).collect();
    assert_eq!(rows, [1, 1, 0]);
}
