//! Which room of `src/kubernetes` imports which. The table is the module doc itself: an import that is not in it fails here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const KUBERNETES: &str = "src/kubernetes";

#[test]
fn a_room_of_kubernetes_imports_what_its_table_allows() {
    let table = table();
    let rooms: BTreeSet<String> = folders(&root()).iter().map(|path| name(path)).collect();
    assert_eq!(rooms, table.keys().cloned().collect(), "the table lists each folder");
    let mut wrong = Vec::new();
    for room in &rooms {
        for (file, line) in imports(&root().join(room)) {
            let to = line.split("crate::kubernetes::").nth(1).unwrap_or_default();
            let to: String = to.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if to != *room && !table[room].contains(&to) {
                wrong.push(format!("{file}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "these imports are not in the table of {KUBERNETES}/mod.rs:\n  {}", wrong.join("\n  "));
}

#[test]
fn the_rooms_of_kubernetes_import_each_other_in_one_direction() {
    let mut left = table();
    while !left.is_empty() {
        let rooms: BTreeSet<String> = left.keys().cloned().collect();
        let free = left.iter().find(|(_, imports)| imports.is_disjoint(&rooms)).map(|(room, _)| room.clone());
        let free = free.unwrap_or_else(|| panic!("these rooms import each other in a circle: {rooms:?}"));
        left.remove(&free);
    }
}

/// What each room may import, as the module doc says.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("mod.rs")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | `"));
    let all: Vec<(String, &str)> = rows
        .map(|row| {
            let cells: Vec<_> = row.split('|').map(str::trim).collect();
            (cells[0].trim_matches('`').to_owned(), cells[2])
        })
        .collect();
    let of = |(room, cell): &(String, &str)| match *cell {
        "all" => all.iter().map(|(other, _)| other.clone()).filter(|other| other != room).collect(),
        cell => cell.split_whitespace().map(|word| word.trim_matches('`').to_owned()).collect(),
    };
    all.iter().map(|row| (row.0.clone(), of(row))).collect()
}

/// The lines of a room's code that name another room, its tests left out.
fn imports(room: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for path in folders(room).into_iter().filter(|path| !path.ends_with("tests")) {
        found.extend(imports(&path));
    }
    let files = fs::read_dir(room).unwrap().flatten().map(|entry| entry.path());
    for path in files.filter(|path| path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs")) {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.lines().take_while(|line| *line != "#[cfg(test)]");
        let named = code.filter(|line| !line.trim().starts_with("//") && line.contains("crate::kubernetes::"));
        found.extend(named.map(|line| (path.display().to_string(), line.to_owned())));
    }
    found
}

fn folders(of: &Path) -> Vec<PathBuf> {
    fs::read_dir(of).unwrap().flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().display().to_string()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(KUBERNETES)
}
