//! What may be kept between two runs where there is a disk: facts that can be read again. Losing it costs one read,
//! never a decision: everything in it rests on marks that are asked for again.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::world::{Entry, World};
use crate::domain::dates::{Date, Timestamp};
use crate::domain::mark::stable_hash;
use crate::domain::policy::{Key, Table};
use crate::domain::probe::DateFacts;
use crate::domain::schedule::ScheduleFacts;

/// Facts worth keeping.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    /// Of coverages.
    pub books: Vec<RememberedBook>,
    /// Of seasons.
    pub schedules: Vec<RememberedSchedule>,
}

/// The facts of one coverage.
#[derive(Clone, Debug, PartialEq)]
pub struct RememberedBook {
    /// Whose.
    pub coverage: Key,
    /// The table that was asked.
    pub table: Table,
    /// What was asked, hashed: the answer to another question is forgotten.
    pub question: u64,
    /// Rows without a date.
    pub null_dates: u64,
    /// Per date what the facts rest on, when they were read, and the facts.
    pub dates: BTreeMap<Date, (u64, Timestamp, DateFacts)>,
}

/// The units of one season.
#[derive(Clone, Debug, PartialEq)]
pub struct RememberedSchedule {
    /// Whose.
    pub season: Key,
    /// The table that was asked.
    pub table: Table,
    /// What was asked, hashed.
    pub question: u64,
    /// The table's mark.
    pub mark: u64,
    /// What was read.
    pub facts: ScheduleFacts,
}

impl World {
    /// Everything worth keeping.
    pub fn remember(&self) -> Memory {
        let book = |(key, state): (&Key, &super::world::CoverageState)| RememberedBook {
            coverage: key.clone(),
            table: state.coverage.table.clone(),
            question: hash_of(&state.coverage.question),
            null_dates: state.book.null_dates,
            dates: state.book.dates.iter().filter_map(remembered).collect(),
        };
        let schedules = self.seasons.iter().filter_map(|(key, state)| {
            let schedule = state.season.schedule.as_ref()?;
            Some(RememberedSchedule {
                season: key.clone(),
                table: schedule.table.clone(),
                question: hash_of(&schedule.question),
                mark: state.mark?,
                facts: state.facts.as_deref()?.clone(),
            })
        });
        Memory { books: self.coverages.iter().map(book).collect(), schedules: schedules.collect() }
    }

    /// Takes back what was kept, where it answers what is asked now.
    pub fn recall(&mut self, memory: Memory) {
        for book in memory.books {
            let Some(state) = self.coverages.get_mut(&book.coverage) else { continue };
            let same = state.coverage.table == book.table && hash_of(&state.coverage.question) == book.question;
            if !same || !state.book.dates.is_empty() {
                continue;
            }
            let entry = |(rests_on, read_at, facts)| Entry { facts: Some(facts), rests_on, read_at, failure: None };
            state.book.dates = book.dates.into_iter().map(|(d, e)| (d, entry(e))).collect();
            state.book.null_dates = book.null_dates;
        }
        for kept in memory.schedules {
            let Some(state) = self.seasons.get_mut(&kept.season) else { continue };
            let same =
                |s: &crate::domain::policy::Schedule| s.table == kept.table && hash_of(&s.question) == kept.question;
            if state.season.schedule.as_ref().is_some_and(same) && state.facts.is_none() {
                state.facts = Some(Arc::new(kept.facts));
                state.mark = Some(kept.mark);
                state.dirty = true;
            }
        }
    }
}

fn remembered((date, entry): (&Date, &Entry)) -> Option<(Date, (u64, Timestamp, DateFacts))> {
    let facts = entry.facts.clone().filter(|_| entry.failure.is_none())?;
    Some((*date, (entry.rests_on, entry.read_at, facts)))
}

/// A question's hash. Its debug form holds all of it; when that form changes, facts are read once more.
fn hash_of<Q: std::fmt::Debug>(question: &Arc<Q>) -> u64 {
    stable_hash(&format!("{question:?}"))
}
