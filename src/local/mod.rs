//! One machine: the ports of the engine over child processes and a journal.
//!
//! [`journal`] stores the ledgers, [`jobs`] runs fillers, [`manifests`] finds the resources.

pub mod jobs;
pub mod journal;
pub mod manifests;
pub mod pace;
pub mod reported;
