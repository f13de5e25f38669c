//! The embedded warehouse: a table is a folder of Parquet and CSV parts. The data of a date arrives by rename.
//!
//! It never writes, never leaves its root, and never answers from part of the data. A read that fails is an [`Unknown`]. A
//! broken part makes the dates that it may hold unknown, not empty.

mod column;
mod csv_part;
mod decode;
mod doubts;
pub mod find;
mod folders;
mod footer;
mod format;
mod listing;
mod meter;
mod parquet_part;
mod partition;
mod parts;
mod pass;
mod prune;
mod quiet;
mod quotes;
mod read;
mod rows;
pub mod sample;
mod scan;
mod schedule;
mod source;
#[cfg(feature = "local")]
pub(crate) mod tables;
mod tally;
mod text;
mod walk;
mod within;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::budget::{Budget, Taken};
use crate::domain::dates::{DateRange, DateSet, Timestamp};
use crate::domain::mark::{Again, Holds, PartMark, TableMark, stable_hash};
use crate::domain::probe::{Answer, DateColumn, Probe, ScheduleQuestion, ScheduleReading};
use crate::domain::verdict::{Unknown, UnknownReason};
pub use folders::{KnownFolder, KnownFolders};
use listing::Listing;
use meter::Meter;
use parts::Part;
use read::Bounds;
pub use within::{is_outside, link_loop};

/// The dates that each part can hold, by the part's identity, if its name does not say.
pub type PartRanges = FxHashMap<u64, Option<DateRange>>;

/// What is known of a warehouse. It stays valid while parts and folders are unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learnt {
    /// The dates of the parts of each table, by the hash of the date column.
    pub ranges: BTreeMap<(String, u64), Arc<PartRanges>>,
    /// The folders of each table.
    pub folders: BTreeMap<String, Arc<KnownFolders>>,
}

/// What is known of a table after a walk, or `None` if nothing changed. A walk over the whole table drops what it did not
/// find. A walk over some dates keeps what is known of other dates.
fn known_now<V: Clone + PartialEq>(
    known: &FxHashMap<u64, V>,
    met: FxHashMap<u64, V>,
    whole: bool,
) -> Option<Arc<FxHashMap<u64, V>>> {
    if whole {
        return (*known != met).then(|| met.into());
    }
    let news = met.iter().any(|(key, value)| known.get(key) != Some(value));
    news.then(|| known.iter().map(|(key, value)| (*key, value.clone())).chain(met).collect::<FxHashMap<_, _>>().into())
}

/// A warehouse of folders below a root. Clones are cheap and share what they learn.
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
    bounds: Arc<[PathBuf]>,
    learnt: Arc<Mutex<Learnt>>,
    limits: scan::Limits,
    budget: Arc<Budget>,
    latin1: bool,
    cancelled: Arc<AtomicBool>,
}

impl Files {
    /// A warehouse below a folder.
    pub fn new(root: PathBuf) -> Self {
        Self {
            root,
            bounds: [].into(),
            learnt: Arc::default(),
            limits: scan::Limits::default(),
            budget: Arc::new(Budget::new(u64::MAX, u64::MAX)),
            latin1: false,
            cancelled: Arc::default(),
        }
    }

    /// The same warehouse. It stops reading as soon as this is set.
    #[must_use]
    pub fn cancelled_by(self, cancelled: Arc<AtomicBool>) -> Self {
        Self { cancelled, ..self }
    }

    /// Whether the caller no longer waits for the answer.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// The same warehouse, restricted: if its folder is named below one of these, it must really be inside that folder,
    /// wherever links point.
    #[must_use]
    pub fn bounded(self, bounds: Arc<[PathBuf]>) -> Self {
        Self { bounds, ..self }
    }

    /// Whether its folder can be listed and entered, and may be read. Reads nothing below it.
    pub fn look(&self) -> std::io::Result<()> {
        within::Within::open(&self.root, &self.bounds)?.list(&self.root)
    }

    /// The same warehouse, with this budget.
    #[must_use]
    pub fn within(self, budget: Arc<Budget>) -> Self {
        Self { budget, ..self }
    }

    /// The same warehouse. CSV files without a byte order mark are read as Latin-1.
    #[must_use]
    pub fn latin1(self, latin1: bool) -> Self {
        Self { latin1, ..self }
    }

    fn meter(&self) -> Meter {
        Meter::new(self.budget.per_query(), self.cancelled.clone())
    }

    /// What the next run needs to know.
    pub fn learnt(&self) -> Learnt {
        self.learnt.lock().map(|learnt| learnt.clone()).unwrap_or_default()
    }

    /// Restores what an earlier run knew.
    pub fn restore(&self, kept: Learnt) {
        if let Ok(mut learnt) = self.learnt.lock() {
            *learnt = kept;
        }
    }

    /// The table's mark: its parts by name, size, times and inode. Reads no data. Reads a footer only if neither the part's
    /// name nor an earlier look gives its dates.
    pub fn mark(&self, table: &str, date: &DateColumn, now: Timestamp) -> Result<TableMark, Unknown> {
        let scope = Scope { table, date, dates: None, now };
        let listing = self.list(scope)?;
        Ok(self.mark_of(scope, &listing))
    }

    /// Answers several probes in one pass over the parts that can hold their dates. If these parts are the ones that the
    /// preceding look saw, the rest of the table is not listed again, and that look's mark is the answer's mark.
    pub fn probe(
        &self,
        table: &str,
        seen: Option<&TableMark>,
        probes: &[Probe],
        now: Timestamp,
    ) -> Result<Answer, Unknown> {
        let Some(first) = probes.first() else { return Ok(Answer::default()) };
        let allowance = Allowance { budget: &self.budget, table, now };
        let date = &first.question.date;
        let mut dates = DateSet::new();
        probes.iter().for_each(|p| dates.extend(&p.dates));
        let scope = Scope { table, date, dates: Some(&dates), now };
        let (mark, (readings, bytes)) = self.stable(scope, seen, |listing| {
            let ranges = self.ranges(scope, listing);
            let meter = self.meter();
            let bounds = &Bounds { table, meter: &meter, latin1: self.latin1 };
            let (parts, limits) = (&*listing.parts, self.limits);
            scan::scan(scan::Table { parts, ranges: &ranges, limits, allowance, bounds }, probes)
        })?;
        Ok(Answer { readings, mark, bytes })
    }

    /// Reads a whole schedule.
    pub fn schedule(
        &self,
        table: &str,
        question: &ScheduleQuestion,
        now: Timestamp,
    ) -> Result<ScheduleReading, Unknown> {
        let allowance = Allowance { budget: &self.budget, table, now };
        let scope = Scope { table, date: &question.date, dates: None, now };
        let (mark, (rows, bytes)) = self.stable(scope, None, |listing| {
            let meter = self.meter();
            let bounds = &Bounds { table, meter: &meter, latin1: self.latin1 };
            schedule::read(&listing.parts, question, allowance, bounds)
        })?;
        Ok(ScheduleReading { rows, modified: mark.modified, mark, bytes })
    }

    /// The lists before and after the read must agree. A table that changes during the read is read once more, then the read
    /// fails.
    fn stable<T>(
        &self,
        scope: Scope<'_>,
        seen: Option<&TableMark>,
        read: impl Fn(&Listing) -> Result<T, Unknown>,
    ) -> Result<(TableMark, T), Unknown> {
        for _ in 0..2 {
            if self.is_cancelled() {
                let text = format!("table `{}`: the read was given up at its deadline", scope.table);
                return Err(Unknown::new(UnknownReason::ProbeFailed, text));
            }
            let before = self.list(scope)?;
            let result = read(&before);
            if let Some(mark) = self.unchanged(scope, seen, &before)? {
                return Ok((mark, result?));
            }
        }
        let text = format!("table `{}` changed while it was read, twice; it is read again soon", scope.table);
        Err(Unknown::new(UnknownReason::ProbeFailed, text))
    }

    /// The table's mark, if the parts are still those that were listed before the read.
    fn unchanged(
        &self,
        scope: Scope<'_>,
        seen: Option<&TableMark>,
        before: &Listing,
    ) -> Result<Option<TableMark>, Unknown> {
        if let Some(seen) = seen.filter(|seen| scope.agree(before, seen)) {
            return Ok((self.list(scope)? == *before).then(|| seen.clone()));
        }
        let mark = self.mark(scope.table, scope.date, scope.now)?;
        Ok(scope.agree(before, &mark).then_some(mark))
    }

    fn list(&self, Scope { table, date, dates, now }: Scope<'_>) -> Result<Listing, Unknown> {
        let known = self.learnt.lock().ok().and_then(|learnt| learnt.folders.get(table).cloned()).unwrap_or_default();
        let (listing, met) =
            listing::list(&self.root, &self.bounds, table, dates.map(|dates| (date, dates)), &known, now)?;
        if let (Some(known), Ok(mut learnt)) = (known_now(&known, met, dates.is_none()), self.learnt.lock()) {
            learnt.folders.insert(table.into(), known);
        }
        Ok(listing)
    }

    fn mark_of(&self, scope: Scope<'_>, listing: &Listing) -> TableMark {
        let mark = |(part, dates): (&Part, Option<DateRange>)| PartMark {
            holds: dates.map_or(Holds::Any, Holds::Dates),
            hash: part.identity(),
        };
        let is_young = listing.parts.iter().any(|p| p.is_young(scope.now));
        TableMark {
            parts: listing.parts.iter().zip(self.ranges(scope, listing)).map(mark).collect(),
            modified: listing.parts.iter().map(|p| p.modified).max(),
            again: if is_young { Again::Within(parts::YOUNG) } else { Again::AtCadence },
            names: listing.home.names(),
            ..TableMark::default()
        }
    }

    /// The dates that each part can hold: from its partition, else from its footer, else any date.
    fn ranges(&self, Scope { table, date, dates, .. }: Scope<'_>, listing: &Listing) -> Vec<Option<DateRange>> {
        let key = (table.to_string(), stable_hash(&format!("{date:?}")));
        let known = self.learnt.lock().ok().and_then(|learnt| learnt.ranges.get(&key).cloned()).unwrap_or_default();
        let mut met = PartRanges::default();
        let range = |part: &Part| {
            part.partition_date(date).map(DateRange::day).or_else(|| {
                let identity = part.identity();
                let range = known.get(&identity).copied().unwrap_or_else(|| footer::footer_range(part, date));
                met.insert(identity, range);
                range
            })
        };
        let ranges = listing.parts.iter().map(range).collect();
        if let (Some(known), Ok(mut learnt)) = (known_now(&known, met, dates.is_none()), self.learnt.lock()) {
            learnt.ranges.insert(key, known);
        }
        ranges
    }
}

/// The scope of one read: a whole table, or the parts that can hold some dates.
#[derive(Clone, Copy, Debug)]
struct Scope<'a> {
    table: &'a str,
    date: &'a DateColumn,
    dates: Option<&'a DateSet>,
    now: Timestamp,
}

impl Scope<'_> {
    /// Whether a mark names exactly the listed parts among those that can hold the dates.
    fn agree(self, listing: &Listing, mark: &TableMark) -> bool {
        let listed: BTreeSet<u64> = listing.parts.iter().map(Part::identity).collect();
        let named: BTreeSet<u64> = mark.parts.iter().map(|p| p.hash).collect();
        let can_hold = |part: &&PartMark| self.dates.is_none_or(|dates| part.holds.meets(dates));
        listed.is_subset(&named) && mark.parts.iter().filter(can_hold).all(|p| listed.contains(&p.hash))
    }
}

/// What a read asks before it reads.
#[derive(Clone, Copy, Debug)]
struct Allowance<'a> {
    budget: &'a Budget,
    table: &'a str,
    now: Timestamp,
}

impl<'a> Allowance<'a> {
    /// Reserves the bytes of these parts. The full size is known without opening them. Footers are read only if the full
    /// size does not fit.
    fn take<'p>(
        self,
        parts: impl Iterator<Item = &'p Part> + Clone,
        weigh: impl Fn(&Part) -> u64,
    ) -> Result<Taken<'a>, Unknown> {
        let whole = self.budget.take(self.table, parts.clone().map(|p| p.size).sum(), self.now);
        whole.or_else(|_| self.budget.take(self.table, parts.map(weigh).sum(), self.now))
    }
}

#[cfg(test)]
mod tests;
