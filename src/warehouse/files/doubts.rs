//! A second look at dates without anything that a filter or a measure looks for: what do they contain instead? Filters are
//! often spelled differently from the data, so a date that has rows must not be called empty.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::column::{Column, NULL};
use super::parts::Part;
use super::pass::pass;
use super::rows::Rows;
use super::scan::{Counter, Needs, Table};
use super::tally::{Days, Picked};
use crate::domain::dates::{Date, DateSet};
use crate::domain::probe::{Found, Instead, Probe, Question, Reading};
use crate::domain::verdict::Unknown;
use crate::warehouse::value::instead::{in_doubt, shown, sorted};

/// Values of a column that are kept for one date.
const MAX_KEPT: usize = 2_000;

/// Adds what such dates contain.
pub(super) fn look_instead(
    table: Table<'_>,
    probe: &Probe,
    reading: &mut Reading,
    bytes: &mut u64,
) -> Result<(), Unknown> {
    let question = &probe.question;
    let facts = reading.dates.iter_mut().filter_map(|(date, facts)| Some((*date, facts.as_mut().ok()?)));
    let doubted = facts.map(|(date, facts)| (date, in_doubt(question, facts), facts));
    let doubted: Vec<_> = doubted.filter(|(_, columns, _)| !columns.is_empty()).collect();
    if doubted.is_empty() {
        return Ok(());
    }
    let columns: BTreeSet<&str> = doubted.iter().flat_map(|(_, columns, _)| columns).copied().collect();
    let asked = unfiltered(probe, doubted.iter().map(|(date, ..)| *date).collect());
    let passed = pass(table, std::slice::from_ref(&asked), |asked, needs| Looking::new(asked, &columns, needs))?;
    *bytes += passed.bytes;
    passed.outcomes.into_iter().collect::<Result<Vec<_>, _>>()?;
    let held: BTreeMap<Date, Instead> = passed.counters.into_iter().flat_map(Looking::finish).collect();
    for (date, columns, facts) in doubted {
        facts.instead = held.get(&date).map(|Instead { rows, found }| {
            let found = found.iter().filter(|(column, _)| columns.contains(column.as_str())).cloned().collect();
            Box::new(Instead { rows: *rows, found })
        });
    }
    Ok(())
}

/// The same dates with all of their rows.
fn unfiltered(probe: &Probe, dates: DateSet) -> Probe {
    let question = Question {
        filters: Vec::new(),
        measures: Vec::new(),
        unique: Vec::new(),
        shares: Vec::new(),
        ..(*probe.question).clone()
    };
    Probe { question: Arc::new(question), dates, starts: Default::default(), caps: Default::default() }
}

/// Collects the values of columns, by day.
struct Looking<'a> {
    days: Days<'a>,
    columns: Vec<(String, usize)>,
    picked: Picked,
    held: Vec<Held>,
}

/// The content of a day.
#[derive(Clone, Default)]
struct Held {
    rows: u64,
    /// The ids that were found, by column.
    ids: Vec<FxHashSet<u32>>,
    /// Their texts.
    found: Vec<Found>,
}

impl<'a> Looking<'a> {
    fn new(probe: &'a Probe, columns: &BTreeSet<&str>, needs: &mut Needs) -> Self {
        let days = Days::new(probe, needs);
        let columns = columns.iter().map(|name| ((*name).to_string(), needs.column(name))).collect();
        Self { days, columns, picked: Picked::default(), held: Vec::new() }
    }

    fn finish(self) -> impl Iterator<Item = (Date, Instead)> {
        let names: Vec<String> = self.columns.into_iter().map(|(name, _)| name).collect();
        self.days.dates.into_iter().zip(self.held).map(move |(date, held)| {
            let found = names.iter().cloned().zip(held.found.into_iter().map(sorted)).collect();
            (date, Instead { rows: held.rows, found })
        })
    }
}

impl Counter for Looking<'_> {
    fn rows(&mut self, columns: &[Column], rows: &Rows, part: &Part) -> Result<(), Unknown> {
        self.picked.all(rows.len);
        self.days.find(columns, rows, part, &mut self.picked)?;
        let empty = Held {
            rows: 0,
            ids: vec![FxHashSet::default(); self.columns.len()],
            found: vec![Found::default(); self.columns.len()],
        };
        self.held.resize(self.days.dates.len(), empty);
        for row in self.picked.iter() {
            let held = &mut self.held[row.of as usize];
            held.rows += 1;
            for (n, (_, at)) in self.columns.iter().enumerate() {
                let id = rows.ids(*at)[row.at as usize];
                if id != NULL && held.ids[n].len() < MAX_KEPT && held.ids[n].insert(id) {
                    let text = columns[*at].value(id).map(|datum| shown(&datum.text()));
                    held.found[n].values.extend(text);
                    held.found[n].more |= held.ids[n].len() == MAX_KEPT;
                }
            }
        }
        Ok(())
    }

    fn close(&mut self, _: &dyn Fn(Date) -> bool) {}
}
