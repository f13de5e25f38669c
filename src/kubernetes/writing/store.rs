//! The Store port: a ledger and the report of its coverage are both in the coverage's status, and are written in one patch,
//! guarded by the resourceVersion. What equals the stored status is not written.

mod held;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Value, json};

pub use held::Changed;
use held::{Held, Shelf};

use crate::api::kinds::{CoverageStatus, SourceStatus};
use crate::domain::ledger::Ledger;
use crate::domain::policy::Key;
use crate::domain::source::Record;
use crate::engine::overview::{CoverageView, SourceView};
use crate::engine::ports::{Clock, Loaded, Recorded, SaveFault, Store, Stored, StoredSource, Version};
use crate::host::clock::SystemClock;
use crate::kubernetes::client::scope::Scope;
use crate::kubernetes::faults::answers::{Class, Fault, fault, one};
use crate::kubernetes::watching::feed::Mirrors;
use crate::kubernetes::watching::object::{Kind, Name, Object, Wire};
use crate::status;

/// Objects per page of a list.
const PAGE: u32 = 500;
/// How often a write is sent again that met another writer of the same object, but not of its status.
const TRIES: usize = 4;

/// A stored status.
type Old = status::StoredStatus<CoverageStatus>;

/// The ledgers in the status of their coverages.
#[derive(Clone)]
pub struct StatusStore {
    client: Client,
    scope: Scope,
    shelf: Shelf,
    /// Objects whose status cannot be written, with the generation that was logged.
    logged: Arc<Mutex<BTreeMap<Key, i64>>>,
}

impl StatusStore {
    /// The statuses of a scope.
    pub fn new(client: Client, scope: Scope) -> Self {
        Self { client, scope, shelf: Shelf::default(), logged: Arc::default() }
    }

    /// What a watch saw of a coverage or a Source. [`Changed::ByOthers`]: its status is not what was written here last.
    pub fn saw(&self, kind: Kind, object: &Object) -> Changed {
        self.shelf.saw(&key(kind, &object.name), object)
    }

    /// Writes why a coverage is invalid; its ledger stays.
    pub async fn stall(&self, kind: Kind, name: &Name, why: &str, mirrors: &Mirrors) -> Option<Class> {
        let key = key(kind, name);
        let object = mirrors.of(kind).get(name)?;
        let at = self.shelf.put(&key, &object);
        let held = self.shelf.begin(&key, &object.uid, at)?;
        let old = Old::of(held.status());
        let status = status::stalled_status(&old.status, object.generation, why, SystemClock.now());
        let written = self.put(&key, &held, old.patch_to(&status)).await;
        let ended = self.shelf.end(&key, written.as_ref().ok());
        if let Err(SaveFault::Denied(sentence)) = &written {
            // If no current type can hold the object, its status cannot be written either: then it is logged.
            self.unheard(&key, object.generation, &format!("refused: {why}; its status cannot be written: {sentence}"));
        }
        (ended.is_err() || matches!(written, Err(SaveFault::Unclear(_)))).then_some(Class::Unclear)
    }

    /// Logs what an object's status cannot hold: once for each generation.
    fn unheard(&self, key: &Key, generation: i64, sentence: &str) {
        let mut logged = self.logged.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if logged.insert(key.clone(), generation) != Some(generation) {
            tracing::warn!(coverage = key.to_string(), "{sentence}");
        }
    }

    fn api(&self, key: &Key) -> Option<Api<Wire>> {
        let resource = Kind::of(&key.kind)?.resource();
        Some(Api::namespaced_with(self.client.clone(), &key.namespace, &resource))
    }

    async fn list(&self, kind: Kind) -> Result<Vec<Object>, Fault> {
        let api: Api<Wire> = self.scope.own(&self.client, &kind.resource());
        let (mut objects, mut page) = (Vec::new(), ListParams::default().limit(PAGE));
        loop {
            let list = api.list(&page).await.map_err(|e| fault(&e))?;
            objects.extend(list.items.into_iter().map(Object::from));
            match list.metadata.continue_.filter(|c| !c.is_empty()) {
                Some(next) => page = page.continue_token(&next),
                None => return Ok(objects),
            }
        }
    }

    /// What is stored of every Source.
    async fn sources(&self) -> Result<Vec<StoredSource>, String> {
        let stored = |object: Object| {
            let source = key(Kind::Source, &object.name);
            let version = self.shelf.put(&source, &object);
            let status = status::StoredStatus::<SourceStatus>::of(object.status()).status;
            let (record, wrong) = status::source_record(&status);
            for why in wrong {
                let source = source.to_string();
                tracing::warn!(source, "a part of its status cannot be read: {why}");
            }
            StoredSource { source, uid: object.uid.clone(), record, version }
        };
        let listed = match self.list(Kind::Source).await {
            // Its definition is not installed, as before an upgrade: nothing draws on a Source.
            Err(fault) if fault.class == Class::NotFound => Vec::new(),
            listed => listed.map_err(|fault| fault.sentence)?,
        };
        Ok(listed.into_iter().map(stored).collect())
    }

    /// Writes a status over the one that is held. Other changes of the object meanwhile do not matter.
    async fn put(&self, key: &Key, held: &Held, change: Option<Value>) -> Result<Object, SaveFault> {
        let api = self.api(key).ok_or(SaveFault::Gone)?;
        let Some(change) = change else { return Ok(held.object()) };
        let mut version = held.version().clone();
        for _ in 0..TRIES {
            let patch = json!({ "metadata": { "resourceVersion": &*version }, "status": change });
            match api
                .patch_status(&key.name, &PatchParams::default(), &Patch::Merge(patch))
                .await
                .map_err(|e| fault(&e))
            {
                Ok(written) => return Ok(written.into()),
                Err(fault) if fault.is_conflict() => {
                    let now: Object = one(&api, &key.name).await.map_err(save_fault)?.into();
                    if now.uid != held.uid || now.status() != held.status() {
                        return Err(SaveFault::Conflict);
                    }
                    version = now.version;
                }
                Err(fault) => return Err(save_fault(fault)),
            }
        }
        Err(SaveFault::Conflict)
    }
}

fn save_fault(fault: Fault) -> SaveFault {
    match fault.class {
        Class::NotFound => SaveFault::Gone,
        Class::Conflict => SaveFault::Conflict,
        Class::Refused => SaveFault::Denied(fault.sentence),
        Class::Unclear => SaveFault::Unclear(fault.sentence),
    }
}

fn key(kind: Kind, name: &Name) -> Key {
    Key { namespace: name.namespace.clone(), kind: kind.word().into(), name: name.name.clone() }
}

/// The status as it is written: the old one, the ledger over it, and the view where there is one. A view of an older spec
/// than the object has now is left out: the next one follows, and the ledger does not wait for it.
fn render(key: &Key, held: &Held, old: &Old, ledger: &Ledger, view: Option<&CoverageView>) -> CoverageStatus {
    let now = SystemClock.now();
    match view.filter(|view| view.generation >= held.generation()) {
        Some(view) => status::coverage_status(view, &held.uid, ledger, &old.status, now),
        None => {
            let generation = held.generation();
            let object = status::coverage::Object { name: &key.name, uid: &held.uid, generation };
            status::ledger_status(object, ledger, &old.status, now)
        }
    }
}

impl Store for StatusStore {
    async fn load(&self) -> Result<Loaded, String> {
        let mut stored = Vec::new();
        for kind in Kind::COVERAGES {
            for object in self.list(kind).await.map_err(|fault| fault.sentence)? {
                let coverage = key(kind, &object.name);
                let status = Old::of(object.status()).status;
                let version = self.shelf.put(&coverage, &object);
                let read = status::ledger(&status).inspect_err(|why| {
                    let coverage = coverage.to_string();
                    tracing::warn!(coverage, "its ledger cannot be read; attempt counts restart: {why}");
                });
                let is_whole = read.is_ok();
                let ledger = read.unwrap_or_else(|_| status::ledger_launches(&status));
                let (uid, reported) = (object.uid.clone(), status::reported(&status));
                stored.push(Stored { coverage, uid, ledger, is_whole, reported, version });
            }
        }
        Ok(Loaded { ledgers: stored, sources: self.sources().await? })
    }

    async fn save_source(&self, view: &SourceView, at: Version, record: &Record) -> Result<Version, SaveFault> {
        let (key, uid) = (&view.source.key, &view.source.uid);
        let held = self.shelf.begin(key, uid, at).ok_or(SaveFault::Conflict)?;
        let old = status::StoredStatus::<SourceStatus>::of(held.status());
        let status = status::source_status(view, record, &old.status, SystemClock.now());
        let written = self.put(key, &held, old.patch_to(&status)).await;
        let ended = self.shelf.end(key, written.as_ref().ok());
        if let Err(SaveFault::Denied(sentence)) = &written {
            self.unheard(key, held.generation(), &format!("its status cannot be written: {sentence}"));
        }
        written?;
        ended.map_err(|_| SaveFault::Conflict)
    }

    async fn save(
        &self,
        key: &Key,
        uid: &Arc<str>,
        at: Version,
        ledger: &Ledger,
        view: Option<&CoverageView>,
    ) -> Result<Recorded, SaveFault> {
        let held = self.shelf.begin(key, uid, at).ok_or(SaveFault::Conflict)?;
        let old = Old::of(held.status());
        let status = render(key, &held, &old, ledger, view);
        let full = status::is_nearly_full(&status);
        let written = self.put(key, &held, old.patch_to(&status)).await;
        let ended = self.shelf.end(key, written.as_ref().ok());
        if let Err(SaveFault::Denied(sentence)) = &written {
            let why = format!("its status cannot be written, so nothing is launched for it: {sentence}");
            self.unheard(key, held.generation(), &why);
        }
        let (object, version) = (written?, ended.map_err(|_| SaveFault::Conflict)?);
        match object {
            // What is being deleted starts nothing more.
            object if object.deleting => Err(SaveFault::Gone),
            _ if full => Ok(Recorded::nearly_full(version)),
            _ => Ok(Recorded::acknowledged(version)),
        }
    }
}
