//! The kernel against a second, naive implementation on random tables, and the rules of folders and parts one by one.

mod damage;
mod dates;
mod folders;
mod links;
mod long;
mod naive;
mod rules;
mod typed;
