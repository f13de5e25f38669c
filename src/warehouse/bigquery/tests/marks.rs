//! Marks: how few calls they take, and which dates a change is seen on.

use super::*;

const IDLE: [&str; 1] = ["tables.get"];
const LISTED: [&str; 2] = ["tables.get", "tabledata.list"];

fn dates_that_differ(before: &TableMark, after: &TableMark) -> Vec<&'static str> {
    let (before, after) = (before.dates(), after.dates());
    DAYS.into_iter().filter(|day| before.of(day.parse().unwrap()) != after.of(day.parse().unwrap())).collect()
}

#[tokio::test]
async fn an_unchanged_table_is_one_call_and_one_changed_partition_is_two_and_read_with_two_more() {
    let place = Place::new();
    place.daily(json!({}));
    place.rows("props", games(), json!({}));
    assert_eq!(place.counts(call()).await.unwrap(), [2, 1, 0]);
    let first = place.mark("d.props", &plain()).await.unwrap();
    place.world.called();
    let idle = place.mark("d.props", &plain()).await.unwrap();
    assert_eq!((place.world.called(), &idle), (IDLE.map(String::from).to_vec(), &first));
    assert_eq!(first.blind, Blind::No);

    place.rows("props", json!([{"game_date": "2025-11-13", "team": "NYK"}]), json!({}));
    let second = place.mark("d.props", &plain()).await.unwrap();
    assert_eq!(dates_that_differ(&first, &second), ["2025-11-13"]);
    let probes = vec![rows_of(plain(), &["2025-11-13"])];
    let answer = place.tables.probe(call(), "d.props", Arc::new(second), Arc::new(probes)).await.unwrap();
    assert!(answer.readings[0].is_ok());
    assert_eq!(place.world.called(), [&LISTED[..], &["jobs.insert", "jobs.getQueryResults"]].concat());
}

#[tokio::test]
async fn rows_without_a_date_have_a_part_that_holds_nothing() {
    let place = Place::new();
    place.daily(json!({}));
    place.rows("props", games(), json!({}));
    let first = place.mark("d.props", &plain()).await.unwrap();
    place.rows("props", json!([{"game_date": null, "team": "BOS"}]), json!({}));
    let second = place.mark("d.props", &plain()).await.unwrap();
    assert!(dates_that_differ(&first, &second).is_empty() && first.whole() != second.whole());
    assert!(second.parts.iter().any(|part| part.holds == Holds::Nothing));
}

#[tokio::test]
async fn a_partition_that_is_deleted_changes_its_own_date() {
    let place = Place::new();
    place.daily(json!({}));
    place.rows("props", games(), json!({}));
    let first = place.mark("d.props", &plain()).await.unwrap();
    place.world.tell("delete", of_table("props", json!({"partition": "20251112"}), json!({})));
    let second = place.mark("d.props", &plain()).await.unwrap();
    assert_eq!(dates_that_differ(&first, &second), ["2025-11-12"]);
}

#[tokio::test]
async fn partitions_of_every_length_hold_their_dates() {
    for (of, parts) in [("HOUR", "at"), ("MONTH", "game_date"), ("YEAR", "game_date")] {
        let place = Place::new();
        place.daily(json!({"timePartitioning": {"type": of, "field": parts}}));
        place.rows("props", games(), json!({}));
        let date = if parts == "at" { DateColumn::new("at", DateReading::Date) } else { plain() };
        let mark = place.mark("d.props", &date).await.unwrap();
        let day = |day: &str| mark.parts.iter().filter(|part| part.holds.contains(day.parse().unwrap())).count();
        let other = if of == "HOUR" { "2025-11-14" } else { "2024-11-14" };
        assert!(day("2025-11-12") > 0 && day(other) == 0, "{of}: {mark:?}");
        assert!(mark.parts.iter().all(|part| part.holds != Holds::Any), "{of}");
    }
}

#[tokio::test]
async fn a_table_without_partitions_or_whose_partitions_are_not_listed_is_one_part() {
    let place = Place::new();
    place.table("flat", &[("game_date", "DATE")], json!({}));
    place.rows("flat", json!([{"game_date": "2025-11-12"}]), json!({}));
    let flat = place.mark("d.flat", &plain()).await.unwrap();
    assert_eq!((flat.parts.len(), flat.parts[0].holds), (1, Holds::Any));
    assert_eq!(place.world.called(), IDLE);

    place.daily(json!({}));
    place.world.tell("settings", json!({"partitionsSummary": false}));
    let refused = place.mark("d.props", &plain()).await.unwrap();
    assert_eq!((refused.parts.len(), refused.parts[0].holds), (1, Holds::Any));
    place.world.called();
    place.mark("d.props", &plain()).await.unwrap();
    assert_eq!(place.world.called(), IDLE, "it is not asked again before the table changes");
}

#[tokio::test]
async fn partitions_by_arrival_date_rows_only_by_their_arrival() {
    let place = Place::new();
    place.daily(json!({"timePartitioning": {"type": "DAY"}}));
    place.rows("props", games(), json!({"partition": "20251112"}));
    let by_column = place.mark("d.props", &plain()).await.unwrap();
    assert_eq!(by_column.parts[0].holds, Holds::Any);
    let date = DateColumn::new("_PARTITIONDATE", DateReading::Plain);
    let by_arrival = place.mark("d.props", &date).await.unwrap();
    assert!(matches!(by_arrival.parts[0].holds, Holds::Dates(_)));
    let answer = place.probe("d.props", call(), vec![rows_of(date, &["2025-11-12"])]).await.unwrap();
    assert_eq!(answer.readings[0].as_ref().unwrap().dates.values().next().unwrap().as_ref().unwrap().rows, 3);
}

#[tokio::test]
async fn a_streaming_buffer_makes_the_mark_blind_for_recent_writes() {
    let place = Place::new();
    place.daily(json!({}));
    place.rows("props", games(), json!({}));
    place.rows("props", json!([{"game_date": "2025-11-14", "team": "BOS"}]), json!({"streaming": true}));
    let streamed = place.mark("d.props", &plain()).await.unwrap();
    assert_eq!(streamed.blind, Blind::Recent);
    assert_eq!(place.counts(call()).await.unwrap(), [2, 1, 1], "its rows are read");
    place.world.tell("flush", of_table("props", json!({}), json!({})));
    let flushed = place.mark("d.props", &plain()).await.unwrap();
    assert_eq!(flushed.blind, Blind::No);
    assert!(dates_that_differ(&streamed, &flushed).contains(&"2025-11-14"));
}

#[tokio::test]
async fn a_table_made_of_files_elsewhere_is_blind() {
    let place = Place::new();
    place.table("files", &[("game_date", "DATE")], json!({"type": "EXTERNAL"}));
    assert_eq!(place.mark("d.files", &plain()).await.unwrap().blind, Blind::All);
}

#[tokio::test]
async fn a_table_in_another_location_than_the_warehouse_says_is_refused() {
    let place = Place::new();
    place.daily(json!({}));
    let mut elsewhere = call();
    elsewhere.limits.location = Some("EU".into());
    let why = place.tables.mark(elsewhere, "d.props", &plain()).await.unwrap_err();
    assert_eq!(
        why.text,
        "table `d.props`: it is in location us-west2, and the Warehouse's spec.bigquery.location is EU; correct the location \
         or leave it out"
    );
    let mut here = call();
    here.limits.location = Some("US-WEST2".into());
    assert!(place.tables.mark(here, "d.props", &plain()).await.is_ok());
}

#[tokio::test]
async fn a_mark_names_the_table_and_its_last_change() {
    let place = Place::new();
    place.daily(json!({}));
    let mark = place.mark("d.props", &plain()).await.unwrap();
    assert_eq!((&*mark.names[0].place, &*mark.names[0].name), ("bigquery:p", "d.props"));
    assert!(mark.modified.is_some());
}
