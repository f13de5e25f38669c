//! What one namespace has asked of one place since this process started. Shown as metrics; decides nothing.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters that only rise.
#[derive(Debug, Default)]
pub struct Usage {
    checks: AtomicU64,
    reads: AtomicU64,
    bytes: AtomicU64,
}

/// The values of the counters at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Cheap checks whether a table has changed.
    pub checks: u64,
    /// Reads that needed bytes: for a server, one for each statement or job.
    pub reads: u64,
    /// The bytes of these reads: those that each needed or, if that is unknown, those that were reserved.
    pub bytes: u64,
}

impl Usage {
    /// Counts a check.
    pub fn check(&self) {
        self.checks.fetch_add(1, Relaxed);
    }

    /// Counts a read and its bytes, once it is over. One that needed none did not begin.
    pub fn read(&self, bytes: u64) {
        if bytes == 0 {
            return;
        }
        self.reads.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
    }

    /// What was counted so far.
    pub fn used(&self) -> Used {
        let [checks, reads, bytes] = [&self.checks, &self.reads, &self.bytes].map(|counter| counter.load(Relaxed));
        Used { checks, reads, bytes }
    }
}
