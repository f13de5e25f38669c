//! The same table on every kind of warehouse: in a folder, in PostgreSQL, in the tests' BigQuery, and in PostgreSQL by the
//! dialect of a third kind.

use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value, json};

use super::data::{Data, literal};
use super::stored;
use super::third::Third;
use crate::warehouse::bigquery::tests::{double::World, tables};
use crate::warehouse::files::Files;
use crate::warehouse::postgres::{Postgres, tests::server};
use crate::warehouse::sql::bound::Scalar;
use crate::warehouse::sql::schema::Type;
use crate::warehouse::sql::tables::Sql;
use crate::warehouse::tables::{Roots, Tables};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A table on one kind of warehouse.
pub(super) struct Home {
    pub name: &'static str,
    pub tables: Arc<dyn Tables>,
    pub table: String,
}

/// A table in a folder, which lives as long as this.
pub(super) struct Folder {
    pub tables: Arc<dyn Tables>,
    _folder: tempfile::TempDir,
}

pub(super) fn folders(data: &Data) -> (Folder, String) {
    let folder = tempfile::tempdir().unwrap();
    stored::write(&folder.path().join("t"), data);
    (Folder { tables: Arc::new(Files::new(folder.path().into())), _folder: folder }, "t".into())
}

/// The table on every server.
pub(super) fn servers(data: &Data) -> Vec<Home> {
    let n = NUMBER.fetch_add(1, Ordering::Relaxed);
    let table = format!("public.t{n}");
    SHELF.postgres.sql(DATABASE, &created(&table, data));
    let own = Home { name: "PostgreSQL", tables: SHELF.own.clone(), table: table.clone() };
    let third = Home { name: "a third dialect", tables: SHELF.third.clone(), table };
    let mut homes = vec![own, third];
    // BigQuery has no floats of 32 bits.
    if data.columns.iter().all(|(_, of)| *of != Type::Float32) {
        let table = format!("d.t{n}");
        put(&table, data);
        homes.push(Home { name: "BigQuery", tables: BIGQUERY.1.clone(), table });
    }
    homes
}

const DATABASE: &str = "contract";

struct Shelf {
    postgres: &'static server::Server,
    own: Arc<dyn Tables>,
    third: Arc<dyn Tables>,
}

static SHELF: LazyLock<Shelf> = LazyLock::new(|| {
    let postgres = server::shared();
    postgres.database(DATABASE);
    // It has to outlive every test of the process.
    let connections: Arc<Path> = tempfile::tempdir().unwrap().keep().into();
    postgres.connection(&connections.join("tests"));
    let roots = Roots { connections: Some(connections), ..Roots::default() };
    let server = || Postgres::new(&format!("tests/{DATABASE}"), &roots);
    Shelf { postgres, own: Arc::new(Sql::new(server())), third: Arc::new(Sql::new(Third(server()))) }
});

/// The statements that make a table. Texts have a collation that sorts otherwise than code points do.
fn created(table: &str, data: &Data) -> String {
    let of = |of: Type| match of {
        Type::Bool => "bool",
        Type::Int => "int8",
        Type::Float => "float8",
        Type::Float32 => "real",
        Type::Decimal => "numeric",
        Type::Text => "text COLLATE \"en-x-icu\"",
        Type::Date => "date",
        Type::Instant => "timestamptz",
        Type::Local => "timestamp",
        Type::Other => "json",
    };
    let columns: Vec<String> = data.columns.iter().map(|(name, own)| format!("\"{name}\" {}", of(*own))).collect();
    let mut sql = format!("CREATE TABLE {table} ({});\n", columns.join(", "));
    for row in &data.rows {
        let value = |value: &Option<Scalar>| {
            value.as_ref().map_or("NULL".into(), |value| format!("'{}'", literal(value).replace('\'', "''")))
        };
        let values: Vec<String> = row.iter().map(value).collect();
        _ = writeln!(sql, "INSERT INTO {table} VALUES ({});", values.join(", "));
    }
    sql
}

static BIGQUERY: LazyLock<(World, Arc<dyn Tables>)> = LazyLock::new(|| {
    let world = World::new();
    world.tell("dataset", json!({"project": "project-1", "dataset": "d", "location": "EU"}));
    let tables = tables("project-1", &world);
    (world, tables)
});

/// Makes a table of BigQuery.
fn put(table: &str, data: &Data) {
    let of = |of: Type| match of {
        Type::Bool => "BOOLEAN",
        Type::Int => "INTEGER",
        Type::Float | Type::Float32 => "FLOAT",
        Type::Decimal => "BIGNUMERIC",
        Type::Text => "STRING",
        Type::Date => "DATE",
        Type::Instant => "TIMESTAMP",
        Type::Local => "DATETIME",
        Type::Other => "JSON",
    };
    let (dataset, name) = table.split_once('.').unwrap();
    let table = json!({"project": "project-1", "dataset": dataset, "table": name});
    let with = |key: &str, value: Value| {
        let mut call = table.clone();
        call[key] = value;
        call
    };
    let fields: Vec<Value> =
        data.columns.iter().map(|(name, own)| json!({"name": name, "type": of(*own), "mode": "NULLABLE"})).collect();
    BIGQUERY.0.tell("table", with("schema", json!({"fields": fields})));
    let rows: Vec<Value> = data.rows.iter().map(|row| Value::Object(object(data, row))).collect();
    BIGQUERY.0.tell("rows", with("rows", rows.into()));
}

fn object(data: &Data, row: &[Option<Scalar>]) -> Map<String, Value> {
    let value = |value: &Option<Scalar>| match value {
        None => Value::Null,
        Some(Scalar::Bool(value)) => (*value).into(),
        Some(Scalar::Float(value)) if value.is_nan() => "NaN".into(),
        Some(Scalar::Float(value)) if value.is_infinite() => if *value > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        Some(other) => literal(other).into(),
    };
    data.names().map(String::from).zip(row.iter().map(value)).collect()
}
