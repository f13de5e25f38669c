//! What is written as it goes, against a tree.

use serde_json::{Value, json};

use super::*;
use crate::domain::ledger::{Outcome, Settled};
use crate::domain::probe::Undated;
use crate::domain::state::Cause;
use crate::domain::verdict::Flaw;
use crate::view::fixtures::{opened, overview, view};

/// The same object, made as a tree.
fn tree(overview: &Overview) -> Value {
    let dates = |set: &DateSet| set.iter().map(|d| d.to_string()).collect::<Vec<_>>();
    let cell = |view: &CoverageView, c: &Cell| {
        let of_date = view.tallies.iter().filter(|(_, date, _)| *date == c.date);
        let charges: Vec<Value> = of_date
            .map(|(rung, _, t)| {
                let at = t.retry_at.to_string();
                json!({ "rung": &**rung, "charged": t.charged, "free": t.free, "last": t.last.word(), "retryAt": at })
            })
            .collect();
        let rung = charges.last().map(|charge| charge["rung"].clone());
        json!({
            "date": c.date.to_string(), "state": c.state().word(), "reason": absent(c.cause.reason()),
            "verdict": c.judgement.verdict.word(), "message": c.message, "expected": c.judgement.expected,
            "covered": c.judgement.covered,
            "missing": c.judgement.missing.iter().map(|u| &**u).collect::<Vec<_>>(),
            "rows": c.judgement.rows, "unexpectedRows": c.judgement.unexpected_rows,
            "dueAt": null, "lateAt": null, "late": c.late, "attempts": c.attempts, "rung": rung,
            "charges": charges,
            "nextLook": c.next.map(|at| at.to_string()),
        })
    };
    let of_breaker = |(rung, own, o): (&Arc<str>, &Breaker, &Opened)| {
        json!({
            "rung": &**rung, "state": own.state(overview.now).word(), "since": o.since.to_string(),
            "until": o.until.to_string(), "trials": o.trials, "launch": o.launch, "outcome": o.outcome.word(),
            "message": o.message,
        })
    };
    let coverage = |v: &CoverageView| {
        let counts: serde_json::Map<_, _> =
            State::ALL.iter().map(|s| (s.word().to_string(), json!(v.count(*s)))).collect();
        json!({
            "namespace": &*v.key.namespace, "kind": &*v.key.kind, "name": &*v.key.name, "season": &*v.season.name,
            "table": &*v.table.name, "mode": "Fill", "suspended": false, "ready": "False", "readyReason": "Gaps",
            "summary": serde_json::to_value(SummaryObject::of(v)).unwrap(), "nextLook": null,
            "stalled": v.stalled,
            "undated": v.undated.map(|u| json!({ "nulls": u.nulls, "outOfRange": u.out_of_range })),
            "unexpectedRows": v.unexpected.rows, "unexpectedDates": v.unexpected.dates, "bytesRead": v.bytes_read,
            "counts": counts, "breakers": v.opened().map(of_breaker).collect::<Value>(), "reruns": [],
            "attempts": [], "settled": [{
                "launch": 3, "job": &*v.job(3), "rung": "reload", "at": overview.now.to_string(),
                "outcomes": [{ "date": "2025-11-01", "outcome": "Failed" }], "message": "503",
            }],
            "cells": v.cells.iter().map(|c| cell(v, c)).collect::<Value>(),
        })
    };
    let launch = |l: &Planned| json!({ "coverage": l.coverage.to_string(), "rung": &*l.rung, "dates": dates(&l.dates), "attempt": l.attempt, "reason": l.reason, "source": null, "credits": null, "lostAt": null });
    let held = |h: &Held| json!({ "coverage": h.coverage.to_string(), "dates": dates(&h.dates), "state": h.state.word(), "reason": absent(h.reason), "message": h.message });
    json!({
        "now": overview.now.to_string(),
        "coverages": overview.coverages.iter().map(coverage).collect::<Value>(),
        "sources": [],
        "launches": overview.launches.iter().map(launch).collect::<Value>(),
        "held": overview.held.iter().map(held).collect::<Value>(),
    })
}

#[test]
fn what_is_written_as_it_goes_is_the_tree_to_the_byte() {
    let mut full = view(&[Cause::Missing, Cause::Complete, Cause::Partial(Flaw::Duplicated), Cause::Waived]);
    full.bytes_read = Some(10 << 20);
    full.undated = Some(Undated { nulls: 1, out_of_range: 2 });
    full.cells[0].next = Some(overview(vec![]).now);
    full.cells[1].message = "a \"quoted\" line\n".into();
    let retry_at = overview(vec![]).now;
    let tally = Tally { charged: 1, free: 0, last: Outcome::Failed, retry_at, alone: false, complete_reads: 0 };
    full.tallies = ["reload", "other"].map(|rung| (rung.into(), full.cells[2].date, tally)).into();
    full.breakers = vec![("reload".into(), opened(retry_at))];
    let recent = Settled {
        launch: 3,
        rung: "reload".into(),
        at: retry_at,
        outcomes: [(full.cells[0].date, Outcome::Failed)].into(),
        message: "503".into(),
    };
    full.recent = vec![recent.clone()];
    let mut stalled = view(&[]);
    stalled.recent = vec![recent];
    stalled.stalled = Some("spec.table: must be a table".into());
    let mut told = overview(vec![full.clone(), stalled]);
    let set: DateSet = full.cells.iter().map(|c| c.date).collect();
    told.launches = vec![Planned {
        coverage: full.key.clone(),
        rung: "reload".into(),
        dates: set.clone(),
        attempt: 2,
        reason: "",
        draw: None,
        lost_at: None,
    }];
    told.held = vec![Held { coverage: full.key, dates: set, state: State::Missing, reason: "", message: "why".into() }];
    let ready = |_: &CoverageView| ("False".to_string(), "Gaps".to_string());
    assert_eq!(serde_json::to_string(&plan(&told, &ready)).unwrap(), tree(&told).to_string());
    let calendar = serde_json::to_string(&calendar(&told, &ready)).unwrap();
    assert_eq!(calendar.strip_suffix('}'), tree(&told).to_string().split_once(",\"launches\"").map(|(start, _)| start));
}
