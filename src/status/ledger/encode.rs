//! The ledger as status fields. Dates of equal history share one text; nothing is ever cut but a filler's message.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use super::super::text::{self, MAX_SENTENCE, cut, dates};
use super::StageWord;
use crate::api::kinds::*;
use crate::domain::breaker::{Breaker, Opened};
use crate::domain::dates::{Date, DateSet};
use crate::domain::ledger::{Attempt, Before, Ledger, Settled, Stage, Tally, Template, Trial, job_name};
use crate::domain::policy::Table;

/// Writes a ledger into a status. The name and the uid of its coverage tell the names of its Jobs.
pub(crate) fn write(ledger: &Ledger, name: &str, uid: &str, status: &mut CoverageStatus) {
    let Ledger {
        launches,
        attempts,
        tallies,
        recent,
        fingerprints,
        breakers,
        spent: credits,
        templates,
        tokens,
        earlier,
        spare,
        complete,
    } = ledger;
    let job = |a: &Attempt| job_name(name, uid, a.launch).to_string();
    status.attempts = attempts.iter().map(|a| attempt(a, job(a))).collect();
    status.recent = recent.iter().map(settled).collect();
    status.ledger = Some(LedgerStatus {
        launches: *launches,
        fingerprint: format!("{:x}", fingerprints.question),
        fingerprint_form: fingerprints.form,
        fingerprints: fingerprints.rungs.iter().map(|(rung, of)| format!("{rung} {of:x}")).collect(),
        templates: templates.iter().map(template).collect(),
        breakers: breakers.iter().map(breaker).collect(),
        spent: credits.iter().map(|(source, spent)| format!("{source} {} {}", spent.start, spent.credits)).collect(),
        complete: dates(complete),
        tokens: spent(tokens),
        earlier_tokens: spent_before(earlier),
        spare: spare.iter().filter_map(|launch| i64::try_from(*launch).ok()).collect(),
        charges: charges(tallies),
    });
}

fn template((rung, Template { mark, trial }): (&Arc<str>, &Template)) -> String {
    match trial {
        Trial::None => format!("{rung} {mark:x}"),
        Trial::Open => format!("{rung} {mark:x} trial"),
        Trial::Launch(launch) => format!("{rung} {mark:x} trial={launch}"),
    }
}

fn breaker((rung, Breaker { failed, opened }): (&Arc<str>, &Breaker)) -> BreakerStatus {
    let closed = BreakerStatus {
        rung: rung.to_string(),
        failed: failed.0.get("").map(dates).unwrap_or_default(),
        ..BreakerStatus::default()
    };
    let Some(Opened { since, until, trials, launch, outcome, message }) = opened else { return closed };
    BreakerStatus {
        since: Some(since.to_string()),
        until: Some(until.to_string()),
        trials: *trials,
        launch: *launch,
        outcome: outcome.word().into(),
        message: cut(message, MAX_SENTENCE),
        ..closed
    }
}

fn spent(tokens: &BTreeMap<Date, Arc<str>>) -> Vec<SpentToken> {
    let groups = grouped(tokens.iter().map(|(date, token)| (&**token, *date)));
    groups.into_iter().map(|(token, set)| SpentToken { token: token.into(), dates: dates(&set) }).collect()
}

/// In the order of their age on each date.
fn spent_before(tokens: &BTreeMap<Date, Vec<Arc<str>>>) -> Vec<SpentToken> {
    let aged = |(date, all): (&Date, &Vec<Arc<str>>)| {
        let date = *date;
        all.iter().enumerate().map(|(age, token)| ((age, token.clone()), date)).collect::<Vec<_>>()
    };
    let mut groups = grouped(tokens.iter().flat_map(aged));
    groups.sort_by_key(|((age, _), _)| *age);
    groups.into_iter().map(|((_, token), set)| SpentToken { token: token.to_string(), dates: dates(&set) }).collect()
}

fn charges(tallies: &BTreeMap<(Arc<str>, Date), Tally>) -> Vec<RungCharges> {
    let mut rungs: BTreeMap<&str, Vec<(String, Date)>> = BTreeMap::new();
    for ((rung, date), tally) in tallies {
        rungs.entry(rung).or_default().push((history(tally), *date));
    }
    let charges =
        |(rung, rows): (&str, Vec<(String, Date)>)| RungCharges { rung: rung.into(), dates: lines(grouped(rows)) };
    rungs.into_iter().map(charges).collect()
}

fn history(tally: &Tally) -> String {
    let Tally { charged, free, last, retry_at, alone, complete_reads } = tally;
    let mut text = last.word().to_string();
    for (name, count) in [("charged", charged), ("free", free), ("reads", complete_reads)] {
        if *count > 0 {
            let _ = write!(text, " {name}={count}");
        }
    }
    if *alone {
        text += " alone";
    }
    let _ = write!(text, " retry={retry_at}");
    text
}

fn attempt(attempt: &Attempt, job: String) -> AttemptStatus {
    let Attempt { launch, rung, target, aliases, dates: set, before, number, tokens, recorded_at, stage, draw } =
        attempt;
    let mut status = AttemptStatus {
        launch: *launch,
        job,
        rung: rung.to_string(),
        place: target.place.to_string(),
        table: target.name.to_string(),
        aliases: aliases.iter().map(named).collect(),
        number: *number,
        dates: dates(set),
        before: lines(grouped(before.iter().map(|(date, b)| (held(b), *date)))),
        tokens: spent(tokens),
        recorded_at: recorded_at.to_string(),
        draws: draw.as_ref().map(ToString::to_string),
        stage: StageWord::of(stage).word().into(),
        ..AttemptStatus::default()
    };
    match stage {
        Stage::Recorded => {}
        Stage::Created { uid } => status.uid = Some(uid.to_string()),
        Stage::Ended { at, end, message } => {
            status.ended_at = Some(at.to_string());
            status.end = Some(text::end(*end));
            status.message = cut(message, MAX_SENTENCE);
        }
    }
    status
}

fn named(table: &Table) -> TableName {
    TableName { place: table.place.to_string(), table: table.name.to_string() }
}

fn held(before: &Before) -> String {
    let Before { mark, rows, covered, values, complete } = before;
    let complete = if *complete { " complete" } else { "" };
    format!("mark={mark:x} rows={rows} covered={covered} values={values}{complete}")
}

fn settled(settled: &Settled) -> SettledStatus {
    let Settled { launch, rung, at, outcomes, message } = settled;
    let groups = grouped(outcomes.iter().map(|(date, outcome)| (outcome.word(), *date)));
    let outcome = |(word, set): (&str, DateSet)| OutcomeStatus { outcome: word.into(), dates: dates(&set) };
    SettledStatus {
        launch: *launch,
        rung: rung.to_string(),
        at: at.to_string(),
        outcomes: groups.into_iter().map(outcome).collect(),
        message: cut(message, MAX_SENTENCE),
    }
}

/// Dates that share a value, by their first date.
fn grouped<T: Ord + Clone>(rows: impl IntoIterator<Item = (T, Date)>) -> Vec<(T, DateSet)> {
    let mut groups: BTreeMap<T, DateSet> = BTreeMap::new();
    rows.into_iter().for_each(|(value, date)| groups.entry(value).or_default().insert(date));
    let mut groups: Vec<(T, DateSet)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, set)| set.first());
    groups
}

/// `DATES REST`, one line for each group.
fn lines(groups: Vec<(String, DateSet)>) -> Vec<String> {
    groups.into_iter().map(|(rest, set)| format!("{} {rest}", dates(&set))).collect()
}
