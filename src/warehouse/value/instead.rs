//! What a date holds in columns where no row has the expected value.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::probe::{DateFacts, Found, MAX_FOUND, Measure, Measured, Question};

/// Characters that are shown of a value.
const MAX_SHOWN: usize = 100;

/// The columns in which no row of a date has what is looked for.
pub(in crate::warehouse) fn in_doubt<'q>(question: &'q Question, facts: &DateFacts) -> BTreeSet<&'q str> {
    if facts.rows == 0 {
        return question.filters.iter().map(|filter| filter.column.as_str()).collect();
    }
    let is_unmet = |n: usize| {
        let mut units = facts.units.iter().map(|(_, unit)| unit.measures.get(n));
        units.all(|measured| matches!(measured, Some(Measured::Count(0)) | None))
    };
    let unmet = question.measures.iter().enumerate().filter(|(n, measure)| !measure.only.is_empty() && is_unmet(*n));
    unmet.flat_map(|(_, Measure { only, .. })| only).map(|(column, _)| column.as_str()).collect()
}

/// Sorted, as many as are shown.
pub(in crate::warehouse) fn sorted(mut found: Found) -> Found {
    found.values.sort_unstable();
    found.values.dedup();
    found.more |= found.values.len() > MAX_FOUND;
    found.values.truncate(MAX_FOUND);
    found
}

/// The beginning of a value, as much as is shown.
pub(in crate::warehouse) fn shown(text: &str) -> Arc<str> {
    if text.chars().count() <= MAX_SHOWN {
        text.into()
    } else {
        text.chars().take(MAX_SHOWN).collect::<String>().into()
    }
}
