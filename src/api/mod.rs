//! The resources on the wire. No other room sees them: values that leave this room are parsed.
//!
//! [`kinds`] are the types and their CRDs, [`manifest`] reads YAML with positions, [`check`] applies the rules of the
//! API server offline, [`lower`] turns what is valid into the domain's values, [`load()`] does all of it.

pub mod access;
pub mod check;
pub mod crds;
pub mod kinds;
pub mod load;
pub mod lower;
pub mod manifest;
pub mod problem;
pub mod schema;
pub mod template;

pub use access::Access;
pub use load::{Loaded, load, load_again, load_documents};
pub use problem::Problem;
pub use template::CronJob;
