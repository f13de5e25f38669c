//! The filler contract (docs/filler.md): the environment of a filler, and how much of its termination message is kept. The
//! same on one machine and in a cluster; never a value of the template's own environment.

use std::collections::BTreeMap;

use crate::domain::ledger::Launch;
use crate::domain::words::is_hidden;

/// A termination message is cut to this many bytes.
pub const MAX_MESSAGE: usize = 1024;
/// The variable that holds the path of the termination message.
pub const TERMINATION_LOG: &str = "GAPLESS_TERMINATION_LOG";
/// Missing units are passed on up to this size.
const MAX_MISSING: usize = 64 << 10;

/// The environment of a filler, in order. `termination_log` is the path of its termination message.
pub fn contract(launch: &Launch, termination_log: &str) -> Vec<(String, String)> {
    let dates: Vec<String> = launch.dates.iter().map(|d| d.to_string()).collect();
    let mut env = vec![
        ("GAPLESS_DATES".to_string(), dates.join(",")),
        ("GAPLESS_COVERAGE".into(), launch.coverage.to_string()),
        ("GAPLESS_RUNG".into(), launch.rung.to_string()),
        ("GAPLESS_ATTEMPT".into(), launch.number.to_string()),
        ("GAPLESS_REASON".into(), launch.reason.to_string()),
        (TERMINATION_LOG.into(), termination_log.to_string()),
    ];
    if let Some(draw) = &launch.draw {
        env.push(("GAPLESS_SOURCE".into(), draw.source.to_string()));
        if draw.requests > 0 {
            env.push(("GAPLESS_REQUESTS_PER_MINUTE".into(), draw.requests.to_string()));
        }
    }
    if let [date] = dates.as_slice() {
        env.push(("GAPLESS_DATE".into(), date.clone()));
    }
    let missing: BTreeMap<String, Vec<&str>> =
        launch.missing.iter().map(|(d, units)| (d.to_string(), units.iter().map(|u| &**u).collect())).collect();
    let missing = serde_json::to_string(&missing).unwrap_or_default();
    if missing.len() < MAX_MISSING {
        env.push(("GAPLESS_MISSING_UNITS".into(), missing));
    }
    env
}

/// A text from outside as people may see it: its first KiB, without what steers a terminal or turns the text around.
pub fn clean(text: &str) -> String {
    let end = text.floor_char_boundary(MAX_MESSAGE);
    text[..end].trim().chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_termination_message_is_cut_within_their_first_kib_and_hold_no_control_character() {
        let long = format!("{}é", "x".repeat(MAX_MESSAGE - 1));
        for (text, expected) in [
            ("", ""),
            ("12 rows\n", "12 rows"),
            ("a\u{1b}[31mb\tc\u{0}", "a [31mb c "),
            ("a\u{202e}b\u{2066}c\u{200b}", "a b c "),
            (&long, &long[..MAX_MESSAGE - 1]),
        ] {
            assert_eq!(clean(text), expected);
        }
    }
}
