//! The state of a cell, as a specification: every rule, and the rules that precede it.

mod jobs;
mod ladders;
mod open;
mod properties;
mod reruns;
mod rungs;
mod sequence;
mod settled;
mod wants;

use alloc::format;
use alloc::string::String;
use alloc::vec;

use super::*;
use crate::domain::dates::DateSet;
use crate::domain::judge::tests::{at, calendar, calendar_of, coverage, day, facts};
use crate::domain::judge::{Known, judge};
use crate::domain::ledger::{Admitted, Before, End, Outcome, Pending, Tally, Template, Trial};
use crate::domain::policy::{DateOrder, FillOrder, Repairs, Rerun, Waiver};
use crate::domain::probe::DateFacts;
use crate::domain::span::Span;
use crate::domain::verdict::{Unknown, UnknownReason};

const DATE: &str = "2025-11-14";
const GAMES: [&str; 2] = ["BOS@NYK", "PHX@DEN"];
/// Twelve hours after the date's games have started, six after it was due.
const NOW: &str = "2025-11-15T11:00:00Z";

/// One date and everything around it.
#[derive(Debug)]
struct Case {
    coverage: Coverage,
    games: Vec<&'static str>,
    facts: Result<DateFacts, Unknown>,
    ledger: Ledger,
    jobs: Vec<Job>,
    orders: DateOrders,
    hold: Option<Hold>,
    now: &'static str,
}

fn case() -> Case {
    Case {
        coverage: coverage(),
        games: GAMES.to_vec(),
        facts: Ok(facts(&[])),
        ledger: Ledger::default(),
        jobs: vec![],
        orders: DateOrders::new(),
        hold: None,
        now: NOW,
    }
}

impl Case {
    fn assess(&self) -> Assessment {
        let calendar = calendar([calendar_of(day(DATE), &self.games)], "2025-11-15");
        let known = match &self.facts {
            Ok(facts) => Known::Fresh(facts),
            Err(unknown) => Known::Never(unknown),
        };
        let judged = [(day(DATE), judge(&self.coverage, &calendar, day(DATE), known, at(self.now)))];
        assess(&Situation {
            sources: &BTreeMap::new(),
            coverage: &self.coverage,
            calendar: &calendar,
            judged: &judged,
            ledger: &self.ledger,
            jobs: &self.jobs,
            orders: Some(&self.orders),
            hold: self.hold,
            now: at(self.now),
        })
    }

    fn recorded(mut self) -> Self {
        let dates: DateSet = [day(DATE)].into_iter().collect();
        let admitted = Admitted {
            rung: "reload".into(),
            target: coverage().table,
            aliases: vec![],
            dates,
            number: 1,
            tokens: Default::default(),
            trial: false,
            draw: None,
            window: None,
        };
        self.ledger = self.ledger.record(&admitted, [(day(DATE), Before::default())].into(), at(NOW));
        self
    }

    fn tally(mut self, tally: Tally) -> Self {
        self.ledger.tallies.insert(("reload".into(), day(DATE)), tally);
        self
    }

    fn token(mut self, token: &str) -> Self {
        let rerun = Some(Rerun { token: token.into(), coverages: vec![] });
        self.orders.insert(day(DATE), DateOrder { priority: 0, rerun });
        self
    }
}

fn tally(charged: u8, last: Outcome, retry_at: &str) -> Tally {
    Tally { charged, free: 0, last, retry_at: at(retry_at), alone: false, complete_reads: 0 }
}

#[track_caller]
fn check(case: &Case, expected: &str) {
    let assessment = case.assess();
    let cell = &assessment.cells[0];
    let wants = if assessment.wants.is_empty() { "" } else { " wants a Job" };
    let told: String = format!("{}/{}{wants}", cell.state().word(), cell.cause.reason());
    assert_eq!(told, expected);
    assert!(!cell.message.contains("2025-11-15T"), "a message has no time that changes: {}", cell.message);
}

fn complete() -> DateFacts {
    facts(&[("BOS@NYK", 2), ("PHX@DEN", 2)])
}

fn job(pending: Option<Pending>) -> Job {
    Job {
        namespace: "default".into(),
        name: "j".into(),
        uid: "u".into(),
        coverage: "uid-boxscores".into(),
        launch: 1,
        dates: [day(DATE)].into_iter().collect(),
        target: coverage().table,
        aliases: vec![],
        ended: None,
        draw: None,
        message: String::new(),
        pending,
    }
}

fn waiver(expires: Option<&str>) -> Waiver {
    let dates = crate::domain::dates::DateRange::day(day(DATE));
    Waiver { dates, reason: "no source".into(), expires: expires.map(day) }
}
