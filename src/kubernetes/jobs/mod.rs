//! Jobs in a cluster: how one is built from a CronJob's template, and what a Job and its pods say.
//!
//! [`build`] writes what [`identity`] reads back; [`read`] asks `end` and `pods`; [`starts`] remembers what they do not
//! show afterwards; [`slim`] is what is kept of what the API server sends. Only [`launcher`] calls the API server, and [`seen`]
//! through it.

mod build;
mod end;
mod identity;
pub mod launcher;
mod metadata;
mod pods;
mod read;
pub mod seen;
pub mod slim;
mod starts;

#[cfg(test)]
mod tests;

/// The prefix of our names; a template's own labels and annotations with that prefix are left out.
pub const PREFIX: &str = "gapless.dev/";
/// The label that every Job of gapless and each of its pods has: what lists and watches select by.
pub const LAUNCH: &str = "gapless.dev/launch";
/// The label with the kind of the coverage.
pub const KIND: &str = "gapless.dev/kind";
/// The label with the name of the coverage.
pub const COVERAGE: &str = "gapless.dev/coverage";
/// The label with the name of the rung.
pub const RUNG: &str = "gapless.dev/rung";
/// The label with the hash of the table: 16 hex digits.
pub const TARGET: &str = "gapless.dev/target";
/// The annotation with the dates, separated by commas.
pub const DATES: &str = "gapless.dev/dates";
/// The annotation with the [`identity::Identity`] of a Job, as JSON.
pub const KEY: &str = "gapless.dev/key";
/// The annotation of a Job that a person ends, with what they used. Its deadline was moved to now.
pub const STOPPED: &str = "gapless.dev/stopped";
/// The annotation with the CronJob and its generation, `load-boxscores@3`: which template the Job was made from.
pub const TEMPLATE: &str = "gapless.dev/template";
