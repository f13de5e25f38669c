//! Problems of manifests: file, line, object, field, sentence; the first five of each object in full.

use std::collections::BTreeMap;

use crate::api::Problem;
use crate::api::load::IN_FULL;

/// The lines of problems, which are in the order of their files.
pub fn problems(problems: &[Problem]) -> String {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut out = String::new();
    for problem in problems {
        let count = counts.entry((&problem.file, &problem.object)).or_default();
        *count += 1;
        if *count <= IN_FULL {
            out += &format!("{problem}\n");
        }
    }
    for ((file, object), count) in counts.into_iter().filter(|(_, n)| *n > IN_FULL) {
        let object = if object.is_empty() { String::new() } else { format!("{object}: ") };
        out += &format!("{file}: {object}and {} more\n", count - IN_FULL);
    }
    out
}
