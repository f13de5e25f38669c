//! Records of the version before, read only: the ledger in bytes of its own. What is read here is written as a status has
//! it at the next write.

use std::sync::Arc;

use crate::domain::dates::{Date, DateSet};
use crate::domain::ledger::{Attempt, Before, Ledger, Outcome, Settled, Stage, Tally, Template, Trial};
use crate::domain::policy::{Fingerprints, Table};
use crate::host::codec::Reader;

/// What every journal of that version begins with.
pub(super) const MAGIC: &[u8] = b"gapless journal 2\n";

/// The outcomes in the order of that version: one is written as its place here.
const OUTCOMES: [Outcome; 13] = [
    Outcome::Filled,
    Outcome::Regressed,
    Outcome::Improved,
    Outcome::Disrupted,
    Outcome::RateLimited,
    Outcome::SourceDown,
    Outcome::CredentialsRefused,
    Outcome::Permanent,
    Outcome::Failed,
    Outcome::Lost,
    Outcome::NeverStarted,
    Outcome::Ineffective,
    Outcome::Rebuilt,
];

/// The ledger that fills the rest of a record. Versions before that one left out what stands at its end.
pub(super) fn ledger(from: &mut Reader<'_>) -> Option<Ledger> {
    let mut ledger = Ledger {
        launches: from.get()?,
        attempts: from.list(attempt)?,
        tallies: from.list(tally)?.into_iter().collect(),
        recent: from.list(settled)?.into(),
        fingerprints: Fingerprints { question: from.get()?, ..Fingerprints::default() },
        templates: from.list(template)?.into_iter().collect(),
        tokens: from.get()?,
        complete: from.get()?,
        ..Ledger::default()
    };
    let earlier: Vec<(Date, Vec<Arc<str>>)> = or_none(from, |from| from.get())?;
    ledger.earlier = earlier.into_iter().collect();
    ledger.spare = or_none(from, |from| from.get())?;
    let targets: Vec<Table> = or_none(from, |from| from.list(|from| Some((from.get::<u64>()?, from.get()?).1)))?;
    for (attempt, target) in ledger.attempts.iter_mut().zip(targets) {
        attempt.target = target;
    }
    let lacked_nothing: Vec<DateSet> = or_none(from, |from| from.get())?;
    for (attempt, dates) in ledger.attempts.iter_mut().zip(lacked_nothing) {
        attempt.before.iter_mut().for_each(|(date, before)| before.complete = dates.contains(*date));
    }
    let aliases: Vec<Vec<Table>> = or_none(from, |from| from.get())?;
    for (attempt, aliases) in ledger.attempts.iter_mut().zip(aliases) {
        attempt.aliases = aliases;
    }
    if !from.is_empty() {
        (ledger.fingerprints.form, ledger.fingerprints.rungs) = (from.get()?, from.get()?);
    }
    from.is_empty().then_some(ledger)
}

/// A list, which is empty where the record ends before it.
fn or_none<T>(from: &mut Reader<'_>, read: impl FnOnce(&mut Reader<'_>) -> Option<Vec<T>>) -> Option<Vec<T>> {
    if from.is_empty() { Some(Vec::new()) } else { read(from) }
}

/// The names of its table, and whether its dates lacked anything, stand behind the ledger.
fn attempt(from: &mut Reader<'_>) -> Option<Attempt> {
    Some(Attempt {
        launch: from.get()?,
        rung: from.get()?,
        target: Table { place: "".into(), name: "".into() },
        aliases: Vec::new(),
        dates: from.get()?,
        before: from.list(before)?.into_iter().collect(),
        number: from.get()?,
        tokens: from.get()?,
        recorded_at: from.get()?,
        draw: None,
        stage: stage(from)?,
    })
}

fn before(from: &mut Reader<'_>) -> Option<(Date, Before)> {
    let date = from.get()?;
    let (mark, rows, covered, values) = (from.get()?, from.get()?, from.get()?, from.get()?);
    Some((date, Before { mark, rows, covered, values, complete: false }))
}

fn tally(from: &mut Reader<'_>) -> Option<((Arc<str>, Date), Tally)> {
    let key = from.get()?;
    let (charged, free, last) = (from.get()?, from.get()?, outcome(from)?);
    let (retry_at, alone, complete_reads) = (from.get()?, from.get()?, from.get()?);
    Some((key, Tally { charged, free, last, retry_at, alone, complete_reads }))
}

fn settled(from: &mut Reader<'_>) -> Option<Settled> {
    let (launch, rung, at) = (from.get()?, from.get()?, from.get()?);
    let outcomes = from.list(|from| Some((from.get()?, outcome(from)?)))?.into_iter().collect();
    Some(Settled { launch, rung, at, outcomes, message: from.get()? })
}

fn template(from: &mut Reader<'_>) -> Option<(Arc<str>, Template)> {
    let (rung, mark) = (from.get()?, from.get()?);
    let trial = match from.number()? {
        0 => Trial::None,
        1 => Trial::Open,
        2 => Trial::Launch(from.get()?),
        _ => return None,
    };
    Some((rung, Template { mark, trial }))
}

fn stage(from: &mut Reader<'_>) -> Option<Stage> {
    match from.number()? {
        0 => Some(Stage::Recorded),
        1 => Some(Stage::Created { uid: from.get()? }),
        2 => Some(Stage::Ended { at: from.get()?, end: from.get()?, message: from.get()? }),
        _ => None,
    }
}

fn outcome(from: &mut Reader<'_>) -> Option<Outcome> {
    OUTCOMES.get(usize::try_from(from.number()?).ok()?).copied()
}
