//! Finds out from the audit log whether two live Jobs of gapless ever covered the same date of the same table.
//!
//! A Job is live from its first appearance to its terminal condition or, if it is deleted before, to the end of its
//! last pod. Instants are compared by resource version if both have one, which is exact, else by time, and then an
//! overlap counts only if it is certain. Events that a killed API server did not log are looked up in the current
//! objects.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Cluster;
use super::audit::{Audit, Event, Mark};

/// Two Jobs that were live at the same instant and covered the same date.
#[derive(Debug, PartialEq, Eq)]
pub struct Overlap {
    pub target: String,
    pub date: String,
    pub jobs: [String; 2],
}

impl Cluster {
    /// Every overlap since the cluster's start. The namespace says which test it belongs to.
    pub fn overlapping_jobs(&self) -> Vec<Overlap> {
        let json =
            |kind: &str| -> Value { serde_json::from_str(&self.kubectl(&["get", kind, "-A", "-o", "json"])).unwrap() };
        overlaps(&self.audit(Mark::default()), &json("jobs"))
    }
}

/// An instant: exact by version, else somewhere between two times.
#[derive(Clone, Debug)]
struct Instant {
    version: Option<u64>,
    earliest: String,
    latest: String,
}

impl Instant {
    fn of(event: &Event, object: &Value) -> Self {
        let version = object["metadata"]["resourceVersion"].as_str().and_then(|version| version.parse().ok());
        Self { version, earliest: event.received.clone(), latest: event.answered.clone() }
    }

    fn surely_before(&self, other: &Self) -> bool {
        match (self.version, other.version) {
            (Some(mine), Some(theirs)) => mine < theirs,
            _ => self.latest < other.earliest,
        }
    }
}

/// What is known about one Job.
#[derive(Debug)]
struct Life {
    name: String,
    target: String,
    dates: BTreeSet<String>,
    from: Instant,
    terminal: Option<Instant>,
    deleted: Option<Instant>,
    /// The end of its last pod.
    pods: Option<Instant>,
    /// Its ended pods. Later changes to them, such as the removal of a finalizer, do not count as an end.
    ended: BTreeSet<String>,
    /// The last time it was seen.
    seen: Instant,
}

impl Life {
    /// `None` if it is still live.
    fn end(&self) -> Option<&Instant> {
        let after_deletion =
            self.pods.as_ref().filter(|pods| self.deleted.as_ref().is_some_and(|d| d.surely_before(pods)));
        // A Job that a finalizer holds may get its end from its deadline, long after its pod's end.
        let before = |pods: &&Instant| self.terminal.as_ref().is_none_or(|terminal| pods.surely_before(terminal));
        after_deletion.filter(before).or(self.terminal.as_ref()).or(self.deleted.as_ref())
    }

    /// An end that was not logged: the current Job shows it, or the Job disappeared some time after it was last seen.
    fn ends_unwritten(&mut self, standing: Option<&Value>) {
        match (standing.map(terminal), self.end().is_some()) {
            (_, true) | (Some(None), _) => {}
            (Some(Some(condition)), _) => {
                // Some time within that second, in the format of the audit log.
                let second = text(condition, &["lastTransitionTime"]).trim_end_matches('Z');
                let [earliest, latest] = ["000000", "999999"].map(|fraction| format!("{second}.{fraction}Z"));
                self.terminal = Some(Instant { version: None, earliest, latest });
            }
            (None, _) => self.deleted = Some(self.seen.clone()),
        }
    }
}

/// The lives of gapless's Jobs by uid.
#[derive(Default)]
struct Lives {
    of: BTreeMap<String, Life>,
    /// The uid that a name has at present.
    named: BTreeMap<(String, String), String>,
}

fn overlaps(audit: &Audit, now: &Value) -> Vec<Overlap> {
    let mut lives = Lives::default();
    for event in audit.events.iter().filter(|event| event.is_write() && event.is_done()) {
        match event.resource.as_str() {
            "jobs" => objects(event).for_each(|job| lives.job(event, job)),
            "pods" => objects(event).for_each(|pod| lives.pod(event, pod)),
            _ => {}
        }
        if event.resource == "jobs" && event.verb == "delete" && event.subresource.is_empty() {
            lives.delete(&event.namespace, &event.name, event);
        }
    }
    let standing: BTreeMap<&str, &Value> =
        now["items"].as_array().into_iter().flatten().map(|job| (text(job, &["metadata", "uid"]), job)).collect();
    for (uid, life) in &mut lives.of {
        life.ends_unwritten(standing.get(uid.as_str()).copied());
    }
    lives.pairs()
}

/// The returned object, or the objects of a list.
fn objects(event: &Event) -> Box<dyn Iterator<Item = &Value> + '_> {
    match event.response["items"].as_array() {
        Some(items) => Box::new(items.iter()),
        None => Box::new(std::iter::once(&event.response)),
    }
}

fn text<'a>(object: &'a Value, path: &[&str]) -> &'a str {
    path.iter().fold(object, |value, name| &value[name]).as_str().unwrap_or_default()
}

/// When a Job reached a terminal condition.
fn terminal(job: &Value) -> Option<&Value> {
    let conditions = job["status"]["conditions"].as_array()?;
    conditions.iter().find(|c| (c["type"] == "Complete" || c["type"] == "Failed") && c["status"] == "True")
}

impl Lives {
    fn job(&mut self, event: &Event, job: &Value) {
        let (uid, target) = (text(job, &["metadata", "uid"]), text(job, &["metadata", "labels", "gapless.dev/target"]));
        if uid.is_empty() || target.is_empty() {
            return;
        }
        let (namespace, name) = (text(job, &["metadata", "namespace"]), text(job, &["metadata", "name"]));
        let instant = Instant::of(event, job);
        self.named.insert((namespace.into(), name.into()), uid.into());
        let life = self.of.entry(uid.into()).or_insert_with(|| Life {
            name: format!("{namespace}/{name}"),
            target: target.into(),
            dates: text(job, &["metadata", "annotations", "gapless.dev/dates"]).split(',').map(String::from).collect(),
            from: instant.clone(),
            terminal: None,
            deleted: None,
            pods: None,
            ended: BTreeSet::new(),
            seen: instant.clone(),
        });
        life.seen = instant.clone();
        if life.terminal.is_none() && terminal(job).is_some() {
            life.terminal = Some(instant.clone());
        }
        if event.verb == "deletecollection" {
            life.deleted.get_or_insert(Instant { version: None, ..instant });
        }
    }

    fn delete(&mut self, namespace: &str, name: &str, event: &Event) {
        let uid = self.named.get(&(namespace.into(), name.into()));
        if let Some(life) = uid.and_then(|uid| self.of.get_mut(uid)) {
            life.deleted.get_or_insert(Instant::of(event, &Value::Null));
        }
    }

    /// A pod's end: its phase shows it, or its node removed it, or it never had a node.
    fn pod(&mut self, event: &Event, pod: &Value) {
        let owner = text(pod, &["metadata", "labels", "batch.kubernetes.io/controller-uid"]);
        let ended = ["Succeeded", "Failed"].contains(&text(pod, &["status", "phase"]));
        let removed = event.verb.starts_with("delete")
            && (event.user.starts_with("system:node:") || text(pod, &["spec", "nodeName"]).is_empty());
        if let Some(life) = self.of.get_mut(owner).filter(|_| ended || removed)
            && life.ended.insert(text(pod, &["metadata", "uid"]).into())
        {
            life.pods = Some(Instant::of(event, pod));
        }
    }

    fn pairs(&self) -> Vec<Overlap> {
        let mut found = Vec::new();
        let lives: Vec<&Life> = self.of.values().collect();
        for (n, a) in lives.iter().enumerate() {
            for b in lives[n + 1..].iter().filter(|b| a.target == b.target && both_live(a, b)) {
                let jobs = [a.name.clone(), b.name.clone()];
                let of = |date: &String| Overlap { target: a.target.clone(), date: date.clone(), jobs: jobs.clone() };
                found.extend(a.dates.intersection(&b.dates).map(of));
            }
        }
        found
    }
}

fn both_live(a: &Life, b: &Life) -> bool {
    let begins_within = |a: &Life, b: &Life| b.end().is_none_or(|end| a.from.surely_before(end));
    begins_within(a, b) && begins_within(b, a)
}

#[cfg(test)]
mod tests;
