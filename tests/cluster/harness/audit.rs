//! The API server's own audit log: who did what to which object, with what result. Tests trust it instead of gapless's
//! own reports.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use serde_json::Value;

use super::Cluster;

/// A position in the log, to continue from.
#[derive(Clone, Copy, Default)]
pub struct Mark(u64);

/// The events since a mark, in the order of the API server's answers.
#[derive(Debug)]
pub struct Audit {
    pub events: Vec<Event>,
}

/// One answered request.
#[derive(Clone, Debug, Default)]
pub struct Event {
    pub verb: String,
    pub user: String,
    /// The pod whose account token it was.
    pub pod: String,
    /// `jobs`, `tablecoverages`.
    pub resource: String,
    /// `status`, or empty.
    pub subresource: String,
    pub namespace: String,
    pub name: String,
    /// The HTTP status.
    pub code: u64,
    /// When the request arrived and when it was answered, RFC 3339 with microseconds.
    pub received: String,
    pub answered: String,
    /// The request and the response, if the policy logs them: for gapless's own kinds, Jobs and pods.
    pub request: Value,
    pub response: Value,
}

impl Cluster {
    /// The current end of the log.
    pub fn mark(&self) -> Mark {
        Mark(std::fs::metadata(self.audit_log()).map_or(0, |log| log.len()))
    }

    /// The events since a mark. `Mark::default()` is the cluster's start.
    pub fn audit(&self, since: Mark) -> Audit {
        let mut file = File::open(self.audit_log()).unwrap();
        file.seek(SeekFrom::Start(since.0)).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        Audit { events: events(&text) }
    }

    fn audit_log(&self) -> std::path::PathBuf {
        self.folder().join("audit.log")
    }
}

/// The events of a log. A killed API server leaves a torn line, and appends to it after its restart. Every event begins
/// with the same text, so only the torn one is lost.
fn events(text: &str) -> Vec<Event> {
    const BEGIN: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1""#;
    let whole = text.split(BEGIN).skip(1).map(|rest| format!("{BEGIN}{rest}"));
    whole.filter_map(|event| serde_json::from_str(&event).ok()).map(|event: Value| Event::from(&event)).collect()
}

impl From<&Value> for Event {
    fn from(it: &Value) -> Self {
        let text = |pointer: &str| it.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string();
        let response = it.get("responseObject").cloned().unwrap_or_default();
        let named = text("/objectRef/name");
        let made = || response["metadata"]["name"].as_str().unwrap_or_default().to_string();
        Self {
            verb: text("/verb"),
            user: text("/user/username"),
            pod: it["user"]["extra"]["authentication.kubernetes.io/pod-name"][0].as_str().unwrap_or_default().into(),
            resource: text("/objectRef/resource"),
            subresource: text("/objectRef/subresource"),
            namespace: text("/objectRef/namespace"),
            name: if named.is_empty() { made() } else { named },
            code: it["responseStatus"]["code"].as_u64().unwrap_or_default(),
            received: text("/requestReceivedTimestamp"),
            answered: text("/stageTimestamp"),
            request: it.get("requestObject").cloned().unwrap_or_default(),
            response,
        }
    }
}

impl Event {
    /// Whether it tried to change something.
    pub fn is_write(&self) -> bool {
        ["create", "update", "patch", "delete", "deletecollection"].contains(&self.verb.as_str())
    }

    /// Whether it succeeded.
    pub fn is_done(&self) -> bool {
        (200..300).contains(&self.code)
    }
}

impl Audit {
    /// The writes of a user, including refused ones, except those to the Lease. The user is a full name, or the suffix
    /// `:NAME` of an account.
    pub fn writes<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a Event> {
        let by = move |event: &&Event| event.user == user || user.starts_with(':') && event.user.ends_with(user);
        self.events.iter().filter(by).filter(|event| event.is_write() && event.resource != "leases")
    }
}

#[test]
fn a_torn_line_costs_one_event_only() {
    let event = |verb: &str| format!(r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"{verb}"}}"#);
    let text = format!("{}\n{}{}\n", event("create"), &event("patch")[..60], event("delete"));
    let verbs: Vec<String> = events(&text).into_iter().map(|event| event.verb).collect();
    assert_eq!(verbs, ["create", "delete"]);
}
