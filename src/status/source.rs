//! The status of a Source, and what is stored of it there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::conditions::{Answer, Course, Standing, conditions};
use super::ledger::last_outcome;
use super::lint;
use super::misread::Misread;
use super::reasons::Reason;
use super::text::{MAX_SENTENCE, cut, dates, parse_dates, parse_instant};
use crate::api::kinds::{SourceBreakerStatus, SourceStatus, WindowStatus};
use crate::domain::breaker::{Breaker, BreakerState, Failed, Opened};
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::source::{Record, Spent};
use crate::engine::overview::SourceView;

const SUSPENDED: &str = "no Job that draws on it is launched: spec.suspend is true";

/// The status of a Source whose spec is accepted.
pub fn source_status(view: &SourceView, record: &Record, old: &SourceStatus, now: Timestamp) -> SourceStatus {
    let generation = view.source.generation;
    let conditions = conditions(&old.conditions, &standing(view), generation, now);
    lint::expect(&lint::conditions(&conditions, generation, generation));
    let window = window(record);
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
        (true, ..) => (Answer::False, Course::Idle, Reason::Suspended, SUSPENDED.into()),
        (_, Some(opened), _) => {
            let message = format!("one trial may start after {}; {}", opened.until, opened.last_words());
            (Answer::False, Course::Reconciling, Reason::BreakerOpen, message)
        }
        (.., Some(until)) => {
            let kept = view.reserved().map(|kept| format!("; {kept} credits are reserved for yesterday and later"));
            let message = format!("the budget is spent until {until}{}", kept.unwrap_or_default());
            (Answer::False, Course::Reconciling, Reason::Budget, message)
        }
        _ => (Answer::True, Course::Idle, Reason::Accepted, "launches may draw on it".into()),
    };
    Standing { ready, course, reason, message }
}

fn window(record: &Record) -> Option<WindowStatus> {
    let end = record.until.map(|until| until.to_string()).unwrap_or_default();
    record.spent.map(|spent| WindowStatus { start: spent.start.to_string(), end, used: spent.credits })
}

fn breaker(record: &Record, state: BreakerState) -> SourceBreakerStatus {
    let Breaker { failed, opened } = &record.breaker;
    let status = SourceBreakerStatus {
        state: state.word().into(),
        failures: failed.len(),
        failed: failed.0.iter().map(|(uid, set)| format!("{uid} {}", dates(set))).collect(),
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
    let breaker = Some(breaker(record, BreakerState::Closed)).filter(|_| *record != Record::default());
    serde_json::to_vec(&SourceStatus { window: window(record), breaker, ..SourceStatus::default() })
}

/// Reads what [`source_to_json`] wrote; fields of a later version are skipped.
///
/// # Errors
/// What is wrong with it, and where.
pub fn source_from_json(json: &[u8]) -> Result<Record, Misread> {
    let (record, wrong) = source_record(&serde_json::from_slice(json).map_err(|e| Misread::Json(e.to_string()))?);
    wrong.into_iter().next().map_or(Ok(record), Err)
}

/// What is stored of a Source, and what of it cannot be read: a breaker that cannot be read is closed, and credits whose
/// window cannot be read were used in the present one.
pub fn source_record(status: &SourceStatus) -> (Record, Vec<Misread>) {
    let mut wrong = Vec::new();
    let spent = status.window.as_ref().map(|window| {
        let start = parse_instant(&window.start).map_err(|why| why.at("status.window.start"));
        Spent { start: read(start, &mut wrong).unwrap_or(Timestamp::MAX), credits: window.used }
    });
    let end = status.window.as_ref().map(|window| &*window.end).filter(|end| !end.is_empty());
    let until = end.map(parse_instant).transpose().map_err(|why| why.at("status.window.end"));
    let until = read(until, &mut wrong).flatten();
    let Some(stored) = &status.breaker else { return (Record { spent, until, ..Record::default() }, wrong) };
    let through = stored.through.as_deref().map(parse_instant).transpose();
    let through = through.map_err(|why| why.at("status.breaker.through"));
    let breaker = breaker_of(stored).map_err(|why| why.at("status.breaker"));
    let through = read(through, &mut wrong).flatten();
    (Record { spent, until, breaker: read(breaker, &mut wrong).unwrap_or_default(), through }, wrong)
}

fn read<T>(read: Result<T, Misread>, wrong: &mut Vec<Misread>) -> Option<T> {
    read.map_err(|why| wrong.push(why)).ok()
}

fn breaker_of(stored: &SourceBreakerStatus) -> Result<Breaker, Misread> {
    Ok(Breaker { failed: failed(&stored.failed)?, opened: opened(stored)? })
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
    let (since, until) = match (&stored.since, &stored.until) {
        (None, None) => return Ok(None),
        (Some(since), Some(until)) => (parse_instant(since)?, parse_instant(until)?),
        _ => return Err(Misread::Lacks(stored.state.clone(), "`since` or `until`")),
    };
    Ok(Some(Opened {
        since,
        until,
        trials: u8::try_from(stored.trials).unwrap_or(u8::MAX),
        launch: stored.launch,
        outcome: last_outcome(&stored.outcome)?,
        message: stored.message.clone(),
    }))
}
