//! What the data says about a date, as a specification.

mod doubts;
mod fixture;
mod off;
mod properties;
mod times;
mod units;
mod values;

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::domain::anchors::Anchors;
use crate::domain::fingerprint::FORM;
use crate::domain::policy::*;
use crate::domain::probe::*;
use crate::domain::schedule::Unit;
use crate::domain::share::Share;
use crate::domain::span::Span;
use crate::domain::verdict::Flaw;

pub(crate) use fixture::{at, calendar, calendar_of, coverage, day, facts, fingerprints};

pub(crate) const DATE: &str = "2025-11-14";

const GAMES: [&str; 3] = ["BOS@NYK", "LAL@MIN", "PHX@DEN"];
const AFTER: &str = "2025-11-15T12:00:00Z";

fn judged(coverage: &Coverage, known: Known<'_>, now: &str) -> Judgement {
    let calendar = calendar([calendar_of(day(DATE), &GAMES)], DATE);
    judge(coverage, &calendar, day(DATE), known, at(now)).judgement.as_ref().clone()
}

fn tell(j: &Judgement) -> alloc::string::String {
    let reason = if j.verdict.reason().is_empty() { String::new() } else { format!("/{}", j.verdict.reason()) };
    format!("{}{reason} {}/{} [{}]", j.verdict.word(), j.covered, j.expected, j.missing.join(" "))
}

#[track_caller]
fn check(change: impl Fn(&mut Coverage), facts: &DateFacts, expected: &str) {
    let mut coverage = coverage();
    change(&mut coverage);
    assert_eq!(tell(&judged(&coverage, Known::Fresh(facts), AFTER)), expected);
}

impl Verdict {
    fn to_word(self) -> alloc::string::String {
        [self.word(), self.reason()].join("/").to_string()
    }
}
