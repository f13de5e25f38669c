//! Compares what is expected with what was read, and returns a verdict. It rests on the data alone, never on Jobs or
//! attempts.

mod doubt;
mod judgement;
mod rules;
mod sentence;
mod units;
mod weigh;

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use jiff::tz::TimeZone;

use super::dates::{Date, Timestamp};
use super::policy::Coverage;
use super::probe::{DateFacts, UnitKey, WHOLE_DATE};
use super::schedule::{Calendar, Day, Expected};
use super::verdict::{Judgement, Off, Unknown, UnknownReason, Verdict};
use super::words::counted;
use weigh::Weighed;

pub use sentence::names;
pub use units::{expected_keys, values_of};

/// The message of a date that lacks nothing.
pub const ALL_THERE: &str = "everything expected is present";
/// The maximum number of names in a sentence or a status.
pub const MAX_SHOWN: usize = 20;

/// What is known about one date of a table.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// It was never read, and why.
    Never(&'a Unknown),
    /// Older facts, because the last read failed. They can prove that a date is complete, never that it is not.
    Old(&'a DateFacts, &'a Unknown),
    /// Current facts.
    Fresh(&'a DateFacts),
}

/// A judgement, and how long the same facts lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged<J = Arc<Judgement>> {
    /// Shared with the cell.
    pub judgement: J,
    /// `None` if time alone never changes it.
    pub valid_until: Option<Timestamp>,
}

/// Judges one date of a coverage.
pub fn judge(coverage: &Coverage, calendar: &Calendar, date: Date, known: Known<'_>, now: Timestamp) -> Judged {
    judge_day(coverage, &calendar.zone, calendar.days.get(&date), known, now).map(Arc::new)
}

/// Judges one date of a coverage, given the season's entry for it.
pub fn judge_day(
    coverage: &Coverage,
    zone: &TimeZone,
    day: Option<&Day>,
    known: Known<'_>,
    now: Timestamp,
) -> Judged<Judgement> {
    let plain = |verdict, message| Judged::new(bare(verdict, message));
    match day {
        None | Some(Day::Off(Off::OffDay)) => judge_off(Off::OffDay, "no units on this date".into(), known),
        Some(Day::Break(why)) => {
            judge_off(Off::Break, format!("nothing is expected in this break: {why}").into(), known)
        }
        Some(Day::Off(off)) => judge_off(*off, "nothing is expected on this date".into(), known),
        Some(Day::Unscheduled) => plain(
            Verdict::Unknown(UnknownReason::ScheduleMissing),
            "the schedule has no entry for this date yet".into(),
        ),
        Some(Day::Unknown(unknown)) => plain(Verdict::Unknown(unknown.reason), unknown.text.clone().into()),
        Some(Day::On(expected)) if expected.warm_up && coverage.criteria.after_warm_up => {
            plain(Verdict::NotExpected(Off::WarmUp), "warm-up period".into())
        }
        Some(Day::On(expected)) => judge_expected(coverage, zone, expected, known, now),
    }
}

/// Rows on a date that expects nothing are a warning, never a gap: a game was moved, or is missing from the schedule.
fn judge_off(off: Off, nothing: Cow<'static, str>, known: Known<'_>) -> Judged<Judgement> {
    let judgement = bare(Verdict::NotExpected(off), nothing);
    let (Known::Fresh(facts) | Known::Old(facts, _)) = known else { return Judged::new(judgement) };
    if facts.rows == 0 {
        return Judged::new(judgement);
    }
    let strangers: Vec<UnitKey> = facts.units.iter().take(MAX_SHOWN).map(|(key, _)| key.clone()).collect();
    let of = match strangers.first() {
        Some(first) if &**first != WHOLE_DATE => format!(": {}", names(&strangers, facts.units.len())),
        _ => String::new(),
    };
    let message = format!("{}, yet the table has {} for it{of}", judgement.message, counted(facts.rows, "rows")).into();
    Judged::new(Judgement { rows: Some(facts.rows), unexpected_rows: facts.rows, message, ..judgement })
}

fn judge_expected(
    coverage: &Coverage,
    zone: &TimeZone,
    expected: &Expected,
    known: Known<'_>,
    now: Timestamp,
) -> Judged<Judgement> {
    let (facts, failure) = match known {
        Known::Never(unknown) => return Judged::new(unread(coverage, expected, unknown)),
        Known::Old(facts, unknown) => (facts, Some(unknown)),
        Known::Fresh(facts) => (facts, None),
    };
    let mut weighed = Weighed::new(coverage, expected, facts, now);
    let mut valid_until = weighed.tallied.valid_until;
    let due = expected.anchors.moment(coverage.due, zone);
    if now < due {
        if weighed.has_doubts() {
            valid_until = Some(valid_until.map_or(due, |at| at.min(due)));
        }
        weighed = weighed.without_doubts();
    }
    let mut judgement = weighed.judgement();
    if lacks_starts(coverage, expected) {
        // The row counts are known regardless.
        let (rows, unexpected_rows) = (judgement.rows, judgement.unexpected_rows);
        judgement = Judgement { rows, unexpected_rows, ..start_unknown(coverage, expected) };
    } else if let Some(unknown) = failure.filter(|_| judgement.verdict != Verdict::Complete) {
        judgement.verdict = Verdict::Unknown(unknown.reason);
        judgement.message = format!("{}; when last read: {}", unknown.text, judgement.message).into();
    }
    Judged { judgement, valid_until }
}

/// The judgement of a date that was never read.
fn unread(coverage: &Coverage, expected: &Expected, unknown: &Unknown) -> Judgement {
    if lacks_starts(coverage, expected) {
        return start_unknown(coverage, expected);
    }
    let judgement = bare(Verdict::Unknown(unknown.reason), unknown.text.clone().into());
    Judgement { expected: expected_keys(coverage.criteria.grain, expected).len() as u32, ..judgement }
}

fn lacks_starts(coverage: &Coverage, expected: &Expected) -> bool {
    coverage.criteria.needs_starts && expected.units.iter().any(|u| u.start.is_none())
}

fn start_unknown(coverage: &Coverage, expected: &Expected) -> Judgement {
    let text = "a unit has no known start, and only rows before its start count; add the start to the schedule";
    let judgement = bare(Verdict::Unknown(UnknownReason::StartUnknown), text.into());
    Judgement { expected: expected_keys(coverage.criteria.grain, expected).len() as u32, ..judgement }
}

impl<J> Judged<J> {
    /// A judgement that the passing of time does not change.
    fn new(judgement: J) -> Self {
        Self { judgement, valid_until: None }
    }

    /// Replaces the judgement and keeps its validity.
    pub fn map<K>(self, hold: impl FnOnce(J) -> K) -> Judged<K> {
        Judged { judgement: hold(self.judgement), valid_until: self.valid_until }
    }
}

fn bare(verdict: Verdict, message: Cow<'static, str>) -> Judgement {
    Judgement {
        verdict,
        flaws: Vec::new(),
        covered: 0,
        expected: 0,
        missing: Vec::new(),
        rows: None,
        unexpected_rows: 0,
        message,
    }
}

#[cfg(test)]
pub(crate) mod tests;
