//! Words that several views share.

pub(super) use crate::status::summary::{counts, share};

use super::width::width;
use crate::domain::breaker::{Breaker, BreakerState, Opened};
use crate::domain::dates::{DateRange, FIRST_DATE, LAST_DATE, Timestamp};
use crate::domain::probe::Undated;
use crate::domain::state::Cell;
use crate::domain::words::{counted, cut};
use crate::engine::overview::{SeasonView, Unexpected};

/// `1 date`, `3 dates`.
pub(super) fn dates(count: u32) -> String {
    counted(count.into(), "dates")
}

/// `Missing/NoRows`, or `Complete`.
pub(super) fn state(cell: &Cell) -> String {
    let reason = cell.cause.reason();
    if reason.is_empty() { cell.state().word().into() } else { format!("{}/{reason}", cell.state().word()) }
}

/// That a season leaves dates out at its beginning; nothing where it has all that it asks for.
pub(super) fn season_cut(view: &SeasonView) -> Option<String> {
    Some(cut(view.watches_from?, view.calendar.days.len()))
}

/// What a breaker that is not closed lets through, and why it opened.
pub(super) fn breaker(rung: &str, breaker: &Breaker, opened: &Opened, now: Timestamp) -> String {
    let state = breaker.state(now);
    let next = match state {
        BreakerState::Open => {
            format!("one trial may start at {} ({})", instant(opened.until), relative(opened.until, now))
        }
        BreakerState::HalfOpen | BreakerState::Closed => "one trial decides whether it closes".into(),
    };
    let trials = match opened.trials {
        0 => String::new(),
        trials => format!("; {} brought nothing", counted(trials.into(), "trials")),
    };
    let (since, words) = (instant(opened.since), opened.last_words());
    format!("rung {rung}: {} since {since}{trials}; {next}; {words}", state.word())
}

/// How far away an instant is: `in 4 min`, `3 d ago`, `now`.
pub(super) fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.duration_since(now).as_secs();
    if seconds == 0 {
        return "now".into();
    }
    let text = match seconds.unsigned_abs() {
        s @ 0..=119 => format!("{s} s"),
        s @ 120..=7199 => format!("{} min", s / 60),
        s @ 7200..=172_799 => format!("{} h", s / 3600),
        s => format!("{} d", s / 86_400),
    };
    if seconds >= 0 { format!("in {text}") } else { format!("{text} ago") }
}

/// An instant for people to read, without nanoseconds.
pub(super) fn instant(at: Timestamp) -> String {
    Timestamp::new(at.as_second(), 0).unwrap_or(at).to_string()
}

/// A text as lines that all begin so many columns in; the first line's indent is the caller's.
pub(super) fn wrap(text: &str, indent: usize) -> String {
    let most = width();
    let indent = indent.min(most);
    let (mut out, mut column) = (String::new(), indent);
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > indent && column + 1 + length > most {
            out += &format!("\n{:indent$}", "");
            column = indent;
        }
        if column > indent {
            out.push(' ');
            column += 1;
        }
        out += word;
        column += length;
    }
    out
}

/// Rows of cells as columns, each as wide as its widest; the last one is not padded.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |n: usize| rows.iter().filter_map(|r| r.get(n)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(n, cell)| format!("{cell:<width$}", width = widths[n]));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string() + "\n"
    };
    rows.iter().map(line).collect()
}

/// That a table cannot be read now, so that figures are of the read before, as long as those hold.
pub(super) fn failing(why: &str) -> String {
    format!("its table cannot be read now: {why}")
}

/// Rows of a whole table that count for no date; nothing where there are none.
pub fn undated(rows: Undated) -> Option<String> {
    let told = |n: u64, what: &str| {
        let has = if n == 1 { "has" } else { "have" };
        (n > 0).then(|| format!("{} {has} {what}", counted(n, "rows of its table")))
    };
    let beyond = format!("a date before {FIRST_DATE} or after {LAST_DATE}");
    let parts = [told(rows.nulls, "no date"), told(rows.out_of_range, &beyond)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", ") + ": counted for no date at all")
}

/// Runs of dates that a sentence names.
const MAX_RUNS: usize = 6;

/// `9 rows of 2 dates belong to no expected unit: 2024-04-16, 2024-04-17`; nothing where there are none.
pub fn unexpected(unexpected: &Unexpected) -> Option<String> {
    let Unexpected { rows, dates: count, named } = unexpected;
    // Three dates in a row are shorter as a range.
    let texts = |range: &DateRange| match range.days() {
        0..3 => range.iter().map(|date| date.to_string()).collect(),
        _ => vec![range.to_string()],
    };
    let shown = &named.ranges()[..named.ranges().len().min(MAX_RUNS)];
    let names: Vec<String> = shown.iter().flat_map(texts).collect();
    let more = count.saturating_sub(shown.iter().map(DateRange::days).sum());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let belong = if *rows == 1 { "belongs" } else { "belong" };
    let told = || {
        format!(
            "{} of {} {belong} to no expected unit: {}{more}",
            counted(*rows, "rows"),
            dates(*count),
            names.join(", ")
        )
    };
    (*rows > 0).then(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_no_expected_unit_are_told_in_one_line_however_many_dates_have_them() {
        let told = |rows, days: &[i8], count| {
            let named = days.iter().map(|day| jiff::civil::date(2024, 4, *day)).collect();
            unexpected(&Unexpected { rows, dates: count, named })
        };
        let no = " to no expected unit: ";
        assert_eq!(told(0, &[], 0), None);
        assert_eq!(told(1, &[16], 1), Some(format!("1 row of 1 date belongs{no}2024-04-16")));
        assert_eq!(told(9, &[16, 17], 2), Some(format!("9 rows of 2 dates belong{no}2024-04-16, 2024-04-17")));
        assert_eq!(
            told(9, &[1, 5, 6, 7], 4),
            Some(format!("9 rows of 4 dates belong{no}2024-04-01, 2024-04-05..2024-04-07"))
        );
        let odd: Vec<i8> = (1..=15).map(|n| n * 2 - 1).collect();
        let line = told(99, &odd, 40).unwrap();
        assert!(line.ends_with("2024-04-09, 2024-04-11 and 34 more"), "{line}");
    }

    #[test]
    fn a_long_sentence_is_broken_between_words_and_stands_in_its_column() {
        let text = wrap(&"twelve chars ".repeat(20), 6);
        assert!(text.lines().all(|l| l.chars().count() <= width()), "{text}");
        assert!(text.lines().skip(1).all(|l| l.starts_with("      twelve") || l.starts_with("      chars")), "{text}");
        let joined: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(joined.join(" "), "twelve chars ".repeat(20).trim_end());
        assert_eq!(wrap(&"x".repeat(150), 6), "x".repeat(150), "a word is never broken");
    }
}
