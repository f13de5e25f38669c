//! Why there is no connection.

use std::time::Duration;

/// Why there is no connection.
#[derive(Debug)]
pub(super) struct Refused {
    /// One sentence without the name of the connection.
    pub why: String,
    pub is_unauthorized: bool,
    /// Whether another user or password could help.
    pub is_login: bool,
}

impl Refused {
    pub fn server(why: String) -> Self {
        Self { why, is_unauthorized: false, is_login: false }
    }

    pub fn folder(why: String) -> Self {
        Self { why, is_unauthorized: true, is_login: false }
    }

    pub fn silent(after: Duration) -> Self {
        let why = format!(
            "its server did not answer within {:.1} s; see whether it runs, and whether its files `host` and `port` are right",
            after.as_secs_f64()
        );
        Self::server(why)
    }
}
