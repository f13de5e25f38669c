//! The engine against the tests' BigQuery, which is Google's own evaluator behind the calls of BigQuery.

#[path = "../../../tests/bigquery/double.rs"]
pub(crate) mod double;

mod costs;
mod faults;
mod marks;
mod reads;
mod tokens;
mod views;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::errors::Refused;
use super::http::Http;
use super::token::{Token, Tokens};
use super::*;
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::policy::ReadLimits;
use crate::domain::probe::{Answer, DateReading, Measure, Of, Probe, Question, UnitForm};
use crate::domain::span::Span;
use crate::warehouse::budget::Budget;
use double::World;

const MIB: u64 = 1 << 20;

/// A token that the world knows, and how often it was refused.
#[derive(Clone, Debug, Default)]
struct Fixed(Arc<AtomicU32>);

impl Tokens for Fixed {
    async fn token(&self, _: Instant) -> Result<Token, Refused> {
        Ok(Token::from("canary-token"))
    }

    fn forget(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A project with one dataset, and the engine that reads it.
struct Place {
    world: World,
    tables: Sql<BigQuery>,
    forgotten: Fixed,
}

impl Place {
    fn new() -> Self {
        Self::with_pages(PAGE)
    }

    fn with_pages(page: usize) -> Self {
        let (world, forgotten) = (World::new(), Fixed::default());
        world.tell("token", json!({"token": "canary-token", "principal": "me@example.com"}));
        world.tell("dataset", json!({"project": "p", "dataset": "d", "location": "us-west2"}));
        let rest = Http::at(world.endpoint(), forgotten.clone());
        let tables = Sql::new(BigQuery { page, ..BigQuery::new("p", Arc::new(rest)) });
        Self { world, tables, forgotten }
    }

    /// Makes a table, with what else `more` says.
    fn table(&self, name: &str, fields: &[(&str, &str)], more: Value) {
        let fields: Vec<Value> = fields.iter().map(|(name, of)| json!({"name": name, "type": of})).collect();
        self.world.tell("table", of_table(name, json!({"schema": {"fields": fields}}), more));
    }

    /// A table of games by date, partitioned by it.
    fn daily(&self, more: Value) {
        let fields = [("game_date", "DATE"), ("team", "STRING"), ("player", "STRING"), ("at", "TIMESTAMP")];
        let by_date = json!({"timePartitioning": {"type": "DAY", "field": "game_date"}});
        self.world.tell(
            "table",
            of_table(
                "props",
                json!({"schema": {"fields": fields.map(|(name, of)| json!({"name": name, "type": of}))}}),
                merged(by_date, more),
            ),
        );
    }

    fn rows(&self, name: &str, rows: Value, more: Value) {
        self.world.tell("rows", of_table(name, json!({"rows": rows}), more));
    }

    async fn mark(&self, name: &str, date: &DateColumn) -> Result<TableMark, Unknown> {
        self.tables.mark(call(), name, date).await
    }

    async fn probe(&self, name: &str, call: Call, probes: Vec<Probe>) -> Result<Answer, Unknown> {
        let seen = self.mark(name, &probes[0].question.date).await?;
        self.tables.probe(call, name, Arc::new(seen), Arc::new(probes)).await
    }

    /// The rows of each date of `props`, or why they are unknown.
    async fn counts(&self, call: Call) -> Result<Vec<u64>, Unknown> {
        let answer = self.probe("d.props", call, vec![rows_of(plain(), &DAYS)]).await?;
        let reading = answer.readings.into_iter().next().unwrap()?;
        reading.dates.into_values().map(|facts| facts.map(|facts| facts.rows)).collect()
    }
}

/// Three dates with two rows, one and none.
const DAYS: [&str; 3] = ["2025-11-12", "2025-11-13", "2025-11-14"];

fn games() -> Value {
    json!([
        {"game_date": "2025-11-12", "team": "BOS", "player": "a", "at": "2025-11-12T20:00:00Z"},
        {"game_date": "2025-11-12", "team": "NYK", "player": "b", "at": "2025-11-12T21:00:00Z"},
        {"game_date": "2025-11-13", "team": "BOS", "player": "a", "at": "2025-11-13T20:00:00Z"},
    ])
}

fn merged(mut object: Value, more: Value) -> Value {
    object.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    object
}

fn of_table(name: &str, object: Value, more: Value) -> Value {
    merged(merged(json!({"project": "p", "dataset": "d", "table": name}), object), more)
}

fn limits(per_query: u64, per_day: u64) -> ReadLimits {
    ReadLimits {
        timeout: Span::seconds(30),
        concurrent: 1,
        bytes_per_query: per_query,
        bytes_per_day: per_day,
        latin1: false,
        bill_to: None,
        location: None,
    }
}

fn call() -> Call {
    within(Budget::new(1 << 40, 1 << 40), Duration::from_secs(30))
}

fn within(budget: Budget, time: Duration) -> Call {
    Call {
        now: "2025-11-14T12:00:00Z".parse::<Timestamp>().unwrap(),
        deadline: Instant::now() + time,
        limits: limits(budget.per_query(), 1 << 40),
        budget: Arc::new(budget),
        permit: None,
    }
}

fn plain() -> DateColumn {
    DateColumn::new("game_date", DateReading::Plain)
}

/// A question for the rows of each date.
fn question(date: DateColumn) -> Question {
    Question {
        date,
        filters: Vec::new(),
        unit: UnitForm::Whole,
        aliases: Arc::default(),
        before: None,
        needed: Vec::new(),
        measures: vec![Measure { of: Of::Rows, only: Vec::new() }],
        unique: Vec::new(),
        shares: Vec::new(),
    }
}

fn asked(question: Question, days: &[&str]) -> Probe {
    let mut dates = DateSet::new();
    days.iter().for_each(|day| dates.insert(day.parse().unwrap()));
    Probe { question: Arc::new(question), dates, starts: BTreeMap::new(), caps: BTreeMap::new() }
}

fn rows_of(date: DateColumn, days: &[&str]) -> Probe {
    asked(question(date), days)
}

/// The tables of a project in a world, for the contract of all kinds of warehouse.
pub(crate) fn tables(project: &str, world: &World) -> Arc<dyn Tables> {
    world.tell("token", json!({"token": "canary-token", "principal": "me@example.com"}));
    let rest = Http::at(world.endpoint(), Fixed::default());
    Arc::new(Sql::new(BigQuery::new(project, Arc::new(rest))))
}
