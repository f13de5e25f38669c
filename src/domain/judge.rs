//! From what is expected and what was read to a verdict. From the data alone: nothing here knows of Jobs or attempts.

mod units;

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use jiff::tz::TimeZone;

use super::dates::{Date, Timestamp};
use super::policy::{Coverage, Expects, Tolerance};
use super::probe::{DateFacts, UnitKey, WHOLE_DATE};
use super::schedule::{Calendar, Day, Expected};
use super::verdict::{Flaw, Judgement, Off, Unknown, UnknownReason, Verdict};
use super::words::{counted, counted_do};
use units::{Tallied, tally};

pub use units::{expected_keys, values_of};

/// What is said of a date that lacks nothing.
pub const ALL_THERE: &str = "all that is expected is there";
/// Names that a sentence or a status shows at most (design §2.6, §3).
pub const MAX_SHOWN: usize = 20;

/// What is known of one date of a table.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// Nothing, and why.
    Never(&'a Unknown),
    /// Read once, but the last read failed: it can prove that a date is complete, never that it is not.
    Old(&'a DateFacts, &'a Unknown),
    /// As it is.
    Fresh(&'a DateFacts),
}

/// A judgement and until when the same facts give the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged<J = Arc<Judgement>> {
    /// The judgement; a cell shares it.
    pub judgement: J,
    /// Nothing: for ever.
    pub valid_until: Option<Timestamp>,
}

/// Judges one date of a coverage.
pub fn judge(coverage: &Coverage, calendar: &Calendar, date: Date, known: Known<'_>, now: Timestamp) -> Judged {
    judge_day(coverage, &calendar.zone, calendar.days.get(&date), known, now).map(Arc::new)
}

/// Judges a date of a coverage, given what its season says of it.
pub fn judge_day(
    coverage: &Coverage,
    zone: &TimeZone,
    day: Option<&Day>,
    known: Known<'_>,
    now: Timestamp,
) -> Judged<Judgement> {
    let plain = |verdict, message| Judged::new(bare(verdict, message));
    match day {
        None | Some(Day::Off(Off::OffDay)) => judge_off(Off::OffDay, "no unit on this date".into(), known),
        Some(Day::Break(why)) => {
            judge_off(Off::Break, format!("nothing is expected in this break: {why}").into(), known)
        }
        Some(Day::Off(off)) => judge_off(*off, "nothing is expected on this date".into(), known),
        Some(Day::Unscheduled) => {
            plain(Verdict::Unknown(UnknownReason::ScheduleMissing), "the schedule says nothing of this date yet".into())
        }
        Some(Day::Unknown(unknown)) => plain(Verdict::Unknown(unknown.reason), unknown.text.clone().into()),
        Some(Day::On(expected)) if expected.warm_up && coverage.criteria.after_warm_up => {
            plain(Verdict::NotExpected(Off::WarmUp), "the season warms up".into())
        }
        Some(Day::On(expected)) => judge_expected(coverage, zone, expected, known, now),
    }
}

/// Rows of a date that expects nothing are a warning, never a gap: a game was moved, or the schedule lacks it.
fn judge_off(off: Off, nothing: Cow<'static, str>, known: Known<'_>) -> Judged<Judgement> {
    let judgement = bare(Verdict::NotExpected(off), nothing);
    let (Known::Fresh(facts) | Known::Old(facts, _)) = known else { return Judged::new(judgement) };
    if facts.rows == 0 {
        return Judged::new(judgement);
    }
    let message = format!("{}, yet the table has {} of it", judgement.message, counted(facts.rows, "rows")).into();
    Judged::new(Judgement { rows: Some(facts.rows), unexpected_rows: facts.rows, message, ..judgement })
}

fn judge_expected(
    coverage: &Coverage,
    zone: &TimeZone,
    expected: &Expected,
    known: Known<'_>,
    now: Timestamp,
) -> Judged<Judgement> {
    if coverage.criteria.needs_starts && expected.units.iter().any(|u| u.start.is_none()) {
        let text = "a unit has no known start, and only rows before it count; complete the schedule";
        return Judged::new(bare(Verdict::Unknown(UnknownReason::StartUnknown), text.into()));
    }
    let (facts, failure) = match known {
        Known::Never(unknown) => {
            let judgement = bare(Verdict::Unknown(unknown.reason), unknown.text.clone().into());
            return Judged::new(Judgement { expected: expected.units.len() as u32, ..judgement });
        }
        Known::Old(facts, unknown) => (facts, Some(unknown)),
        Known::Fresh(facts) => (facts, None),
    };
    let is_due = || now >= expected.anchors.moment(coverage.due, zone);
    let tallied = tally(coverage, expected, facts, now);
    let mut judgement = weigh(coverage, facts, &tallied, is_due);
    if let Some(unknown) = failure.filter(|_| judgement.verdict != Verdict::Complete) {
        judgement.verdict = Verdict::Unknown(unknown.reason);
        judgement.message = format!("{}; when last read: {}", unknown.text, judgement.message).into();
    }
    Judged { judgement, valid_until: tallied.valid_until }
}

impl<J> Judged<J> {
    /// A judgement that the passing of time does not change.
    fn new(judgement: J) -> Self {
        Self { judgement, valid_until: None }
    }

    /// The same, held in another way.
    pub fn map<K>(self, hold: impl FnOnce(J) -> K) -> Judged<K> {
        Judged { judgement: hold(self.judgement), valid_until: self.valid_until }
    }
}

/// Rules in order; the first that holds gives the verdict.
fn weigh(coverage: &Coverage, facts: &DateFacts, tallied: &Tallied, is_due: impl Fn() -> bool) -> Judgement {
    let flaws = flaws(coverage, facts, tallied);
    let unread = facts.overflow || facts.rows > 0 && tallied.matched == 0;
    let unmatched = unread && tallied.expected > 0 && is_due();
    let required = tallied.required > 0;
    let verdict = match flaws.first() {
        _ if unmatched => Verdict::Unknown(UnknownReason::UnitsUnmatched),
        None => Verdict::Complete,
        Some(_) if facts.rows == 0 && required => Verdict::Missing,
        Some(first) => Verdict::Partial(*first),
    };
    let message = match verdict {
        Verdict::Complete if tallied.missing.is_empty() => Cow::Borrowed(ALL_THERE),
        Verdict::Unknown(_) => unmatched_message(coverage, facts).into(),
        Verdict::Missing => format!("no row; {} expected", units(tallied.expected)).into(),
        _ => message(coverage, facts, tallied, &flaws).into(),
    };
    Judgement {
        verdict,
        flaws,
        covered: tallied.covered,
        expected: tallied.expected,
        missing: tallied.missing.clone(),
        rows: Some(facts.rows),
        unexpected_rows: tallied.unexpected_rows + facts.blank,
        message,
    }
}

/// Every flaw, in order. Those of units count only beyond the tolerance; the others always.
fn flaws(coverage: &Coverage, facts: &DateFacts, tallied: &Tallied) -> Vec<Flaw> {
    let missing = tallied.missing.len() as u64;
    let required = u64::from(tallied.required);
    let tolerated = match coverage.criteria.units {
        Tolerance::Share(share) => share.is_reached_by(required.saturating_sub(missing), required),
        Tolerance::Missing(most) => missing <= u64::from(most),
    };
    let mut flaws = if tolerated { Vec::new() } else { tallied.flaws.clone() };
    if facts.surplus > 0 {
        flaws.push(Flaw::Duplicated);
    }
    let mut shares = coverage.criteria.shares.iter().zip(&facts.shares);
    if facts.rows > 0 && shares.any(|(rule, part)| rule.max.is_exceeded_by(*part, facts.rows)) {
        flaws.push(Flaw::ShareExceeded);
    }
    if coverage.criteria.expects == Expects::Final && tallied.required < tallied.expected {
        flaws.push(Flaw::NotFinal);
    }
    flaws.sort_unstable();
    flaws.dedup();
    flaws
}

fn message(coverage: &Coverage, facts: &DateFacts, tallied: &Tallied, flaws: &[Flaw]) -> String {
    let mut parts = Vec::from([format!("{} of {} covered", tallied.covered, units(tallied.expected))]);
    if tallied.missing.iter().any(|unit| &**unit != WHOLE_DATE) {
        parts.push(format!("not covered: {}", names(&tallied.missing)));
    }
    parts.extend(tallied.first_shortfall.iter().cloned());
    if facts.surplus > 0 {
        parts.push(format!("{} a key that must be unique", counted_do(facts.surplus, "rows", "repeat")));
    }
    for (rule, part) in coverage.criteria.shares.iter().zip(&facts.shares) {
        if facts.rows > 0 && rule.max.is_exceeded_by(*part, facts.rows) {
            parts.push(format!("{}: {part} of {}, at most {}", rule.name, counted(facts.rows, "rows"), rule.max));
        }
    }
    if flaws.contains(&Flaw::NotFinal) {
        parts.push(format!("{} not final yet", units(tallied.expected - tallied.required)));
    }
    parts.join("; ")
}

fn unmatched_message(coverage: &Coverage, facts: &DateFacts) -> String {
    let found: Vec<UnitKey> = facts.units.iter().take(MAX_SHOWN + 1).map(|(key, _)| key.clone()).collect();
    let blank = if facts.blank > 0 {
        format!(" and {} no unit", counted_do(facts.blank, "rows that", "name"))
    } else {
        String::new()
    };
    format!(
        "{} of `{}`, and none belongs to an expected unit: the mapping in spec is wrong, not the data; found {}{blank}",
        counted(facts.rows, "rows"),
        coverage.table.name,
        if found.is_empty() { "no unit".into() } else { names(&found) },
    )
}

fn units(count: u32) -> String {
    counted(count.into(), "units")
}

/// Up to twenty names, and how many more.
fn names(keys: &[UnitKey]) -> String {
    let shown: Vec<&str> = keys.iter().take(MAX_SHOWN).map(|k| &**k).collect();
    let more = keys.len().saturating_sub(MAX_SHOWN);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
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
