//! All tests from outside, in one binary, which links once and lets modules share a helper.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod alerts;
mod fields;
mod gapless;
mod hands;
mod imports;
mod invalid;
mod kill;
mod manifests;
mod mutants;
mod operator;
mod real_data;
mod simultaneous;
mod sizes;
mod sources;
mod state;
mod tidy;
mod transcripts;
mod verbs;
#[cfg(all(feature = "bigquery", feature = "postgres"))]
mod warehouses;
#[cfg(feature = "kubernetes")]
mod words;
