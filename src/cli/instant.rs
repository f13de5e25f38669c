//! How an instant is written as an argument.

use jiff::Timestamp;

pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "expected a timestamp such as 2025-11-14T12:00:00Z".to_string())
}
