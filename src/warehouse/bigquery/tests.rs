//! The engine against the tests' BigQuery.
