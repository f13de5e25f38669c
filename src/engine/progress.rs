//! What can be read of a world at any time without working anything out: how far it has come, and whether that changed.

use jiff::SignedDuration;

use super::tracked::Revision;
use super::world::World;
use crate::domain::dates::Timestamp;
use crate::domain::policy::Key;

/// What is counted as the world goes on.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Calls that are not answered yet.
    pub in_flight: usize,
    pub bytes_read: u64,
    pub looks_ended: u64,
    pub pass_took: SignedDuration,
}

/// How far a world has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rises with every change that an overview shows. While it is the same, so is the overview, but for the instants at
    /// which tables were last confirmed.
    pub revision: u64,
    /// Rises with every look that ended well.
    pub looks_ended: u64,
    /// Bytes of data read since the start.
    pub bytes_read: u64,
    /// How long the last pass took.
    pub pass_took: SignedDuration,
}

impl World {
    /// How far it has come. This is cheap: who shows an overview builds it only when the revision has risen.
    pub fn progress(&self) -> Progress {
        let Counts { looks_ended, bytes_read, pass_took, .. } = self.counts;
        Progress { revision: self.revision().get(), looks_ended, bytes_read, pass_took }
    }

    /// When each coverage's table was last read or proved unchanged. It moves at rest, too, and does not count as a change.
    pub fn confirmed(&self) -> impl Iterator<Item = (&Key, Timestamp)> {
        self.coverages.iter().filter_map(|(key, state)| Some((key, state.facts.book().confirmed_at?)))
    }

    fn revision(&self) -> Revision {
        let seasons: Revision = self.seasons.values().map(|season| season.shown()).sum();
        let coverages: Revision = self.coverages.values().map(|state| state.shown.revision()).sum();
        self.spec + seasons + coverages
    }
}
