//! Overviews made by hand.

pub(super) use crate::api::report::tests::fixtures::view;

use crate::engine::overview::{CoverageView, Overview};

/// These coverages on 20 November 2025.
pub(super) fn overview(coverages: Vec<CoverageView>) -> Overview {
    let now = crate::api::report::tests::fixtures::now();
    Overview { now, seasons: vec![], coverages, launches: vec![], held: vec![] }
}
