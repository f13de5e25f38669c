//! The status of a Source, and what is stored of it there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::conditions::{Answer, Course, Standing, conditions};
use super::lint;
use super::misread::{Form, Misread};
use super::reasons::Reason;
use super::text::{MAX_SENTENCE, cut, dates, parse_dates, parse_instant};
use crate::api::kinds::{SourceBreakerStatus, SourceStatus, WindowStatus};
use crate::domain::breaker::{Breaker, BreakerState, Failed, Opened};
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::ledger::Outcome;
use crate::domain::source::{Record, Spent};
use crate::engine::overview::SourceView;

/// The longest text of the dates of one coverage.
const MAX_DATES: usize = 4096;

/// The status of a Source whose spec is accepted.
pub fn source_status(view: &SourceView, record: &Record, old: &SourceStatus, now: Timestamp) -> SourceStatus {
    let generation = view.source.generation;
    let conditions = conditions(&old.conditions, &standing(view), generation, now);
    lint::expect(&lint::conditions(&conditions, generation, generation));
    let window = record.spent.map(|spent| window(spent, view));
    let breaker = Some(breaker(record, view.state));
    SourceStatus { observed_generation: generation, conditions, window, breaker }
}

/// The status of a Source whose spec is refused. What is stored of it stays.
pub fn refused_source_status(old: &SourceStatus, generation: i64, why: &str, now: Timestamp) -> SourceStatus {
    let conditions = conditions(&old.conditions, &Standing::stalled(why), generation, now);
    lint::expect(&lint::conditions(&conditions, generation, generation));
    SourceStatus { observed_generation: generation, conditions, ..old.clone() }
}

fn standing(view: &SourceView) -> Standing {
    let opened = view.breaker.opened.as_ref();
    let is_spent = view.spent_until();
    let (ready, course, reason, message) = match (view.source.suspend, opened, is_spent) {
        (true, ..) => {
            (Answer::False, Course::Idle, Reason::Suspended, "nothing is launched: spec.suspend is true".into())
        }
        (_, Some(opened), _) => {
            let message = format!("one trial may start after {}; {}", opened.until, opened.last_words());
            (Answer::False, Course::Reconciling, Reason::BreakerOpen, message)
        }
        (.., Some(until)) => {
            let message = format!("the budget is spent until {until}, but for what is reserved");
            (Answer::False, Course::Reconciling, Reason::Budget, message)
        }
        _ => (Answer::True, Course::Idle, Reason::Accepted, "launches may draw on it".into()),
    };
    Standing { ready, course, reason, message }
}

fn window(spent: Spent, view: &SourceView) -> WindowStatus {
    let end = view.source.budget.as_ref().map(|budget| budget.window(spent.start).end.to_string());
    WindowStatus { start: spent.start.to_string(), end: end.unwrap_or_default(), used: spent.credits }
}

fn breaker(record: &Record, state: BreakerState) -> SourceBreakerStatus {
    let Breaker { failed, opened } = &record.breaker;
    let status = SourceBreakerStatus {
        state: state.word().into(),
        failures: failed.len(),
        failed: failed.0.iter().map(|(uid, set)| format!("{uid} {}", cut(&dates(set), MAX_DATES))).collect(),
        through: record.through.map(|at| at.to_string()),
        ..SourceBreakerStatus::default()
    };
    let Some(Opened { since, until, trials, launch, outcome, message }) = opened else { return status };
    SourceBreakerStatus {
        since: Some(since.to_string()),
        until: Some(until.to_string()),
        trials: u32::from(*trials),
        launch: *launch,
        outcome: outcome.word().into(),
        message: cut(message, MAX_SENTENCE),
        ..status
    }
}

/// What is stored of a source where there is no object that could hold it.
///
/// # Errors
/// None that a record can cause.
pub fn source_to_json(record: &Record) -> Result<Vec<u8>, serde_json::Error> {
    let window = record.spent.map(|spent| WindowStatus {
        start: spent.start.to_string(),
        end: String::new(),
        used: spent.credits,
    });
    let breaker = Some(breaker(record, BreakerState::Closed)).filter(|_| *record != Record::default());
    serde_json::to_vec(&SourceStatus { window, breaker, ..SourceStatus::default() })
}

/// Reads what [`source_to_json`] wrote; fields of a later version are skipped.
///
/// # Errors
/// What is wrong with it, and where.
pub fn source_from_json(json: &[u8]) -> Result<Record, Misread> {
    source_record(&serde_json::from_slice(json).map_err(|e| Misread::Json(e.to_string()))?)
}

/// What is stored of a Source.
///
/// # Errors
/// What is wrong with it, and where.
pub fn source_record(status: &SourceStatus) -> Result<Record, Misread> {
    let spent = status.window.as_ref().map(|window| {
        Ok(Spent {
            start: parse_instant(&window.start).map_err(|why| why.at("status.window.start"))?,
            credits: window.used,
        })
    });
    let Some(stored) = &status.breaker else {
        return Ok(Record { spent: spent.transpose()?, ..Record::default() });
    };
    let at = |why: Misread| why.at("status.breaker");
    Ok(Record {
        spent: spent.transpose()?,
        breaker: Breaker { failed: failed(&stored.failed).map_err(at)?, opened: opened(stored).map_err(at)? },
        through: stored.through.as_deref().map(parse_instant).transpose().map_err(at)?,
    })
}

fn failed(lines: &[String]) -> Result<Failed, Misread> {
    let line = |line: &String| {
        let (uid, set) = line.split_once(' ').ok_or_else(|| Misread::Lacks(line.clone(), "its dates"))?;
        Ok((uid.into(), parse_dates(set)?))
    };
    let all: Result<BTreeMap<Arc<str>, DateSet>, Misread> = lines.iter().map(line).collect();
    Ok(Failed(all?))
}

fn opened(stored: &SourceBreakerStatus) -> Result<Option<Opened>, Misread> {
    let (Some(since), Some(until)) = (&stored.since, &stored.until) else { return Ok(None) };
    let outcome = Outcome::of_word(&stored.outcome);
    Ok(Some(Opened {
        since: parse_instant(since)?,
        until: parse_instant(until)?,
        trials: u8::try_from(stored.trials).unwrap_or(u8::MAX),
        launch: stored.launch,
        outcome: outcome.ok_or_else(|| Misread::Not(Form::Outcome, stored.outcome.clone()))?,
        message: stored.message.clone(),
    }))
}
