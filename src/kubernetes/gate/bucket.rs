//! A token bucket that gives each its turn in order of asking: nothing is dropped, nothing overtakes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How fast, in the long run and at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// In a second, in the long run. Zero is taken for one.
    pub per_second: u32,
    /// At once, after a rest. Zero is taken for one.
    pub burst: u32,
}

impl Default for Rate {
    /// A hundred gaps are a hundred Jobs and about as many records: sent within three seconds.
    fn default() -> Self {
        Self { per_second: 50, burst: 100 }
    }
}

/// One bucket. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    rate: Rate,
    /// When the bucket will be full again: one value tells how many tokens there are at any instant.
    full_at: Arc<Mutex<Option<Instant>>>,
}

impl Bucket {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate: Rate { per_second: rate.per_second.max(1), burst: rate.burst.max(1) }, full_at: Arc::default() }
    }

    /// Returns when it is this caller's turn.
    pub(super) async fn turn(&self) {
        let at = self.reserve(Instant::now());
        tokio::time::sleep_until(at).await;
    }

    /// Takes one token, and says from when on it is there.
    fn reserve(&self, now: Instant) -> Instant {
        let token = Duration::from_secs(1) / self.rate.per_second;
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let full = full_at.map_or(now, |at| at.max(now)) + token;
        *full_at = Some(full);
        full.checked_sub(token * self.rate.burst).map_or(now, |at| at.max(now))
    }
}
