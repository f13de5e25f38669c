//! What kinds of warehouse with SQL share. A kind brings a [`dialect::Dialect`] and a [`server::Server`]; [`tables::Sql`] makes
//! the tables of a place of them.
//!
//! A probe becomes a statement in `statement` (`days`, `dating`, `written`, `units`, `filter`, `measures` are its pieces), `groups` says
//! which probes share one, `reading` turns rows into facts, `instead` looks a second time at dates in doubt, `schedule` reads
//! schedules. `tables` ties them together.

pub(crate) mod bound;
mod build;
mod dating;
mod days;
pub(crate) mod dialect;
mod filter;
mod groups;
mod instead;
mod measures;
mod reading;
mod schedule;
pub(crate) mod schema;
pub(crate) mod server;
mod statement;
pub(crate) mod tables;
mod texts;
mod times;
mod units;
mod written;

/// What makes a read cheaper if all dates, or all dates of a part, cost as much as one.
pub(crate) const DIVIDE: &str = "divide the table into smaller partitions by its date column";
