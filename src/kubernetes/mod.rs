//! The ports for a cluster: what is watched, how Jobs are made and seen, where ledgers are kept, who leads.

pub mod client;
pub mod gate;
pub mod jobs;
pub mod lease;
pub mod logs;
pub mod serve;
