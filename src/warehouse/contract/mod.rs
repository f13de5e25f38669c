//! The contract of all kinds of warehouse: the same rows and the same question give the same facts, to the last count. Folders
//! are the measure; PostgreSQL and BigQuery must agree with them.

mod data;
mod dates;
mod doubts;
mod figures;
mod filters;
mod golden;
mod random;
mod schedules;
mod served;
mod stored;
mod third;
mod units;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use data::Data;

use crate::domain::dates::{Date, DateSet, Timestamp};
use crate::domain::policy::ReadLimits;
use crate::domain::probe::*;
use crate::domain::span::Span;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::budget::Budget;
use crate::warehouse::sql::schema::Type;
use crate::warehouse::tables::{Call, Tables};

/// Connections and clients belong to one runtime.
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());

fn call() -> Call {
    let limits = ReadLimits {
        timeout: Span::seconds(60),
        concurrent: 4,
        bytes_per_query: u64::MAX,
        bytes_per_day: u64::MAX,
        latin1: false,
        bill_to: None,
        location: None,
    };
    Call {
        now: "2100-01-01T00:00:00Z".parse().unwrap(),
        deadline: tokio::time::Instant::now() + Duration::from_secs(60),
        limits,
        budget: Arc::new(Budget::new(u64::MAX, u64::MAX)),
        permit: None,
    }
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The dates from one to another.
fn days(from: &str, through: &str) -> DateSet {
    crate::domain::dates::DateRange::new(date(from), date(through)).unwrap().iter().collect()
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn filter(column: &str, test: Test) -> Filter {
    Filter { column: column.into(), test }
}

fn measure(of: Of) -> Measure {
    Measure { of, only: Vec::new() }
}

/// A question about 2025-11-14 through 16 by a column `day`, as changed.
fn ask(change: impl FnOnce(&mut Question)) -> Probe {
    let mut question = Question {
        date: DateColumn::new("day", DateReading::Plain),
        filters: Vec::new(),
        unit: UnitForm::Whole,
        aliases: Arc::default(),
        before: None,
        needed: Vec::new(),
        measures: Vec::new(),
        unique: Vec::new(),
        shares: Vec::new(),
    };
    change(&mut question);
    let dates = days("2025-11-14", "2025-11-16");
    Probe { question: Arc::new(question), dates, starts: BTreeMap::new(), caps: BTreeMap::new() }
}

/// What is compared of an answer: the facts of each date, or why they are unknown, and the rows without a possible date.
type Facts = (BTreeMap<Date, Result<DateFacts, UnknownReason>>, Undated);

fn facts(probe: &Probe, reading: &Result<Reading, Unknown>) -> Facts {
    match reading {
        Ok(reading) => {
            let dates = reading.dates.iter();
            let dates = dates.map(|(date, facts)| (*date, facts.clone().map_err(|why| why.reason)));
            (dates.collect(), Undated::sum(reading.undated.values()))
        }
        Err(why) => (probe.dates.iter().map(|date| (date, Err(why.reason))).collect(), Undated::default()),
    }
}

/// The answers of some tables.
async fn read(tables: &dyn Tables, table: &str, probes: &[Probe]) -> Vec<Result<Reading, Unknown>> {
    let seen = tables.mark(call(), table, &probes[0].question.date).await.unwrap();
    let answer = tables.probe(call(), table, Arc::new(seen), Arc::new(probes.to_vec())).await;
    answer.map_or_else(|why| probes.iter().map(|_| Err(why.clone())).collect(), |answer| answer.readings)
}

/// Asks every kind of warehouse, and returns the readings of folders once all others agree with them.
#[track_caller]
fn agree(data: &Data, probes: &[Probe]) -> Vec<Result<Reading, Unknown>> {
    RUNTIME.block_on(async {
        let (folders, table) = served::folders(data);
        let expected = read(&*folders.tables, &table, probes).await;
        for home in served::servers(data) {
            let answers = read(&*home.tables, &home.table, probes).await;
            for (n, (probe, (own, theirs))) in probes.iter().zip(expected.iter().zip(&answers)).enumerate() {
                assert_eq!(
                    facts(probe, theirs),
                    facts(probe, own),
                    "{}, probe {n}: {:?}; folders: {:?}",
                    home.name,
                    theirs.as_ref().err(),
                    own.as_ref().err()
                );
            }
        }
        expected
    })
}

/// The facts of one date of one probe.
#[track_caller]
fn of(data: &Data, probe: Probe, day: &str) -> DateFacts {
    let mut readings = agree(data, &[probe]);
    readings.remove(0).unwrap().dates[&date(day)].clone().unwrap()
}

/// That no kind of warehouse answers, all for the same reason.
#[track_caller]
fn refused(data: &Data, probe: Probe) -> Vec<Unknown> {
    RUNTIME.block_on(async {
        let mut all = Vec::new();
        let (folders, table) = served::folders(data);
        let mut homes = vec![(folders.tables.clone(), table)];
        homes.extend(served::servers(data).into_iter().map(|home| (home.tables, home.table)));
        for (tables, table) in homes {
            let why = match read(&*tables, &table, std::slice::from_ref(&probe)).await.remove(0) {
                Err(why) => why,
                Ok(reading) => reading.dates.into_values().next().unwrap().expect_err("an answer"),
            };
            assert_eq!(why.reason, UnknownReason::SchemaMismatch, "{}", why.text);
            all.push(why);
        }
        all
    })
}
