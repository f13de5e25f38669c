//! What a read may cost, is billed for, and gives back.

use super::*;
use crate::domain::verdict::UnknownReason;

/// A table whose bytes count this many times.
fn scaled(scale: u64) -> Place {
    let place = Place::new();
    place.daily(json!({"scale": scale}));
    place.rows("props", games(), json!({}));
    place
}

fn spent(call: &Arc<Budget>) -> u64 {
    call.spent().days().iter().map(|(_, bytes)| bytes).sum()
}

#[tokio::test]
async fn a_statement_is_estimated_once_and_its_cap_is_what_was_set_aside() {
    let place = scaled(1);
    let budget = Arc::new(Budget::new(1 << 30, 1 << 30));
    let with = || Call { budget: budget.clone(), ..call() };
    assert_eq!(place.counts(with()).await.unwrap(), [2, 1, 0]);
    assert_eq!(spent(&budget), 10 * MIB, "the least that is billed");
    let calls = place.world.calls();
    let jobs: Vec<_> = calls.iter().filter(|call| call["call"] == "jobs.insert").collect();
    assert_eq!((jobs.len(), &jobs[0]["dryRun"], &jobs[1]["dryRun"]), (2, &json!(true), &json!(false)));
    assert_eq!(jobs[1]["maximumBytesBilled"], json!((10 * MIB).to_string()));
    assert_eq!(jobs[1]["labels"], json!({"gapless": "read", "gapless_table": "d_props"}));
    assert!(jobs[1]["jobTimeoutMs"].as_str().unwrap().parse::<u64>().unwrap() <= 30_000);
    assert!(jobs[1]["job"].as_str().unwrap().starts_with("gapless-"));
    place.counts(with()).await.unwrap();
    assert!(!place.world.called().contains(&"jobs.insert (dry)".to_string()), "the statement is known");
}

#[tokio::test]
async fn a_range_that_costs_too_much_is_halved_down_to_one_date_before_it_is_refused() {
    // A date of this table is about 20 MiB, all dates are more than one read may cost.
    let place = scaled(1 << 20);
    let dates = place.counts(within(Budget::new(40 * MIB, 1 << 40), Duration::from_secs(30))).await;
    assert_eq!(dates.unwrap(), [2, 1, 0]);
    let why = place.counts(within(Budget::new(9 * MIB, 1 << 40), Duration::from_secs(30))).await.unwrap_err();
    assert_eq!(why.reason, UnknownReason::ProbeBudget);
    assert!(why.text.contains("more than 9.0 MiB of the Warehouse's limits.maxBytesPerQuery"), "{}", why.text);
}

#[tokio::test]
async fn what_is_left_of_a_day_is_spent_on_the_dates_that_fit() {
    // The first date is 16 MiB, the second 8: all together are more than the day has.
    let place = scaled(1 << 20);
    let budget = Arc::new(Budget::new(1 << 30, 20 * MIB));
    let with = Call { budget: budget.clone(), ..call() };
    let answer = place.probe("d.props", with, vec![rows_of(plain(), &DAYS)]).await.unwrap();
    let dates = &answer.readings[0].as_ref().unwrap().dates;
    let told: Vec<_> = dates.values().map(|facts| facts.as_ref().map(|facts| facts.rows)).collect();
    assert_eq!(told[0], Ok(2), "the first date fits");
    let why = told.iter().find_map(|date| date.err()).expect("all dates together are too much");
    assert_eq!(why.reason, UnknownReason::ProbeBudget);
    assert!(why.text.contains("left today of 20.0 MiB"), "{}", why.text);
    assert!(answer.bytes > 0 && answer.bytes == spent(&budget) && spent(&budget) <= 20 * MIB, "{}", answer.bytes);
}

#[tokio::test]
async fn a_day_that_is_spent_refuses_before_anything_runs() {
    let place = scaled(1);
    let why = place.counts(within(Budget::new(1 << 30, 5 * MIB), Duration::from_secs(30))).await.unwrap_err();
    assert_eq!(why.reason, UnknownReason::ProbeBudget);
    assert!(why.text.contains("left today of 5.0 MiB"), "{}", why.text);
    assert!(!place.world.called().contains(&"jobs.insert".to_string()));
}

#[tokio::test]
async fn a_guess_that_is_too_low_is_corrected_and_costs_nothing() {
    let place = scaled(1 << 20);
    let budget = Arc::new(Budget::new(1 << 30, 1 << 40));
    let with = || Call { budget: budget.clone(), ..call() };
    let one = |day: &str| vec![rows_of(plain(), &[day])];
    place.probe("d.props", with(), one("2025-11-13")).await.unwrap();
    let before = spent(&budget);
    // The other date has many times its rows.
    let many: Vec<Value> = (0..9).map(|_| json!({"game_date": "2025-11-14", "team": "BOS"})).collect();
    let size = json!({"project": "p", "dataset": "d", "table": "props"});
    place.rows("props", json!(many), json!({}));
    let answer = place.probe("d.props", with(), one("2025-11-14")).await.unwrap();
    assert_eq!(answer.readings[0].as_ref().unwrap().dates.values().next().unwrap().as_ref().unwrap().rows, 9);
    assert_eq!(answer.bytes, spent(&budget) - before, "{size}");
}

#[tokio::test]
async fn hidden_bytes_count_as_what_was_set_aside() {
    let place = scaled(1 << 20);
    let policies = json!([{"filter": "TRUE", "grantees": ["me@example.com"]}]);
    place.world.tell("policy", of_table("props", json!({"policies": policies}), json!({})));
    let budget = Arc::new(Budget::new(1 << 30, 1 << 40));
    let answer = place.probe("d.props", Call { budget: budget.clone(), ..call() }, vec![rows_of(plain(), &DAYS)]).await;
    let answer = answer.unwrap();
    assert!(answer.readings[0].is_ok(), "{:?}", answer.readings);
    assert!(answer.bytes > 10 * MIB && answer.bytes == spent(&budget), "{}", answer.bytes);
}

#[tokio::test]
async fn another_project_pays_if_the_warehouse_says_so() {
    let place = scaled(1);
    let mut paid = call();
    paid.limits.bill_to = Some("payer".into());
    place.counts(paid).await.unwrap();
    let jobs: Vec<_> = place.world.calls().into_iter().filter(|call| call["call"] == "jobs.insert").collect();
    assert!(!jobs.is_empty() && jobs.iter().all(|job| job["project"] == "payer"));
}

#[tokio::test]
async fn a_table_that_requires_a_filter_is_refused_before_anything_is_sent() {
    let place = Place::new();
    place.daily(json!({"requirePartitionFilter": true, "timePartitioning": {"type": "DAY", "field": "at"}}));
    place.rows("props", games(), json!({}));
    let why = place.counts(call()).await.unwrap_err();
    assert_eq!(why.text, "table `d.props`: requires a filter on 'at'; date the coverage by it or add it to where");
    assert!(!place.world.called().iter().any(|call| call.starts_with("jobs")));
    let by_it = DateColumn::new("at", DateReading::Date);
    assert!(place.probe("d.props", call(), vec![rows_of(by_it, &DAYS)]).await.unwrap().readings[0].is_ok());
}
