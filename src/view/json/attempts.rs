//! Attempts in the JSON: those that are not settled, and the last settled ones.

use std::sync::Arc;

use serde::Serialize;

use super::{List, Shown, dates};
use crate::domain::dates::{Date, Timestamp};
use crate::domain::ledger::{Attempt, Outcome, Settled, Stage};
use crate::engine::overview::CoverageView;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttemptObject<'a, D> {
    launch: u64,
    job: Shown<Arc<str>>,
    rung: &'a str,
    attempt: u32,
    dates: D,
    stage: &'static str,
    recorded_at: Shown<Timestamp>,
}

#[derive(Serialize)]
struct SettledObject<'a, O> {
    launch: u64,
    job: Shown<Arc<str>>,
    rung: &'a str,
    at: Shown<Timestamp>,
    outcomes: O,
    message: &'a str,
}

#[derive(Serialize)]
struct OutcomeObject {
    date: Shown<Date>,
    outcome: &'static str,
}

pub(super) fn attempt<'a>(view: &CoverageView, attempt: &'a Attempt) -> impl Serialize + use<'a> {
    AttemptObject {
        launch: attempt.launch,
        job: Shown(view.job(attempt.launch)),
        rung: &attempt.rung,
        attempt: attempt.number,
        dates: dates(&attempt.dates),
        stage: match attempt.stage {
            Stage::Recorded => "Recorded",
            Stage::Created { .. } => "Created",
            Stage::Ended { .. } => "Ended",
        },
        recorded_at: Shown(attempt.recorded_at),
    }
}

pub(super) fn settled<'a>(view: &CoverageView, settled: &'a Settled) -> impl Serialize + use<'a> {
    let outcome = |(date, outcome): (&Date, &Outcome)| OutcomeObject { date: Shown(*date), outcome: outcome.word() };
    SettledObject {
        launch: settled.launch,
        job: Shown(view.job(settled.launch)),
        rung: &settled.rung,
        at: Shown(settled.at),
        outcomes: List(settled.outcomes.iter().map(outcome)),
        message: &settled.message,
    }
}
