//! The columns of a table and their types.

use std::sync::Arc;

use tokio_postgres::types::Type as Wire;

use super::name::Name;
use super::transaction::Transaction;
use super::{Postgres, errors};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::sql::schema::{Column, Schema, Type};
use crate::warehouse::tables::Call;

/// Every column with the type below its domains. The catalog is open to every user of the server.
const COLUMNS: &str = "
WITH RECURSIVE relation AS (
  SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), typed(name, native, type) AS (
  SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid
  FROM pg_catalog.pg_attribute a JOIN relation ON a.attrelid = relation.oid WHERE a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT d.name, d.native, t.typbasetype FROM typed d JOIN pg_catalog.pg_type t ON t.oid = d.type WHERE t.typtype = 'd'
)
SELECT d.name::text, d.native::text, t.oid::int8, t.typtype::text, t.typname::text
FROM typed d JOIN pg_catalog.pg_type t ON t.oid = d.type WHERE t.typtype <> 'd'";

impl Postgres {
    /// The types of all columns: it costs no more than to ask for some.
    pub(super) async fn schema_of(&self, call: &Call, table: &str, fresh: bool) -> Result<Arc<Schema>, Unknown> {
        if let Some(known) = self.known.schema(table).filter(|_| !fresh) {
            return Ok(known);
        }
        let name = Name::parse(table)?;
        let mut transaction = Transaction::begin(&self.pool, call, table).await?;
        let rows = transaction.query(COLUMNS, &[(&name.schema, Wire::TEXT), (&name.table, Wire::TEXT)]).await;
        transaction.end().await;
        let mut schema = Schema::default();
        for row in rows? {
            let text =
                |n| row.try_get::<_, String>(n).map_err(|e| errors::unknown(&self.pool.source.connection, table, &e));
            let oid: i64 = row.try_get(2).map_err(|e| errors::unknown(&self.pool.source.connection, table, &e))?;
            let column = Column { of: type_of(oid, &text(3)?, &text(4)?), native: text(1)? };
            schema.names.insert(text(0)?);
            schema.columns.insert(text(0)?, column);
        }
        if schema.names.is_empty() {
            return Err(self.absent(&name, table));
        }
        let schema = Arc::new(schema);
        self.known.keep_schema(table, schema.clone());
        Ok(schema)
    }

    /// The table does not exist. Its name may be wrong, so it does not count as empty.
    pub(super) fn absent(&self, name: &Name, table: &str) -> Unknown {
        let why = format!(
            "its database has no table or view `{}`; create it, or correct the name of the table, in which capital letters count",
            name.whole()
        );
        errors::said(&self.pool.source.connection, table, UnknownReason::SchemaMismatch, &why)
    }
}

/// The type with this number, kind and name. Numbers of the server's own types never change.
fn type_of(oid: i64, kind: &str, name: &str) -> Type {
    let is = |wire: &Wire| i64::from(wire.oid()) == oid;
    let of = [
        (Type::Bool, &[Wire::BOOL] as &[Wire]),
        (Type::Int, &[Wire::INT2, Wire::INT4, Wire::INT8]),
        (Type::Float, &[Wire::FLOAT8]),
        (Type::Float32, &[Wire::FLOAT4]),
        (Type::Decimal, &[Wire::NUMERIC]),
        (Type::Text, &[Wire::TEXT, Wire::VARCHAR, Wire::BPCHAR, Wire::NAME, Wire::CHAR, Wire::UUID]),
        (Type::Date, &[Wire::DATE]),
        (Type::Instant, &[Wire::TIMESTAMPTZ]),
        (Type::Local, &[Wire::TIMESTAMP]),
    ];
    let found = of.iter().find(|(_, wires)| wires.iter().any(is)).map(|(of, _)| *of);
    let is_text = kind == "e" || name == "citext";
    found.unwrap_or(if is_text { Type::Text } else { Type::Other })
}
