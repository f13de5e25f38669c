//! One season in folders, in PostgreSQL and in BigQuery: every word about it is the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::gapless::Place;

#[path = "../bigquery/double.rs"]
mod double;
#[path = "../postgres/mod.rs"]
mod server;

const EXAMPLE: &str = "examples/nba";
const NOW: &str = "2025-06-30T12:00:00Z";
const PROJECT: &str = "project-1";

/// The tables of the example, by `dataset.table`, with their lines; the first names the columns.
fn tables() -> BTreeMap<String, Vec<Vec<String>>> {
    let below = |folder: &Path| -> Vec<PathBuf> {
        let mut all: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        all.sort();
        all
    };
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_string();
    let mut tables = BTreeMap::new();
    for dataset in below(&Path::new(EXAMPLE).join("data")) {
        for table in below(&dataset) {
            let text = fs::read_to_string(table.join("2024-25.csv")).unwrap();
            let lines = text.lines().map(|line| line.split(',').map(String::from).collect()).collect();
            tables.insert(format!("{}.{}", name(&dataset), name(&table)), lines);
        }
    }
    tables
}

/// The types of a column, in PostgreSQL and in BigQuery.
fn types(column: &str) -> (&'static str, &'static str) {
    match column {
        "game_date" | "analysis_date" => ("date", "DATE"),
        "game_start_utc" | "processed_at" => ("timestamptz", "TIMESTAMP"),
        "game_status" | "home_team_score" => ("int8", "INTEGER"),
        _ => ("text", "STRING"),
    }
}

/// The manifests of the example, with another Warehouse.
fn manifests(engine: &str) -> Place {
    let place = Place::new(&[]);
    for entry in fs::read_dir(EXAMPLE).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.extension().is_some_and(|extension| extension == "yaml") {
            let text = fs::read_to_string(&entry).unwrap().replace("files: {folder: data}", engine);
            place.write(entry.file_name().unwrap().to_str().unwrap(), &text);
        }
    }
    place
}

/// What `plan` says of the season, but for the bytes that it read.
fn plan(place: &Place, env: &[(&str, &str)]) -> Value {
    let done = place.run("plan", &["-o", "json", "--now", NOW], env);
    let mut plan: Value = serde_json::from_str(&done.out).unwrap_or_else(|e| panic!("{e}: {}\n{}", done.out, done.err));
    without_bytes(&mut plan);
    plan
}

fn without_bytes(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.to_lowercase().contains("bytes"));
            fields.values_mut().for_each(without_bytes);
        }
        Value::Array(all) => all.iter_mut().for_each(without_bytes),
        _ => {}
    }
}

/// The season in PostgreSQL: a place with the manifests, and the folder of its connection in `connections`.
fn in_postgres() -> Place {
    let server = server::shared();
    server.database("season");
    let mut sql = String::new();
    for (table, lines) in tables() {
        let columns: Vec<String> = lines[0].iter().map(|name| format!("{name} {}", types(name).0)).collect();
        let dataset = table.split('.').next().unwrap();
        sql += &format!("CREATE SCHEMA IF NOT EXISTS {dataset};\nCREATE TABLE {table} ({});\n", columns.join(", "));
        sql += &format!("COPY {table} FROM STDIN WITH (FORMAT csv);\n");
        lines[1..].iter().for_each(|line| sql += &format!("{}\n", line.join(",")));
        sql += "\\.\n";
    }
    server.sql("season", &sql);
    let place = manifests("postgres: {connection: tests, database: season}");
    server.connection(&place.path("connections/tests"));
    place
}

/// The season in the tests' BigQuery, partitioned by day where a table has dates.
fn in_bigquery(world: &double::World) -> Place {
    for dataset in ["nba_raw", "nba_analytics", "nba_precompute", "nba_predictions"] {
        world.tell("dataset", json!({"project": PROJECT, "dataset": dataset, "location": "us-west2"}));
    }
    for (table, lines) in tables() {
        let (dataset, name) = table.split_once('.').unwrap();
        let with = |more: Value| {
            let mut all = json!({"project": PROJECT, "dataset": dataset, "table": name});
            all.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
            all
        };
        let fields: Vec<Value> =
            lines[0].iter().map(|name| json!({"name": name, "type": types(name).1, "mode": "NULLABLE"})).collect();
        let date = lines[0].iter().find(|name| types(name).1 == "DATE").unwrap();
        let by_day = json!({"type": "DAY", "field": date});
        world.tell("table", with(json!({"schema": {"fields": fields}, "timePartitioning": by_day})));
        let value = |text: &String| if text.is_empty() { Value::Null } else { text.as_str().into() };
        let row = |line: &Vec<String>| -> Map<String, Value> {
            lines[0].iter().cloned().zip(line.iter().map(value)).collect()
        };
        for part in lines[1..].chunks(5_000) {
            let rows: Vec<Value> = part.iter().map(|line| Value::Object(row(line))).collect();
            world.tell("rows", with(json!({"rows": rows})));
        }
    }
    world.tell("machine", json!({"email": "gapless@example.com", "project": PROJECT}));
    manifests(&format!("bigquery: {{project: {PROJECT}}}"))
}

#[test]
fn one_season_is_the_same_on_every_kind_of_warehouse() {
    let folders = manifests("files: {folder: data}");
    let copy = std::process::Command::new("cp").arg("-r").arg(format!("{EXAMPLE}/data")).arg(folders.path("")).status();
    assert!(copy.unwrap().success());
    folders.age("data");
    let expected = plan(&folders, &[]);
    let cells =
        expected["coverages"].as_array().unwrap().iter().map(|coverage| coverage["cells"].as_array().unwrap().len());
    assert!(cells.sum::<usize>() > 1_000, "the season is read");

    let postgres = in_postgres();
    let connections = postgres.path("connections").display().to_string();
    same("PostgreSQL", &plan(&postgres, &[("GAPLESS_CONNECTIONS_DIR", &connections)]), &expected);

    let world = double::World::new();
    let bigquery = in_bigquery(&world);
    let port = world.tell("port", json!({}))["port"].to_string();
    let metadata = format!("127.0.0.1:{port}");
    let env = [("GAPLESS_BIGQUERY_ENDPOINT", &*world.endpoint()), ("GCE_METADATA_HOST", &metadata)];
    same("BigQuery", &plan(&bigquery, &env), &expected);
}

/// Names the first cells that differ.
fn same(engine: &str, own: &Value, expected: &Value) {
    let cells = |plan: &Value| -> Vec<Value> {
        let coverages = plan["coverages"].as_array().unwrap();
        coverages.iter().flat_map(|coverage| coverage["cells"].as_array().unwrap().clone()).collect()
    };
    let different = cells(own).into_iter().zip(cells(expected)).filter(|(own, other)| own != other);
    let first: Vec<String> = different.take(3).map(|(own, other)| format!("{own}\nfolders: {other}")).collect();
    assert!(first.is_empty(), "{engine}: {}", first.join("\n"));
    assert_eq!(own, expected, "{engine}");
}
