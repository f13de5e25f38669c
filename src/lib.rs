//! gapless keeps date-partitioned data complete. The map of the rooms is `ARCHITECTURE.md`.
//!
//! Without features this crate is `no_std`: clock, files, environment and random hash order do not
//! exist for [`domain`], and the build proves it.
#![cfg_attr(not(any(feature = "api", feature = "files")), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "api")]
pub mod api;
#[cfg(feature = "local")]
pub mod cli;
pub mod domain;
#[cfg(feature = "local")]
pub mod engine;
#[cfg(feature = "local")]
mod host;
#[cfg(feature = "local")]
pub mod init;
#[cfg(feature = "kubernetes")]
mod kubernetes;
#[cfg(feature = "local")]
mod local;
#[cfg(feature = "local")]
#[cfg_attr(not(feature = "kubernetes"), allow(dead_code, unused_imports, reason = "the operator writes them"))]
pub mod status;
#[cfg(feature = "local")]
#[cfg_attr(not(feature = "kubernetes"), allow(dead_code, reason = "the operator shows more"))]
pub mod view;
#[cfg(feature = "files")]
pub mod warehouse;
