//! Who reads a location, and within which limits.

use alloc::sync::Arc;

use crate::domain::span::Span;

/// A namespace that reads a location. Each namespace has its own limits, even if others read the same location.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reader {
    pub namespace: Arc<str>,
    /// The resolved location.
    pub place: Arc<str>,
}

/// The limits on reads of one location by one namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// The maximum duration of one read.
    pub timeout: Span,
    /// The maximum number of concurrent reads.
    pub concurrent: u32,
    /// The maximum bytes per read.
    pub bytes_per_query: u64,
    /// The maximum bytes per UTC day.
    pub bytes_per_day: u64,
    /// Whether CSV files without a byte order mark are Latin-1 instead of UTF-8.
    pub latin1: bool,
    /// The project that pays for queries, if it is not the one of the tables.
    pub bill_to: Option<Arc<str>>,
    /// The only location where tables may be; `None`: wherever each is.
    pub location: Option<Arc<str>>,
}

impl ReadLimits {
    /// The stricter of each limit.
    #[must_use]
    pub fn tighter(self, other: Self) -> Self {
        let timeout = if other.timeout.as_seconds() < self.timeout.as_seconds() { other.timeout } else { self.timeout };
        Self {
            timeout,
            concurrent: self.concurrent.min(other.concurrent),
            bytes_per_query: self.bytes_per_query.min(other.bytes_per_query),
            bytes_per_day: self.bytes_per_day.min(other.bytes_per_day),
            latin1: self.latin1 || other.latin1,
            bill_to: self.bill_to.or(other.bill_to),
            location: self.location.or(other.location),
        }
    }
}
