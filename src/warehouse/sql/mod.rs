//! What kinds of warehouse with SQL share: which probes share a statement, the statement itself, filters and values in the
//! type of their column, days, units, and how rows become a reading. A kind brings a [`dialect::Dialect`] and a
//! [`server::Server`]; everything else is here.

pub(crate) mod bound;
pub(crate) mod dialect;
pub(crate) mod schema;
pub(crate) mod server;
