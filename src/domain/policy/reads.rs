//! Who reads a place, and within which limits.

use alloc::sync::Arc;

use crate::domain::span::Span;

/// A namespace that reads a place. What it may read there is its own, whoever else reads the same place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reader {
    /// The namespace.
    pub namespace: Arc<str>,
    /// The resolved place.
    pub place: Arc<str>,
}

/// Limits on the reads of one place by one namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// How long one read may take.
    pub timeout: Span,
    /// Reads at the same time.
    pub concurrent: u32,
    /// Bytes of one read.
    pub bytes_per_query: u64,
    /// Bytes of all reads of a UTC day.
    pub bytes_per_day: u64,
    /// CSV files without a mark of their encoding are Latin-1, not UTF-8.
    pub latin1: bool,
}

impl ReadLimits {
    /// What satisfies both.
    #[must_use]
    pub fn tighter(self, other: Self) -> Self {
        let timeout = if other.timeout.as_seconds() < self.timeout.as_seconds() { other.timeout } else { self.timeout };
        Self {
            timeout,
            concurrent: self.concurrent.min(other.concurrent),
            bytes_per_query: self.bytes_per_query.min(other.bytes_per_query),
            bytes_per_day: self.bytes_per_day.min(other.bytes_per_day),
            latin1: self.latin1 || other.latin1,
        }
    }
}
