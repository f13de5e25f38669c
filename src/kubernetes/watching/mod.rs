//! What the operator sees: the objects that its watches hold, the folders that its Warehouses name, the switches of namespaces,
//! and the spec that follows from them for the engine. Nothing is written here.

pub mod feed;
pub mod folders;
pub mod grants;
pub(super) mod metadata;
pub mod mirror;
pub mod object;
mod packed;
pub mod switch;
pub mod template;
