//! The facts of one coverage: what is known of each date, and what that rests on. Settled dates are folded: once an old
//! date was judged Complete, its units are forgotten and the judgement stands for them, for as long as its basis does.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;
use std::sync::Arc;

use super::observe::expected;
use crate::domain::bind::Binding;
use crate::domain::dates::{Date, Timestamp};
use crate::domain::judge::{Judged, Known, judge_day, values_of};
use crate::domain::mark::{TableMark, mix, stable_hash};
use crate::domain::policy::Coverage;
use crate::domain::probe::{DateFacts, Undated};
use crate::domain::schedule::Day;
use crate::domain::verdict::{Judgement, Unknown, UnknownReason, Verdict};

/// The facts of one coverage.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub dates: BTreeMap<Date, Entry>,
    /// The last look at the table failed.
    pub failure: Option<Unknown>,
    /// Rows that count for no date, by the mark of their part.
    pub undated: BTreeMap<u64, Undated>,
    /// Every date was seen as it was at this instant or later.
    pub confirmed_at: Option<Timestamp>,
    /// A look has ended well since the start. Before, what is held is only remembered, and says nothing.
    pub was_looked_at: bool,
}

/// The facts of one date.
#[derive(Debug)]
pub(super) struct Entry {
    pub held: Held,
    /// The mark and the binding that the facts rest on.
    pub rests_on: u64,
    /// What was bound when they were asked for: facts are no answer where something else is bound now.
    pub bound: Option<NonZeroU64>,
    pub read_at: Timestamp,
    /// Rare, and there are millions of entries.
    pub failure: Option<Box<Unknown>>,
}

/// What is held of a date.
#[derive(Debug)]
pub(super) enum Held {
    Nothing,
    Facts(Arc<DateFacts>),
    Folded(Folded),
}

/// What the facts of a date amounted to.
#[derive(Clone, Debug, PartialEq)]
pub struct Folded {
    /// It was Complete.
    pub judgement: Arc<Judgement>,
    /// As [`values_of`] counted them.
    pub values: u64,
    /// What the date expected and what complete meant: under another basis the facts are wanted again.
    pub basis: u64,
}

/// What one judging of a coverage needs besides its book.
pub(super) struct Terms<'a> {
    pub coverage: &'a Coverage,
    pub zone: &'a jiff::tz::TimeZone,
    pub criteria: u64,
    /// Dates bind something that their facts rest on.
    pub binds: bool,
    pub now: Timestamp,
    /// Last good facts confirmed before this instant say nothing any more.
    pub too_old: Timestamp,
    /// Complete dates before this one are folded.
    pub settled: Date,
    /// Why nothing is known of a date that nobody has looked at.
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
            stands: self.confirmed_at.is_some_and(|at| at >= terms.too_old),
            failure: self.failure.as_ref(),
            was_looked_at: self.was_looked_at,
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
        facts: Result<DateFacts, Unknown>,
        binding: &Binding,
        mark: u64,
        read_at: Timestamp,
    ) {
        let entry =
            |held| Entry { held, rests_on: binding.rests_on(mark), bound: binding.mark(), read_at, failure: None };
        match facts {
            Ok(facts) => _ = self.dates.insert(date, entry(Held::Facts(facts.into()))),
            Err(unknown) => {
                let nothing = entry(Held::Nothing);
                self.dates.entry(date).or_insert(nothing).failure = Some(unknown.into());
            }
        }
    }

    /// Whether a date was read, and has more units than are counted.
    pub fn overflows(&self, date: Date) -> bool {
        let known = self.dates.get(&date).filter(|entry| entry.failure.is_none()).map(|entry| &entry.held);
        matches!(known, Some(Held::Facts(facts)) if facts.overflow)
    }

    /// The mark, rows and values of a date.
    pub fn content(&self, coverage: &Coverage, date: Date) -> (u64, u64, u64) {
        let Some(entry) = self.dates.get(&date) else { return (0, 0, 0) };
        match &entry.held {
            Held::Nothing => (entry.rests_on, 0, 0),
            Held::Facts(facts) => (entry.rests_on, facts.rows, values_of(coverage, facts)),
            Held::Folded(folded) => (entry.rests_on, folded.judgement.rows.unwrap_or(0), folded.values),
        }
    }
}

/// What the last looks at a table say of all its dates.
struct Seen<'a> {
    /// Facts from before a failure still prove that a date is complete.
    stands: bool,
    failure: Option<&'a Unknown>,
    was_looked_at: bool,
}

/// What was said last: of a date that expects something, and of one that does not.
#[derive(Default)]
struct Last {
    on: Option<Arc<Judgement>>,
    off: Option<Arc<Judgement>>,
}

impl Last {
    fn judge(&mut self, terms: &Terms<'_>, day: &Day, known: Known<'_>) -> Judged {
        let judged = judge_day(terms.coverage, terms.zone, Some(day), known, terms.now);
        judged.map(|judgement| self.share(judgement, day))
    }

    /// The judgement before, where that says the same.
    fn share(&mut self, judgement: Judgement, day: &Day) -> Arc<Judgement> {
        let last = if is_on(day) { &mut self.on } else { &mut self.off };
        match last {
            Some(last) if **last == judgement => last.clone(),
            _ => last.insert(judgement.into()).clone(),
        }
    }
}

impl Entry {
    /// Whether what is held of the date still answers what is asked.
    pub fn is_good(&self, rests_on: u64, basis: u64) -> bool {
        let answers = match &self.held {
            Held::Nothing => false,
            Held::Facts(_) => true,
            Held::Folded(folded) => folded.basis == basis,
        };
        answers && self.rests_on == rests_on && self.failure.is_none()
    }

    fn judge(&mut self, terms: &Terms<'_>, seen: &Seen<'_>, date: Date, day: &Day, last: &mut Last) -> Judged {
        let failure = self.failure.as_deref().or(seen.failure);
        let never = || Known::Never(failure.unwrap_or(&terms.not_probed));
        let known = match (&self.held, failure) {
            (Held::Folded(folded), failure) if is_on(day) && (failure.is_none() || seen.stands) => {
                if folded.basis == basis(terms.criteria, day) {
                    return Judged { judgement: folded.judgement.clone(), valid_until: None };
                }
                never()
            }
            (Held::Facts(_), None) if !seen.was_looked_at => Known::Never(&terms.not_probed),
            (Held::Facts(_), _) if !self.answers(terms, day) => never(),
            (Held::Facts(facts), None) => Known::Fresh(facts),
            (Held::Facts(facts), Some(failure)) if seen.stands => Known::Old(facts, failure),
            _ => never(),
        };
        let judged = last.judge(terms, day, known);
        if date < terms.settled && failure.is_none() {
            self.fold(terms, day, &judged);
        }
        judged
    }

    /// Whether what was asked is what would be asked now.
    fn answers(&self, terms: &Terms<'_>, day: &Day) -> bool {
        match self.bound {
            None if !terms.binds => true,
            bound => bound == Binding::new(terms.coverage, expected(Some(day))).mark(),
        }
    }

    fn fold(&mut self, terms: &Terms<'_>, day: &Day, judged: &Judged) {
        let Held::Facts(facts) = &self.held else { return };
        if is_on(day) && judged.judgement.verdict == Verdict::Complete && judged.valid_until.is_none() {
            let values = values_of(terms.coverage, facts);
            let basis = basis(terms.criteria, day);
            self.held = Held::Folded(Folded { judgement: judged.judgement.clone(), values, basis });
        }
    }
}

fn is_on(day: &Day) -> bool {
    matches!(day, Day::On(_))
}

/// The facts of a coverage that nobody has looked at.
pub(super) fn not_probed() -> Unknown {
    Unknown::new(UnknownReason::NotProbed, "not read yet")
}
