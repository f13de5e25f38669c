//! What a blind table costs, as a table.

use alloc::vec::Vec;

use super::*;
use crate::domain::judge::tests::at;

#[test]
fn the_older_a_date_the_more_seldom_it_is_read_blindly() {
    let minutes = |blind: Blind, days| blind.reread_every(days).map_or(0, |every| every.as_seconds() / 60);
    let days = [-1, 1, 3, 4, 30, 31, 400];
    let of = |blind| days.map(|days| minutes(blind, days));
    assert_eq!(of(Blind::No), [0; 7], "a mark that shows every change is believed");
    assert_eq!(of(Blind::Recent), [5, 5, 5, 0, 0, 0, 0]);
    assert_eq!(of(Blind::All), [5, 5, 5, 60, 60, 1440, 1440]);
}

#[test]
fn dates_that_were_read_one_by_one_are_due_again_together() {
    let reads = ["12:00:00Z", "12:31:07Z", "12:59:59Z"].map(|time| at(&alloc::format!("2025-11-20T{time}")));
    let due = |now| reads.iter().map(|read| is_due_again(Span::hours(1), *read, at(now))).collect::<Vec<_>>();
    assert_eq!(due("2025-11-20T12:59:59Z"), [false; 3]);
    assert_eq!(due("2025-11-20T13:00:00Z"), [true; 3]);
}
