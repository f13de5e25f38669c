//! Whether two texts are probably two spellings of the same word. It raises doubts, so it errs on the side of "no": a
//! false yes would keep a real gap from being filled.

use alloc::string::String;
use alloc::vec::Vec;

/// Longer texts are only compared after folding. Counting edits costs the product of both lengths.
const LONGEST: usize = 64;

/// Whether the texts differ but probably mean the same.
pub fn is_near(a: &str, b: &str) -> bool {
    let is_same = match (plain_number(a), plain_number(b)) {
        // Two spellings of one number: `07` and `7.0`.
        (Some(a), Some(b)) => a == b,
        _ => same_word(a, b),
    };
    a != b && is_same
}

/// The characters that are compared: without case, white space, `_` and `-`.
fn folded(text: &str) -> Vec<char> {
    let counts = |c: &char| !c.is_whitespace() && !matches!(c, '_' | '-');
    text.chars().flat_map(char::to_lowercase).filter(counts).collect()
}

fn same_word(a: &str, b: &str) -> bool {
    let (a, b) = (folded(a), folded(b));
    if a.is_empty() || b.is_empty() {
        return false;
    }
    a == b || same_digits(&a, &b) && edits_within(&a, &b, allowed(a.len().max(b.len())))
}

/// Short texts are codes, where another letter means another thing (`nba` and `wnba`, `PHO` and `PHX`).
fn allowed(length: usize) -> usize {
    match length {
        6..=LONGEST => 1,
        _ => 0,
    }
}

/// Another number means another thing: `model_v8` is not a misspelt `model_v9`.
fn same_digits(a: &[char], b: &[char]) -> bool {
    let digits = |text: &[char]| -> Vec<char> { text.iter().copied().filter(char::is_ascii_digit).collect() };
    digits(a) == digits(b)
}

/// A decimal in its shortest form; `None` if the text is not a decimal.
fn plain_number(text: &str) -> Option<String> {
    let text = text.trim();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = !whole.is_empty() && whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit());
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    is_number.then(|| [sign, whole, ".", part].concat())
}

/// Whether this many edits turn one text into the other. An edit inserts, deletes or replaces a letter, or swaps two
/// neighbours.
fn edits_within(a: &[char], b: &[char], most: usize) -> bool {
    if a.len().abs_diff(b.len()) > most {
        return false;
    }
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = Vec::from([i]);
        for j in 1..=b.len() {
            let other = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (last[j - 1] + other).min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                let swapped: &Vec<usize> = &before;
                least = least.min(swapped[j - 2] + 1);
            }
            row.push(least);
        }
        before = core::mem::replace(&mut last, row);
    }
    last[b.len()] <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_in_two_ways_is_near_and_another_word_is_not() {
        for (a, b) in [
            ("points", "Points"),
            ("points", " points "),
            ("player_points", "Player Points"),
            ("draft-kings", "draftkings"),
            ("points", "point"),
            ("draftkings", "drafktings"),
            ("Zürich HB", "zürich hb"),
            ("7", "07"),
            ("7", "7.0"),
            ("-20.50", "-20.5"),
            ("2025-10-21", "20251021"),
        ] {
            assert!(is_near(a, b) && is_near(b, a), "{a:?} and {b:?}");
        }
        for (a, b) in [
            ("points", "points"),
            ("points", "rebounds"),
            ("over", "under"),
            ("nba", "wnba"),
            ("PHO", "PHX"),
            ("model_v8", "model_v9"),
            ("1234567", "1234568"),
            ("7", "-7"),
            ("7", "70"),
            ("", " "),
            ("-", "_"),
            ("fanduel", "fanduel_us"),
            ("south_america", "north_america"),
            ("jalen_williams", "jaylin_williams"),
        ] {
            assert!(!is_near(a, b) && !is_near(b, a), "{a:?} and {b:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_two_texts_are_compared_alike_from_both_sides(a in ".{0,80}", b in ".{0,80}") {
            proptest::prop_assert_eq!(is_near(&a, &b), is_near(&b, &a));
            proptest::prop_assert!(!is_near(&a, &a));
        }
    }
}
