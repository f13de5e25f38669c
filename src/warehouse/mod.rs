//! Reading tables: one folder per kind of warehouse. Each turns a question into an answer in one pass, whole or not at all.
//!
//! `places` is the engine's port: it opens a place by its scheme, and bounds every read. `tables` is what a kind of warehouse
//! brings, `budget` counts the bytes, `usage` what metrics show, `value` says what a value is, `sql` is what kinds with SQL share. A new kind is a folder
//! beside `files`.

#[cfg(all(feature = "local", not(all(feature = "bigquery", feature = "postgres"))))]
mod absent;
#[cfg(feature = "bigquery")]
pub(crate) mod bigquery;
#[cfg(all(feature = "local", not(feature = "bigquery")))]
#[path = "absent/bigquery.rs"]
mod bigquery;
pub(crate) mod budget;
#[cfg(test)]
#[cfg(all(feature = "bigquery", feature = "postgres"))]
mod contract;
pub mod files;
#[cfg(feature = "local")]
#[cfg_attr(not(feature = "kubernetes"), allow(dead_code, reason = "the operator counts what was used"))]
pub(crate) mod places;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(all(feature = "local", not(feature = "postgres")))]
#[path = "absent/postgres.rs"]
mod postgres;
#[cfg(any(feature = "bigquery", feature = "postgres"))]
pub(crate) mod sql;
#[cfg(feature = "local")]
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "servers need more than folders"))]
pub(crate) mod tables;
pub mod usage;
pub(in crate::warehouse) mod value;
