//! Reading a schedule: its filtered rows, each with the columns that the season needs.

use super::Allowance;
use super::column::Column;
use super::parts::Part;
use super::prune::weight;
use super::read::{Bounds, Fault, Reader, Texts};
use super::rows::Rows;
use super::scan::Needs;
use crate::domain::probe::{ScheduleQuestion, ScheduleRow};
use crate::domain::verdict::Unknown;
use crate::warehouse::value::schedule::Places;

/// Reads every row. A broken part makes the whole schedule unknown: half a schedule is worse than none.
pub(super) fn read(
    parts: &[Part],
    question: &ScheduleQuestion,
    allowance: Allowance<'_>,
    bounds: &Bounds<'_>,
) -> Result<(Vec<ScheduleRow>, u64), Unknown> {
    let mut texts = Texts::new();
    loop {
        let (mut needs, mut found) = (Needs::default(), Texts::new());
        bounds.meter.restart();
        let places = Places::new(question, |column| needs.column(column));
        let read = one_pass((&places, question), parts, &mut needs, allowance, bounds, (&texts, &mut found))?;
        if found.is_empty() {
            return Ok(read);
        }
        texts.extend(found);
    }
}

fn one_pass(
    (places, question): (&Places<'_>, &ScheduleQuestion),
    parts: &[Part],
    needs: &mut Needs,
    allowance: Allowance<'_>,
    bounds: &Bounds<'_>,
    (texts, found_texts): (&Texts, &mut Texts),
) -> Result<(Vec<ScheduleRow>, u64), Unknown> {
    let names: Vec<String> = needs.columns.iter().map(|c| c.name.clone()).collect();
    let (date, filters) = (&question.date, [question.filters.as_slice()]);
    let taken = allowance.take(parts.iter(), |part| weight(part, &names, None, &filters))?;
    let (mut out, mut bytes) = (Vec::new(), 0);
    for part in parts {
        let (mut refused, of) = ([None], format!(" of part `{}`", part.name));
        let columns = &mut needs.columns;
        let (refused_here, found_texts) = (&mut refused, &mut *found_texts);
        let filters = &filters;
        let mut reader =
            Reader { columns, date, dates: None, filters, refused: refused_here, bounds, texts, found_texts };
        let mut take = |columns: &[Column], rows: &Rows, row| {
            places.take(|at| columns[at].value(rows.ids(at)[row]), &of, &mut out)
        };
        let read = reader.part(part, &mut |columns, rows, refused| {
            refused[0] = (0..rows.len).try_for_each(|row| take(columns, rows, row)).err();
        });
        let [refused] = refused;
        let fault = refused.or(read.as_ref().err().map(Fault::unknown).cloned());
        bytes += fault.map_or_else(|| Ok(read.unwrap_or(0)), Err)?;
    }
    taken.used(bytes);
    Ok((out, bytes))
}
