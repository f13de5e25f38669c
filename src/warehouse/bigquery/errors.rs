//! Why a call failed, and what that means: one table from the server's reason to the reason of gapless, whether the same call
//! is worth repeating, and the text for a person. The server's own message is never shown: it can quote values.

use std::fmt;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::name::TableName;
use crate::domain::dates::Timestamp;
use crate::domain::verdict::{Unknown, UnknownReason};

/// What happened to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The connection could not be made, or broke.
    Unreachable,
    /// No whole answer came in time.
    Late,
    /// The answer is not BigQuery's, or not whole: a page of a proxy, a body that was cut.
    Unreadable,
    /// The answer is longer than any that was asked for.
    TooLong,
    /// The machine has no certificates, so that no server can be trusted.
    NoTrust,
    /// No token: the credentials are absent or refused.
    NoCredentials,
    /// No token: its endpoint does not answer.
    NoToken,
    /// No token: the answer is not that of an endpoint for tokens, or not whole.
    BadToken,
    /// BigQuery refused it.
    Refused,
}

/// A call without a usable answer.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub failure: Failure,
    /// The status of the answer; 0 without one.
    pub status: u16,
    /// The server's reason, a word; empty without one.
    pub reason: String,
    /// The server's message. Only looked through for known phrases.
    message: String,
    /// How long the server wants to be left alone.
    pub wait: Option<Duration>,
}

/// Without the message.
impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} {}", self.failure, self.status, self.reason)
    }
}

/// The body of a refusal, as far as it can be trusted to be there.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Details,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    message: String,
    errors: Vec<Flawed>,
}

/// One error of a list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Flawed {
    reason: String,
    message: String,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { failure, status: 0, reason: String::new(), message: String::new(), wait: None }
    }
}

impl Refused {
    /// Reads an answer with a status that is no success.
    pub fn answer(status: u16, wait: Option<Duration>, body: &[u8]) -> Self {
        let Ok(Body { error }) = serde_json::from_slice(body) else {
            return Self { status, wait, ..Failure::Unreadable.into() };
        };
        let first = error.errors.into_iter().next().unwrap_or_default();
        let message = if first.message.is_empty() { error.message } else { first.message };
        Self { status, wait, ..Self::of(Flawed { reason: first.reason, message }) }
    }

    /// An error inside an answer.
    pub fn of(flawed: Flawed) -> Self {
        // Only a word can be a reason, so that nothing else gets into a text.
        let is_word = flawed.reason.len() <= 40 && flawed.reason.chars().all(|c| c.is_ascii_alphabetic());
        let reason = if is_word { flawed.reason } else { String::new() };
        Self { reason, message: flawed.message, ..Failure::Refused.into() }
    }

    fn rule(&self) -> Rule {
        let by_reason = RULES.iter().find(|rule| rule.0.contains(&&*self.reason));
        let Failure::Refused = self.failure else { return self.failure.rule(self.status) };
        let Some((_, reason, again, text)) = by_reason else { return by_status(self.status) };
        Rule { reason: *reason, again: *again, text }
    }

    /// Whether the same call may succeed a moment later.
    pub fn again(&self) -> bool {
        self.rule().again
    }

    /// Whether the server says that something does not exist.
    pub fn is_absence(&self) -> bool {
        self.failure == Failure::Refused && (self.reason == "notFound" || self.reason.is_empty() && self.status == 404)
    }

    /// Whether the server does not accept the token.
    pub fn is_stale_token(&self) -> bool {
        self.status == 401
    }

    /// Whether the server refuses what was asked, whoever asks and whenever: it is not understood or not allowed.
    pub fn is_final(&self) -> bool {
        let rule = self.rule();
        self.failure == Failure::Refused
            && !rule.again
            && self.status != 401
            && rule.reason != UnknownReason::ProbeBudget
    }

    /// Whether it costs more than was set aside.
    pub fn is_over_budget(&self) -> bool {
        self.reason == "bytesBilledLimitExceeded"
    }

    /// Whether the statement does not fit the table: the columns may have changed.
    pub fn is_statement(&self) -> bool {
        self.failure == Failure::Refused && ["invalidQuery", "invalid"].contains(&&*self.reason)
    }

    /// Whether it needs more than the server gives, so that fewer dates may succeed.
    pub fn is_too_large(&self) -> bool {
        self.failure == Failure::TooLong || ["resourcesExceeded", "responseTooLarge"].contains(&&*self.reason)
    }

    /// Whether the server answered about the job itself, which failed and is not billed.
    pub fn is_free(&self) -> bool {
        self.failure == Failure::Refused && !self.again() && !["stopped", "timeout"].contains(&&*self.reason)
    }

    /// The reason and text for a table. `columns` are those that the message may name.
    pub fn unknown<'a>(
        &self,
        table: &TableName,
        now: Timestamp,
        columns: impl IntoIterator<Item = &'a str>,
    ) -> Unknown {
        let Rule { reason, text, .. } = self.rule();
        let more = match reason {
            UnknownReason::Unauthorized => protected(&self.message, columns),
            UnknownReason::ProbeBudget if self.reason != "bytesBilledLimitExceeded" => until(now),
            _ if self.message.contains("without a filter over column") => WITHOUT_FILTER.into(),
            _ => String::new(),
        };
        let word = if self.reason.is_empty() { &self.status.to_string() } else { &self.reason };
        let word = if word == "0" { String::new() } else { format!(" (BigQuery: {word})") };
        Unknown::new(reason, format!("table `{table}`: {text}{more}{word}"))
    }
}

const WITHOUT_FILTER: &str = ": it, or a table below it, requires a filter on its partition column; date the coverage by that \
                              column or add it to where";

/// What a failure means.
struct Rule {
    reason: UnknownReason,
    again: bool,
    text: &'static str,
}

/// The reasons of the server, what they mean, whether the call is worth repeating, and the text.
const RULES: [(&[&str], UnknownReason, bool, &str); 11] = {
    use UnknownReason::{ProbeBudget, ProbeFailed, SchemaMismatch, Unauthorized};
    [
        (
            &["backendError", "internalError", "jobBackendError", "jobInternalError", "tableUnavailable"],
            ProbeFailed,
            true,
            "BigQuery failed; gapless asks again",
        ),
        (
            &["rateLimitExceeded", "jobRateLimitExceeded", "userRateLimitExceeded"],
            ProbeFailed,
            true,
            "the project sends more requests at a time than BigQuery allows; gapless asks again later. If this lasts, lower \
             the Warehouse's limits.maxConcurrentQueries",
        ),
        (&["quotaExceeded", "dailyLimitExceeded"], ProbeBudget, false, "a quota of the project in BigQuery is used up"),
        (
            &["accessDenied", "forbidden", "insufficientPermissions"],
            Unauthorized,
            false,
            "gapless may not read it: grant its account bigquery.tables.get and bigquery.tables.getData on the dataset, and \
             bigquery.jobs.create in the project that pays",
        ),
        (
            &["authError", "unauthorized", "required"],
            Unauthorized,
            false,
            "BigQuery does not accept gapless's credentials: check them and the clock of this machine",
        ),
        (
            &["billingNotEnabled"],
            Unauthorized,
            false,
            "the project that pays has no billing: enable it, or name another project in the Warehouse's spec.bigquery.billTo",
        ),
        (
            &["bytesBilledLimitExceeded", "billingTierLimitExceeded"],
            ProbeBudget,
            false,
            "this read costs more than the Warehouse's limits.maxBytesPerQuery; raise it, narrow spec.dates or split the \
             coverage",
        ),
        (
            &["resourcesExceeded", "responseTooLarge"],
            ProbeFailed,
            false,
            "the read needs more than BigQuery gives one query; narrow spec.dates",
        ),
        (
            &["stopped", "timeout"],
            ProbeFailed,
            false,
            "BigQuery ended the query before it was done; raise the Warehouse's limits.queryTimeout or narrow spec.dates",
        ),
        (
            &["notFound"],
            SchemaMismatch,
            false,
            "it does not exist in the project, or gapless may not know of it: create it, correct its name, or grant \
             bigquery.tables.get",
        ),
        (&["invalidQuery", "invalid"], ProbeFailed, false, "BigQuery refuses the query"),
    ]
};

fn by_status(status: u16) -> Rule {
    let reason = match status {
        401 => "unauthorized",
        403 => "accessDenied",
        404 => "notFound",
        429 => "rateLimitExceeded",
        408 | 500.. => "backendError",
        _ => "",
    };
    match RULES.iter().find(|rule| rule.0.contains(&reason)) {
        Some((_, reason, again, text)) => Rule { reason: *reason, again: *again, text },
        None => Rule { reason: UnknownReason::ProbeFailed, again: false, text: "BigQuery refuses the call" },
    }
}

impl Failure {
    fn rule(self, status: u16) -> Rule {
        use UnknownReason::{ProbeFailed, Unauthorized};
        let rule = |reason, again, text| Rule { reason, again, text };
        match self {
            Self::Unreachable => rule(ProbeFailed, true, "BigQuery cannot be reached; check the network of gapless"),
            Self::Late => rule(ProbeFailed, false, "BigQuery does not answer in time"),
            Self::Unreadable if [401, 403].contains(&status) => by_status(status),
            Self::Unreadable => rule(
                ProbeFailed,
                true,
                "the answer is not BigQuery's, or not whole; check the proxies between, if this lasts",
            ),
            Self::TooLong => rule(ProbeFailed, false, "the answer is too long; narrow spec.dates"),
            Self::NoTrust => rule(
                ProbeFailed,
                false,
                "this machine trusts no certificates; install them, for example as ca-certificates",
            ),
            Self::NoCredentials => rule(
                Unauthorized,
                false,
                "gapless has no credentials for Google that are accepted; set GOOGLE_APPLICATION_CREDENTIALS, or give its \
                 pod a workload identity, and check the clock of this machine",
            ),
            Self::NoToken => {
                rule(ProbeFailed, false, "Google's service for tokens does not answer; check the network of gapless")
            }
            Self::BadToken => rule(
                ProbeFailed,
                false,
                "what answers for Google's service for tokens is something else, or its answer was cut; check the proxies \
                 between, if this lasts",
            ),
            Self::Refused => by_status(status),
        }
    }
}

/// When a quota of a day ends.
fn until(now: Timestamp) -> String {
    let pacific = TimeZone::get("America/Los_Angeles").unwrap_or(TimeZone::UTC);
    let midnight = now.to_zoned(pacific).tomorrow().and_then(|next| next.start_of_day());
    midnight.map(|at| format!(" until {}, midnight Pacific", at.timestamp())).unwrap_or_default()
}

/// The columns that a policy protects.
fn protected<'a>(message: &str, columns: impl IntoIterator<Item = &'a str>) -> String {
    let Some((_, list)) = message.split_once(" on column") else { return String::new() };
    let words: Vec<_> = list.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let named: Vec<_> = columns.into_iter().filter(|column| words.contains(column)).collect();
    if named.is_empty() { String::new() } else { format!("; a policy protects column `{}`", named.join("`, `")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use UnknownReason::{ProbeBudget, ProbeFailed, Unauthorized};

    fn refused(status: u16, reason: &str) -> Refused {
        let body = format!(
            r#"{{"error":{{"code":{status},"message":"m","errors":[{{"reason":"{reason}","message":"canary"}}]}}}}"#
        );
        Refused::answer(status, None, body.as_bytes())
    }

    fn text(refused: &Refused) -> (UnknownReason, String) {
        let table = TableName::parse(&"p".into(), "d.t").unwrap();
        let unknown = refused.unknown(&table, "2025-11-14T12:00:00Z".parse().unwrap(), ["salary", "points"]);
        (unknown.reason, unknown.text)
    }

    #[test]
    fn the_reason_decides_whatever_the_status() {
        for (status, reason, of, again) in [
            (403, "rateLimitExceeded", ProbeFailed, true),
            (400, "jobRateLimitExceeded", ProbeFailed, true),
            (403, "quotaExceeded", ProbeBudget, false),
            (403, "accessDenied", Unauthorized, false),
            (403, "billingNotEnabled", Unauthorized, false),
            (400, "bytesBilledLimitExceeded", ProbeBudget, false),
            (500, "internalError", ProbeFailed, true),
            (400, "somethingNew", ProbeFailed, false),
            (503, "somethingNew", ProbeFailed, true),
        ] {
            let refused = refused(status, reason);
            assert_eq!((text(&refused).0, refused.again()), (of, again), "{status} {reason}");
            assert!(!format!("{refused:?}{}", text(&refused).1).contains("canary"));
        }
    }

    #[test]
    fn the_status_decides_if_there_is_no_reason() {
        for (status, body, of, again) in [
            (429, r#"{"error":{"code":429,"message":"slow down"}}"#, ProbeFailed, true),
            (401, "{}", Unauthorized, false),
            (403, "<html>", Unauthorized, false),
            (503, "<html>", ProbeFailed, true),
            (400, r#"{"error":{"errors":[{"reason":"invalidQuery","line":3}]}}"#, ProbeFailed, false),
            (404, "{}", UnknownReason::SchemaMismatch, false),
        ] {
            let refused = Refused::answer(status, None, body.as_bytes());
            assert_eq!((text(&refused).0, refused.again()), (of, again), "{status} {body}");
        }
    }

    #[test]
    fn a_used_up_quota_says_until_when() {
        assert_eq!(
            text(&refused(403, "quotaExceeded")).1,
            "table `d.t`: a quota of the project in BigQuery is used up until 2025-11-15T08:00:00Z, midnight Pacific (BigQuery: \
             quotaExceeded)"
        );
    }

    #[test]
    fn a_protected_column_is_named() {
        let message = "User has neither fine-grained reader nor masked get permission to get data protected by policy tag on columns d.t.salary, d.t.secret.";
        let body = format!(r#"{{"error":{{"errors":[{{"reason":"accessDenied","message":"{message}"}}]}}}}"#);
        let (_, text) = text(&Refused::answer(403, None, body.as_bytes()));
        assert!(text.contains("a policy protects column `salary`") && !text.contains("secret"), "{text}");
    }

    #[test]
    fn a_reason_that_is_not_a_word_is_not_repeated() {
        assert_eq!(refused(400, "canary-token 1").reason, "");
    }
}
