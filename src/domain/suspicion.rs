//! So much gone at once is doubted before it is believed (design §3): a mount that vanished, a filter that broke.

use alloc::format;
use alloc::string::String;

use super::dates::{Date, DateSet};
use super::judge::Judged;
use super::schedule::ScheduleFacts;
use super::verdict::{Flaw, Verdict};
use super::words::counted;

/// Further reads, a cadence apart, that must agree.
pub const AGREEING_READS: u8 = 2;
const AT_LEAST: usize = 5;

/// Whether more than 30 % of the dates that were complete, and at least five, have lost data.
pub fn is_suspect(complete: &DateSet, judged: &[(Date, Judged)]) -> bool {
    let had = complete.len() as usize;
    let lost = judged.iter().filter(|(d, j)| has_lost(j) && complete.contains(*d)).count();
    is_much(lost, had)
}

fn has_lost(judged: &Judged) -> bool {
    let judgement = &judged.judgement;
    let fewer = |flaw: &Flaw| matches!(flaw, Flaw::UnitsMissing | Flaw::ValuesMissing);
    judgement.verdict == Verdict::Missing || judgement.flaws.iter().any(fewer)
}

/// The dates on which a schedule lost units, if it lost them on so many of its dates.
pub fn suspect_dates(old: &ScheduleFacts, new: &ScheduleFacts) -> Option<DateSet> {
    let count = |facts: &ScheduleFacts, date: &Date| facts.units.get(date).map_or(0, |u| u.len());
    let lost: DateSet = old.units.keys().filter(|d| count(new, d) < count(old, d)).copied().collect();
    is_much(lost.len() as usize, old.units.len()).then_some(lost)
}

/// Why a schedule is not believed yet, as one sentence.
pub fn schedule_doubt(dates: &DateSet) -> String {
    let dates = counted(dates.len().into(), "dates");
    format!("the schedule lost games on {dates} at once; what it said before stands until two more reads agree")
}

fn is_much(lost: usize, had: usize) -> bool {
    lost >= AT_LEAST && lost * 10 > had * 3
}
