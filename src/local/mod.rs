//! One machine: the ports of the engine over folders, child processes and a journal.
//!
//! [`clock`] is where time enters, [`journal`] keeps the ledgers, [`jobs`] runs fillers, [`warehouse`] reads tables,
//! [`cache`] remembers facts between two runs, [`keeper`] says when, [`manifests`] finds the resources.

pub mod cache;
pub mod clock;
mod codec;
mod complaint;
pub mod disk;
mod files;
pub mod folder;
pub mod jobs;
pub mod journal;
pub mod keeper;
pub mod manifests;
pub mod told;
pub mod warehouse;
