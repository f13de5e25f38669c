//! Generates `docs/cli.md` from the arguments: `make update` adds new verbs and flags. It is never edited by hand, and never
//! part of the binary.

use clap::{Arg, Command, CommandFactory};

const HEAD: &str = "\
<!-- Generated from src/cli/args.rs; edit the comments there and regenerate with `make update`. -->
# The command line

";

fn page() -> String {
    let mut root = super::Cli::command().disable_help_subcommand(true);
    root.build();
    let mut out = HEAD.to_string() + &format!("{}\n\n", about(&root));
    let verbs: Vec<&Command> = root.get_subcommands().filter(|c| !c.is_hide_set()).collect();
    out += "| verb | what it does |\n|---|---|\n";
    for verb in &verbs {
        out += &format!("| [`{0}`](#gapless-{0}) | {1} |\n", verb.get_name(), about(verb));
    }
    out += &format!("\nWith every verb:\n\n{}", table(globals(&root)));
    let after = root.get_after_help().map(|text| format!("\n```text\n{text}\n```\n"));
    out += &after.unwrap_or_default();
    verbs.iter().for_each(|verb| out += &section(verb, "gapless"));
    out
}

/// A verb, and below it its own verbs.
fn section(verb: &Command, parent: &str) -> String {
    let name = format!("{parent} {}", verb.get_name());
    let usage = verb.clone().render_usage().to_string().replacen("Usage: ", "", 1);
    let mut out = format!("\n## {name}\n\n{}.\n\n```text\n{usage}\n```\n", about(verb));
    let own: Vec<&Arg> = verb.get_arguments().filter(|arg| !arg.is_global_set() && shown(arg)).collect();
    if !own.is_empty() {
        out += &format!("\n{}", table(own));
    }
    verb.get_subcommands().filter(|c| !c.is_hide_set()).for_each(|inner| out += &section(inner, &name));
    out
}

fn globals(root: &Command) -> Vec<&Arg> {
    root.get_arguments().filter(|arg| arg.is_global_set() && shown(arg)).collect()
}

/// `--help` and `--version` are what everybody expects; they say themselves what they do.
fn shown(arg: &Arg) -> bool {
    !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str())
}

fn about(command: &Command) -> String {
    command.get_about().map(|text| text.to_string()).unwrap_or_default()
}

fn table(args: Vec<&Arg>) -> String {
    let rows = args.into_iter().map(|arg| format!("| `{}` | {} |\n", name(arg), meaning(arg)));
    "| argument | meaning |\n|---|---|\n".to_string() + &rows.collect::<String>()
}

/// `-f, --file <DIR>`, `--once`, `<COVERAGE>`.
fn name(arg: &Arg) -> String {
    let value =
        arg.get_value_names().unwrap_or_default().iter().map(|v| format!("<{v}>")).collect::<Vec<_>>().join(" ");
    if arg.is_positional() {
        let many = if arg.get_num_args().is_some_and(|n| n.max_values() > 1) { "..." } else { "" };
        return if arg.is_required_set() {
            value + many
        } else {
            format!("[{}]{many}", value.trim_matches(['<', '>']))
        };
    }
    let short = arg.get_short().map(|s| format!("-{s}, ")).unwrap_or_default();
    let long = arg.get_long().map(|l| format!("--{l}")).unwrap_or_default();
    let value = if arg.get_action().takes_values() { format!(" {value}") } else { String::new() };
    short + &long + &value
}

/// Its help text, possible values and default.
fn meaning(arg: &Arg) -> String {
    let mut parts = vec![arg.get_help().map(|text| text.to_string()).unwrap_or_default()];
    let values = arg.get_possible_values();
    if arg.get_action().takes_values() && !values.is_empty() {
        let names: Vec<String> = values.iter().map(|v| format!("`{}`", v.get_name())).collect();
        parts.push(format!("One of {}", names.join(", ")));
    }
    if arg.get_action().takes_values() && !arg.get_default_values().is_empty() {
        let values: Vec<String> = arg.get_default_values().iter().map(|v| format!("`{}`", v.display())).collect();
        parts.push(format!("Default {}", values.join(", ")));
    }
    parts.extend(arg.get_env().map(|name| format!("Environment `{}`", name.display())));
    if arg.is_required_set() {
        parts.push("Required".into());
    }
    parts.join(". ").replace('|', "\\|").replace('\n', " ")
}

#[test]
fn the_page_of_the_command_line_is_fresh() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, page()).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == page(), "docs/cli.md is stale: run `make update` and commit it");
}

#[test]
fn every_visible_verb_and_flag_is_described() {
    let mut root = super::Cli::command();
    root.build();
    for verb in root.get_subcommands().filter(|c| !c.is_hide_set()) {
        assert!(!about(verb).is_empty(), "{}", verb.get_name());
        for arg in verb.get_arguments().filter(|a| shown(a)) {
            assert!(arg.get_help().is_some(), "{} {}", verb.get_name(), arg.get_id());
        }
    }
}
