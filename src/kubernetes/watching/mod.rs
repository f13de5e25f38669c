//! What the operator sees: the objects that its watches hold, the folders that its Warehouses name, the switches of namespaces,
//! and the spec that follows from them for the engine. Nothing is written here.

pub(super) mod feed;
pub(super) mod folders;
pub mod grants;
pub(super) mod metadata;
pub(super) mod mirror;
pub(super) mod object;
mod packed;
pub(super) mod switch;
pub(super) mod template;
