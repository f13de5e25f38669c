//! `--watch`: a verb that only reads, again and again. In a terminal each page replaces the one before.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use serde::Serialize;

use super::args::{Output, WatchArgs};
use super::exit::{Exit, Stop};
use super::read::print;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(2);

/// What a look prints.
pub(super) struct Page(String);

impl Page {
    /// One that is printed once is printed as it is made: it may be long.
    pub fn of(args: WatchArgs, output: Output, json: impl Serialize, text: impl FnOnce() -> String) -> Self {
        if !args.watch {
            print(output, json, text);
            return Self(String::new());
        }
        Self(match output {
            Output::Json => serde_json::to_string(&json).unwrap_or_default() + "\n",
            Output::Text => text(),
        })
    }
}

/// Looks once, or until the process is stopped. A look that fails ends it.
pub(super) fn watched(args: WatchArgs, look: impl Fn() -> Result<(Exit, Page), Stop>) -> Result<Exit, Stop> {
    let (mut exit, mut page) = look()?;
    if !args.watch {
        return Ok(exit);
    }
    let mut shown = None;
    loop {
        if shown.as_ref() != Some(&page.0) {
            // From the top, and nothing of the page before below it.
            let (top, rest) = if std::io::stdout().is_terminal() { ("\x1b[H", "\x1b[J") } else { ("", "") };
            let lines = if top.is_empty() { page.0.clone() } else { page.0.replace('\n', "\x1b[K\n") };
            anstream::print!("{top}{lines}{rest}");
            if std::io::stdout().flush().is_err() {
                return Ok(exit);
            }
            shown = Some(page.0);
        }
        std::thread::sleep(EVERY);
        (exit, page) = look()?;
    }
}
