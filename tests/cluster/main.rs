//! All tests in a real cluster, in one binary. They need root and the parts that `parts.sh` names, and fail without
//! them; nothing is skipped. The harness is in `harness/`; read `harness/mod.rs` first.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod at_rest;
mod bench;
mod chaos;
mod components;
mod databases;
mod deletions;
mod edits;
mod fillers;
mod harness;
mod invalid;
mod jobs;
mod loopback;
mod lost;
mod manifests;
mod newcomer;
mod older;
mod plugin;
mod pods;
mod refusals;
mod rights;
mod season;
mod sources;
mod starts;
mod strangers;
mod switches;
mod teardown;
mod tenants;
mod tokens;
mod warehouses;
