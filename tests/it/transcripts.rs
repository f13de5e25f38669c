//! Pages that show commands with their output: each command is run, and must print what the page says. `UPDATE=1` rewrites the
//! outputs.

mod data;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::sources::root;

#[test]
fn each_recipe_does_what_its_transcript_says() {
    let mut recipes: Vec<PathBuf> =
        fs::read_dir(root().join("examples/recipes")).unwrap().flatten().map(|e| e.path()).collect();
    recipes.sort();
    assert!(recipes.len() >= 9, "{recipes:?}");
    for recipe in recipes {
        let place = tempfile::tempdir().unwrap();
        copy(&recipe, place.path());
        let page = recipe.join("transcript.txt");
        let text = fs::read_to_string(&page).unwrap();
        compare(&page, &text, &replayed(&text, place.path()));
    }
}

#[test]
fn the_first_hour_is_as_its_page_says() {
    let place = tempfile::tempdir().unwrap();
    data::write(place.path());
    let page = root().join("docs/first-hour.md");
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.matches("\n$ ").count() < 30, "the first hour takes too many commands");
    let blocks: Vec<&str> = text.split("```console\n").collect();
    let replay = |(at, block): (usize, &&str)| match block.split_once("```") {
        Some((console, rest)) if at > 0 => format!("{}```{rest}", replayed(console, place.path())),
        _ => (*block).to_string(),
    };
    let fresh: Vec<String> = blocks.iter().enumerate().map(replay).collect();
    compare(&page, &text, &fresh.join("```console\n"));
}

/// The commands of a text with their outputs of now. A command goes on in the next line after a backslash.
fn replayed(text: &str, folder: &Path) -> String {
    let mut out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(begin) = line.strip_prefix("$ ") else { continue };
        let mut command = begin.to_string();
        out += &format!("{line}\n");
        while command.ends_with('\\') {
            let next = lines.next().unwrap_or_default();
            command += &format!("\n{next}");
            out += &format!("{next}\n");
        }
        out += &run(&command, folder);
    }
    out
}

fn run(command: &str, folder: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_gapless")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("exec 2>&1; {command}")).current_dir(folder);
    shell.env("PATH", path).env("NO_COLOR", "1").env("TZ", "UTC").env_remove("GAPLESS_FILES_ROOT");
    let done = shell.output().unwrap();
    let printed = String::from_utf8(done.stdout).unwrap();
    let printed: String = printed.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    match done.status.code() {
        Some(0 | 3) => printed,
        other => panic!("`{command}` ended with {other:?}:\n{printed}"),
    }
}

fn compare(page: &Path, said: &str, is: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(page, is).unwrap();
        return;
    }
    assert!(said == is, "{} is stale; run `make update`. It would be:\n{is}", page.display());
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { copy(&from, &to) } else { _ = fs::copy(&from, &to).unwrap() }
    }
}
