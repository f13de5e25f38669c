//! A letter and a colour per state: never a colour alone. Done states are calm, open ones are loud.

use std::fmt::Write;

use anstyle::{AnsiColor, Color, Effects, Style};

use crate::domain::state::State;

/// How a state is drawn.
pub fn sign(state: State) -> (char, Style) {
    let plain = |color: AnsiColor| Style::new().fg_color(Some(Color::Ansi(color)));
    let loud = |color: AnsiColor| plain(AnsiColor::Black).bg_color(Some(Color::Ansi(color))).effects(Effects::BOLD);
    match state {
        State::NotExpected => ('·', plain(AnsiColor::BrightBlack)),
        State::Complete => ('c', plain(AnsiColor::Green)),
        State::Waived => ('w', plain(AnsiColor::Cyan)),
        State::NotDue => ('n', plain(AnsiColor::Blue)),
        State::Running => ('R', loud(AnsiColor::Cyan)),
        State::Verifying => ('V', loud(AnsiColor::Cyan)),
        State::Waiting => ('W', loud(AnsiColor::Yellow)),
        State::Blocked => ('B', loud(AnsiColor::Yellow)),
        State::Unknown => ('?', loud(AnsiColor::Magenta)),
        State::Partial => ('P', loud(AnsiColor::Yellow)),
        State::Missing => ('M', loud(AnsiColor::Red)),
        State::Exhausted => ('X', loud(AnsiColor::Red)),
        State::Unrecoverable => ('U', loud(AnsiColor::Red)),
    }
}

/// A text in a style. Whether colours reach a terminal is decided where it is printed.
pub fn paint(text: &str, style: Style) -> String {
    format!("{}{text}{}", style.render(), style.render_reset())
}

/// What the signs mean: only those of states that occur.
pub fn legend(states: impl IntoIterator<Item = State>) -> String {
    let mut out = String::new();
    for state in states {
        let (letter, style) = sign(state);
        let _ = write!(out, "{} {}   ", paint(&letter.to_string(), style), state.word());
    }
    out.trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_letter_of_its_own() {
        let letters: std::collections::BTreeSet<char> = State::ALL.iter().map(|s| sign(*s).0).collect();
        assert_eq!(letters.len(), State::ALL.len());
    }
}
