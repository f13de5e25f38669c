//! What a watch has seen: the objects of one kind, complete once the first list is. A relist that fails half-way leaves the old
//! view in place.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures::{StreamExt, pin_mut};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{Error, Event, watcher};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;

use super::object::Name;
use crate::kubernetes::client::watching;
use crate::kubernetes::faults::answers::fault;

/// Objects per page of a list.
const PAGE: u32 = 200;

/// The objects of one kind.
#[derive(Debug)]
pub struct Mirror<T> {
    objects: Arc<Mutex<BTreeMap<Name, Arc<T>>>>,
    ready: Arc<AtomicBool>,
}

impl<T> Clone for Mirror<T> {
    fn clone(&self) -> Self {
        Self { objects: self.objects.clone(), ready: self.ready.clone() }
    }
}

impl<T> Default for Mirror<T> {
    fn default() -> Self {
        Self { objects: Arc::default(), ready: Arc::default() }
    }
}

impl<T> Mirror<T> {
    /// Whether the first list is complete.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    pub fn get(&self, name: &Name) -> Option<Arc<T>> {
        self.locked(|objects| objects.get(name).cloned())
    }

    pub fn all(&self) -> Vec<(Name, Arc<T>)> {
        self.locked(|objects| objects.iter().map(|(n, o)| (n.clone(), o.clone())).collect())
    }

    /// Those of which something holds.
    pub fn which(&self, holds: impl Fn(&T) -> bool) -> Vec<(Name, Arc<T>)> {
        let own = |(n, o): (&Name, &Arc<T>)| holds(o).then(|| (n.clone(), o.clone()));
        self.locked(|objects| objects.iter().filter_map(own).collect())
    }

    /// Those between two names, the second left out.
    pub fn between(&self, from: Name, to: Name) -> Vec<(Name, Arc<T>)> {
        self.locked(|objects| objects.range(from..to).map(|(n, o)| (n.clone(), o.clone())).collect())
    }

    fn locked<R>(&self, with: impl FnOnce(&mut BTreeMap<Name, Arc<T>>) -> R) -> R {
        // No code panics while it holds the lock, so it is never poisoned.
        with(&mut self.objects.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Whether there was one of the name.
    fn put(&self, name: Name, object: Option<Arc<T>>) -> bool {
        self.locked(|objects| match object {
            Some(object) => objects.insert(name, object).is_some(),
            None => objects.remove(&name).is_some(),
        })
    }

    fn replace(&self, all: BTreeMap<Name, Arc<T>>) {
        self.locked(|objects| *objects = all);
        self.ready.store(true, Ordering::Release);
    }
}

/// Follows a kind forever. `keep` says what is kept of an object, if anything. `notify` is called after every change of what
/// is kept, with the object where one is concerned.
pub async fn follow<K, T>(
    api: Api<K>,
    mirror: Mirror<T>,
    keep: impl Fn(K) -> Option<T> + Send,
    mut notify: impl FnMut(Option<&Arc<T>>) + Send,
) where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
    T: Send + Sync + 'static,
{
    let config = watching().page_size(PAGE);
    let path = api.resource_url().to_string();
    let events = watcher(api, config).default_backoff();
    pin_mut!(events);
    let (mut listed, mut failing) = (BTreeMap::new(), false);
    while let Some(event) = events.next().await {
        failing = log_failures(&path, &event, failing);
        match event {
            Ok(Event::Init) => listed.clear(),
            Ok(Event::InitApply(object)) => {
                let name = name(&object);
                listed.extend(keep(object).map(|kept| (name, Arc::new(kept))));
            }
            Ok(Event::InitDone) => {
                mirror.replace(std::mem::take(&mut listed));
                mirror.all().iter().for_each(|(_, object)| notify(Some(object)));
                notify(None);
            }
            Ok(Event::Apply(object)) => {
                let name = name(&object);
                let kept = keep(object).map(Arc::new);
                if mirror.put(name, kept.clone()) || kept.is_some() {
                    notify(kept.as_ref());
                }
            }
            Ok(Event::Delete(object)) => {
                if mirror.put(name(&object), None) {
                    notify(None);
                }
            }
            // The watcher backs off and retries.
            Err(_) => {}
        }
    }
}

/// Logs once that a watch fails, and once that it recovered. Whether it fails now.
fn log_failures<K>(path: &str, event: &Result<Event<K>, Error>, failing: bool) -> bool {
    match event {
        Err(error) if !failing => tracing::warn!(watch = path, "a watch fails, retrying: {}", why(error)),
        // Each try starts with these, so they do not prove a recovery.
        Err(_) | Ok(Event::Init | Event::InitApply(_)) => return failing || event.is_err(),
        Ok(_) if failing => tracing::info!(watch = path, "the watch recovered"),
        Ok(_) => {}
    }
    event.is_err()
}

/// The server's own sentence, if there is one.
fn why(error: &Error) -> String {
    match error {
        Error::InitialListFailed(error) | Error::WatchStartFailed(error) | Error::WatchFailed(error) => {
            fault(error).sentence
        }
        other => other.to_string(),
    }
}

fn name<K: Resource>(object: &K) -> Name {
    let text = |t: &Option<String>| Arc::from(t.as_deref().unwrap_or_default());
    Name { namespace: text(&object.meta().namespace), name: text(&object.meta().name) }
}
