//! Dates that are written as texts or whole numbers: `2025-11-14`, `20251114`, `14/11/2025`. Each date that is asked for is
//! bound in every way in which the column may write it. Texts that are no date at all are found, never passed over.

use std::collections::BTreeSet;

use super::bound::{Bound, Scalar};
use super::build::Build;
use super::days::{Astray, Days, MALFORMED, NULL, OTHER, OUT_OF_RANGE, any};
use super::schema::{Type, mismatch};
use crate::domain::dates::{Date, DateRange, FIRST_DATE, LAST_DATE};
use crate::domain::probe::{DateColumn, DateFormat, DateReading};
use crate::domain::verdict::Unknown;
use crate::warehouse::value::datum::Datum;

/// What an ISO date looks like.
const ISO: &str = r"^\d{4}-\d{2}-\d{2}$";

/// The days of a column of written dates.
pub(super) fn days(
    build: &mut Build<'_>,
    column: &DateColumn,
    sql: &str,
    ranges: Vec<DateRange>,
    astray: Astray,
) -> Result<Days, Unknown> {
    let of = build.type_of(&column.column)?;
    let name = &column.column;
    let pattern = match (&column.format, &column.reading) {
        (_, DateReading::Instant { .. }) => {
            return Err(mismatch(format!(
                "date column `{name}` is of type {}, and dateAs: Instant needs a TIMESTAMP; remove dateAs, or name a view that \
                 converts it",
                of.name()
            )));
        }
        (Some(DateFormat::Folders(..)), _) => {
            return Err(mismatch(format!(
                "date column `{name}` names folders, and this warehouse has columns; name one column"
            )));
        }
        (Some(DateFormat::Value(pattern)), _) => Some(pattern),
        (None, _) => None,
    };
    if pattern.is_none() && of == Type::Int {
        let why = Datum::Int(0).date(column).err().unwrap_or_default();
        return Err(mismatch(format!("date column `{name}` {why}")));
    }
    let shape = pattern.map_or(Ok(ISO.to_string()), |pattern| shape(name, pattern))?;
    let text = build.dialect().text(sql, of);
    let (texts, numbers): (Vec<_>, Vec<_>) = ranges
        .iter()
        .flat_map(DateRange::iter)
        .flat_map(|date| forms(date, pattern).into_iter().map(move |form| (form, number(date))))
        .unzip();
    let (all, looks) = (build.texts(texts), build.bind(Bound::One(Scalar::Text(shape))));
    let numbers = build.numbers(numbers);
    let join = format!("\n  LEFT JOIN {} ON n.t = {text}", build.dialect().rows("n", &[("t", all), ("d", numbers)]));
    let is_date = build.dialect().matches(&text, &looks);
    let impossible = impossible(build, &text, pattern.is_none(), astray);
    let null = if astray == Astray::None { OTHER } else { NULL };
    let sql = format!(
        "CASE WHEN {sql} IS NULL THEN {null} WHEN n.d IS NOT NULL THEN n.d WHEN NOT {is_date} THEN {MALFORMED} WHEN {impossible} \
         THEN {OUT_OF_RANGE} ELSE {OTHER} END"
    );
    let mut within = vec!["n.d IS NOT NULL".to_string(), format!("NOT {is_date}")];
    if astray != Astray::None {
        within.extend([format!("{text} IS NULL"), impossible]);
    }
    Ok(Days::from_epoch(sql, join, any(within), ranges))
}

/// That a text is a date that no season can have. ISO dates compare as texts; others are not told apart.
fn impossible(build: &mut Build<'_>, text: &str, iso: bool, astray: Astray) -> String {
    if !iso || !matches!(astray, Astray::All(_)) {
        return "FALSE".into();
    }
    let mut bind = |date: Date| build.bind(Bound::One(Scalar::Text(date.to_string())));
    format!("({text} < {} OR {text} > {})", bind(FIRST_DATE), bind(LAST_DATE))
}

fn number(date: Date) -> i64 {
    (date - FIRST_DATE).get_days().into()
}

/// Every text that a date may be written as: its numbers with and without leading zeros.
fn forms(date: Date, pattern: Option<&String>) -> BTreeSet<String> {
    let Some(pattern) = pattern else { return [date.to_string()].into() };
    let full = date.strftime(pattern).to_string();
    let mut forms = BTreeSet::from([String::new()]);
    let mut rest = full.as_str();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (run, after) =
            rest.split_at(if digits == 0 { rest.chars().next().map_or(1, char::len_utf8) } else { digits });
        let short = run.trim_start_matches('0');
        let short = if digits == 0 || short.is_empty() { run } else { short };
        forms = forms.iter().flat_map(|form| [format!("{form}{run}"), format!("{form}{short}")]).collect();
        rest = after;
    }
    let reads = |form: &String| DateFormat::Value(pattern.clone()).parse(form) == Some(date);
    forms.into_iter().filter(reads).collect()
}

/// What a text of a format looks like, as a regular expression.
fn shape(column: &str, pattern: &str) -> Result<String, Unknown> {
    let mut shape = String::from("^");
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '%' => {
                let directive = rest.by_ref().find(|c| !matches!(c, '-' | '0' | '_'));
                shape.push_str(match directive {
                    Some('Y') => r"\d{4}",
                    Some('m' | 'd' | 'e' | 'y') => r"\d{1,2}",
                    Some('j') => r"\d{1,3}",
                    Some('F') => r"\d{4}-\d{1,2}-\d{1,2}",
                    _ => {
                        return Err(mismatch(format!(
                            "date column `{column}`: dateFormat \"{pattern}\" has a part that is not a number, which a SQL warehouse \
                             cannot look for; use numbers alone (%Y %m %d %j), or a view with a DATE"
                        )));
                    }
                });
            }
            c if c.is_alphanumeric() || c == ' ' => shape.push(c),
            c => shape.extend(['\\', c]),
        }
    }
    shape.push('$');
    Ok(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_looked_for_in_every_way_in_which_it_may_be_written() {
        let date = jiff::civil::date(2025, 1, 2);
        let forms = |pattern: &str| forms(date, Some(&pattern.to_string())).into_iter().collect::<Vec<_>>();
        assert_eq!(forms("%Y%m%d"), ["20250102"]);
        assert_eq!(forms("%d/%m/%Y"), ["02/01/2025", "02/1/2025", "2/01/2025", "2/1/2025"]);
        assert_eq!(shape("d", "%d/%m/%Y").unwrap(), r"^\d{1,2}\/\d{1,2}\/\d{4}$");
        assert!(shape("d", "%b %d").unwrap_err().text.contains("%Y %m %d"));
    }
}
