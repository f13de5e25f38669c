//! What an API server's answer means for a write, and what a person is told of it: its own sentence, never a token.

use kube::api::ListParams;
use kube::core::Status;
use kube::{Api, Error};

use super::sentence;

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
    /// Where the server says for certain that it did nothing.
    pub no: Option<No>,
}

/// A clear no: nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum No {
    /// What was asked is not valid in itself.
    Invalid,
    /// Something else is in the way: a quota, a right, a webhook, too many requests.
    ForNow,
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
        other => Fault { class: Class::Unclear, code: 0, reason: String::new(), sentence: sentence(other), no: None },
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
        no: Some(No::ForNow),
    };
    found.items.into_iter().next().ok_or_else(gone)
}

/// What admission says of a request that it did not let through, whatever the code: a webhook chooses that itself. Admission
/// comes before anything is stored.
const NOT_ADMITTED: [&str; 3] = ["denied the request", "denied request", "failed calling webhook"];

fn of_status(status: &Status, sentence: String) -> Fault {
    let not_admitted = NOT_ADMITTED.iter().any(|words| status.message.contains(words));
    let class = match status.code {
        // Whoever denies with such a code speaks of the request, not of the object.
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
    Fault { class, code: status.code, reason: status.reason.clone(), sentence, no }
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
            let told = fault(&Error::Api(Box::new(status)));
            assert_eq!((told.class, told.no), (class, no), "{code} {reason} {message}");
        }
        assert_eq!(fault(&Error::LinesCodecMaxLineLengthExceeded).no, None, "no answer");
    }
}
