//! Counts in sentences, and the words of enums.

use alloc::format;
use alloc::string::String;
use core::fmt::Display;

/// Whether a character must not reach users from outside texts, because it controls a terminal, reverses text, or is
/// invisible.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A text from outside as people may see it: what would steer a terminal, turn the text around or hide in it is written out.
pub fn legible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
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

/// An enum of plain variants that is written and read as one word each: its variant's name. Variants, words and the list of
/// all come from one declaration, so that whatever can be written can be read back.
macro_rules! words {
    ($(#[doc = $outer:literal])* $vis:vis enum $name:ident { $($(#[doc = $doc:literal])* $variant:ident,)* }) => {
        $(#[doc = $outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $($(#[doc = $doc])* $variant,)* }

        impl $name {
            /// All of them, in order.
            pub const ALL: [Self; [$(stringify!($variant)),*].len()] = [$(Self::$variant),*];

            /// The word.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }

            /// What has this word.
            pub fn of_word(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|each| each.word() == word)
            }

            /// What it means, as documented.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_ascii(),)* }
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    words! {
        /// A sample.
        enum Sample {
            /// The first
            /// one.
            First,
            /// The second one.
            Second,
        }
    }

    #[test]
    fn every_variant_is_read_back_from_its_word() {
        assert_eq!(Sample::ALL.map(|each| Sample::of_word(each.word())), [Some(Sample::First), Some(Sample::Second)]);
        assert_eq!((Sample::First.meaning(), Sample::of_word("Third")), ("The first one.", None));
    }

    #[test]
    fn what_steers_a_terminal_is_written_out() {
        assert_eq!(legible("a\nb\u{202e}c é"), "a\\u{a}b\\u{202e}c é");
    }

    #[test]
    fn one_takes_the_singular() {
        assert_eq!((&*counted(1, "rows"), &*counted(0, "rows")), ("1 row", "0 rows"));
        assert_eq!(counted(1, "players with draftkings"), "1 player with draftkings");
        assert_eq!(counted(1, "distinct team_ids"), "1 distinct team_ids");
        assert_eq!((&*counted_do(1, "rows", "name"), &*counted_do(2, "rows", "name")), ("1 row names", "2 rows name"));
    }
}
