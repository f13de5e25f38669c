//! The ports for a cluster: what is watched, how Jobs are made and seen, where ledgers are kept, who leads.

pub mod client;
pub mod errors;
pub mod events;
pub mod feed;
pub mod folders;
pub mod gate;
pub mod grants;
pub mod health;
pub mod jobs;
pub mod launcher;
pub mod lease;
pub mod logs;
pub mod mirror;
pub mod object;
pub mod observed;
pub mod operator;
mod packed;
mod refusals;
pub mod reporter;
pub mod scope;
pub mod seen;
pub mod serve;
pub mod slim;
pub mod store;
pub mod switch;
pub mod template;
pub mod watches;
