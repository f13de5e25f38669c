//! What gapless knows and decides. No I/O, no clock, no Kubernetes: values in, values out.
//!
//! Read in this order: [`policy`] (what people want), [`schedule`] (which units a date expects), [`probe`] (the
//! question to a table, and its answer), [`judge`] (what the data says about a date), [`ledger`] (what was tried),
//! [`assess`] (the state of each date, and what should run), [`admit`] (what may start now).

#![allow(missing_docs, reason = "a comment that only repeats a name is left out")]

pub mod admit;
pub mod anchors;
pub mod assess;
pub mod bind;
pub mod breaker;
pub mod columns;
pub mod dates;
pub mod fingerprint;
pub mod judge;
pub mod ledger;
pub mod mark;
pub mod names;
pub mod outcome;
pub mod policy;
pub mod probe;
pub mod reread;
pub mod schedule;
pub mod share;
pub mod source;
pub mod span;
pub mod spelling;
pub mod state;
pub mod suspicion;
pub mod unit;
pub mod verdict;
pub mod words;
