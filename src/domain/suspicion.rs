//! A sudden loss of much data is doubted first: a mount may have vanished, or a filter may be wrong. docs/concepts.md
//! describes the rule.

use alloc::format;
use alloc::string::String;

use jiff::SignedDuration;

use super::dates::{Date, DateRange, DateSet, Timestamp};
use super::judge::Judged;
use super::schedule::ScheduleFacts;
use super::span::Span;
use super::verdict::Flaw;
use super::words::counted;

/// The number of further reads, a cadence apart, that must agree.
const AGREEING_READS: u8 = 2;
const AT_LEAST: usize = 5;

/// A finding that is doubted until further reads agree. A read counts only if it was requested a cadence after the last
/// one that counted: an edited manifest, a new part or a restart cause earlier reads, which prove nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    agreed: u8,
    counted_at: Timestamp,
}

impl Doubt {
    /// Begins with the first read that found it, requested at `asked_at`.
    pub fn new(asked_at: Timestamp) -> Self {
        Self { agreed: 0, counted_at: asked_at }
    }

    /// Keeps the length of a cadence when the clock is set.
    pub fn clock_moved(&mut self, by: SignedDuration) {
        self.counted_at = self.counted_at.saturating_add(by).unwrap_or(self.counted_at);
    }

    /// The doubt after another read with the same finding; `None` once enough of them agree.
    pub fn after(self, asked_at: Timestamp, cadence: Span) -> Option<Self> {
        if asked_at.duration_since(self.counted_at).as_secs() < cadence.as_seconds() {
            return Some(self);
        }
        let agreed = self.agreed + 1;
        (agreed < AGREEING_READS).then_some(Self { agreed, counted_at: asked_at })
    }
}

/// Whether more than 30 % of the dates that were complete, and at least five, have lost data. Dates that have left the
/// coverage's window are not counted.
pub fn is_suspect(complete: &DateSet, judged: &[(Date, Judged)]) -> bool {
    let lost = judged.iter().filter(|(date, judged)| has_lost(judged) && complete.contains(*date)).count();
    let mut was_complete = complete.in_order();
    lost >= AT_LEAST && is_much(lost, judged.iter().filter(|(date, _)| was_complete(*date)).count())
}

fn has_lost(judged: &Judged) -> bool {
    judged.judgement.flaws.iter().any(|flaw| matches!(flaw, Flaw::UnitsMissing | Flaw::ValuesMissing))
}

/// The dates of a season on which its schedule lost units, if they are many. A table may hold several seasons; the
/// dates of the others do not count.
pub fn suspect_dates(old: &ScheduleFacts, new: &ScheduleFacts, season: &DateRange) -> Option<DateSet> {
    let count = |facts: &ScheduleFacts, date: &Date| facts.units.get(date).map_or(0, |u| u.len());
    let own = || old.units.range(season.from()..=season.through()).map(|(date, _)| date);
    let lost: DateSet = own().filter(|d| count(new, d) < count(old, d)).copied().collect();
    is_much(lost.len() as usize, own().count()).then_some(lost)
}

/// Why a schedule is doubted, as one sentence.
pub fn schedule_doubt(dates: &DateSet) -> String {
    let dates = counted(dates.len().into(), "dates");
    format!("the schedule lost games on {dates} at once; the earlier schedule is used until two more reads agree")
}

fn is_much(lost: usize, had: usize) -> bool {
    lost >= AT_LEAST && lost * 10 > had * 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dates::shift;
    use crate::domain::judge::tests::{at, calendar, calendar_of, coverage, day, facts};
    use crate::domain::judge::{Known, judge};
    use crate::domain::probe::DateFacts;
    use crate::domain::schedule::Scheduled;

    /// Dates from 1 October on, each with what it holds.
    fn judged(held: impl IntoIterator<Item = DateFacts>) -> alloc::vec::Vec<(Date, Judged)> {
        let now = at("2025-12-31T12:00:00Z");
        let judge = |(n, facts): (usize, DateFacts)| {
            let date = shift(day("2025-10-01"), n as i32);
            let calendar = calendar([calendar_of(date, &["BOS@NYK", "PHX@DEN"])], "2025-12-31");
            (date, judge(&coverage(), &calendar, date, Known::Fresh(&facts), now))
        };
        held.into_iter().enumerate().map(judge).collect()
    }

    /// `lost` dates that hold `left`, then `others` complete dates.
    fn held(lost: usize, left: &DateFacts, others: usize) -> impl Iterator<Item = DateFacts> {
        let whole = facts(&[("BOS@NYK", 2), ("PHX@DEN", 2)]);
        core::iter::repeat_n(left.clone(), lost).chain(core::iter::repeat_n(whole, others))
    }

    fn first_dates(count: i32) -> DateSet {
        (0..count).map(|n| shift(day("2025-10-01"), n)).collect()
    }

    #[test]
    fn more_than_thirty_per_cent_and_at_least_five_are_suspect() {
        let nothing = facts(&[]);
        for (lost, of, expected) in
            [(4, 4, false), (5, 5, true), (5, 16, true), (5, 17, false), (15, 50, false), (16, 50, true)]
        {
            let judged = judged(held(lost, &nothing, of - lost));
            assert_eq!(is_suspect(&first_dates(of as i32), &judged), expected, "{lost} of {of}");
        }
    }

    #[test]
    fn a_date_that_lost_rows_or_units_has_lost_data_and_one_that_is_doubled_has_not() {
        let (fewer_units, fewer_rows) = (facts(&[("BOS@NYK", 2)]), facts(&[("BOS@NYK", 2), ("PHX@DEN", 1)]));
        let doubled = DateFacts { surplus: 1, ..facts(&[("BOS@NYK", 2), ("PHX@DEN", 2)]) };
        for (left, expected) in [(facts(&[]), true), (fewer_units, true), (fewer_rows, true), (doubled, false)] {
            assert_eq!(is_suspect(&first_dates(10), &judged(held(10, &left, 0))), expected, "{left:?}");
        }
    }

    #[test]
    fn only_dates_count_that_were_complete_and_are_dates_of_the_coverage_now() {
        let nothing = facts(&[]);
        let six_of_many = judged(held(6, &nothing, 30));
        assert!(!is_suspect(&DateSet::new(), &six_of_many), "none was complete");
        assert!(is_suspect(&first_dates(6), &six_of_many), "the others never were");
        let with_old = (0..100).map(|n| shift(day("2025-05-01"), n)).chain(first_dates(6).iter()).collect();
        assert!(is_suspect(&with_old, &six_of_many), "the window moved on");
        assert!(!is_suspect(&first_dates(36), &six_of_many));
    }

    #[test]
    fn two_further_reads_count_that_are_a_cadence_apart() {
        let minute = Span::minutes(1);
        let first = Doubt::new(at("2025-11-20T12:00:00Z"));
        assert_eq!(first.after(at("2025-11-20T12:00:59Z"), minute), Some(first), "too early to say anything");
        let second = first.after(at("2025-11-20T12:01:00Z"), minute).unwrap();
        assert_eq!(second.after(at("2025-11-20T12:01:30Z"), minute), Some(second));
        assert_eq!(second.after(at("2025-11-20T12:02:00Z"), minute), None, "two further reads agree");
        let moved = |by: i64| {
            let mut doubt = first;
            doubt.clock_moved(SignedDuration::from_secs(by));
            doubt.after(at("2025-11-20T12:01:00Z"), minute) == Some(doubt)
        };
        assert_eq!((moved(1), moved(0), moved(-60)), (true, false, false), "the clock was set");
    }

    #[test]
    fn a_season_that_loses_many_dates_is_suspect_regardless_of_other_seasons_in_its_table() {
        let game = Scheduled { key: "BOS@NYK".into(), values: ["BOS".into()].into(), start: None, is_final: true };
        let season = |from: &str| DateRange::new(day(from), shift(day(from), 99)).unwrap();
        let (past, present) = (season("2024-10-22"), season("2025-10-21"));
        let mut old = ScheduleFacts::default();
        old.units.extend(past.iter().chain(present.iter()).map(|date| (date, [game.clone()].into())));
        let mut new = old.clone();
        new.units.retain(|date, _| !present.contains(*date) || *date >= day("2025-11-30"));
        let lost = suspect_dates(&old, &new, &present).map(|dates| dates.len());
        assert_eq!((lost, suspect_dates(&old, &new, &past)), (Some(40), None));
        let mut more = old.clone();
        more.units.values_mut().for_each(|games| games.push(game.clone()));
        assert_eq!(suspect_dates(&old, &more, &present), None, "games were added");
    }
}
