//! One line per event, for a log reader: when, to whom, what, which dates, one sentence.

use super::names::instant;
use crate::engine::overview::Event;

/// The line of an event.
pub fn line(event: &Event) -> String {
    format!("{} {} {}\n", instant(event.at), event.coverage, what(event))
}

fn what(event: &Event) -> String {
    let dates = if event.dates.is_empty() { String::new() } else { format!(" {}", event.dates) };
    format!("{}{dates}: {}", event.reason, event.message)
}

/// The same for a screen, where every column counts: the day and the kind are known there.
pub fn short(event: &Event) -> String {
    let (at, name) = (instant(event.at), &event.coverage.name);
    let time = at.get(11..19).unwrap_or_default();
    format!("{time}  {name}  {}", what(event))
}
