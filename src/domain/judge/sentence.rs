//! The sentence about a date that expects something: doubts first, because a person must act on them, then the figures.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::doubt::{filtered_sentence, misspelt_sentence};
use super::units::Strangers;
use super::weigh::{Doubt, Weighed};
use super::{ALL_THERE, MAX_SHOWN};
use crate::domain::probe::{MAX_UNITS_PER_DATE, Measured, UnitKey, WHOLE_DATE};
use crate::domain::verdict::{Flaw, Verdict};
use crate::domain::words::{counted, counted_do, legible};

/// The sentence of a verdict.
pub(super) fn message(weighed: &Weighed<'_>, verdict: Verdict, flaws: &[Flaw]) -> Cow<'static, str> {
    let strangers = &weighed.tallied.strangers;
    match (verdict, &weighed.doubt) {
        (Verdict::Complete, _) if weighed.tallied.missing.is_empty() && strangers.count == 0 => ALL_THERE.into(),
        (Verdict::Complete, _) if weighed.tallied.missing.is_empty() => {
            format!("{ALL_THERE}; {}", unexpected(strangers)).into()
        }
        (Verdict::Missing, _) => format!("no rows; {} expected", units(weighed.tallied.expected)).into(),
        (Verdict::Unknown(_), Some(Doubt::TooMany)) => too_many(weighed).into(),
        (Verdict::Unknown(_), Some(Doubt::Filtered(instead))) => filtered_sentence(weighed.coverage, instead).into(),
        (Verdict::Unknown(_), Some(Doubt::Unmatched)) => unmatched(weighed).into(),
        _ => lacks(weighed, flaws).into(),
    }
}

/// Doubts, then everything that the date lacks.
fn lacks(weighed: &Weighed<'_>, flaws: &[Flaw]) -> String {
    let Weighed { coverage, facts, tallied, .. } = weighed;
    let mut parts = doubts(weighed);
    parts.push(format!("{} of {} covered", tallied.covered, units(tallied.expected)));
    if tallied.missing.iter().any(|unit| &**unit != WHOLE_DATE) {
        parts.push(format!("not covered: {}", names(&tallied.missing, tallied.missing.len())));
    }
    parts.extend(shortfalls(weighed));
    if facts.surplus > 0 {
        parts.push(format!("{} a key that must be unique", counted_do(facts.surplus, "rows", "repeat")));
    }
    for (rule, part) in coverage.criteria.shares.iter().zip(&facts.shares) {
        if rule.max.is_exceeded_by(*part, facts.rows) {
            parts.push(format!("{}: {part} of {}, at most {}", rule.name, counted(facts.rows, "rows"), rule.max));
        }
    }
    if flaws.contains(&Flaw::NotFinal) {
        parts.push(format!("{} not final yet", units(tallied.expected - tallied.required)));
    }
    if tallied.strangers.count > 0 {
        parts.push(unexpected(&tallied.strangers));
    }
    if facts.blank > 0 {
        parts.push(format!("{} no unit", counted_do(facts.blank, "rows", "name")));
    }
    parts.join("; ")
}

/// What a person must check before this counts as a gap.
fn doubts(weighed: &Weighed<'_>) -> Vec<String> {
    let mut parts = Vec::new();
    if weighed.renamed > 0 {
        parts.push(format!(
            "{} without rows may be there under other names: add spec.aliases to the Season, or correct {}",
            units(weighed.renamed),
            weighed.coverage.names.unit,
        ));
    }
    if !weighed.misspelt.is_empty() {
        parts.push(misspelt_sentence(weighed.coverage, &weighed.misspelt));
    }
    parts
}

/// Every rule that units fail, the worst first, with the number of failing units.
fn shortfalls(weighed: &Weighed<'_>) -> Vec<String> {
    let Weighed { coverage, tallied, .. } = weighed;
    let mut parts = Vec::new();
    let with_rows = tallied.missing.len() as u32 - tallied.without_rows;
    if tallied.without_rows > 0 && with_rows > 0 {
        parts.push(format!("no rows: {} of {}", tallied.without_rows, units(tallied.required)));
    }
    let mut failing: Vec<_> = tallied.shortfalls.iter().collect();
    failing.sort_by_key(|s| s.flaw);
    for shortfall in failing.iter().take(MAX_SHOWN) {
        parts.push(shortfall.sentence(&coverage.criteria.rules[shortfall.rule], tallied.required));
    }
    let more = failing.len().saturating_sub(MAX_SHOWN);
    if more > 0 {
        parts.push(format!("{} more", counted(more as u64, "rules")));
    }
    // There are rows, yet a count is zero: say which rows do not count.
    let counts_nothing = failing.iter().any(|s| s.measured == Measured::Count(0));
    let needed = coverage.question.needed.iter().filter(|_| counts_nothing);
    parts.extend(needed.map(|column| format!("rows without a value in `{column}` do not count")));
    parts
}

fn unmatched(weighed: &Weighed<'_>) -> String {
    let Weighed { coverage, facts, tallied, .. } = weighed;
    let strangers = &tallied.strangers;
    let blank = if facts.blank > 0 {
        format!(" and {} no unit", counted_do(facts.blank, "rows that", "name"))
    } else {
        String::new()
    };
    let found = if strangers.count == 0 { "no unit".into() } else { names(&strangers.first, strangers.count as usize) };
    format!(
        "{} of `{}`, and none belongs to an expected unit: the mapping is wrong, not the data; correct {}, or add \
         spec.aliases to the Season; found {found}{blank}; not found: {}",
        counted(facts.rows, "rows"),
        coverage.table.name,
        coverage.names.unit,
        names(&tallied.missing, tallied.missing.len()),
    )
}

fn too_many(weighed: &Weighed<'_>) -> String {
    let names = weighed.coverage.names;
    format!(
        "more than {MAX_UNITS_PER_DATE} units on this date, too many to count one by one: name fewer columns in {}, \
         or narrow {}",
        names.unit, names.filters,
    )
}

/// Rows of units that are not expected, by name.
fn unexpected(strangers: &Strangers) -> String {
    let found = names(&strangers.first, strangers.count as usize);
    format!("{} of unexpected units: {found}", counted(strangers.rows, "rows"))
}

fn units(count: u32) -> String {
    counted(count.into(), "units")
}

/// Up to twenty of `count` names, and how many more there are.
pub fn names(keys: &[UnitKey], count: usize) -> String {
    let shown: Vec<String> = keys.iter().take(MAX_SHOWN).map(|k| legible(k)).collect();
    let more = count.saturating_sub(MAX_SHOWN);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}
