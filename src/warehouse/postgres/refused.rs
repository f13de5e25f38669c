//! Why there is no connection.

use std::time::Duration;

use crate::domain::verdict::UnknownReason;

/// Why there is no connection.
#[derive(Debug)]
pub(super) struct Refused {
    /// One sentence without the name of the connection.
    pub why: String,
    pub reason: UnknownReason,
    /// Whether another user or password could help.
    pub is_login: bool,
}

impl Refused {
    pub fn server(why: String) -> Self {
        Self { why, reason: UnknownReason::ProbeFailed, is_login: false }
    }

    pub fn folder(why: String) -> Self {
        Self { why, reason: UnknownReason::Unauthorized, is_login: false }
    }

    pub fn silent(after: Duration) -> Self {
        let why = format!(
            "its server did not answer within {:.1} s; see whether it runs, and whether its files `host` and `port` are right",
            after.as_secs_f64()
        );
        Self::server(why)
    }
}
