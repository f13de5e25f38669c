//! How much one read may decode, and whether it must stop. Every decoder asks here before it takes bytes, so that it stays
//! within the limit whatever a file says about itself.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::budget::size;

/// The largest decoded page of a Parquet part. It is held in memory, part of it twice.
pub(super) const MAX_PAGE: u64 = 128 << 20;

/// Counts decoded bytes. Clones are cheap and count together.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    decoded: Arc<AtomicU64>,
    /// A page that was too large.
    page: Arc<AtomicU64>,
    /// The operating system refused to read. The file itself may be sound.
    io: Arc<AtomicBool>,
    most: u64,
    cancelled: Arc<AtomicBool>,
}

impl Meter {
    /// At most this many bytes, until cancelled.
    pub fn new(most: u64, cancelled: Arc<AtomicBool>) -> Self {
        Self { decoded: Arc::default(), page: Arc::default(), io: Arc::default(), most, cancelled }
    }

    /// Without a limit, for reads that are bounded in another way.
    pub fn unbounded() -> Self {
        Self::new(u64::MAX, Arc::default())
    }

    /// Starts another pass, which may take as much as the one before.
    pub fn restart(&self) {
        self.decoded.store(0, Relaxed);
    }

    /// Counts bytes. An error: the read must stop.
    pub fn add(&self, bytes: u64) -> io::Result<()> {
        let decoded = self.decoded.fetch_add(bytes, Relaxed).saturating_add(bytes);
        if decoded > self.most || self.cancelled.load(Relaxed) {
            Err(io::ErrorKind::QuotaExceeded.into())
        } else {
            Ok(())
        }
    }

    /// Counts a page. An error: it is too large.
    pub fn add_page(&self, bytes: u64) -> io::Result<()> {
        if bytes > MAX_PAGE {
            self.page.store(bytes, Relaxed);
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        self.add(bytes)
    }

    /// Notes that the operating system failed to read the file.
    pub fn note_io(&self) {
        self.io.store(true, Relaxed);
    }

    /// Whether a read of the file failed since the last call.
    pub fn io_failed(&self) -> bool {
        self.io.swap(false, Relaxed)
    }

    /// The bytes of a page that was too large, since the last call.
    pub fn too_large(&self) -> Option<u64> {
        Some(self.page.swap(0, Relaxed)).filter(|page| *page > 0)
    }

    /// Why the read must stop. `None`: it may continue.
    pub fn stopped(&self, table: &str) -> Option<Unknown> {
        if self.cancelled.load(Relaxed) {
            let text = format!("table `{table}`: the read was given up at its deadline");
            return Some(Unknown::new(UnknownReason::ProbeFailed, text));
        }
        (self.decoded.load(Relaxed) > self.most).then(|| {
            let text = format!(
                "table `{table}`: this read decodes more than {}, the Warehouse's limits.maxBytesPerQuery; raise it, narrow \
                 spec.dates or split the coverage",
                size(self.most)
            );
            Unknown::new(UnknownReason::ProbeBudget, text)
        })
    }
}

/// A reader that counts the bytes it passes on.
pub(super) struct Metered<R> {
    pub inner: R,
    pub meter: Meter,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.meter.add(read as u64)?;
        Ok(read)
    }
}
