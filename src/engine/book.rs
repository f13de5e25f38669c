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
    pub failure: Option<Unknown>,
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
    /// Judges a date, and folds it when it is settled. What says the same as the date before shares its judgement:
    /// complete dates do by the thousand.
    pub fn judge(&mut self, terms: &Terms<'_>, date: Date, day: &Day, before: Option<&Arc<Judgement>>) -> Judged {
        let stands = self.confirmed_at.is_some_and(|at| at >= terms.too_old);
        let not_probed = &terms.not_probed;
        let Some(entry) = self.dates.get_mut(&date) else {
            let known = Known::Never(self.failure.as_ref().unwrap_or(not_probed));
            return judge_day(terms.coverage, terms.zone, Some(day), known, terms.now);
        };
        let failure = entry.failure.as_ref().or(self.failure.as_ref());
        let known = match (&entry.held, failure) {
            (Held::Folded(folded), failure) if is_on(day) && (failure.is_none() || stands) => {
                if folded.basis == basis(terms.criteria, day) {
                    return Judged { judgement: folded.judgement.clone(), valid_until: None };
                }
                Known::Never(failure.unwrap_or(not_probed))
            }
            (Held::Facts(_), None) if !self.was_looked_at => Known::Never(not_probed),
            (Held::Facts(_), failure) if !entry.answers(terms, day) => Known::Never(failure.unwrap_or(not_probed)),
            (Held::Facts(facts), None) => Known::Fresh(facts),
            (Held::Facts(facts), Some(failure)) if stands => Known::Old(facts, failure),
            (_, failure) => Known::Never(failure.unwrap_or(not_probed)),
        };
        let mut judged = judge_day(terms.coverage, terms.zone, Some(day), known, terms.now);
        judged.judgement = before.filter(|b| ***b == *judged.judgement).unwrap_or(&judged.judgement).clone();
        if date < terms.settled && failure.is_none() {
            entry.fold(terms, day, &judged);
        }
        judged
    }

    /// Whether what is held of a date still answers what is asked.
    pub fn is_good(&self, date: Date, rests_on: u64, basis: u64) -> bool {
        self.dates.get(&date).is_some_and(|entry| {
            let answers = match &entry.held {
                Held::Nothing => false,
                Held::Facts(_) => true,
                Held::Folded(folded) => folded.basis == basis,
            };
            answers && entry.rests_on == rests_on && entry.failure.is_none()
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
                self.dates.entry(date).or_insert(nothing).failure = Some(unknown);
            }
        }
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

impl Entry {
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
