//! The status of a Source: what people see of it, and what is read back after a start.

use proptest::prelude::*;

use super::super::lint;
use super::super::source::*;
use crate::api::kinds::{SourceStatus, WindowStatus};
use crate::domain::breaker::{Breaker, Trip};
use crate::domain::dates::Timestamp;
use crate::domain::policy::{Budget, Key, Per, Source};
use crate::domain::source::{Record, Spent};
use crate::engine::overview::SourceView;
use crate::status::ledger::tests::{breaker, date, instant};

/// 100 credits a month, of which history may use 90.
fn view(used: u64, breaker: Breaker) -> SourceView {
    let budget = Budget { credits: 100, per: Per::Month, zone: jiff::tz::TimeZone::UTC, reserve: 10 };
    let now = "2025-11-20T12:00:00Z".parse().unwrap();
    SourceView {
        used: Some((budget.window(now), used)),
        state: breaker.state(now),
        breaker,
        source: Source {
            key: Key { namespace: "default".into(), kind: "Source".into(), name: "odds-api".into() },
            uid: "uid".into(),
            generation: 3,
            budget: Some(budget),
            max_jobs: None,
            requests_per_minute: None,
            trip: Trip::default(),
            suspend: false,
        },
        live: 0,
        coverages: Vec::new(),
        cheapest: 1,
    }
}

/// With the dates of several coverages.
pub(crate) fn records() -> impl Strategy<Value = Record> {
    let spent = (instant(), any::<u64>()).prop_map(|(start, credits)| Spent { start, credits });
    let spent = prop::option::of((spent, prop::option::of(instant())));
    let failed = prop::collection::btree_map("[a-f0-9-]{1,36}", prop::collection::vec(date(), 1..20), 0..4);
    (spent, breaker(), failed, prop::option::of(instant())).prop_map(|(spent, breaker, failed, through)| {
        let dates = failed.into_iter().map(|(uid, dates)| (uid.as_str().into(), dates.into_iter().collect()));
        let (spent, until) = spent.map_or((None, None), |(spent, until)| (Some(spent), until));
        Record {
            spent,
            until,
            breaker: Breaker { failed: crate::domain::breaker::Failed(dates.collect()), ..breaker },
            through,
        }
    })
}

/// Through JSON, as the API server keeps it.
fn stored(status: &SourceStatus) -> SourceStatus {
    serde_json::from_str(&serde_json::to_string(status).unwrap()).unwrap()
}

fn render(view: &SourceView, record: &Record, old: &SourceStatus, now: Timestamp) -> SourceStatus {
    let status = source_status(view, record, old, now);
    assert_eq!(lint::conditions(&status.conditions, 3, 3), Vec::<String>::new());
    status
}

proptest! {
    #[test]
    fn what_is_stored_of_a_source_survives_the_wire(record in records(), used in 0..200_u64, now in instant()) {
        let view = view(used, record.breaker.clone());
        let status = render(&view, &record, &SourceStatus::default(), now);
        prop_assert_eq!(source_record(&stored(&status)), (record.clone(), vec![]));
        prop_assert_eq!(&render(&view, &record, &status, Timestamp::MAX), &status, "told again, nothing moves");
        let refused = refused_source_status(&status, 4, "spec.budget.timeZone: unknown time zone 'Mars'", now);
        prop_assert_eq!(source_record(&stored(&refused)), (record.clone(), vec![]), "a refused spec loses nothing");
        prop_assert_eq!(source_from_json(&source_to_json(&record).unwrap()), Ok(record));
    }

    #[test]
    fn no_edit_by_hand_makes_it_panic_or_fills_the_budget(record in records(), field in 0..6, text in ".{0,20}") {
        let mut status = source_status(&view(0, record.breaker.clone()), &record, &SourceStatus::default(), Timestamp::UNIX_EPOCH);
        let breaker = status.breaker.as_mut().unwrap();
        match field {
            0 => status.window.iter_mut().for_each(|window| window.start = text.clone()),
            1 => breaker.since = Some(text),
            2 => breaker.until = Some(text),
            3 => breaker.through = Some(text),
            4 => breaker.failed.iter_mut().for_each(|line| *line = text.clone()),
            _ => breaker.outcome = text,
        }
        let credits = |spent: Option<Spent>| spent.map(|spent| spent.credits);
        prop_assert_eq!(credits(source_record(&status).0.spent), credits(record.spent));
    }
}

/// Credits whose window cannot be read count in the present one, and the rest is not lost.
#[test]
fn a_part_that_cannot_be_read_takes_nothing_else_along() {
    let window = Some(WindowStatus { start: "noon".into(), end: String::new(), used: 40 });
    let (record, wrong) = source_record(&SourceStatus { window, ..SourceStatus::default() });
    let texts: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["status.window.start: 'noon' is not a timestamp"]);
    let now = "2025-11-20T12:00:00Z".parse().unwrap();
    let budget = view(0, Breaker::default()).source.budget.unwrap();
    let spent = record.spent.unwrap().at(&budget, 0, now);
    assert_eq!((spent.start.to_string(), spent.credits), ("2025-11-01T00:00:00Z".into(), 40));
}

#[test]
fn people_read_why_nothing_is_launched_on_a_source_and_until_when() {
    let opened = crate::domain::breaker::Opened {
        since: "2025-11-20T11:00:00Z".parse().unwrap(),
        until: "2025-11-20T12:30:00Z".parse().unwrap(),
        trials: 2,
        launch: 7,
        outcome: crate::domain::ledger::Outcome::SourceDown,
        message: "503 from the API".into(),
    };
    let open = Breaker { opened: Some(opened), ..Breaker::default() };
    let mut dear = view(85, Breaker::default());
    dear.cheapest = 10;
    let mut suspended = view(90, open.clone());
    suspended.source.suspend = true;
    let table = [
        (view(89, Breaker::default()), "True/Accepted False launches may draw on it"),
        (
            view(90, Breaker::default()),
            "False/Budget True the budget is spent until 2025-12-01T00:00:00Z; 10 credits are reserved for yesterday and later",
        ),
        (
            dear,
            "False/Budget True the budget is spent until 2025-12-01T00:00:00Z; 15 credits are reserved for yesterday and later",
        ),
        (view(100, Breaker::default()), "False/Budget True the budget is spent until 2025-12-01T00:00:00Z"),
        (
            view(90, open),
            "False/BreakerOpen True one trial may start after 2025-11-20T12:30:00Z; launch 7: SourceDown: 503 from the API",
        ),
        (suspended, "False/Suspended False no Job that draws on it is launched: spec.suspend is true"),
    ];
    for (view, expected) in table {
        let record = Record { breaker: view.breaker.clone(), ..Record::default() };
        let status = render(&view, &record, &SourceStatus::default(), Timestamp::UNIX_EPOCH);
        let find = |kind: &str| status.conditions.iter().find(|c| c.type_ == kind).unwrap();
        let (ready, reconciling) = (find("Ready"), find("Reconciling"));
        let told = format!("{}/{} {} {}", ready.status, ready.reason, reconciling.status, ready.message);
        assert_eq!(told, expected);
    }
}
