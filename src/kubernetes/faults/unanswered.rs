//! Calls without an answer: those that the gate did not send, and those that were given up.

use std::fmt;
use std::time::Duration;

/// A write that was not sent: this process does not lead, or not for long enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSent;

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not sent: this process does not lead, or not for long enough")
    }
}

impl std::error::Error for NotSent {}

/// A call that was given up. Whether a write took effect is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer {
    /// How long the answer was waited for.
    pub after: Duration,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the API server did not answer within {:?}", self.after)
    }
}

impl std::error::Error for NoAnswer {}
