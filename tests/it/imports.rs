//! Which room imports which. The table of ARCHITECTURE.md is the rule: an import that it does not allow fails here. A room
//! with rooms of its own has such a table in the doc of its `mod.rs`.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::{none, root, sources, text_of};

/// The files of the crate by their module path, `kubernetes::jobs`, and the modules that each imports.
struct Modules {
    paths: BTreeMap<String, String>,
    imports: BTreeMap<String, BTreeSet<String>>,
}

#[test]
fn a_room_imports_only_what_the_map_allows() {
    let modules = Modules::read();
    for (parent, table) in tables() {
        none(
            &format!("the table of src/{parent} has no row for these rooms"),
            modules.rooms_without_a_row(&parent, &table),
        );
        let room = |module: &str| room_of(module, &parent, &table);
        let wrong = modules.edges().filter_map(|(from, to)| {
            let (importer, imported) = (room(from)?, room(to)?);
            let allowed = importer == imported || table[importer].contains(imported);
            (!allowed).then(|| format!("{} imports {to}", modules.paths[from]))
        });
        none("the tables of ARCHITECTURE.md and of the rooms do not allow this", wrong);
    }
}

#[test]
fn rooms_import_each_other_in_one_direction() {
    for (parent, mut left) in tables() {
        while !left.is_empty() {
            let rooms: BTreeSet<String> = left.keys().cloned().collect();
            let free = left.iter().find(|(_, imports)| imports.is_disjoint(&rooms)).map(|(room, _)| room.clone());
            left.remove(&free.unwrap_or_else(|| panic!("in src/{parent} these rooms form a circle: {rooms:?}")));
        }
    }
}

#[test]
fn files_import_each_other_in_one_direction_but_for_one_circle_in_a_room() {
    let mut by_room: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for circle in Modules::read().circles() {
        let rooms: BTreeSet<&str> = circle.iter().map(|module| top(module)).collect();
        assert_eq!(rooms.len(), 1, "this circle goes through several rooms: {circle:?}");
        by_room.entry(top(&circle[0]).into()).or_default().push(circle.join(" "));
    }
    let many = by_room.iter().filter(|(_, circles)| circles.len() > 1);
    none("untie these circles, or all but one", many.map(|(room, all)| format!("{room}:\n    {}", all.join("\n    "))));
}

/// Rows of a table: what each room may import.
type Table = BTreeMap<String, BTreeSet<String>>;

/// The table of the whole crate under the name ``, and those of rooms that have one.
fn tables() -> BTreeMap<String, Table> {
    let mut all = BTreeMap::from([(String::new(), table(&text_of("ARCHITECTURE.md"), "| `src/", 3))]);
    for (path, text) in sources() {
        let own = table(&text, "//! | `", 2);
        let room = path.strip_prefix("src/").and_then(|rest| rest.strip_suffix("/mod.rs"));
        all.extend(room.filter(|_| !own.is_empty()).map(|room| (room.replace('/', "::"), own)));
    }
    all
}

/// The rows that begin so. The first cell names a room, the cell with this number what it may import, or `all`.
fn table(text: &str, begin: &str, cell: usize) -> Table {
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter_map(|line| line.strip_prefix(begin))
        .map(|row| row.trim_end_matches('|').split('|').map(str::trim).collect())
        .filter(|cells: &Vec<&str>| cells.len() == cell + 1)
        .collect();
    let room = |word: &str| word.trim_matches(['`', '/', ',']).trim_end_matches(".rs").replace('/', "::");
    let names: BTreeSet<String> = rows.iter().map(|cells| room(cells[0])).collect();
    let imports = |cells: &[&str]| match cells[cell] {
        "all" => names.iter().filter(|name| **name != room(cells[0])).cloned().collect(),
        words => words.split_whitespace().map(room).collect(),
    };
    rows.iter().map(|cells| (room(cells[0]), imports(cells))).collect()
}

/// The row that a module belongs to: the longest that it is, or is below.
fn room_of<'t>(module: &str, parent: &str, table: &'t Table) -> Option<&'t String> {
    let below = if parent.is_empty() { module } else { module.strip_prefix(parent)?.strip_prefix("::")? };
    table.keys().filter(|row| is_or_is_below(below, row)).max_by_key(|row| row.len())
}

fn is_or_is_below(module: &str, ancestor: &str) -> bool {
    module.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn top(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

impl Modules {
    fn read() -> Self {
        let mut texts = BTreeMap::new();
        for (path, text) in sources().filter(|(path, _)| !path.contains("/tests/") && !path.ends_with("/tests.rs")) {
            let name =
                path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
            if name != "lib" && name != "main" {
                texts.insert(name, (path, text));
            }
        }
        let mut modules = Self { paths: BTreeMap::new(), imports: BTreeMap::new() };
        modules.paths.extend(texts.iter().map(|(name, (path, _))| (name.clone(), path.clone())));
        for (name, (_, text)) in &texts {
            let named = named(text).into_iter().filter_map(|path| modules.resolve(name, &path));
            // A module and the modules below it are one unit, so it may use them.
            let imports = named.filter(|to| !is_or_is_below(to, name)).collect();
            modules.imports.insert(name.clone(), imports);
        }
        modules
    }

    fn edges(&self) -> impl Iterator<Item = (&String, &String)> {
        self.imports.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to)))
    }

    /// The module that a path names, seen from another module.
    fn resolve(&self, from: &str, path: &[String]) -> Option<String> {
        let mut whole: Vec<&str> = if path[0] == "crate" { Vec::new() } else { from.split("::").collect() };
        for word in path {
            match word.as_str() {
                "crate" => {}
                "super" => drop(whole.pop()),
                word => whole.push(word),
            }
        }
        while !whole.is_empty() && !self.paths.contains_key(&whole.join("::")) {
            whole.pop();
        }
        (!whole.is_empty()).then(|| whole.join("::"))
    }

    /// Folders directly in a room that its table does not list.
    fn rooms_without_a_row(&self, parent: &str, table: &Table) -> Vec<String> {
        let folder = root().join("src").join(parent.replace("::", "/"));
        let entries = std::fs::read_dir(folder).expect("the folder is readable").flatten();
        let folders =
            entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().display().to_string());
        folders.filter(|name| name != "tests" && !table.contains_key(name)).collect()
    }

    /// Modules that import each other, directly or through others: those that reach each other.
    fn circles(&self) -> Vec<Vec<String>> {
        let reach: BTreeMap<&String, BTreeSet<&String>> =
            self.imports.keys().map(|from| (from, self.reached(from))).collect();
        let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
        for (module, reached) in &reach {
            let circle = reached.iter().filter(|other| reach[**other].contains(*module));
            let circle: Vec<String> = circle.map(|other| (*other).clone()).collect();
            circles.extend((!circle.is_empty()).then_some(circle));
        }
        circles.into_iter().collect()
    }

    fn reached(&self, from: &String) -> BTreeSet<&String> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&String> = self.imports[from].iter().collect();
        while let Some(module) = open.pop() {
            if reached.insert(module) {
                open.extend(&self.imports[module]);
            }
        }
        reached
    }
}

/// The paths in a text that begin with `crate` or `super`, those in braces one by one. Comments and tests are left out.
fn named(text: &str) -> Vec<Vec<String>> {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for begin in ["crate::", "super::"] {
        for (at, _) in code.match_indices(begin) {
            let before = code[..at].chars().next_back().unwrap_or(' ');
            if !before.is_alphanumeric() && !"_:$".contains(before) {
                tree(&code[at..], &[], &mut found);
            }
        }
    }
    found
}

/// Reads `a::b::{c, d::e}`, and returns what follows it.
fn tree<'t>(text: &'t str, before: &[String], found: &mut Vec<Vec<String>>) -> &'t str {
    let text = text.trim_start();
    if let Some(mut inner) = text.strip_prefix('{') {
        while !inner.trim_start().starts_with('}') {
            inner = tree(inner, before, found).trim_start();
            inner = inner.find([',', '}']).map_or("}", |at| &inner[at..]).trim_start_matches(',');
        }
        return inner.trim_start().trim_start_matches('}');
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let path = [before, &[text[..end].to_owned()]].concat();
    match text[end..].strip_prefix("::") {
        Some(rest) => tree(rest, &path, found),
        None => {
            found.push(path);
            &text[end..]
        }
    }
}

#[test]
fn every_path_of_a_nested_import_is_found() {
    let text = "use crate::a::{self, b::{C, D}, e};\nuse super::f;\nfn h() -> super::super::I {}\n";
    let found: Vec<String> = named(text).into_iter().map(|path| path.join("::")).collect();
    assert_eq!(
        found,
        ["crate::a::self", "crate::a::b::C", "crate::a::b::D", "crate::a::e", "super::f", "super::super::I"]
    );
}
