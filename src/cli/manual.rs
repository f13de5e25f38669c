//! `completions` and `man`: made from the arguments, as the help is.

use std::io::Write;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::aot::{Bash, Fish, Generator, Zsh};
use clap_mangen::Man;

use super::Cli;
use super::args::{CompletionsArgs, ManArgs, Shell};
use super::exit::{Exit, Stop};

/// The script of a shell, on standard output.
pub(super) fn completions(args: CompletionsArgs) -> Exit {
    let script = match args.shell {
        Shell::Bash => script(Bash),
        Shell::Zsh => script(Zsh),
        Shell::Fish => script(Fish),
    };
    // A closed pipe is the reader's choice.
    let _ = std::io::stdout().lock().write_all(&script);
    Exit::Done
}

fn script(shell: impl Generator) -> Vec<u8> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut shown(), "gapless", &mut out);
    out
}

/// The arguments without hidden verbs: a shell would offer them.
fn shown() -> clap::Command {
    let whole = Cli::command();
    let mut shown = clap::Command::new("gapless").version(env!("CARGO_PKG_VERSION"));
    shown = whole.get_about().cloned().into_iter().fold(shown, clap::Command::about);
    shown = whole.get_after_help().cloned().into_iter().fold(shown, clap::Command::after_help);
    shown = shown.args(whole.get_arguments().cloned());
    shown.subcommands(whole.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned())
}

/// The page of gapless, or a folder with a page for each verb.
pub(super) fn man(args: &ManArgs) -> Result<Exit, Stop> {
    match &args.out {
        Some(folder) => {
            let written = pages().into_iter().try_for_each(|(name, page)| std::fs::write(folder.join(name), page));
            written.map_err(|e| unwritten(folder, &e))?;
        }
        None => {
            let page = page(shown()).map_err(Stop::failed)?;
            let _ = std::io::stdout().lock().write_all(&page);
        }
    }
    Ok(Exit::Done)
}

fn unwritten(folder: &Path, error: &std::io::Error) -> Stop {
    Stop::bad_input(format!("{}: the pages cannot be written: {error}", folder.display()))
}

fn page(command: clap::Command) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    Man::new(command).render(&mut out)?;
    Ok(out)
}

/// `gapless.1` and `gapless-VERB.1`.
fn pages() -> Vec<(String, Vec<u8>)> {
    let mut root = shown().disable_help_subcommand(true);
    root.build();
    let verbs = root.get_subcommands().map(|verb| {
        let name = format!("gapless-{}", verb.get_name());
        (format!("{name}.1"), verb.clone().name(name))
    });
    let all = std::iter::once(("gapless.1".to_string(), shown())).chain(verbs.collect::<Vec<_>>());
    all.filter_map(|(name, command)| Some((name, page(command).ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_visible_verb_is_completed_and_has_a_page_and_no_hidden_one() {
        let whole = Cli::command();
        for script in [script(Bash), script(Zsh), script(Fish)] {
            let text = String::from_utf8(script).unwrap();
            for verb in whole.get_subcommands() {
                assert_eq!(text.contains(verb.get_name()), !verb.is_hide_set(), "{}", verb.get_name());
            }
        }
        let names: Vec<String> = pages().into_iter().map(|(name, _)| name).collect();
        let visible = whole.get_subcommands().filter(|verb| !verb.is_hide_set());
        let expected: Vec<String> = std::iter::once("gapless.1".to_string())
            .chain(visible.map(|verb| format!("gapless-{}.1", verb.get_name())))
            .collect();
        assert_eq!(names, expected);
    }
}
