//! How wide pages are: as wide as the terminal that they are printed to, within what can be read.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Elsewhere than in a terminal.
const USUAL: usize = 100;
/// A line longer than this is hard to read.
const WIDEST: usize = 120;
/// A line shorter than this holds hardly a word beside its margin.
const NARROWEST: usize = 40;

static COLUMNS: AtomicUsize = AtomicUsize::new(USUAL);

/// Lines are broken between words so that none is longer than this, where words allow.
pub(super) fn width() -> usize {
    COLUMNS.load(Ordering::Relaxed)
}

/// Pages are printed to a terminal of so many columns. Said once, before anything is drawn.
pub fn set(columns: usize) {
    COLUMNS.store(columns.clamp(NARROWEST, WIDEST), Ordering::Relaxed);
}
