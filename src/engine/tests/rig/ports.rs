//! What each call does to the world.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Made, Rig, RigJob, Rows, Trouble};
use crate::domain::dates::DateRange;
use crate::domain::ledger::{Job, Launch, Ledger};
use crate::domain::mark::{Holds, PartMark, TableMark, mix, stable_hash};
use crate::domain::policy::{Key, Table};
use crate::domain::probe::{Answer, DateFacts, Measured, Probe, Reading, ScheduleReading, UnitFacts};
use crate::domain::source::Record;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::engine::call::{Call, Reply};
use crate::engine::overview::SourceView;
use crate::engine::ports::{Created, Loaded, Recorded, SaveFault, Stored, StoredSource, Version};

impl Rig {
    pub(super) fn perform(&mut self, call: Call, trouble: Option<Trouble>) -> Reply {
        let is_lost = matches!(trouble, Some(Trouble::Unanswered | Trouble::Refused | Trouble::ReplyLost));
        let no_answer = || Unknown::new(UnknownReason::ProbeFailed, "no answer");
        match call {
            Call::Load if is_lost => Reply::Loaded(Err("no answer".into())),
            Call::Load => Reply::Loaded(Ok(self.load())),
            Call::ListJobs if is_lost => Reply::Jobs(Err("no answer".into())),
            Call::ListJobs => Reply::Jobs(Ok(self.job_list())),
            Call::Mark(id, _) if is_lost => Reply::Marked(id, Err(no_answer())),
            Call::Mark(id, _) => {
                let mark = self.mark(&id.table);
                Reply::Marked(id, Ok(mark))
            }
            Call::Probe(id, keys, _, probes) if is_lost => Reply::Probed(id, keys, probes, Err(no_answer())),
            Call::Probe(id, keys, _, probes) => {
                let answer = self.probe(&id.table, &probes);
                Reply::Probed(id, keys, probes, Ok(answer))
            }
            Call::MarkSchedule(key, ..) if is_lost => Reply::ScheduleMarked(key, Err(no_answer())),
            Call::MarkSchedule(key, ..) => Reply::ScheduleMarked(key, Ok(self.schedule_mark())),
            Call::ReadSchedule(key, ..) if is_lost => Reply::ScheduleRead(key, Err(no_answer())),
            Call::ReadSchedule(key, ..) => {
                let (rows, mark) = (self.schedule.clone(), self.schedule_mark());
                Reply::ScheduleRead(key, Ok(ScheduleReading { rows, modified: None, mark, bytes: 1 }))
            }
            Call::Save { coverage, uid, at, ledger, view: _ } => {
                let result = self.save(&coverage, &uid, at, &ledger, trouble);
                Reply::Saved(coverage, ledger, result)
            }
            Call::SaveSource { source, at, record } => {
                let result = self.save_source(&source, at, &record, trouble);
                Reply::SavedSource(source.source.key.clone(), result)
            }
            Call::Create(launch, _) => {
                let created = self.create(&launch, trouble);
                Reply::Created(launch, created)
            }
            Call::Remove(job) if is_lost => Reply::Removed(job.name, Err("no answer".into())),
            Call::Remove(job) => {
                self.drop_job(&job.name);
                Reply::Removed(job.name, Ok(()))
            }
        }
    }

    fn load(&self) -> Loaded {
        let ledgers = self.ledgers.iter().map(|(key, (uid, ledger, version))| Stored {
            coverage: key.clone(),
            uid: uid.clone(),
            ledger: ledger.clone(),
            is_whole: true,
            reported: Vec::new(),
            version: *version,
        });
        let sources = self.sources.iter().map(|(key, (uid, record, version))| StoredSource {
            source: key.clone(),
            uid: uid.clone(),
            record: record.clone(),
            version: *version,
        });
        Loaded { ledgers: ledgers.collect(), sources: sources.collect() }
    }

    fn schedule_mark(&self) -> TableMark {
        let parts = vec![PartMark { holds: Holds::Any, hash: stable_hash(&format!("{:?}", self.schedule)) }];
        TableMark { parts, ..TableMark::default() }
    }

    fn mark(&mut self, table: &Table) -> TableMark {
        let rows = self.tables.entry(table.name.clone()).or_default();
        let part =
            |(date, writes): (&_, &u64)| PartMark { holds: Holds::Dates(DateRange::day(*date)), hash: mix(1, *writes) };
        TableMark { parts: rows.writes.iter().map(part).collect(), ..TableMark::default() }
    }

    fn probe(&mut self, table: &Table, probes: &[Probe]) -> Answer {
        let mark = self.mark(table);
        let rows = &self.tables[&table.name];
        let reading = |probe: &Probe| {
            let dates = probe.dates.iter().map(|date| (date, Ok(facts(rows, date)))).collect();
            Ok(Reading { dates, undated: BTreeMap::new() })
        };
        Answer { readings: probes.iter().map(reading).collect(), mark, bytes: 1 }
    }

    fn save(
        &mut self,
        key: &Key,
        uid: &Arc<str>,
        at: Version,
        ledger: &Ledger,
        trouble: Option<Trouble>,
    ) -> Result<Recorded, SaveFault> {
        match trouble {
            Some(Trouble::Unanswered) => return Err(SaveFault::Unclear("no answer".into())),
            Some(Trouble::Refused) => {
                self.ledgers.get_mut(key).into_iter().for_each(|(_, _, version)| *version += 1);
                return Err(SaveFault::Conflict);
            }
            _ => {}
        }
        if !self.exists(uid) {
            return Err(SaveFault::Gone);
        }
        let old = self.ledgers.get(key);
        if old.map_or(0, |old| old.2) != at {
            return Err(SaveFault::Conflict);
        }
        assert!(old.is_none_or(|old| old.1.launches <= ledger.launches), "launch numbers never fall");
        self.writes += 1;
        self.ledgers.insert(key.clone(), (uid.clone(), ledger.clone(), at + 1));
        match trouble {
            Some(Trouble::ReplyLost) => Err(SaveFault::Unclear("the reply was lost".into())),
            _ => Ok(Recorded::acknowledged(at + 1)),
        }
    }

    fn save_source(
        &mut self,
        view: &SourceView,
        at: Version,
        record: &Record,
        trouble: Option<Trouble>,
    ) -> Result<Version, SaveFault> {
        let key = &view.source.key;
        match trouble {
            Some(Trouble::Unanswered) => return Err(SaveFault::Unclear("no answer".into())),
            Some(Trouble::Refused) => return Err(SaveFault::Conflict),
            _ => {}
        }
        if !self.spec.sources.iter().any(|own| own.uid == view.source.uid) {
            return Err(SaveFault::Gone);
        }
        if self.sources.get(key).map_or(0, |old| old.2) != at {
            return Err(SaveFault::Conflict);
        }
        self.writes += 1;
        self.sources.insert(key.clone(), (view.source.uid.clone(), record.clone(), at + 1));
        match trouble {
            Some(Trouble::ReplyLost) => Err(SaveFault::Unclear("the reply was lost".into())),
            _ => Ok(at + 1),
        }
    }

    fn create(&mut self, launch: &Launch, trouble: Option<Trouble>) -> Created {
        match trouble {
            Some(Trouble::Unanswered) => return Created::Unclear("no answer".into()),
            Some(Trouble::Refused) => return Created::Refused { permanent: false, why: "exceeded quota".into() },
            _ => {}
        }
        let uid: Arc<str> = format!("job-{}-{}", launch.uid, launch.launch).into();
        if self.jobs.contains_key(&launch.name) {
            return Created::Ours(uid);
        }
        let job = Job {
            namespace: launch.coverage.namespace.clone(),
            name: launch.name.clone(),
            uid: uid.clone(),
            coverage: launch.uid.clone(),
            launch: launch.launch,
            dates: launch.dates.clone(),
            target: launch.target.clone(),
            aliases: launch.aliases.clone(),
            draw: launch.draw.clone(),
            ended: None,
            message: String::new(),
            pending: None,
        };
        let made = Made {
            at: self.now,
            name: launch.name.clone(),
            coverage: launch.coverage.name.clone(),
            rung: launch.rung.clone(),
            source: launch.draw.as_ref().map(|draw| draw.source.clone()),
            dates: launch.dates.clone(),
            is_trial: self.is_trial(launch),
            ended: None,
        };
        self.check_start(&made, launch);
        self.made_at.insert(made.name.clone(), self.made.len());
        self.made.push(made);
        let ends = self.ends_at(launch);
        self.jobs.insert(launch.name.clone(), RigJob { job, launch: launch.clone(), ends });
        // Whoever owns it is gone: it ends with its owner.
        if !self.exists(&launch.uid) {
            self.drop_job(&launch.name);
        }
        match trouble {
            Some(Trouble::ReplyLost) => Created::Unclear("the reply was lost".into()),
            _ => Created::New(uid),
        }
    }
}

fn facts(rows: &Rows, date: crate::domain::dates::Date) -> DateFacts {
    let Some(units) = rows.dates.get(&date) else { return DateFacts::default() };
    let fact = |rows: u64| UnitFacts { rows, measures: [Measured::Count(rows)].into() };
    DateFacts {
        rows: units.values().sum(),
        units: units.iter().map(|(unit, rows)| (unit.clone(), fact(*rows))).collect(),
        ..DateFacts::default()
    }
}
