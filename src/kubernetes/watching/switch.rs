//! Namespaces in which a person has switched launches off: `gapless.dev/launches: "off"` on the namespace. Read by name, a
//! few times a minute: to watch namespaces would take a right over all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client};
use tokio::sync::Notify;
use tokio::sync::watch::Sender;

use super::feed::Mirrors;
use super::object::Kind;
use crate::kubernetes::faults::answers::{Class, fault};

/// How often a namespace is read.
const EVERY: Duration = Duration::from_secs(15);
/// How many namespaces are read at the same time.
const CONCURRENT: usize = 16;
const LAUNCHES: &str = "gapless.dev/launches";

/// The switch of each namespace that was read: true is off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switches(BTreeMap<Arc<str>, bool>);

impl Switches {
    /// Those of these namespaces in which nothing may be launched: switched off, or not read yet.
    pub fn off(&self, namespaces: BTreeSet<Arc<str>>) -> BTreeSet<Arc<str>> {
        namespaces.into_iter().filter(|n| self.0.get(n).copied().unwrap_or(true)).collect()
    }

    /// Whether each of these was read.
    pub fn know(&self, namespaces: &BTreeSet<Arc<str>>) -> bool {
        namespaces.iter().all(|n| self.0.contains_key(n))
    }
}

/// Follows the switch of every namespace that has a coverage; `asked` when there is a new one.
pub async fn follow(
    client: Client,
    mirrors: Mirrors,
    switches: Sender<Switches>,
    asked: Arc<Notify>,
    changed: Arc<Notify>,
) {
    loop {
        if look(&client, &mirrors, &switches).await {
            changed.notify_one();
        }
        let _ = tokio::time::timeout(EVERY, asked.notified()).await;
    }
}

/// Reads every switch once. Whether one moved.
pub async fn look(client: &Client, mirrors: &Mirrors, switches: &Sender<Switches>) -> bool {
    let api: &Api<Namespace> = &Api::all(client.clone());
    let read = async |namespace: Arc<str>| (is_off(api, &namespace).await, namespace);
    let mut answers = futures::stream::iter(namespaces(mirrors)).map(read).buffer_unordered(CONCURRENT);
    let mut now = Switches::default();
    while let Some((off, namespace)) = answers.next().await {
        let was = switches.borrow().0.get(&namespace).copied();
        let off = match off {
            Ok(off) => Some(off),
            // Without the right to read it there is no switch; one that was off stays off.
            Err(Class::Refused) => Some(was.unwrap_or(false)),
            Err(_) => was,
        };
        now.0.extend(off.map(|off| (namespace, off)));
    }
    switches.send_if_modified(|old| {
        let moved = *old != now;
        *old = now;
        moved
    })
}

/// The namespaces that have a coverage.
pub fn namespaces(mirrors: &Mirrors) -> BTreeSet<Arc<str>> {
    Kind::COVERAGES.iter().flat_map(|k| mirrors.of(*k).all()).map(|(name, _)| name.namespace).collect()
}

async fn is_off(api: &Api<Namespace>, name: &str) -> Result<bool, Class> {
    match api.get(name).await.map_err(|error| fault(&error).class) {
        Ok(namespace) => {
            let annotations = namespace.metadata.annotations.unwrap_or_default();
            Ok(annotations.get(LAUNCHES).is_some_and(|v| v == "off"))
        }
        Err(Class::NotFound) => Ok(false),
        Err(class) => Err(class),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_whose_switch_was_not_read_yet_launches_nothing() {
        let all = || BTreeSet::from(["on".into(), "off".into(), "new".into()]);
        let switches = Switches(BTreeMap::from([("on".into(), false), ("off".into(), true)]));
        assert_eq!(switches.off(all()), BTreeSet::from(["off".into(), "new".into()]));
        assert!(!switches.know(&all()));
    }
}
