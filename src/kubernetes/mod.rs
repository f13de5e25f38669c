//! The ports for a cluster: what is watched, how Jobs are made and seen, where ledgers are kept, who leads.

pub mod client;
pub mod gate;
pub mod health;
pub mod jobs;
pub mod lease;
pub mod logs;
pub mod observed;
pub mod serve;
