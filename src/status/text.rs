//! Texts of a status: sets of dates, instants, words and sentences within their bounds, and how they are read back.

use jiff::{RoundMode, TimestampRound, Unit};

use super::misread::{Form, Misread};
use crate::domain::dates::{Date, DateRange, DateSet, Timestamp};
use crate::domain::ledger::{End, Outcome};
use crate::domain::state::{Cause, Hold, Running, State, Undelivered};
use crate::domain::verdict::{Flaw, Off, UnknownReason, Verdict};

/// A sentence is at most so long (1 KiB).
pub(crate) const MAX_SENTENCE: usize = 1024;

/// When gapless looks again, for people: the second is over by then.
pub(crate) fn next_look(at: Timestamp) -> String {
    let second = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil);
    at.round(second).unwrap_or(at).to_string()
}

/// A text cut at a limit of bytes, never within a character.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_string();
    }
    let dots = '…';
    let mut end = limit.saturating_sub(dots.len_utf8());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{dots}", &text[..end])
}

/// `2025-10-21..2025-11-03,2025-11-14`: as [`DateSet`] shows itself, without the blanks.
pub(crate) fn dates(set: &DateSet) -> String {
    let texts: Vec<String> = set.ranges().iter().map(ToString::to_string).collect();
    texts.join(",")
}

/// The text before the number of omitted dates.
const MORE: &str = " and ";

/// As [`dates`], at most so many bytes; what does not fit is counted: `… and 12 more`.
pub(crate) fn dates_within(set: &DateSet, limit: usize) -> String {
    let whole = dates(set);
    if whole.len() <= limit {
        return whole;
    }
    // Room for ` and 3660 more`.
    let room = limit.saturating_sub(16);
    let mut shown = DateSet::new();
    let mut length = 0;
    for range in set.ranges() {
        length += range.to_string().len() + 1;
        if length > room {
            break;
        }
        shown.insert_range(*range);
    }
    format!("{}{MORE}{} more", dates(&shown), set.len() - shown.len())
}

/// Reads what [`dates`] wrote. Overlapping ranges are refused: gapless never writes them.
pub(crate) fn parse_dates(text: &str) -> Result<DateSet, Misread> {
    let mut set = DateSet::new();
    let mut count = 0;
    for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let range = range(part).ok_or_else(|| Misread::Not(Form::Dates, part.into()))?;
        count += range.days();
        set.insert_range(range);
    }
    if set.len() == count { Ok(set) } else { Err(Misread::Overlaps(text.into())) }
}

/// Reads what [`dates_within`] wrote: the dates that are named.
pub(crate) fn parse_named_dates(text: &str) -> Result<DateSet, Misread> {
    parse_dates(text.split(MORE).next().unwrap_or_default())
}

fn range(part: &str) -> Option<DateRange> {
    let (from, through) = part.split_once("..").unwrap_or((part, part));
    let date = |text: &str| text.parse::<Date>().ok();
    DateRange::new(date(from)?, date(through)?)
}

pub(crate) fn parse_instant(text: &str) -> Result<Timestamp, Misread> {
    text.parse().map_err(|_| Misread::Not(Form::Instant, text.into()))
}

/// `Succeeded`, `Exit 65`, …
pub(crate) fn end(end: End) -> String {
    match end {
        End::Exit(code) => format!("Exit {code}"),
        End::Succeeded | End::Deadline | End::Killed | End::Disrupted | End::Lost | End::NeverStarted => {
            format!("{end:?}")
        }
    }
}

/// Reads what [`end`] wrote.
pub(crate) fn parse_end(text: &str) -> Result<End, Misread> {
    if let Some(code) = text.strip_prefix("Exit ").and_then(|c| c.parse().ok()) {
        return Ok(End::Exit(code));
    }
    let found = End::PLAIN.into_iter().find(|e| end(*e) == text);
    found.ok_or_else(|| Misread::Not(Form::End, text.into()))
}

/// Reasons that earlier versions stored under another word.
const RENAMED: [(&str, &str); 1] = [("Quota", "LaunchRefused")];

/// The state and reason of two words, of this version or an earlier one.
pub(crate) fn cause(state: &str, reason: &str) -> Option<Cause> {
    let reason = RENAMED.into_iter().find(|(old, _)| *old == reason).map_or(reason, |(_, new)| new);
    causes().find(|c| c.state().word() == state && c.reason() == reason)
}

/// The verdict of `Partial/UnitsMissing`.
pub(crate) fn verdict(text: &str) -> Option<Verdict> {
    let (word, reason) = text.split_once('/').unwrap_or((text, ""));
    causes().filter_map(own_verdict).find(|v| v.word() == word && v.reason() == reason)
}

/// The verdict that follows from a state.
pub(crate) fn own_verdict(cause: Cause) -> Option<Verdict> {
    match cause {
        Cause::NotExpected(off) => Some(Verdict::NotExpected(off)),
        Cause::Complete => Some(Verdict::Complete),
        Cause::Unknown(reason) => Some(Verdict::Unknown(reason)),
        Cause::Partial(flaw) => Some(Verdict::Partial(flaw)),
        Cause::Missing => Some(Verdict::Missing),
        _ => None,
    }
}

/// Every state with every reason.
fn causes() -> impl Iterator<Item = Cause> {
    State::ALL.into_iter().flat_map(causes_of)
}

/// Every reason of a state: a new one of either does not compile before it can be read back.
fn causes_of(state: State) -> Vec<Cause> {
    match state {
        State::Running => Running::ALL.map(Cause::Running).into(),
        State::Verifying => [false, true].map(|probing| Cause::Verifying { probing }).into(),
        State::NotExpected => Off::ALL.map(Cause::NotExpected).into(),
        State::Complete => vec![Cause::Complete],
        State::Waived => vec![Cause::Waived],
        State::Unknown => UnknownReason::ALL.map(Cause::Unknown).into(),
        State::NotDue => [false, true].map(|unscheduled| Cause::NotDue { unscheduled }).into(),
        State::Unrecoverable => [Cause::NoRung].into_iter().chain(Undelivered::ALL.map(Cause::Undeliverable)).collect(),
        State::Exhausted => Outcome::ALL.map(Cause::Exhausted).into(),
        State::Blocked => Hold::ALL.map(Cause::Blocked).into(),
        State::Waiting => Outcome::ALL.map(Cause::Waiting).into(),
        State::Partial => Flaw::ALL.map(Cause::Partial).into(),
        State::Missing => vec![Cause::Missing],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_under_its_earlier_word_is_still_read() {
        for reason in ["Quota", "LaunchRefused"] {
            assert_eq!(cause("Blocked", reason), Some(Cause::Blocked(Hold::LaunchRefused)), "{reason}");
        }
    }

    #[test]
    fn the_next_look_is_a_whole_second_and_never_too_early() {
        for (at, told) in [
            ("2026-01-01T00:00:00.198565337Z", "2026-01-01T00:00:01Z"),
            ("2026-01-01T00:00:59.000000001Z", "2026-01-01T00:01:00Z"),
            ("2026-01-01T00:00:07Z", "2026-01-01T00:00:07Z"),
        ] {
            assert_eq!(next_look(at.parse().unwrap()), told);
        }
    }
}
