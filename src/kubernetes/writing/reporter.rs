//! The statuses beside those of coverages: GameDates with their rows, seasons, warehouses, and why an object is invalid. They are
//! derived from the engine's overview, compared with what is stored, and written only if they differ.

mod rows;

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::{DynamicObject, Request};
use kube::{Api, Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, oneshot};

use super::store::StatusStore;
use crate::domain::dates::Timestamp;
use crate::domain::policy::Key;
use crate::engine::drive::Command;
use crate::engine::overview::Overview;
use crate::kubernetes::faults::answers::{Class, fault};
use crate::kubernetes::serving::heard::Heard;
use crate::kubernetes::watching::feed::{Mirrors, Parsed};
use crate::kubernetes::watching::folders::Folders;
use crate::kubernetes::watching::object::{Kind, Name, Object, Wire};
use crate::status::{self, Sight, StoredStatus};
use rows::Unchanged;

/// What changes within this time is written together: a date that is filled goes through several states within seconds,
/// and each would be a write of its row.
const GATHER: Duration = Duration::from_secs(5);
/// How much each write of a round delays the next round: the more change together, the fewer writes each of them takes.
const GATHER_PER_WRITE: Duration = Duration::from_millis(100);
/// No round is delayed longer.
const GATHER_AT_MOST: Duration = Duration::from_secs(30);
/// Writes under way at the same time.
const CONCURRENT: usize = 8;

/// Writes what people see.
pub struct Reporter {
    pub client: Client,
    /// What the watches hold.
    pub mirrors: Mirrors,
    /// Writes the statuses of invalid coverages.
    pub store: StatusStore,
    /// What the engine got, and what is wrong with the rest.
    pub parsed: Arc<Mutex<Parsed>>,
    /// What is wrong with the folders of Warehouses.
    pub folders: Folders,
    /// What the last reads of servers met.
    pub heard: Heard,
    /// Who is asked for the overview.
    pub commands: UnboundedSender<Command>,
}

enum Write {
    Status { kind: Kind, name: Name, change: Value },
    Create(Box<DynamicObject>),
    Stall { kind: Kind, name: Name, why: String },
}

/// The result of the writes of one overview.
#[derive(Debug, Default)]
struct Round {
    /// Statuses that were sent.
    written: u32,
    /// A write failed that is worth a retry.
    unclear: bool,
}

type Writes<'a> = Box<dyn Iterator<Item = Write> + Send + 'a>;

impl Reporter {
    /// Reports whenever something changed, until the engine is gone. `seen` is shown every overview.
    pub async fn run(self, changed: Arc<Notify>, mut seen: impl FnMut(&Overview)) {
        let (mut failures, mut gather, mut unchanged) = (0, GATHER, Unchanged::default());
        loop {
            changed.notified().await;
            tokio::time::sleep(gather * 2_u32.pow(failures)).await;
            let (show, shown) = oneshot::channel();
            if self.commands.send(Command::Show(show)).is_err() {
                return;
            }
            let Ok(overview) = shown.await else { return };
            seen(&overview);
            let round = survived(self.write(&overview, &mut unchanged)).await;
            gather = (GATHER + GATHER_PER_WRITE * round.written).min(GATHER_AT_MOST);
            if round.unclear {
                failures = (failures + 1).min(5);
                changed.notify_one();
            } else {
                failures = 0;
            }
        }
    }

    /// What differs from the stored statuses, without the rows of seasons.
    fn few(&self, overview: &Overview) -> Vec<Write> {
        // A spec that was edited meanwhile is left to the next round.
        let parsed = self.parsed.lock().map(|parsed| parsed.of_objects()).unwrap_or_default();
        let (problems, now) = (&parsed.problems, overview.now);
        let mut writes = Vec::new();
        for (name, object) in self.live(Kind::Season) {
            let view = overview.seasons.iter().find(|s| is(&s.key, &name));
            let why = problems.get(&(Kind::Season, name)).filter(|_| parsed.speaks_of(Kind::Season, &object));
            writes.extend(differs(Kind::Season, &object, |old| match (why, view) {
                (Some(why), _) => Some(status::refused_season_status(old, object.generation, why, now)),
                (None, view) => Some(status::season_status(view?, old, now)),
            }));
        }
        for (name, object) in self.live(Kind::Source).into_iter().filter(|(_, o)| parsed.speaks_of(Kind::Source, o)) {
            let Some(why) = problems.get(&(Kind::Source, name)) else { continue };
            let status = |old: &_| Some(status::refused_source_status(old, object.generation, why, now));
            writes.extend(differs(Kind::Source, &object, status));
        }
        for (name, object) in
            self.live(Kind::Warehouse).into_iter().filter(|(_, o)| parsed.speaks_of(Kind::Warehouse, o))
        {
            let problem = problems.get(&(Kind::Warehouse, name)).map(String::as_str);
            let Some(sight) = self.sight(&object, &parsed) else { continue };
            let status = |old: &_| status::warehouse_status(old, object.generation, problem, &sight, now);
            writes.extend(differs(Kind::Warehouse, &object, |old| Some(status(old))));
        }
        writes.extend(self.wanted_dates(&parsed, now));
        writes.extend(self.stalled(&parsed));
        writes
    }

    /// What is known of the place of a Warehouse; `None` while its folder was not checked.
    fn sight(&self, warehouse: &Object, parsed: &Parsed) -> Option<Sight> {
        if !warehouse.spec()["files"].is_null() {
            return self.folders.of(warehouse).map(|unfit| unfit.map_or(Sight::Fine, Sight::Unfit));
        }
        let Name { namespace, name } = warehouse.name.clone();
        let key = Key { namespace, kind: "Warehouse".into(), name };
        Some(parsed.warehouses.get(&key).map_or(Sight::Unread, |reader| self.heard.of(reader)))
    }

    /// Coverages whose spec is refused.
    fn stalled(&self, parsed: &Parsed) -> Vec<Write> {
        let is_now = |kind: Kind, name: &Name| {
            Kind::COVERAGES.contains(&kind)
                && self.mirrors.of(kind).get(name).is_some_and(|object| parsed.speaks_of(kind, &object))
        };
        let refused = parsed.problems.iter().filter(|((kind, name), _)| is_now(*kind, name));
        refused.map(|((kind, name), why)| Write::Stall { kind: *kind, name: name.clone(), why: why.clone() }).collect()
    }

    /// GameDates that people have edited: whether their request is valid. The others are observed with their rows.
    fn wanted_dates(&self, parsed: &Parsed, now: Timestamp) -> Vec<Write> {
        let why = |o: &Object| parsed.problems.get(&(Kind::GameDate, o.name.clone())).map(String::as_str);
        let is_edited = |o: &Object| !o.wants_nothing || o.generation > 1 || o.has_conditions || why(o).is_some();
        let is_told = |o: &Object| !o.deleting && parsed.speaks_of(Kind::GameDate, o);
        let edited = self.mirrors.of(Kind::GameDate).which(|o| is_edited(o) && is_told(o));
        let write = |(_, object): (Name, Arc<Object>)| {
            let status = |old: &_| status::game_date_answer(old, object.generation, why(&object), now);
            differs(Kind::GameDate, &object, |old| Some(status(old)))
        };
        edited.into_iter().filter_map(write).collect()
    }

    fn live(&self, kind: Kind) -> Vec<(Name, Arc<Object>)> {
        self.mirrors.of(kind).all().into_iter().filter(|(_, o)| !o.deleting).collect()
    }

    /// Writes all that differs.
    async fn write(&self, overview: &Overview, unchanged: &mut Unchanged) -> Round {
        let mut round = Round::default();
        unchanged.turn();
        self.send(Box::new(self.few(overview).into_iter()), &mut round).await;
        for season in &overview.seasons {
            let rows = rows::of(&self.mirrors, season, &overview.coverages, unchanged, overview.now);
            self.send(rows, &mut round).await;
        }
        round
    }

    async fn send(&self, writes: Writes<'_>, round: &mut Round) {
        let mut counted = 0;
        // The next round is not delayed by new rows: they show their state at once.
        let writes = writes.inspect(|w| counted += u32::from(!matches!(w, Write::Create(_))));
        let mut results = futures::stream::iter(writes).map(|w| self.one(w)).buffer_unordered(CONCURRENT);
        while let Some(class) = results.next().await {
            // Gone, there already, or refused: a retry would not help.
            round.unclear |= class == Some(Class::Unclear);
        }
        drop(results);
        round.written += counted;
    }

    async fn one(&self, write: Write) -> Option<Class> {
        let result = match write {
            Write::Status { kind, name, change } => {
                let (to, patch) =
                    (Wire::url_path(&kind.resource(), Some(&name.namespace)), json!({ "status": change }));
                let params = PatchParams::default();
                let request = Request::new(to).patch_subresource("status", &name.name, &params, &Patch::Merge(patch));
                match request.map_err(kube::Error::BuildRequest) {
                    // The watch brings the object; the answer need not be parsed for it.
                    Ok(request) => self.client.request_text(request).await.map(drop),
                    Err(error) => Err(error),
                }
            }
            Write::Create(object) => {
                let namespace = object.metadata.namespace.clone().unwrap_or_default();
                let resource = Kind::GameDate.resource();
                let api: Api<DynamicObject> = Api::namespaced_with(self.client.clone(), &namespace, &resource);
                api.create(&PostParams::default(), &object).await.map(|_| ())
            }
            Write::Stall { kind, name, why } => return self.store.stall(kind, &name, &why, &self.mirrors).await,
        };
        result.err().map(|e| fault(&e).class)
    }
}

/// One bad object must never stop another: what a panic left unwritten is retried.
async fn survived(round: impl Future<Output = Round>) -> Round {
    AssertUnwindSafe(round).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("internal error while writing statuses; please report the log lines before this one");
        Round { unclear: true, ..Round::default() }
    })
}

fn is(key: &Key, name: &Name) -> bool {
    key.namespace == name.namespace && key.name == name.name
}

/// A write, if the wanted status differs from the stored one.
fn differs<T: Serialize + DeserializeOwned + Default>(
    kind: Kind,
    object: &Object,
    wanted: impl FnOnce(&T) -> Option<T>,
) -> Option<Write> {
    let stored = StoredStatus::of(object.status());
    let change = stored.patch_to(&wanted(&stored.status)?)?;
    Some(Write::Status { kind, name: object.name.clone(), change })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_costs_its_round_which_is_tried_again() {
        let well = survived(async { Round { written: 3, unclear: false } }).await;
        assert_eq!((well.written, well.unclear), (3, false));
        let failed = survived(async { panic!("what no check foresees") }).await;
        assert_eq!((failed.written, failed.unclear), (0, true));
    }
}
