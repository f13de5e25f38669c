//! Doubts that come before a gap: a filter, a listed value or a unit name matches nothing, but the date has something
//! else. gapless fills gaps; a wrong spelling needs a person.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::MAX_SHOWN;
use crate::domain::policy::Coverage;
use crate::domain::probe::{DateFacts, Filter, Found, Instead, Measured, Test, Value};
use crate::domain::spelling::is_near;
use crate::domain::words::counted;
use crate::domain::words::is_hidden;

/// Longer values are cut, to keep sentences readable.
const MAX_VALUE: usize = 60;
/// The maximum number of conditions in a sentence.
const MAX_CONDITIONS: usize = 4;

/// A listed value that no row has, although the date has a similar spelling of it.
#[derive(Debug)]
pub(super) struct Misspelt<'a> {
    /// The measure that looks for it.
    pub measure: usize,
    column: &'a str,
    wanted: Cow<'a, str>,
    near: Vec<&'a str>,
}

/// Every listed value that is probably misspelt.
pub(super) fn misspelt<'a>(coverage: &'a Coverage, facts: &'a DateFacts) -> Vec<Misspelt<'a>> {
    let Some(instead) = facts.instead.as_deref().filter(|_| facts.rows > 0) else { return Vec::new() };
    let mut out = Vec::new();
    for (at, measure) in coverage.question.measures.iter().enumerate() {
        if measure.only.is_empty() || counts(facts, at) {
            continue;
        }
        for (column, value) in &measure.only {
            let (wanted, found) = (text(value), found(instead, column));
            let is_other = |v: &&str| is_near(v, &wanted) && !is_wanted(coverage, column, v);
            let near: Vec<&str> = found.values.iter().map(|v| &**v).filter(is_other).collect();
            if !near.is_empty() && found.values.iter().all(|v| **v != *wanted) {
                out.push(Misspelt { measure: at, column, wanted, near });
            }
        }
    }
    out
}

/// Whether any row of the date counts in a measure.
fn counts(facts: &DateFacts, measure: usize) -> bool {
    let counted = |measured: &Measured| !matches!(measured, Measured::Count(0) | Measured::Newest(None));
    facts.units.iter().any(|(_, unit)| unit.measures.get(measure).is_some_and(counted))
}

/// Whether a coverage looks for this value of a column. Then it is not a misspelling of another one.
fn is_wanted(coverage: &Coverage, column: &str, value: &str) -> bool {
    let measures = coverage.question.measures.iter().flat_map(|m| &m.only);
    let mut listed = measures.filter(|(c, _)| c == column).map(|(_, v)| v);
    let mut filters = coverage.question.filters.iter().filter(|f| f.column == column);
    listed.any(|v| text(v) == value) || filters.any(|f| wanted(&f.test).iter().any(|w| *w == value))
}

/// The sentence on listed values that are probably misspelt.
pub(super) fn misspelt_sentence(coverage: &Coverage, misspelt: &[Misspelt<'_>]) -> String {
    let mut told: Vec<String> = Vec::new();
    for Misspelt { column, wanted, near, .. } in misspelt {
        let sentence =
            format!("no row has {} in `{column}`, but some have {}", quoted(wanted), listed(near.iter(), near.len()));
        if !told.contains(&sentence) {
            told.push(sentence);
        }
    }
    let more = told.len().saturating_sub(MAX_CONDITIONS);
    told.truncate(MAX_CONDITIONS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}: correct {}, or the data", told.join("; "), coverage.names.values)
}

/// The sentence on a date that has rows, none of which passes the filters.
pub(super) fn filtered_sentence(coverage: &Coverage, instead: &Instead) -> String {
    let filters = &coverage.question.filters;
    let fails = |f: &&Filter| {
        let wanted = wanted(&f.test);
        let is_there = |v: &str| wanted.iter().any(|w| *w == v) || begins(&f.test, v);
        let looks = !wanted.is_empty() || matches!(f.test, Test::StartsWith(_));
        looks && !found(instead, &f.column).values.iter().any(|v| is_there(v))
    };
    let mut blamed: Vec<&Filter> = filters.iter().filter(fails).collect();
    if blamed.is_empty() {
        // Each filter alone passes some row or names no value; only their combination passes none.
        blamed.extend(filters);
    }
    let told = blamed.iter().take(MAX_CONDITIONS).map(|f| condition(f, found(instead, &f.column)));
    let more = blamed.len().saturating_sub(MAX_CONDITIONS);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!(
        "{} on this date, but none passes the filters: correct {}, or the data; {}{more}",
        counted(instead.rows, "rows"),
        coverage.names.filters,
        told.collect::<Vec<_>>().join("; ")
    )
}

fn condition(filter: &Filter, found: &Found) -> String {
    let wanted = wanted(&filter.test);
    let prefixes: &[String] = if let Test::StartsWith(prefixes) = &filter.test { prefixes } else { &[] };
    let is_alike = |v: &&str| {
        let head = |prefix: &String| v.chars().take(prefix.chars().count()).collect::<String>();
        wanted.iter().any(|w| is_near(w, v)) || prefixes.iter().any(|prefix| is_near(prefix, &head(prefix)))
    };
    let (near, rest): (Vec<&str>, Vec<&str>) = found.values.iter().map(|v| &**v).partition(is_alike);
    let values = near.iter().chain(&rest);
    let has = match (found.values.len(), found.more) {
        (0, _) => "no value".into(),
        (known, false) => listed(values, known),
        (known, true) => {
            let more = known.saturating_sub(MAX_SHOWN).max(1);
            format!("{} and at least {more} more", listed(values, known.min(MAX_SHOWN)))
        }
    };
    format!("`{}` must {}, but has {has}", filter.column, must(&filter.test))
}

/// What a filter asks of a value, after "must".
fn must(test: &Test) -> String {
    let one_of = |values: &[Value]| listed(values.iter().map(text), values.len());
    match test {
        Test::Equals(value) => format!("be {}", quoted(&text(value))),
        Test::NotEquals(value) => format!("not be {}", quoted(&text(value))),
        Test::In(values) => format!("be one of {}", one_of(values)),
        Test::NotIn(values) => format!("not be any of {}", one_of(values)),
        Test::StartsWith(prefixes) => format!("begin with {}", listed(prefixes.iter(), prefixes.len())),
        Test::IsNull(true) => "be NULL".into(),
        Test::IsNull(false) => "not be NULL".into(),
        Test::LessThan(value) => format!("be less than {}", quoted(&text(value))),
        Test::AtLeast(value) => format!("be at least {}", quoted(&text(value))),
    }
}

/// The values that a filter looks for. Empty if it only excludes values.
fn wanted(test: &Test) -> Vec<Cow<'_, str>> {
    match test {
        Test::Equals(value) => Vec::from([text(value)]),
        Test::In(values) => values.iter().map(text).collect(),
        _ => Vec::new(),
    }
}

fn begins(test: &Test, value: &str) -> bool {
    if let Test::StartsWith(prefixes) = test { prefixes.iter().any(|p| value.starts_with(&**p)) } else { false }
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Int(n) => n.to_string().into(),
        Value::Text(text) => text.as_str().into(),
    }
}

/// The values of a column on the date. Empty if the probe did not ask for them.
fn found<'a>(instead: &'a Instead, column: &str) -> &'a Found {
    const NOTHING: &Found = &Found { values: Vec::new(), more: false };
    instead.found.iter().find(|(c, _)| c == column).map_or(NOTHING, |(_, found)| found)
}

/// A value for a sentence: quoted, so that blanks are visible, and one short line.
fn quoted(value: &str) -> String {
    let mut shown: String = value.chars().take(MAX_VALUE).map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).collect();
    if value.chars().nth(MAX_VALUE).is_some() {
        shown.push('…');
    }
    format!("'{shown}'")
}

/// Up to twenty values, and how many more.
fn listed(values: impl Iterator<Item = impl AsRef<str>>, count: usize) -> String {
    let shown: Vec<String> = values.take(MAX_SHOWN).map(|v| quoted(v.as_ref())).collect();
    let more = count.saturating_sub(MAX_SHOWN);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}
