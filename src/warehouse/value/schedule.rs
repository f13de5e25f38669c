//! The rows of a schedule, from the values of their columns.

use std::borrow::Cow;
use std::sync::Arc;

use super::compare::satisfies;
use super::date::parse_date;
use super::datum::Datum;
use super::instant::Moment;
use super::number::plain;
use crate::domain::dates::{FIRST_DATE, LAST_DATE, Timestamp};
use crate::domain::probe::{Filter, InstantColumn, MAX_SCHEDULE_ROWS, Order, ScheduleQuestion, ScheduleRow, unit_key};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::domain::words::is_hidden;

/// Where the columns of a schedule are in a row.
pub(in crate::warehouse) struct Places<'a> {
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

impl<'a> Places<'a> {
    /// `place` gives the index of a column.
    pub fn new(question: &'a ScheduleQuestion, mut place: impl FnMut(&str) -> usize) -> Self {
        let mut filters = |filters: &'a [Filter]| filters.iter().map(|f| (place(&f.column), f)).collect::<Vec<_>>();
        let (own, void) = (filters(&question.filters), filters(&question.void));
        let is_final = question.is_final.as_ref().map(|f| (place(&f.column), f));
        Self {
            question,
            date: place(&question.date.column),
            unit: question.unit.iter().map(|c| place(c)).collect(),
            start: question.starts_at.as_ref().map(|c| place(&c.column)),
            filters: own,
            void,
            is_final,
            latest: question.latest_by.as_ref().map(|(id, order)| (place(id), place(order))),
            updated: question.updated_at.as_ref().map(|c| place(&c.column)),
        }
    }

    /// Adds a row, if it satisfies the filters. `of` names its part, if the table has some: ` of part \`x\``.
    pub fn take<'d>(
        &self,
        datum: impl Fn(usize) -> Option<&'d Datum> + Copy,
        of: &str,
        out: &mut Vec<ScheduleRow>,
    ) -> Result<(), Unknown> {
        let holds = |(at, filter): &(usize, &Filter)| {
            satisfies(datum(*at), &filter.test).map_err(|why| mismatch(why.of_filter(&filter.column)))
        };
        let all =
            |filters: &[(usize, &Filter)]| filters.iter().try_fold(true, |ok, f| Ok::<_, Unknown>(ok && holds(f)?));
        if !all(&self.filters)? {
            return Ok(());
        }
        if out.len() == MAX_SCHEDULE_ROWS {
            let text =
                format!("the schedule has more than {MAX_SCHEDULE_ROWS} rows after `where`; it is not a schedule");
            return Err(Unknown::new(UnknownReason::ProbeBudget, text));
        }
        let date = datum(self.date).map(|d| d.date(&self.question.date)).transpose();
        let date = date.map_err(|why| mismatch(format!("date column `{}`{of} {why}", self.question.date.column)))?;
        let instant =
            |at: Option<usize>, column: &Option<InstantColumn>| self.instant(at.and_then(datum), column.as_ref());
        let values: Option<Arc<[_]>> = self.unit.iter().map(|at| Some(self.alias(datum(*at)?))).collect();
        out.push(ScheduleRow {
            date,
            unit: values.as_ref().and_then(|v| unit_key(v.iter().map(|v| &**v))),
            values: values.unwrap_or_default(),
            start: instant(self.start, &self.question.starts_at)?.filter(is_of_calendar),
            void: !self.void.is_empty() && all(&self.void)?,
            is_final: self.is_final.as_ref().map_or(Ok(true), holds)?,
            id: self.latest.and_then(|(id, _)| datum(id).map(Datum::text)),
            order: self.order(self.latest.and_then(|(_, order)| datum(order)))?,
            updated: instant(self.updated, &self.question.updated_at)?,
        });
        Ok(())
    }

    /// A text that contains no time is an instant that is not known yet.
    fn instant(&self, datum: Option<&Datum>, column: Option<&InstantColumn>) -> Result<Option<Timestamp>, Unknown> {
        let (Some(datum), Some(column)) = (datum.filter(|datum| !datum.says_no_time()), column) else {
            return Ok(None);
        };
        let instant = datum.instant(column, &self.question.date.home);
        instant.map(Some).map_err(|why| mismatch(format!("column `{}` of the schedule {why}", column.column)))
    }

    fn order(&self, datum: Option<&Datum>) -> Result<Option<Order>, Unknown> {
        let refused = |text: Arc<str>| {
            let (_, column) = self.question.latest_by.clone().unwrap_or_default();
            let text: String = text.chars().filter(|c| !is_hidden(*c)).take(40).collect();
            mismatch(format!(
                "column `{column}` of the schedule holds `{text}`, which is not a number, a date YYYY-MM-DD or an instant, so it does \
                 not say which row is newer; name another column in spec.schedule.latestBy.order"
            ))
        };
        datum.map(|datum| order_of(datum).ok_or_else(|| refused(datum.text()))).transpose()
    }

    fn alias(&self, datum: &Datum) -> Arc<str> {
        let text = datum.text();
        self.question.aliases.get(&*text).map_or(text, |alias| alias.as_str().into())
    }
}

/// Whether a start is in the range of seasons. One that is not, such as `infinity`, says no more than none: no date would ever
/// come due by it.
fn is_of_calendar(start: &Timestamp) -> bool {
    (FIRST_DATE..=LAST_DATE).contains(&start.to_zoned(jiff::tz::TimeZone::UTC).date())
}

fn mismatch(text: String) -> Unknown {
    Unknown::new(UnknownReason::SchemaMismatch, text).lasting()
}

/// The order of the rows of an id: numbers to the ninth decimal place, dates and times by size. Other texts have no order:
/// alphabetically, October comes before September.
fn order_of(datum: &Datum) -> Option<Order> {
    let text = datum.text();
    let number =
        || datum.digits().or_else(|| matches!(datum, Datum::Loose(_)).then(|| plain(&text))?.map(Cow::into_owned));
    let date = || parse_date(&text).and_then(|_| Moment::parse(&format!("{text}T00:00:00")));
    let moment = || datum.moment().or_else(date).map(Moment::nanos);
    number().and_then(|digits| billionths(&digits)).or_else(moment).map(Order)
}

fn billionths(digits: &str) -> Option<i128> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    format!("{whole}{fraction}").parse().ok()
}
