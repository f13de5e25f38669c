//! Reading a schedule: its filtered rows, each with what the season asks of it.

use std::sync::Arc;

use super::Allowance;
use super::column::Column;
use super::datum::{Datum, satisfies};
use super::parts::Part;
use super::read::{ReadFault, Reader, Rows, weight};
use super::scan::Needs;
use crate::domain::probe::{Filter, MAX_SCHEDULE_ROWS, Order, ScheduleQuestion, ScheduleRow, unit_key};
use crate::domain::verdict::{Unknown, UnknownReason};

/// Where the columns of a schedule stand in a scan.
struct Places<'a> {
    question: &'a ScheduleQuestion,
    date: usize,
    unit: Vec<usize>,
    start: Option<usize>,
    filters: Vec<(usize, &'a Filter)>,
    void: Vec<(usize, &'a Filter)>,
    is_final: Option<(usize, &'a Filter)>,
    latest: Option<(usize, usize)>,
    updated: Option<usize>,
}

/// Reads every row. A broken part makes the whole schedule unknown: half a schedule is no schedule.
pub(super) fn read(
    parts: &[Part],
    question: &ScheduleQuestion,
    allowance: Allowance<'_>,
) -> Result<(Vec<ScheduleRow>, u64), Unknown> {
    let mut needs = Needs::default();
    let places = Places::new(question, &mut needs);
    let names: Vec<String> = needs.columns.iter().map(|c| c.name.clone()).collect();
    let filters = [question.filters.as_slice()];
    let asked = Reader { columns: &mut [], dates: None, filters: &filters };
    let taken = allowance.take(parts.iter(), |part| weight(part, &names, &asked))?;
    let (mut out, mut bytes) = (Vec::new(), 0);
    for part in parts {
        let mut reader = Reader { columns: &mut needs.columns, dates: None, filters: &filters };
        let read = reader.part(part, &mut |columns, rows| {
            (0..rows.len).try_for_each(|row| places.take(columns, rows, row, part, &mut out))
        });
        bytes += read.map_err(|fault| match fault {
            ReadFault::Table(unknown) => unknown,
            ReadFault::Part(why) => Unknown::new(
                UnknownReason::ProbeFailed,
                format!("part `{}` of the schedule {why}; replace it", part.name),
            ),
        })?;
    }
    taken.used(bytes);
    Ok((out, bytes))
}

impl<'a> Places<'a> {
    fn new(question: &'a ScheduleQuestion, needs: &mut Needs) -> Self {
        let mut filters =
            |filters: &'a [Filter]| filters.iter().map(|f| (needs.column(&f.column), f)).collect::<Vec<_>>();
        let (own, void) = (filters(&question.filters), filters(&question.void));
        let is_final = question.is_final.as_ref().map(|f| (needs.column(&f.column), f));
        Self {
            question,
            date: needs.column(&question.date.column),
            unit: question.unit.iter().map(|c| needs.column(c)).collect(),
            start: question.starts_at.as_ref().map(|c| needs.column(&c.column)),
            filters: own,
            void,
            is_final,
            latest: question.latest_by.as_ref().map(|(id, order)| (needs.column(id), needs.column(order))),
            updated: question.updated_at.as_ref().map(|c| needs.column(&c.column)),
        }
    }

    fn take(
        &self,
        columns: &[Column],
        rows: &Rows,
        row: usize,
        part: &Part,
        out: &mut Vec<ScheduleRow>,
    ) -> Result<(), Unknown> {
        let datum = |at: usize| columns[at].value(rows.ids(at)[row]);
        let holds = |(at, filter): &(usize, &Filter)| {
            satisfies(datum(*at), &filter.test).map_err(|found| {
                let text = format!(
                    "column `{}` is of type {found}, and a filter compares it with another type",
                    filter.column
                );
                Unknown::new(UnknownReason::SchemaMismatch, text)
            })
        };
        let all =
            |filters: &[(usize, &Filter)]| filters.iter().try_fold(true, |ok, f| Ok::<_, Unknown>(ok && holds(f)?));
        if !all(&self.filters)? {
            return Ok(());
        }
        if out.len() == MAX_SCHEDULE_ROWS {
            let text = format!("the schedule has more than {MAX_SCHEDULE_ROWS} rows after `where`; it is no schedule");
            return Err(Unknown::new(UnknownReason::ProbeBudget, text));
        }
        let date = datum(self.date).map(|d| d.date(&self.question.date.reading)).transpose().map_err(|why| {
            let text = format!("date column `{}` of part `{}` {why}", self.question.date.column, part.name);
            Unknown::new(UnknownReason::SchemaMismatch, text)
        })?;
        let values: Option<Arc<[_]>> = self.unit.iter().map(|at| Some(self.alias(datum(*at)?))).collect();
        out.push(ScheduleRow {
            date,
            unit: values.as_ref().and_then(|v| unit_key(v.iter().map(|v| &**v))),
            values: values.unwrap_or_default(),
            start: self.start.and_then(|at| datum(at)?.instant()),
            void: !self.void.is_empty() && all(&self.void)?,
            is_final: self.is_final.as_ref().map_or(Ok(true), holds)?,
            id: self.latest.and_then(|(id, _)| datum(id).map(Datum::text)),
            order: self.latest.and_then(|(_, order)| datum(order).map(order_of)),
            updated: self.updated.and_then(|at| datum(at)?.instant()),
        });
        Ok(())
    }

    fn alias(&self, datum: &Datum) -> std::sync::Arc<str> {
        let text = datum.text();
        self.question.aliases.get(&*text).map_or(text, |alias| alias.as_str().into())
    }
}

fn order_of(datum: &Datum) -> Order {
    match datum {
        Datum::Int(n) => Order::Number((*n).into()),
        Datum::Loose(t) if t.parse::<i64>().is_ok() => Order::Number(t.parse::<i64>().unwrap_or(0).into()),
        other => other
            .instant()
            .map_or_else(|| Order::Text(other.text().to_string()), |at| Order::Number(at.as_nanosecond())),
    }
}
