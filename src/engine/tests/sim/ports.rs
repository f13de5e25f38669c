//! The ports of the simulated world.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::domain::judge::tests::facts;
use crate::domain::ledger::{Launch, Ledger};
use crate::domain::mark::{Holds, PartMark, TableMark, stable_hash};
use crate::domain::probe::{Answer, DateColumn, DateFacts, Probe, Reading, ScheduleQuestion, ScheduleReading};
use crate::domain::source::Record;
use crate::domain::state::Cause;
use crate::domain::verdict::UnknownReason;
use crate::engine::overview::SourceView;
use crate::engine::ports::{Loaded, StoredSource};

impl Clock for Sim {
    fn now(&self) -> Timestamp {
        Sim::now(self) + jiff::SignedDuration::from_secs(self.state().clock_off)
    }

    fn steady(&self) -> std::time::Duration {
        self.origin.elapsed()
    }

    async fn sleep(&self, time: std::time::Duration) {
        tokio::time::sleep(time).await;
    }
}

impl Warehouse for Sim {
    async fn mark(&self, reader: &Arc<str>, table: &Table, _: &DateColumn) -> Result<TableMark, Unknown> {
        self.call(true).await;
        if self.fault().is_some() {
            return Err(failed());
        }
        let takes = self.state().look_takes;
        tokio::time::sleep(std::time::Duration::from_secs(takes)).await;
        self.advance();
        let mut state = self.state();
        state.marks += 1;
        if let Some(unknown) = &state.broken {
            return Err(unknown.clone());
        }
        if state.refused_readers.contains(reader) {
            return Err(Unknown::new(UnknownReason::ProbeBudget, "more than its Warehouse allows"));
        }
        if &*table.name == "schedule" {
            if state.schedule_broken {
                return Err(failed());
            }
            let hash = stable_hash(&format!("{:?}", state.schedule));
            let parts = vec![PartMark { holds: Holds::Any, hash }];
            return Ok(TableMark { parts, blind: state.schedule_blind, ..TableMark::default() });
        }
        if state.unseen.contains(&table.name) {
            return Err(failed());
        }
        let names = state.homes.get(&table.name).cloned().unwrap_or_default();
        Ok(TableMark { names, ..state.marking.mark(&state.table, self.now()) })
    }

    async fn probe(
        &self,
        reader: &Arc<str>,
        table: &Table,
        _: Arc<TableMark>,
        probes: Arc<Vec<Probe>>,
    ) -> Result<Answer, Unknown> {
        let date = &probes[0].question.date.clone();
        let mark = self.mark(reader, table, date).await?;
        let mut state = self.state();
        state.probes += 1;
        // A unit without a start has no row before it.
        let counts = |p: &Probe, d| p.question.before.is_none() || p.starts.contains_key(&d);
        let units = |p: &Probe, d| state.table.get(&d).filter(|_| counts(p, d));
        let facts_of = |p: &Probe, d| {
            let crowded = |units| DateFacts { overflow: state.crowded.contains(d), ..facts(units) };
            match state.broken_dates.get(&d) {
                Some(why) => Err(why.clone()),
                None => Ok(units(p, d).map_or_else(DateFacts::default, |units| crowded(units))),
            }
        };
        let read = |p: &Probe| {
            if p.question.filters.iter().any(|filter| filter.column == ABSENT) {
                return Err(absent_column());
            }
            Ok(Reading { dates: p.dates.iter().map(|d| (d, facts_of(p, d))).collect(), undated: BTreeMap::new() })
        };
        let readings = probes.iter().map(read).collect();
        let dates_read = probes.iter().map(|p| p.dates.len()).sum::<u32>();
        state.dates_read += dates_read;
        Ok(Answer { readings, mark, bytes: 1 })
    }

    async fn schedule(
        &self,
        reader: &Arc<str>,
        table: &Table,
        q: Arc<ScheduleQuestion>,
    ) -> Result<ScheduleReading, Unknown> {
        let mark = self.mark(reader, table, &q.date).await?;
        self.state().schedule_reads += 1;
        Ok(ScheduleReading { rows: self.state().schedule.clone(), modified: None, mark, bytes: 1 })
    }
}

impl Store for Sim {
    async fn load(&self) -> Result<Loaded, String> {
        self.call(true).await;
        if self.fault().is_some() {
            return Err("no answer".into());
        }
        let state = self.state();
        let stored = |(k, (uid, ledger, version)): (&Key, &(Arc<str>, Ledger, Version))| Stored {
            coverage: k.clone(),
            uid: uid.clone(),
            ledger: ledger.clone(),
            is_whole: true,
            reported: state.views.get(k).map(causes).unwrap_or_default(),
            version: *version,
        };
        let sources = state.sources.iter().map(|(key, (uid, record, version))| StoredSource {
            source: key.clone(),
            uid: uid.clone(),
            record: record.clone(),
            version: *version,
        });
        Ok(Loaded { ledgers: state.ledgers.iter().map(stored).collect(), sources: sources.collect() })
    }

    async fn save_source(&self, view: &SourceView, at: Version, record: &Record) -> Result<Version, SaveFault> {
        self.call(true).await;
        let fault = self.fault();
        match fault {
            Some(Fault::Unanswered) => return Err(SaveFault::Unclear("no answer".into())),
            Some(Fault::Refused) => return Err(SaveFault::Conflict),
            _ => {}
        }
        {
            let mut state = self.state();
            state.saves += 1;
            if state.sources.get(&view.source.key).map_or(0, |old| old.2) != at {
                return Err(SaveFault::Conflict);
            }
            let stored = (view.source.uid.clone(), record.clone(), at + 1);
            state.sources.insert(view.source.key.clone(), stored);
        }
        self.call(false).await;
        if fault == Some(Fault::ReplyLost) { Err(SaveFault::Unclear("the reply was lost".into())) } else { Ok(at + 1) }
    }

    async fn save(
        &self,
        key: &Key,
        uid: &Arc<str>,
        at: Version,
        ledger: &Ledger,
        view: Option<&CoverageView>,
    ) -> Result<Recorded, SaveFault> {
        self.call(true).await;
        let fault = self.fault();
        if fault == Some(Fault::Unanswered) {
            return Err(SaveFault::Unclear("no answer".into()));
        }
        if fault == Some(Fault::Refused) {
            self.state().ledgers.values_mut().for_each(|(_, _, version)| *version += 1);
            return Err(SaveFault::Conflict);
        }
        let version = {
            let mut state = self.state();
            state.saves += 1;
            let old = state.ledgers.get(key).cloned();
            if old.as_ref().map_or(0, |o| o.2) != at {
                return Err(SaveFault::Conflict);
            }
            assert!(old.is_none_or(|o| o.1.launches <= ledger.launches), "launch numbers never fall");
            state.ledgers.insert(key.clone(), (uid.clone(), ledger.clone(), at + 1));
            state.views.extend(view.map(|view| (key.clone(), view.clone())));
            at + 1
        };
        self.call(false).await;
        if fault == Some(Fault::ReplyLost) {
            return Err(SaveFault::Unclear("the reply was lost".into()));
        }
        let full = self.state().store_full;
        Ok(if full { Recorded::nearly_full(version) } else { Recorded::acknowledged(version) })
    }
}

impl Launcher for Sim {
    async fn live(&self) -> Result<JobList, String> {
        self.call(true).await;
        self.state().lists += 1;
        if self.fault().is_some() || self.state().unlisted {
            return Err("no answer".into());
        }
        self.advance();
        let state = self.state();
        let jobs = state.jobs.values().map(|(j, _, _)| j.clone()).collect();
        Ok(JobList { jobs, daily_runs: state.daily_runs.clone() })
    }

    async fn create(&self, launch: &Launch, _: &Recorded) -> Created {
        self.call(true).await;
        self.state().creates_asked += 1;
        let fault = self.fault();
        if fault == Some(Fault::Unanswered) {
            return Created::Unclear("no answer".into());
        }
        if fault == Some(Fault::Refused) {
            return Created::Refused { permanent: false, why: "exceeded quota".into() };
        }
        if let Some(answer) = self.state().answer_create.clone() {
            return answer;
        }
        let takes = self.state().create_takes;
        if takes > 0 {
            tokio::time::sleep(std::time::Duration::from_secs(takes)).await;
        }
        let uid: Arc<str> = format!("job-{}", launch.name).into();
        if self.state().jobs.contains_key(&launch.name) {
            return Created::Ours(uid);
        }
        let first = launch.dates.first().unwrap();
        let run = self.state().runs.get(&first).copied().unwrap_or(0) + 1;
        let takes = (self.filler)(first, run).0;
        let ends = self.now().checked_add(jiff::SignedDuration::from_secs(takes)).unwrap();
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
        *self.state().creates.entry(launch.name.clone()).or_default() += 1;
        let now = self.now();
        self.state().created.push((launch.name.clone(), now));
        self.state().jobs.insert(launch.name.clone(), (job, ends, launch.clone()));
        self.call(false).await;
        if fault == Some(Fault::ReplyLost) {
            return Created::Unclear("the reply was lost".into());
        }
        Created::New(uid)
    }

    async fn remove(&self, job: &Job) -> Result<(), String> {
        self.call(true).await;
        let mut state = self.state();
        state.removes += 1;
        if let Some(answer) = state.answer_remove.clone() {
            return answer;
        }
        let stored = state.ledgers.values().find(|(uid, ..)| *uid == job.coverage);
        if stored.is_some_and(|(_, ledger, _)| ledger.attempt(job.launch).is_some()) {
            state.removed_unsettled.push(job.name.clone());
        }
        state.jobs.remove(&job.name);
        state.removed.push((job.name.clone(), self.now()));
        Ok(())
    }
}

/// What a stored view tells the next process.
fn causes(view: &CoverageView) -> Vec<(Cause, DateSet)> {
    let mut causes: BTreeMap<Cause, DateSet> = BTreeMap::new();
    view.cells.iter().for_each(|c| causes.entry(c.cause).or_default().insert(c.date));
    causes.into_iter().collect()
}

/// What is said of whoever filters by it.
fn absent_column() -> Unknown {
    Unknown::new(UnknownReason::SchemaMismatch, "the table has no column `absent`").lasting()
}
