//! In which line of a document a field stands.

/// The line of a path such as `spec.fill.ladder[0].jobFrom`, from 0; of what stands above it where it is absent. The
/// document begins at line `first`.
pub(super) fn line_of(text: &str, first: usize, path: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let (mut at, mut indent, mut from) = (first, None, 0);
    for step in path.replace('[', ".[").split('.').filter(|s| !s.is_empty()) {
        let found = match step.strip_prefix('[').and_then(|s| s.strip_suffix(']')).and_then(|n| n.parse::<usize>().ok())
        {
            Some(n) => item(&lines[from..], indent, n),
            None => key(&lines[from..], indent, step),
        };
        let Some((line, column)) = found else { break };
        at = from + line;
        from = if step.starts_with('[') { at } else { at + 1 };
        indent = Some(column);
    }
    at
}

/// The items of a List, each with the line at which it begins, from 0; none where they do not stand below one another.
pub(super) fn items(text: &str) -> Vec<(usize, &str)> {
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let (mut list, mut column, mut offset) = (false, None, 0);
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let indent = line.len() - line.trim_start().len();
        if list && line.trim_start().starts_with("- ") && *column.get_or_insert(indent) == indent {
            starts.push((at, offset));
        }
        list |= line.starts_with("items:");
        offset += line.len();
    }
    let ends = starts.iter().skip(1).map(|(_, offset)| *offset).chain([text.len()]);
    starts.iter().zip(ends).map(|((at, from), to)| (*at, &text[*from..to])).collect()
}

/// The `n`-th item of a list below a column.
fn item(lines: &[&str], above: Option<usize>, n: usize) -> Option<(usize, usize)> {
    let column = |l: &str| l.len() - l.trim_start().len();
    let first = lines.iter().find(|l| l.trim_start().starts_with("- ")).map(|l| column(l))?;
    let inside = lines.iter().take_while(|l| l.trim().is_empty() || above.is_none_or(|a| column(l) >= a)).count();
    let mut items =
        lines[..inside].iter().enumerate().filter(|(_, l)| column(l) == first && l.trim_start().starts_with('-'));
    items.nth(n).map(|(at, _)| (at, first))
}

/// A key below a column; the key of a list's item may stand behind its dash.
fn key(lines: &[&str], above: Option<usize>, name: &str) -> Option<(usize, usize)> {
    for (at, line) in lines.iter().enumerate() {
        let plain = line.trim_start().trim_start_matches("- ").trim_start();
        let column = line.len() - plain.len();
        if plain.is_empty() || plain.starts_with('#') {
            continue;
        }
        if above.is_some_and(|a| column <= a) {
            return None;
        }
        let quoted = plain.trim_start_matches(['"', '\'']);
        if quoted.strip_prefix(name).is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':')) {
            return Some((at, column));
        }
    }
    None
}
