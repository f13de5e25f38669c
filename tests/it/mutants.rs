//! Every entry of the list of mutants still applies to its source.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_mutant_applies_to_its_file_once() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(root.join("mutants/list.txt")).unwrap();
    let (mut file, mut seen, mut stale) = ("", BTreeSet::new(), Vec::new());
    for block in list.split("\n\n").map(str::trim_start).filter(|block| !block.starts_with("# ")) {
        if let Some(named) = block.strip_prefix("## ") {
            file = named.trim_end();
            continue;
        }
        let breaks = block.lines().next().unwrap_or_default();
        let (old, new) = (text(block, "-"), text(block, "+"));
        let source = fs::read_to_string(root.join(file)).unwrap_or_default();
        let times = source.matches(&old).count();
        if old.is_empty() || times != 1 || old == new || !seen.insert((file, breaks)) {
            stale.push(format!("{file}: {breaks} (its old text occurs {times} times)"));
        }
    }
    assert!(seen.len() >= 90, "{} mutants", seen.len());
    assert!(stale.is_empty(), "update these entries of mutants/list.txt:\n  {}", stale.join("\n  "));
}

/// The lines of an entry with this mark, without the mark.
fn text(block: &str, mark: &str) -> String {
    let lines = block.lines().skip(1).filter_map(|line| line.strip_prefix(mark));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}
