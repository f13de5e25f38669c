//! What may be kept between two runs where there is a disk: facts that can be read again. Losing it costs one read,
//! never a decision: everything in it rests on marks that are asked for again.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;

pub use super::entry::Folded;
use super::entry::{Entry, Held};
use super::world::World;
use crate::domain::dates::{Date, Timestamp};
use crate::domain::mark::stable_hash;
use crate::domain::policy::{Key, Table};
use crate::domain::probe::{DateFacts, Undated};
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
    /// Rows that count for no date, by the mark of their part.
    pub undated: BTreeMap<u64, Undated>,
    /// The facts per date, in order.
    pub dates: Vec<(Date, RememberedDate)>,
}

/// The facts of one date.
#[derive(Clone, Debug, PartialEq)]
pub struct RememberedDate {
    /// What they rest on.
    pub rests_on: u64,
    /// What was bound when they were asked for.
    pub bound: Option<NonZeroU64>,
    /// When they were read.
    pub read_at: Timestamp,
    pub facts: RememberedFacts,
}

/// Facts in full, or what they amounted to.
#[derive(Clone, Debug, PartialEq)]
pub enum RememberedFacts {
    /// In full.
    Full(Arc<DateFacts>),
    /// Of a settled date.
    Folded(Folded),
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
    pub facts: Arc<ScheduleFacts>,
}

impl World {
    /// Everything worth keeping.
    pub fn remember(&self) -> Memory {
        let book = |(key, state): (&Key, &super::coverage::CoverageState)| RememberedBook {
            coverage: key.clone(),
            table: state.coverage.table.clone(),
            question: hash_of(&state.coverage.question),
            undated: state.facts.book().undated.clone(),
            dates: state.facts.book().dates.iter().filter_map(remembered).collect(),
        };
        let schedules = self.seasons.iter().filter_map(|(key, state)| {
            let schedule = state.season.schedule.as_ref()?;
            Some(RememberedSchedule {
                season: key.clone(),
                table: schedule.table.clone(),
                question: hash_of(&schedule.question),
                mark: state.mark()?,
                facts: state.facts().cloned()?,
            })
        });
        Memory { books: self.coverages.iter().map(book).collect(), schedules: schedules.collect() }
    }

    /// Takes back what was kept, where it answers what is asked now.
    pub fn recall(&mut self, memory: Memory) {
        for book in memory.books {
            let Some(state) = self.coverages.get_mut(&book.coverage) else { continue };
            let same = state.coverage.table == book.table && hash_of(&state.coverage.question) == book.question;
            if !same || !state.facts.book().dates.is_empty() {
                continue;
            }
            state.facts.recall(book.dates.into_iter().map(|(date, kept)| (date, kept.into())).collect(), book.undated);
        }
        for kept in memory.schedules {
            let Some(state) = self.seasons.get_mut(&kept.season) else { continue };
            let same =
                |s: &crate::domain::policy::Schedule| s.table == kept.table && hash_of(&s.question) == kept.question;
            if state.season.schedule.as_ref().is_some_and(same) && state.facts().is_none() {
                state.recall(kept.facts, kept.mark);
            }
        }
    }
}

fn remembered((date, entry): (&Date, &Entry)) -> Option<(Date, RememberedDate)> {
    let facts = match &entry.held {
        Held::Facts(facts) => RememberedFacts::Full(facts.clone()),
        Held::Folded(folded) => RememberedFacts::Folded(folded.clone()),
        Held::Nothing => return None,
    };
    let kept = RememberedDate { rests_on: entry.rests_on, bound: entry.bound, read_at: entry.read_at, facts };
    entry.failure.is_none().then_some((*date, kept))
}

impl From<RememberedDate> for Entry {
    fn from(kept: RememberedDate) -> Self {
        let held = match kept.facts {
            RememberedFacts::Full(facts) => Held::Facts(facts),
            RememberedFacts::Folded(folded) => Held::Folded(folded),
        };
        Self { held, rests_on: kept.rests_on, bound: kept.bound, read_at: kept.read_at, failure: None }
    }
}

/// A question's hash. Its debug form holds all of it; when that form changes, facts are read once more.
fn hash_of<Q: std::fmt::Debug>(question: &Arc<Q>) -> u64 {
    stable_hash(&format!("{question:?}"))
}
