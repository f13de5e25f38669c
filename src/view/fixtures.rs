//! Overviews made by hand.

pub(super) use crate::status::tests::fixtures::view;

use crate::domain::breaker::{Breaker, Failed, Opened};
use crate::domain::dates::Timestamp;
use crate::domain::ledger::Outcome;
use crate::engine::overview::{CoverageView, Overview};

/// These coverages on 20 November 2025.
pub(super) fn overview(coverages: Vec<CoverageView>) -> Overview {
    let now = crate::status::tests::fixtures::now();
    Overview { now, seasons: vec![], coverages, sources: vec![], launches: vec![], held: vec![] }
}

/// A breaker that is open until an instant.
pub(super) fn opened(until: Timestamp) -> Breaker {
    let since = crate::status::tests::fixtures::now();
    let (trials, launch, outcome, message) = (2, 7, Outcome::SourceDown, "503".into());
    Breaker { failed: Failed::default(), opened: Some(Opened { since, until, trials, launch, outcome, message }) }
}
