//! One line per event, for a log reader: when, to whom, what, which dates, one sentence.

use crate::engine::overview::Event;

/// The line of an event.
pub fn line(event: &Event) -> String {
    let at = jiff::Timestamp::new(event.at.as_second(), 0).unwrap_or(event.at);
    format!("{at} {} {} {}: {}\n", event.coverage, event.reason, event.dates, event.message)
}
