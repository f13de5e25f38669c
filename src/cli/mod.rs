//! The verbs. Results go to standard output, everything else to standard error; README.md lists the exit statuses.

mod args;
mod check;
#[cfg(feature = "kubernetes")]
mod cluster;
#[cfg(not(feature = "kubernetes"))]
#[path = "no_cluster.rs"]
mod cluster;
mod date_request;
pub mod demo;
mod exit;
mod fields;
mod filler;
mod first_args;
mod game_date;
mod init;
mod instant;
mod interrupt;
mod local;
mod manual;
mod names;
#[cfg(feature = "kubernetes")]
mod operator;
#[cfg(not(feature = "kubernetes"))]
#[path = "no_operator.rs"]
mod operator;
#[cfg(feature = "kubernetes")]
mod operator_args;
#[cfg(not(feature = "kubernetes"))]
#[path = "no_operator_args.rs"]
mod operator_args;
mod read;
#[cfg(all(test, feature = "kubernetes"))] // the page is of the binary as it is shipped
mod reference;
mod setup;
mod stop;
mod switch;
mod teller;
mod terminal;
mod watching;

pub use args::Cli;
pub use exit::Exit;

use std::ffi::OsString;
use std::path::Path;

use args::Verb;
use clap::{CommandFactory, FromArgMatches};

/// Arguments as the process got them. The binary named `kubectl-gapless` is a plugin, and its usage says so.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Cli {
    let args: Vec<OsString> = args.into_iter().collect();
    let called = args.first().and_then(|name| Path::new(name).file_stem());
    let command = Cli::command();
    let command = match called {
        Some(name) if name == "kubectl-gapless" => command.name("kubectl gapless").bin_name("kubectl gapless"),
        _ => command,
    };
    Cli::from_arg_matches(&command.get_matches_from(args)).unwrap_or_else(|error| error.exit())
}

/// Runs a verb.
pub fn run(cli: Cli) -> Exit {
    cli.color.apply();
    terminal::size().into_iter().for_each(|(columns, _)| crate::view::width::set(columns));
    let result = match cli.verb {
        Verb::Check(args) => check::check(&args),
        Verb::Init(args) => init::init(&args),
        Verb::Fields(args) => fields::fields(&args),
        Verb::Crds(args) => check::crds(&args),
        Verb::Grants(args) => operator::grants(&args),
        Verb::Plan(args) => read::plan(&args),
        Verb::Calendar(args) => read::calendar(&args),
        Verb::Explain(args) => read::explain(&args),
        Verb::Status(args) => read::status(&args),
        Verb::Local(args) => local::local(&args),
        Verb::Operator(args) => operator::operator(&args),
        Verb::Retry(args) => game_date::retry(&args),
        Verb::Waive(args) => game_date::waive(&args),
        Verb::Unwaive(args) => game_date::unwaive(&args),
        Verb::Stop(args) => stop::stop(&args),
        Verb::Completions(args) => Ok(manual::completions(args)),
        Verb::Man(args) => manual::man(&args),
        Verb::Demo(args) => demo::demo(&args),
        Verb::RunJob { folder } => return Exit::status(crate::local::jobs::run(&folder)),
        Verb::DemoFiller { args } => return Exit::status(filler::run(&args)),
    };
    result.unwrap_or_else(|stop| stop.report())
}
