//! One line per event, for a log reader: when, to whom, what, which dates, one sentence.

use super::names::instant;
use crate::engine::overview::Event;

/// The line of an event.
pub fn line(event: &Event) -> String {
    format!("{} {} {} {}: {}\n", instant(event.at), event.coverage, event.reason, event.dates, event.message)
}

/// The same for a screen, where every column counts: the day and the kind are known there.
pub fn short(event: &Event) -> String {
    let (at, name) = (instant(event.at), &event.coverage.name);
    let time = at.get(11..19).unwrap_or_default();
    format!("{time}  {name}  {} {}: {}", event.reason, event.dates, event.message)
}
