//! The verbs. Results go to standard output, everything else to standard error; exit statuses are those of design §10.1.

mod args;
mod check;
pub mod demo;
mod exit;
mod filler;
mod game_date;
mod local;
mod read;
#[cfg(all(test, feature = "kubernetes"))] // the page is of the binary as it is shipped
mod reference;
mod setup;

pub use args::Cli;
pub use exit::Exit;

use args::Verb;

/// Runs a verb.
pub fn run(cli: Cli) -> Exit {
    cli.color.apply();
    let result = match cli.verb {
        Verb::Check(args) => check::check(&args),
        Verb::Crds(args) => check::crds(&args),
        Verb::Plan(args) => read::plan(&args),
        Verb::Calendar(args) => read::calendar(&args),
        Verb::Explain(args) => read::explain(&args),
        Verb::Status(args) => read::status(&args),
        Verb::Local(args) => local::local(&args),
        Verb::Retry(args) => game_date::retry(&args),
        Verb::Waive(args) => game_date::waive(&args),
        Verb::Demo(args) => demo::demo(&args),
        Verb::RunJob { folder } => return Exit::status(crate::local::jobs::run(&folder)),
        Verb::DemoFiller { args } => return Exit::status(filler::run(&args)),
    };
    result.unwrap_or_else(|stop| stop.report())
}
