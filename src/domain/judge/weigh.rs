//! Turns the units of a date into its verdict. A doubt is not a gap: the verdict is Unknown, unless the date has a gap
//! apart from the doubt.

use alloc::vec::Vec;

use super::doubt::{Misspelt, misspelt};
use super::sentence::message;
use super::units::{Measure, Tallied, tally};
use crate::domain::dates::Timestamp;
use crate::domain::policy::{Coverage, Expects, Tolerance};
use crate::domain::probe::{DateFacts, Instead};
use crate::domain::schedule::Expected;
use crate::domain::verdict::{Flaw, Judgement, UnknownReason, Verdict};

/// Why a date that was read cannot be judged.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doubt<'a> {
    /// There are too many units to count.
    TooMany,
    /// There are rows, but none passes the filters.
    Filtered(&'a Instead),
    /// Rows pass the filters, but none belongs to an expected unit.
    Unmatched,
    /// Missing units may be present under other names, as unexpected units, and there is no other gap.
    Renamed,
    /// Listed values may be present under another spelling, and there is no other gap.
    Misspelt,
}

/// A date, with everything that its verdict and its sentence need.
pub(super) struct Weighed<'a> {
    pub coverage: &'a Coverage,
    pub facts: &'a DateFacts,
    pub tallied: Tallied,
    pub misspelt: Vec<Misspelt<'a>>,
    /// Units without rows that may be present under other names.
    pub renamed: u32,
    pub doubt: Option<Doubt<'a>>,
}

impl<'a> Weighed<'a> {
    pub fn new(coverage: &'a Coverage, expected: &Expected, facts: &'a DateFacts, now: Timestamp) -> Self {
        let misspelt = misspelt(coverage, facts);
        let tallied = tally(&Measure { coverage, expected, misspelt: &misspelt, now }, facts);
        let renamed = tallied.without_rows.min(tallied.strangers.count);
        let mut weighed = Self { coverage, facts, tallied, misspelt, renamed, doubt: None };
        weighed.doubt = if weighed.tallied.expected == 0 { None } else { weighed.doubt() };
        weighed
    }

    /// The first doubt that holds.
    fn doubt(&self) -> Option<Doubt<'a>> {
        let missing = self.missing();
        let doubted = self.renamed + self.tallied.misspelt;
        let nothing_else = !self.tolerates(missing) && self.tolerates(missing - doubted);
        match self.facts.instead.as_deref() {
            _ if self.facts.overflow => Some(Doubt::TooMany),
            Some(instead) if self.facts.rows == 0 => Some(Doubt::Filtered(instead)),
            _ if self.facts.rows > 0 && self.tallied.matched == 0 => Some(Doubt::Unmatched),
            _ if nothing_else && self.renamed > 0 => Some(Doubt::Renamed),
            _ if nothing_else => Some(Doubt::Misspelt),
            _ => None,
        }
    }

    /// The same without doubts, for a date that is not due: names prove nothing yet, and nothing is launched.
    pub fn without_doubts(mut self) -> Self {
        self.doubt = self.doubt.filter(|doubt| matches!(doubt, Doubt::TooMany));
        self.renamed = 0;
        self.misspelt.clear();
        self.tallied.misspelt = 0;
        self
    }

    /// Whether the verdict can change when the date becomes due.
    pub fn has_doubts(&self) -> bool {
        self.doubt.is_some() || self.renamed > 0 || self.tallied.misspelt > 0
    }

    /// The judgement of the date.
    pub fn judgement(self) -> Judgement {
        let flaws = self.flaws();
        let verdict = match (self.doubt, flaws.first()) {
            (Some(doubt), _) => Verdict::Unknown(doubt.reason()),
            (None, None) => Verdict::Complete,
            (None, Some(_)) if self.facts.rows == 0 && self.tallied.required > 0 => Verdict::Missing,
            (None, Some(first)) => Verdict::Partial(*first),
        };
        let message = message(&self, verdict, &flaws);
        // Units beyond the limit are not distinguished, so the owners of these rows are unknown.
        let unexpected = if self.facts.overflow { 0 } else { self.tallied.unexpected_rows + self.facts.blank };
        Judgement {
            verdict,
            flaws,
            covered: self.tallied.covered,
            expected: self.tallied.expected,
            missing: self.tallied.missing,
            rows: Some(self.facts.rows),
            unexpected_rows: unexpected,
            message,
        }
    }

    /// Every flaw, in order. Flaws of units count only beyond the tolerance, the others always. Beside another gap, a
    /// doubt adds no flaw.
    fn flaws(&self) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        if !self.tolerates(self.missing()) {
            let is_doubted = |measure| self.doubt.is_none() && self.misspelt.iter().any(|m| m.measure == measure);
            let rules = &self.coverage.criteria.rules;
            let failing = self.tallied.shortfalls.iter().filter(|s| !is_doubted(rules[s.rule].measure));
            flaws.extend(failing.map(|s| s.flaw));
            let renamed = if self.doubt.is_none() { self.renamed } else { 0 };
            flaws.extend((self.tallied.without_rows > renamed).then_some(Flaw::UnitsMissing));
        }
        flaws.extend((self.facts.surplus > 0).then_some(Flaw::Duplicated));
        let mut shares = self.coverage.criteria.shares.iter().zip(&self.facts.shares);
        if shares.any(|(rule, part)| rule.max.is_exceeded_by(*part, self.facts.rows)) {
            flaws.push(Flaw::ShareExceeded);
        }
        if self.coverage.criteria.expects == Expects::Final && self.tallied.required < self.tallied.expected {
            flaws.push(Flaw::NotFinal);
        }
        flaws.sort_unstable();
        flaws.dedup();
        flaws
    }

    fn missing(&self) -> u32 {
        self.tallied.missing.len() as u32
    }

    /// Whether the tolerance permits this number of missing units.
    fn tolerates(&self, missing: u32) -> bool {
        let (missing, required) = (u64::from(missing), u64::from(self.tallied.required));
        match self.coverage.criteria.units {
            Tolerance::Share(share) => share.is_reached_by(required.saturating_sub(missing), required),
            Tolerance::Missing(most) => missing <= u64::from(most),
        }
    }
}

impl Doubt<'_> {
    fn reason(self) -> UnknownReason {
        match self {
            Self::TooMany => UnknownReason::ProbeBudget,
            Self::Filtered(_) | Self::Misspelt => UnknownReason::FilterUnmatched,
            Self::Unmatched | Self::Renamed => UnknownReason::UnitsUnmatched,
        }
    }
}
