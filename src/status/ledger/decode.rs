//! The ledger from status fields. Absent is a ledger of its own: the first one. What cannot be read is never taken for
//! it: launch numbers and charges would be lost without a word.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::misread::{Form, Misread};
use super::super::text::{parse_dates, parse_end, parse_instant};
use super::StageWord;
use crate::api::kinds::*;
use crate::domain::breaker::{Breaker, Failed, Opened};
use crate::domain::dates::{Date, Timestamp};
use crate::domain::ledger::{Attempt, Before, Ledger, Outcome, Settled, Stage, Tally, Template, Trial};
use crate::domain::policy::{Fingerprints, Table};
use crate::domain::source::{Draw, Spent};

type Read<T> = Result<T, Misread>;

/// The ledger of a status. `Err` is rubbish, with what is wrong with it.
pub fn ledger(status: &CoverageStatus) -> Read<Ledger> {
    let Some(stored) = &status.ledger else {
        let rest = !status.attempts.is_empty() || !status.recent.is_empty();
        return if rest { Err(Misread::LedgerGone) } else { Ok(Ledger::default()) };
    };
    let attempts = each("status.attempts", &status.attempts, attempt)?;
    let recent = each("status.recent", &status.recent, settled)?;
    let newest = attempts.iter().map(|a| a.launch).chain(recent.iter().map(|s| s.launch)).max().unwrap_or(0);
    if newest > stored.launches {
        return Err(Misread::TooFewLaunches { counted: stored.launches, newest });
    }
    Ok(Ledger {
        launches: stored.launches,
        attempts,
        tallies: tallies(&stored.charges).map_err(|why| why.at("charges"))?,
        recent: recent.into(),
        fingerprints: fingerprints(stored)?,
        templates: each("status.ledger.templates", &stored.templates, |line| template(line))?.into_iter().collect(),
        breakers: each("status.ledger.breakers", &stored.breakers, breaker)?.into_iter().collect(),
        spent: each("status.ledger.spent", &stored.spent, |line| credits(line))?.into_iter().collect(),
        tokens: tokens(&stored.tokens)?,
        earlier: earlier(&stored.earlier_tokens)?,
        spare: each("status.ledger.spare", &stored.spare, |launch| spare(*launch, stored.launches))?,
        complete: parse_dates(&stored.complete).map_err(|why| why.at("status.ledger.complete"))?.into(),
    })
}

/// What is left of a ledger that cannot be read: how many launches there were. A number is never used twice, whatever
/// became of the rest and of the Jobs.
pub fn ledger_launches(status: &CoverageStatus) -> Ledger {
    let told = status.ledger.iter().map(|l| l.launches);
    let known = told.chain(status.attempts.iter().map(|a| a.launch)).chain(status.recent.iter().map(|s| s.launch));
    Ledger { launches: known.max().unwrap_or(0), ..Ledger::default() }
}

fn each<S, T>(field: &str, list: &[S], read: impl Fn(&S) -> Read<T>) -> Read<Vec<T>> {
    let at = |(n, item)| read(item).map_err(|why| why.at(format!("{field}[{n}]")));
    list.iter().enumerate().map(at).collect()
}

fn spare(launch: i64, launches: u64) -> Read<u64> {
    let number = u64::try_from(launch).ok().filter(|launch| (1..=launches).contains(launch));
    number.ok_or(Misread::NoLaunch(launch))
}

fn fingerprints(stored: &LedgerStatus) -> Read<Fingerprints> {
    let rung = |line: &String| {
        let (rung, of) = line.split_once(' ').ok_or_else(|| Misread::Lacks(line.clone(), "its value"))?;
        Ok((rung.into(), hash(of)?))
    };
    Ok(Fingerprints {
        form: stored.fingerprint_form,
        question: hash(&stored.fingerprint).map_err(|why| why.at("status.ledger.fingerprint"))?,
        rungs: each("status.ledger.fingerprints", &stored.fingerprints, rung)?.into_iter().collect(),
    })
}

fn hash(text: &str) -> Read<u64> {
    u64::from_str_radix(text, 16).map_err(|_| Misread::Not(Form::Hash, text.into()))
}

fn template(line: &str) -> Read<(Arc<str>, Template)> {
    let nothing = || Misread::Unexpected(line.into());
    let words: Vec<&str> = line.split(' ').collect();
    let [rung, mark, rest @ ..] = words.as_slice() else { return Err(nothing()) };
    let trial = match rest {
        [] => Trial::None,
        ["trial"] => Trial::Open,
        [launch] => Trial::Launch(number(launch.strip_prefix("trial=").ok_or_else(nothing)?)?),
        _ => return Err(nothing()),
    };
    let mark = u64::from_str_radix(mark, 16).map_err(|_| nothing())?;
    Ok(((*rung).into(), Template { mark, trial }))
}

fn breaker(status: &BreakerStatus) -> Read<(Arc<str>, Breaker)> {
    let opened = match (&status.since, &status.until) {
        (Some(since), Some(until)) => Some(Opened {
            since: parse_instant(since)?,
            until: parse_instant(until)?,
            trials: status.trials,
            launch: status.launch,
            outcome: last_outcome(&status.outcome)?,
            message: status.message.clone(),
        }),
        (None, None) => None,
        _ => return Err(Misread::Lacks(status.rung.clone(), "`since` or `until`")),
    };
    let failed = parse_dates(&status.failed)?;
    let failed = (!failed.is_empty()).then(|| ("".into(), failed));
    Ok((status.rung.as_str().into(), Breaker { failed: Failed(failed.into_iter().collect()), opened }))
}

fn credits(line: &str) -> Read<(Arc<str>, Spent)> {
    let mut words = line.split(' ');
    let mut next = |what| words.next().filter(|w| !w.is_empty()).ok_or_else(|| Misread::Lacks(line.into(), what));
    let source = next("its source")?.into();
    let start = parse_instant(next("`start`")?)?;
    Ok((source, Spent { start, credits: number(next("its credits")?)? }))
}

fn draw(text: &str) -> Read<Draw> {
    Draw::of_text(text).ok_or_else(|| Misread::Unexpected(text.into()))
}

fn tokens(list: &[SpentToken]) -> Read<BTreeMap<Date, Arc<str>>> {
    let mut all = BTreeMap::new();
    for SpentToken { token, dates } in list {
        let token: Arc<str> = token.as_str().into();
        for date in parse_dates(dates).map_err(|why| why.at("tokens"))?.iter() {
            once(&mut all, date, token.clone())?;
        }
    }
    Ok(all)
}

fn earlier(list: &[SpentToken]) -> Read<BTreeMap<Date, Vec<Arc<str>>>> {
    let mut all: BTreeMap<Date, Vec<Arc<str>>> = BTreeMap::new();
    for SpentToken { token, dates } in list {
        for date in parse_dates(dates).map_err(|why| why.at("earlierTokens"))?.iter() {
            all.entry(date).or_default().push(token.as_str().into());
        }
    }
    Ok(all)
}

fn tallies(list: &[RungCharges]) -> Read<BTreeMap<(Arc<str>, Date), Tally>> {
    let mut all = BTreeMap::new();
    for RungCharges { rung, dates } in list {
        let rung: Arc<str> = rung.as_str().into();
        for line in dates {
            let (set, rest) = line.split_once(' ').ok_or_else(|| Misread::Lacks(line.clone(), "its values"))?;
            let tally = history(rest)?;
            for date in parse_dates(set)?.iter() {
                if all.insert((rung.clone(), date), tally).is_some() {
                    return Err(Misread::TwiceOnRung(rung, date));
                }
            }
        }
    }
    Ok(all)
}

fn history(rest: &str) -> Read<Tally> {
    let mut words = rest.split(' ');
    let last = last_outcome(words.next().unwrap_or_default())?;
    let mut tally = Tally { charged: 0, free: 0, last, retry_at: Timestamp::MIN, alone: false, complete_reads: 0 };
    let mut retry = None;
    for word in words {
        match word.split_once('=') {
            Some(("charged", n)) => tally.charged = number(n)?,
            Some(("free", n)) => tally.free = number(n)?,
            Some(("reads", n)) => tally.complete_reads = number(n)?,
            Some(("retry", at)) => retry = Some(parse_instant(at)?),
            None if word == "alone" => tally.alone = true,
            // Of a later version.
            _ if is_word(word) => {}
            _ => return Err(Misread::Unexpected(word.into())),
        }
    }
    tally.retry_at = retry.ok_or_else(|| Misread::Lacks(rest.into(), "`retry`"))?;
    Ok(tally)
}

/// The outcome of a word. What a later version calls otherwise is a failure: its charges count all the same.
pub(crate) fn last_outcome(word: &str) -> Read<Outcome> {
    let known = Outcome::of_word(word);
    let known = known.or_else(|| is_word(word).then_some(Outcome::Failed).filter(|_| !word.contains('=')));
    known.ok_or_else(|| Misread::Not(Form::Outcome, word.into()))
}

/// Whether a text can be a word of a later version: `Throttled`, `pace=3`. What cannot is damage.
fn is_word(text: &str) -> bool {
    let (name, value) = text.split_once('=').unwrap_or((text, "-"));
    !value.is_empty() && !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic())
}

fn attempt(status: &AttemptStatus) -> Read<Attempt> {
    Ok(Attempt {
        launch: status.launch,
        rung: status.rung.as_str().into(),
        target: named(&status.place, &status.table),
        aliases: status.aliases.iter().map(|alias| named(&alias.place, &alias.table)).collect(),
        dates: parse_dates(&status.dates)?,
        before: before(&status.before).map_err(|why| why.at("before"))?,
        number: status.number,
        tokens: tokens(&status.tokens)?,
        recorded_at: parse_instant(&status.recorded_at)?,
        draw: status.draws.as_deref().map(draw).transpose()?,
        stage: stage(status)?,
    })
}

fn named(place: &str, table: &str) -> Table {
    Table { place: place.into(), name: table.into() }
}

fn stage(status: &AttemptStatus) -> Read<Stage> {
    let lacks = |field| Misread::StageLacks(status.stage.clone(), field);
    match StageWord::of_word(&status.stage).ok_or_else(|| Misread::Not(Form::Stage, status.stage.clone()))? {
        StageWord::Recorded => Ok(Stage::Recorded),
        StageWord::Created => Ok(Stage::Created { uid: status.uid.as_deref().ok_or_else(|| lacks("uid"))?.into() }),
        StageWord::Ended => Ok(Stage::Ended {
            at: parse_instant(status.ended_at.as_deref().ok_or_else(|| lacks("endedAt"))?)?,
            end: parse_end(status.end.as_deref().ok_or_else(|| lacks("end"))?)?,
            message: status.message.clone(),
        }),
    }
}

fn before(lines: &[String]) -> Read<BTreeMap<Date, Before>> {
    let mut all = BTreeMap::new();
    for line in lines {
        let (set, rest) = line.split_once(' ').ok_or_else(|| Misread::Lacks(line.clone(), "its values"))?;
        let mut held = Before::default();
        for word in rest.split(' ') {
            match word.split_once('=') {
                Some(("mark", n)) => {
                    held.mark = u64::from_str_radix(n, 16).map_err(|_| Misread::Not(Form::Mark, n.into()))?;
                }
                Some(("rows", n)) => held.rows = number(n)?,
                Some(("covered", n)) => held.covered = number(n)?,
                Some(("values", n)) => held.values = number(n)?,
                None if word == "complete" => held.complete = true,
                // Of a later version.
                _ if is_word(word) => {}
                _ => return Err(Misread::Unexpected(word.into())),
            }
        }
        for date in parse_dates(set)?.iter() {
            once(&mut all, date, held)?;
        }
    }
    Ok(all)
}

fn settled(status: &SettledStatus) -> Read<Settled> {
    let mut outcomes = BTreeMap::new();
    for OutcomeStatus { outcome, dates } in &status.outcomes {
        // It is only shown: one of a later version is left out.
        let Some(outcome) = Outcome::of_word(outcome) else { continue };
        for date in parse_dates(dates)?.iter() {
            once(&mut outcomes, date, outcome)?;
        }
    }
    Ok(Settled {
        launch: status.launch,
        rung: status.rung.as_str().into(),
        at: parse_instant(&status.at)?,
        outcomes,
        message: status.message.clone(),
    })
}

fn number<T: std::str::FromStr>(text: &str) -> Read<T> {
    text.parse().map_err(|_| Misread::Not(Form::Number, text.into()))
}

fn once<T>(map: &mut BTreeMap<Date, T>, date: Date, value: T) -> Read<()> {
    map.insert(date, value).map_or(Ok(()), |_| Err(Misread::Twice(date)))
}
