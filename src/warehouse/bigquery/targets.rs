//! What the query of a view reads by name. A dry run names the tables below a view, but not always the views between: a name
//! that it does not list may be such a view, whose changes would go unseen.

use super::name::TableName;

/// Whether every name in FROM and JOIN is one of these tables, or a name that the query itself defines. When in doubt, no.
pub(super) fn are_all_known(query: &str, tables: &[TableName]) -> bool {
    let tokens = tokens(query);
    let is = |n: usize, word: &str| tokens.get(n).is_some_and(|token| token.eq_ignore_ascii_case(word));
    let defined: Vec<&String> =
        (0..tokens.len()).filter(|n| is(n + 1, "AS") && is(n + 2, "(")).map(|n| &tokens[n]).collect();
    let is_known = |name: &String| {
        defined.iter().any(|own| own.eq_ignore_ascii_case(name)) || tables.iter().any(|table| names(table, name))
    };
    // For each open parenthesis, and for the whole: whether a comma is followed by another name.
    let mut lists = vec![false];
    for (n, token) in tokens.iter().enumerate() {
        let begins = match token.to_ascii_uppercase().as_str() {
            "(" => {
                lists.push(false);
                false
            }
            ")" => {
                lists.pop();
                false
            }
            "FROM" | "JOIN" => {
                lists.pop();
                lists.push(true);
                true
            }
            "WHERE" | "GROUP" | "HAVING" | "ORDER" | "LIMIT" | "QUALIFY" | "WINDOW" | "UNION" | "SELECT" | "ON"
            | "USING" => {
                lists.pop();
                lists.push(false);
                false
            }
            "," => lists.last() == Some(&true),
            _ => false,
        };
        let is_name = tokens.get(n + 1).is_some_and(|next| next != "(" && !next.eq_ignore_ascii_case("UNNEST"));
        if begins && is_name && !is_known(&tokens[n + 1]) {
            return false;
        }
    }
    true
}

/// Whether a name in a query may mean a table.
fn names(table: &TableName, name: &str) -> bool {
    let parts: Vec<&str> = name.rsplitn(3, '.').collect();
    match parts.as_slice() {
        [own, dataset, project] => *own == table.table && *dataset == table.dataset && **project == *table.project,
        [own, dataset] => *own == table.table && *dataset == table.dataset,
        _ => false,
    }
}

/// The words, names and signs of a query, without comments and texts.
fn tokens(query: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = query;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '\'' | '"' => 1 + rest[1..].find(c).map_or(rest.len() - 1, |end| end + 1),
            c if is_of_name(c) => name(rest, &mut tokens),
            c => {
                tokens.extend((!c.is_whitespace()).then(|| c.to_string()));
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    tokens
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '`' | '.')
}

/// A word or a dotted name, in back-quotes or partly so. Returns its length.
fn name(rest: &str, tokens: &mut Vec<String>) -> usize {
    let (mut quoted, mut length) = (false, 0);
    for c in rest.chars() {
        quoted ^= c == '`';
        // The name of a project has dashes, also without back-quotes.
        if !(quoted || is_of_name(c) || c == '-' && !rest[length..].starts_with("--")) {
            break;
        }
        length += c.len_utf8();
    }
    tokens.push(rest[..length].replace('`', ""));
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(query: &str) -> bool {
        let table = |table: &str| TableName { project: "my-project".into(), dataset: "d".into(), table: table.into() };
        are_all_known(query, &[table("base"), table("other")])
    }

    #[test]
    fn a_query_over_the_named_tables_alone_is_seen_through() {
        for query in [
            "SELECT * FROM d.base",
            "select x from `my-project.d.base` where x = 'FROM d.inner'",
            "SELECT * FROM my-project.d.base AS b, UNNEST(b.list) JOIN `my-project`.d.other o USING (x) -- FROM d.inner",
            "WITH a AS (SELECT 1 AS n, 2 FROM d.base), b AS (SELECT n FROM a) SELECT n, m FROM b, (SELECT m FROM d.other) ORDER BY n, m",
        ] {
            assert!(known(query), "{query}");
        }
    }

    #[test]
    fn another_name_may_be_a_view_between() {
        for query in [
            "SELECT * FROM d.inner",
            "SELECT * FROM d.base, d.inner",
            "SELECT * FROM d.base JOIN `my-project.d.inner` ON TRUE",
            "SELECT * FROM (SELECT x FROM d.base, e.base)",
            "SELECT * FROM d.base UNION ALL SELECT * FROM /* a view */ d.inner",
            "SELECT * FROM d.base WHERE x IN (SELECT x FROM d.inner)",
        ] {
            assert!(!known(query), "{query}");
        }
    }
}
