//! What a value is, and when two are equal. Every kind of warehouse shares these rules, so that the same rows give the same
//! facts everywhere.

pub(in crate::warehouse) mod compare;
pub(in crate::warehouse) mod date;
pub(in crate::warehouse) mod datum;
pub(in crate::warehouse) mod instant;
pub(in crate::warehouse) mod instead;
pub(in crate::warehouse) mod number;
pub(in crate::warehouse) mod schedule;
