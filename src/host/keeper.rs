//! Stores facts while a process runs, not only at its end. A process that is killed keeps what it has read, and the bytes
//! that it has read today still count.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::cache::{self, Cache};
use super::complaint::Complaint;
use crate::api::check::Valid;
use crate::engine::world::World;
use crate::warehouse::places::Warehouses;

/// While data is read, facts are stored at most this often.
const EVERY: Duration = Duration::from_secs(10);
/// The pause is also at least this many times as long as a write, which blocks the engine.
const SHARE: u32 = 100;

/// Stores what a process learns.
#[derive(Debug)]
pub struct Keeper {
    file: PathBuf,
    saves: Complaint,
    next: Timestamp,
    read: u64,
}

impl Keeper {
    /// Stores facts in this file.
    pub fn new(file: PathBuf) -> Self {
        Self { file, saves: Complaint::default(), next: Timestamp::MIN, read: 0 }
    }

    /// Stores the facts if something was read since, and not too often.
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

    /// Stores the facts. If that fails, the next process reads again.
    pub fn keep(&self, world: &World, warehouses: &Warehouses, valid: &Valid) {
        let cache = Cache { memory: world.remember(), places: warehouses.kept(), valid: valid.clone() };
        let kept = cache::save(&self.file, &cache);
        let _ = self.saves.hear_misplaced(&self.file, kept, "tables are read again after the next start");
    }
}
