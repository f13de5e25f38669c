//! Reading tables: one folder per kind of warehouse. Each turns a question into an answer in one pass, whole or not at all.
//!
//! `places` is the engine's port: it opens a place by its scheme, and bounds every read. `budget` counts the bytes. A new
//! kind of warehouse is a folder beside `files`.

pub(crate) mod budget;
pub mod files;
#[cfg(feature = "local")]
pub(crate) mod places;
