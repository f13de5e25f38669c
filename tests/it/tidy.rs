//! The house rules that a machine can check. Each test names all offenders at once, and what to do.

use std::fs;

use super::sources::{files, none, read, root, sources, text_of};

/// The map must be short enough to be read.
const MAP_BUDGET: usize = 200;
/// The same list as in `deny.toml`.
const BANNED: [&str; 6] = ["openssl", "openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys", "serde_yaml"];
/// The only file that may read the time.
const CLOCK: &str = "src/host/clock.rs";

#[test]
fn every_file_opens_with_what_it_is() {
    let silent = sources().filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path);
    none("open these files with `//!`: what it does, what it never does", silent);
}

#[test]
fn the_domain_sees_no_wire_type() {
    let domain = sources().filter(|(path, _)| path.starts_with("src/domain/"));
    none("parse in src/api, pass values on", offending_lines(domain, |line| line.contains("serde")));
}

#[test]
fn time_enters_once() {
    let reads = |line: &str| ["Timestamp::now", "Zoned::now", "SystemTime::now"].iter().any(|call| line.contains(call));
    let outside = sources().filter(|(path, _)| path != CLOCK);
    none("take `now` as a value; only the clock reads it", offending_lines(outside, reads));
}

#[test]
fn features_are_rooms() {
    let mut offenders = Vec::new();
    for (path, text) in sources() {
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_code(line) && names_a_feature(line)) {
            let on = lines[at + 1..].iter().find(|next| is_code(next) && !next.starts_with("#["));
            let is_room =
                on.is_some_and(|next| ["mod ", "pub mod ", "pub(crate) mod "].iter().any(|m| next.starts_with(m)));
            let is_no_std = path == "src/lib.rs" && line.starts_with("#![cfg_attr(") && line.ends_with("no_std)]");
            // What only a room behind a feature uses is unused without it.
            let is_allowed = line.starts_with("#[cfg_attr(not(feature") && line.contains(", allow(dead_code");
            if !((line.starts_with("#[cfg(") || is_allowed) && is_room || is_no_std) {
                offenders.push(format!("{path}:{}: {line}", at + 1));
            }
        }
    }
    none("put `cfg(feature = …)` on a `mod` line", offenders);
}

#[test]
fn nothing_points_outside_the_repository() {
    let machine = [concat!("/wo", "rk/"), concat!("/tmp", "/w/"), concat!("/tmp", "/t/"), concat!("/ro", "ot/")];
    let named = |line: &str| machine.iter().any(|path| line.contains(path));
    none("name no path of one machine", offending_lines(files(root()).into_iter().filter_map(read), named));
}

#[test]
fn ci_runs_what_the_readme_promises() {
    let (readme, ci) = (text_of("README.md"), text_of(".ci/run"));
    let two = readme.split_once("```sh\n").and_then(|(_, rest)| rest.split_once("```")).map_or("", |(block, _)| block);
    let promised: Vec<_> = two.lines().map(|line| line.split(" #").next().unwrap_or(line).trim()).collect();
    assert_eq!(promised, ["cargo run --release -- demo", "make test"], "the README's first block is its two commands");
    let run: Vec<_> = ci.lines().map(|line| line.replace(" --locked", "")).collect();
    none("run these in .ci/run", promised.into_iter().filter(|command| !run.iter().any(|line| line == command)));
}

#[test]
fn the_map_is_short_and_names_what_exists() {
    let map = text_of("ARCHITECTURE.md");
    assert!(map.lines().count() < MAP_BUDGET, "ARCHITECTURE.md has {} lines", map.lines().count());
    let places = ["src/", "tests/", "crds/", "examples/", "benches/", "docs/"];
    let named = map.split('`').skip(1).step_by(2).filter(|word| places.iter().any(|place| word.starts_with(place)));
    none("ARCHITECTURE.md names what does not exist", named.filter(|path| !root().join(path).exists()));
    let rooms = fs::read_dir(root().join("src")).expect("src is readable").flatten();
    let rooms = rooms.filter(|entry| entry.path().is_dir()).map(|entry| format!("src/{}", entry.file_name().display()));
    none("ARCHITECTURE.md is silent on these rooms", rooms.filter(|room| !map.contains(room.as_str())));
}

#[test]
fn decisions_are_recorded_whole() {
    let records = files(root().join("docs/adr")).into_iter().filter_map(read);
    let parts = ["Status: accepted", "## Context", "## Decision", "## Consequences"];
    none("these records lack a part", records.filter(|(_, text)| !parts.iter().all(|p| text.contains(p))).map(|r| r.0));
}

#[test]
fn every_state_is_explained() {
    let concepts = text_of("docs/concepts.md");
    let states = gapless::domain::state::State::ALL.map(|state| format!("| `{}` |", state.word()));
    none("docs/concepts.md is silent on these states", states.iter().filter(|row| !concepts.contains(row.as_str())));
}

#[test]
fn the_lock_file_holds_only_what_is_allowed() {
    let lock = text_of("Cargo.lock");
    let value = |line: &str, key: &str| line.strip_prefix(key).map(|rest| rest.trim_matches('"').to_owned());
    let banned = lock.lines().filter_map(|line| value(line, "name = ")).filter(|name| BANNED.contains(&name.as_str()));
    none("these crates are banned, see deny.toml", banned);
    let index = "registry+https://github.com/rust-lang/crates.io-index";
    let foreign = lock.lines().filter_map(|line| value(line, "source = ")).filter(|source| source != index);
    none("crates come from crates.io only", foreign);
}

fn offending_lines(
    texts: impl Iterator<Item = (String, String)>,
    offends: impl Fn(&str) -> bool,
) -> impl Iterator<Item = String> {
    texts.flat_map(move |(path, text)| {
        let lines = text.lines().enumerate().filter(|(_, line)| is_code(line) && offends(line));
        lines.map(|(at, line)| format!("{path}:{}: {}", at + 1, line.trim())).collect::<Vec<_>>()
    })
}

fn is_code(line: &str) -> bool {
    !line.trim().is_empty() && !line.trim().starts_with("//")
}

fn names_a_feature(line: &str) -> bool {
    line.contains("cfg") && line.contains("feature =")
}
