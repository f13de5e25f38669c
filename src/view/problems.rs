//! Problems of manifests: file, line, object, field, sentence. All of them, so that one edit can fix them all.

use crate::api::Problem;

pub fn problems(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}
