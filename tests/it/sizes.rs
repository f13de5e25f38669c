//! How long a file and a function may be, tests included, and how many parameters a function may have.

use super::sources::{none, rust_files};

const LINES_OF_A_FILE: usize = 400;
const LINES_OF_A_FUNCTION: usize = 60;
const PARAMETERS: usize = 6;

#[test]
fn files_stay_short() {
    let long = all().filter(|(_, text)| text.lines().count() > LINES_OF_A_FILE).map(|(path, _)| path);
    none(&format!("split these files, which have more than {LINES_OF_A_FILE} lines"), long);
}

#[test]
fn functions_stay_short_and_take_few_parameters() {
    let all = all().flat_map(|(path, text)| functions(&text).into_iter().map(move |f| (path.clone(), f)));
    let long = all.filter(|(_, f)| f.lines > LINES_OF_A_FUNCTION || f.parameters > PARAMETERS);
    let long = long.map(|(path, f)| format!("{path}: {} has {} lines, {} parameters", f.name, f.lines, f.parameters));
    none(&format!("allowed are {LINES_OF_A_FUNCTION} lines and {PARAMETERS} parameters"), long);
}

fn all() -> impl Iterator<Item = (String, String)> {
    ["src", "tests", "benches", "examples"].into_iter().flat_map(rust_files)
}

struct Function {
    name: String,
    lines: usize,
    parameters: usize,
}

/// The functions with a body. rustfmt puts the closing brace under the first letter of the function.
fn functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        let closes = |line: &&str| line.strip_prefix(indent).is_some_and(|rest| rest.starts_with('}'));
        let begins = lines[at..].iter().position(|line| line.ends_with(['{', '}', ';'])).map_or(at, |n| at + n);
        let end = if lines[begins].ends_with('{') {
            lines[begins..].iter().skip(1).position(closes).map_or(begins, |n| begins + 1 + n)
        } else {
            begins
        };
        let parameters = parameters(&lines[at..=begins].join("\n"), name);
        found.push(Function { name: name.into(), lines: end - at + 1, parameters });
    }
    found
}

fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_head = before.split_whitespace().all(|word| word.starts_with("pub") || ["const", "async"].contains(&word));
    let name = after.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    (is_head && !name.is_empty()).then_some(name)
}

/// The number of typed parameters. `self` has no type, and the strategies of a property test have none either.
fn parameters(head: &str, name: &str) -> usize {
    let after_name = head.split_once(&format!("fn {name}")).map_or("", |(_, after)| after).replace("->", "");
    let (mut depth, mut angles, mut colons) = (0, 0, 0);
    let mut previous = ' ';
    for (at, letter) in after_name.char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '<' => angles += 1,
            '>' => angles -= 1,
            ':' if depth == 1 && angles == 0 && previous != ':' && !after_name[at + 1..].starts_with(':') => {
                colons += 1
            }
            _ => {}
        }
        if letter == ')' && depth == 0 && angles == 0 {
            break;
        }
        previous = letter;
    }
    colons
}

#[test]
fn lines_and_parameters_are_counted() {
    let text = "trait A {\n    fn none(&self, a: u8)\n    -> u8;\n}\n    pub(super) fn two<F: Fn(u8) -> u8>(self, a: F, (b, c): (u8, std::u8)) -> B<'_> {\n        a\n    }\nfn one() {}\n";
    let counted: Vec<_> = functions(text).into_iter().map(|f| (f.name, f.lines, f.parameters)).collect();
    assert_eq!(counted, [("none".into(), 2, 1), ("two".into(), 3, 2), ("one".into(), 1, 0)]);
}
