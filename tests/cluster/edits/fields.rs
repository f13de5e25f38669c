//! Every editable field, with a new value.

use serde_json::{Value, json};

/// A separate object for each edit: its kind, its spec, and the edit as a merge patch.
pub(super) struct Edit {
    pub kind: &'static str,
    pub spec: Value,
    pub patch: Value,
}

pub(super) const RUNG: &str = r#"{"name": "load", "jobFrom": {"cronJob": "fill"}}"#;

pub(super) fn table() -> Value {
    json!({"season": "s", "table": "t", "date": "day", "unit": {"whole": "Date"}})
}

pub(super) fn props() -> Value {
    json!({
        "season": "s", "table": "props", "expect": {"snapshots": {"beforeStart": false}},
        "columns": {"date": "day", "game": {"whole": "Date"}, "player": "p", "bookmaker": "b", "line": "l", "snapshot": "at"},
    })
}

/// Every editable field, with a new value.
pub(super) fn edits() -> Vec<Edit> {
    let of_both = of_both();
    let tables =
        of_both.iter().cloned().chain(of_table()).map(|patch| Edit { kind: "TableCoverage", spec: table(), patch });
    let props =
        of_both.iter().cloned().chain(of_props()).map(|patch| Edit { kind: "PropCoverage", spec: props(), patch });
    let seasons = season_edits().into_iter().map(|patch| Edit { kind: "Season", spec: season(), patch });
    tables.chain(props).chain(seasons).collect()
}

/// Edits of tables and of props.
fn of_both() -> Vec<Value> {
    let rung: Value = serde_json::from_str(RUNG).unwrap();
    let rung_with = |more: Value| {
        let mut rung = rung.clone();
        rung.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"fill": {"ladder": [rung]}})
    };
    let waiver = json!([{"from": "2026-01-02", "through": "2026-01-03", "reason": "closed", "expires": "2099-01-01"}]);
    vec![
        json!({"dates": {"from": "2026-01-02"}}),
        json!({"dates": {"through": "2026-01-02"}}),
        json!({"warehouse": "other"}),
        json!({"where": [{"column": "n", "equals": 2}]}),
        json!({"where": [{"column": "n", "notEquals": 1}]}),
        json!({"where": [{"column": "n", "in": [2, 3]}]}),
        json!({"where": [{"column": "n", "notIn": [1]}]}),
        json!({"where": [{"column": "c", "startsWith": ["y"]}]}),
        json!({"where": [{"column": "c", "isNull": true}]}),
        json!({"where": [{"column": "n", "lessThan": 1}]}),
        json!({"where": [{"column": "n", "atLeast": 2}]}),
        json!({"afterWarmUp": true}),
        json!({"due": {"after": "DateEnd", "offset": "30000d"}}),
        json!({"late": {"after": "DateEnd", "offset": "30000d"}}),
        json!({"waivers": waiver}),
        json!({"suspend": true}),
        json!({"fill": {"ladder": [rung]}}),
        json!({"fill": {"datesPerJob": 2}}),
        json!({"fill": {"maxConcurrentJobs": 2}}),
        json!({"fill": {"order": "Sequential"}}),
        json!({"fill": {"deadline": "1h"}}),
        json!({"fill": {"settle": "1m"}}),
        // The CronJob does not exist: a coverage that fills is invalid, and recovers.
        json!({"fill": {"mode": "Fill", "ladder": [rung]}}),
        rung_with(json!({"repairs": ["Excess"]})),
        rung_with(json!({"delivers": {"since": "2026-01-02"}})),
        rung_with(json!({"delivers": {"maxAge": "1d"}})),
        rung_with(json!({"delivers": {"until": "UnitStart"}})),
        rung_with(json!({"source": "odds"})),
        rung_with(json!({"source": "odds", "cost": {"perDate": 1, "perUnit": 2}})),
        // There is no such Source: the coverage is refused, and recovers.
        rung_with(json!({"source": "nothing"})),
        json!({"fill": {"ladder": [rung, {"name": "second", "jobFrom": {"cronJob": "fill"}}]}}),
        rung_with(json!({"attempts": {"max": 2, "backoff": {"initial": "1m", "max": "2m"}}})),
        rung_with(json!({"jobFrom": {"cronJob": "other", "container": "c"}})),
    ]
}

fn of_table() -> Vec<Value> {
    vec![
        json!({"date": "other"}),
        json!({"dateAs": "Date"}),
        json!({"dateAs": "Instant", "dayStarts": "06:00"}),
        json!({"dateAs": "Date", "dateZone": "America/New_York"}),
        json!({"dateFormat": "%Y%m%d"}),
        json!({"unit": {"whole": null, "eachOf": "c"}}),
        json!({"unit": {"whole": null, "columns": ["c"], "anyOrder": true}}),
        json!({"unit": {"whole": null, "split": {"column": "c", "separator": "_", "parts": [1]}}}),
        json!({"expects": "Final"}),
        json!({"complete": {"units": "50%"}}),
        json!({"complete": {"missing": 1}}),
        json!({"complete": {"perUnit": {"rows": {"min": 2, "max": 9}}}}),
        json!({"complete": {"perUnit": {"distinct": [{"column": "c", "min": 2}]}}}),
        json!({"complete": {"perUnit": {"contains": [{"column": "c", "values": ["z"], "minRows": 2}]}}}),
        json!({"complete": {"unique": ["n"]}}),
        json!({"complete": {"shares": [{"name": "x", "where": [{"column": "c", "equals": "x"}], "max": "10%"}]}}),
        json!({"complete": {"freshness": {"column": "at", "within": "1s", "until": "DateStart", "zone": "America/New_York"}}}),
    ]
}

fn of_props() -> Vec<Value> {
    vec![
        json!({"columns": {"date": "other"}}),
        json!({"columns": {"dateAs": "Instant"}}),
        json!({"columns": {"dateAs": "Date", "dateZone": "America/New_York"}}),
        json!({"columns": {"dateFormat": "%Y%m%d"}}),
        json!({"columns": {"snapshotZone": "America/New_York"}}),
        json!({"columns": {"game": {"whole": null, "columns": ["p"]}}}),
        json!({"columns": {"player": "b"}}),
        json!({"columns": {"bookmaker": "p"}}),
        json!({"columns": {"market": "c"}, "expect": {"markets": ["x"]}}),
        json!({"columns": {"side": "c"}}),
        json!({"columns": {"line": "n"}}),
        json!({"columns": {"snapshot": "day"}}),
        json!({"expect": {"games": "50%"}}),
        json!({"expect": {"missingGames": 1}}),
        json!({"expect": {"playersPerGame": 3}}),
        json!({"expect": {"requiredBookmakers": ["nobody"]}}),
        json!({"expect": {"bookmakersPerGame": 3}}),
        json!({"expect": {"snapshots": {"beforeStart": true}}}),
        json!({"expect": {"snapshots": {"min": 3}}}),
        json!({"expect": {"snapshots": {"last": "1m"}}}),
        json!({"expect": {"unique": false}}),
        json!({"expect": {"placeholderLines": {"values": ["1"], "max": "0%"}}}),
    ]
}

pub(super) fn season() -> Value {
    json!({"warehouse": "w", "timeZone": "UTC", "dates": {"from": "2026-01-01", "through": "2026-01-03"}})
}

pub(super) fn season_edits() -> [Value; 15] {
    let schedule = json!({"table": "t", "date": "day", "unit": ["c"]});
    let schedule_with = |more: Value| {
        let mut schedule = schedule.clone();
        schedule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"schedule": schedule})
    };
    [
        json!({"warehouse": "other"}),
        json!({"timeZone": "America/New_York"}),
        json!({"dates": {"through": "2026-01-05"}}),
        json!({"dates": {"from": null, "through": null, "lastDays": 5}}),
        json!({"weekDays": ["Friday"]}),
        json!({"schedule": schedule}),
        schedule_with(
            json!({"startsAt": "at", "where": [{"column": "n", "equals": 1}], "latestBy": {"id": "c", "order": "at"}}),
        ),
        schedule_with(json!({"void": [{"column": "n", "equals": 1}], "final": {"column": "n", "equals": 1}})),
        schedule_with(json!({"updatedAt": "at", "maxAge": "1s", "dateAs": "Date"})),
        schedule_with(json!({
            "startsAt": "at", "startsAtZone": "America/New_York", "updatedAt": "at", "updatedAtZone": "America/New_York",
            "dateAs": "Date", "dateZone": "America/New_York",
        })),
        schedule_with(json!({"dateFormat": "%Y%m%d"})),
        json!({"aliases": {"x": "y"}}),
        json!({"breaks": [{"from": "2026-01-02", "through": "2026-01-02", "reason": "AllStar"}]}),
        json!({"warmUp": {"gameDays": 1, "starts": ["2026-01-02"]}, "gameDates": {"create": false}}),
        json!({"suspend": true}),
    ]
}

/// The editable fields of a Warehouse, of a Source and of a date, and the coverage's status meanwhile.
pub(super) fn wishes() -> [(&'static str, &'static str, Value, &'static str); 11] {
    let own = json!([{"kind": "TableCoverage", "name": "t"}]);
    [
        ("Warehouse", "w", json!({"limits": {"queryTimeout": "1m"}}), "Missing/"),
        (
            "Warehouse",
            "w",
            json!({"limits": {"maxConcurrentQueries": 1, "maxBytesPerQuery": "1Gi", "maxBytesPerDay": "2Gi"}}),
            "Missing/",
        ),
        ("Warehouse", "w", json!({"files": {"encoding": "Latin1"}}), "Missing/"),
        (
            "Source",
            "odds",
            json!({"budget": {"credits": 5, "per": "Day", "timeZone": "America/New_York", "reserve": "10%"}}),
            "Missing/",
        ),
        ("Source", "odds", json!({"maxConcurrentJobs": 2}), "Missing/"),
        ("Source", "odds", json!({"maxConcurrentJobs": 2, "requestsPerMinute": 30}), "Missing/"),
        ("Source", "odds", json!({"breaker": {"failures": 2, "openFor": "1h", "maxOpenFor": "2h"}}), "Missing/"),
        ("Source", "odds", json!({"suspend": true}), "Missing/"),
        ("GameDate", "s-2026-01-03", json!({"priority": 5}), "Missing/"),
        ("GameDate", "s-2026-01-03", json!({"rerun": {"token": "again", "coverages": own}}), "Missing/"),
        (
            "GameDate",
            "s-2026-01-03",
            json!({"waived": [{"kind": "TableCoverage", "name": "t", "reason": "closed", "expires": "2099-01-01"}]}),
            "Waived/",
        ),
    ]
}
