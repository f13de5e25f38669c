//! What an answer of the API server means for a write, and the sentence about it: the server's own, never a token.

use kube::api::ListParams;
use kube::core::Status;
use kube::{Api, Error};

use super::sentence;

/// What follows from a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The object does not exist.
    NotFound,
    /// Another writer was first.
    Conflict,
    /// The server understood and said no.
    Refused,
    /// It may or may not have happened, or the server did not look at the request: the same again may succeed.
    Unclear,
}

/// A failed call.
#[derive(Clone, Debug)]
pub struct Fault {
    pub class: Class,
    /// The server's reason (`AlreadyExists`); empty without an answer.
    pub reason: String,
    /// For a person.
    pub sentence: String,
    /// Set when it is certain that the server did nothing.
    pub no: Option<No>,
}

/// A certain refusal: nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum No {
    /// What was asked is not valid in itself.
    Invalid,
    /// Something else is in the way: a quota, a right, a webhook, too many requests.
    ForNow,
}

impl Fault {
    /// Another writer changed the object first.
    pub fn is_conflict(&self) -> bool {
        self.class == Class::Conflict && self.reason != "AlreadyExists"
    }
}

/// What a failed call means.
pub fn fault(error: &Error) -> Fault {
    match error {
        Error::Api(status) => of_status(status, sentence(error)),
        // Nothing was answered, or nothing that could be read.
        other => Fault { class: Class::Unclear, reason: String::new(), sentence: sentence(other), no: None },
    }
}

/// One object as it is now, by a list of its name: with `list` and `watch`, the right to `get` is not needed.
///
/// # Errors
/// [`Class::NotFound`] when it does not exist, else what the server says.
pub async fn one<K>(api: &Api<K>, name: &str) -> Result<K, Fault>
where
    K: Clone + serde::de::DeserializeOwned + std::fmt::Debug,
{
    let named = ListParams::default().fields(&format!("metadata.name={name}"));
    let found = api.list(&named).await.map_err(|e| fault(&e))?;
    let gone = || Fault {
        class: Class::NotFound,
        reason: "NotFound".into(),
        sentence: format!("'{name}' is gone"),
        no: Some(No::ForNow),
    };
    found.items.into_iter().next().ok_or_else(gone)
}

/// What admission says of a request that it refused. A webhook chooses the code itself, so the text decides. Admission comes
/// before anything is stored.
const NOT_ADMITTED: [&str; 3] = ["denied the request", "denied request", "failed calling webhook"];

fn of_status(status: &Status, sentence: String) -> Fault {
    let not_admitted = NOT_ADMITTED.iter().any(|words| status.message.contains(words));
    let class = match status.code {
        // A webhook that denies with such a code means the request, not the object.
        404 | 409 | 410 if not_admitted => Class::Refused,
        404 | 410 => Class::NotFound,
        409 => Class::Conflict,
        // 408, 429 and every 5xx: the server may have done it before it failed to say so. 401: it did not know who asks, as
        // while a token is replaced, and so refused nothing of what was asked.
        401 | 408 | 429 | 500.. => Class::Unclear,
        _ => Class::Refused,
    };
    let no = match (status.code, class) {
        _ if not_admitted => Some(No::ForNow),
        (400 | 422, _) => Some(No::Invalid),
        // The server does not know who asks, or too many ask: it did not look at the request.
        (401 | 429, _) | (_, Class::Refused | Class::NotFound | Class::Conflict) => Some(No::ForNow),
        (_, Class::Unclear) => None,
    };
    Fault { class, reason: status.reason.clone(), sentence, no }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_certain_not_to_be_done_is_a_clear_no() {
        let webhook = "Internal error occurred: failed calling webhook \"w\": failed to call webhook: Post \"https://h/\": dial tcp";
        let denied = "admission webhook \"w.example.com\" denied the request: change freeze";
        let policy =
            "jobs.batch \"t-l1\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: freeze";
        let rows = [
            (400, "BadRequest", "no JSON", Class::Refused, Some(No::Invalid)),
            (422, "Invalid", "metadata.labels: Invalid value", Class::Refused, Some(No::Invalid)),
            (422, "Invalid", policy, Class::Refused, Some(No::ForNow)),
            (403, "Forbidden", "exceeded quota: q", Class::Refused, Some(No::ForNow)),
            (401, "Unauthorized", "Unauthorized", Class::Unclear, Some(No::ForNow)),
            (404, "NotFound", "namespaces \"a\" not found", Class::NotFound, Some(No::ForNow)),
            (404, "", denied, Class::Refused, Some(No::ForNow)),
            (409, "", denied, Class::Refused, Some(No::ForNow)),
            (409, "AlreadyExists", "jobs.batch \"t-l1\" already exists", Class::Conflict, Some(No::ForNow)),
            (429, "TooManyRequests", "too many requests, please try again later", Class::Unclear, Some(No::ForNow)),
            (429, "", denied, Class::Unclear, Some(No::ForNow)),
            (500, "InternalError", webhook, Class::Unclear, Some(No::ForNow)),
            (500, "", denied, Class::Unclear, Some(No::ForNow)),
            (503, "", denied, Class::Unclear, Some(No::ForNow)),
            (408, "Timeout", "request timed out", Class::Unclear, None),
            (500, "InternalError", "etcdserver: request timed out", Class::Unclear, None),
            (503, "ServiceUnavailable", "etcdserver: leader changed", Class::Unclear, None),
            (504, "Timeout", "request did not complete within 5s", Class::Unclear, None),
        ];
        for (code, reason, message, class, no) in rows {
            let status = Status { code, reason: reason.into(), message: message.into(), ..Status::default() };
            let read = fault(&Error::Api(Box::new(status)));
            assert_eq!((read.class, read.no), (class, no), "{code} {reason} {message}");
        }
        assert_eq!(fault(&Error::LinesCodecMaxLineLengthExceeded).no, None, "no answer");
    }
}
