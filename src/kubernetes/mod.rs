//! The ports for a cluster. Its rooms, what each may do, and which others it may import:
//!
//! | room | what it does | imports |
//! |---|---|---|
//! | `faults` | says what went wrong with a call; makes none | |
//! | `serving` | shows log, health and metrics; calls nothing | |
//! | `leadership` | holds the Lease, and stops writes without it | `faults` |
//! | `client` | connects to the API server, bounds and counts calls | `faults` `leadership` |
//! | `watching` | reads objects, folders and switches; writes nothing | `faults` `client` |
//! | `jobs` | builds, creates, reads and removes Jobs | `faults` `client` `watching` |
//! | `writing` | writes statuses, ledgers, rows and Events | `faults` `serving` `client` `watching` |
//! | `operator` | ties them together and runs the engine | all |
//!
//! `tests/it/imports.rs` reads this table: an import that it does not allow fails a test.

pub mod client;
pub mod faults;
mod jobs;
pub mod leadership;
pub mod operator;
pub mod serving;
pub mod watching;
mod writing;

pub use jobs::STOPPED;
