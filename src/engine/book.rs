//! The facts of one coverage: what is known of each date, and what that rests on. Settled dates are folded: once an old
//! date was judged Complete, its units are forgotten and the judgement is kept in their place, as long as its basis is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;

use super::entry::{Entry, Failure, Held, Last, Seen};
use crate::domain::bind::Binding;
use crate::domain::dates::{Date, DateSet, Timestamp};
use crate::domain::judge::{Judged, Known, values_of};
use crate::domain::mark::{Blind, TableMark, mix, stable_hash};
use crate::domain::policy::Coverage;
use crate::domain::probe::{DateFacts, Undated};
use crate::domain::schedule::Day;
use crate::domain::span::Span;
use crate::domain::verdict::{Unknown, UnknownReason};

/// The facts of one coverage.
#[derive(Debug)]
pub(super) struct Book {
    pub dates: BTreeMap<Date, Entry>,
    /// The last look at the table failed.
    pub failure: Option<Unknown>,
    /// Rows that count for no date, by the mark of their part.
    pub undated: BTreeMap<u64, Undated>,
    /// What the last look proves that ended well: its mark confirmed every date but those with a failure of their own.
    /// There are millions of dates, and almost all have this instant in common.
    pub confirmed_at: Option<Timestamp>,
    /// Which changes that mark does not show. A blind mark confirms no date: only a read does.
    pub blind: Blind,
    /// Something was read since the last look ended.
    was_read: bool,
    /// How long facts hold without being confirmed again: three cadences of the table, and at least an hour.
    pub good_for: SignedDuration,
    /// Until when `confirmed_at` holds.
    pub good_until: Timestamp,
    /// When the look under way was asked for, if it asked for this book: what came meanwhile is asked for by the next one.
    pub asked_at: Option<Timestamp>,
    /// A look has ended well since the start. Before, what is held is only remembered, and does not count.
    pub was_looked_at: bool,
}

/// Facts hold at least this long without being confirmed.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(1);
/// And this many cadences of their table.
const GOOD_CADENCES: i64 = 3;

/// How long facts of a table hold that is looked at with this cadence.
pub(super) fn good_for(cadence: Span) -> SignedDuration {
    SignedDuration::from_secs(cadence.as_seconds().saturating_mul(GOOD_CADENCES)).max(GOOD_FOR)
}

impl Default for Book {
    fn default() -> Self {
        Self {
            dates: BTreeMap::new(),
            failure: None,
            undated: BTreeMap::new(),
            confirmed_at: None,
            blind: Blind::No,
            was_read: false,
            good_for: GOOD_FOR,
            good_until: Timestamp::MAX,
            asked_at: None,
            was_looked_at: false,
        }
    }
}

/// What one judging of a coverage needs besides its book.
pub(super) struct Terms<'a> {
    pub coverage: &'a Coverage,
    pub zone: &'a jiff::tz::TimeZone,
    pub criteria: u64,
    /// Dates bind something that their facts rest on.
    pub binds: bool,
    pub now: Timestamp,
    /// Why nothing is said of facts that were not confirmed for too long.
    pub too_old: Unknown,
    pub today: Date,
    /// Complete dates before this one are folded.
    pub settled: Date,
    /// Why nothing is known of a date that was never read.
    pub not_probed: Unknown,
}

/// What complete means for a coverage, as a mark.
pub(super) fn criteria_mark(coverage: &Coverage) -> u64 {
    // The debug form holds all of it; when that form changes, facts are read once more.
    stable_hash(&format!("{:?} {:?}", coverage.criteria, coverage.due))
}

/// What a judgement rests on besides the facts.
pub(super) fn basis(criteria: u64, day: &Day) -> u64 {
    if let Day::On(expected) = day { mix(criteria, expected.mark) } else { criteria }
}

impl Book {
    /// Judges dates, given in order, and folds those that are settled. What says the same as the date before shares its
    /// judgement: complete dates do by the thousand.
    pub fn judge<'a>(
        &'a mut self,
        terms: &'a Terms<'_>,
        days: impl Iterator<Item = (Date, &'a Day)> + 'a,
    ) -> impl Iterator<Item = (Date, Judged)> + 'a {
        let seen = Seen {
            failure: self.failure.as_ref(),
            was_looked_at: self.was_looked_at,
            confirmed_at: self.confirmed_at.filter(|_| self.blind != Blind::All),
            blind: self.blind,
            good_for: self.good_for,
            is_overdue: self.is_overdue(terms.now),
        };
        let mut entries = self.dates.iter_mut().peekable();
        let mut last = Last::default();
        days.map(move |(date, day)| {
            while entries.next_if(|(d, _)| **d < date).is_some() {}
            let judged = match entries.next_if(|(d, _)| **d == date) {
                Some((_, entry)) => entry.judge(terms, &seen, date, day, &mut last),
                None => last.judge(terms, day, Known::Never(seen.failure.unwrap_or(&terms.not_probed))),
            };
            (date, judged)
        })
    }

    /// Parts were read, some of them perhaps only in part; the others are as they were, or gone.
    pub fn take_undated(&mut self, read: BTreeMap<u64, Undated>, mark: &TableMark) {
        if !self.undated.is_empty() {
            let parts: BTreeSet<u64> = mark.parts.iter().map(|p| p.hash).collect();
            self.undated.retain(|part, _| parts.contains(part));
        }
        for (part, undated) in read {
            let known = self.undated.entry(part).or_default();
            *known = known.widest(undated);
        }
    }

    /// A date was read, under that binding, while it had that mark.
    pub fn take(
        &mut self,
        date: Date,
        facts: Result<DateFacts, Arc<Unknown>>,
        binding: &Binding,
        mark: u64,
        read_at: Timestamp,
    ) {
        let (rests_on, bound) = (binding.rests_on(mark), binding.mark());
        let entry = |held| Entry { held, rests_on, bound, read_at, failure: None };
        match facts {
            Ok(facts) => {
                self.was_read = true;
                self.dates.insert(date, entry(Held::Facts(facts.into())));
            }
            Err(unknown) => {
                let all = self.all_confirmed_at();
                let entry = self.dates.entry(date).or_insert_with(|| entry(Held::Nothing));
                let confirmed_at = entry.confirmed_at(all);
                let rests_on = unknown.lasts.then_some(rests_on);
                entry.failure = Some(Failure { unknown, rests_on, at: read_at, confirmed_at }.into());
            }
        }
    }

    /// Whether a date was read, and has more units than are counted.
    pub fn overflows(&self, date: Date) -> bool {
        let known = self.dates.get(&date).filter(|entry| entry.failure.is_none()).map(|entry| &entry.held);
        matches!(known, Some(Held::Facts(facts)) if facts.overflow)
    }

    /// A look has ended well.
    pub fn confirm(&mut self, proof: Proof) {
        let Proof { at, blind, cadence } = proof;
        (self.was_looked_at, self.blind) = (true, blind);
        // What is not read of an altogether blind table is as old as the last read of it.
        if std::mem::take(&mut self.was_read) || blind != Blind::All {
            self.confirmed_at = Some(at);
        } else if self.confirmed_at.is_none() {
            self.confirmed_at = self.dates.values().map(|entry| entry.read_at).max().or(Some(at));
        }
        self.good_for = good_for(cadence);
        self.good_until = at.saturating_add(self.good_for).unwrap_or(Timestamp::MAX);
    }

    /// When every date without a failure of its own was confirmed last by a mark.
    pub fn all_confirmed_at(&self) -> Option<Timestamp> {
        self.confirmed_at.filter(|_| self.blind == Blind::No)
    }

    pub fn clock_moved(&mut self, moved: impl Fn(&mut Timestamp)) {
        moved(&mut self.good_until);
        self.confirmed_at.iter_mut().chain(&mut self.asked_at).for_each(&moved);
        for entry in self.dates.values_mut() {
            moved(&mut entry.read_at);
            let failure = entry.failure.iter_mut();
            failure.flat_map(|f| f.confirmed_at.iter_mut().chain([&mut f.at])).for_each(&moved);
        }
    }

    /// When what is held of a date was confirmed last: it was so then, or later.
    pub fn confirmed_at(&self, date: Date) -> Option<Timestamp> {
        self.dates.get(&date)?.confirmed_at(self.all_confirmed_at())
    }

    /// Whether dates that are held as they are were last confirmed before an instant.
    pub fn is_behind(&self, dates: &DateSet, at: Timestamp) -> bool {
        // What was confirmed last holds for every date without a failure: most questions end here.
        self.all_confirmed_at().is_none_or(|all| all < at) && self.behind(dates, at).next().is_some()
    }

    /// Those of the dates. One that cannot be read waits for its own reason, and one that was never read for its first read.
    pub fn behind<'a>(&'a self, dates: &'a DateSet, at: Timestamp) -> impl Iterator<Item = Date> + 'a {
        let all = self.all_confirmed_at();
        dates.iter().filter(move |date| {
            let held = self.dates.get(date).filter(|entry| entry.failure.is_none());
            held.is_some_and(|entry| entry.confirmed_at(all).is_none_or(|confirmed| confirmed < at))
        })
    }

    /// Whether nothing was confirmed for too long, though no look has failed: one hangs, or waits.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.was_looked_at && self.good_until <= now
    }

    /// The rows and values of a date.
    pub fn content(&self, coverage: &Coverage, date: Date) -> (u64, u64) {
        match self.dates.get(&date).map(|entry| &entry.held) {
            None | Some(Held::Nothing) => (0, 0),
            Some(Held::Facts(facts)) => (facts.rows, values_of(coverage, facts)),
            Some(Held::Folded(folded)) => (folded.judgement.rows.unwrap_or(0), folded.values),
        }
    }
}

/// What a look proves that ended well.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proof {
    /// What was committed until then shows in its mark.
    pub at: Timestamp,
    /// Which changes do not.
    pub blind: Blind,
    /// How often the table is looked at.
    pub cadence: Span,
}

/// Why nothing is known of a table that was not looked at.
pub(super) fn not_probed() -> Unknown {
    Unknown::new(UnknownReason::NotProbed, "not read yet")
}

/// Why nothing is known any more of a table whose next look does not end.
pub(super) fn too_old(coverage: &Coverage) -> Unknown {
    let text = format!(
        "table `{}` was last looked at more than three of its intervals ago, and the present look has not ended; check \
         its warehouse",
        coverage.table.name
    );
    Unknown::new(UnknownReason::ProbeFailed, text)
}
