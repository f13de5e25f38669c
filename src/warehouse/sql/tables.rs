//! The tables of a server: probes become statements, statements are run, rows become readings.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::build::Source;
use super::days::Astray;
use super::groups::groups;
use super::instead::{Doubts, Looking};
use super::reading::Decoder;
use super::schedule;
use super::schema::Schema;
use super::server::{Cell, Fault, Rows, Server, TooMuch};
use super::statement::{Plan, plan};
use crate::domain::dates::DateSet;
use crate::domain::mark::{Again, Holds, TableMark};
use crate::domain::probe::{
    Answer, DateColumn, Of, Probe, Question, Reading, ScheduleQuestion, ScheduleReading, UnitForm,
};
use crate::domain::span::Span;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::tables::{Answering, Call, Tables};

/// The tables of a server.
#[derive(Debug)]
pub(crate) struct Sql<S>(S);

impl<S> Sql<S> {
    pub fn new(server: S) -> Self {
        Self(server)
    }
}

/// What the reads of one call share.
struct Read<'a, S> {
    server: &'a S,
    call: &'a Call,
    table: &'a str,
    seen: &'a TableMark,
    bytes: u64,
}

impl<S: Server> Tables for Sql<S> {
    fn mark<'a>(&'a self, call: Call, table: &'a str, date: &'a DateColumn) -> Answering<'a, TableMark> {
        Box::pin(async move { self.looked(&call, table, date).await.map_err(|why| named(table, why)) })
    }

    fn probe<'a>(
        &'a self,
        call: Call,
        table: &'a str,
        seen: Arc<TableMark>,
        probes: Arc<Vec<Probe>>,
    ) -> Answering<'a, Answer> {
        Box::pin(async move {
            let mut read = Read { server: &self.0, call: &call, table, seen: &seen, bytes: 0 };
            let readings = read.probes(&probes).await.map_err(|why| named(table, why))?;
            let readings = readings.into_iter().map(|reading| reading.map_err(|why| named(table, why))).collect();
            Ok(Answer { readings, mark: (*seen).clone(), bytes: read.bytes })
        })
    }

    fn schedule<'a>(
        &'a self,
        call: Call,
        table: &'a str,
        question: Arc<ScheduleQuestion>,
    ) -> Answering<'a, ScheduleReading> {
        Box::pin(async move {
            let read = async {
                let mark = self.looked(&call, table, &question.date).await?;
                self.schedule_of(&call, table, &question, mark).await
            };
            read.await.map_err(|why| named(table, why))
        })
    }

    fn advice(&self) -> &'static str {
        self.0.advice()
    }
}

/// Says which table a message is about.
fn named(table: &str, why: Unknown) -> Unknown {
    let text = if why.text.starts_with("table `") { why.text } else { format!("table `{table}`: {}", why.text) };
    Unknown { text, ..why }
}

/// A server is asked about a table once a minute at most.
const CADENCE: Span = Span::seconds(60);

impl<S: Server> Sql<S> {
    async fn looked(&self, call: &Call, table: &str, date: &DateColumn) -> Result<TableMark, Unknown> {
        let mark = self.0.mark(call, table, date).await?;
        let again = if mark.again == Again::AtCadence { Again::NotBefore(CADENCE) } else { mark.again };
        Ok(TableMark { again, ..mark })
    }

    async fn schedule_of(
        &self,
        call: &Call,
        table: &str,
        question: &ScheduleQuestion,
        mark: TableMark,
    ) -> Result<ScheduleReading, Unknown> {
        let names = schedule::columns(question);
        let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        let mut fresh = false;
        loop {
            let schema = self.0.schema(call, table, &names, fresh).await?;
            let source = Source { dialect: self.0.dialect(), schema: &schema, table };
            let mut reading = schedule::Reading::plan(source, question)?;
            let statement = reading.statement.clone();
            match self.0.run(call, table, &[statement], &mut reading).await {
                Ok(bytes) => {
                    return Ok(ScheduleReading { rows: reading.rows, modified: mark.modified, mark, bytes });
                }
                Err(Fault::Changed(_)) if !fresh => fresh = true,
                Err(fault) => return Err(fault.unknown()),
            }
        }
    }
}

impl<S: Server> Read<'_, S> {
    /// Answers all probes. If the needs of one keep the others from an answer, each is read alone.
    async fn probes(&mut self, probes: &[Probe]) -> Result<Vec<Result<Reading, Unknown>>, Unknown> {
        match self.together(probes).await {
            Ok(readings) => Ok(readings.into_iter().map(Ok).collect()),
            Err(why) if !is_of_question(&why) => Err(why),
            Err(why) if probes.len() == 1 => Ok(vec![Err(why)]),
            Err(_) => {
                let mut readings = Vec::with_capacity(probes.len());
                for probe in probes {
                    let own = self.together(std::slice::from_ref(probe)).await;
                    readings.push(own.map(|mut own| own.swap_remove(0)));
                }
                Ok(readings)
            }
        }
    }

    async fn together(&mut self, probes: &[Probe]) -> Result<Vec<Reading>, Unknown> {
        let columns: BTreeSet<&str> = probes.iter().flat_map(|probe| columns(&probe.question)).collect();
        let schema = self.server.schema(self.call, self.table, &columns, false).await?;
        match self.halves(&schema, probes).await {
            Err(Fault::Changed(_)) => {
                let schema = self.server.schema(self.call, self.table, &columns, true).await?;
                self.halves(&schema, probes).await.map_err(Fault::unknown)
            }
            read => read.map_err(Fault::unknown),
        }
    }

    /// Reads all dates, or halves of them while they are too much for one read.
    async fn halves(&mut self, schema: &Schema, probes: &[Probe]) -> Result<Vec<Reading>, Fault> {
        let mut left = vec![probes.iter().cloned().enumerate().collect::<Vec<_>>()];
        let mut read: Vec<Reading> = probes.iter().map(|_| Reading::default()).collect();
        let mut refused: Option<TooMuch> = None;
        while let Some(part) = left.pop() {
            let own: Vec<&Probe> = part.iter().map(|(_, probe)| probe).collect();
            match self.statements(schema, &own).await {
                Ok(readings) => part.iter().zip(readings).for_each(|((n, _), own)| join(&mut read[*n], own)),
                Err(fault) => match (halved(&part).filter(|_| self.helps(&fault)), fault) {
                    (Some((first, second)), _) => left.extend([second, first]),
                    // The rest of the day's bytes does not suffice for this part, and no other is tried.
                    (None, Fault::TooMuch(own)) if self.is_dated() && (own.of_day || probes.len() == 1) => {
                        let rest = if own.of_day { std::mem::take(&mut left) } else { Vec::new() };
                        [part].iter().chain(&rest).for_each(|part| refuse(&mut read, part, &own.why));
                        refused = Some(own);
                    }
                    (None, fault) => return Err(fault),
                },
            }
        }
        let nothing = || !read.iter().any(|own| own.dates.values().any(Result::is_ok));
        match refused.filter(|_| nothing()) {
            Some(refused) => Err(Fault::TooMuch(refused)),
            None => Ok(read),
        }
    }

    /// Whether the table has parts with dates of their own.
    fn is_dated(&self) -> bool {
        self.seen.parts.iter().any(|part| matches!(part.holds, Holds::Dates(_)))
    }

    /// Whether fewer dates may help. Fewer dates of a table without parts cost as much.
    fn helps(&self, fault: &Fault) -> bool {
        match fault {
            Fault::TooMany(_) => true,
            Fault::TooMuch(own) => own.divisible && self.is_dated(),
            Fault::Changed(_) | Fault::Unknown(_) => false,
        }
    }

    /// One statement for each group of probes, then one for each probe with dates in doubt.
    async fn statements(&mut self, schema: &Schema, probes: &[&Probe]) -> Result<Vec<Reading>, Fault> {
        let source = Source { dialect: self.server.dialect(), schema, table: self.table };
        let groups = groups(probes, self.server.shares());
        let of: Vec<Vec<&Probe>> = groups.iter().map(|group| group.iter().map(|n| probes[*n]).collect()).collect();
        let astray = Astray::of(self.seen);
        let plans = of.iter().map(|own| plan(source, own, astray)).collect::<Result<Vec<Plan>, _>>()?;
        let statements: Vec<_> = plans.iter().map(|plan| plan.statement.clone()).collect();
        let mut decoders = Decoders(plans.iter().zip(&of).map(|(plan, own)| Decoder::new(plan, own)).collect());
        self.bytes += self.server.run(self.call, self.table, &statements, &mut decoders).await?;
        let mut readings: Vec<Reading> = probes.iter().map(|_| Reading::default()).collect();
        for (group, decoder) in groups.iter().zip(decoders.0) {
            for (n, reading) in group.iter().zip(decoder.finish()) {
                readings[*n] = reading;
            }
        }
        self.doubts(source, probes, &mut readings).await?;
        Ok(readings)
    }

    async fn doubts(&mut self, source: Source<'_>, probes: &[&Probe], readings: &mut [Reading]) -> Result<(), Fault> {
        let doubts: Vec<(usize, Doubts<'_>)> = probes
            .iter()
            .enumerate()
            .map(|(n, probe)| (n, Doubts::of(&probe.question, &readings[n], self.seen)))
            .filter(|(_, doubts)| !doubts.is_empty())
            .collect();
        if doubts.is_empty() {
            return Ok(());
        }
        let looking = doubts.iter().map(|(_, doubts)| doubts.plan(source)).collect::<Result<Vec<_>, _>>()?;
        let statements: Vec<_> = looking.iter().map(|looking| looking.statement.clone()).collect();
        let mut looking = Lookings(looking);
        self.bytes += self.server.run(self.call, self.table, &statements, &mut looking).await?;
        for ((n, doubts), looking) in doubts.into_iter().zip(looking.0) {
            doubts.settle(&looking.finish(), &mut readings[n]);
        }
        Ok(())
    }
}

struct Decoders<'a>(Vec<Decoder<'a>>);

impl Rows for Decoders<'_> {
    fn row(&mut self, statement: usize, cells: &[Cell<'_>]) -> Result<(), Fault> {
        self.0[statement].row(cells)
    }
}

struct Lookings(Vec<Looking>);

impl Rows for Lookings {
    fn row(&mut self, statement: usize, cells: &[Cell<'_>]) -> Result<(), Fault> {
        self.0[statement].row(cells)
    }
}

/// Whether another question about the same table could be answered.
fn is_of_question(why: &Unknown) -> bool {
    use UnknownReason::{ProbeBudget, SchemaMismatch, Unauthorized};
    why.lasts || matches!(why.reason, SchemaMismatch | ProbeBudget | Unauthorized)
}

/// Adds the dates of another part of a reading. Both parts count the same rows without a date.
fn join(all: &mut Reading, own: Reading) {
    all.dates.extend(own.dates);
    for (part, undated) in own.undated {
        all.undated.entry(part).and_modify(|known| *known = known.widest(undated)).or_insert(undated);
    }
}

/// The dates of a part are unknown: its cost is more than a limit allows. Those of other parts are not.
fn refuse(read: &mut [Reading], part: &Numbered, why: &Unknown) {
    for (n, probe) in part {
        read[*n].dates.extend(probe.dates.iter().map(|date| (date, Err(why.clone()))));
    }
}

/// Probes by their indices.
type Numbered = Vec<(usize, Probe)>;

/// The same probes with the earlier and the later half of their dates; `None` if they have one date.
fn halved(probes: &Numbered) -> Option<(Numbered, Numbered)> {
    let mut dates = DateSet::new();
    probes.iter().for_each(|(_, probe)| dates.extend(&probe.dates));
    let middle = dates.iter().nth((dates.len() / 2) as usize).filter(|_| dates.len() > 1)?;
    let half = |later: bool| {
        let dates = |probe: &Probe| probe.dates.iter().filter(|date| (*date >= middle) == later).collect();
        let own = probes.iter().map(|(n, probe)| (*n, Probe { dates: dates(probe), ..probe.clone() }));
        own.filter(|(_, probe)| !probe.dates.is_empty()).collect()
    };
    Some((half(false), half(true)))
}

/// The columns that a question names.
fn columns(question: &Question) -> impl Iterator<Item = &str> {
    let Question { date, filters, unit, before, needed, measures, unique, shares, .. } = question;
    let unit = match unit {
        UnitForm::Whole => &[][..],
        UnitForm::Columns { columns, .. } => columns,
        UnitForm::Split { column, .. } => std::slice::from_ref(column),
    };
    let measured = measures.iter().flat_map(|measure| {
        let of = match &measure.of {
            Of::Rows => None,
            Of::Distinct(column) => Some(column.as_str()),
            Of::Newest(column) => Some(column.column.as_str()),
        };
        of.into_iter().chain(measure.only.iter().map(|(column, _)| column.as_str()))
    });
    [date.column.as_str()]
        .into_iter()
        .chain(filters.iter().chain(shares.iter().flatten()).map(|filter| filter.column.as_str()))
        .chain(unit.iter().chain(needed).chain(unique).map(String::as_str))
        .chain(before.iter().map(|before| before.column.as_str()))
        .chain(measured)
}
