//! Reading a schedule: a statement gives the values of its filtered rows, and the rules that folders share make them rows of
//! a schedule.

use super::bound::{Answered, Bound, Scalar, Statement};
use super::build::{Build, Source};
use super::reading::malformed;
use super::schema::Type;
use super::server::{Cell, Fault, Rows};
use super::texts::datum;
use super::times::bound;
use crate::domain::dates::{FIRST_DATE, LAST_DATE};
use crate::domain::probe::{MAX_SCHEDULE_ROWS, ScheduleQuestion, ScheduleRow};
use crate::domain::verdict::Unknown;
use crate::warehouse::value::datum::Datum;
use crate::warehouse::value::instant::beginning;
use crate::warehouse::value::schedule::Places;

/// The columns that a schedule needs, each once.
pub(super) fn columns(question: &ScheduleQuestion) -> Vec<String> {
    let mut names = Vec::new();
    Places::new(question, |column| place(&mut names, column));
    names
}

fn place(names: &mut Vec<String>, column: &str) -> usize {
    names.iter().position(|name| name == column).unwrap_or_else(|| {
        names.push(column.into());
        names.len() - 1
    })
}

/// The statement of a schedule, and how its rows are read.
pub(super) struct Reading<'a> {
    pub statement: Statement,
    places: Places<'a>,
    types: Vec<Type>,
    pub rows: Vec<ScheduleRow>,
}

impl<'a> Reading<'a> {
    pub fn plan(source: Source<'_>, question: &'a ScheduleQuestion) -> Result<Self, Unknown> {
        let filtered = question.filters.iter().map(|filter| filter.column.as_str());
        source.schema.allows(filtered.chain([question.date.column.as_str()]))?;
        let build = &mut Build::new(source);
        let mut names = Vec::new();
        let places = Places::new(question, |column| place(&mut names, column));
        let types = names.iter().map(|name| build.type_of(name)).collect::<Result<Vec<_>, _>>()?;
        let select = |(name, of): (&String, &Type)| {
            let text = build.dialect().text(&build.value(name)?, *of);
            Ok(if *of == Type::Text { build.dialect().short(&text) } else { text })
        };
        let select = names.iter().zip(&types).map(select).collect::<Result<Vec<_>, Unknown>>()?;
        let mut all = vec![possible(build, &question.date.column)?];
        all.extend(build.all_of_table(&question.filters)?.map(|filters| format!("({filters})")));
        let named: Vec<String> = select.iter().enumerate().map(|(n, value)| format!("{value} AS c{n}")).collect();
        let text = format!(
            "SELECT {}\nFROM {} AS t\nWHERE {}\nLIMIT {}",
            named.join(",\n  "),
            build.dialect().table(source.table),
            all.join(" AND "),
            MAX_SCHEDULE_ROWS + 1
        );
        let bound = std::mem::take(&mut build.bound);
        let statement = Statement { text, bound, columns: vec![Answered::Text; names.len()], dates: Vec::new() };
        Ok(Self { statement, places, types, rows: Vec::new() })
    }
}

impl Rows for Reading<'_> {
    fn row(&mut self, _: usize, cells: &[Cell<'_>]) -> Result<(), Fault> {
        if cells.len() != self.types.len() {
            return Err(malformed("another number of columns than was asked for"));
        }
        let value = |(of, cell): (&Type, &Cell<'_>)| match cell {
            Cell::Null => Ok(None),
            Cell::Text(text) => datum(*of, text).map(Some).ok_or_else(|| malformed("a value of another type")),
            Cell::Int(_) => Err(malformed("a number in the place of a text")),
        };
        let values: Vec<Option<Datum>> = self.types.iter().zip(cells).map(value).collect::<Result<_, _>>()?;
        Ok(self.places.take(|at| values[at].as_ref(), "", &mut self.rows)?)
    }
}

/// That a row's date is possible or NULL: both ends are bound, for tables that may not be read without.
fn possible(build: &mut Build<'_>, column: &str) -> Result<String, Unknown> {
    let (of, sql) = (build.type_of(column)?, build.value(column)?);
    // A day on either side: zones differ by less.
    let utc = jiff::tz::TimeZone::UTC;
    let end = |date| match of {
        Type::Date => Some(Scalar::Date(date)),
        Type::Instant => Some(bound(beginning(date, &utc, jiff::civil::Time::midnight()), of, None)),
        Type::Local => Some(Scalar::Local(date.to_datetime(jiff::civil::Time::midnight()))),
        _ => None,
    };
    let after = crate::domain::dates::shift(LAST_DATE, 2);
    match (end(FIRST_DATE), end(after)) {
        (Some(first), Some(after)) => {
            let (first, after) = (build.bind(Bound::One(first)), build.bind(Bound::One(after)));
            Ok(format!("({sql} IS NULL OR ({sql} >= {first} AND {sql} < {after}))"))
        }
        _ => Ok("TRUE".into()),
    }
}
