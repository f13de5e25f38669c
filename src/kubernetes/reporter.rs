//! What people see beside the coverages: GameDates with their rows, seasons, warehouses, and why an object cannot be
//! obeyed. Derived from the engine's overview, compared with what stands there, written only where it differs.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::DynamicObject;
use kube::{Api, Client};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, oneshot};

use super::errors::{Class, fault};
use super::feed::{Mirrors, Told};
use super::folders::Folders;
use super::object::{Kind, Name, Object, Wire};
use super::store::StatusStore;
use crate::api::kinds::GameDateStatus;
use crate::api::report;
use crate::domain::dates::{Date, Timestamp};
use crate::domain::policy::Key;
use crate::domain::schedule::Day;
use crate::domain::state::Cause;
use crate::domain::verdict::UnknownReason;
use crate::engine::drive::Wish;
use crate::engine::overview::{CoverageView, Overview, SeasonView};

/// What changes within this time is written together: a date that is filled goes through several states within seconds,
/// and each would be a write of its row.
const GATHER: Duration = Duration::from_secs(5);
/// Each write of a round delays the next round so much: the more change together, the fewer writes each of them takes.
const GATHER_PER_WRITE: Duration = Duration::from_millis(100);
/// No round is delayed longer.
const GATHER_AT_MOST: Duration = Duration::from_secs(30);
/// Writes under way at the same time.
const CONCURRENT: usize = 8;

/// Writes what people see.
pub struct Reporter {
    /// The API server.
    pub client: Client,
    /// What the watches hold.
    pub mirrors: Mirrors,
    /// Where coverages that cannot be obeyed are told so.
    pub store: StatusStore,
    /// What the engine was told, and what is wrong with the rest.
    pub told: Arc<Mutex<Told>>,
    /// What is the matter with the folders of Warehouses.
    pub folders: Folders,
    /// Who is asked for the overview.
    pub wishes: UnboundedSender<Wish>,
}

/// One write.
enum Write {
    Status { kind: Kind, name: Name, change: Value },
    Create(Box<DynamicObject>),
    Stall { kind: Kind, name: Name, why: String },
}

/// What became of the writes of one overview.
#[derive(Debug, Default)]
struct Round {
    /// Statuses that were sent.
    written: u32,
    /// A write failed that is worth trying again.
    unclear: bool,
}

type Writes<'a> = Box<dyn Iterator<Item = Write> + Send + 'a>;

impl Reporter {
    /// Reports whenever something changed, until the engine is gone. `seen` is shown every overview.
    pub async fn run(self, changed: Arc<Notify>, mut seen: impl FnMut(&Overview)) {
        let (mut failures, mut gather) = (0, GATHER);
        loop {
            changed.notified().await;
            tokio::time::sleep(gather * 2_u32.pow(failures)).await;
            let (show, shown) = oneshot::channel();
            if self.wishes.send(Wish::Show(show)).is_err() {
                return;
            }
            let Ok(overview) = shown.await else { return };
            seen(&overview);
            // One bad object must never stop another: what a panic left unwritten is tried again.
            let round = AssertUnwindSafe(self.write(&overview)).catch_unwind().await.unwrap_or_else(|_| {
                tracing::error!("gapless itself failed at telling what it sees; please report the lines before");
                Round { unclear: true, ..Round::default() }
            });
            gather = (GATHER + GATHER_PER_WRITE * round.written).min(GATHER_AT_MOST);
            if round.unclear {
                failures = (failures + 1).min(5);
                changed.notify_one();
            } else {
                failures = 0;
            }
        }
    }

    /// What differs from what stands there, beside the rows of seasons.
    fn few(&self, overview: &Overview) -> Vec<Write> {
        let problems = self.told.lock().map(|t| t.problems.clone()).unwrap_or_default();
        let now = overview.now;
        let mut writes = Vec::new();
        for (name, object) in self.live(Kind::Season) {
            let view = overview.seasons.iter().find(|s| is(&s.key, &name));
            let status = match (problems.get(&(Kind::Season, name)), view) {
                (Some(why), _) => report::refused_season_status(&typed(&object), object.generation, why, now),
                (None, Some(view)) => report::season_status(view, &typed(&object), now),
                (None, None) => continue,
            };
            writes.extend(differs(Kind::Season, &object, &status));
        }
        for (name, object) in self.live(Kind::Warehouse) {
            let problem = problems.get(&(Kind::Warehouse, name)).map(String::as_str);
            let Some(unfit) = self.folders.of(&object) else { continue };
            let status = report::warehouse_status(&typed(&object), object.generation, problem, unfit.as_ref(), now);
            writes.extend(differs(Kind::Warehouse, &object, &status));
        }
        writes.extend(self.refused_dates(&problems, now));
        for ((kind, name), why) in problems {
            if Kind::COVERAGES.contains(&kind) {
                writes.push(Write::Stall { kind, name, why });
            }
        }
        writes
    }

    /// GameDates of which something cannot be obeyed, and those that can be again.
    fn refused_dates(&self, problems: &BTreeMap<(Kind, Name), String>, now: Timestamp) -> Vec<Write> {
        let why = |o: &Object| problems.get(&(Kind::GameDate, o.name.clone())).map(String::as_str);
        let told = self.mirrors.of(Kind::GameDate).which(|o| !o.deleting && (o.has_conditions || why(o).is_some()));
        let write = |(_, object): (Name, Arc<Object>)| {
            let status = report::game_date_refusal(&typed(&object), object.generation, why(&object), now);
            differs(Kind::GameDate, &object, &status)
        };
        told.into_iter().filter_map(write).collect()
    }

    fn live(&self, kind: Kind) -> Vec<(Name, Arc<Object>)> {
        self.mirrors.of(kind).all().into_iter().filter(|(_, o)| !o.deleting).collect()
    }

    /// The rows of a season: those that are absent are created, those that changed are written. Each is made when its
    /// turn comes: a thousand that wait would take more room than all that is known of them.
    fn game_dates<'a>(&self, season: &'a SeasonView, coverages: &'a [CoverageView], now: Timestamp) -> Writes<'a> {
        let name = Name { namespace: season.key.namespace.clone(), name: season.key.name.clone() };
        let Some(owner) = self.mirrors.of(Kind::Season).get(&name).filter(|o| !o.deleting) else {
            return Box::new(std::iter::empty());
        };
        let there = self.rows(season, &name);
        let creates = season.creates_game_dates && season.is_known && season.failure.is_none();
        let present = there.clone();
        let days =
            season.calendar.days.iter().filter(move |(d, day)| creates && expects(day) && !present.contains_key(d));
        let absent = days.map(move |(date, _)| Write::Create(Box::new(game_date(&owner, *date))));
        let own: Vec<&CoverageView> = coverages.iter().filter(|c| c.season == season.key).collect();
        // After a start, what was not looked at yet is not assessed: the rows stand as they are.
        if own.iter().any(|c| is_unseen(c)) {
            return Box::new(absent);
        }
        let known = there.clone();
        let old = move |date: Date| known.get(&date).map(|o| typed::<GameDateStatus>(o));
        let rows = report::game_date_statuses(season, &own, old, now);
        Box::new(
            absent.chain(rows.filter_map(move |(date, status)| differs(Kind::GameDate, there.get(&date)?, &status))),
        )
    }

    /// The rows of a season that are there.
    fn rows(&self, season: &SeasonView, name: &Name) -> Arc<BTreeMap<Date, Arc<Object>>> {
        let mirror = self.mirrors.of(Kind::GameDate);
        let there = season.calendar.days.keys().filter_map(|d| Some((*d, mirror.get(&row(name, *d))?)));
        Arc::new(there.filter(|(_, o)| !o.deleting).collect())
    }

    /// Writes all that differs.
    async fn write(&self, overview: &Overview) -> Round {
        let mut round = Round::default();
        self.send(Box::new(self.few(overview).into_iter()), &mut round).await;
        for season in &overview.seasons {
            self.send(self.game_dates(season, &overview.coverages, overview.now), &mut round).await;
        }
        round
    }

    async fn send(&self, writes: Writes<'_>, round: &mut Round) {
        let mut counted = 0;
        // A row that is new is told of at once.
        let writes = writes.inspect(|w| counted += u32::from(!matches!(w, Write::Create(_))));
        let mut results = futures::stream::iter(writes).map(|w| self.one(w)).buffer_unordered(CONCURRENT);
        while let Some(class) = results.next().await {
            // Gone, there already, or refused: the same again brings nothing new.
            round.unclear |= class == Some(Class::Unclear);
        }
        drop(results);
        round.written += counted;
    }

    async fn one(&self, write: Write) -> Option<Class> {
        let result = match write {
            Write::Status { kind, name, change } => {
                let api: Api<Wire> = Api::namespaced_with(self.client.clone(), &name.namespace, &kind.resource());
                let patch = Patch::Merge(json!({ "status": change }));
                api.patch_status(&name.name, &PatchParams::default(), &patch).await.map(|_| ())
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

fn is(key: &Key, name: &Name) -> bool {
    key.namespace == name.namespace && key.name == name.name
}

/// Nobody has looked at it since the start.
fn is_unseen(view: &CoverageView) -> bool {
    view.cells.iter().any(|c| c.cause == Cause::Unknown(UnknownReason::NotProbed))
}

fn expects(day: &Day) -> bool {
    matches!(day, Day::On(_))
}

/// The name of a season's row.
fn row(season: &Name, date: Date) -> Name {
    Name { namespace: season.namespace.clone(), name: format!("{}-{date}", season.name).into() }
}

fn typed<T: DeserializeOwned + Default>(object: &Object) -> T {
    report::readable(object.status())
}

/// A write, where a status differs from the one that stands there.
fn differs<T: Serialize + DeserializeOwned>(kind: Kind, object: &Object, status: &T) -> Option<Write> {
    let change = report::status_patch(&object.status(), status)?;
    Some(Write::Status { kind, name: object.name.clone(), change })
}

/// A row that wants nothing yet, owned by its season.
fn game_date(season: &Object, date: Date) -> DynamicObject {
    let name = row(&season.name, date);
    let resource = Kind::Season.resource();
    let owner = OwnerReference {
        api_version: resource.api_version,
        kind: resource.kind,
        name: season.name.name.to_string(),
        uid: season.uid.to_string(),
        controller: Some(true),
        block_owner_deletion: None,
    };
    let mut object = DynamicObject::new(&name.name, &Kind::GameDate.resource())
        .within(&name.namespace)
        .data(json!({ "spec": { "season": &*season.name.name, "date": date.to_string() } }));
    object.metadata.owner_references = Some(vec![owner]);
    object
}
