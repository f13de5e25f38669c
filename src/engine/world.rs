//! Everything that the engine knows, in one value. Answers bring values in; a pass turns it into calls.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::call::WatchId;
use super::coverage::CoverageState;
use super::deciding::Decided;
use super::known_jobs::Jobs;
use super::look::Look;
use super::overview::Event;
use super::progress::Counts;
use super::season::SeasonState;
use super::sources::SourceState;
use super::spec::{Limits, Spec};

use super::tracked::Revision;
use super::turns::Turns;
use crate::domain::breaker::Told;
use crate::domain::dates::Timestamp;
use crate::domain::mark::TableMark;
use crate::domain::policy::{Key, Stalled};
use crate::domain::probe::DateColumn;
use crate::domain::span::Span;

/// The world, part by part; each part has a file of its own.
pub struct World {
    pub(super) limits: Limits,
    /// Nothing is recorded or created: what would be launched is only shown.
    pub(super) read_only: bool,
    /// A person stops it: nothing more is recorded or created, and what runs is followed to its end.
    pub(super) is_holding: bool,
    /// Rises with every spec. It carries the revisions of what a spec removes, so that sums with it only rise.
    pub(super) spec: Revision,
    /// Coverages whose spec is invalid.
    pub(super) stalled: Vec<Stalled>,
    /// Namespaces in which nothing is launched.
    pub(super) launches_off: BTreeSet<Arc<str>>,
    pub(super) seasons: BTreeMap<Key, SeasonState>,
    pub(super) coverages: BTreeMap<Key, CoverageState>,
    pub(super) sources: BTreeMap<Key, SourceState>,
    /// Settled attempts that their sources were not told of.
    pub(super) told: Vec<(Key, Told)>,
    pub(super) watches: BTreeMap<WatchId, Watch>,
    pub(super) jobs: Jobs,
    pub(super) loading: Loading,
    pub(super) turns: Turns,
    pub(super) decided: Decided,
    pub(super) events: Vec<Event>,
    pub(super) counts: Counts,
    /// Every pass assesses and decides again, whatever has changed: the reference for the passes that compare.
    #[cfg(test)]
    pub(super) always: bool,
}

/// Whether the ledgers are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loading {
    Wanted { not_before: Timestamp },
    Sent,
    Done,
}

/// A table that is looked at.
pub(super) struct Watch {
    pub date: DateColumn,
    pub coverages: Vec<Key>,
    pub look: Look,
    /// How much later than the data its last mark was.
    pub lag: Span,
    /// When the mark was asked for whose changes are being read, and the mark.
    pub asked: Option<(Timestamp, Arc<TableMark>)>,
}

impl World {
    /// A world that knows its spec and nothing else yet.
    pub fn new(spec: Spec, limits: Limits, read_only: bool, now: Timestamp) -> Self {
        let mut world = Self {
            limits,
            read_only,
            is_holding: false,
            spec: Revision::default(),
            stalled: Vec::new(),
            launches_off: BTreeSet::new(),
            seasons: BTreeMap::new(),
            coverages: BTreeMap::new(),
            sources: BTreeMap::new(),
            told: Vec::new(),
            watches: BTreeMap::new(),
            jobs: Jobs::new(now),
            loading: Loading::Wanted { not_before: now },
            turns: Turns::new(&limits, now),
            decided: Decided::new(now),
            events: Vec::new(),
            counts: Counts::default(),
            #[cfg(test)]
            always: false,
        };
        world.respec(spec, now);
        world
    }

    /// Another writer changed a stored ledger: what is stored now counts.
    pub fn reload(&mut self, now: Timestamp) {
        self.loading = Loading::Wanted { not_before: now };
    }

    /// What happened since the last call of this function.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Whether what a result rests on is compared at all: only the test of the comparison does without.
    #[cfg(not(test))]
    pub(super) fn compares(&self) -> bool {
        true
    }

    #[cfg(test)]
    pub(super) fn compares(&self) -> bool {
        !self.always
    }
}
