//! Events of the cluster, one per cause and object: what happens within a moment is one Event, and the same Event is not repeated
//! within the hour. An Event that cannot be written is dropped: nothing depends on it.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event as WireEvent;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::mark::{mix, stable_hash};
use crate::domain::policy::Key;
use crate::domain::words::is_hidden;
use crate::engine::overview::Event;
use crate::engine::ports::Clock;
use crate::host::clock::SystemClock;
use crate::kubernetes::serving::logs;
use crate::kubernetes::watching::feed::Mirrors;
use crate::kubernetes::watching::object::{Kind, Name};

/// What happens within this time is one Event.
const GATHER: Duration = Duration::from_secs(2);
/// The same note of the same object is not repeated within this time, which is how long Kubernetes keeps Events.
const QUIET: Duration = Duration::from_secs(3600);
/// The most notes that are remembered.
const REMEMBERED: usize = 4096;
/// The longest note, in bytes (the API server refuses 1,024 and more).
const MAX_NOTE: usize = 1000;
const REPORTER: &str = "gapless.dev/operator";

/// Writes Events until the channel is closed.
pub async fn write(client: Client, mirrors: Mirrors, instance: String, mut events: Receiver<Event>) {
    let mut recent = Recent::default();
    while let Some(first) = events.recv().await {
        let mut gathered = Gathered::default();
        gathered.add(first);
        let end = Instant::now() + GATHER;
        while let Ok(Some(event)) = tokio::time::timeout_at(end, events.recv()).await {
            gathered.add(event);
        }
        for (key, reason, at, note) in gathered.notes() {
            let Some((api, regarding)) = regarding(&client, &mirrors, &key) else { continue };
            if recent.is_new(&regarding, reason, &note) {
                let _ = api.create(&PostParams::default(), &wire(regarding, &instance, reason, at, note)).await;
            }
        }
    }
}

/// What was gathered, by object and reason.
#[derive(Default)]
struct Gathered(BTreeMap<(Key, &'static str), Together>);

struct Together {
    at: Timestamp,
    dates: DateSet,
    first: String,
    count: usize,
}

impl Gathered {
    fn add(&mut self, event: Event) {
        let Event { at, coverage, reason, dates, message } = event;
        let blank = Together { at, dates: DateSet::new(), first: message, count: 0 };
        let together = self.0.entry((coverage, reason)).or_insert(blank);
        together.dates.extend(&dates);
        together.count += 1;
    }

    fn notes(self) -> Vec<(Key, &'static str, Timestamp, String)> {
        let note = |t: &Together| {
            let more = if t.count > 1 { format!(" (and {} more)", t.count - 1) } else { String::new() };
            let dates = t.dates.to_string();
            let text = if dates.is_empty() { t.first.clone() } else { format!("{dates}: {}{more}", t.first) };
            text.chars().filter(|c| !is_hidden(*c)).scan(0, bounded).collect()
        };
        self.0.into_iter().map(|((key, reason), t)| (key, reason, t.at, note(&t))).collect()
    }
}

fn bounded(bytes: &mut usize, c: char) -> Option<char> {
    *bytes += c.len_utf8();
    (*bytes <= MAX_NOTE).then_some(c)
}

/// What was reported within the hour.
#[derive(Default)]
struct Recent(BTreeMap<u64, Instant>);

impl Recent {
    fn is_new(&mut self, regarding: &ObjectReference, reason: &str, note: &str) -> bool {
        let now = Instant::now();
        self.0.retain(|_, at| now.duration_since(*at) < QUIET);
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        let key =
            mix(stable_hash(regarding.uid.as_deref().unwrap_or_default()), stable_hash(&format!("{reason} {note}")));
        self.0.insert(key, now).is_none()
    }
}

fn regarding(client: &Client, mirrors: &Mirrors, key: &Key) -> Option<(Api<WireEvent>, ObjectReference)> {
    let kind = Kind::of(&key.kind)?;
    let name = Name { namespace: key.namespace.clone(), name: key.name.clone() };
    let object = mirrors.of(kind).get(&name)?;
    let resource = kind.resource();
    let reference = ObjectReference {
        api_version: Some(resource.api_version),
        kind: Some(resource.kind),
        namespace: Some(key.namespace.to_string()),
        name: Some(key.name.to_string()),
        uid: Some(object.uid.to_string()),
        ..ObjectReference::default()
    };
    Some((Api::namespaced(client.clone(), &key.namespace), reference))
}

fn wire(regarding: ObjectReference, instance: &str, reason: &'static str, at: Timestamp, note: String) -> WireEvent {
    let name = regarding.name.as_deref().unwrap_or_default();
    let hash = mix(stable_hash(&note), mix(stable_hash(reason), stable_hash(&SystemClock.now())));
    WireEvent {
        metadata: ObjectMeta {
            name: Some(format!("{name}.{hash:016x}")),
            namespace: regarding.namespace.clone(),
            ..ObjectMeta::default()
        },
        action: Some(if reason == "JobLaunched" { "Launch" } else { "Observe" }.into()),
        event_time: Some(MicroTime(at)),
        note: Some(note),
        reason: Some(reason.into()),
        regarding: Some(regarding),
        reporting_controller: Some(REPORTER.into()),
        reporting_instance: Some(instance.chars().take(128).collect()),
        type_: Some(if logs::is_warning(reason) { "Warning" } else { "Normal" }.into()),
        ..WireEvent::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::judge::tests::{at, day};

    fn event(reason: &'static str, date: &str, message: &str) -> Event {
        let coverage = Key { namespace: "n".into(), kind: "TableCoverage".into(), name: "a".into() };
        let dates = [day(date)].into_iter().collect();
        Event { at: at("2025-11-15T12:00:00Z"), coverage, reason, dates, message: message.into() }
    }

    #[test]
    fn what_happens_within_a_moment_is_one_event() {
        let mut gathered = Gathered::default();
        gathered.add(event("JobLaunched", "2025-11-14", "launch 1"));
        gathered.add(event("JobLaunched", "2025-11-15", "launch 2"));
        gathered.add(event("Filled", "2025-11-13", &"ü".repeat(3000)));
        let notes = gathered.notes();
        let of = |reason| notes.iter().find(|n| n.1 == reason).map(|n| n.3.clone()).unwrap();
        assert_eq!(of("JobLaunched"), "2025-11-14..2025-11-15: launch 1 (and 1 more)");
        assert!(of("Filled").len() <= MAX_NOTE);
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_sentence_is_not_repeated_within_the_hour() {
        let mut recent = Recent::default();
        let object = ObjectReference { uid: Some("u".into()), ..ObjectReference::default() };
        assert!(recent.is_new(&object, "Filled", "a"));
        assert!(!recent.is_new(&object, "Filled", "a"));
        assert!(recent.is_new(&object, "Filled", "b"));
        tokio::time::advance(QUIET + Duration::from_secs(1)).await;
        assert!(recent.is_new(&object, "Filled", "a"));
    }
}
