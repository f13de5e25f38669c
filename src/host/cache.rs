//! Facts that can be read again, stored between two runs. A file that is damaged or of another version is ignored: losing it
//! costs one read.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Read;
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::codec::{Code, Reader, Writer, fields};
use super::{disk, files};
use crate::api::check::Valid;
use crate::domain::dates::DateRange;
use crate::domain::judge::ALL_THERE;
use crate::domain::mark::mix_bytes;
use crate::domain::probe::{DateFacts, Found, Instead, Measured, Undated, UnitFacts, UnitKey, Units};
use crate::domain::schedule::{Clash, ScheduleFacts, Scheduled};
use crate::domain::verdict::{Judgement, Verdict};
use crate::engine::memory::{Folded, Memory, RememberedBook, RememberedDate, RememberedFacts, RememberedSchedule};
use crate::warehouse::budget::Spent;
use crate::warehouse::files::{KnownFolder, Learnt};
use crate::warehouse::places::Kept;

const MAGIC: &[u8] = b"gapless facts 8\n";

fields!(Undated { nulls, out_of_range });
fields!(Kept { learnt, spent });

impl Code for Spent {
    fn write(&self, to: &mut Writer) {
        to.list(self.days());
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self::on(from.get()?))
    }
}
fields!(Learnt { ranges, folders });
fields!(KnownFolder { stamp, names });
fields!(UnitFacts { rows, measures });
fields!(DateFacts { rows, blank, units, overflow, surplus, shares, instead });
fields!(Instead { rows, found });
fields!(Found { values, more });
fields!(Clash { unit, ids });
fields!(Folded { judgement, values, basis });
fields!(RememberedSchedule { season, table, question, mark, facts });

impl Code for Measured {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::Count(n) => {
                to.number(0);
                to.put(n);
            }
            Self::Newest(at) => {
                to.number(1);
                to.put(at);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        match from.number()? {
            0 => Some(Self::Count(from.get()?)),
            1 => Some(Self::Newest(from.get()?)),
            _ => None,
        }
    }
}

impl Code for Units {
    fn write(&self, to: &mut Writer) {
        to.number(self.len() as u64);
        self.iter().for_each(|(key, unit)| _ = to.put(key).put(unit));
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        from.get::<Vec<_>>().map(|units| units.into_iter().collect())
    }
}

impl Code for RememberedFacts {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::Full(facts) => to.put(&0_u8).put(facts),
            Self::Folded(folded) => to.put(&1_u8).put(folded),
        };
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        match from.get::<u8>()? {
            0 => Some(Self::Full(from.get()?)),
            1 => Some(Self::Folded(from.get()?)),
            _ => None,
        }
    }
}

impl Code for RememberedDate {
    fn write(&self, to: &mut Writer) {
        to.word(self.rests_on).word(self.bound.map_or(0, NonZeroU64::get)).put(&self.read_at).put(&self.facts);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let (rests_on, bound) = (from.word()?, NonZeroU64::new(from.word()?));
        Some(Self { rests_on, bound, read_at: from.get()?, facts: from.get()? })
    }
}

impl Code for RememberedBook {
    fn write(&self, to: &mut Writer) {
        to.put(&self.coverage).put(&self.table).put(&self.question).put(&self.undated).put(&self.dates);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let (coverage, table, question, undated) = (from.get()?, from.get()?, from.get()?, from.get()?);
        let mut last = Arc::new(DateFacts::default());
        let dates = from.list(|from| {
            let (date, mut kept): (_, RememberedDate) = from.get()?;
            // Consecutive dates without rows have equal facts: they share one value.
            match &mut kept.facts {
                RememberedFacts::Full(facts) if *facts == last => *facts = last.clone(),
                RememberedFacts::Full(facts) => last = facts.clone(),
                RememberedFacts::Folded(_) => {}
            }
            Some((date, kept))
        });
        Some(Self { coverage, table, question, undated, dates: dates? })
    }
}

/// The same units occur again and again: each is written once.
impl Code for ScheduleFacts {
    fn write(&self, to: &mut Writer) {
        let mut places = FxHashMap::default();
        let mut names = Vec::new();
        for unit in self.units.values().flatten() {
            places.entry((&unit.key, &unit.values)).or_insert_with(|| {
                names.push((unit.key.clone(), unit.values.clone()));
                names.len() as u64 - 1
            });
        }
        to.put(&names).number(self.units.len() as u64);
        for (date, units) in &self.units {
            to.put(date).number(units.len() as u64);
            for unit in units {
                to.number(places[&(&unit.key, &unit.values)]);
                to.put(&unit.start).put(&unit.is_final);
            }
        }
        to.put(&self.updated).put(&self.null_dates).put(&self.clashes);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let names: Vec<(UnitKey, Arc<[UnitKey]>)> = from.get()?;
        let unit = |from: &mut Reader<'_>| {
            let (key, values) = names.get(usize::try_from(from.number()?).ok()?)?;
            Some(Scheduled { key: key.clone(), values: values.clone(), start: from.get()?, is_final: from.get()? })
        };
        let dates = from.number()?;
        let units = (0..dates).map(|_| Some((from.get()?, from.list(unit)?))).collect::<Option<_>>()?;
        Some(Self { units, updated: from.get()?, null_dates: from.get()?, clashes: from.get()? })
    }
}

/// Only Complete dates are folded, and they have no flaw.
impl Code for Judgement {
    fn write(&self, to: &mut Writer) {
        let message = if self.message == ALL_THERE { String::new() } else { self.message.to_string() };
        to.put(&self.covered).put(&self.expected).put(&self.missing).put(&self.rows).put(&self.unexpected_rows);
        to.put(&message);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let (covered, expected, missing) = (from.get()?, from.get()?, from.get()?);
        let (rows, unexpected_rows, message) = (from.get()?, from.get()?, from.get::<String>()?);
        let message = if message.is_empty() { ALL_THERE.into() } else { message.into() };
        let verdict = Verdict::Complete;
        Some(Self { verdict, flaws: Vec::new(), covered, expected, missing, rows, unexpected_rows, message })
    }
}

impl Code for DateRange {
    fn write(&self, to: &mut Writer) {
        to.put(&self.from()).put(&self.through());
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Self::new(from.get()?, from.get()?)
    }
}

/// The stored facts.
#[derive(Debug, Default, PartialEq)]
pub struct Cache {
    pub memory: Memory,
    /// What is known of warehouses, by place.
    pub places: BTreeMap<String, Kept>,
    /// Manifests that are known to be valid.
    pub valid: Valid,
}

/// The facts in a file. Empty if the file cannot be trusted.
pub fn load(path: &Path) -> Cache {
    let kept = files::read(path, files::MAX_BYTES).ok().flatten();
    kept.and_then(|bytes| read(&bytes)).unwrap_or_default()
}

fn read(bytes: &[u8]) -> Option<Cache> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (sum, body) = rest.split_at_checked(8)?;
    if mix_bytes(0, body).to_le_bytes() != *sum {
        return None;
    }
    let mut reader = Reader::new(body);
    let memory = Memory { books: reader.get()?, schedules: reader.get()? };
    Some(Cache { memory, places: reader.get()?, valid: reader.all::<Vec<u64>>()?.into_iter().collect() })
}

/// Stores facts. Returns whether the file had to be written.
pub fn save(path: &Path, cache: &Cache) -> std::io::Result<bool> {
    let head = MAGIC.len() + 8;
    let mut to = Writer([MAGIC, &[0; 8]].concat());
    to.put(&cache.memory.books).put(&cache.memory.schedules).put(&cache.places);
    to.put(&cache.valid.iter().copied().collect::<Vec<_>>());
    let mut bytes = to.0;
    let sum = mix_bytes(0, &bytes[head..]).to_le_bytes();
    bytes[head - 8..head].copy_from_slice(&sum);
    if is_kept(path, &bytes[..head], bytes.len()) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    disk::replace_unsynced(path, &bytes).map(|()| true)
}

/// Whether a file has this length and beginning. Then it is equal, by the checksum in its head.
fn is_kept(path: &Path, head: &[u8], len: usize) -> bool {
    let mut there = vec![0; head.len()];
    let Ok(Some(mut file)) = files::open(path, OpenOptions::new().read(true)) else { return false };
    let read = file.read_exact(&mut there).and_then(|()| file.metadata());
    read.is_ok_and(|meta| meta.len() == len as u64) && there == head
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{Key, Table};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_file_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let sum = mix_bytes(0, &bytes).to_le_bytes();
            let _ = read(&[MAGIC, &sum, &bytes].concat());
        }
    }

    fn schedule() -> ScheduleFacts {
        let date = jiff::civil::date(2025, 11, 14);
        let game = |key: &str| Scheduled { key: key.into(), values: [key.into()].into(), start: None, is_final: true };
        let clash = Clash { unit: "a".into(), ids: ("1".into(), "2".into()) };
        ScheduleFacts {
            units: [(date, vec![game("a"), game("b")])].into(),
            updated: Some(jiff::Timestamp::UNIX_EPOCH),
            null_dates: 3,
            clashes: [(date, clash)].into(),
        }
    }

    #[test]
    fn what_was_kept_comes_back_and_a_changed_byte_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts");
        let range = Some(DateRange::day(jiff::civil::date(2025, 11, 14)));
        let folder_now = KnownFolder { stamp: 3, names: "fa.csv".into() };
        let learnt = Learnt {
            ranges: [(("t".to_string(), 7), Arc::new([(8, range)].into_iter().collect()))].into(),
            folders: [("t".to_string(), Arc::new([(1, folder_now)].into_iter().collect()))].into(),
        };
        let schedule = RememberedSchedule {
            season: Key { namespace: "n".into(), kind: "Season".into(), name: "s".into() },
            table: Table { place: "files:/data".into(), name: "games".into() },
            question: 5,
            mark: 6,
            facts: Arc::new(schedule()),
        };
        let kept = Kept { learnt, spent: [("a".into(), Spent::on(vec![(jiff::civil::date(2025, 11, 14), 9)]))].into() };
        let cache = Cache {
            places: [("files:/data".to_string(), kept)].into(),
            valid: [1, u64::MAX].into(),
            memory: Memory { schedules: vec![schedule], ..Memory::default() },
        };
        assert!(save(&path, &cache).unwrap());
        assert!(!save(&path, &cache).unwrap(), "nothing changed, nothing is written");
        assert_eq!(load(&path), cache);
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(load(&path), Cache::default());
    }
}
