//! What an API server's answer means for a write, and what a person is told of it: its own sentence, never a token.

use kube::api::ListParams;
use kube::core::Status;
use kube::{Api, Error};

use super::client::sentence;

/// What follows from a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The object is not there.
    NotFound,
    /// Somebody else was there first.
    Conflict,
    /// The server understood and said no.
    Refused,
    /// It may or may not have happened, or nobody looked at what was asked: the same again may succeed.
    Unclear,
}

/// A failed call.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What follows.
    pub class: Class,
    /// The HTTP status; 0 without an answer.
    pub code: u16,
    /// The server's reason (`AlreadyExists`); empty without an answer.
    pub reason: String,
    /// For a person.
    pub sentence: String,
}

impl Fault {
    /// Somebody else was there first.
    pub fn is_conflict(&self) -> bool {
        self.class == Class::Conflict && self.reason != "AlreadyExists"
    }
}

/// What a failed call means.
pub fn fault(error: &Error) -> Fault {
    match error {
        Error::Api(status) => of_status(status, sentence(error)),
        // Nothing was answered, or nothing that could be read.
        other => Fault { class: Class::Unclear, code: 0, reason: String::new(), sentence: sentence(other) },
    }
}

/// One object as it stands now, by a list of its name: with `list` and `watch` no right to `get` is needed.
///
/// # Errors
/// [`Class::NotFound`] when it is not there, else what the server says.
pub async fn one<K>(api: &Api<K>, name: &str) -> Result<K, Fault>
where
    K: Clone + serde::de::DeserializeOwned + std::fmt::Debug,
{
    let named = ListParams::default().fields(&format!("metadata.name={name}"));
    let found = api.list(&named).await.map_err(|e| fault(&e))?;
    let gone = || Fault {
        class: Class::NotFound,
        code: 404,
        reason: "NotFound".into(),
        sentence: format!("'{name}' is gone"),
    };
    found.items.into_iter().next().ok_or_else(gone)
}

fn of_status(status: &Status, sentence: String) -> Fault {
    let class = match status.code {
        404 | 410 => Class::NotFound,
        409 => Class::Conflict,
        // 408, 429 and every 5xx: the server may have done it before it failed to say so. 401: it did not know who asks, as
        // while a token is replaced, and so refused nothing of what was asked.
        401 | 408 | 429 | 500.. => Class::Unclear,
        _ => Class::Refused,
    };
    Fault { class, code: status.code, reason: status.reason.clone(), sentence }
}
