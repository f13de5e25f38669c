//! Everything that is tested from outside, in one binary: one link, and modules that share a helper.

mod gapless;
mod invalid;
mod kill;
mod real_data;
mod tidy;
mod verbs;
