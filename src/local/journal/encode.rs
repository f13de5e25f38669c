//! The ledger as bytes. A new field is put behind the others, and may be absent: journals of older versions are read.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::dates::{Date, DateSet};
use crate::domain::fingerprint::Fingerprints;
use crate::domain::ledger::{Attempt, Before, End, Ledger, Outcome, Settled, Stage, Tally, Template, Trial};
use crate::domain::mark::mix_bytes;
use crate::domain::policy::{Key, Table};
use crate::engine::ports::Version;
use crate::host::codec::{Code, Reader, Writer, fields, words};

fields!(Key { namespace, kind, name });
fields!(Table { place, name });
fields!(Tally { charged, free, last, retry_at, alone, complete_reads });
fields!(Template { mark, trial });
fields!(Settled { launch, rung, at, outcomes, message });
words!(Outcome {
    Filled,
    Regressed,
    Improved,
    Disrupted,
    RateLimited,
    SourceDown,
    CredentialsRefused,
    Permanent,
    Failed,
    Lost,
    NeverStarted,
    Ineffective,
    Rebuilt,
});

/// A record: its length, its checksum, its body.
pub(super) fn record(key: &Key, uid: &Arc<str>, version: Version, ledger: &Ledger) -> Vec<u8> {
    let mut body = Writer::default();
    body.put(key).put(uid).put(&version).put(ledger);
    let length = u32::try_from(body.0.len()).unwrap_or(u32::MAX);
    let mut out = length.to_le_bytes().to_vec();
    out.extend(mix_bytes(0, &body.0).to_le_bytes());
    out.extend(body.0);
    out
}

impl Code for Ledger {
    fn write(&self, to: &mut Writer) {
        let Self { launches, attempts, tallies, recent, fingerprints, templates, tokens, earlier, spare, complete } =
            self;
        let recent: Vec<Settled> = recent.iter().cloned().collect();
        to.put(launches).put(attempts).put(tallies).put(&recent).put(&fingerprints.question).put(templates);
        to.put(tokens).put(complete);
        let earlier: Vec<(Date, Vec<Arc<str>>)> = earlier.clone().into_iter().collect();
        let targets: Vec<(u64, Table)> = attempts.iter().map(|a| (a.launch, a.target.clone())).collect();
        let lacked_nothing: Vec<DateSet> = attempts.iter().map(lacked_nothing).collect();
        let aliases: Vec<Vec<Table>> = attempts.iter().map(|a| a.aliases.clone()).collect();
        to.put(&earlier).put(spare).put(&targets).put(&lacked_nothing).put(&aliases);
        to.put(&fingerprints.form).put(&fingerprints.rungs);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let mut ledger = Self {
            launches: from.get()?,
            attempts: from.get()?,
            tallies: from.get()?,
            recent: from.get::<Vec<Settled>>()?.into(),
            fingerprints: Fingerprints { question: from.get()?, ..Fingerprints::default() },
            templates: from.get()?,
            tokens: from.get()?,
            complete: from.get()?,
            // Journals of older versions end here.
            earlier: if from.is_empty() { BTreeMap::new() } else { from.get::<Vec<_>>()?.into_iter().collect() },
            spare: if from.is_empty() { Vec::new() } else { from.get()? },
        };
        let targets: Vec<(u64, Table)> = if from.is_empty() { Vec::new() } else { from.get()? };
        for (attempt, (_, target)) in ledger.attempts.iter_mut().zip(targets) {
            attempt.target = target;
        }
        let lacked_nothing: Vec<DateSet> = if from.is_empty() { Vec::new() } else { from.get()? };
        for (attempt, dates) in ledger.attempts.iter_mut().zip(lacked_nothing) {
            attempt.before.iter_mut().for_each(|(date, before)| before.complete = dates.contains(*date));
        }
        let aliases: Vec<Vec<Table>> = if from.is_empty() { Vec::new() } else { from.get()? };
        for (attempt, aliases) in ledger.attempts.iter_mut().zip(aliases) {
            attempt.aliases = aliases;
        }
        if !from.is_empty() {
            (ledger.fingerprints.form, ledger.fingerprints.rungs) = (from.get()?, from.get()?);
        }
        Some(ledger)
    }
}

fn lacked_nothing(attempt: &Attempt) -> DateSet {
    attempt.before.iter().filter(|(_, before)| before.complete).map(|(date, _)| *date).collect()
}

/// Whether anything was lacking stands behind the ledger: older versions did not know.
impl Code for Before {
    fn write(&self, to: &mut Writer) {
        let Self { mark, rows, covered, values, complete: _ } = self;
        to.put(mark).put(rows).put(covered).put(values);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let (mark, rows, covered, values) = (from.get()?, from.get()?, from.get()?, from.get()?);
        Some(Self { mark, rows, covered, values, complete: false })
    }
}

/// The names of its table stand behind the ledger: older versions knew none.
impl Code for Attempt {
    fn write(&self, to: &mut Writer) {
        let Self { launch, rung, target: _, aliases: _, dates, before, number, tokens, recorded_at, stage } = self;
        to.put(launch).put(rung).put(dates).put(before).put(number).put(tokens).put(recorded_at).put(stage);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            launch: from.get()?,
            rung: from.get()?,
            target: Table { place: "".into(), name: "".into() },
            aliases: Vec::new(),
            dates: from.get()?,
            before: from.get()?,
            number: from.get()?,
            tokens: from.get()?,
            recorded_at: from.get()?,
            stage: from.get()?,
        })
    }
}

impl Code for Trial {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::None => to.number(0),
            Self::Open => to.number(1),
            Self::Launch(launch) => {
                to.number(2);
                to.put(launch);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        match from.number()? {
            0 => Some(Self::None),
            1 => Some(Self::Open),
            2 => Some(Self::Launch(from.get()?)),
            _ => None,
        }
    }
}

impl Code for Stage {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::Recorded => to.number(0),
            Self::Created { uid } => {
                to.number(1);
                to.put(uid);
            }
            Self::Ended { at, end, message } => {
                to.number(2);
                to.put(at).put(end).put(message);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        match from.number()? {
            0 => Some(Self::Recorded),
            1 => Some(Self::Created { uid: from.get()? }),
            2 => Some(Self::Ended { at: from.get()?, end: from.get()?, message: from.get()? }),
            _ => None,
        }
    }
}

impl Code for End {
    fn write(&self, to: &mut Writer) {
        let plain = [Self::Succeeded, Self::Deadline, Self::Killed, Self::Disrupted, Self::Lost, Self::NeverStarted];
        match self {
            Self::Exit(code) => {
                to.number(0);
                to.put(code);
            }
            other => to.number(1 + plain.iter().position(|p| p == other).unwrap_or(0) as u64),
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let plain = [Self::Succeeded, Self::Deadline, Self::Killed, Self::Disrupted, Self::Lost, Self::NeverStarted];
        match from.number()? {
            0 => Some(Self::Exit(from.get()?)),
            n => plain.get(usize::try_from(n - 1).ok()?).copied(),
        }
    }
}
