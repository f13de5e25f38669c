//! Namespaces in which a person has switched launches off: `gapless.dev/launches: "off"` on the namespace. Read by name, a
//! few times a minute: to watch namespaces would take a right over all of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client};
use tokio::sync::Notify;
use tokio::sync::watch::Sender;

use super::errors::{Class, fault};
use super::feed::Mirrors;
use super::object::Kind;

/// How often a namespace is read.
const EVERY: Duration = Duration::from_secs(15);
/// The annotation.
const LAUNCHES: &str = "gapless.dev/launches";

/// Follows the switch of every namespace that has a coverage.
pub async fn follow(client: Client, mirrors: Mirrors, off: Sender<BTreeSet<Arc<str>>>, changed: Arc<Notify>) {
    let api: Api<Namespace> = Api::all(client);
    loop {
        let mut now = BTreeSet::new();
        for namespace in namespaces(&mirrors) {
            let was = off.borrow().contains(&namespace);
            if is_off(&api, &namespace).await.unwrap_or(was) {
                now.insert(namespace);
            }
        }
        let moved = off.send_if_modified(|old| {
            let moved = *old != now;
            *old = now;
            moved
        });
        if moved {
            changed.notify_one();
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn namespaces(mirrors: &Mirrors) -> BTreeSet<Arc<str>> {
    Kind::COVERAGES.iter().flat_map(|k| mirrors.of(*k).all()).map(|(name, _)| name.namespace).collect()
}

/// Nothing: it could not be read, and stays as it was.
async fn is_off(api: &Api<Namespace>, name: &str) -> Option<bool> {
    match api.get(name).await {
        Ok(namespace) => {
            let annotations = namespace.metadata.annotations.unwrap_or_default();
            Some(annotations.get(LAUNCHES).is_some_and(|v| v == "off"))
        }
        Err(error) if fault(&error).class == Class::NotFound => Some(false),
        Err(_) => None,
    }
}
