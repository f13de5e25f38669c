//! Reading tables: one folder per engine. Each turns a question into an answer in one pass, whole or not at all.

pub mod budget;
pub mod files;
