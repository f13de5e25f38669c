//! The verdict of a weighed date, with its sentence.

use super::sentence::message;
use super::weigh::Weighed;
use crate::domain::verdict::{Judgement, Verdict};

impl Weighed<'_> {
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
}
