//! What looks at a coverage's table found: the facts per date, where the table really is, and the last look that ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::book::{Book, Proof, Terms};
use super::entry::Entry;
use super::tracked::{Revision, Tracked};
use crate::domain::bind::Binding;
use crate::domain::dates::{Date, Timestamp};
use crate::domain::judge::Judged;
use crate::domain::mark::{DateMarks, TableMark};
use crate::domain::policy::{Coverage, Table};
use crate::domain::probe::{Probe, Reading, Undated};
use crate::domain::schedule::Day;
use crate::domain::span::Span;
use crate::domain::verdict::Unknown;

/// The facts of one coverage.
#[derive(Debug, Default)]
pub(super) struct Facts {
    book: Tracked<Book>,
    names: Tracked<Names>,
    /// When the look was asked for that has ended since the last judging: its dates are to be noted in the ledger.
    looked: Option<Timestamp>,
    /// How often the table is looked at.
    cadence: Span,
}

/// The names of a table.
#[derive(Debug, Default)]
struct Names {
    /// Those that it has however it is declared, since it was looked at; the one of its place first.
    now: Vec<Table>,
    /// Those that it had before: Jobs that were made then have them.
    former: Vec<Table>,
}

/// Names that a table had before are kept up to this many.
const MAX_FORMER: usize = 8;

/// An answer to a probe, with the mark that the table had.
pub(super) struct Answered<'a> {
    pub probe: &'a Probe,
    pub reading: Result<Reading, Unknown>,
    pub mark: &'a TableMark,
    pub marks: &'a DateMarks,
    /// What was committed until then was read.
    pub read_at: Timestamp,
}

impl Facts {
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// The names that the table has however it is declared, the one of its place first.
    pub fn names(&self) -> &[Table] {
        &self.names.now
    }

    pub fn former_names(&self) -> &[Table] {
        &self.names.former
    }

    /// Rises with every change of what is known of a date.
    pub fn revision(&self) -> Revision {
        self.book.revision()
    }

    /// Rises when the table turns out to have other names.
    pub fn renames(&self) -> Revision {
        self.names.revision()
    }

    /// Keeps what an edit from one coverage to another leaves true.
    pub fn edited(&mut self, old: &Coverage, new: &Coverage) {
        if old.table != new.table {
            *self.names = Names::default();
        }
        if old.table != new.table || old.question != new.question {
            *self.book = Book::default();
        }
    }

    /// What a look found the table to be called; `true` if that is not what the look before found.
    pub fn found_as(&mut self, names: &[Table], declared: &Table) -> bool {
        if self.names.now == names {
            return false;
        }
        let Names { now, former } = &mut *self.names;
        former.append(now);
        former.retain(|name| name != declared && !names.contains(name));
        former.drain(..former.len().saturating_sub(MAX_FORMER));
        now.extend_from_slice(names);
        true
    }

    /// A look is under way that asks for these facts.
    pub fn asked(&mut self, at: Timestamp) {
        self.book.quietly().asked_at = Some(at);
    }

    /// Facts rest on what was asked. What a probe cannot be answered is unknown for the dates that it asked for.
    pub fn take(&mut self, answered: Answered<'_>) {
        let Answered { probe, reading, mark, marks, read_at } = answered;
        let book = &mut *self.book;
        let mut take = |date, facts| book.take(date, facts, &Binding::of_probe(probe, date), marks.of(date), read_at);
        match reading {
            Ok(Reading { dates, undated }) => {
                let mut share = Shared::default();
                dates.into_iter().for_each(|(date, facts)| take(date, facts.map_err(|unknown| share.of(unknown))));
                book.take_undated(undated, mark);
            }
            Err(unknown) => {
                let unknown = Arc::new(unknown);
                probe.dates.iter().for_each(|date| take(date, Err(unknown.clone())));
            }
        }
    }

    pub fn look_failed(&mut self, unknown: &Unknown) {
        if self.book.failure.as_ref() != Some(unknown) {
            self.book.failure = Some(unknown.clone());
        }
    }

    /// A look ended well. One that asked for these facts confirms them; what came while it was under way is asked for by
    /// the next one. A look that finds nothing new does not change the facts.
    pub fn look_ended(&mut self, asked_at: Timestamp, proof: Proof) {
        if self.book.quietly().asked_at.take() != Some(asked_at) {
            return;
        }
        if self.book.failure.is_some() {
            self.book.failure = None;
        }
        if !self.book.was_looked_at {
            self.book.was_looked_at = true;
        }
        self.book.quietly().confirm(proof);
        (self.looked, self.cadence) = (Some(asked_at), proof.cadence);
    }

    /// The look that has ended and is not noted yet.
    pub fn news(&self) -> Option<Timestamp> {
        self.looked
    }

    /// Takes the look that is to be noted, with how often the table is looked at.
    pub fn take_news(&mut self) -> Option<(Timestamp, Span)> {
        self.looked.take().map(|at| (at, self.cadence))
    }

    /// Judges dates, given in order. Settled dates are folded by the way, which changes nothing that is known of them.
    pub fn judge<'a>(
        &'a mut self,
        terms: &'a Terms<'_>,
        days: impl Iterator<Item = (Date, &'a Day)> + 'a,
    ) -> impl Iterator<Item = (Date, Judged)> + 'a {
        self.book.quietly().judge(terms, days)
    }

    /// Takes back what an earlier process knew.
    pub fn recall(&mut self, dates: BTreeMap<Date, Entry>, undated: BTreeMap<u64, Undated>) {
        (self.book.dates, self.book.undated) = (dates, undated);
    }

    pub fn clock_moved(&mut self, moved: impl Fn(&mut Timestamp)) {
        self.book.clock_moved(&moved);
        self.looked.iter_mut().for_each(moved);
    }

    /// For tests: the book, to be prepared.
    #[cfg(test)]
    pub fn book_mut(&mut self) -> &mut Book {
        &mut self.book
    }

    /// For tests: a look that is to be noted.
    #[cfg(test)]
    pub fn looked_mut(&mut self) -> &mut Option<Timestamp> {
        &mut self.looked
    }
}

/// Dates that fail for one reason share it: one broken part can hold thousands.
#[derive(Default)]
struct Shared(Option<Arc<Unknown>>);

impl Shared {
    fn of(&mut self, unknown: Unknown) -> Arc<Unknown> {
        match &self.0 {
            Some(last) if **last == unknown => last.clone(),
            _ => self.0.insert(Arc::new(unknown)).clone(),
        }
    }
}
