//! Counts in sentences.

use alloc::format;
use alloc::string::String;
use core::fmt::Display;

/// Whether a character must not reach users from outside texts, because it controls a terminal, reverses text, or is
/// invisible.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `1 row`, `3 rows with system_id x`: a count before its plural, which begins with the noun.
pub fn counted(count: u64, plural: &str) -> String {
    let (noun, rest) = plural.split_at(plural.find(' ').unwrap_or(plural.len()));
    let noun = noun.strip_suffix('s').filter(|_| count == 1).unwrap_or(noun);
    format!("{count} {noun}{rest}")
}

/// `1 row repeats`, `3 rows repeat`: a count with a verb.
pub fn counted_do(count: u64, plural: &str, verb: &str) -> String {
    format!("{} {verb}{}", counted(count, plural), if count == 1 { "s" } else { "" })
}

/// The notice that an open range is longer than the part that is watched.
pub fn cut(first: impl Display, days: usize) -> String {
    let kept = counted(days as u64, "dates");
    format!("watches from {first}: an open range keeps its newest {kept}; create another Season for earlier dates")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_takes_the_singular() {
        assert_eq!((&*counted(1, "rows"), &*counted(0, "rows")), ("1 row", "0 rows"));
        assert_eq!(counted(1, "players with draftkings"), "1 player with draftkings");
        assert_eq!(counted(1, "distinct team_ids"), "1 distinct team_ids");
        assert_eq!((&*counted_do(1, "rows", "name"), &*counted_do(2, "rows", "name")), ("1 row names", "2 rows name"));
    }
}
