//! Overviews made by hand.

pub(super) use crate::status::tests::fixtures::view;

use crate::domain::breaker::{Breaker, BreakerState, Failed, Opened, Trip};
use crate::domain::dates::Timestamp;
use crate::domain::judge::tests::at;
use crate::domain::ledger::Outcome;
use crate::domain::policy::{Budget, Key, Per, Source};
use crate::domain::source::Window;
use crate::engine::overview::{CoverageView, Overview, SourceView};

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

/// A source without limits.
pub(super) fn source(name: &str) -> SourceView {
    let source = Source {
        key: Key { namespace: "default".into(), kind: "Source".into(), name: name.into() },
        uid: "uid".into(),
        generation: 1,
        budget: None,
        max_jobs: None,
        requests_per_minute: None,
        trip: Trip::default(),
        suspend: false,
    };
    let (breaker, state) = (Breaker::default(), BreakerState::Closed);
    SourceView { source, used: None, breaker, state, live: 1, coverages: vec![], cheapest: 1 }
}

/// A source with a budget that is nearly spent.
pub(super) fn source_with_budget() -> SourceView {
    let mut view = source("odds-api");
    let zone = jiff::tz::TimeZone::UTC;
    view.source.budget = Some(Budget { credits: 20_000, per: Per::Month, zone, reserve: 2_000 });
    view.source.max_jobs = Some(2);
    let window = Window { start: at("2025-11-01T00:00:00Z"), end: at("2025-12-01T00:00:00Z") };
    view.used = Some((window, 18_500));
    view
}
