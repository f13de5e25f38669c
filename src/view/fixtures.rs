//! Overviews made by hand.

pub(super) use crate::status::tests::fixtures::view;

use crate::engine::overview::{CoverageView, Overview};

/// These coverages on 20 November 2025.
pub(super) fn overview(coverages: Vec<CoverageView>) -> Overview {
    let now = crate::status::tests::fixtures::now();
    Overview { now, seasons: vec![], coverages, launches: vec![], held: vec![] }
}
