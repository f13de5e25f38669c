//! A token bucket that gives each its turn in order of asking: nothing is dropped, nothing overtakes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Requests of one bucket that are under way at the same time. Each needs its own connection, and to open a hundred at once
/// costs more than the requests themselves.
const UNDER_WAY: usize = 8;

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
    /// When the bucket will be full again: from it follows how many tokens there are at any instant.
    full_at: Arc<Mutex<Option<Instant>>>,
    under_way: Arc<Semaphore>,
}

impl Bucket {
    pub(super) fn new(rate: Rate) -> Self {
        let rate = Rate { per_second: rate.per_second.max(1), burst: rate.burst.max(1) };
        Self { rate, full_at: Arc::default(), under_way: Arc::new(Semaphore::new(UNDER_WAY)) }
    }

    /// Returns when it is this caller's turn, which lasts as long as what is returned is kept. The bucket never closes, so
    /// there always is one.
    pub(super) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let at = self.reserve(Instant::now());
        tokio::time::sleep_until(at).await;
        self.under_way.clone().acquire_owned().await.ok()
    }

    /// Takes one token, and returns when it is available.
    fn reserve(&self, now: Instant) -> Instant {
        let token = Duration::from_secs(1) / self.rate.per_second;
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let full = full_at.map_or(now, |at| at.max(now)) + token;
        *full_at = Some(full);
        full.checked_sub(token * self.rate.burst).map_or(now, |at| at.max(now))
    }
}
