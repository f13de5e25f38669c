//! The machine that gapless runs on, whichever way it runs: its clock, and what is stored on its disk.
//!
//! [`clock`] is where time enters. `disk` writes files so that a crash leaves whole ones, `files` opens them, and `codec`
//! turns values into bytes. [`cache`] stores facts between two runs, and [`keeper`] decides when.

pub mod cache;
pub mod clock;
pub(crate) mod codec;
pub(crate) mod complaint;
pub mod disk;
pub(crate) mod files;
pub(crate) mod folder;
pub mod keeper;
