//! Words and scalars of the proposed files.

/// Not more examples are named.
const SHOWN: usize = 3;

/// `21600` as `21,600`.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// `1 row`, `21,600 rows`.
pub(super) fn counted(n: usize, plural: &str) -> String {
    let noun = if n == 1 { plural.strip_suffix('s').unwrap_or(plural) } else { plural };
    format!("{} {noun}", count(n as u64))
}

/// A text as a YAML scalar that is read back as this text.
pub(super) fn scalar(text: &str) -> String {
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-/.".contains(c))
        && !["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(&text.to_lowercase().as_str());
    if is_word { text.into() } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// A value as a YAML scalar: whole numbers stay numbers.
pub(super) fn value(text: &str) -> String {
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => text.into(),
        _ => scalar(text),
    }
}

/// Values in one form: if one needs quotes, all have them.
pub(super) fn values(texts: &[String]) -> String {
    let are_numbers = texts.iter().all(|text| text.parse::<i64>().is_ok_and(|n| n.to_string() == *text));
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let are_words = texts.iter().all(|text| scalar(text) == *text);
    let of = |text: &str| if are_numbers || are_words { text.to_string() } else { quoted(text) };
    list(texts.iter().map(String::as_str), of)
}

pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a str>, of: impl Fn(&str) -> String) -> String {
    format!("[{}]", texts.into_iter().map(of).collect::<Vec<_>>().join(", "))
}

/// The first of these, and how many there are besides.
pub(super) fn examples(all: &[String]) -> String {
    let mut all = all.to_vec();
    all.dedup();
    let shown = all.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A sentence as comments of this indent, wrapped.
pub(super) fn comment(indent: usize, text: &str) -> String {
    const WIDTH: usize = 110;
    let begin = format!("{}# ", " ".repeat(indent));
    let (mut out, mut line) = (String::new(), begin.clone());
    for word in text.split_whitespace() {
        if line.len() + word.len() > WIDTH && line != begin {
            out += &format!("{}\n", line.trim_end());
            line.clone_from(&begin);
        }
        line += word;
        line.push(' ');
    }
    out + line.trim_end() + "\n"
}

/// A name that Kubernetes takes: `nba_raw.v_box` is `v-box`.
pub(super) fn name(text: &str) -> String {
    let text = text.to_lowercase();
    let kept: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let kept = kept.trim_matches(|c: char| c == '-' || c.is_ascii_digit());
    let kept: String = kept.chars().take(50).collect();
    let kept = kept.trim_end_matches('-');
    if kept.is_empty() { "table".into() } else { kept.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_read_back_as_they_are() {
        let scalars = ["BER", "no", "7", "007", "a b", "%Y%m%d"].map(value);
        assert_eq!(scalars, ["BER", "\"no\"", "7", "\"007\"", "\"a b\"", "\"%Y%m%d\""]);
        assert_eq!((count(21_600), count(7), count(1_000_000)), ("21,600".into(), "7".into(), "1,000,000".into()));
        assert_eq!((name("V_Box.1"), name("2026"), name("_x")), ("v-box".into(), "table".into(), "x".into()));
    }
}
