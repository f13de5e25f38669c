//! What one read may decode, and whether it must stop: asked wherever bytes come in, so that no decoder runs on or grows
//! beyond what is allowed, whatever a file says of itself.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::budget::size;

/// The largest page of a Parquet part, decoded: it is held whole, some of it twice.
pub(super) const MAX_PAGE: u64 = 128 << 20;

/// Counts what is decoded. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    decoded: Arc<AtomicU64>,
    /// A page that was too large.
    page: Arc<AtomicU64>,
    /// The operating system refused to read: the file itself may be sound.
    io: Arc<AtomicBool>,
    most: u64,
    cancelled: Arc<AtomicBool>,
}

impl Meter {
    /// So many bytes at most, until told to stop.
    pub fn new(most: u64, cancelled: Arc<AtomicBool>) -> Self {
        Self { decoded: Arc::default(), page: Arc::default(), io: Arc::default(), most, cancelled }
    }

    /// For what is bounded otherwise.
    pub fn unbounded() -> Self {
        Self::new(u64::MAX, Arc::default())
    }

    /// Another pass begins: it may take as much as the one before.
    pub fn restart(&self) {
        self.decoded.store(0, Relaxed);
    }

    /// So many bytes come in: an error when the read must stop.
    pub fn add(&self, bytes: u64) -> io::Result<()> {
        let decoded = self.decoded.fetch_add(bytes, Relaxed).saturating_add(bytes);
        if decoded > self.most || self.cancelled.load(Relaxed) {
            Err(io::ErrorKind::QuotaExceeded.into())
        } else {
            Ok(())
        }
    }

    /// A page of so many bytes comes in: an error when it is too large.
    pub fn add_page(&self, bytes: u64) -> io::Result<()> {
        if bytes > MAX_PAGE {
            self.page.store(bytes, Relaxed);
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        self.add(bytes)
    }

    /// A read of the file failed, whatever is in it.
    pub fn note_io(&self) {
        self.io.store(true, Relaxed);
    }

    /// Whether a read of the file failed since this was asked last.
    pub fn io_failed(&self) -> bool {
        self.io.swap(false, Relaxed)
    }

    /// The bytes of a page that was too large, told once.
    pub fn too_large(&self) -> Option<u64> {
        Some(self.page.swap(0, Relaxed)).filter(|page| *page > 0)
    }

    /// Why the read must stop, if it must.
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

/// Counts what is read through it.
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
