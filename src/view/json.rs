//! What scripts may rely on (design §10.1): one object, additive only. Dates are ISO, instants RFC 3339 in UTC, absent
//! is null, cells stand in date order and every date has one.

use serde_json::{Value, json};

use crate::domain::assess::Unspent;
use crate::domain::dates::DateSet;
use crate::domain::state::{Cell, State};
use crate::engine::overview::{CoverageView, Overview};

/// The object of `plan`.
pub fn plan(overview: &Overview) -> Value {
    let mut object = calendar(overview);
    let launches = overview.launches.iter().map(|l| {
        json!({ "coverage": l.coverage.to_string(), "rung": &*l.rung, "dates": dates(&l.dates), "attempt": l.attempt, "reason": l.reason })
    });
    let held = overview.held.iter().map(|h| {
        json!({
            "coverage": h.coverage.to_string(), "dates": dates(&h.dates), "state": h.state.word(),
            "reason": absent(h.reason), "message": h.message,
        })
    });
    object["launches"] = launches.collect();
    object["held"] = held.collect();
    object
}

/// The object of `calendar`.
pub fn calendar(overview: &Overview) -> Value {
    json!({ "now": overview.now.to_string(), "coverages": overview.coverages.iter().map(coverage).collect::<Value>() })
}

fn coverage(view: &CoverageView) -> Value {
    let counts =
        State::ALL.iter().map(|s| (s.word().to_string(), json!(view.count(*s)))).collect::<serde_json::Map<_, _>>();
    json!({
        "namespace": &*view.key.namespace,
        "kind": &*view.key.kind,
        "name": &*view.key.name,
        "season": &*view.season.name,
        "stalled": view.stalled,
        "undated": view.undated.map(|u| json!({ "nulls": u.nulls, "outOfRange": u.out_of_range })),
        "unexpectedRows": view.unexpected.rows,
        "unexpectedDates": view.unexpected.dates,
        "counts": counts,
        "reruns": view.reruns.iter().map(rerun).collect::<Value>(),
        "cells": view.cells.iter().map(|c| cell(view, c)).collect::<Value>(),
    })
}

fn rerun(rerun: &Unspent) -> Value {
    json!({ "date": rerun.date.to_string(), "token": &*rerun.token, "waits": rerun.waits_for() })
}

fn cell(view: &CoverageView, cell: &Cell) -> Value {
    let judgement = &cell.judgement;
    let rung = view.tallies.iter().find(|(_, date, _)| *date == cell.date).map(|(rung, _, _)| rung.to_string());
    json!({
        "date": cell.date.to_string(),
        "state": cell.state().word(),
        "reason": absent(cell.cause.reason()),
        "verdict": judgement.verdict.word(),
        "message": cell.message,
        "expected": judgement.expected,
        "covered": judgement.covered,
        "missing": judgement.missing.iter().map(|u| &**u).collect::<Vec<_>>(),
        "rows": judgement.rows,
        "unexpectedRows": judgement.unexpected_rows,
        "late": cell.late,
        "attempts": cell.attempts,
        "rung": rung,
        "nextLook": cell.next.map(|at| at.to_string()),
    })
}

fn dates(set: &DateSet) -> Vec<String> {
    set.iter().map(|d| d.to_string()).collect()
}

fn absent(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
