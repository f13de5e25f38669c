//! Facts are kept while a process runs, not only at its end: one that is killed has not read in vain, and the bytes that it
//! read of a day stay counted.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::cache::{self, Cache};
use super::complaint::Complaint;
use super::warehouse::Warehouses;
use crate::api::check::Valid;
use crate::engine::world::World;

/// Facts are written at most so often while data is read.
const EVERY: Duration = Duration::from_secs(10);
/// And so many times less often than a write takes: it holds the engine up.
const SHARE: u32 = 100;

/// Keeps what a process learns.
#[derive(Debug)]
pub struct Keeper {
    file: PathBuf,
    saves: Complaint,
    next: Timestamp,
    read: u64,
}

impl Keeper {
    /// Keeps it in a file.
    pub fn new(file: PathBuf) -> Self {
        Self { file, saves: Complaint::default(), next: Timestamp::MIN, read: 0 }
    }

    /// Keeps it where something was read since, and not too often.
    pub fn keep_new(&mut self, world: &World, warehouses: &Warehouses, valid: &Valid, now: Timestamp) {
        let read = world.progress().bytes_read;
        if read == self.read || now < self.next {
            return;
        }
        let began = Instant::now();
        self.keep(world, warehouses, valid);
        let pause = EVERY.max(began.elapsed().saturating_mul(SHARE));
        (self.read, self.next) = (read, now.saturating_add(pause).unwrap_or(Timestamp::MAX));
    }

    /// Keeps it. Where that is not possible the next process reads again.
    pub fn keep(&self, world: &World, warehouses: &Warehouses, valid: &Valid) {
        let cache = Cache { memory: world.remember(), places: warehouses.kept(), valid: valid.clone() };
        let kept = cache::save(&self.file, &cache);
        let _ = self.saves.hear_misplaced(&self.file, kept, "tables are read again after the next start");
    }
}
