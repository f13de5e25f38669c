//! One question to the catalog: everything that a table consists of, and what the server counts of it. It reads no row and
//! waits for no lock.

use tokio_postgres::types::Type as Wire;
use tokio_postgres::{Error, Row};

use super::name::Name;
use super::transaction::Transaction;
use crate::domain::verdict::Unknown;

/// The relations that a table consists of: itself; the children of it, with their bounds; for a view all that its definition
/// reads, however deep. A view's definition is a tree, which names every relation (`:relid`) and function (`:funcid`) in it,
/// those of the server itself included.
///
/// Functions that answer differently with the same data make a view blind: volatile ones; stable ones but for the server's own
/// that depend on nothing but the settings of the session, which are always the same. So does a relation that the server knows the
/// view to depend on and that the tree does not name: a later version of the server may write its trees differently.
const RELATIONS: &str = r"
WITH RECURSIVE root AS (
  SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), reach(oid, parent) AS (
  SELECT oid, 0::oid FROM root
  UNION
  SELECT next.oid, next.parent FROM reach r CROSS JOIN LATERAL (
    SELECT i.inhrelid AS oid, i.inhparent AS parent FROM pg_catalog.pg_inherits i WHERE i.inhparent = r.oid
    UNION ALL
    SELECT found[1]::oid, 0::oid FROM pg_catalog.pg_class v JOIN pg_catalog.pg_rewrite w ON w.ev_class = v.oid AND w.ev_type = '1',
      LATERAL regexp_matches(w.ev_action::text, ':relid (\d+)', 'g') AS found
    WHERE v.oid = r.oid AND v.relkind = 'v' AND found[1]::oid <> v.oid
  ) AS next
)
SELECT c.oid::int8, r.parent::int8, c.relkind::text, pg_catalog.pg_get_expr(c.relpartbound, c.oid),
  k.partstrat::text, k.partnatts::int8, a.attname::text, a.atttypid::int8,
  pg_catalog.pg_relation_filenode(c.oid)::int8,
  pg_catalog.pg_stat_get_tuples_inserted(c.oid), pg_catalog.pg_stat_get_tuples_updated(c.oid), pg_catalog.pg_stat_get_tuples_deleted(c.oid),
  c.relrowsecurity, pg_catalog.row_security_active(c.oid),
  w.definition, coalesce(w.hidden, false), c.oid IN (SELECT oid FROM root)
FROM reach r JOIN pg_catalog.pg_class c ON c.oid = r.oid
LEFT JOIN pg_catalog.pg_partitioned_table k ON k.partrelid = r.parent
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = r.parent AND a.attnum = k.partattrs[0] AND a.attnum > 0
LEFT JOIN LATERAL (
  SELECT hashtextextended(w.ev_action::text, 0) AS definition,
    w.ev_action::text ~ 'SQLVALUEFUNCTION|TABLESAMPLECLAUSE' OR EXISTS (
      SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
        AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> c.oid AND w.ev_action::text !~ (':relid ' || d.refobjid || ' ')
    ) OR EXISTS (
      SELECT FROM regexp_matches(w.ev_action::text, ':(?:funcid|opfuncid|aggfnoid|winfnoid) (\d+)', 'g') AS found
      JOIN pg_catalog.pg_proc p ON p.oid = found[1]::oid
      WHERE p.provolatile = 'v' OR p.provolatile = 's' AND (p.pronamespace <> 'pg_catalog'::regnamespace
        OR p.proname ~ '^(now|(transaction|statement)_timestamp|age|version|current_|session_|pg_|has_|txid_|inet_|to_reg|row_security)|_to_xml|_description$')
    ) AS hidden
  FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type = '1' AND c.relkind = 'v'
) AS w ON true
ORDER BY c.oid, r.parent";

/// What belongs to the server, to the database and to the columns of the table.
const SERVER: &str = "
SELECT pg_catalog.pg_is_in_recovery(),
  current_setting('track_counts') <> 'on' OR EXISTS (
    SELECT FROM pg_catalog.pg_db_role_setting s WHERE s.setdatabase IN (0, d.oid) AND 'track_counts=off' = ANY (s.setconfig)),
  concat_ws('|', pg_catalog.pg_postmaster_start_time(), pg_catalog.pg_stat_get_db_stat_reset_time(d.oid),
    pg_catalog.pg_stat_get_bgwriter_stat_reset_time()),
  d.oid::int8,
  CASE WHEN has_function_privilege('pg_catalog.pg_control_system()', 'execute')
    THEN (SELECT system_identifier FROM pg_catalog.pg_control_system()) END,
  (SELECT coalesce(hashtextextended(string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod), ',' ORDER BY a.attnum), 0), 0)
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped)
FROM pg_catalog.pg_database d WHERE d.datname = current_database()";

/// A relation that a table consists of.
#[derive(Clone, Debug, Default)]
pub(super) struct Relation {
    pub oid: u32,
    /// The relation that it is a child of; 0 if it is none.
    pub parent: u32,
    pub kind: String,
    pub bound: Option<String>,
    /// How the parent is divided, if it is partitioned.
    pub key: Option<Key>,
    pub filenode: Option<i64>,
    /// Rows inserted, updated and deleted since the counters were reset.
    pub counters: [Option<i64>; 3],
    pub row_security: bool,
    /// Whether row security is in force for the reader itself.
    pub row_security_here: bool,
    /// A hash of a view's definition.
    pub definition: Option<i64>,
    /// Whether a view's definition has something that cannot be seen through.
    pub hidden: bool,
    /// Whether it is the table itself.
    pub is_root: bool,
}

/// How a table is divided into partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// `r`: by ranges; `l`: by lists; `h`: by hash.
    pub strategy: String,
    pub columns: i64,
    /// The first column and its type; `None` if it is an expression.
    pub first: Option<(String, u32)>,
}

/// The server and the database.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    pub is_standby: bool,
    pub counts_off: bool,
    /// When the server was started, and when its counters were reset.
    pub since: String,
    pub database: i64,
    /// Identifies the server, whatever its address; `None` if the user may not see it.
    pub system: Option<i64>,
    /// A hash of the columns of the table.
    pub columns: i64,
}

/// Asks for the relations of a table. Empty if it does not exist.
pub(super) async fn relations(transaction: &mut Transaction<'_>, name: &Name) -> Result<Vec<Relation>, Unknown> {
    let rows = transaction.query(RELATIONS, &[(&name.schema, Wire::TEXT), (&name.table, Wire::TEXT)]).await?;
    rows.iter().map(relation).collect::<Result<_, _>>().map_err(|e| transaction.unknown(&e))
}

/// Asks for the server's own state.
pub(super) async fn surroundings(
    transaction: &mut Transaction<'_>,
    name: &Name,
) -> Result<Option<Surroundings>, Unknown> {
    let rows = transaction.query(SERVER, &[(&name.schema, Wire::TEXT), (&name.table, Wire::TEXT)]).await?;
    rows.first().map(surrounding).transpose().map_err(|e| transaction.unknown(&e))
}

fn relation(row: &Row) -> Result<Relation, Error> {
    let first: Option<String> = row.try_get(6)?;
    let of: Option<i64> = row.try_get(7)?;
    let strategy: Option<String> = row.try_get(4)?;
    let columns: Option<i64> = row.try_get(5)?;
    let key = strategy.map(|strategy| Key { strategy, columns: columns.unwrap_or(0), first: first.zip(of.map(oid)) });
    Ok(Relation {
        oid: oid(row.try_get(0)?),
        parent: oid(row.try_get(1)?),
        kind: row.try_get(2)?,
        bound: row.try_get(3)?,
        key,
        filenode: row.try_get(8)?,
        counters: [row.try_get(9)?, row.try_get(10)?, row.try_get(11)?],
        row_security: row.try_get(12)?,
        row_security_here: row.try_get(13)?,
        definition: row.try_get(14)?,
        hidden: row.try_get(15)?,
        is_root: row.try_get(16)?,
    })
}

fn surrounding(row: &Row) -> Result<Surroundings, Error> {
    Ok(Surroundings {
        is_standby: row.try_get(0)?,
        counts_off: row.try_get(1)?,
        since: row.try_get(2)?,
        database: row.try_get(3)?,
        system: row.try_get(4)?,
        columns: row.try_get(5)?,
    })
}

/// The server's numbers of objects have 32 bits.
fn oid(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}
