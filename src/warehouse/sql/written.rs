//! Dates that are written as texts or whole numbers: `2025-11-14`, `20251114`, `14/11/2025`. Each date that is asked for is
//! bound in every way in which the column may write it. All other values are answered as they are, so that one that is not a date
//! at all is found, never passed over.

use std::collections::BTreeSet;

use super::build::Build;
use super::days::{Astray, Days, NULL, OTHER};
use super::schema::{Type, mismatch};
use crate::domain::dates::{Date, DateRange, FIRST_DATE};
use crate::domain::probe::{DateColumn, DateFormat, DateReading};
use crate::domain::verdict::Unknown;
use crate::warehouse::value::datum::Datum;

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
    let text = build.dialect().text(sql, of);
    let (texts, numbers): (Vec<_>, Vec<_>) = ranges
        .iter()
        .flat_map(DateRange::iter)
        .flat_map(|date| forms(date, pattern).into_iter().map(move |form| (form, number(date))))
        .unzip();
    let (all, numbers) = (build.texts(texts), build.numbers(numbers));
    let join = format!("\n  LEFT JOIN {} ON n.t = {text}", build.dialect().rows("n", &[("t", all), ("d", numbers)]));
    let null = if astray == Astray::None { OTHER } else { NULL };
    let number = format!("CASE WHEN {sql} IS NULL THEN {null} WHEN n.d IS NOT NULL THEN n.d ELSE {OTHER} END");
    let mut days = Days::from_epoch(number, "TRUE".into(), ranges);
    days.join = join;
    days.other = Some(format!("CASE WHEN n.d IS NULL THEN SUBSTR({text}, 1, 64) END"));
    Ok(days)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_looked_for_in_every_way_in_which_it_may_be_written() {
        let date = jiff::civil::date(2025, 1, 2);
        let forms = |pattern: &str| forms(date, Some(&pattern.to_string())).into_iter().collect::<Vec<_>>();
        assert_eq!(forms("%Y%m%d"), ["20250102"]);
        assert_eq!(forms("%d/%m/%Y"), ["02/01/2025", "02/1/2025", "2/01/2025", "2/1/2025"]);
    }
}
