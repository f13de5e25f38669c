//! A second statement for dates without anything that a filter or a measure looks for: what do they hold instead?

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bound::{Answered, Statement};
use super::build::{Build, Source};
use super::dating;
use super::days::{Astray, Days};
use super::dialect::Dialect;
use super::reading::{int, malformed};
use super::schema::Type;
use super::server::{Cell, Fault};
use super::statement::MAX_ROWS;
use super::texts::datum;
use crate::domain::dates::{Date, DateSet};
use crate::domain::mark::TableMark;
use crate::domain::probe::{Filter, Found, Instead, MAX_FOUND, Question, Reading};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::value::instead::{in_doubt, shown, sorted};

/// The dates of a reading that hold nothing of what is looked for, though they may hold rows, and the columns in question.
pub(super) struct Doubts<'a> {
    question: &'a Question,
    columns: BTreeMap<Date, BTreeSet<&'a str>>,
}

impl<'a> Doubts<'a> {
    /// The doubts of a reading. A date that no part can hold has no rows.
    pub fn of(question: &'a Question, reading: &Reading, mark: &TableMark) -> Self {
        let may_have_rows = |date| mark.parts.iter().any(|part| part.holds.contains(date));
        let facts = reading.dates.iter().filter_map(|(date, facts)| Some((*date, facts.as_ref().ok()?)));
        let doubted = facts.filter(|(date, facts)| facts.rows > 0 || may_have_rows(*date));
        let columns = doubted.map(|(date, facts)| (date, in_doubt(question, facts)));
        Self { question, columns: columns.filter(|(_, columns)| !columns.is_empty()).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The statement, and how its rows are read.
    pub fn plan(&self, source: Source<'_>) -> Result<Looking, Unknown> {
        let dates: DateSet = self.columns.keys().copied().collect();
        let build = &mut Build::new(source);
        let days = dating::days(build, &self.question.date, &dates, Astray::None)?;
        let all: BTreeSet<&str> = self.columns.values().flatten().copied().collect();
        let mut columns = Vec::new();
        let mut branches = Vec::new();
        for name in all {
            let of = source.schema.column(name)?.of;
            if of != Type::Other {
                let (text, sql) = (build.text(name)?, build.counted(name)?);
                branches.push(values(build.dialect(), (&text, &sql), columns.len()));
                columns.push((name.to_string(), of));
            }
        }
        let none = build.dialect().whole("-1");
        branches.push(format!("SELECT r.d, {none}, COUNT(*), NULL FROM r GROUP BY r.d"));
        let mut select = vec![format!("{} AS d", days.sql)];
        select.extend(build.selected()?);
        // A table that must be filtered by a column keeps that filter.
        let must = |filter: &&Filter| source.schema.must_filter.as_ref() == Some(&filter.column);
        let kept: Vec<Filter> = self.question.filters.iter().filter(must).cloned().collect();
        let kept = build.all_of_table(&kept)?.map_or(String::new(), |kept| format!(" AND ({kept})"));
        let text = format!(
            "WITH r AS (\n  SELECT {}\n  FROM {} AS t{}\n  WHERE {}{kept}\n)\n{}\nLIMIT {}",
            select.join(",\n    "),
            build.dialect().table(source.table),
            days.join,
            days.within,
            branches.join("\nUNION ALL\n"),
            MAX_ROWS + 1
        );
        let bound = std::mem::take(&mut build.bound);
        let answered = vec![Answered::Int, Answered::Int, Answered::Int, Answered::Text];
        let statement = Statement { text, bound, columns: answered, dates: days.ranges.clone() };
        Ok(Looking { statement, days, columns, held: BTreeMap::new(), rows: 0 })
    }

    /// Adds what was found to the facts.
    pub fn settle(self, held: &BTreeMap<Date, Instead>, reading: &mut Reading) {
        for (date, columns) in self.columns {
            if let Some(Ok(facts)) = reading.dates.get_mut(&date) {
                facts.instead = held.get(&date).map(|Instead { rows, found }| {
                    let own = found.iter().filter(|(column, _)| columns.contains(column.as_str())).cloned().collect();
                    Box::new(Instead { rows: *rows, found: own })
                });
            }
        }
    }
}

/// The first different values of a column, by date.
fn values(dialect: &dyn Dialect, (text, sql): (&str, &str), n: usize) -> String {
    let (column, zero) = (dialect.whole(&n.to_string()), dialect.whole("0"));
    format!(
        "SELECT x.d, {column} AS c, {zero} AS n, x.v FROM (SELECT y.d, y.v, ROW_NUMBER() OVER (PARTITION BY y.d ORDER BY y.v) AS n FROM \
         (SELECT DISTINCT r.d, SUBSTR({text}, 1, 101) AS v FROM r WHERE {sql} IS NOT NULL) AS y) AS x WHERE x.n <= {}",
        MAX_FOUND + 1
    )
}

/// What was found so far.
pub(super) struct Looking {
    pub statement: Statement,
    days: Days,
    columns: Vec<(String, Type)>,
    held: BTreeMap<Date, (u64, Vec<Found>)>,
    rows: usize,
}

impl Looking {
    /// Takes a row.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Fault> {
        self.rows += 1;
        if self.rows > MAX_ROWS {
            let text = "too many different values in the columns of spec.where; narrow spec.dates".to_string();
            return Err(Fault::TooMany(Unknown::new(UnknownReason::ProbeBudget, text)));
        }
        let [day, column, count, value] = cells else { return Err(malformed("another number of columns")) };
        let number = |cell| int(cell)?.ok_or_else(|| malformed("no number"));
        let (day, column) = (number(*day)?, number(*column)?);
        let Some(date) = self.days.date(day).filter(|_| day >= 0) else { return Ok(()) };
        let empty = || (0, vec![Found::default(); self.columns.len()]);
        let (rows, found) = self.held.entry(date).or_insert_with(empty);
        match (usize::try_from(column), value) {
            (Err(_), _) => *rows = number(*count)?.unsigned_abs(),
            (Ok(n), Cell::Text(text)) if n < self.columns.len() => {
                let text: Arc<str> =
                    datum(self.columns[n].1, text).ok_or_else(|| malformed("a value of another type"))?.text();
                found[n].values.push(shown(&text));
            }
            _ => return Err(malformed("a value without its column")),
        }
        Ok(())
    }

    /// What each date holds.
    pub fn finish(self) -> BTreeMap<Date, Instead> {
        let named = |found: Vec<Found>| {
            self.columns.iter().zip(found).map(|((name, _), found)| (name.clone(), sorted(found))).collect()
        };
        let rows = self.held.into_iter().filter(|(_, (rows, _))| *rows > 0);
        rows.map(|(date, (rows, found))| (date, Instead { rows, found: named(found) })).collect()
    }
}
